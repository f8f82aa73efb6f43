"""The main job in a real browser: from the form to handled, and back when the complainant says no."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from cases.commands import intake
from cases.models import Case, Channel, Delivery, Post
from cases.rules.arrival import Arrival
from cases.vocabulary import SYSTEM
from tests.browser.stack import PHONE, Stack

pytestmark = pytest.mark.browser
GREETING = "My wardrobe came without a single screw."


def _post(stack: Stack, author: str) -> Post:
    """A complaint that somebody has just made in public."""
    now = timezone.now()
    received = intake.receive(
        channel_id=Channel.objects.get(brand__slug="brindlewick", slug="social").pk,
        arrival=Arrival(external_id=author, text=GREETING, author=author, name="Wanda Screwless", posted_at=now),
        at=now,
        actor=SYSTEM,
    )
    assert received.post is not None
    return received.post


def _press(page: Page, name: str) -> None:
    page.get_by_role("button", name=re.compile(name)).first.click()


def test_a_public_complaint_is_handled_doubted_and_handled_again(stack: Stack) -> None:
    post = _post(stack, "wanda")
    with stack.person("agent") as agent, stack.person(size=PHONE) as wanda:
        agent.goto(f"/?view=triage&post={post.public_id}")
        agent.locator("#triage-category").select_option(label="Assembly and parts")
        with agent.expect_navigation():
            _press(agent, "Complaint")
        case = Case.objects.get(links__post=post)
        agent.goto(f"/cases/{case.reference}/")
        _press(agent, "Take it")
        expect(agent.locator("#case-head")).to_contain_text("Léa Marchetti")

        agent.locator(".tab-public").click()
        agent.locator("#text-public").fill("No screws is no fun, Wanda. Please write to us here:")
        agent.locator("#write-public [name=invite]").check()
        _press(agent, "Publish for everyone")
        shown = agent.locator(".entry.is-to-post")
        expect(shown).to_be_visible()
        link = re.search(r"http://\S+/i/\S+", shown.inner_text())
        assert link
        shown.locator("[name=url]").fill("https://social.example/wanda/1")
        shown.get_by_role("button", name="It is posted").click()
        expect(agent.locator("#public")).to_contain_text("Where it stands")

        wanda.goto(link[0])
        expect(wanda.locator("body")).not_to_contain_text(case.reference)
        wanda.locator("[name=text]").fill("It is me, order 4711.")
        wanda.locator("[name=name]").fill("Wanda")
        wanda.locator("[name=contact]").fill("wanda@example.org")
        _press(wanda, "Send in private")
        wanda.wait_for_url("**/p/**")
        private = wanda.url

        expect(agent.locator("#private")).to_contain_text("It is me, order 4711.")
        _press(agent, "I know it is them")
        expect(agent.locator("#private .claim")).to_have_count(0)
        agent.locator(".tab-private").click()
        agent.locator("#text-private").fill("Thank you, Wanda. Screws are on their way.")
        _press(agent, "Send in private")
        expect(agent.locator("#private")).to_contain_text("Screws are on their way.")
        wanda.goto(private)
        expect(wanda.locator(".talk")).to_contain_text("Screws are on their way.")

        _decide_and_do(agent, case)
        # An open page would look again by itself, and read the answer before the worker has sent it.
        wanda.goto("about:blank")
        _answer(agent, case, "The screws are with you. Thank you for your patience.")
        expect(agent.locator("#gate")).to_contain_text("on its way")
        assert stack.worker() >= 1
        agent.goto(f"/cases/{case.reference}/")
        _press(agent, "Mark handled")
        expect(agent.locator("#gate .seal")).to_be_visible()

        wanda.goto(private)
        expect(wanda.locator("h1")).to_have_text("Is it settled for you?")
        wanda.get_by_text("No, because…").click()
        wanda.locator("textarea:visible").first.fill("Half of the screws are too short.")
        wanda.locator("details[open] button, form:has(textarea:visible) button").first.click()
        expect(wanda.locator(".talk")).to_contain_text("Half of the screws are too short.")
        again = Case.objects.get(pk=case.pk)
        assert (again.status, again.reopened) == ("open", 1)

        # An open page would look again by itself, and read the answer before the worker has sent it.
        wanda.goto("about:blank")
        _answer(agent, case, "Here are the long ones, and a voucher.")
        expect(agent.locator("#gate")).to_contain_text("on its way")
        wanda.goto(private)
        expect(wanda.locator(".talk")).to_contain_text("Here are the long ones")
        agent.goto(f"/cases/{case.reference}/")
        _press(agent, "Mark handled")
        expect(agent.locator("#gate .seal")).to_be_visible()
        wanda.goto(private)
        _press(wanda, "Yes, it is settled")
        expect(wanda.locator("main")).not_to_contain_text("Is it settled for you?")
        assert Case.objects.get(pk=case.pk).satisfaction == "settled"


def _answer(agent: Page, case: Case, words: str) -> None:
    """The final answer: prepared part by part, as the brand's regime demands, with the words of a person in it."""
    agent.goto(f"/cases/{case.reference}/final-answer/")
    for field in agent.locator("#do textarea:visible").all():
        name, prepared = field.get_attribute("name"), field.input_value()
        assert prepared, name
        # The reasons are a person's to give: the answer cannot go with the mark that asks for them.
        field.fill({"part_reasons": "One bag was missing.", "part_remedy": f"{words} {prepared}"}.get(name, prepared))
    agent.locator("#do button.btn-primary, #do button.btn-hue").first.click()


def _decide_and_do(agent: Page, case: Case) -> None:
    """The decision with its reason, and every required action with its proof."""
    agent.goto(f"/cases/{case.reference}/decision/")
    agent.locator("#do input[type=radio]").first.check()
    agent.locator("#do [name=reason]").fill("The bag was missing.")
    agent.locator("#do button.btn-primary, #do button.btn-hue").first.click()
    expect(agent.locator("#decision-h")).to_be_visible()
    for action in case.actions.all():
        agent.goto(f"/actions/{action.public_id}/complete/")
        for name, value in (("outcome", "Sent by express."), ("reference", "DL-1"), ("amount", "5")):
            field = agent.locator(f"#do [name={name}]")
            if field.count():
                field.fill(value)
        if agent.locator("#do [type=file]").count():
            agent.locator("#do [type=file]").set_input_files(
                {"name": "proof.txt", "mimeType": "text/plain", "buffer": b"signed for"}
            )
        agent.locator("#do form button").first.click()
        expect(agent.locator(f"#action-{action.pk}")).to_contain_text("done")


def test_a_complaint_by_form_ends_on_a_private_page(stack: Stack) -> None:
    with stack.person(size=PHONE) as page:
        page.goto("/complain/brindlewick/")
        page.locator("[name=text]").fill("The drawer does not close.")
        page.locator("[name=email]").fill("drew@example.org")
        _press(page, "Send my complaint")
        expect(page.locator("h1")).to_have_text("Your complaint is with us")
        link = page.locator("#link").inner_text()
        _press(page, "Copy the link")
        assert stack.worker() >= 1
        assert link.split("/p/")[0] == stack.url
        assert Delivery.objects.filter(recipient="drew@example.org", status="sent").count() == 1
        page.goto(link)
        expect(page.locator("main")).to_contain_text("The drawer does not close.")
