"""The end of the path under the fingers: points by keyboard, an answer that says what it lacks while it is written."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from cases.commands import handling, regime
from cases.models import Brand, Case, Regime, User
from cases.vocabulary import Actor, AnswerPart, Outcome, Status
from tests.browser import looking
from tests.browser.stack import Stack

pytestmark = pytest.mark.browser
RECOURSE = {"en": "If you are not satisfied, write to the ombudsman within six months.\nAddress: 1 High Street"}


@pytest.fixture
def ruled(stack: Stack) -> Iterator[Case]:
    """A case in hand, of a brand whose final answers must hold everything."""
    brand = Brand.objects.get(slug="brindlewick")
    admin = Actor.person(User.objects.filter(is_organisation_admin=True, is_active=True)[0].pk)
    before = Regime.objects.filter(brand=brand).first()
    regime.set_regime(
        brand_id=brand.pk,
        name="Housing Code",
        demands=list(AnswerPart),
        recourse=RECOURSE,
        opening={},
        recourse_always=True,
        answers_first=True,
        actor=admin,
    )
    mine = Case.objects.filter(brand=brand, owner__username="agent", status__in=(Status.OPEN, Status.WAITING))
    case = mine.filter(decisions__points=None).order_by("-pk").first()
    assert case is not None
    yield case
    # What one test set up is not there for the others, which share the demo: they find what was there.
    if before is None:
        regime.remove_regime(brand_id=brand.pk, actor=admin)
        return
    regime.set_regime(
        brand_id=brand.pk,
        name=before.name,
        source=before.source,
        demands=before.demands,
        recourse=before.recourse,
        opening=before.template.get("opening", {}),
        recourse_always=before.recourse_always,
        answers_first=before.answers_first,
        actor=admin,
    )


def test_points_are_written_and_added_by_keyboard(stack: Stack, ruled: Case) -> None:
    with stack.person("agent") as page:
        page.goto(f"/cases/{ruled.reference}/decision/")
        page.locator(".points summary").focus()
        page.keyboard.press("Enter")
        expect(page.locator("fieldset.point")).to_have_count(3)
        page.locator("[name=raised_0]").fill("It came two weeks late.")
        page.locator("button[name=more]").focus()
        page.keyboard.press("Enter")
        expect(page.locator("fieldset.point")).to_have_count(4)
        expect(page.locator("[name=raised_3]")).to_be_focused()
        expect(page.locator("[name=raised_0]")).to_have_value("It came two weeks late.")
        assert looking.findings(page) == []


def test_an_answer_tells_what_it_lacks_while_it_is_written(stack: Stack, ruled: Case) -> None:
    handling.decide(
        case_id=ruled.pk,
        outcome=Outcome.PARTLY_UPHELD,
        reason="Half ours",
        at=timezone.now(),
        actor=Actor.person(ruled.owner_id or 0),
    )
    with stack.person("agent") as page:
        page.goto(f"/cases/{ruled.reference}/final-answer/")
        expect(page.locator("#answer-state")).to_contain_text("our reasons")
        page.locator("[name=part_reasons]").fill("The van broke down.")
        expect(page.locator("#answer-state")).not_to_contain_text("our reasons")
        expect(page.locator(".answer-preview")).to_contain_text("The van broke down.")
        assert looking.findings(page) == []
        page.locator("[name=route][value=unreachable]").check()
        expect(page.locator("[name=part_reasons]")).to_be_hidden()
        expect(page.locator(".answer-why textarea")).to_be_visible()
