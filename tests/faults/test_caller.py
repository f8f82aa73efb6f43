"""The caller against real sockets: what left, what came back, and where it refuses to go."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cases.channels import caller
from cases.channels.caller import Answered, Lost, NotMade

Serve = Callable[[Callable[[socket.socket], None]], str]


@pytest.fixture(autouse=True)
def _inside(settings: Any) -> None:
    settings.ALLOW_PRIVATE_TARGETS = True


@pytest.fixture
def serve() -> Iterator[Serve]:
    """A server that does with one connection what it is told; its URL."""
    with contextlib.ExitStack() as stack:

        def start(act: Callable[[socket.socket], None]) -> str:
            listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

            def run() -> None:
                with contextlib.suppress(OSError):
                    connection, _address = listening.accept()
                    with connection:
                        connection.recv(65536)
                        act(connection)

            threading.Thread(target=run, daemon=True).start()
            return f"http://127.0.0.1:{listening.getsockname()[1]}/x"

        yield start


def call(url: str, timeout: float = 5.0) -> caller.Outcome:
    return caller.call(caller.Request("POST", url, b"{}", timeout))


def saying(answer: bytes) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(answer)


def test_brings_back_what_was_answered(serve: Serve) -> None:
    assert call(serve(saying(b"HTTP/1.1 201 OK\r\nContent-Length: 2\r\n\r\nhi"))) == Answered(201, b"hi")


def test_follows_no_redirection(serve: Serve) -> None:
    answer = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    assert call(serve(saying(answer))) == Answered(302, b"")


def test_knows_when_nothing_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert isinstance(call(f"http://127.0.0.1:{port}/"), NotMade)
    assert isinstance(call("http://nowhere.invalid/"), NotMade)
    assert isinstance(call("ftp://127.0.0.1/"), NotMade)
    assert isinstance(call("http://127.0.0.1:99999/"), NotMade)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", b"nonsense\r\n\r\n"])
def test_does_not_know_when_the_answer_is_not_whole(serve: Serve, answer: bytes) -> None:
    assert isinstance(call(serve(saying(answer))), Lost)


def test_does_not_read_without_end(serve: Serve) -> None:
    assert isinstance(call(serve(saying(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 200_000))), Lost)


@pytest.mark.parametrize("before", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"])
def test_a_trickle_ends_with_the_time_out(serve: Serve, before: bytes) -> None:
    def trickle(connection: socket.socket) -> None:
        connection.sendall(before)
        for _ in range(100):
            connection.sendall(b"a")
            time.sleep(0.1)

    began = time.monotonic()
    assert isinstance(call(serve(trickle), timeout=0.6), Lost)
    assert time.monotonic() - began < 4


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "169.254.169.254", "[::ffff:127.0.0.1]", "0.0.0.0", "224.0.0.1"],
)
def test_calls_nothing_inside_unless_it_may(settings: Any, host: str) -> None:
    settings.ALLOW_PRIVATE_TARGETS = False
    outcome = call(f"http://{host}:9/", timeout=1)
    assert isinstance(outcome, NotMade)
    assert "inside" in outcome.reason or "Name" in outcome.reason or "family" in outcome.reason


def test_looks_where_the_connection_really_leads(settings: Any, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ALLOW_PRIVATE_TARGETS = False
    monkeypatch.setattr(caller, "_refuse_inside", lambda _host, _port: None)
    heard: list[bytes] = []
    url = serve(lambda connection: heard.append(b"something"))
    assert isinstance(call(url), NotMade)
