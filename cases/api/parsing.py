"""How the body of a call is read: JSON, bounded, without a way to make reading it fail."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.conf import settings
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from cases.api.errors import TooLarge, Unreadable


class Json(BaseParser):
    """A body in JSON, always UTF-8."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002 - DRF's signature
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002 - DRF's signature
    ) -> Any:
        """What the body says; raises TooLarge and Unreadable."""
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise TooLarge(most=limit)
        if not body.strip():
            return {}
        try:
            return json.loads(body.decode("utf-8-sig"), parse_constant=_refuse)
        except RecursionError:
            raise Unreadable(reason="it is nested too deeply") from None
        except ValueError as error:
            raise Unreadable(reason=str(error)[:200]) from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a value of JSON")


class AlwaysJson(DefaultContentNegotiation):
    """Answers in JSON whatever a client says it accepts: there is nothing else."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:  # noqa: ARG002
        """The only renderer there is."""
        return renderers[0], renderers[0].media_type
