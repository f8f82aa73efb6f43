"""The tree of causes of a brand, and why a case came about."""

from __future__ import annotations

from typing import Any

import pytest

from cases import errors
from cases.commands import cause as commands
from cases.commands import handling, setup
from cases.models import Brand, Case, Cause, Event
from cases.queries import verification
from cases.rules import causes
from cases.vocabulary import EventKind, Status
from tests.desk import ready, taken
from tests.people import AT, Stage, actor, set_stage


@pytest.fixture
def stage(db: None) -> Stage:
    return set_stage()


def make(stage: Stage, code: str, parent: Cause | None = None) -> Cause:
    return commands.create_cause(
        brand_id=stage.brand.pk,
        code=code,
        label={"en": code.capitalize()},
        parent_id=parent.pk if parent else None,
        actor=actor(stage.admin),
    )


def change(stage: Stage, cause: Cause, **more: Any) -> Cause:
    given = {"label": cause.label, "parent_id": cause.parent_id, "is_active": cause.is_active} | more
    return commands.change_cause(cause_id=cause.pk, actor=actor(stage.admin), **given)


class TestTree:
    def test_is_given_to_every_new_brand(self, stage: Stage) -> None:
        setup.create_brand(
            name="New",
            slug="new",
            prefix="NW",
            language="fr",
            zone="Europe/Paris",
            currency="EUR",
            actor=actor(stage.admin),
        )
        found = Cause.objects.filter(brand=Brand.objects.get(slug="new"))
        assert found.count() == len(causes.CAUSES)
        assert found.get(code="delivery-late").parent == found.get(code="delivery")

    def test_has_at_most_three_levels(self, stage: Stage) -> None:
        top = make(stage, "top")
        middle = make(stage, "middle", top)
        low = make(stage, "low", middle)
        with pytest.raises(errors.Invalid, match="reason"):
            make(stage, "too-low", low)
        other = make(stage, "other")
        with pytest.raises(errors.Invalid) as refused:
            change(stage, top, parent_id=other.pk)
        assert refused.value.field == "parent"
        assert change(stage, middle, parent_id=other.pk).parent == other

    def test_never_runs_in_a_circle(self, stage: Stage) -> None:
        top = make(stage, "top")
        low = make(stage, "low", top)
        for below in (top, low):
            with pytest.raises(errors.Invalid):
                change(stage, top, parent_id=below.pk)

    def test_keeps_a_parent_while_something_below_it_is_offered(self, stage: Stage) -> None:
        top = make(stage, "top")
        low = make(stage, "low", top)
        with pytest.raises(errors.Invalid, match="reason") as refused:
            change(stage, top, is_active=False)
        assert "low" in refused.value.message
        change(stage, low, is_active=False)
        assert not change(stage, top, is_active=False).is_active
        with pytest.raises(errors.Invalid):
            change(stage, low, is_active=True)

    def test_leaves_a_line_for_each_change_and_none_for_none(self, stage: Stage) -> None:
        top = make(stage, "top")
        change(stage, top)
        change(stage, top, label={"en": "Other"})
        lines = Event.objects.filter(kind=EventKind.CAUSE_CHANGED).order_by("seq")
        assert [line.payload["fields"] for line in lines] == [["created"], ["label"]]

    def test_refuses_a_code_that_is_taken_and_people_without_the_right(self, stage: Stage) -> None:
        make(stage, "top")
        with pytest.raises(errors.Invalid):
            make(stage, "top")
        with pytest.raises(errors.NotAllowed):
            commands.create_cause(
                brand_id=stage.brand.pk, code="x", label={"en": "X"}, parent_id=None, actor=actor(stage.manager)
            )


class TestCaseCause:
    def name(self, stage: Stage, case: Case, cause_id: int | None, prevention: str = "") -> Case:
        return commands.name_cause(
            case_id=case.pk, cause_id=cause_id, prevention=prevention, at=AT, actor=actor(stage.agent)
        )

    def test_is_named_changed_and_taken_back_each_with_its_line(self, stage: Stage) -> None:
        case, late = taken(stage), make(stage, "late")
        self.name(stage, case, late.pk, "A second van")
        self.name(stage, case, late.pk, "A second van")
        self.name(stage, case, late.pk, "Two vans")
        assert not [f for step in verification.walk(case) for f in step.findings]
        assert not list(verification.unnamed(case))
        self.name(stage, case, None)
        found = Case.objects.get()
        assert (found.cause_id, found.prevention) == (None, None)
        lines = Event.objects.filter(kind=EventKind.CAUSE_NAMED).order_by("seq")
        assert [line.payload["cause"] for line in lines] == [late.pk, late.pk, None]

    def test_is_asked_when_handled_may_be_skipped_and_named_later(self, stage: Stage) -> None:
        case, late = taken(stage), make(stage, "late")
        ready(stage, case)
        handling.handle(case_id=case.pk, at=AT, actor=actor(stage.agent))
        assert Case.objects.get().cause is None
        self.name(stage, case, late.pk)
        assert Case.objects.get().cause == late
        assert Case.objects.get().status == Status.HANDLED

    def test_is_named_in_the_same_breath_as_handled(self, stage: Stage) -> None:
        case, late = taken(stage), make(stage, "late")
        ready(stage, case)
        handling.handle(case_id=case.pk, cause_id=late.pk, prevention="Two vans", at=AT, actor=actor(stage.agent))
        found = Case.objects.get()
        assert (found.status, found.cause, found.prevention) == (Status.HANDLED, late, "Two vans")

    def test_refuses_a_cause_of_another_brand_and_handles_nothing(self, stage: Stage) -> None:
        case = taken(stage)
        ready(stage, case)
        other = Cause.objects.create(brand=stage.other_brand, code="late", label={"en": "Late"})
        with pytest.raises(errors.Invalid) as refused:
            handling.handle(case_id=case.pk, cause_id=other.pk, at=AT, actor=actor(stage.agent))
        assert refused.value.field == "cause"
        assert Case.objects.get().status == Status.OPEN

    def test_is_not_for_a_case_that_nobody_took(self, stage: Stage) -> None:
        case, late = stage.case(), make(stage, "late")
        with pytest.raises(errors.IllegalMove):
            self.name(stage, case, late.pk)

    def test_is_not_for_readers(self, stage: Stage) -> None:
        case, late = taken(stage), make(stage, "late")
        with pytest.raises(errors.NotAllowed):
            commands.name_cause(case_id=case.pk, cause_id=late.pk, at=AT, actor=actor(stage.auditor))
