"""Random people try random things with a few cases: whatever they do, what was promised of a case holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import count, islice
from random import Random
from typing import Any, ClassVar

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from cases import errors
from cases.commands import deadline
from cases.models import Action, Case, Kind
from cases.queries import deadline as deadlines
from cases.queries import timing, verification
from cases.queries.reports import checking
from cases.rules import transitions
from cases.vocabulary import SYSTEM, UNHANDLED, ActionStatus, Goal, Needs, Start, Status, Unit
from tests import times
from tests.authority import limited
from tests.people import AT, Stage, set_stage
from tests.property.moves import TRIES, Try, finish

EXAMPLES, STEPS, RUNS = 24, 80, 3
WITHOUT_EVENT, TWICE = {"draft"}, {"code", "send", "triage"}
AUTHORITY = (
    "add",
    "ask",
    "approve",
    "refuse",
    "give back",
    "take back",
    "pass on",
    "change the amount",
    "start",
    "again",
)
WHO = ("owner", "owner", "owner", "manager", "manager", "agent", "admin", "auditor", "outsider")
TABLES = (
    "action answer approval asked attachment authorisation case casepost complainant confirmation deadline decision "
    "delivery draft event extension handle invitation message note notification observation post privatelink promise "
    "publicreply raw searchentry thread triage"
)
# How often a row was written, without reading the rows: their number, and the youngest transaction among them.
STATE = " UNION ALL ".join(
    f"SELECT '{name}', count(*), coalesce(max(xmin::text::bigint), 0) FROM cases_{name}" for name in TABLES.split()
)
BROKEN = {
    "handled with a closed gate (I2)": "SELECT id FROM cases_case"
    " WHERE status = 'handled' AND casedesk_gate(id) <> '{}'",
    "done without proof (I3)": "SELECT a.id FROM cases_action a JOIN cases_kind k ON k.id = a.kind_id"
    " WHERE a.status = 'done' AND (a.proof_outcome = '' OR a.done_by_id IS NULL"
    " OR (k.proof = 'amount' AND (a.proof_amount IS NULL OR a.proof_reference = ''))"
    " OR (k.proof = 'date' AND a.proof_on IS NULL))",
    "waived without that grant and a reason (I3)": "SELECT a.id FROM cases_action a"
    " JOIN cases_case c ON c.id = a.case_id"
    " WHERE a.status = 'waived' AND (a.waiver = '' OR NOT"
    " casedesk_may_waive(a.waived_by_id, c.brand_id, a.kind_id, c.category_id, a.waived_at))",
    "begun without anybody's decision, or for something else (I5)": "SELECT a.id FROM cases_action a"
    " WHERE a.status IN ('approved', 'in_progress', 'done') AND NOT casedesk_authorised(a)",
    "paid more than was decided (I5)": "SELECT id FROM cases_action WHERE proof_amount > amount",
    "decided above the limit (I5)": "SELECT x.id FROM cases_authorisation x JOIN cases_grant g ON g.id = x.grant_id"
    " WHERE x.charged > g.per_action",
    "a day's budget overdrawn (I5)": "SELECT x.grant_id FROM cases_authorisation x"
    " JOIN cases_grant g ON g.id = x.grant_id"
    " WHERE x.released_at IS NULL AND g.window = 'day' GROUP BY x.grant_id, x.holder_id, g.budget_each,"
    " (x.at AT TIME ZONE casedesk_zone(g.brand_id))::date HAVING sum(x.charged) > g.budget_each",
    "approved by who asked (I5)": "SELECT id FROM cases_approval WHERE decided_by_id = requested_by_id",
    "waits for an approval that nobody is asked for": "SELECT a.id FROM cases_action a"
    " WHERE a.status = 'awaiting_approval' AND NOT EXISTS (SELECT 1 FROM cases_approval p"
    " WHERE p.action_id = a.id AND p.status = 'waiting')",
    "asked of somebody after the request ended": "SELECT q.id FROM cases_asked q JOIN cases_approval p"
    " ON p.id = q.approval_id WHERE p.status <> 'waiting' AND q.reply = '' AND q.passed = ''",
    "kept without being done": "SELECT p.id FROM cases_promise p JOIN cases_action a ON a.id = p.action_id"
    " WHERE p.kept_at IS NOT NULL AND a.status <> 'done'",
    "kept or moved too late, and not broken": "SELECT id FROM cases_promise"
    " WHERE coalesce(kept_at, moved_at) > due_at AND broken_at IS NULL",
    "still promised though done, given up, or in a case that has ended": "SELECT p.id FROM cases_promise p"
    " JOIN cases_action a ON a.id = p.action_id JOIN cases_case c ON c.id = p.case_id"
    " WHERE p.kept_at IS NULL AND p.moved_at IS NULL AND p.dropped_at IS NULL"
    " AND (a.status IN ('done', 'waived') OR c.status IN ('withdrawn', 'dismissed', 'merged'))",
    "to be asked again though open": "SELECT id FROM cases_case WHERE status <> 'handled' AND ask_again_at IS NOT NULL",
    "said in public without a yes": "SELECT id FROM cases_confirmation WHERE may_say_publicly AND answer <> 'settled'",
    "open without an owner who may own (I4)": "SELECT c.id FROM cases_case c WHERE c.status IN ('open', 'waiting')"
    " AND NOT casedesk_may_own(c.owner_id, c.brand_id)",
    "owned by its subject": "SELECT id FROM cases_case WHERE owner_id = about_id",
    "merged while something is in it": "SELECT c.id FROM cases_case c WHERE c.status = 'merged'"
    " AND (EXISTS (SELECT 1 FROM cases_casepost l WHERE l.case_id = c.id AND l.left_at IS NULL)"
    " OR EXISTS (SELECT 1 FROM cases_thread t WHERE t.case_id = c.id) OR c.unanswered_since IS NOT NULL)",
    "a post that is nowhere any more": "SELECT post_id FROM cases_casepost GROUP BY 1"
    " HAVING bool_and(left_at IS NOT NULL)",
    "a post in two cases": "SELECT post_id FROM cases_casepost WHERE left_at IS NULL GROUP BY 1 HAVING count(*) > 1",
}


def _rows(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def _reachable(old: ActionStatus, new: ActionStatus) -> bool:
    """Whether an action may go so far in one command: a completion may start it on the way."""
    return (
        old == new
        or transitions.action_may(old, new)
        or any(
            transitions.action_may(old, between) and transitions.action_may(between, new)
            for between in transitions.ACTION[old]
        )
    )


def _state() -> dict[str, tuple[Any, ...]]:
    return {row[0]: row[1:] for row in _rows(STATE)}


class Desk(RuleBasedStateMachine):
    """Two new cases, six people, and the complainants."""

    stage: ClassVar[Stage]
    numbers: ClassVar[Iterator[int]]
    seen: ClassVar[set[str]] = set()

    @initialize()
    def begin(self) -> None:
        """Two complaints have come in."""
        self.cases: list[int] = []
        self.secrets: dict[int, str] = {}
        for number in islice(self.numbers, 2):
            self.cases.append(self.stage.case(f"p-{number}", author=f"author-{number}").pk)
        self.at = AT
        self.prepare(self.cases[0])
        self.part(self.cases[1])
        self.look()

    def prepare(self, case_id: int) -> None:
        """The first case is in mid-life: owned, and its complainant writes in private."""
        case, agent = Case.objects.get(pk=case_id), self.stage.agent
        for name, pick in (("take", 0), ("reply", 1), ("claim", 1), ("confirm person", 0), ("add", 4)):
            TRIES[name](Try(self.stage, case, agent, pick, AT, self.secrets))

    def part(self, case_id: int) -> None:
        """The complainant of the second case writes again, and that is a case of its own: the two can be merged."""
        case = Case.objects.get(pk=case_id)
        for _ in range(2):
            TRIES["split"](Try(self.stage, case, self.stage.agent, 1, AT, self.secrets))

    @rule(seed=st.integers(0, 2**32), which=st.sampled_from((0, 1)))
    def attempt(self, seed: int, which: int) -> None:
        """Somebody tries something; refused, it changed nothing, and done, it left a line in a journal."""
        self.one_tries(seed, which, sorted(TRIES))

    @rule(seed=st.integers(0, 2**32), which=st.sampled_from((0, 1)))
    def ask(self, seed: int, which: int) -> None:
        """Somebody tries what has to do with authority: so rare among all the others that little of it would happen."""
        self.one_tries(seed, which, AUTHORITY)

    def one_tries(self, seed: int, which: int, names: Sequence[str]) -> None:
        """One of these attempts, by somebody."""
        # Drawn evenly: what hypothesis draws itself crowds around a few commands.
        even = Random(seed)
        name, who, pick = even.choice(names), even.choice(WHO), even.randrange(8)
        note(f"{who} tries to {name} ({pick})")
        self.at += timedelta(minutes=1)
        before = _state()
        case = Case.objects.get(pk=self.cases[which])
        person = (case.owner or self.stage.agent) if who == "owner" else getattr(self.stage, who)
        one = Try(self.stage, case, person, pick, self.at, self.secrets)
        try:
            TRIES[name](one)
        except errors.Refused:
            # Trying twice in one attempt leaves what the first did; everything else leaves nothing at all.
            assert before == _state() or name in TWICE
        else:
            after = _state()
            assert before == after or before["event"] != after["event"] or name in WITHOUT_EVENT
            self.seen.add(name)
        self.judge()

    @rule(which=st.sampled_from((0, 1)))
    def end(self, which: int) -> None:
        """The manager brings a case to its end, so that handled cases are tried as well."""
        if self.statuses[self.cases[which]] in UNHANDLED:
            with transaction.atomic():
                finish(self.cases[which], self.stage.manager, self.at)
            self.look()
            self.judge()

    def look(self) -> None:
        """Remember where everything stands."""
        self.statuses = dict(Case.objects.filter(pk__in=self.cases).values_list("pk", "status"))
        self.actions = dict(Action.objects.filter(case__in=self.cases).values_list("pk", "status"))

    def judge(self) -> None:
        """Everything moved as the tables allow, and no invariant broke."""
        statuses, actions = self.statuses, self.actions
        self.look()
        for pk, old in statuses.items():
            new = self.statuses[pk]
            assert old == new or transitions.case_may(Status(old), Status(new)), (old, new)
        for pk, old in actions.items():
            assert _reachable(ActionStatus(old), ActionStatus(self.actions[pk])), (old, self.actions[pk])
        assert {name: rows for name, sql in BROKEN.items() if (rows := _rows(sql))} == {}
        # What reports count of a case was counted in the transaction that changed it.
        assert checking.differing_cases(self.cases) == []
        self.watch()

    def watch(self) -> None:
        """What is kept of the deadlines is what comes out of the journal alone, at any time."""
        deadline.note_missed(deadline_ids=deadlines.to_miss(self.at, 100), at=self.at, actor=SYSTEM)
        for case in Case.objects.filter(pk__in=self.cases):
            rows = times.kept(case.pk)
            assert rows == times.computed(case, self.at)
            assert (case.due_at, case.due_goal, case.is_paused) == timing.due_of(rows, self.at)

    def teardown(self) -> None:
        """Every unhandled case can still be brought to its end, and the journal is whole."""
        for case in Case.objects.filter(pk__in=getattr(self, "cases", [])):
            assert [finding for step in verification.walk(case) for finding in step.findings] == []
            if case.status in UNHANDLED:
                with transaction.atomic():
                    end = finish(case.pk, self.stage.manager)
                    transaction.set_rollback(True)
                assert end.status == Status.HANDLED or end.about_id == self.stage.manager.pk


def _set_times(stage: Stage) -> None:
    """Deadlines of every sort: short enough to be missed while people try, some that wait and some that come again."""
    times.working_hours(stage.brand)
    minutes: dict[str, Any] = {"unit": Unit.OPEN_MINUTE}
    times.policy(stage.brand, Goal.ACKNOWLEDGE, Start.POSTED, 70, **minutes)
    times.policy(stage.brand, Goal.FIRST_REPLY, amount=15, pauses=True, **minutes)
    times.policy(stage.brand, Goal.REPLY, Start.WROTE, 5, **minutes)
    times.policy(stage.brand, Goal.UPDATE, Start.TOLD, 10, pauses=True, **minutes)
    times.policy(stage.brand, Goal.DECISION, amount=20, severities=[2, 3], pauses=True, again=True, **minutes)
    times.policy(stage.brand, Goal.HANDLED, Start.ACKNOWLEDGED, 1, Unit.OPEN_HOUR, again=True)
    times.policy(stage.brand, Goal.DECISION, amount=2, unit=Unit.WORKING_DAY, superseded_by_answer=True)
    times.extendable(stage.brand, Needs.REASON, again=True)
    times.extendable(stage.brand, Needs.NOTICE, severities=[1, 3, 4], pauses=True)


@pytest.mark.slow
def test_whatever_people_try_the_invariants_hold(own_database: str) -> None:
    Desk.stage, Desk.numbers = set_stage(), count(1)
    Kind.objects.update(ask_again_days=21)
    _set_times(Desk.stage)
    limited(Desk.stage, budget_each=Decimal(200), window="day")
    # How long a run is, is drawn as well: after a short one there is another.
    for _ in range(RUNS):
        run_state_machine_as_test(
            Desk,
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
        if _was_most_done():
            break
    # Most of what can be tried was also done, or the machine proves little.
    assert _was_most_done(), Desk.seen


def _was_most_done() -> bool:
    return (
        len(Desk.seen) > len(TRIES) / 2
        and len(Desk.seen & set(AUTHORITY)) > len(AUTHORITY) / 2
        and bool({"merge", "split"} & Desk.seen)
    )
