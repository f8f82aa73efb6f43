"""A real SMTP server in a thread, which does what a test tells it to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from threading import Event
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import settings

BACKEND = "django.core.mail.backends.smtp.EmailBackend"


class Post:
    """What arrived, and how the server behaves."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.at_rcpt = self.at_data = ""
        self.drops = False
        self.pause = 0.0
        self.reached = Event()

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient, or refuse as told."""
        if self.at_rcpt:
            return self.at_rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take the mail, slowly, not at all, or without a word."""
        self.reached.set()
        await asyncio.sleep(self.pause)
        if self.at_data:
            return self.at_data
        self.mails.append(message_from_bytes(bytes(envelope.content or b"")))
        if self.drops:
            assert server.transport is not None
            server.transport.abort()
        return "250 OK"


class _Server(Controller):
    def factory(self) -> SMTP:
        return SMTP(self.handler, hostname="mail.test", enable_SMTPUTF8=False)


@contextmanager
def smtp_server(post: Post) -> Iterator[int]:
    """The port of a running server."""
    controller: Any = _Server(post, hostname="127.0.0.1", port=0)
    controller.port = _free_port()
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def use(pytest_settings: Any, port: int, timeout: float = 2.0) -> None:
    """Let the application send there."""
    pytest_settings.EMAIL_BACKEND = BACKEND
    pytest_settings.EMAIL_HOST, pytest_settings.EMAIL_PORT = "127.0.0.1", port
    pytest_settings.EMAIL_TIMEOUT = timeout
    assert settings.EMAIL_HOST_USER == ""


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
