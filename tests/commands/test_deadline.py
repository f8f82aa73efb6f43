"""The deadlines of a case: they begin, follow its journal, are missed, extended and moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases import errors
from cases.commands import action, case, confirmation, deadline, dialogue, handling, intake, invitation, moves, promise
from cases.commands import calendar as calendars
from cases.models import Action, Case, Deadline, Event, Extension, Message, Policy, Promise, Team
from cases.queries import timing
from cases.queries.deadline import differences, of_case
from cases.rules.arrival import Arrival
from cases.vocabulary import (
    NEVER,
    SYSTEM,
    Due,
    Ended,
    Goal,
    Needs,
    Outcome,
    Sort,
    Start,
    Status,
    Unit,
)
from tests.desk import claimed, ready, taken
from tests.people import AT, Stage, actor, set_stage
from tests.times import extendable, of, policy, working_hours

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def stage() -> Stage:
    """The usual people, with working hours."""
    stage = set_stage()
    working_hours(stage.brand)
    return stage


def queries(act: Any) -> int:
    with CaptureQueriesContext(connection) as seen:
        act()
    return len(seen.captured_queries)


class TestBegins:
    def test_with_the_case(self, stage: Stage) -> None:
        stands = policy(stage.brand, Goal.DECISION, amount=2, unit=Unit.DAY)
        found = stage.case()
        begun = Deadline.objects.get(case=found)
        assert (begun.policy, begun.started_at, begun.due_at) == (stands, AT, AT + 2 * DAY)
        assert (begun.missed_at, begun.met_at, begun.ended_at) == (None, None, None)
        found.refresh_from_db()
        assert (found.due_at, found.due_goal, found.is_paused) == (AT + 2 * DAY, Goal.DECISION, False)

    def test_on_the_calendar_of_its_team(self, stage: Stage) -> None:
        other = working_hours(stage.brand, name="Nights", week={"tue": [["20:00", "24:00"]]}, is_default=False)
        Team.objects.filter(pk=stage.team.pk).update(calendar=other)
        stage.category.team = stage.team
        stage.category.save()
        policy(stage.brand, Goal.FIRST_REPLY, amount=1, unit=Unit.OPEN_HOUR)
        # Tuesday, two in the afternoon in Paris: the team begins at eight.
        assert of(stage.case(), Goal.FIRST_REPLY).due_at == datetime(2026, 9, 8, 19, 0, tzinfo=UTC)

    def test_moves_when_a_team_takes_it(self, stage: Stage) -> None:
        other = working_hours(stage.brand, name="Nights", week={"tue": [["20:00", "24:00"]]}, is_default=False)
        Team.objects.filter(pk=stage.team.pk).update(calendar=other)
        policy(stage.brand, Goal.FIRST_REPLY, amount=1, unit=Unit.OPEN_HOUR)
        found = stage.case()
        assert of(found, Goal.FIRST_REPLY).due_at == AT + HOUR
        case.take(case_id=found.pk, at=AT, actor=actor(stage.agent))
        assert of(found, Goal.FIRST_REPLY).due_at == datetime(2026, 9, 8, 19, 0, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("fields", "is_for_it"),
        [
            ({"severities": [3]}, True),
            ({"severities": [1, 2]}, False),
            ({"sorts": [Sort.ANONYMOUS]}, False),
            ({"sorts": [Sort.NAMED]}, True),
        ],
    )
    def test_only_where_the_policy_is_for_it(self, stage: Stage, fields: dict[str, Any], is_for_it: bool) -> None:
        policy(stage.brand, Goal.DECISION, **fields)
        found = stage.case()
        assert Deadline.objects.filter(case=found).exists() == is_for_it

    def test_nothing_for_what_came_before_the_policy(self, stage: Stage) -> None:
        found = stage.case()
        policy(stage.brand, Goal.DECISION)
        Policy.objects.create(
            brand=stage.brand, name={"en": "Later"}, goal=Goal.HANDLED, start=Start.RECEIVED, amount=1, unit=Unit.HOUR,
            made_at=AT + HOUR,
        )  # fmt: skip
        case.take(case_id=found.pk, at=AT + 2 * HOUR, actor=actor(stage.agent))
        assert {each.goal for each in Deadline.objects.filter(case=found)} == {Goal.DECISION}

    def test_in_the_past_is_missed_at_once(self, stage: Stage) -> None:
        policy(stage.brand, Goal.ACKNOWLEDGE, Start.POSTED, amount=30, unit=Unit.MINUTE)
        found = stage.case()
        begun = of(found, Goal.ACKNOWLEDGE)
        assert begun.missed_at == begun.due_at == AT - timedelta(minutes=30)
        line = Event.objects.get(stream="case", stream_id=found.pk, kind="deadline_missed")
        assert line.payload == {"deadline": begun.pk, "goal": "acknowledge"}

    @pytest.mark.parametrize("broken", [{"week": {}}, {"zone": "Atlantis/Deep"}, {"week": {"mon": [["9", ""]]}}])
    def test_on_a_calendar_that_cannot_be_it_never_comes(self, stage: Stage, broken: dict[str, Any]) -> None:
        policy(stage.brand, Goal.DECISION, unit=Unit.OPEN_HOUR)
        stage.brand.calendars.update(**broken)
        found = stage.case()
        found.refresh_from_db()
        assert (of(found, Goal.DECISION).due_at, found.due_goal) == (NEVER, Goal.DECISION)


class TestFollows:
    def test_is_met_by_what_was_said(self, stage: Stage) -> None:
        policy(stage.brand, Goal.ACKNOWLEDGE)
        found = taken(stage)
        dialogue.reply_in_public(
            post_id=found.links.get().post_id, text="We are on it.", url="https://social.example/1", at=AT + HOUR / 2,
            actor=actor(stage.agent),
        )  # fmt: skip
        met = of(found, Goal.ACKNOWLEDGE)
        assert (met.met_at, met.missed_at) == (AT + HOUR / 2, None)
        assert Event.objects.get(pk=met.met_by or 0).kind == "reply_posted"
        found.refresh_from_db()
        assert (found.due_at, found.due_goal) == (NEVER, "")

    def test_is_not_met_by_a_note_or_a_status(self, stage: Stage) -> None:
        policy(stage.brand, Goal.FIRST_REPLY)
        policy(stage.brand, Goal.ACKNOWLEDGE)
        found = taken(stage)
        who = actor(stage.agent)
        dialogue.write_note(case_id=found.pk, text="Called them.", at=AT, actor=who)
        case.wait(case_id=found.pk, waiting_for="a photo", at=AT, actor=who)
        case.resume(case_id=found.pk, at=AT, actor=who)
        assert not Deadline.objects.filter(case=found, met_at__isnull=False).exists()

    def test_waits_with_the_case(self, stage: Stage) -> None:
        policy(stage.brand, Goal.DECISION, amount=4, pauses=True)
        found = taken(stage)
        who = actor(stage.agent)
        case.wait(case_id=found.pk, waiting_for="a photo", at=AT + HOUR, actor=who)
        found.refresh_from_db()
        assert of(found, Goal.DECISION).paused_at == AT + HOUR
        assert (found.due_at, found.due_goal, found.is_paused) == (NEVER, Goal.DECISION, True)
        case.resume(case_id=found.pk, at=AT + 3 * HOUR, actor=who)
        found.refresh_from_db()
        goes_on = of(found, Goal.DECISION)
        assert (goes_on.paused_at, goes_on.paused_seconds, goes_on.due_at) == (None, 7200, AT + 6 * HOUR)
        assert (found.due_at, found.is_paused) == (goes_on.due_at, False)
        assert goes_on.first_due_at == AT + 4 * HOUR

    def test_goes_on_when_another_post_joins(self, stage: Stage) -> None:
        policy(stage.brand, Goal.DECISION, amount=4, pauses=True)
        found = taken(stage)
        case.wait(case_id=found.pk, waiting_for="a photo", at=AT, actor=actor(stage.agent))
        stage.post("p-2", text="Here it is.")
        found.refresh_from_db()
        assert (found.status, found.status_since) == (Status.OPEN, AT) or found.status == Status.OPEN
        assert of(found, Goal.DECISION).paused_at is None

    def test_ends_with_the_case(self, stage: Stage) -> None:
        policy(stage.brand, Goal.DECISION, amount=4)
        found = taken(stage)
        case.dismiss(case_id=found.pk, reason="Praise, really.", at=AT + HOUR, actor=actor(stage.agent))
        assert (of(found, Goal.DECISION).ended, of(found, Goal.DECISION).ended_at) == (Ended.CASE_ENDED, AT + HOUR)

    def test_another_severity_brings_other_deadlines(self, stage: Stage) -> None:
        policy(stage.brand, Goal.DECISION, amount=4, severities=[3])
        policy(stage.brand, Goal.HANDLED, amount=2, severities=[4])
        found = stage.case()
        assert {each.goal for each in Deadline.objects.filter(case=found)} == {Goal.DECISION}
        case.classify(
            case_id=found.pk, category_id=found.category_id, severity=4, at=AT + HOUR, actor=actor(stage.agent)
        )
        assert of(found, Goal.DECISION).ended == Ended.NOT_FOR_IT
        assert of(found, Goal.HANDLED).due_at == AT + 2 * HOUR

    def test_a_name_takes_it_from_those_without(self, stage: Stage) -> None:
        policy(stage.brand, Goal.DECISION, amount=9, sorts=[Sort.NAMED])
        found = taken(stage)
        assert of(found, Goal.DECISION).ended_at is None
        case.describe_complainant(
            case_id=found.pk, name="", email="", phone="", language="en", at=AT + HOUR, actor=actor(stage.agent)
        )
        assert of(found, Goal.DECISION).ended == Ended.NOT_FOR_IT

    def test_a_reopened_case_has_another_round(self, stage: Stage) -> None:
        policy(stage.brand, Goal.FINAL_ANSWER, amount=5, unit=Unit.DAY, again=True)
        found = taken(stage)
        ready(stage, found)
        handling.handle(case_id=found.pk, at=AT + 2 * HOUR, actor=actor(stage.agent))
        first = of(found, Goal.FINAL_ANSWER)
        assert (first.round, first.met_at) == (1, AT + HOUR)
        again = moves_reopen(found, stage, AT + DAY)
        second = of(again, Goal.FINAL_ANSWER)
        assert (second.round, second.due_at) == (2, AT + 6 * DAY)
        assert again.due_at == second.due_at

    def test_says_how_it_all_stands(self, stage: Stage) -> None:
        policy(stage.brand, Goal.ACKNOWLEDGE, Start.POSTED, amount=30, unit=Unit.MINUTE)
        policy(stage.brand, Goal.DECISION, amount=4)
        found = taken(stage)
        dialogue.reply_in_public(
            post_id=found.links.get().post_id, text="We are on it.", url="https://social.example/1", at=AT,
            actor=actor(stage.agent),
        )  # fmt: skip
        stands = of_case(found, AT + HOUR)
        assert [each.how for each in stands.standing] == [Due.OPEN, Due.MET_LATE]
        late = stands.standing[1]
        assert late.met_by is not None
        assert (late.met_by.kind, late.late_by) == ("reply_posted", timedelta(minutes=30))
        assert stands.nearest is stands.standing[0]


def moves_reopen(found: Case, stage: Stage, at: datetime) -> Case:
    """The complainant says no, and the case is open again."""
    confirmation.reopen(case_id=found.pk, reason="It came back.", at=at, actor=actor(stage.manager))
    return Case.objects.get(pk=found.pk)


class TestMissed:
    def test_stays_missed_and_is_met_late(self, stage: Stage) -> None:
        policy(stage.brand, Goal.DECISION, amount=1)
        found = taken(stage)
        one = of(found, Goal.DECISION)
        assert deadline.note_missed(deadline_ids=[one.pk], at=AT + HOUR - timedelta(seconds=1), actor=SYSTEM) == 0
        assert deadline.note_missed(deadline_ids=[one.pk], at=AT + HOUR, actor=SYSTEM) == 1
        assert deadline.note_missed(deadline_ids=[one.pk], at=AT + 2 * HOUR, actor=SYSTEM) == 0
        handling.decide(
            case_id=found.pk, outcome=Outcome.UPHELD, reason="Ours", at=AT + 3 * HOUR, actor=actor(stage.agent)
        )
        one.refresh_from_db()
        assert (one.missed_at, one.met_at) == (AT + HOUR, AT + 3 * HOUR)
        assert Event.objects.filter(stream="case", stream_id=found.pk, kind="deadline_missed").count() == 1

    def test_a_command_notes_it_as_well(self, stage: Stage) -> None:
        policy(stage.brand, Goal.DECISION, amount=1)
        found = taken(stage)
        handling.decide(
            case_id=found.pk, outcome=Outcome.UPHELD, reason="Ours", at=AT + 3 * HOUR, actor=actor(stage.agent)
        )
        one = of(found, Goal.DECISION)
        assert (one.missed_at, one.met_at) == (AT + HOUR, AT + 3 * HOUR)
        assert Event.objects.filter(stream="case", stream_id=found.pk, kind="deadline_missed").count() == 1

    def test_many_cost_as_many_queries_as_few(self, stage: Stage) -> None:
        policy(stage.brand, Goal.DECISION, amount=1)

        def note(names: list[str]) -> int:
            keys = [of(stage.case(name, author=name), Goal.DECISION).pk for name in names]
            return queries(lambda: deadline.note_missed(deadline_ids=keys, at=AT + HOUR, actor=SYSTEM))

        assert note(["a"]) == note(["b", "c", "d", "e"])

    def test_what_waits_is_not_late(self, stage: Stage) -> None:
        policy(stage.brand, Goal.DECISION, amount=1, pauses=True)
        found = taken(stage)
        case.wait(case_id=found.pk, waiting_for="a photo", at=AT, actor=actor(stage.agent))
        assert deadline.note_missed(deadline_ids=[of(found, Goal.DECISION).pk], at=AT + DAY, actor=SYSTEM) == 0


class TestPromises:
    @pytest.fixture
    def promised(self, stage: Stage) -> Promise:
        """An apology that the complainant counts on."""
        found = taken(stage)
        action.add_action(
            case_id=found.pk, kind_id=stage.apology.pk, due_at=AT + 2 * DAY, at=AT, actor=actor(stage.agent)
        )
        return Promise.objects.get(case=found)

    def test_every_promise_has_a_deadline(self, promised: Promise) -> None:
        one = Deadline.objects.get(promise=promised)
        assert (one.goal, one.policy, one.started_at, one.due_at) == (Goal.PROMISE, None, AT, AT + 2 * DAY)
        assert (promised.case.due_at, promised.case.due_goal) == (AT + 2 * DAY, Goal.PROMISE)

    def test_is_met_when_it_is_kept(self, stage: Stage, promised: Promise) -> None:
        action.complete_action(
            action_id=promised.action_id, outcome="Said sorry.", at=AT + DAY, actor=actor(stage.agent)
        )
        one = Deadline.objects.get(case=promised.case)
        assert (one.met_at, one.missed_at) == (AT + DAY, None)
        assert Event.objects.get(pk=one.met_by or 0).kind == "promise_kept"
        assert Case.objects.get(pk=promised.case_id).due_at == NEVER

    def test_moves_with_the_promise(self, stage: Stage, promised: Promise) -> None:
        row = Action.objects.get(pk=promised.action_id)
        action.change_action(
            action_id=row.pk, wording=row.wording, is_required=True, amount=None, owner_id=row.owner_id,
            team_id=None, due_at=AT + 4 * DAY, at=AT + HOUR, actor=actor(stage.agent),
        )  # fmt: skip
        moved = Deadline.objects.filter(case=promised.case, ended_at__isnull=True, met_at__isnull=True)
        assert [each.due_at for each in moved] == [AT + 4 * DAY]
        assert Case.objects.get(pk=promised.case_id).due_at == AT + 4 * DAY

    def test_is_missed_when_it_is_broken(self, promised: Promise) -> None:
        promise.break_promise(promise_id=promised.pk, at=AT + 3 * DAY, actor=SYSTEM)
        one = Deadline.objects.get(case=promised.case)
        deadline.note_missed(deadline_ids=[one.pk], at=AT + 3 * DAY, actor=SYSTEM)
        one.refresh_from_db()
        promised.refresh_from_db()
        assert one.missed_at == promised.broken_at == AT + 2 * DAY


class TestExtends:
    @pytest.fixture
    def found(self, stage: Stage) -> Case:
        """A case whose final answer is due in ten days, for which it can have ten more."""
        extendable(stage.brand, Needs.REASON)
        return taken(stage)

    def test_with_a_reason(self, stage: Stage, found: Case) -> None:
        one = of(found, Goal.FINAL_ANSWER)
        made = deadline.extend(deadline_id=one.pk, reason="The parts are late.", at=AT + DAY, actor=actor(stage.agent))
        one.refresh_from_db()
        assert (made.due_before, made.due_after) == (AT + 10 * DAY, AT + 20 * DAY)
        assert (one.first_due_at, one.due_at) == (AT + 10 * DAY, AT + 20 * DAY)
        assert Case.objects.get(pk=found.pk).due_at == AT + 20 * DAY
        line = Event.objects.get(stream="case", stream_id=found.pk, kind="deadline_extended")
        assert (line.payload["deadline"], line.payload["extension"]) == (one.pk, made.pk)
        assert "parts" not in str(line.payload)

    @pytest.mark.parametrize(
        ("reason", "at", "why"),
        [
            ("  ", AT + DAY, "it needs a reason"),
            ("Late.", AT + 11 * DAY, "its date is over"),
        ],
    )
    def test_refuses(self, stage: Stage, found: Case, reason: str, at: datetime, why: str) -> None:
        one = of(found, Goal.FINAL_ANSWER)
        with pytest.raises(errors.CannotBeExtended) as refused:
            deadline.extend(deadline_id=one.pk, reason=reason, at=at, actor=actor(stage.agent))
        assert why in refused.value.message
        assert not Extension.objects.exists()

    def test_only_once(self, stage: Stage, found: Case) -> None:
        one = of(found, Goal.FINAL_ANSWER)
        deadline.extend(deadline_id=one.pk, reason="Late.", at=AT + DAY, actor=actor(stage.agent))
        with pytest.raises(errors.CannotBeExtended):
            deadline.extend(deadline_id=one.pk, reason="Late again.", at=AT + 2 * DAY, actor=actor(stage.agent))

    def test_not_by_strangers_nor_by_those_who_only_read(self, stage: Stage, found: Case) -> None:
        one = of(found, Goal.FINAL_ANSWER)
        with pytest.raises(errors.NotFound):
            deadline.extend(deadline_id=one.pk, reason="Late.", at=AT, actor=actor(stage.outsider))
        with pytest.raises(errors.NotAllowed):
            deadline.extend(deadline_id=one.pk, reason="Late.", at=AT, actor=actor(stage.auditor))
        with pytest.raises(errors.NotFound):
            deadline.extend(deadline_id=0, reason="Late.", at=AT, actor=actor(stage.agent))

    def test_not_what_no_policy_allows(self, stage: Stage) -> None:
        policy(stage.brand, Goal.DECISION, amount=9)
        found = taken(stage)
        with pytest.raises(errors.CannotBeExtended) as refused:
            deadline.extend(deadline_id=of(found, Goal.DECISION).pk, reason="Late.", at=AT, actor=actor(stage.agent))
        assert "does not allow" in refused.value.message


class TestExtendsWithNotice:
    @pytest.fixture
    def found(self, stage: Stage) -> Case:
        """A case with a private thread, whose complainant has to be told before the date moves."""
        extendable(stage.brand, Needs.NOTICE)
        found = taken(stage)
        thread = claimed(stage, found)
        invitation.confirm(thread_id=thread.pk, at=AT, actor=actor(stage.agent))
        return found

    def test_refuses_while_they_were_not_told(self, stage: Stage, found: Case) -> None:
        with pytest.raises(errors.CannotBeExtended) as refused:
            deadline.extend(
                deadline_id=of(found, Goal.FINAL_ANSWER).pk, reason="Late.", at=AT + DAY, actor=actor(stage.agent)
            )
        assert "must be told" in refused.value.message

    def test_tells_them_in_the_same_step(self, stage: Stage, found: Case) -> None:
        one = of(found, Goal.FINAL_ANSWER)
        made = deadline.extend(
            deadline_id=one.pk, reason="Parts.", text="It takes longer, until the 28th.", at=AT + DAY,
            actor=actor(stage.agent),
        )  # fmt: skip
        message = Message.objects.get(case=found, author=stage.agent)
        assert (made.message, message.text) == (message, "It takes longer, until the 28th.")
        one.refresh_from_db()
        assert one.due_at == AT + 20 * DAY

    def test_takes_what_they_were_told_before(self, stage: Stage, found: Case) -> None:
        sent = dialogue.send_message(case_id=found.pk, text="It takes longer.", at=AT + DAY, actor=actor(stage.agent))
        made = deadline.extend(
            deadline_id=of(found, Goal.FINAL_ANSWER).pk, reason="Parts.", message_id=sent.pk, at=AT + 2 * DAY,
            actor=actor(stage.agent),
        )  # fmt: skip
        assert made.message_id == sent.pk

    def test_not_what_the_complainant_wrote_or_another_case_got(self, stage: Stage, found: Case) -> None:
        theirs = Message.objects.filter(case=found, author__isnull=True).latest("pk")
        with pytest.raises(errors.NotFound):
            deadline.extend(
                deadline_id=of(found, Goal.FINAL_ANSWER).pk, reason="Parts.", message_id=theirs.pk, at=AT + DAY,
                actor=actor(stage.agent),
            )  # fmt: skip

    def test_what_a_message_meets_needs_no_later_date(self, stage: Stage) -> None:
        terms: dict[str, Any] = {"extends": Needs.NOTICE, "extend_amount": 1, "extend_unit": Unit.DAY}
        policy(stage.brand, Goal.FIRST_REPLY, amount=9, unit=Unit.DAY, **terms)
        found = taken(stage, "p-9", author="ann")
        thread = claimed(stage, found)
        invitation.confirm(thread_id=thread.pk, at=AT, actor=actor(stage.agent))
        with pytest.raises(errors.CannotBeExtended) as refused:
            deadline.extend(
                deadline_id=of(found, Goal.FIRST_REPLY).pk, reason="Parts.", text="Later.", at=AT,
                actor=actor(stage.agent),
            )  # fmt: skip
        assert "write to them instead" in refused.value.message
        assert not Message.objects.filter(case=found, author=stage.agent).exists()


class TestMoves:
    def test_open_ones_move_and_past_ones_stay(self, stage: Stage) -> None:
        usual = stage.brand.calendars.get()
        policy(stage.brand, Goal.ACKNOWLEDGE, amount=1, unit=Unit.OPEN_HOUR)
        policy(stage.brand, Goal.DECISION, amount=1, unit=Unit.WORKING_DAY, end_of_day=True)
        found = taken(stage)
        late = of(found, Goal.ACKNOWLEDGE)
        deadline.note_missed(deadline_ids=[late.pk], at=AT + HOUR, actor=SYSTEM)
        tomorrow = (AT + DAY).date()
        calendars.put_days(
            calendar_id=usual.pk, days=[calendars.Day(tomorrow, is_closed=True)], revision=usual.revision,
            at=AT + HOUR, actor=actor(stage.admin),
        )  # fmt: skip
        before = of(found, Goal.DECISION).due_at
        assert deadline.move(case_ids=[found.pk], at=AT + HOUR, actor=SYSTEM) == 0
        late.refresh_from_db()
        assert (late.missed_at, late.due_at) == (AT + HOUR, AT + HOUR)
        assert of(found, Goal.DECISION).due_at == before + DAY

    def test_counts_the_cases_whose_nearest_moved(self, stage: Stage) -> None:
        usual = stage.brand.calendars.get()
        policy(stage.brand, Goal.DECISION, amount=1, unit=Unit.WORKING_DAY, end_of_day=True)
        found = taken(stage)
        closed = [calendars.Day((AT + DAY).date(), is_closed=True, label="Move")]
        calendars.put_days(calendar_id=usual.pk, days=closed, revision=usual.revision, at=AT, actor=actor(stage.admin))
        assert deadline.move(case_ids=[found.pk], at=AT, actor=SYSTEM) == 1


class TestCosts:
    def test_nothing_beyond_one_look_without_policies(self, stage: Stage) -> None:
        found = taken(stage)
        policy_less = queries(lambda: moves.follow(Case.objects.get(pk=found.pk), at=AT))
        assert policy_less == 2  # the case, and that the brand has no policy

    def test_five_with_policies(self, stage: Stage) -> None:
        for goal in (Goal.ACKNOWLEDGE, Goal.DECISION, Goal.HANDLED):
            policy(stage.brand, goal, pauses=True)
        found = taken(stage)
        row = Case.objects.get(pk=found.pk)
        assert queries(lambda: moves.follow(row, at=AT)) == 3
        case.wait(case_id=found.pk, waiting_for="it", at=AT, actor=actor(stage.agent))

    def test_many_cases_cost_as_many_queries_as_few(self, stage: Stage) -> None:
        for goal in (Goal.ACKNOWLEDGE, Goal.DECISION):
            policy(stage.brand, goal)

        def arrive(names: list[str]) -> int:
            batch = [Arrival(external_id=name, text="Broken.", author=name, posted_at=AT) for name in names]
            return queries(
                lambda: intake.receive_many(channel_id=stage.form.pk, batch=batch, at=AT, actor=actor(stage.agent))
            )

        few = arrive(["a", "b"])
        assert arrive([f"n-{number}" for number in range(20)]) == few
        assert Deadline.objects.count() == 2 * 22


def test_working_days_count_on_the_calendar(stage: Stage) -> None:
    stage.apology.days, stage.apology.day_unit = 2, "working"
    stage.apology.save()
    usual = stage.brand.calendars.get()
    calendars.put_days(
        calendar_id=usual.pk, days=[calendars.Day((AT + DAY).date(), is_closed=True)], revision=1, at=AT,
        actor=actor(stage.admin),
    )  # fmt: skip
    found = taken(stage)
    added = action.add_action(case_id=found.pk, kind_id=stage.apology.pk, at=AT, actor=actor(stage.agent))
    # Wednesday is closed: Thursday is the first day, Friday the second.
    assert added.due_at == AT + 3 * DAY


def test_stands_since_when_it_was_moved(stage: Stage) -> None:
    found = taken(stage)
    case.wait(case_id=found.pk, waiting_for="it", at=AT + HOUR, actor=actor(stage.agent))
    assert Case.objects.get(pk=found.pk).status_since == AT + HOUR


def test_the_check_finds_what_somebody_changed(stage: Stage) -> None:
    stands = policy(stage.brand, Goal.DECISION, amount=4)
    found = taken(stage)
    times = timing.Times(stage.brand.pk)
    assert differences(times, [found.pk], AT) == []
    Deadline.objects.filter(case=found).update(due_at=AT + 9 * HOUR)
    told = differences(times, [found.pk], AT)
    assert {"case": found.pk, "policy": stands.pk, "promise": None, "round": 1, "fields": ["due_at"]} in told
