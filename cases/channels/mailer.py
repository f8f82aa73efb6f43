"""Sends one mail and says exactly what became of it: accepted, refused for now or for good, or nobody knows."""

from __future__ import annotations

import os
import re
import smtplib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr
from pathlib import Path

from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.message import EmailMultiAlternatives as DjangoMail

FILES = "django.core.mail.backends.filebased.EmailBackend"
SMTP_SERVER = "django.core.mail.backends.smtp.EmailBackend"
STORAGE_EXCEEDED = 552


@dataclass(frozen=True, slots=True)
class File:
    """One file that goes with a mail."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail, complete; sending it a second time carries the same Message-ID.

    What the text says, ``html`` says for whoever reads that.
    """

    public_id: str
    recipient: str
    subject: str
    text: str
    sender: str = ""
    is_automatic: bool = False
    html: str = ""
    files: tuple[File, ...] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """The next hop has accepted it."""


@dataclass(frozen=True, slots=True)
class TemporaryFailure:
    """It was not accepted; later it may be."""

    reason: str


@dataclass(frozen=True, slots=True)
class PermanentFailure:
    """It was refused, and would be again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The mail was handed over whole, and no answer came: it may be on its way."""

    reason: str


Outcome = Sent | TemporaryFailure | PermanentFailure | Unknown


def send(letter: Letter) -> Outcome:
    """Hand the mail to the configured server, or lay it down as a file where there is none."""
    try:
        mail, recipient = _compose(letter)
    except (ValueError, IndexError) as error:
        return PermanentFailure(f"The address or the subject cannot be written in a mail: {error}")
    if settings.EMAIL_BACKEND == SMTP_SERVER:
        return _send_by_smtp(mail, recipient)
    if settings.EMAIL_BACKEND == FILES:
        return _lay_down(mail, letter.public_id)
    return _send_by_django(mail, letter)


def message_id(public_id: str) -> str:
    """The Message-ID of a delivery; the same at every sending, so that a second one can be recognised."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{public_id}@{domain}>"


def _compose(letter: Letter) -> tuple[EmailMessage, str]:
    recipient = _mailable(letter.recipient)
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    # Seven bits go through every server, whatever it says about eight.
    mail = EmailMessage(policy=(SMTP if recipient.isascii() else SMTPUTF8).clone(cte_type="7bit"))
    mail["From"] = Address(letter.sender or name, addr_spec=_mailable(address))
    mail["To"] = Address(addr_spec=recipient)
    mail["Subject"] = letter.subject
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = message_id(letter.public_id)
    if letter.is_automatic:
        mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.text)
    if letter.html:
        mail.add_alternative(letter.html, subtype="html")
    for file in letter.files:
        kind, _, subtype = file.media_type.partition("/")
        mail.add_attachment(file.content, maintype=kind, subtype=subtype, filename=file.name)
    return mail, recipient


def _mailable(address: str) -> str:
    local, at, domain = address.strip().rpartition("@")
    if not (local and at and domain) or re.search(r"[\s<>,\x00-\x1f]", address.strip()):
        raise ValueError(f"{address!r} is not an address")
    return f"{local}@{domain if domain.isascii() else domain.encode('idna').decode()}"


def _send_by_smtp(mail: EmailMessage, recipient: str) -> Outcome:
    """Talk to the server step by step: until the final dot is written nothing is accepted, after it all may be."""
    try:
        server = _greet()
    except (OSError, smtplib.SMTPException) as error:
        return TemporaryFailure(f"The mail server {settings.EMAIL_HOST}:{settings.EMAIL_PORT}: {_said(error)}")
    try:
        return _refusal_of_envelope(server, mail, recipient) or _hand_over(server, mail)
    except (OSError, smtplib.SMTPException) as error:
        return TemporaryFailure(f"The connection broke before the mail was handed over: {_said(error)}")
    finally:
        _leave(server)


def _greet() -> smtplib.SMTP:
    host, port, timeout = settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT
    context = ssl.create_default_context()
    server = (
        smtplib.SMTP_SSL(host, port, timeout=timeout, context=context)
        if settings.EMAIL_USE_SSL
        else smtplib.SMTP(host, port, timeout=timeout)
    )
    try:
        if settings.EMAIL_USE_TLS:
            server.starttls(context=context)
        if settings.EMAIL_HOST_USER:
            server.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)
        server.ehlo_or_helo_if_needed()
    except BaseException:
        server.close()
        raise
    return server


def _refusal_of_envelope(server: smtplib.SMTP, mail: EmailMessage, recipient: str) -> Outcome | None:
    options = []
    if not recipient.isascii():
        if not server.has_extn("smtputf8"):
            return PermanentFailure("The mail server takes no address with such letters.")
        options = ["SMTPUTF8", "BODY=8BITMIME"]
    code, words = server.mail(parseaddr(str(mail["From"]))[1], options)
    if code != 250:
        # A sender that is not taken is a set-up to mend: the mail waits for that, unless it is simply too long.
        return _judge(code, words) if code == STORAGE_EXCEEDED else TemporaryFailure(_words(code, words))
    code, words = server.rcpt(recipient)
    return None if code in {250, 251} else _judge(code, words)


def _hand_over(server: smtplib.SMTP, mail: EmailMessage) -> Outcome:
    body = re.sub(rb"(?m)^\.", b"..", mail.as_bytes())
    code, words = server.docmd("DATA")
    if code != 354:
        return _judge(code, words)
    server.send(body if body.endswith(b"\r\n") else body + b"\r\n")
    try:
        server.send(b".\r\n")
        code, words = server.getreply()
    except (OSError, smtplib.SMTPException) as error:
        return Unknown(f"The mail was handed over, then the connection broke: {_said(error)}")
    if code == 250:
        return Sent()
    if not 400 <= code <= 599:
        return Unknown(f"The mail was handed over, and the server answered strangely: {_words(code, words)}")
    return _judge(code, words)


def _judge(code: int, words: bytes) -> Outcome:
    reason = _words(code, words)
    return PermanentFailure(reason) if 500 <= code <= 599 else TemporaryFailure(reason)


def _leave(server: smtplib.SMTP) -> None:
    # What happens now changes nothing about the mail.
    try:
        server.quit()
    except (OSError, smtplib.SMTPException):
        server.close()


def _lay_down(mail: EmailMessage, public_id: str) -> Outcome:
    """One file a mail, whole or not at all; the development mailbox shows them."""
    folder = Path(settings.EMAIL_FILE_PATH)
    name = f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}-{public_id}.eml"
    draft = folder / f".{name}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft.write_bytes(mail.as_bytes())
        os.replace(draft, folder / name)  # noqa: PTH105 - atomic by name
    except OSError as error:
        return TemporaryFailure(f"The folder for mails cannot be written: {error.strerror}")
    return Sent()


def _send_by_django(mail: EmailMessage, letter: Letter) -> Outcome:
    """Through any other backend of Django's, which does not say in which phase it failed."""
    message = DjangoMail(
        subject=str(mail["Subject"]),
        body=letter.text,
        from_email=str(mail["From"]),
        to=[str(mail["To"])],
        headers={name: str(mail[name]) for name in ("Message-ID", "Date", "Auto-Submitted") if mail[name]},
    )
    if letter.html:
        message.attach_alternative(letter.html, "text/html")
    for file in letter.files:
        message.attach(file.name, file.content, file.media_type)
    try:
        get_connection().send_messages([message])
    except (OSError, smtplib.SMTPException) as error:
        return Unknown(_said(error))
    return Sent()


def _words(code: int, words: bytes) -> str:
    return f"{code} {words.decode(errors='replace')}"[:500]


def _said(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:500]
