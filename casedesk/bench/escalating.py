"""Rules at work under load: a sweep with nothing due, ten thousand due at once, and the way from an event to an act."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from typing import Any

from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from casedesk.bench import population
from cases import queue
from cases.commands import case as cases
from cases.jobs import escalation as jobs
from cases.models import Case, Escalation, EscalationStep, Rule, RuleVersion
from cases.queries import clock
from cases.vocabulary import SYSTEM, Goal, Job, Status, When

RULES, DUE, PROCESSES, REPEATS, EVENTS = 200, 10_000, 2, 60, 60
TELL = [{"kind": "tell", "whom": "owner_or_duty", "hours": "always", "after_minutes": 0}]
BRANDS = population.BRANDS
_JOBS: dict[str, Callable[..., None]] = {
    Job.HEAR_CUES.value: jobs.hear_cues,
    Job.TAKE_STEPS.value: jobs.take_steps,
    Job.MAKE_CALLS.value: jobs.make_calls,
}

# What falls due in a month, of every open case.
_LATER = """
INSERT INTO cases_deadline (case_id, brand_id, policy_id, goal, round, started_at, first_due_at, due_at, paused_seconds,
  ended)
SELECT c.id, c.brand_id, (SELECT p.id FROM cases_policy p WHERE p.brand_id = c.brand_id ORDER BY p.id LIMIT 1),
  'final_answer', 1, now(), d.at, d.at, 0, ''
  FROM cases_case c CROSS JOIN LATERAL (SELECT now() + interval '30 days' + c.id % 1000 * interval '1 minute') d (at)
 WHERE c.status IN ('new', 'open', 'waiting') ON CONFLICT DO NOTHING
"""
# What has just fallen due.
_NOW = """
INSERT INTO cases_deadline (case_id, brand_id, policy_id, goal, round, started_at, first_due_at, due_at, paused_seconds,
  ended)
SELECT c.id, c.brand_id, (SELECT p.id FROM cases_policy p WHERE p.brand_id = c.brand_id ORDER BY p.id LIMIT 1),
  'handled', %(round)s, now(), now(), now(), 0, ''
  FROM cases_case c WHERE c.status = 'open' AND c.id > %(base)s ORDER BY c.id LIMIT %(count)s
"""
_POLICIES = """
INSERT INTO cases_policy (public_id, brand_id, name, pack, source, goal, start, amount, unit, end_of_day,
  next_day_counts, pauses, again, superseded_by_answer, extends, extend_amount, extend_unit, category_ids, severities,
  sorts, made_at, ended_at)
SELECT gen_random_uuid(), b, '{"en": "Bench"}', '', '', 'final_answer', 'received', 30, 'day', false, false, false,
  false, false, '', 0, '', '{}', '{}', '{}', now() - interval '1 day', now() - interval '1 day'
  FROM generate_series(1, %(brands)s) b
