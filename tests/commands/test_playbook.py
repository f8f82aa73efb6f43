"""Playbooks: which one a case begins with, what it brings whom, and how its versions follow each other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from cases import errors
from cases.commands import action, case, catalogue, intake, playbook, setup
from cases.commands.playbook import Line
from cases.models import Absence, Case, Event, Grant, Kind, Playbook, PlaybookVersion
from cases.queries import people
from cases.queries import playbook as queries
from cases.vocabulary import SYSTEM, Condition, DayUnit, Doer, Proof, Role, VersionStatus, Wish
from tests.people import AT, Stage, actor, set_stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    return set_stage()


@pytest.fixture
def call(stage: Stage) -> Kind:
    return Kind.objects.create(
        brand=stage.brand,
        code="call",
        label={"en": "Call back", "fr": "Rappel"},
        promise={"en": "We call.", "fr": "Nous appelons."},
        proof=Proof.OUTCOME,
        days=2,
    )


def saved(stage: Stage, *lines: Line, severity: int = 3, **match: Any) -> Playbook:
    return playbook.save_playbook(
        category_id=stage.category.pk, severity=severity, lines=lines, actor=actor(stage.admin), **match
    )


def codes(opened: Case) -> list[str]:
    return [each.kind.code for each in opened.actions.select_related("kind").order_by("pk")]


def standing(stage: Stage) -> Playbook:
    return Playbook.objects.get(category=stage.category, severities=[], wish="")


class TestOpeningACase:
    def test_takes_the_most_exact_playbook_and_keeps_its_version(self, stage: Stage, call: Kind) -> None:
        saved(stage, Line(call.pk), severities=[3, 4])
        severe = stage.case("p-1")
        assert codes(severe) == ["call"]
        assert severe.playbook_version == PlaybookVersion.objects.get(playbook__severities=[3, 4])
        saved(stage, Line(stage.apology.pk), severities=[4, 3])
        severe.refresh_from_db()
        assert (severe.playbook_version and severe.playbook_version.number) == 1
        assert codes(severe) == ["call"]
        assert codes(stage.case("p-2", author="ann")) == ["apology"]

    def test_the_severity_that_a_playbook_says_can_lead_to_a_more_exact_one(self, stage: Stage, call: Kind) -> None:
        saved(stage, Line(stage.refund.pk))
        saved(stage, Line(call.pk), severities=[3])
        filed = file(stage)
        assert (filed.severity, codes(filed)) == (3, ["call"])

    def test_the_wish_of_the_form_counts(self, stage: Stage, call: Kind) -> None:
        saved(stage, Line(call.pk), wish="apology")
        assert codes(file(stage, wanted="apology", once="a")) == ["call"]
        assert codes(file(stage, wanted="money", once="b")) == ["refund"]
        assert Case.objects.get(playbook_version__playbook__wish="apology").wish == Wish.APOLOGY
        with pytest.raises(errors.Invalid):
            file(stage, wanted="the moon", once="c")

    def test_copies_words_amount_days_and_team(self, stage: Stage, call: Kind) -> None:
        saved(
            stage,
            Line(call.pk, wording={"en": "We ring you.", "fr": "Nous vous téléphonons."}),
            Line(stage.refund.pk, False, stage.team.pk, 1, day_unit=DayUnit.WORKING, amount=Decimal(20)),
        )
        first, second = stage.case("p-1", language="fr").actions.order_by("pk")
        assert (first.wording, first.due_at, first.currency) == (
            "Nous vous téléphonons.",
            AT + timedelta(days=2),
            "",
        )
        assert (second.amount, second.currency, second.team, second.is_required) == (20, "EUR", stage.team, False)
        assert (second.due_at, second.owner) == (AT + timedelta(days=1), None)

    @pytest.mark.parametrize(
        ("duty", "is_away", "expected"),
        [("colleague", False, "colleague"), ("colleague", True, "manager"), (None, False, "manager")],
    )
    def test_gives_to_who_is_on_duty_else_to_the_lead(
        self, stage: Stage, duty: str | None, is_away: bool, expected: str
    ) -> None:
        person = getattr(stage, duty) if duty else None
        setup.change_team(
            team_id=stage.team.pk,
            name="Delivery",
            lead_id=stage.manager.pk,
            on_duty_id=person.pk if person else None,
            is_active=True,
            actor=actor(stage.admin),
        )
        if is_away:
            Absence.objects.create(brand=stage.brand, person=person, starts_on=AT.date(), ends_on=AT.date())
        saved(stage, Line(stage.refund.pk, team_id=stage.team.pk, doer=Doer.ON_DUTY))
        assert stage.case().actions.get().owner == getattr(stage, expected)


def file(stage: Stage, **fields: Any) -> Case:
    given: dict[str, Any] = {"text": "It is broken.", "once": "once", "category": "delivery", **fields}
    complaint = intake.Complaint(**given)
    return intake.file_complaint(channel_id=stage.form.pk, complaint=complaint, uploads=[], at=AT, actor=SYSTEM).case


def described(stage: Stage, opened: Case, **fields: str) -> None:
    given = {"name": "Tom", "email": "", "phone": "", "language": "en", **fields}
    case.describe_complainant(case_id=opened.pk, at=AT, actor=actor(stage.agent), **given)


class TestConditions:
    def test_a_phone_that_becomes_known_brings_the_call_once(self, stage: Stage, call: Kind) -> None:
        saved(stage, Line(stage.refund.pk), Line(call.pk, condition=Condition.PHONE_KNOWN))
        opened = stage.case()
        case.take(case_id=opened.pk, at=AT, actor=actor(stage.agent))
        assert codes(opened) == ["refund"]
        described(stage, opened, email="tom@example.org")
        assert codes(opened) == ["refund"]
        described(stage, opened, phone="0612345678")
        described(stage, opened, phone="0698765432")
        assert codes(opened) == ["refund", "call"]
        added = Event.objects.get(stream="case", stream_id=opened.pk, kind="action_added")
        assert added.payload["kind"] == call.pk

    def test_the_form_that_gives_a_phone_brings_it_at_once(self, stage: Stage, call: Kind) -> None:
        saved(stage, Line(stage.refund.pk), Line(call.pk, condition=Condition.PHONE_KNOWN))
        assert codes(file(stage, phone="0612345678", name="Amy")) == ["refund", "call"]

    def test_repeated_and_public(self, stage: Stage, call: Kind) -> None:
        saved(stage, Line(call.pk, condition=Condition.REPEATED), Line(stage.refund.pk, condition=Condition.PUBLIC))
        first = stage.case("p-1", author="ann")
        assert codes(first) == ["refund"]
        case.dismiss(case_id=first.pk, reason="A joke.", at=AT, actor=actor(stage.agent))
        assert codes(stage.case("p-2", author="ann")) == ["call", "refund"]
        assert codes(file(stage)) == []

    def test_a_severity_that_rises_brings_what_is_for_the_severe(self, stage: Stage, call: Kind) -> None:
        saved(stage, Line(stage.refund.pk), Line(call.pk, condition=Condition.SEVERE), severity=1)
        opened = file(stage)
        assert codes(opened) == ["refund"]
        case.classify(case_id=opened.pk, category_id=stage.category.pk, severity=4, at=AT, actor=actor(stage.agent))
        assert codes(opened) == ["refund", "call"]

    def test_a_first_category_brings_its_playbook_beside_what_is_there(self, stage: Stage, call: Kind) -> None:
        general = playbook.create_playbook(
            brand_id=stage.brand.pk, category_id=None, lines=[Line(call.pk)], actor=actor(stage.admin)
        )
        playbook.make_live(playbook_id=general.pk, at=AT, actor=actor(stage.admin))
        opened = stage.case()
        Case.objects.filter(pk=opened.pk).update(category=None)
        case.classify(
            case_id=opened.pk,
            category_id=stage.category.pk,
            severity=2,
            wish="money",
            at=AT,
            actor=actor(stage.agent),
        )
        opened.refresh_from_db()
        assert (codes(opened), opened.wish) == (["refund"], "money")
        with pytest.raises(errors.Invalid):
            case.classify(case_id=opened.pk, category_id=None, severity=2, wish="gold", at=AT, actor=actor(stage.agent))


class TestVersions:
    def test_a_draft_brings_nothing_until_it_is_live_and_live_is_followed_never_changed(
        self, stage: Stage, call: Kind
    ) -> None:
        found, by = standing(stage), actor(stage.admin)
        playbook.save_draft(playbook_id=found.pk, severity=4, lines=[Line(call.pk)], actor=by)
        playbook.save_draft(playbook_id=found.pk, severity=4, lines=[Line(call.pk), Line(stage.refund.pk)], actor=by)
        assert codes(stage.case("p-1")) == ["refund"]
        playbook.make_live(playbook_id=found.pk, at=AT, actor=by)
        assert codes(stage.case("p-2", author="ann")) == ["call", "refund"]
        statuses = dict(found.versions.values_list("number", "status"))
        assert statuses == {1: VersionStatus.RETIRED, 2: VersionStatus.LIVE}
        told = Event.objects.filter(kind="playbook_changed").order_by("-seq")[0].payload
        assert (told["number"], told["added"], told["dropped"]) == (2, [call.pk], [])
        with pytest.raises(errors.Invalid):
            playbook.make_live(playbook_id=found.pk, at=AT, actor=by)

    def test_retired_it_brings_nothing_and_a_draft_can_be_set_aside(self, stage: Stage, call: Kind) -> None:
        found, by = standing(stage), actor(stage.admin)
        playbook.retire(playbook_id=found.pk, at=AT, actor=by)
        assert codes(stage.case()) == []
        playbook.save_draft(playbook_id=found.pk, severity=2, lines=[Line(call.pk)], actor=by)
        playbook.retire(playbook_id=found.pk, is_draft=True, at=AT, actor=by)
        assert set(found.versions.values_list("status", flat=True)) == {VersionStatus.RETIRED}

    def test_only_one_playbook_is_for_exactly_these_cases(self, stage: Stage) -> None:
        match = {"brand_id": stage.brand.pk, "category_id": stage.category.pk, "actor": actor(stage.admin)}
        playbook.create_playbook(**match, severities=[4, 3, 3], wish="repair")  # type: ignore[arg-type]
        for again in ({"severities": [3, 4], "wish": "repair"}, {"severities": [1, 2, 3, 4]}):
            with pytest.raises(errors.Invalid):
                playbook.create_playbook(**match, **again)  # type: ignore[arg-type]

    def test_only_an_admin_of_the_brand(self, stage: Stage) -> None:
        found = standing(stage)
        for who, refusal in ((stage.manager, errors.NotAllowed), (stage.outsider, errors.NotFound)):
            with pytest.raises(refusal):
                playbook.save_draft(playbook_id=found.pk, severity=2, lines=[], actor=actor(who))
        assert not found.versions.filter(status=VersionStatus.DRAFT).exists()

    @pytest.mark.parametrize(
        "line",
        [
            {"condition": "full_moon"},
            {"doer": "the king"},
            {"doer": "on_duty"},
            {"day_unit": "lunar"},
            {"days": -1},
            {"days": 366},
            {"amount": Decimal("-5")},
            {"amount": Decimal(0)},
            {"amount": Decimal("0.001")},
            {"amount": Decimal("1e30")},
            {"wording": {"fr": "Seulement"}},
            {"wording": {"en": "x" * 301}},
        ],
    )
    def test_refuses_nonsense_in_a_line(self, stage: Stage, line: dict[str, Any]) -> None:
        with pytest.raises(errors.Invalid, check=lambda error: error.field == "lines"):
            saved(stage, Line(stage.refund.pk, **line))

    @pytest.mark.parametrize("match", [{"severities": [5]}, {"wish": "gold"}])
    def test_refuses_nonsense_in_the_match(self, stage: Stage, match: dict[str, Any]) -> None:
        with pytest.raises(errors.Invalid):
            saved(stage, Line(stage.refund.pk), **match)

    def test_an_amount_needs_a_kind_that_has_one(self, stage: Stage) -> None:
        with pytest.raises(errors.Invalid):
            saved(stage, Line(stage.apology.pk, amount=Decimal(5)))


class TestNobodyMayDecide:
    def limit(self, stage: Stage, **fields: Any) -> None:
        Grant.objects.filter(brand=stage.brand).update(ended_at=AT)
        if fields:
            Grant.objects.create(brand=stage.brand, role=Role.AGENT, currency="EUR", **fields)

    def test_is_refused_with_the_gap_named_and_nothing_changed(self, stage: Stage) -> None:
        self.limit(stage, kind_ids=[stage.apology.pk])
        with pytest.raises(errors.NobodyMayDecide, check=lambda error: "Refund" in error.message):
            saved(stage, Line(stage.refund.pk), Line(stage.apology.pk))
        assert [version.number for version in standing(stage).versions.all()] == [1]
        assert saved(stage, Line(stage.refund.pk, is_required=False), Line(stage.apology.pk))

    @pytest.mark.parametrize("fields", [{}, {"per_action": 10}, {"ends_on": "2020-01-01"}, {"starts_on": "2099-01-01"}])
    def test_too_little_too_late_or_nothing_is_a_gap(self, stage: Stage, fields: dict[str, Any]) -> None:
        self.limit(stage, **fields)
        with pytest.raises(errors.NobodyMayDecide):
            saved(stage, Line(stage.refund.pk, amount=Decimal(50)))

    def test_a_grant_that_nobody_holds_is_none(self, stage: Stage) -> None:
        self.limit(stage, per_action=100)
        stage.brand.memberships.filter(role=Role.AGENT).delete()
        with pytest.raises(errors.NobodyMayDecide):
            saved(stage, Line(stage.refund.pk))

    def test_using_it_again_asks_again(self, stage: Stage) -> None:
        found, by = standing(stage), actor(stage.admin)
        playbook.switch_playbook(playbook_id=found.pk, is_active=False, actor=by)
        assert codes(stage.case()) == []
        self.limit(stage)
        with pytest.raises(errors.NobodyMayDecide):
            playbook.switch_playbook(playbook_id=found.pk, is_active=True, actor=by)


class TestWhichCasesWouldChange:
    def drafted(self, stage: Stage, lines: Sequence[Line]) -> queries.Brings:
        found = standing(stage)
        playbook.save_draft(playbook_id=found.pk, severity=2, lines=lines, actor=actor(stage.admin))
        brings = queries.draft(queries.one(stage.brand, found.pk))
        assert brings is not None
        return brings

    def test_names_what_each_open_case_would_have_more_and_less(
        self, stage: Stage, call: Kind, django_assert_max_num_queries: Any
    ) -> None:
        first, second = stage.case("p-1"), stage.case("p-2", author="ann")
        action.add_action(case_id=second.pk, kind_id=call.pk, at=AT, actor=actor(stage.agent))
        brings = self.drafted(stage, [Line(call.pk)])
        sees = people.seer_of(stage.manager.pk)
        with django_assert_max_num_queries(6):
            rows = queries.changing(sees, brings).rows
        told = [(row.case, [x.kind for x in row.lacking], [x.kind for x in row.beyond]) for row in rows]
        assert told == [(first, [call], [stage.refund]), (second, [], [stage.refund])]

    def test_shows_nothing_that_the_viewer_may_not_see(self, stage: Stage, call: Kind) -> None:
        hidden = stage.case("p-1")
        case.restrict(case_id=hidden.pk, is_restricted=True, at=AT, actor=actor(stage.manager))
        brings = self.drafted(stage, [Line(call.pk)])
        assert not queries.changing(people.seer_of(stage.colleague.pk), brings).rows

    def test_a_trial_sets_what_it_brings_beside_what_was_done(
        self, stage: Stage, call: Kind, django_assert_max_num_queries: Any
    ) -> None:
        opened = stage.case("p-1")
        case.take(case_id=opened.pk, at=AT, actor=actor(stage.agent))
        done = action.add_action(case_id=opened.pk, kind_id=stage.apology.pk, at=AT, actor=actor(stage.agent))
        action.complete_action(action_id=done.pk, outcome="Said sorry.", at=AT, actor=actor(stage.agent))
        brings = self.drafted(stage, [Line(call.pk), Line(stage.refund.pk, amount=Decimal(20))])
        sees = people.seer_of(stage.manager.pk)
        with django_assert_max_num_queries(6):
            tried = queries.trial(sees, brings, days=90, at=timezone.now() if timezone.now() < AT else AT)
        assert (tried.cases, tried.brought, tried.lacking, tried.done_beyond) == (1, 2, 1, 1)
        assert (tried.suggested, tried.done_amount) == (20, 0)
        assert queries.trial(sees, brings, days=1, at=AT + timedelta(days=30)).cases == 0


class TestKindsAndTeams:
    KIND: dict[str, Any] = {"label": {"en": "Gift"}, "proof": Proof.OUTCOME, "days": 3}

    @pytest.mark.parametrize(
        "given",
        [
            {"day_unit": "lunar"},
            {"ask_again_days": 0},
            {"ask_again_days": 999},
            {"two_people_above": Decimal(5)},
            {"has_amount": True, "two_people_above": Decimal(0)},
            {"has_amount": True, "two_people_above": Decimal("0.001")},
            {"target_id": 999},
        ],
    )
    def test_refuse_nonsense(self, stage: Stage, given: dict[str, Any]) -> None:
        with pytest.raises(errors.Invalid):
            catalogue.create_kind(brand_id=stage.brand.pk, code="gift", **(self.KIND | given), actor=actor(stage.admin))

    def test_what_is_left_out_of_a_change_stays(self, stage: Stage) -> None:
        by = actor(stage.admin)
        extra = {"has_amount": True, "has_goods": True, "ask_again_days": 21, "two_people_above": Decimal(500)}
        made = catalogue.create_kind(brand_id=stage.brand.pk, code="gift", **self.KIND, **extra, actor=by)  # type: ignore[arg-type]
        changed = catalogue.change_kind(kind_id=made.pk, label={"en": "Present"}, is_active=True, actor=by)
        assert {name: getattr(changed, name) for name in extra} == extra

    def test_only_who_can_own_a_case_is_on_duty(self, stage: Stage) -> None:
        for nobody in (stage.auditor, stage.outsider):
            with pytest.raises(errors.Invalid):
                setup.create_team(
                    brand_id=stage.brand.pk, name="New", lead_id=None, on_duty_id=nobody.pk, actor=actor(stage.admin)
                )

    def test_a_new_brand_begins_with_authority(self, stage: Stage) -> None:
        brand = setup.create_brand(
            name="Nordlys",
            slug="nordlys",
            prefix="NL",
            language="fr",
            zone="Europe/Oslo",
            currency="NOK",
            actor=actor(stage.admin),
        )
        rows = brand.grants.order_by("per_action").values_list("role", "per_action", "per_complainant", "may_waive")
        assert list(rows) == [("agent", 100, 300, False), ("manager", 1000, 3000, True)]
        assert set(brand.grants.values_list("currency", "complainant_days", "given_by")) == {
            ("NOK", 90, stage.admin.pk)
        }
