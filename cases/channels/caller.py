"""Makes one HTTP request and says exactly what became of it: answered, never made, or nobody knows."""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.conf import settings

LARGEST = 64 * 1024
CHUNK = 8 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """One request, complete."""

    method: str
    url: str
    body: bytes
    timeout: float
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answered:
    """The other side answered: the code, and the body up to a limit."""

    code: int
    content: bytes


@dataclass(frozen=True, slots=True)
class NotMade:
    """Nothing of the request has left: it can be made again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Lost:
    """The request went out, whole or in part, and no whole answer came: it may have been heard."""

    reason: str


Outcome = Answered | NotMade | Lost


def call(request: Request) -> Outcome:
    """Connect, look where the connection leads, ask once; no redirection is followed and no proxy asked."""
    try:
        connection = _connect(request)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return NotMade(f"No connection: {_said(error)}")
    # The whole exchange ends with the time-out: a trickle of bytes must not hold a worker for longer.
    is_over = threading.Event()
    alarm = threading.Timer(request.timeout, _cut, [connection.sock, is_over])
    alarm.daemon = True
    alarm.start()
    try:
        outcome = _ask(connection, request)
    except (OSError, http.client.HTTPException) as error:
        outcome = Lost(f"The connection broke before the answer: {_said(error)}")
    finally:
        alarm.cancel()
        connection.close()
    # What the alarm cut off looks like a broken connection: say what it was.
    return Lost(f"No whole answer came within {request.timeout} seconds.") if is_over.is_set() else outcome


def _connect(request: Request) -> http.client.HTTPConnection:
    parts = urlsplit(request.url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("only addresses that begin with http:// or https:// are called")
    connection = (
        http.client.HTTPSConnection(
            parts.hostname, parts.port, timeout=request.timeout, context=ssl.create_default_context()
        )
        if parts.scheme == "https"
        else http.client.HTTPConnection(parts.hostname, parts.port, timeout=request.timeout)
    )
    try:
        _refuse_inside(parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))
        connection.connect()
        # Looked at again where it really leads: a name can mean another address a moment later.
        _refuse_address(str(connection.sock.getpeername()[0]))
    except BaseException:
        connection.close()
        raise
    return connection


def _refuse_inside(host: str, port: int) -> None:
    for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        _refuse_address(str(found[4][0]))


def _refuse_address(written: str) -> None:
    if settings.ALLOW_PRIVATE_TARGETS:
        return
    address = ipaddress.ip_address(written.partition("%")[0])
    inner = getattr(address, "ipv4_mapped", None) or address
    if not inner.is_global or inner.is_multicast:
        raise ValueError(f"{written} is an address inside; CASEDESK_ALLOW_PRIVATE_TARGETS lets such systems be called")


def _ask(connection: http.client.HTTPConnection, request: Request) -> Outcome:
    path = urlsplit(request.url).path or "/"
    headers = {"Accept": "application/json", "User-Agent": "casedesk", **request.headers}
    connection.request(request.method, path, body=request.body or None, headers=headers)
    response = connection.getresponse()
    content = b""
    while len(content) <= LARGEST:
        chunk = response.read1(CHUNK)
        if not chunk:
            if response.length:
                return Lost("The connection broke in the middle of the answer.")
            return Answered(response.status, content)
        content += chunk
    return Lost(f"The answer is larger than {LARGEST} bytes.")


def _cut(sock: socket.socket, is_over: threading.Event) -> None:
    is_over.set()
    with contextlib.suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _said(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:400]
