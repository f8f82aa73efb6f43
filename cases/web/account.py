"""Sign-in as allauth does it: nobody signs up by themselves, and mails go through our deliveries."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from cases import queue
from cases.commands import delivery
from cases.models import User
from cases.vocabulary import SYSTEM


class Adapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth's class counts as untyped
    """allauth's adapter, closed to strangers."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - allauth's signature
        """Never: an admin invites people."""
        return False

    def post_login(self, request: HttpRequest, user: User, **circumstances: Any) -> HttpResponse:
        """Where the person goes next, in the language they chose."""
        response: HttpResponse = super().post_login(request, user, **circumstances)
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, user.language, samesite="Lax")
        return response

    def logout(self, request: HttpRequest) -> None:
        """End the session, and the live streams that hang on it."""
        person_id = request.user.pk
        super().logout(request)
        if person_id is not None:
            queue.announce_rights(person_id=person_id)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue the mail; a worker sends it."""
        message = self.render_mail(template_prefix, email, context)
        delivery.queue_account_mail(recipient=email, subject=message.subject, body=str(message.body), actor=SYSTEM)
