"""What every call does: know who asks, read what was sent, run one command once, answer."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Sequence
from functools import cached_property
from operator import attrgetter
from typing import Any, TypeVar

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.response import Response
from rest_framework.views import APIView

from cases import errors
from cases.api.errors import BadKey
from cases.api.gate import gate_of
from cases.api.parsing import AlwaysJson, Json
from cases.api.shapes import MovedShape
from cases.api.throttling import TokenThrottle
from cases.commands import moves
from cases.models import Seer
from cases.queries import api as queries
from cases.queries import people
from cases.vocabulary import Actor

T = TypeVar("T")
_KEY = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)
PAGE, MOST = 50, 100


class Endpoint(APIView):
    """One address of the API."""

    parser_classes: Sequence[type[BaseParser]] = (Json,)
    content_negotiation_class = AlwaysJson
    throttle_classes = (TokenThrottle,)

    @property
    def actor(self) -> Actor:
        """The program, with the rights of its token's person."""
        return Actor.token(self.request.auth.pk, self.request.user.pk or 0)

    @cached_property
    def seer(self) -> Seer:
        """What the token's person may see."""
        return people.seer_of(self.request.user.pk)

    @property
    def is_form(self) -> bool:
        """Whether the body came as a form with files."""
        return isinstance(self.request.data, QueryDict)

    def given(self, shape: type[serializers.Serializer[Any]], *, sent: Any = None) -> dict[str, Any]:
        """What was sent, in this shape; raises ValidationError."""
        reader = shape(data=self.request.data if sent is None else sent)
        reader.is_valid(raise_exception=True)
        return dict(reader.validated_data)

    def asked(self, shape: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """The filters in the address, in this shape; raises ValidationError."""
        reader = shape(data=self.request.query_params)
        reader.is_valid(raise_exception=True)
        return dict(reader.validated_data)

    def run(
        self,
        command: Callable[..., T],
        named: Callable[[T], Any],
        shown: Callable[[Any], Any],
        *,
        status: int | Callable[[T], int] = 200,
        **arguments: Any,
    ) -> Response:
        """Run one command, exactly once under a key, and show what it led to.

        `named` gives the reference of what came out, as small JSON; `shown` makes the answer of that reference, for
        the first call and for every repeat.
        """

        def led(value: T) -> moves.Led:
            return moves.Led(status(value) if callable(status) else status, named(value))

        outcome = moves.exactly_once(self._once(), command, led, actor=self.actor, **arguments)
        return Response(shown(outcome.result), status=outcome.status)

    def page(
        self,
        rows: Sequence[Any],
        shape: type[serializers.Serializer[Any]],
        asked: dict[str, Any],
        key: Callable[[Any], int] = attrgetter("pk"),
    ) -> Response:
        """One page of a list and the address of the next; `rows` may have one more than the page shows."""
        limit = asked["limit"]
        shown = rows[:limit]
        following = self.following(key(shown[-1])) if len(rows) > limit else None
        return Response({"next": following, "results": shape(shown, many=True).data})

    def following(self, key: int) -> str:
        """The address of the page after this row."""
        place = self.request.query_params.copy()
        place["cursor"] = _written(key)
        return self.request.build_absolute_uri(f"{self.request.path}?{place.urlencode()}")

    def colleague(self, brand_id: int, username: str, field: str) -> int:
        """The person of the brand by that user name, or oneself; raises Invalid, whoever else has that name."""
        person_id = self.seer.person_id if username == "me" else queries.colleague_id(brand_id, username)
        if person_id is None:
            raise errors.Invalid(_("Nobody of the brand has this user name."), field)
        return person_id

    def uploads(self, given: dict[str, Any]) -> list[moves.Upload]:
        """The files that came, judged and stored; raises FileRefused."""
        found = []
        for each in given.get("files") or []:
            if isinstance(each, UploadedFile):
                content = each.read(settings.FILE_MAX_BYTES + 1)
                found.append(moves.store(name=each.name or "", content=content))
            else:
                found.append(moves.store(name=each["name"], content=each["content"]))
        return found

    def _once(self) -> moves.Once | None:
        key = self.request.headers.get("Idempotency-Key")
        if key is None:
            return None
        if not _KEY.fullmatch(key):
            raise BadKey
        return moves.Once(
            token_id=self.request.auth.pk,
            key=key,
            method=self.request.method or "",
            path=self.request.path[:500],
            body=_canonical(self.request.data),
        )


class CaseEndpoint(Endpoint):
    """One address below a case."""

    def case(self, reference: str) -> tuple[int, int]:
        """The key of the case and of its brand; raises NotFound for what is not theirs to see."""
        return found(queries.case_row(self.seer, reference.upper()))

    def move(self, case_id: int, command: Callable[..., Any], **arguments: Any) -> Response:
        """Run one command on the case, and show where it stands then."""
        return self.run(command, lambda _value: case_id, self._moved, case_id=case_id, at=timezone.now(), **arguments)

    def opened(self, case_id: int, command: Callable[..., Any], **arguments: Any) -> Response:
        """Run one command on the case that opens another one, and show that one."""
        given = {"case_id": case_id, "at": timezone.now(), **arguments}
        return self.run(command, lambda made: made.pk, self._moved, status=201, **given)

    def _moved(self, key: int) -> Any:
        case: Any = found(queries.cases(self.seer).filter(pk=key).first())
        case.gate = gate_of(case)
        return MovedShape(case).data


class Paged(serializers.Serializer[Any]):
    """Which part of a list."""

    limit = serializers.IntegerField(min_value=1, max_value=MOST, default=PAGE, help_text="how many")
    cursor = serializers.CharField(required=False, max_length=40, help_text="from the `next` of the page before")

    def validate_cursor(self, cursor: str) -> int:
        """The key of the last row that was shown."""
        try:
            key = int(base64.b32decode(cursor.upper() + "=" * (-len(cursor) % 8)).decode("ascii"))
        except (binascii.Error, ValueError):
            key = 0
        if not 0 < key < 2**63:
            raise serializers.ValidationError(_("This is not a cursor. Take it from the page before."))
        return key


def found(value: T | None) -> T:
    """What was looked for; raises NotFound."""
    if value is None:
        raise errors.NotFound
    return value


def _written(key: int) -> str:
    return base64.b32encode(str(key).encode()).decode().rstrip("=").lower()


def _canonical(sent: Any) -> bytes:
    """The body in one form, so that its spacing and the order of its fields make no difference."""
    if isinstance(sent, QueryDict):
        return json.dumps({name: [_plain(each) for each in values] for name, values in sorted(sent.lists())}).encode()
    return json.dumps(sent, sort_keys=True).encode()


def _plain(value: Any) -> Any:
    if not isinstance(value, UploadedFile):
        return value
    content = hashlib.sha256()
    for chunk in value.chunks():
        content.update(chunk)
    value.seek(0)
    return [value.name, content.hexdigest()]
