"""The deadlines of a case out of its journal: what meets one, what moves it, and what stays for ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.rules import calendar, deadline_journal, deadlines
from cases.rules.deadline_line import pauses_of, timeline
from cases.rules.deadlines import Identity, Moment, Policy, Row, Subject
from cases.vocabulary import Due, Ended, EventKind, Goal, Needs, Sort, Start, Unit

ON = calendar.build(zone="UTC", week={day: [["09:00", "17:00"]] for day in calendar.DAYS[:5]})
K = EventKind
# A Monday.
RECEIVED = datetime(2026, 3, 2, 10, tzinfo=UTC)
SUBJECT = Subject(RECEIVED - timedelta(days=3), RECEIVED, 7, 2, Sort.NAMED)
LATER = RECEIVED + timedelta(days=60)

ACKNOWLEDGE = Policy(1, Goal.ACKNOWLEDGE, Start.RECEIVED, 60, Unit.OPEN_MINUTE)
FIRST_REPLY = Policy(2, Goal.FIRST_REPLY, Start.RECEIVED, 4, Unit.OPEN_HOUR)
REPLY = Policy(3, Goal.REPLY, Start.WROTE, 8, Unit.OPEN_HOUR)
UPDATE = Policy(4, Goal.UPDATE, Start.TOLD, 24, Unit.HOUR)
DECISION = Policy(5, Goal.DECISION, Start.RECEIVED, 5, Unit.WORKING_DAY, end_of_day=True, pauses=True)
FINAL = Policy(6, Goal.FINAL_ANSWER, Start.RECEIVED, 48, Unit.HOUR, pauses=True, again=True, extends=Needs.REASON,
               extend_amount=24, extend_unit=Unit.HOUR)  # fmt: skip


def on(kind: EventKind, hours: float, *, by_person: bool = True, **data: Any) -> Moment:
    """Something that happened so many hours after receipt."""
    return Moment(kind, RECEIVED + timedelta(hours=hours), int(hours * 10) + 1, by_person, data)


def at(hours: float) -> datetime:
    return RECEIVED + timedelta(hours=hours)


def rows_of(
    policy: Policy | list[Policy],
    *moments: Moment,
    now: datetime = LATER,
    subject: Subject = SUBJECT,
    kept: dict[Identity, Row] | None = None,
) -> list[Row]:
    policies = policy if isinstance(policy, list) else [policy]
    return deadline_journal.compute(subject, policies, moments, lambda _: ON, now=now, kept=kept or {})


def row_of(policy: Policy, *moments: Moment, **others: Any) -> Row:
    (row,) = rows_of(policy, *moments, **others)
    return row


def as_kept(rows: list[Row]) -> dict[Identity, Row]:
    return {row.identity: row for row in rows}


class TestWhatMeetsOne:
    def test_a_public_reply_by_a_person_acknowledges(self) -> None:
        row = row_of(ACKNOWLEDGE, on(K.REPLY_POSTED, 0.5))
        assert (row.met_at, row.met_by, row.missed_at) == (at(0.5), 6, None)

    def test_an_automatic_one_and_a_status_click_meet_nothing(self) -> None:
        """Check 21, and what peers got wrong."""
        noise = [
            on(K.REPLY_POSTED, 0.1, by_person=False),
            on(K.MESSAGE_SENT, 0.2, by_person=False),
            on(K.INVITATION_SENT, 0.25),
            on(K.CASE_WAITING, 0.3),
            on(K.CASE_RESUMED, 0.4),
            on(K.NOTE_WRITTEN, 0.5),
        ]
        for policy in (ACKNOWLEDGE, FIRST_REPLY, FINAL, DECISION):
            assert row_of(policy, *noise, now=at(0.6)).met_at is None

    def test_a_private_message_acknowledges_only_what_was_never_public(self) -> None:
        told = on(K.MESSAGE_SENT, 0.5)
        assert row_of(ACKNOWLEDGE, told).met_at is None
        assert row_of(ACKNOWLEDGE, told, subject=replace(SUBJECT, is_public=False)).met_at == at(0.5)

    def test_the_final_answer_meets_what_waits_for_words(self) -> None:
        for policy in (ACKNOWLEDGE, FIRST_REPLY, FINAL):
            assert row_of(policy, on(K.ANSWER_SENT, 0.5)).met_at == at(0.5)
        assert row_of(FINAL, on(K.UNREACHABLE_RECORDED, 0.5)).met_at == at(0.5)
        assert row_of(DECISION, on(K.DECISION_RECORDED, 0.5)).met_at == at(0.5)
        handled = replace(FINAL, goal=Goal.HANDLED)
        assert row_of(handled, on(K.ANSWER_SENT, 0.5), on(K.CASE_HANDLED, 1)).met_at == at(1)

    def test_at_its_very_instant_it_is_late(self) -> None:
        row = row_of(FINAL, on(K.ANSWER_SENT, 48))
        assert (row.missed_at, row.met_at) == (at(48), at(48))
        assert row_of(FINAL, on(K.ANSWER_SENT, 47.9)).missed_at is None

    def test_what_was_missed_can_still_be_met_and_stays_missed(self) -> None:
        """Check 3."""
        row = row_of(FINAL, on(K.ANSWER_SENT, 50), on(K.CASE_HANDLED, 51))
        assert (row.missed_at, row.met_at) == (at(48), at(50))
        assert deadlines.how(row, LATER) == Due.MET_LATE

    def test_an_acknowledgement_is_not_due_once_the_final_answer_went(self) -> None:
        row = row_of(replace(ACKNOWLEDGE, superseded_by_answer=True), on(K.ANSWER_SENT, 0.5))
        assert (row.met_at, row.ended, row.ended_at) == (None, Ended.SUPERSEDED, at(0.5))

    def test_acpr_starts_when_it_was_sent(self) -> None:
        """Check 2."""
        assert row_of(replace(FINAL, start=Start.POSTED)).due_at == SUBJECT.posted_at + timedelta(hours=48)

    def test_some_start_with_our_first_answer(self) -> None:
        stage = replace(FINAL, start=Start.ACKNOWLEDGED)
        assert rows_of(stage, on(K.REPLY_POSTED, 1, by_person=False)) == []
        row = row_of(stage, on(K.REPLY_POSTED, 1), on(K.MESSAGE_SENT, 5))
        assert (row.started_at, row.due_at) == (at(1), at(49))


class TestRepliesAndUpdates:
    def test_a_second_message_before_the_answer_does_not_move_it(self) -> None:
        """Check 10."""
        row = row_of(REPLY, on(K.MESSAGE_RECEIVED, 1), on(K.MESSAGE_RECEIVED, 3), on(K.MESSAGE_SENT, 4))
        assert (row.started_at, row.met_at, row.round) == (at(1), at(4), 1)

    def test_each_unanswered_message_begins_a_round(self) -> None:
        rows = rows_of(
            REPLY, on(K.MESSAGE_RECEIVED, 1), on(K.MESSAGE_SENT, 2), on(K.MESSAGE_RECEIVED, 3), on(K.REPLY_POSTED, 4)
        )
        assert [(row.round, row.started_at, row.met_at) for row in rows] == [(1, at(1), at(2)), (2, at(3), at(4))]

    def test_updates_are_a_chain_that_ends_with_the_final_answer(self) -> None:
        """Check 19."""
        rows = rows_of(
            UPDATE, on(K.MESSAGE_SENT, 1), on(K.REPLY_POSTED, 30), on(K.ANSWER_SENT, 40), on(K.MESSAGE_SENT, 50)
        )
        assert [(row.round, row.due_at, row.missed_at, row.met_at, row.ended) for row in rows] == [
            (1, at(25), at(25), at(30), ""),
            (2, at(54), None, None, Ended.SUPERSEDED),
        ]

    def test_handling_ends_what_waits_for_a_reply(self) -> None:
        row = row_of(REPLY, on(K.MESSAGE_RECEIVED, 1), on(K.CASE_HANDLED, 2))
        assert (row.ended, row.ended_at) == (Ended.CASE_ENDED, at(2))


class TestPauses:
    def test_the_date_moves_by_the_pause(self) -> None:
        """Check 11: the clock stops only in a named state, and it shows."""
        waits = on(K.CASE_WAITING, 10)
        paused = row_of(FINAL, waits, now=at(100))
        assert (paused.paused_at, paused.missed_at) == (at(10), None)
        assert deadlines.how(paused, at(100)) == Due.PAUSED
        row = row_of(FINAL, waits, on(K.MESSAGE_RECEIVED, 30), now=at(31))
        assert (row.due_at, row.first_due_at, row.paused_seconds) == (at(68), at(48), 20 * 3600)
        assert row_of(replace(FINAL, pauses=False), waits, now=at(49)).missed_at == at(48)

    def test_open_time_is_paused_in_open_time(self) -> None:
        worked = replace(FINAL, amount=10, unit=Unit.OPEN_HOUR)
        row = row_of(worked, on(K.CASE_WAITING, 5), on(K.CASE_RESUMED, 24), now=at(24))
        assert row.paused_seconds == 3 * 3600
        assert row.due_at == at(24 + 5)

    def test_a_working_day_never_ends_outside_working_hours(self) -> None:
        row = row_of(DECISION, on(K.CASE_WAITING, 1), on(K.POST_JOINED, 6), now=at(7))
        assert row.first_due_at == at(7 * 24 + 7) - timedelta(0)
        assert row.due_at == at(8 * 24 + 7)

    def test_a_missed_one_is_not_saved_by_a_pause(self) -> None:
        row = row_of(FINAL, on(K.CASE_WAITING, 49), on(K.CASE_RESUMED, 90))
        assert (row.due_at, row.missed_at, row.paused_at) == (at(48), at(48), None)

    def test_what_is_met_while_it_waits_was_met_in_time(self) -> None:
        row = row_of(FINAL, on(K.CASE_WAITING, 10), on(K.ANSWER_SENT, 90))
        assert (row.met_at, row.missed_at, row.paused_at, row.due_at) == (at(90), None, None, at(48 + 80))


class TestExtending:
    def test_before_the_date_it_moves_and_the_first_date_stays(self) -> None:
        row = row_of(FINAL, on(K.DEADLINE_EXTENDED, 40, policy=6, round=1, until=at(72).isoformat()), now=at(50))
        assert (row.first_due_at, row.due_at, row.missed_at) == (at(48), at(72), None)

    def test_after_the_date_it_changes_nothing(self) -> None:
        """Check 13."""
        row = row_of(FINAL, on(K.DEADLINE_EXTENDED, 48, policy=6, round=1, until=at(72).isoformat()), now=at(50))
        assert (row.due_at, row.missed_at) == (at(48), at(48))

    def test_only_the_one_it_names(self) -> None:
        assert row_of(FINAL, on(K.DEADLINE_EXTENDED, 4, policy=1, round=1, until=at(72).isoformat())).due_at == at(48)


class TestWhichCases:
    CRITICAL = replace(FINAL, severities=frozenset({4}))

    def classified(self, hours: float, severity: int, before: int) -> Moment:
        return on(K.CASE_CLASSIFIED, hours, category=7, severity=severity, category_before=7, severity_before=before)

    def test_by_category_severity_and_sort(self) -> None:
        for policy in (
            replace(FINAL, categories=frozenset({8})),
            self.CRITICAL,
            replace(FINAL, sorts=frozenset({Sort.ANONYMOUS})),
        ):
            assert rows_of(policy) == []
        assert rows_of(replace(FINAL, categories=frozenset({7, 8}), severities=frozenset({2})))

    def test_one_that_comes_to_apply_counts_from_its_own_start(self) -> None:
        subject = replace(SUBJECT, severity=4)
        row = row_of(self.CRITICAL, self.classified(10, 4, 2), subject=subject, now=at(20))
        assert (row.started_at, row.due_at, row.missed_at) == (RECEIVED, at(48), None)
        row = row_of(self.CRITICAL, on(K.ANSWER_SENT, 5), self.classified(10, 4, 2), subject=subject)
        assert row.met_at == at(5)

    def test_one_that_no_longer_applies_ends_unless_it_was_missed(self) -> None:
        subject = replace(SUBJECT, severity=2)
        row = row_of(self.CRITICAL, self.classified(10, 2, 4), subject=subject)
        assert (row.ended, row.ended_at, row.missed_at) == (Ended.NOT_FOR_IT, at(10), None)
        row = row_of(self.CRITICAL, self.classified(50, 2, 4), on(K.ANSWER_SENT, 60), subject=subject)
        assert (row.ended, row.missed_at, row.met_at) == ("", at(48), at(60))

    def test_to_and_fro_is_another_round_with_the_same_date(self) -> None:
        subject = replace(SUBJECT, severity=4)
        moves = [self.classified(10, 2, 4), self.classified(12, 4, 2)]
        first, second = rows_of(self.CRITICAL, *moves, subject=subject, now=at(20))
        assert (first.ended, second.ended) == (Ended.NOT_FOR_IT, "")
        assert (second.round, second.due_at) == (2, at(48))

    def test_dismissing_and_withdrawing_end_what_is_open(self) -> None:
        for kind in (K.CASE_DISMISSED, K.CASE_WITHDRAWN):
            row = row_of(FINAL, on(kind, 10))
            assert (row.ended, row.ended_at) == (Ended.CASE_ENDED, at(10))

    def test_nothing_begins_under_a_policy_that_has_ended(self) -> None:
        assert rows_of(replace(FINAL, until=RECEIVED)) == []
        assert rows_of(replace(FINAL, since=at(1))) == []
        assert rows_of(replace(FINAL, start=Start.POSTED, since=RECEIVED))
        begun = replace(REPLY, until=at(5))
        assert len(rows_of(begun, on(K.MESSAGE_RECEIVED, 1), on(K.MESSAGE_SENT, 6), on(K.MESSAGE_RECEIVED, 7))) == 1


class TestReopening:
    def test_the_first_deadline_and_its_breach_stay(self) -> None:
        """Check 9."""
        first, second = rows_of(
            FINAL, on(K.ANSWER_SENT, 50), on(K.CASE_HANDLED, 51), on(K.CASE_REOPENED, 100), on(K.ANSWER_SENT, 120)
        )
        assert (first.missed_at, first.met_at, first.round) == (at(48), at(50), 1)
        assert (second.started_at, second.due_at, second.met_at, second.round) == (at(100), at(148), at(120), 2)

    def test_only_where_the_policy_starts_again(self) -> None:
        once = replace(FINAL, again=False)
        assert len(rows_of(once, on(K.ANSWER_SENT, 1), on(K.CASE_HANDLED, 2), on(K.CASE_REOPENED, 3))) == 1


class TestPromises:
    def made(self, hours: float, due: float, number: int = 9) -> Moment:
        return on(K.PROMISE_MADE, hours, promise=number, action=1, due=at(due).isoformat())

    def moved(self, hours: float, due: float, number: int, replaces: int) -> Moment:
        return on(K.PROMISE_MOVED, hours, promise=number, replaces=replaces, action=1, due=at(due).isoformat())

    def test_kept_dropped_or_missed(self) -> None:
        (kept,) = rows_of([], self.made(1, 24), on(K.PROMISE_KEPT, 20, by_person=False, promise=9))
        assert (kept.identity, kept.met_at, kept.missed_at) == ((None, 9, 1), at(20), None)
        (late,) = rows_of([], self.made(1, 24), on(K.PROMISE_KEPT, 30, promise=9))
        assert (late.met_at, late.missed_at) == (at(30), at(24))
        (dropped,) = rows_of([], self.made(1, 24), on(K.PROMISE_DROPPED, 20, promise=9))
        assert (dropped.ended, dropped.missed_at) == (Ended.DROPPED, None)

    def test_moved_in_time_the_first_date_stays(self) -> None:
        (row,) = rows_of([], self.made(1, 24), self.moved(10, 48, 10, 9), on(K.PROMISE_KEPT, 40, promise=10))
        assert (row.promise, row.first_due_at, row.due_at, row.missed_at, row.met_at) == (
            9, at(24), at(48), None, at(40),
        )  # fmt: skip

    def test_moved_too_late_it_stays_missed_and_the_new_date_counts_too(self) -> None:
        first, second = rows_of([], self.made(1, 24), self.moved(30, 48, 10, 9), on(K.PROMISE_KEPT, 40, promise=10))
        assert (first.promise, first.due_at, first.missed_at, first.met_at) == (9, at(24), at(24), at(40))
        assert (second.promise, second.due_at, second.missed_at, second.met_at) == (10, at(48), None, at(40))


class TestHistory:
    def test_what_is_settled_never_moves(self) -> None:
        rows = rows_of([FINAL, DECISION], on(K.ANSWER_SENT, 50), now=at(51))
        shorter = [replace(FINAL, amount=1), replace(DECISION, amount=1)]
        again = rows_of(shorter, on(K.ANSWER_SENT, 50), now=at(51), kept=as_kept(rows))
        assert [row for row in again if row.policy == FINAL.key] == [row for row in rows if row.policy == FINAL.key]
        assert again != rows

    def test_what_was_missed_keeps_its_date_and_can_still_be_met(self) -> None:
        rows = rows_of(FINAL, now=at(49))
        longer = replace(FINAL, amount=480)
        row = row_of(longer, on(K.ANSWER_SENT, 60), kept=as_kept(rows))
        assert (row.due_at, row.missed_at, row.met_at) == (at(48), at(48), at(60))

    def test_a_policy_that_is_gone_ends_its_open_deadlines(self) -> None:
        rows = rows_of([FINAL], now=at(10))
        (row,) = rows_of([], now=at(20), kept=as_kept(rows))
        assert (row.ended, row.ended_at, row.missed_at) == (Ended.NOT_FOR_IT, at(20), None)
        back = rows_of([FINAL], now=at(30), kept={row.identity: row})
        assert [(one.round, one.ended) for one in back] == [(1, Ended.NOT_FOR_IT), (2, "")]
        assert rows_of([FINAL], now=at(30), kept=as_kept(back)) == back


KINDS = st.sampled_from(
    [
        K.REPLY_POSTED, K.MESSAGE_SENT, K.MESSAGE_RECEIVED, K.CASE_WAITING, K.CASE_RESUMED, K.DECISION_RECORDED,
        K.ANSWER_SENT, K.CASE_HANDLED, K.CASE_REOPENED, K.CASE_DISMISSED, K.POST_JOINED, K.CASE_CLASSIFIED,
    ]
)  # fmt: skip
JOURNALS = st.lists(st.tuples(KINDS, st.integers(1, 90), st.booleans()), max_size=25)
CRITICAL = frozenset({4})
ALL = [
    ACKNOWLEDGE,
    FIRST_REPLY,
    replace(REPLY, pauses=True),
    replace(UPDATE, pauses=True),
    DECISION,
    FINAL,
    replace(FINAL, key=8, severities=CRITICAL),
    replace(REPLY, key=9, severities=CRITICAL),
]


def journal(lines: list[tuple[EventKind, int, bool]]) -> list[Moment]:
    hours, moments, severity = 0, [], 2
    for number, (kind, step, by_person) in enumerate(lines):
        hours += step
        data = {"category": 7, "severity": 6 - severity, "category_before": 7, "severity_before": severity}
        if kind == K.CASE_CLASSIFIED:
            severity = 6 - severity
        moments.append(Moment(kind, at(hours / 4), number, by_person, data))
    return moments


class TestOnAnyJournal:
    @settings(max_examples=150, deadline=None)
    @given(JOURNALS, st.integers(0, 25))
    def test_computed_line_by_line_it_is_the_same_as_computed_at_once(
        self, lines: list[tuple[EventKind, int, bool]], looks: int
    ) -> None:
        moments = journal(lines)
        kept: dict[Identity, Row] = {}
        for count, moment in enumerate(moments, 1):
            kept = as_kept(rows_of(ALL, *moments[:count], now=moment.at, kept=kept))
            if count == looks:
                kept = as_kept(rows_of(ALL, *moments[:count], now=moment.at + timedelta(minutes=7), kept=kept))
        now = at(400)
        assert rows_of(ALL, *moments, now=now, kept=kept) == rows_of(ALL, *moments, now=now)

    @settings(max_examples=150, deadline=None)
    @given(JOURNALS)
    def test_every_row_makes_sense(self, lines: list[tuple[EventKind, int, bool]]) -> None:
        moments = journal(lines)
        rows = rows_of(ALL, *moments, now=at(900))
        assert len({row.identity for row in rows}) == len(rows)
        for row in rows:
            assert row.started_at <= row.first_due_at <= row.due_at
            assert row.missed_at in (None, row.due_at)
            assert row.met_at is None or row.ended_at is None
            assert (row.met_at is None) == (row.met_by is None)
            assert (row.ended_at is None) == (row.ended == "")
            if row.met_at is not None:
                assert (row.missed_at is None) == (row.met_at < row.due_at)
            if row.is_settled:
                assert row.paused_at is None
        line = timeline(rows, moments, at(900))
        for mark in line.marks:
            assert 0 <= mark.started <= (mark.due or 0) <= 100
        assert all(0 <= since <= until <= 100 for since, until in line.pauses)


class TestTheLine:
    def test_says_where_everything_stands(self) -> None:
        moments = [on(K.CASE_WAITING, 10), on(K.MESSAGE_RECEIVED, 30)]
        line = timeline(rows_of(FINAL, *moments, now=at(34)), moments, at(34))
        (mark,) = line.marks
        assert line.begins_at == RECEIVED
        assert (mark.how, mark.started, mark.met) == (Due.OPEN, 0.0, None)
        assert line.now == pytest.approx((mark.due or 0) / 2, abs=0.01)
        assert mark.first_due is not None
        assert mark.due is not None
        assert mark.first_due < mark.due < 100
        assert len(line.pauses) == 1

    def test_a_pause_that_lasts_goes_up_to_now(self) -> None:
        assert pauses_of([on(K.CASE_WAITING, 10)], at(20)) == [(at(10), at(20))]

    def test_without_deadlines_there_is_nothing_on_it(self) -> None:
        assert timeline([], [], RECEIVED).marks == ()
