"""The mail to somebody who is asked for an approval: the case in five lines, and a link that works once."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext

from cases.commands.moves.dialogue import digest_of, new_secret
from cases.commands.moves.sending import post_mail
from cases.models import Approval, Asked, Case
from cases.queries import authority


def tell_approver(case: Case, approval: Approval, asked: Asked, *, at: datetime) -> None:
    """Mail whoever is asked, in their language; the link shows the request before it acts."""
    person = asked.person
    if not person.email:
        return
    secret = new_secret()
    Asked.objects.filter(pk=asked.pk).update(digest=digest_of(secret))
    with translation.override(person.language):
        lines = authority.five_lines(case, approval, authority.given_to(case.complainant_id))
        post_mail(
            purpose="approval",
            recipient=person.email,
            subject=gettext("%(person)s asks for your approval: %(reference)s")
            % {"person": approval.requested_by.name, "reference": case.reference},
            body="\n".join(
                [
                    *lines,
                    "",
                    gettext("Look at it and decide (the link works once, and only for you):"),
                    f"{settings.SITE_URL}/approve/{secret}/",
                ]
            ),
            case=case,
            at=at,
        )