"""


def set_up() -> None:
    """Two hundred live rules of five brands, none of them due, and a deadline for every open case."""
    if not Rule.objects.filter(name="Bench 0").exists():
        _owner(_POLICIES, brands=BRANDS)
        _make_rules()
    _past_triggers(_LATER)
    _owner("ANALYZE cases_deadline")


def none_due() -> tuple[list[float], list[float], int]:
    """Milliseconds of sweeps with nothing due and of one indexed SELECT, and the queries of a sweep."""
    set_up()
    jobs.sweep_rules()
    with CaptureQueriesContext(connection) as captured:
        jobs.sweep_rules()
    took = [_timed(jobs.sweep_rules) for _ in range(REPEATS)]
    found = Case.objects.filter(pk__gt=population.BASE).order_by("pk").values_list("reference")
    return took, [_timed(lambda: list(found[:1])) for _ in range(REPEATS)], len(captured)


def due() -> tuple[int, float, float]:
    """How many fell due at once, seconds until two workers had acted on each once, and the floor's: as many INSERTs.

    Raises RuntimeError when one was acted on twice, or not at all.
    """
    set_up()
    jobs.sweep_rules()
    done = Escalation.objects.count()
    rounds = EscalationStep.objects.count() % 30_000 + 2
    _past_triggers(_NOW, round=rounds, base=population.BASE, count=DUE)
    began = time.perf_counter()
    # One sweep has it in hand; what it finds is for both.
    jobs.sweep_rules()
    _together(_work)
    took = time.perf_counter() - began
    acted = Escalation.objects.count() - done
    fell = _count("SELECT count(*) FROM cases_deadline WHERE goal = 'handled' AND round = %s", [rounds])
    left = EscalationStep.objects.filter(status="pending").count()
    if acted != fell or left:
        message = f"{fell} fell due, {acted} were acted on, {left} steps are left."
        raise RuntimeError(message)
    return fell, took, _inserts(1000) * fell / 1000


def event_times() -> tuple[list[float], list[float]]:
    """Milliseconds from the commit of an event to the act of the rule that waits for it, and of one INSERT."""
    set_up()
    open_ids = Case.objects.filter(status=Status.OPEN, pk__gt=population.BASE, brand_id=2).order_by("-pk")
    chosen = list(open_ids.values_list("pk", "owner_id")[: EVENTS + 5])
    # Forked before anything is asked: a connection is not shared with a child.
    _leave()
    forked = get_context("fork")
    asked = forked.SimpleQueue()
    worker = forked.Process(target=_listen, args=(asked,), daemon=True)
    worker.start()
    nudge, queue._nudge = queue._nudge, lambda job, ids: asked.put((job.value, ids))  # noqa: SLF001 - Redis' place
    try:
        took = [_one_event(case_id, 1 + owner_id % 2) for case_id, owner_id in chosen]
    finally:
        queue._nudge = nudge  # noqa: SLF001
        asked.put(None)
        worker.join(10)
    return took[5:], [_inserts(1) * 1000 for _ in range(EVENTS)]


def _one_event(case_id: int, owner_id: int) -> float:
    cases.assign(case_id=case_id, owner_id=owner_id, at=clock.now(), actor=SYSTEM)
    began, until = time.perf_counter(), time.perf_counter() + 10
    steps = EscalationStep.objects.filter(escalation__case_id=case_id, escalation__rule__name="Assigned 2")
    while not steps.filter(status="done").exists():
        if time.perf_counter() > until:
            message = "The rule did not act within ten seconds."
            raise RuntimeError(message)
        time.sleep(0.001)
    return (time.perf_counter() - began) * 1000


def _listen(asked: Any) -> None:
    """A worker that takes what it is nudged to, its own nudges too."""
    queue._nudge = lambda job, ids: asked.put((job.value, ids))  # noqa: SLF001
    while (wanted := asked.get()) is not None:
        name, ids = wanted
        if name in _JOBS:
            _JOBS[name](**ids)


def _work() -> None:
    """One of the workers, as its tasks come: sweep, hear, act, until nothing is left."""
    queue._nudge = lambda *_: None  # noqa: SLF001 - it goes round by itself
    queue._publish = lambda *_: None  # noqa: SLF001
    idle = 0
    while idle < 2:
        jobs.sweep_rules()
        jobs.hear_cues()
        jobs.take_steps()
        is_left = _count("SELECT (SELECT count(*) FROM cases_cue) + (SELECT count(*) FROM cases_escalationstep"
                         " WHERE status = 'pending')", [])  # fmt: skip
        idle = 0 if is_left else idle + 1


def _together(work: Callable[[], None]) -> None:
    _leave()
    forked = get_context("fork")
    workers = [forked.Process(target=work) for _ in range(PROCESSES)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def _leave() -> None:
    for alias in ("default", "owner"):
        connections[alias].close()
        if connections[alias].settings_dict["OPTIONS"].get("pool"):
            connections[alias].close_pool()  # type: ignore[attr-defined]


def _make_rules() -> None:
    now = clock.now()
    rules, versions = [], []
    for number in range(RULES):
        brand_id = 1 + number % BRANDS
        rules.append(Rule(brand_id=brand_id, name=f"Bench {number}", position=number))
        fields: dict[str, Any] = (
            {
                "when": When.DEADLINE,
                "trigger": {
                    "goal": Goal.FINAL_ANSWER, "offset_amount": number, "offset_unit": "open_hour", "before": True,
                },
                "watched": Goal.FINAL_ANSWER,
            }
            if number % 2
            else {
                "when": When.LASTED,
                "trigger": {"standing": "unanswered", "offset_amount": 9000, "offset_unit": "day"},
                "watched": "unanswered",
            }
        )  # fmt: skip
        versions.append(fields)
    for brand_id in range(1, BRANDS + 1):
        rules.append(Rule(brand_id=brand_id, name=f"Due {brand_id}"))
        trigger = {"goal": Goal.HANDLED, "offset_amount": 0, "offset_unit": "minute"}
        versions.append({"when": When.DEADLINE, "trigger": trigger, "watched": Goal.HANDLED})
        rules.append(Rule(brand_id=brand_id, name=f"Assigned {brand_id}"))
        versions.append({"when": When.ASSIGNED, "trigger": {}, "watched": ""})
    condition = {"all": [{"fact": "severity", "op": "at_least", "value": 1}]}
    Rule.objects.bulk_create(rules)
    RuleVersion.objects.bulk_create(
        [
            RuleVersion(
                rule=rule, brand_id=rule.brand_id, number=1, status="live", live_at=now, condition=condition,
                steps=TELL, swept_from=now if fields["watched"] else None, swept_to=now if fields["watched"] else None,
                **fields,
            )
            for rule, fields in zip(rules, versions, strict=True)
        ]
    )  # fmt: skip


def _past_triggers(statement: str, **values: Any) -> None:
    _owner("ALTER TABLE cases_deadline DISABLE TRIGGER USER")
    _owner(statement, **values)
    _owner("ALTER TABLE cases_deadline ENABLE TRIGGER USER")


def _owner(statement: str, **values: Any) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement, values or None)


def _count(sql: str, values: Sequence[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.fetchone()[0])


def _inserts(count: int) -> float:
    """Seconds of so many INSERTs, each committed."""
    began = time.perf_counter()
    for _ in range(count):
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO floor (words) VALUES ('one of many')")
    return time.perf_counter() - began


def _timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000
