"""Every page that links lead to can be used by everybody: contrast, names, narrow screens, and a silent console."""

from __future__ import annotations

import pytest
from django.utils import timezone

from cases.commands import invitation
from cases.models import Case, Post, Thread
from cases.vocabulary import SYSTEM, Status
from tests.browser import looking
from tests.browser.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# Whose links are followed, and of pages that differ only in what they show, how many; one of every other.
EACH = {"agent": {"case": 5, "inbox": 4, "search": 2}, "admin": {}}
STARTS = {
    "agent": [
        *(f"/?view={view}" for view in ("triage", "mine", "waiting", "handled", "mine&order=due&late=1&filters=1")),
        "/search/?q=sofa",
        "/escalations/",
    ],
    "manager": ["/tray/", "/escalations/", "/?view=all", "/search/?q=nothingatallwillbefound", "/settings/", "/rules/"],
    "admin": ["/settings/", "/settings/people/", "/tray/", "/rules/", "/rules/order/", "/rules/+/"],
    "auditor": ["/?view=new", "/reports/"],
    # Hers is the French one.
    "sofia": ["/?view=mine", "/?view=triage", "/search/?q=colis", "/help/", "/settings/me/", "/notifications/"],
}


@pytest.mark.parametrize("username", STARTS)
def test_pages_of_insiders(stack: Stack, username: str) -> None:
    found: list[str] = []
    with stack.person(username) as page:
        assert page.locator("html").get_attribute("lang") == ("fr" if username == "sofia" else "en")
        brand = "orvelle" if username == "sofia" else "brindlewick"
        starts = [*STARTS[username], *_cases(brand)]
        for _path in looking.crawl(page, starts, EACH.get(username)):
            found += looking.findings(page)
    assert not found, "\n".join(found)


def _cases(brand: str) -> list[str]:
    """One case in each status, and one post that waits."""
    cases = [Case.objects.filter(brand__slug=brand, status=status).first() for status in Status]
    post = Post.objects.filter(triage__kind__isnull=True, brand__slug=brand).first()
    paths = [f"/cases/{case.reference}/" for case in cases if case]
    # Why rules acted on one of them, or did not.
    paths += [f"{paths[0]}rules/"] if paths else []
    return paths + ([f"/posts/{post.public_id}/"] if post else [])


@pytest.mark.parametrize(("locale", "send"), [("en-GB", "Send my complaint"), ("fr-FR", "Envoyer ma réclamation")])
def test_pages_of_complainants(stack: Stack, locale: str, send: str) -> None:
    found: list[str] = []
    paths = ["/complain/brindlewick/", "/complain/nobody/", "/i/guessed/", "/p/guessed/", "/accounts/login/"]
    paths += ["/accounts/password/reset/", "/help/"]
    for status in (Status.OPEN, Status.HANDLED, Status.WAITING):
        thread = Thread.objects.filter(case__status=status, verified_at__isnull=False).order_by("-pk").first()
        if thread:
            paths.append(_link(thread, stack))
    unknown = Thread.objects.filter(verified_at__isnull=True, refused_at__isnull=True).first()
    if unknown:
        paths.append(_link(unknown, stack))
    with stack.person(locale=locale) as page:
        for path in paths:
            page.goto(path)
            found += looking.findings(page)
        page.goto("/complain/brindlewick/")
        page.get_by_role("button", name=send).click()
        page.locator("[aria-invalid=true]").first.wait_for()
        found += looking.findings(page)
    assert not found, "\n".join(found)


def _link(thread: Thread, stack: Stack) -> str:
    link = invitation.send_link(thread_id=thread.pk, at=timezone.now(), actor=SYSTEM)
    return link.removeprefix(stack.url)
