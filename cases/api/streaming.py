"""Files on their way to a program, a piece at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header
from rest_framework.request import Request

_CHUNK = 1 << 18


def streamed(
    request: Request, opened: Callable[[], Any], *, name: str, media_type: str, size: int
) -> StreamingHttpResponse:
    """A file to be kept under that name, however large it is; it is opened when it is read, and closed then."""
    # Served by ASGI, what is not asynchronous would be read whole before its first byte goes out.
    pieces = _later(opened) if getattr(request, "scope", None) is not None else _now(opened)
    response = StreamingHttpResponse(pieces, content_type=media_type)
    response["Content-Length"] = str(size)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def _now(opened: Callable[[], Any]) -> Iterator[bytes]:
    with opened() as file:
        while piece := file.read(_CHUNK):
            yield piece


async def _later(opened: Callable[[], Any]) -> AsyncIterator[bytes]:
    with await sync_to_async(opened)() as file:
        while piece := await sync_to_async(file.read, thread_sensitive=False)(_CHUNK):
            yield piece
