"""The database keeps promises as they were made, whoever writes past the application."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from cases.commands import action
from cases.models import Action, Promise
from tests.desk import taken
from tests.models.test_invariants import refused, sql
from tests.people import AT, Stage, actor, set_stage

pytestmark = [pytest.mark.django_db, pytest.mark.database]
DAY = timedelta(days=1)


@pytest.fixture
def stage() -> Stage:
    return set_stage()


@pytest.fixture
def made(stage: Stage) -> Promise:
    """A refund that is promised for five days on."""
    case = taken(stage)
    action.change_action(
        action_id=Action.objects.get().pk,
        wording="",
        is_required=True,
        amount=Decimal(60),
        owner_id=None,
        team_id=None,
        due_at=AT + 5 * DAY,
        at=AT,
        actor=actor(stage.agent),
    )
    return Promise.objects.get(case=case)


def done(stage: Stage, promise: Promise) -> None:
    """The action behind the promise is done, and nothing else knows."""
    action.start_action(action_id=promise.action_id, at=AT, actor=actor(stage.agent))
    Action.objects.filter(pk=promise.action_id).update(
        status="done", proof_outcome="Paid", proof_reference="RF-1", proof_amount=60, done_at=AT, done_by=stage.agent
    )


def test_what_was_told_never_changes(made: Promise) -> None:
    for column, value in (("due_at", AT + DAY), ("text", "Something less."), ("made_at", AT + DAY)):
        refused("promise_never_changes", sql(f"UPDATE cases_promise SET {column} = %s WHERE id = %s", value, made.pk))
    refused("promise_never_changes", sql("UPDATE cases_promise SET action_id = action_id + 1 WHERE id = %s", made.pk))
    refused("promise_never_changes", sql("UPDATE cases_promise SET case_id = case_id + 1 WHERE id = %s", made.pk))


def test_its_words_can_be_erased(made: Promise) -> None:
    sql("UPDATE cases_promise SET text = NULL WHERE id = %s", made.pk)()
    made.refresh_from_db()
    assert made.text is None


def test_broken_is_for_ever(made: Promise) -> None:
    sql("UPDATE cases_promise SET broken_at = due_at WHERE id = %s", made.pk)()
    for value in (None, AT):
        refused("promise_never_changes", sql("UPDATE cases_promise SET broken_at = %s WHERE id = %s", value, made.pk))


@pytest.mark.parametrize("column", ["moved_at", "dropped_at"])
def test_what_became_of_it_is_for_ever(made: Promise, column: str) -> None:
    sql(f"UPDATE cases_promise SET {column} = %s WHERE id = %s", AT, made.pk)()
    refused("promise_never_changes", sql(f"UPDATE cases_promise SET {column} = NULL WHERE id = %s", made.pk))


def test_is_not_kept_before_its_action_is_done(stage: Stage, made: Promise) -> None:
    refused("promise_never_changes", sql("UPDATE cases_promise SET kept_at = %s WHERE id = %s", AT, made.pk))
    done(stage, made)
    sql("UPDATE cases_promise SET kept_at = %s WHERE id = %s", AT, made.pk)()
    refused("promise_never_changes", sql("UPDATE cases_promise SET kept_at = NULL WHERE id = %s", made.pk))


@pytest.mark.parametrize("column", ["kept_at", "moved_at"])
def test_too_late_is_broken_without_a_clock(stage: Stage, made: Promise, column: str) -> None:
    done(stage, made)
    sql(f"UPDATE cases_promise SET {column} = %s WHERE id = %s", AT + 6 * DAY, made.pk)()
    made.refresh_from_db()
    assert made.broken_at == made.due_at


def test_is_never_deleted_nor_emptied(made: Promise) -> None:
    refused("never", sql("DELETE FROM cases_promise WHERE id = %s", made.pk))
    assert Promise.objects.filter(pk=made.pk).exists()


def test_one_stands_for_an_action(made: Promise) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Promise.objects.create(case_id=made.case_id, action_id=made.action_id, text="Twice.", due_at=AT + DAY)


def test_what_they_say_of_it_is_one_of_our_words(made: Promise) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        sql("UPDATE cases_promise SET said = 'perhaps' WHERE id = %s", made.pk)()
