"""Policies: made, replaced, ended, taken from a pack; what began under one goes on as it began."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cases import errors
from cases.commands import case, policy
from cases.models import Deadline, Event, Policy
from cases.rules.policies import PACKS
from cases.vocabulary import Goal, Needs, Sort, Start, Unit
from tests.people import AT, Stage, actor, set_stage
from tests.times import of, working_hours

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
TERMS = policy.Terms({"en": "Decide"}, Goal.DECISION, Start.RECEIVED, 4, Unit.HOUR)


@pytest.fixture
def stage() -> Stage:
    """The usual people, with working hours."""
    stage = set_stage()
    working_hours(stage.brand)
    return stage


def add(stage: Stage, terms: policy.Terms = TERMS, at: Any = AT - HOUR) -> Policy:
    """Somebody who sets up the brand adds a policy."""
    return policy.add_policy(brand_id=stage.brand.pk, terms=terms, at=at, actor=actor(stage.admin))


class TestAdds:
    def test_for_the_cases_that_come(self, stage: Stage) -> None:
        made = add(stage)
        assert (made.goal, made.amount, made.unit, made.made_by, made.made_at) == (
            Goal.DECISION, 4, Unit.HOUR, stage.admin, AT - HOUR,
        )  # fmt: skip
        assert of(stage.case(), Goal.DECISION).policy == made
        line = Event.objects.get(stream="brand", stream_id=stage.brand.pk, kind="policy_changed")
        assert line.payload == {"policy": made.pk, "fields": ["created"]}

    @pytest.mark.parametrize(
        ("fields", "where"),
        [
            ({"name": {"fr": "Décider"}}, "name"),
            ({"goal": "promise"}, "goal"),
            ({"goal": "world_peace"}, "goal"),
            ({"start": "yesterday"}, "start"),
            ({"goal": Goal.REPLY}, "start"),
            ({"goal": Goal.UPDATE}, "start"),
            ({"goal": Goal.ACKNOWLEDGE, "start": Start.ACKNOWLEDGED}, "start"),
            ({"amount": 0}, "amount"),
            ({"amount": -3}, "amount"),
            ({"amount": 100_001}, "amount"),
            ({"amount": 100_000, "unit": Unit.MONTH}, "amount"),
            ({"unit": "fortnight"}, "unit"),
            ({"extends": "whim"}, "extends"),
            ({"extends": Needs.REASON}, "extend_unit"),
            ({"extends": Needs.REASON, "extend_unit": Unit.DAY}, "extend_amount"),
            ({"category_ids": [0]}, "category_ids"),
            ({"severities": [5]}, "severities"),
            ({"sorts": ["martian"]}, "sorts"),
            ({"calendar_id": 0}, "calendar"),
        ],
    )
    def test_refuses_what_cannot_be_and_says_where(self, stage: Stage, fields: dict[str, Any], where: str) -> None:
        with pytest.raises(errors.Invalid) as refused:
            add(stage, replace(TERMS, **fields))
        assert refused.value.field == where
        assert not Policy.objects.exists()

    def test_not_on_a_calendar_of_another_brand(self, stage: Stage) -> None:
        theirs = working_hours(stage.other_brand)
        with pytest.raises(errors.Invalid):
            add(stage, replace(TERMS, calendar_id=theirs.pk))

    @pytest.mark.parametrize("who", ["agent", "manager", "auditor"])
    def test_only_by_who_sets_up_the_brand(self, stage: Stage, who: str) -> None:
        with pytest.raises(errors.NotAllowed):
            policy.add_policy(brand_id=stage.brand.pk, terms=TERMS, at=AT, actor=actor(getattr(stage, who)))
        with pytest.raises(errors.NotFound):
            policy.add_policy(brand_id=stage.brand.pk, terms=TERMS, at=AT, actor=actor(stage.outsider))

    def test_what_is_not_extended_keeps_no_amount(self, stage: Stage) -> None:
        made = add(stage, replace(TERMS, extend_amount=9, extend_unit=Unit.DAY))
        assert (made.extends, made.extend_amount, made.extend_unit) == ("", 0, "")


class TestReplaces:
    def test_what_began_goes_on_as_it_began(self, stage: Stage) -> None:
        old = add(stage)
        before = stage.case()
        new = policy.replace_policy(
            policy_id=old.pk, terms=replace(TERMS, amount=8), at=AT + HOUR, actor=actor(stage.admin)
        )
        assert (new.replaces, Policy.objects.get(pk=old.pk).ended_at) == (old, AT + HOUR)
        case.take(case_id=before.pk, at=AT + 2 * HOUR, actor=actor(stage.agent))
        assert list(Deadline.objects.filter(case=before).values_list("policy", "due_at")) == [(old.pk, AT + 4 * HOUR)]

    def test_twice_at_once_is_refused(self, stage: Stage) -> None:
        old = add(stage)
        policy.replace_policy(policy_id=old.pk, terms=replace(TERMS, amount=8), at=AT, actor=actor(stage.admin))
        with pytest.raises(errors.ChangedMeanwhile):
            policy.replace_policy(policy_id=old.pk, terms=replace(TERMS, amount=9), at=AT, actor=actor(stage.admin))

    def test_by_the_same_is_nothing(self, stage: Stage) -> None:
        old = add(stage)
        assert policy.replace_policy(policy_id=old.pk, terms=TERMS, at=AT, actor=actor(stage.admin)) == old
        assert Policy.objects.count() == 1


class TestEnds:
    def test_nothing_begins_any_more(self, stage: Stage) -> None:
        old = add(stage)
        before = stage.case()
        policy.end_policy(policy_id=old.pk, at=AT, actor=actor(stage.admin))
        after = stage.case("p-2", author="ann")
        assert of(before, Goal.DECISION).ended_at is None
        assert not Deadline.objects.filter(case=after).exists()
        with pytest.raises(errors.ChangedMeanwhile):
            policy.end_policy(policy_id=old.pk, at=AT, actor=actor(stage.admin))

    def test_never_before_it_began(self, stage: Stage) -> None:
        old = add(stage, at=AT)
        ended = policy.end_policy(policy_id=old.pk, at=AT - HOUR, actor=actor(stage.admin))
        assert ended.ended_at == AT


class TestPacks:
    @pytest.mark.parametrize("code", sorted(PACKS))
    def test_every_pack_can_be_taken_and_counts(self, stage: Stage, code: str) -> None:
        taken = policy.adopt_pack(brand_id=stage.brand.pk, pack=code, at=AT - 2 * HOUR, actor=actor(stage.admin))
        assert [each.goal for each in taken] == [ready.goal for ready in PACKS[code].policies]
        assert {each.source for each in taken} == {PACKS[code].source}
        assert Deadline.objects.filter(case=stage.case()).exists()

    def test_once(self, stage: Stage) -> None:
        who = actor(stage.admin)
        policy.adopt_pack(brand_id=stage.brand.pk, pack="acpr", at=AT, actor=who)
        with pytest.raises(errors.Invalid):
            policy.adopt_pack(brand_id=stage.brand.pk, pack="acpr", at=AT, actor=who)
        with pytest.raises(errors.NotFound):
            policy.adopt_pack(brand_id=stage.brand.pk, pack="nothing", at=AT, actor=who)

    def test_one_of_it_can_be_replaced_and_stays_of_the_pack(self, stage: Stage) -> None:
        first, *_more = policy.adopt_pack(brand_id=stage.brand.pk, pack="acpr", at=AT, actor=actor(stage.admin))
        own = replace(TERMS, name=first.name, sorts=[Sort.NAMED])
        new = policy.replace_policy(policy_id=first.pk, terms=own, at=AT, actor=actor(stage.admin))
        assert (new.pack, new.sorts) == ("acpr", ["named"])
