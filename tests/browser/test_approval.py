"""Requests for approval are answered by keyboard: j and k move, one key acts on the row that has the focus."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.utils import timezone

from cases.commands import action
from cases.models import Absence, Approval, Asked, Case, Grant, Kind, User
from cases.vocabulary import Actor, ApprovalStatus
from tests.browser.stack import Stack, sign_in

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def as_before(stack: Stack) -> Iterator[None]:
    """What this file takes away from whoever may decide is there again for the others, which share the demo."""
    grants = list(Grant.objects.filter(ended_at__isnull=True))
    absences = list(Absence.objects.filter(ended_at__isnull=True))
    kinds = list(Kind.objects.exclude(two_people_above=None))
    yield
    gone = timezone.now() - timedelta(days=1)
    Grant.objects.filter(ended_at__isnull=True).exclude(pk__in=[one.pk for one in grants]).update(ended_at=gone)
    for one in Grant.objects.filter(pk__in=[one.pk for one in grants], ended_at__isnull=False):
        one.pk, one.public_id, one.ended_at = None, uuid4(), None
        one.save(force_insert=True)
    for away in Absence.objects.filter(pk__in=[one.pk for one in absences], ended_at__isnull=False):
        away.pk, away.public_id, away.ended_at = None, uuid4(), None
        away.save(force_insert=True)
    Kind.objects.bulk_update(kinds, ["two_people_above"])


def asked_of(stack: Stack, *amounts: str) -> tuple[User, list[Approval]]:
    """Requests that one manager is asked, and that manager."""
    owned = Case.objects.filter(
        brand__slug="brindlewick", owner__isnull=False, status="open", is_restricted=False, about__isnull=True
    ).order_by("pk")[0]
    assert owned.owner is not None
    kind = Kind.objects.get(brand=owned.brand, code="refund")
    Kind.objects.filter(pk=kind.pk).update(two_people_above=None)
    Absence.objects.filter(brand=owned.brand, ended_at__isnull=True).update(ended_at=timezone.now())
    asks = owned.brand.memberships.filter(role="agent", person__is_active=True).order_by("pk")[0].person
    manager = owned.brand.memberships.filter(role="manager", person__is_active=True).order_by("pk")[0].person
    Grant.objects.filter(brand=owned.brand, ended_at__isnull=True).update(ended_at=timezone.now() - timedelta(days=1))
    Grant.objects.create(brand=owned.brand, person=manager, currency=owned.brand.currency)
    made = [
        action.add_action(
            case_id=owned.pk,
            kind_id=kind.pk,
            amount=Decimal(amount),
            wording="Goodwill refund",
            reason="The sofa is nine days late and they stayed at home twice.",
            at=timezone.now(),
            actor=Actor.person(asks.pk),
        )
        for amount in amounts
    ]
    return manager, [Approval.objects.get(action=one) for one in made]


def test_one_key_approves_refuses_and_opens_the_row_that_has_the_focus(stack: Stack) -> None:
    manager, rows = asked_of(stack, "1180", "1190")
    Asked.objects.filter(person=manager, reply="", passed="").exclude(approval__in=rows).update(
        passed="by_hand", passed_at=timezone.now()
    )
    with stack.person() as page:
        sign_in(page, manager.username)
        page.goto("/approvals/")
        page.keyboard.press("a")
        assert Approval.objects.get(pk=rows[0].pk).status == ApprovalStatus.WAITING
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("r")
        page.keyboard.type("Twice already.")
        page.keyboard.press("Control+Enter")
        page.get_by_text("Refused; whoever asked reads why.").first.wait_for()
        refused = Approval.objects.get(pk=rows[1].pk)
        assert (refused.status, refused.words) == (ApprovalStatus.REFUSED, "Twice already.")
        page.keyboard.press("j")
        page.keyboard.press("a")
        page.get_by_text("Nothing waits for you").wait_for()
        assert Approval.objects.get(pk=rows[0].pk).status == ApprovalStatus.GRANTED
