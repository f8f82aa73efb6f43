"""What programs send and get, field by field; bounded so that the database never has to refuse."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cases.rules.import_times import EARLIEST, LATEST

BIGGEST = 2**63 - 1


class Words(serializers.CharField):
    """Words as somebody wrote them: nothing is stripped and no character refused; the commands make them storable."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("trim_whitespace", False)
        options.setdefault("allow_blank", True)
        super().__init__(**options)
        self.validators = [check for check in self.validators if "Prohibit" not in type(check).__name__]


class Line(serializers.CharField):
    """One short piece of text."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", 200)
        super().__init__(**options)


class Code(Line):
    """The code, slug, user name or reference of something that is there already."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", 80)
        super().__init__(**options)


class Instant(serializers.DateTimeField):
    """An aware instant; in answers always UTC, also where the database has made text of it."""

    default_error_messages = {
        "zone": _("Give the time with its zone, like 2026-03-01T12:00:00Z."),
        "range": _("Give a year from {first} to {last}."),
    }

    def enforce_timezone(self, value: datetime) -> datetime:
        """The instant in UTC; a time without a zone is refused, for it could be any of a day's."""
        if value.tzinfo is None:
            self.fail("zone")
        if not EARLIEST <= value.year <= LATEST:
            self.fail("range", first=EARLIEST, last=LATEST)
        return value.astimezone(UTC)

    def to_representation(self, value: datetime | str) -> str:
        """ISO 8601 in UTC."""
        instant = datetime.fromisoformat(value) if isinstance(value, str) else value
        return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Amount(serializers.DecimalField):
    """An amount of money, as a string."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=19, decimal_places=4, **options)


@extend_schema_field({"type": "string", "format": "byte", "description": "the file's bytes, in base64"})
class Bytes(serializers.Field):  # type: ignore[type-arg]
    """The bytes of a file."""

    def to_internal_value(self, given: Any) -> bytes:
        """The bytes; raises ValidationError for what is not base64."""
        try:
            return base64.b64decode(given.encode("ascii"), validate=True)
        except (AttributeError, UnicodeEncodeError, binascii.Error):
            raise serializers.ValidationError(_("This is not base64.")) from None

    def to_representation(self, value: bytes) -> str:
        """Base64."""
        return base64.b64encode(value).decode()


class Texts(serializers.DictField):
    """A catalogue text by language: {"en": "Refund", "fr": "Remboursement"}."""

    child = serializers.CharField(max_length=300, allow_blank=True)
