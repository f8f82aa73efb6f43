"""The development mailbox: the mails that a machine without a mail server has “sent”; it exists only there."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import wraps
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

SHOWN = 50
FILE_NAME = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9]{6}-[0-9a-f-]{36}")
# A page for everybody on a machine for development needs a little restraint all the same.
LARGEST = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, to be read."""

    name: str
    to: str
    sender: str
    subject: str
    at: datetime | None
    is_automatic: bool
    text: str = ""


View = Callable[..., HttpResponse]
LOOPBACK = frozenset({"127.0.0.1", "::1"})


def only_for_development(view: View) -> View:
    """404 wherever real mails are sent, and to everybody but this machine: password links stand in these mails."""

    @wraps(view)
    def guarded(request: HttpRequest, **names: str) -> HttpResponse:
        if not settings.DEV_MAILBOX or request.META.get("REMOTE_ADDR") not in LOOPBACK:
            raise Http404
        return view(request, **names)

    return guarded


@require_safe
@only_for_development
def mailbox(request: HttpRequest) -> HttpResponse:
    """The newest mails."""
    before = request.GET.get("before", "")
    names = sorted((path.stem for path in _folder().glob("*.eml") if FILE_NAME.fullmatch(path.stem)), reverse=True)
    if before:
        names = [name for name in names if name < before]
    mails = [_read(name) for name in names[:SHOWN]]
    return render(
        request, "devmail/list.html", {"mails": mails, "older": names[SHOWN - 1] if len(names) > SHOWN else None}
    )


@require_safe
@only_for_development
def mail(request: HttpRequest, name: str) -> HttpResponse:
    """One mail, its links to be followed."""
    if not FILE_NAME.fullmatch(name):
        raise Http404
    return render(request, "devmail/mail.html", {"mail": _read(name)})


def _folder() -> Path:
    return Path(settings.EMAIL_FILE_PATH)


def _read(name: str) -> Mail:
    try:
        with (_folder() / f"{name}.eml").open("rb") as file:
            parsed = message_from_bytes(file.read(LARGEST), policy=policy.default)
    except FileNotFoundError:
        raise Http404 from None
    return _shown(name, parsed)


def _shown(name: str, parsed: EmailMessage) -> Mail:
    body = parsed.get_body(("plain",))
    return Mail(
        name=name,
        to=str(parsed["To"] or ""),
        sender=str(parsed["From"] or ""),
        subject=str(parsed["Subject"] or ""),
        at=parsed["Date"].datetime if parsed["Date"] else None,
        is_automatic=bool(parsed["Auto-Submitted"]),
        text=body.get_content() if body else "",
    )
