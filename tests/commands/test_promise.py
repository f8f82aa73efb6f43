"""Promises: made by a decision, moved, kept, dropped, broken for ever; who is warned, and what is prepared."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from cases import errors
from cases.commands import action, dialogue, promise
from cases.commands import case as cases
from cases.models import Action, Case, Draft, Event, Grant, Message, Notification, Promise
from cases.queries import promise as reads
from cases.vocabulary import SYSTEM, Audience, EventKind, Status
from tests.desk import taken
from tests.people import AT, Stage, actor, set_stage

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def stage() -> Stage:
    return set_stage()


class Promised:
    """A case whose refund of 60 euros is promised for five days on."""

    def __init__(self, stage: Stage, **fields: Any) -> None:
        self.stage, self.agent = stage, actor(stage.agent)
        self.case = taken(stage)
        self.action = Action.objects.get()
        self.change(**fields)

    def change(self, **fields: Any) -> Action:
        now: dict[str, Any] = {
            "wording": "",
            "is_required": True,
            "amount": Decimal(60),
            "owner_id": None,
            "team_id": None,
            "due_at": AT + 5 * DAY,
            "at": AT,
        }
        return action.change_action(action_id=self.action.pk, actor=self.agent, **now | fields)

    def complete(self, at: Any = AT) -> None:
        action.complete_action(
            action_id=self.action.pk,
            outcome="Paid",
            reference="RF-1",
            amount=Decimal(60),
            at=at,
            actor=self.agent,
        )

    @property
    def draft(self) -> str:
        found = Draft.objects.filter(person=self.stage.agent, audience=Audience.PRIVATE).first()
        return found.text if found else ""


def kinds() -> list[str]:
    """What the journal says of promises."""
    return list(Event.objects.filter(kind__startswith="promise_").order_by("pk").values_list("kind", flat=True))


class TestMaking:
    def test_a_decision_promises_what_they_read_in_their_language(self, stage: Stage) -> None:
        stage.refund.promise = {"en": "We refund you.", "fr": "Nous vous remboursons."}
        stage.refund.save()
        case = taken(stage)
        Case.objects.filter(pk=case.pk).update(language="fr")
        action.change_action(
            action_id=Action.objects.get().pk,
            wording="",
            is_required=True,
            amount=Decimal("60.50"),
            owner_id=None,
            team_id=None,
            due_at=AT + DAY,
            at=AT,
            actor=actor(stage.agent),
        )
        made = Promise.objects.get()
        assert made.text == "Nous vous remboursons · 60,50\u00a0€"
        assert (made.made_at, made.due_at) == (AT, AT + DAY)
        assert kinds() == ["promise_made"]

    def test_says_the_action_s_own_words_where_it_has_some(self, stage: Stage) -> None:
        Promised(stage, wording="We pay back the delivery.")
        assert Promise.objects.get().text == "We pay back the delivery · 60.00\u00a0€"

    def test_a_plan_promises_nothing(self, stage: Stage) -> None:
        taken(stage)
        assert not Promise.objects.exists()

    def test_nothing_is_promised_of_what_is_not_shown(self, stage: Stage) -> None:
        stage.refund.is_shown = False
        stage.refund.save()
        Promised(stage)
        assert not Promise.objects.exists()

    def test_nothing_is_promised_for_a_day_that_is_over(self, stage: Stage) -> None:
        one = Promised(stage, due_at=AT - DAY)
        assert not Promise.objects.exists()
        one.change(due_at=AT + DAY)
        assert Promise.objects.get().due_at == AT + DAY

    def test_what_waits_for_approval_is_not_promised(self, stage: Stage) -> None:
        Grant.objects.filter(role="agent").update(ended_at=AT)
        Grant.objects.create(brand=stage.brand, role="agent", currency="EUR", per_action=Decimal(10))
        Promised(stage)
        assert not Promise.objects.exists()

    def test_a_case_with_a_promise_is_not_dismissed(self, stage: Stage) -> None:
        one = Promised(stage)
        with pytest.raises(errors.Invalid):
            cases.dismiss(case_id=one.case.pk, reason="Spam.", at=AT, actor=one.agent)


class TestMoving:
    def test_another_day_leaves_the_old_promise_beside_the_new_one(self, stage: Stage) -> None:
        one = Promised(stage)
        one.change(due_at=AT + 9 * DAY, at=AT + DAY)
        old, new = Promise.objects.order_by("pk")
        assert (old.moved_at, old.broken_at, old.due_at) == (AT + DAY, None, AT + 5 * DAY)
        assert (new.moved_at, new.due_at, new.text) == (None, AT + 9 * DAY, old.text)
        assert kinds() == ["promise_made", "promise_moved"]

    def test_the_same_again_moves_nothing(self, stage: Stage) -> None:
        Promised(stage).change(at=AT + DAY)
        assert kinds() == ["promise_made"]

    def test_moved_after_its_day_it_stays_broken(self, stage: Stage) -> None:
        one = Promised(stage)
        one.change(due_at=AT + 9 * DAY, at=AT + 6 * DAY)
        assert Promise.objects.order_by("pk")[0].broken_at == AT + 5 * DAY

    def test_a_later_day_prepares_a_message_with_both(self, stage: Stage) -> None:
        one = Promised(stage)
        one.change(due_at=AT + 9 * DAY, at=AT + DAY)
        assert "We cannot keep that day" in one.draft
        assert "13 September 2026" in one.draft
        assert "17 September 2026" in one.draft
        assert not Message.objects.exists()

    def test_an_earlier_day_needs_no_message(self, stage: Stage) -> None:
        one = Promised(stage)
        one.change(due_at=AT + 2 * DAY, at=AT + DAY)
        assert (one.draft, Promise.objects.count()) == ("", 2)

    def test_another_amount_that_nobody_decided_leaves_the_words_as_told(self, stage: Stage) -> None:
        one = Promised(stage)
        Grant.objects.filter(role="agent").update(ended_at=AT)
        Grant.objects.create(brand=stage.brand, role="agent", currency="EUR", per_action=Decimal(70))
        one.change(amount=Decimal(90), at=AT + DAY)
        assert Promise.objects.get().text == "Refund · 60.00\u00a0€"


class TestTheEnd:
    def test_done_in_time_is_kept(self, stage: Stage) -> None:
        Promised(stage).complete(AT + DAY)
        made = Promise.objects.get()
        assert (made.kept_at, made.broken_at) == (AT + DAY, None)
        assert kinds() == ["promise_made", "promise_kept"]

    def test_done_too_late_is_kept_and_broken(self, stage: Stage) -> None:
        Promised(stage).complete(AT + 6 * DAY)
        made = Promise.objects.get()
        assert (made.kept_at, made.broken_at) == (AT + 6 * DAY, AT + 5 * DAY)

    def test_waived_is_dropped(self, stage: Stage) -> None:
        one = Promised(stage)
        action.waive_action(action_id=one.action.pk, reason="They have it.", at=AT, actor=actor(stage.manager))
        assert Promise.objects.get().dropped_at == AT
        assert kinds()[-1] == "promise_dropped"

    def test_withdrawn_drops_what_was_promised(self, stage: Stage) -> None:
        one = Promised(stage)
        ended = cases.withdraw(case_id=one.case.pk, at=AT, actor=one.agent)
        assert ended.status == Status.WITHDRAWN
        assert Promise.objects.get().dropped_at == AT
        assert reads.overdue(AT + 30 * DAY, 10) == []


class TestTheClock:
    def test_warns_whoever_does_it_a_day_before_and_once(self, stage: Stage) -> None:
        one = Promised(stage, owner_id=stage.colleague.pk)
        made = Promise.objects.get()
        assert reads.to_warn(AT + 3 * DAY, 10) == []
        assert not promise.warn(promise_id=made.pk, at=AT + 3 * DAY, actor=SYSTEM)
        soon = AT + 4 * DAY + timedelta(hours=1)
        assert reads.to_warn(soon, 10) == [made.pk]
        assert [promise.warn(promise_id=made.pk, at=soon, actor=SYSTEM) for _ in range(2)] == [True, False]
        assert reads.to_warn(soon, 10) == []
        told = Notification.objects.get(kind="promise_due")
        assert (told.person_id, told.case_id) == (stage.colleague.pk, one.case.pk)

    def test_warns_half_way_of_what_was_promised_at_short_notice(self, stage: Stage) -> None:
        Promised(stage, due_at=AT + timedelta(hours=4))
        assert reads.to_warn(AT + timedelta(hours=1), 10) == []
        assert len(reads.to_warn(AT + timedelta(hours=3), 10)) == 1

    def test_breaks_what_is_over_once_and_prepares_a_message(self, stage: Stage) -> None:
        one = Promised(stage)
        made = Promise.objects.get()
        late = AT + 5 * DAY
        assert reads.overdue(late - timedelta(seconds=1), 10) == []
        assert reads.overdue(late, 10) == [made.pk]
        assert [promise.break_promise(promise_id=made.pk, at=late, actor=SYSTEM) for _ in range(2)] == [True, False]
        made.refresh_from_db()
        assert made.broken_at == made.due_at
        assert Notification.objects.get(kind="promise_broken").person_id == stage.agent.pk
        assert "That day is over, and it is not done. We are sorry." in one.draft
        assert not Message.objects.exists()
        assert kinds() == ["promise_made", "promise_broken"]

    def test_never_writes_over_what_somebody_has_begun(self, stage: Stage) -> None:
        one = Promised(stage)
        dialogue.keep_draft(case_id=one.case.pk, audience=Audience.PRIVATE, text="My own.", at=AT, actor=one.agent)
        promise.break_promise(promise_id=Promise.objects.get().pk, at=AT + 5 * DAY, actor=SYSTEM)
        assert one.draft == "My own."

    def test_a_new_day_takes_the_place_of_what_was_prepared_about_the_old_one(self, stage: Stage) -> None:
        one = Promised(stage)
        promise.break_promise(promise_id=Promise.objects.get().pk, at=AT + 5 * DAY, actor=SYSTEM)
        one.change(due_at=AT + 9 * DAY, at=AT + 6 * DAY)
        assert "The new date is 17 September 2026" in one.draft
        assert "no new date" not in one.draft

    def test_a_message_that_goes_out_has_told_them(self, stage: Stage) -> None:
        one = Promised(stage)
        promise.break_promise(promise_id=Promise.objects.get().pk, at=AT + 5 * DAY, actor=SYSTEM)
        assert Promise.objects.get().told_at is None
        cases.describe_complainant(
            case_id=one.case.pk, name="Tom", email="tom@example.org", phone="", language="", at=AT, actor=one.agent
        )
        dialogue.send_message(case_id=one.case.pk, text=one.draft, at=AT + 6 * DAY, actor=one.agent)
        assert Promise.objects.get().told_at == AT + 6 * DAY
        assert one.draft == ""

    def test_costs_what_is_due(self, stage: Stage, django_assert_num_queries: Any) -> None:
        Promised(stage)
        with django_assert_num_queries(2):
            assert (reads.overdue(AT, 10), reads.to_warn(AT, 10)) == ([], [])


def test_every_promise_is_named_by_an_event(stage: Stage) -> None:
    one = Promised(stage)
    one.change(due_at=AT + 9 * DAY, at=AT + DAY)
    one.complete(AT + 2 * DAY)
    named = Event.objects.filter(kind__in=[EventKind.PROMISE_MADE, EventKind.PROMISE_MOVED])
    assert {event.payload["promise"] for event in named} == set(Promise.objects.values_list("pk", flat=True))
