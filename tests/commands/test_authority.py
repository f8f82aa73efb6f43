"""Giving authority and ending it, absences and deputies, rates: what is done, refused, and told to the journal."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from cases import errors
from cases.commands import action, authority, people
from cases.commands.authority import To
from cases.models import Absence, Action, Approval, Asked, Event, Grant, Membership, Rate, Team, User
from cases.queries import authority as queries
from cases.queries import grants
from cases.queries import people as people_queries
from cases.rules.authority import Terms
from cases.vocabulary import ActionStatus, Gap, Passed, Role, Stream, Window
from tests.desk import taken
from tests.people import AT, Stage, actor, person, set_stage

pytestmark = pytest.mark.django_db
D = Decimal
TODAY = AT.date()
DAY = timedelta(days=1)


@pytest.fixture
def stage() -> Stage:
    stage = set_stage()
    Grant.objects.update(ended_at=AT - DAY)
    return stage


def give(stage: Stage, to: To, by: str = "admin", at: datetime = AT, **terms: object) -> Grant:
    wanted = Terms(**{"currency": "EUR", **terms})  # type: ignore[arg-type]
    return authority.give_grant(brand_id=stage.brand.pk, to=to, terms=wanted, at=at, actor=actor(getattr(stage, by)))


def own(stage: Stage, **terms: object) -> Grant:
    """What the managers of the stage may decide."""
    return give(stage, To(role=Role.MANAGER), **{"per_action": D(500), **terms})


def to(stage: Stage) -> To:
    return To(person_id=stage.agent.pk)


def lines(stage: Stage) -> list[Event]:
    return list(Event.objects.filter(stream=Stream.BRAND, stream_id=stage.brand.pk).order_by("seq"))


def absence(stage: Stage, by: str = "manager", **changes: object) -> Absence:
    first = {"person_id": stage.agent.pk, "deputy_id": stage.colleague.pk, "starts_on": TODAY, "ends_on": TODAY + DAY}
    facts = {"brand_id": stage.brand.pk, **first, **changes}
    return authority.note_absence(**facts, at=AT, actor=actor(getattr(stage, by)))  # type: ignore[arg-type]


def _left(stage: Stage, at: datetime) -> grants.Left | None:
    wanted = grants.left_now(people_queries.seer_of(stage.agent.pk), at)
    return grants.left_of(User.objects.filter(pk=stage.agent.pk).values_list(wanted, flat=True).get())


def judged(stage: Stage, who: str, amount: object, at: datetime = AT, currency: str = "EUR") -> object:
    case = stage.brand.cases.order_by("pk").first() or taken(stage)
    found = queries.may_decide(
        getattr(stage, who).pk,
        case,
        kind_id=stage.refund.pk,
        amount=D(str(amount)),
        currency=currency,
        at=at,
    )
    return found if isinstance(found, Gap) else None


class TestGiving:
    def test_stands_in_the_journal_with_its_amounts(self, stage: Stage) -> None:
        kinds = frozenset({stage.refund.pk})
        grant = give(stage, to(stage), per_action=D(80), kind_ids=kinds, budget_each=D(400), window=Window.DAY)
        assert grant.given_by == stage.admin
        last = lines(stage)[-1]
        assert last.kind == "grant_given"
        assert last.payload["grant"] == grant.pk
        assert last.payload["person"] == stage.agent.pk
        assert (last.payload["per_action"], last.payload["kind_ids"]) == ("80", [stage.refund.pk])
        assert judged(stage, "agent", 80) is None
        assert judged(stage, "agent", "80.01") == Gap.PER_ACTION
        assert judged(stage, "colleague", 1) == Gap.NO_GRANT

    @pytest.mark.parametrize(
        ("field", "terms"),
        [
            ("per_action", {"per_action": D(-1)}),
            ("per_action", {"per_action": D(0)}),
            ("per_action", {"per_action": D("0.001")}),
            ("per_action", {"per_action": D("1e30")}),
            ("currency", {"currency": "EUX"}),
            ("kinds", {"kind_ids": frozenset({999_999})}),
            ("category", {"category_id": 999_999}),
            ("ends_on", {"ends_on": TODAY - DAY}),
            ("ends_on", {"starts_on": TODAY + DAY, "ends_on": TODAY}),
        ],
    )
    def test_refuses_nonsense_and_changes_nothing(self, stage: Stage, field: str, terms: dict[str, object]) -> None:
        before = Grant.objects.count(), Event.objects.count()
        with pytest.raises(errors.Invalid) as refused:
            give(stage, to(stage), **terms)
        assert refused.value.field == field
        assert (Grant.objects.count(), Event.objects.count()) == before

    def test_goes_to_one_who_decides(self, stage: Stage) -> None:
        for wrong in (
            To(),
            To(role=Role.AGENT, person_id=stage.agent.pk),
            To(role=Role.AUDITOR),
            To(person_id=stage.auditor.pk),
            To(person_id=stage.outsider.pk),
            To(team_id=999_999),
        ):
            with pytest.raises(errors.Invalid):
                give(stage, wrong)

    def test_is_for_managers_and_admins(self, stage: Stage) -> None:
        own(stage)
        for who in ("agent", "auditor"):
            with pytest.raises(errors.NotAllowed):
                give(stage, To(person_id=stage.colleague.pk), by=who, per_action=D(1))
        with pytest.raises(errors.NotFound):
            give(stage, to(stage), by="outsider", per_action=D(1))

    def test_a_manager_gives_what_they_have(self, stage: Stage) -> None:
        own(stage, budget_each=D(3100))
        grant = give(
            stage,
            to(stage),
            by="manager",
            per_action=D(80),
            budget_each=D(100),
            window=Window.DAY,
            category_id=stage.category.pk,
            ends_on=TODAY + 3 * DAY,
        )
        assert judged(stage, "agent", 80) is None
        assert judged(stage, "agent", 80, at=AT + 4 * DAY) == Gap.NO_GRANT
        assert grant.given_by == stage.manager

    @pytest.mark.parametrize(
        "terms", [{"per_action": D(501)}, {"per_action": None}, {"per_action": D(1), "may_waive": True}]
    )
    def test_a_manager_gives_no_more(self, stage: Stage, terms: dict[str, object]) -> None:
        own(stage)
        with pytest.raises(errors.BeyondOwn):
            give(stage, to(stage), by="manager", **terms)

    def test_a_manager_without_authority_gives_none(self, stage: Stage) -> None:
        with pytest.raises(errors.BeyondOwn):
            give(stage, to(stage), by="manager", per_action=D(1))

    def test_what_is_only_lent_is_not_handed_on(self, stage: Stage) -> None:
        second = person("second")
        Membership.objects.create(person=second, brand=stage.brand, role=Role.MANAGER)
        give(stage, To(person_id=second.pk), per_action=D(500))
        absence(stage, by="admin", person_id=second.pk, deputy_id=stage.manager.pk)
        assert judged(stage, "manager", 500) is None
        with pytest.raises(errors.BeyondOwn):
            give(stage, to(stage), by="manager", per_action=D(1))

    def test_nobody_gives_themselves(self, stage: Stage) -> None:
        own(stage)
        Team.objects.create(brand=stage.brand, name="Mine")
        for wrong in (To(person_id=stage.manager.pk), To(role=Role.MANAGER), To(team_id=stage.team.pk)):
            with pytest.raises(errors.SelfGrant):
                give(stage, wrong, by="manager", per_action=D(1))
        Membership.objects.filter(person=stage.admin).update(role=Role.MANAGER)
        with pytest.raises(errors.SelfGrant):
            give(stage, To(person_id=stage.admin.pk))


class TestReplacing:
    def _replace(self, stage: Stage, grant: Grant, by: str = "admin", **changes: object) -> Grant:
        terms = replace(grants.terms_of(grant), **changes)  # type: ignore[arg-type]
        return authority.replace_grant(grant_id=grant.pk, terms=terms, at=AT, actor=actor(getattr(stage, by)))

    def test_takes_over_at_once(self, stage: Stage) -> None:
        old = give(stage, to(stage), per_action=D(80))
        new = self._replace(stage, old, per_action=D(150))
        old.refresh_from_db()
        assert (old.ended_at, old.ended_by) == (AT, stage.admin)
        assert new.replaces == old
        assert judged(stage, "agent", 150) is None
        assert [line.kind for line in lines(stage)][-2:] == ["grant_given", "grant_ended"]

    def test_takes_over_on_its_first_day(self, stage: Stage) -> None:
        old = give(stage, to(stage), per_action=D(80))
        self._replace(stage, old, per_action=D(150), starts_on=TODAY + 2 * DAY)
        old.refresh_from_db()
        assert (old.ends_on, old.ended_at) == (TODAY + DAY, None)
        assert judged(stage, "agent", 150) == Gap.PER_ACTION
        assert judged(stage, "agent", 150, at=AT + DAY) == Gap.PER_ACTION
        assert judged(stage, "agent", 150, at=AT + 2 * DAY) is None

    def test_happens_once(self, stage: Stage) -> None:
        old = give(stage, to(stage), per_action=D(80))
        self._replace(stage, old, per_action=D(150), starts_on=TODAY + 2 * DAY)
        with pytest.raises(errors.Invalid):
            self._replace(stage, old, per_action=D(160))

    def test_a_manager_does_not_touch_what_is_above_them(self, stage: Stage) -> None:
        mine = own(stage)
        above = give(stage, to(stage), per_action=D(900))
        with pytest.raises(errors.BeyondOwn):
            self._replace(stage, above, by="manager", per_action=D(80))
        with pytest.raises(errors.BeyondOwn):
            authority.end_grant(grant_id=above.pk, at=AT, actor=actor(stage.manager))
        with pytest.raises(errors.SelfGrant):
            self._replace(stage, mine, by="manager", per_action=D(5))
        above.refresh_from_db()
        assert above.ended_at is None

    def test_an_ended_grant_gives_nothing(self, stage: Stage) -> None:
        grant = give(stage, to(stage), per_action=D(80))
        for _twice in range(2):
            authority.end_grant(grant_id=grant.pk, at=AT, actor=actor(stage.admin))
        assert judged(stage, "agent", 1) == Gap.NO_GRANT
        assert [line.kind for line in lines(stage)].count("grant_ended") == 1


class TestDays:
    def test_begin_and_end_at_the_brands_midnight(self, stage: Stage) -> None:
        give(stage, to(stage), starts_on=date(2026, 9, 10), ends_on=date(2026, 9, 11))
        paris = {"before": (9, 21, 59), "first": (9, 22, 0), "last": (11, 21, 59), "after": (11, 22, 0)}
        said = {
            name: judged(stage, "agent", 1, at=datetime(2026, 9, day, hour, minute, tzinfo=UTC))
            for name, (day, hour, minute) in paris.items()
        }
        assert said == {"before": Gap.NO_GRANT, "first": None, "last": None, "after": Gap.NO_GRANT}

    @pytest.mark.parametrize(
        ("window", "used", "same", "anew"),
        [
            # The clocks go forward on 29 March 2026 and back on 25 October 2026 in Paris.
            ("day", "2026-03-28T23:00:00", "2026-03-29T21:59:59", "2026-03-29T22:00:00"),
            ("day", "2026-10-24T22:00:00", "2026-10-25T22:59:59", "2026-10-25T23:00:00"),
            ("week", "2026-03-22T23:00:00", "2026-03-29T21:59:59", "2026-03-29T22:00:00"),
            ("week", "2026-10-18T22:00:00", "2026-10-25T22:59:59", "2026-10-25T23:00:00"),
            ("month", "2026-02-28T23:00:00", "2026-03-31T21:59:59", "2026-03-31T22:00:00"),
            ("month", "2026-09-30T22:00:00", "2026-10-31T22:59:59", "2026-10-31T23:00:00"),
            ("month", "2027-01-31T00:00:00", "2027-01-31T22:59:59", "2027-01-31T23:00:00"),
        ],
    )
    def test_a_budget_lasts_a_window_of_the_brands_calendar(
        self, stage: Stage, window: str, used: str, same: str, anew: str
    ) -> None:
        first, last, following = (datetime.fromisoformat(each).replace(tzinfo=UTC) for each in (used, same, anew))
        grant = give(stage, to(stage), budget_each=D(100), window=window)
        case = taken(stage)
        action.add_action(case_id=case.pk, kind_id=stage.refund.pk, amount=D(60), at=first, actor=actor(stage.agent))
        assert grants.used_of([grant], last) == {grant.pk: {stage.agent.pk: D(60)}}
        assert grants.used_of([grant], following) == {}
        for at in (first, last, following):
            [limit] = queries.limits_of(stage.agent.pk, [stage.brand.pk], at)
            assert grants.used_of([grant], at).get(grant.pk, {}).get(stage.agent.pk, D(0)) == limit.used_by_holder
        assert judged(stage, "agent", 41, at=last) == Gap.BUDGET
        assert judged(stage, "agent", 100, at=following) is None
        left = _left(stage, last)
        assert left is not None
        assert (left.amount, left.window, left.percent) == (D(40), window, 40)


class TestAbsences:
    def test_a_deputy_decides_with_that_authority_and_no_more(self, stage: Stage) -> None:
        give(stage, to(stage), per_action=D(80))
        assert judged(stage, "colleague", 1) == Gap.NO_GRANT
        absence(stage)
        assert judged(stage, "colleague", 80) is None
        assert judged(stage, "colleague", 81) == Gap.PER_ACTION
        assert judged(stage, "colleague", 80, at=AT + 2 * DAY) == Gap.NO_GRANT

    def test_a_deputy_of_a_deputy_has_nothing(self, stage: Stage) -> None:
        give(stage, to(stage), per_action=D(80))
        absence(stage)
        absence(stage, by="admin", person_id=stage.colleague.pk, deputy_id=stage.manager.pk, starts_on=TODAY + DAY)
        assert judged(stage, "colleague", 1, at=AT + DAY) is None
        assert judged(stage, "manager", 1, at=AT + DAY) == Gap.NO_GRANT

    def test_ends_when_they_are_back(self, stage: Stage) -> None:
        give(stage, to(stage), per_action=D(80))
        noted = absence(stage)
        for _twice in range(2):
            authority.end_absence(absence_id=noted.pk, at=AT, actor=actor(stage.agent))
        assert judged(stage, "colleague", 1) == Gap.NO_GRANT
        assert [line.kind for line in lines(stage)][-2:] == ["absence_noted", "absence_ended"]

    def test_everybody_notes_their_own(self, stage: Stage) -> None:
        assert absence(stage, by="agent").noted_by == stage.agent

    def test_only_managers_and_admins_note_anothers(self, stage: Stage) -> None:
        for who in ("colleague", "auditor"):
            with pytest.raises(errors.NotAllowed):
                absence(stage, by=who, deputy_id=None)
        with pytest.raises(errors.NotFound):
            absence(stage, by="outsider", deputy_id=None)
        assert absence(stage, by="admin")

    def test_nobody_makes_themselves_a_deputy(self, stage: Stage) -> None:
        with pytest.raises(errors.SelfGrant):
            absence(stage, deputy_id=stage.manager.pk)

    @pytest.mark.parametrize(
        ("field", "changes"),
        [
            ("deputy", {"deputy_id": "agent"}),
            ("deputy", {"deputy_id": "auditor"}),
            ("deputy", {"deputy_id": "outsider"}),
            ("person", {"person_id": "auditor"}),
            ("ends_on", {"ends_on": TODAY - DAY, "starts_on": TODAY - 3 * DAY}),
            ("ends_on", {"ends_on": TODAY, "starts_on": TODAY + DAY}),
            ("ends_on", {"ends_on": TODAY + 400 * DAY}),
        ],
    )
    def test_refuses_nonsense(self, stage: Stage, field: str, changes: dict[str, object]) -> None:
        named = {name: getattr(stage, who).pk if isinstance(who, str) else who for name, who in changes.items()}
        with pytest.raises(errors.Invalid) as refused:
            absence(stage, **named)
        assert refused.value.field == field
        assert not Absence.objects.exists()

    def test_refuses_a_second_one_on_the_same_days(self, stage: Stage) -> None:
        absence(stage)
        with pytest.raises(errors.Invalid):
            absence(stage, starts_on=TODAY + DAY, ends_on=TODAY + 2 * DAY)
        assert absence(stage, starts_on=TODAY + 2 * DAY, ends_on=TODAY + 2 * DAY)

    def test_refuses_a_deputy_who_is_away(self, stage: Stage) -> None:
        absence(stage, person_id=stage.colleague.pk, deputy_id=None)
        with pytest.raises(errors.Invalid) as refused:
            absence(stage)
        assert refused.value.field == "deputy"


class TestRates:
    def _set(self, stage: Stage, by: str = "admin", **changes: object) -> Rate:
        first = {"currency": "USD", "into": "EUR", "rate": D("0.9"), "starts_on": TODAY}
        facts = {"brand_id": stage.brand.pk, **first, **changes}
        return authority.set_rate(**facts, at=AT, actor=actor(getattr(stage, by)))  # type: ignore[arg-type]

    def test_the_newest_of_the_day_or_before_counts(self, stage: Stage) -> None:
        give(stage, to(stage), per_action=D(90))
        assert judged(stage, "agent", 100, currency="USD") == Gap.NO_RATE
        self._set(stage)
        assert judged(stage, "agent", 100, currency="USD") is None
        self._set(stage, rate=D("0.91"))
        assert judged(stage, "agent", 100, currency="USD") == Gap.PER_ACTION
        assert judged(stage, "agent", 100, at=AT - DAY, currency="USD") == Gap.NO_RATE
        assert lines(stage)[-1].kind == "rate_set"

    @pytest.mark.parametrize(
        ("field", "changes"),
        [
            ("rate", {"rate": D(0)}),
            ("rate", {"rate": D(-1)}),
            ("rate", {"rate": D("1e30")}),
            ("rate", {"rate": D("NaN")}),
            ("into", {"into": "USD"}),
            ("currency", {"currency": "XXX"}),
        ],
    )
    def test_refuses_nonsense(self, stage: Stage, field: str, changes: dict[str, object]) -> None:
        with pytest.raises(errors.Invalid) as refused:
            self._set(stage, **changes)
        assert refused.value.field == field

    def test_is_for_admins(self, stage: Stage) -> None:
        with pytest.raises(errors.NotAllowed):
            self._set(stage, by="manager")


class TestLeaving:
    def _asked(self, stage: Stage) -> tuple[Action, Approval]:
        own(stage)
        give(stage, To(person_id=stage.colleague.pk), per_action=D(900))
        case = taken(stage)
        added = action.add_action(
            case_id=case.pk,
            kind_id=stage.refund.pk,
            amount=D(50),
            reason="It never came.",
            at=AT,
            actor=actor(stage.agent),
        )
        assert added.status == ActionStatus.AWAITING_APPROVAL
        return added, added.approvals.get()

    @pytest.mark.parametrize("how", ["deactivated", "removed", "demoted"])
    def test_passes_requests_on_and_ends_grants(self, stage: Stage, how: str) -> None:
        _added, approval = self._asked(stage)
        assert approval.asked.get().person == stage.manager
        mine = give(stage, To(person_id=stage.manager.pk), per_action=D(5))
        who = {"person_id": stage.manager.pk, "at": AT, "actor": actor(stage.admin)}
        [hand] = people_queries.in_hand(stage.manager)
        assert (hand.cases, hand.requests, hand.grants) == (0, 1, 1)
        if how == "deactivated":
            people.deactivate_person(**who)  # type: ignore[arg-type]
        elif how == "removed":
            people.remove_membership(brand_id=stage.brand.pk, **who)  # type: ignore[arg-type]
        else:
            people.set_membership(brand_id=stage.brand.pk, role=Role.AUDITOR, team_id=None, **who)  # type: ignore[arg-type]
        first, second = Asked.objects.filter(approval=approval).order_by("pk")
        assert (first.passed, second.person, second.passed) == (Passed.GONE, stage.colleague, "")
        mine.refresh_from_db()
        assert mine.ended_by == stage.admin
        assert people_queries.in_hand(stage.manager) == []
        passed = Event.objects.get(kind="approval_passed_on")
        assert passed.payload["after"] == stage.colleague.pk

    def test_tells_whoever_asked_when_nobody_is_left(self, stage: Stage) -> None:
        _added, approval = self._asked(stage)
        Grant.objects.filter(person=stage.colleague).update(ended_at=AT)
        people.deactivate_person(person_id=stage.manager.pk, at=AT, actor=actor(stage.admin))
        assert approval.asked.get().passed == Passed.GONE
        assert stage.agent.notifications.filter(kind="approval_stuck").exists()

    def test_leaves_a_deputys_place_in_sight(self, stage: Stage) -> None:
        absence(stage, ends_on=TODAY + 360 * DAY)
        [hand] = people_queries.in_hand(stage.colleague)
        assert hand.stands_in == 1
        assert not hand.is_inherited
