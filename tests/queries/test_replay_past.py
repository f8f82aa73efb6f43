"""The past of a case, folded up to now, is what the database says of it now: the same facts, after every step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal

import pytest

from cases.commands import action, confirmation, handling, tag, triage
from cases.commands import case as cases
from cases.models import Action, Case, Deadline, Grant, Tag
from cases.queries import condition, replay_past
from cases.queries.replay_past import Reading
from cases.rules.facts import Facts
from cases.rules.past import Past, reading
from cases.vocabulary import Fact, ObservationKind, Outcome, Satisfaction, Told, When
from tests.desk import claimed, ready
from tests.people import AT, Stage, actor, set_stage
from tests.rules_at_work import deadline

pytestmark = pytest.mark.django_db
NOW = AT + timedelta(days=40)
EVERYTHING = Reading(0, AT - timedelta(days=400), NOW, frozenset(Fact), frozenset(When))
Step = tuple[str, Callable[[], object]]


def folded(case: Case) -> Facts:
    """The journal and the rows of the case, read as a replay does."""
    wanted = Reading(case.brand_id, EVERYTHING.since, NOW + timedelta(seconds=1), EVERYTHING.facts, EVERYTHING.whens)
    [history] = replay_past.histories(wanted, case.pk, case.pk)
    past = Past(history)
    for line in history.lines:
        past.hear(line)
    return past.facts(NOW, reading(Fact))


def a_life(stage: Stage, case: Case) -> Iterator[Step]:
    """What can happen in a case, in an order in which it may."""
    agent, manager = actor(stage.agent), actor(stage.manager)
    post_id = case.links.get().post_id
    later = {"at": AT + timedelta(hours=1)}

    def on_case(command: Callable[..., object], by: object = agent, **fields: object) -> Callable[[], object]:
        return lambda: command(case_id=case.pk, actor=by, **later | fields)

    def on_action(command: Callable[..., object], by: object = agent, **fields: object) -> Callable[[], object]:
        return lambda: command(action_id=Action.objects.latest("pk").pk, actor=by, **later | fields)

    def seen(kind: ObservationKind, **fields: object) -> Callable[[], object]:
        return lambda: triage.observe(post_id=post_id, kind=kind, seen_at=AT, actor=agent, **later | fields)  # type: ignore[arg-type]

    def retire_grants() -> None:
        Grant.objects.filter(brand=stage.brand, role="agent").update(ended_at=AT)
        Grant.objects.create(brand=stage.brand, role="agent", currency="EUR", per_action=Decimal(10))

    def missed() -> None:
        Deadline.objects.filter(pk=deadline(case, AT).pk).update(missed_at=AT)

    yield "opened", lambda: None
    yield "taken", on_case(cases.take)
    yield "classified", on_case(cases.classify, category_id=stage.category.pk, severity=4, wish="money")
    yield "tagged", on_case(tag.tag_case, name="Slow")
    yield "seen", seen(ObservationKind.REACH, views=500, shares=3)
    yield "seen again", seen(ObservationKind.REACH, views=800)
    yield "hidden", seen(ObservationKind.HIDDEN_BY_US, reason="By mistake")
    yield "private", lambda: claimed(stage, case)
    yield "another post", lambda: stage.post("p-2", text="Still nothing. Sofa!")
    yield "late", missed
    yield "restricted", on_case(cases.restrict, manager, is_restricted=True)
    yield "open to all", on_case(cases.restrict, manager, is_restricted=False)
    yield "waits", on_case(cases.wait, waiting_for="the receipt")
    yield "resumed", on_case(cases.resume)
    yield "amount", on_case(action.add_action, kind_id=stage.refund.pk, amount=Decimal(60))
    yield "failed", on_action(action.fail_action, reason="The bank said no.")
    yield "again", on_action(action.propose_again)
    yield "small grant", retire_grants
    yield "asked", on_case(action.add_action, kind_id=stage.refund.pk, amount=Decimal(90), reason="They waited.")
    yield "waived", on_action(action.waive_action, manager, reason="Other way")
    yield "decided", on_case(handling.decide, outcome=Outcome.REJECTED, reason="Theirs")
    yield "untagged", lambda: on_case(tag.untag_case, tag_id=Tag.objects.get().pk)()
    yield "ready", lambda: ready(stage, case)
    yield "handled", on_case(handling.handle)
    yield (
        "reopened",
        on_case(confirmation.record_confirmation, answer=Satisfaction.NO, words="Broken.", told=Told.PHONE),
    )


def test_after_every_step_the_facts_are_those_of_the_database() -> None:
    stage = set_stage()
    case = stage.case()
    for name, step in a_life(stage, case):
        step()
        [said] = condition.facts_of([case.pk], Fact, NOW).values()
        assert (name, folded(case)) == (name, said)
