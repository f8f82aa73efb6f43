"""The desk under the fingers: keys, double clicks, drafts, and what a colleague does meanwhile."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from cases.commands import case as cases
from cases.management.commands.load_demo import PASSWORD
from cases.models import Case, Event, Post, User
from cases.queries import handling as gates
from cases.vocabulary import Actor, Status
from tests.browser.stack import Stack, sign_in
from tests.faults.parts import wait

pytestmark = pytest.mark.browser


def _untriaged() -> Post:
    found = Post.objects.filter(triage__kind__isnull=True, brand__slug="brindlewick").order_by("-pk").first()
    assert found is not None
    return found


def test_everything_is_reached_by_keys(stack: Stack) -> None:
    post = _untriaged()
    with stack.person() as page:
        page.goto("/accounts/login/")
        for name, words in (("login", "agent"), ("password", PASSWORD)):
            while not page.evaluate(f"document.activeElement.name === '{name}'"):
                page.keyboard.press("Tab")
            page.keyboard.type(words)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/accounts/" not in url)

        page.keyboard.press("g")
        page.keyboard.press("t")
        page.wait_for_url("**/*view=triage*")
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_be_visible()
        page.keyboard.press("Escape")
        page.goto(f"/?view=triage&post={post.public_id}")
        page.keyboard.press("3")
        expect(page.locator("input[name=severity][value='3']")).to_be_checked()
        key = page.locator("button[name=kind][value=complaint]").get_attribute("data-key")
        with page.expect_navigation():
            page.keyboard.press(str(key))
        reference = Case.objects.get(links__post=post).reference

        page.goto(f"/cases/{reference}/")
        page.keyboard.press("t")
        expect(page.locator("#case-head")).to_contain_text("Léa Marchetti")
        page.keyboard.press("r")
        expect(page.locator("#write-public")).to_be_visible()
        expect(page.locator("#text-public")).to_be_focused()
        page.locator("h1").click()
        page.keyboard.press("o")
        expect(page.locator("#write-note")).to_be_visible()


def _ready() -> Case | None:
    """A case of the demo that only waits to be handled."""
    open_cases = Case.objects.filter(status__in=[Status.OPEN, Status.WAITING], brand__slug="brindlewick")
    return next((case for case in open_cases if not gates.missing(case)), None)


def test_a_double_click_handles_once(stack: Stack) -> None:
    case = _ready()
    assert case is not None, "the demo has no case whose gate is open"
    with stack.person("manager") as page:
        page.goto(f"/cases/{case.reference}/")
        page.get_by_role("button", name="Mark handled").dblclick()
        expect(page.locator("#gate .seal")).to_be_visible()
    handled = Event.objects.filter(stream="case", stream_id=case.pk, kind="case_handled")
    assert handled.count() == 1


def test_a_colleagues_change_marks_the_row_and_the_case(stack: Stack) -> None:
    case = Case.objects.filter(status=Status.OPEN, brand__slug="brindlewick", is_restricted=False).order_by("pk")[0]
    with stack.person("agent") as mine, stack.person("manager") as hers:
        mine.goto(f"/cases/{case.reference}/?view=all")
        wait(stack.is_listening)
        hers.goto(f"/cases/{case.reference}/")
        hers.locator(".tab-note").click()
        hers.locator("#text-note").fill("Ask the depot once more.")
        hers.get_by_role("button", name="Keep as note").click()
        expect(hers.locator("#internal, .is-internal").first).to_be_visible()
        expect(mine.locator("body")).to_contain_text("Ask the depot once more.")


def test_what_i_write_survives_a_colleagues_change(stack: Stack) -> None:
    case = Case.objects.filter(status=Status.OPEN, brand__slug="brindlewick", is_restricted=False).order_by("-pk")[0]
    with stack.person("agent") as page:
        page.goto(f"/cases/{case.reference}/")
        page.wait_for_timeout(1000)
        page.locator(".tab-note").click()
        page.locator("#text-note").fill("Half a sentence")
        manager = User.objects.get(username="manager")
        cases.classify(
            case_id=case.pk, category_id=case.category_id, severity=4, at=timezone.now(), actor=Actor.person(manager.pk)
        )
        expect(page.locator("#text-note")).to_have_value("Half a sentence")
        page.wait_for_timeout(2000)
        page.goto("/?view=mine")
        page.goto(f"/cases/{case.reference}/#write-note")
        expect(page.locator("#text-note")).to_have_value("Half a sentence")


def test_two_take_the_same_case(stack: Stack) -> None:
    case = Case.objects.filter(status=Status.NEW, brand__slug="brindlewick", is_restricted=False).order_by("pk")[0]
    # Without scripts nothing tells the second in time that the first was faster.
    with stack.person("agent") as first, stack.person("karim", java_script_enabled=False) as second:
        first.goto(f"/cases/{case.reference}/")
        second.goto(f"/cases/{case.reference}/")
        first.get_by_role("button", name="Take it").click()
        expect(first.locator("#case-head")).to_contain_text("Léa Marchetti")
        second.get_by_role("button", name="Take it").click()
        expect(second.locator("main")).to_contain_text("Léa Marchetti has just taken this case")
    assert Case.objects.get(pk=case.pk).owner == User.objects.get(username="agent")


def test_a_page_sees_its_session_end(stack: Stack) -> None:
    with stack.person("agent") as page:
        page.context.clear_cookies()
        page.goto("/?view=mine")
        expect(page.locator("[name=login]")).to_be_visible()
        sign_in(page, "agent")
        expect(page.locator("#list, main")).not_to_have_count(0)
