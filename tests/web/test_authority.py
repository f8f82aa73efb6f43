"""The pages about authority: what they show, who may change what, and what a refusal leaves standing."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from cases.commands import action, authority
from cases.commands.authority import To
from cases.models import Absence, Action, Grant, Membership, Rate
from cases.rules.authority import Terms
from cases.vocabulary import Role, Window
from tests.desk import signed_in, taken
from tests.people import Stage, actor, set_stage

pytestmark = pytest.mark.django_db
AUTHORITY = "/authority/"
TODAY = timezone.localdate


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def _give(stage: Stage, to: To, **terms: object) -> Grant:
    return authority.give_grant(
        brand_id=stage.brand.pk,
        to=to,
        terms=Terms(currency="EUR", **terms),  # type: ignore[arg-type]
        at=timezone.now(),
        actor=actor(stage.admin),
    )


def _form(**changes: object) -> dict[str, object]:
    first = {"currency": "EUR", "complainant_days": 30, "window": "day", "per_action": "80"}
    return {**first, **changes}


PAGES = ["grants/", "grants/+/", "budgets/", "absences/", "waivers/", "rates/"]


class TestWhoLooks:
    @pytest.mark.parametrize("page", [*PAGES])
    def test_agents_do_not(self, stage: Stage, page: str) -> None:
        assert signed_in(stage.agent).get(AUTHORITY + page).status_code == 403

    @pytest.mark.parametrize("page", PAGES)
    def test_managers_and_admins_do(self, stage: Stage, page: str) -> None:
        for person in (stage.manager, stage.admin):
            assert signed_in(person).get(AUTHORITY + page).status_code == 200

    def test_who_gives_reads_what_they_have(self, stage: Stage) -> None:
        page = signed_in(stage.manager).get(f"{AUTHORITY}grants/+/").content.decode()
        assert "Any kind of action, any amount" in page
        assert (
            "Any kind of action, any amount" not in signed_in(stage.admin).get(f"{AUTHORITY}grants/+/").content.decode()
        )

    def test_auditors_read_and_give_nothing(self, stage: Stage) -> None:
        client = signed_in(stage.auditor)
        assert client.get(f"{AUTHORITY}grants/").status_code == 200
        assert client.get(f"{AUTHORITY}grants/+/").status_code == 403
        assert client.post(f"{AUTHORITY}rates/", {}).status_code == 403
        assert client.post(f"{AUTHORITY}absences/", {}).status_code == 403

    def test_another_brand_is_not_there(self, stage: Stage) -> None:
        assert signed_in(stage.manager).get(f"{AUTHORITY}grants/?brand=orvelle").status_code == 404
        theirs = Grant.objects.filter(brand=stage.other_brand).first()
        assert theirs is not None
        assert signed_in(stage.manager).get(f"{AUTHORITY}grants/{theirs.pk}/").status_code == 404


class TestGrants:
    def test_a_row_says_what_the_mock_says(self, stage: Stage) -> None:
        grant = _give(
            stage,
            To(person_id=stage.agent.pk),
            kind_ids=frozenset({stage.refund.pk}),
            per_action=Decimal(80),
            per_complainant=Decimal(160),
            budget_each=Decimal(400),
            window=Window.DAY,
            ends_on=TODAY() + timedelta(days=3),
        )
        case = taken(stage)
        Grant.objects.filter(role="agent").update(ended_at=timezone.now())
        action.add_action(
            case_id=case.pk,
            kind_id=stage.refund.pk,
            amount=Decimal(50),
            currency="EUR",
            at=timezone.now(),
            actor=actor(stage.agent),
        )
        Absence.objects.create(
            brand=stage.brand, person=stage.agent, deputy=stage.colleague, starts_on=TODAY(), ends_on=TODAY()
        )
        page = signed_in(stage.manager).get(f"{AUTHORITY}grants/").content.decode()
        for words in ("80\N{NO-BREAK SPACE}€", "in 30 d", "a day", "12 %", "deputy: Colleague to", "ends", "refund"):
            assert words in page
        assert f"/authority/grants/{grant.pk}/" in page

    def test_an_admin_gives_one(self, stage: Stage) -> None:
        sent = signed_in(stage.admin).post(
            f"{AUTHORITY}grants/+/",
            _form(to=f"team:{stage.team.pk}", kinds=[stage.refund.pk], budget_shared="400", reason="Strike"),
        )
        assert sent.status_code == 302
        grant = Grant.objects.get(team=stage.team)
        assert (grant.per_action, grant.budget_shared, grant.window, grant.reason) == (80, 400, "day", "Strike")

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("per_action", "-1"),
            ("per_action", "0"),
            ("per_action", "0.001"),
            ("per_action", "1" + "0" * 30),
            ("per_action", "much"),
            ("currency", "EUX"),
            ("to", "person:1"),
            ("to", "person:x"),
            ("to", ""),
            ("complainant_days", "0"),
            ("window", "year"),
            ("ends_on", "2020-01-01"),
            ("starts_on", "2026-13-01"),
            ("kinds", ["99999"]),
            ("category", "99999"),
        ],
    )
    def test_nonsense_comes_back_with_the_field(self, stage: Stage, field: str, value: object) -> None:
        before = Grant.objects.count()
        wrong = _form(**{"to": f"person:{stage.agent.pk}", field: value})
        answer = signed_in(stage.admin).post(f"{AUTHORITY}grants/+/", wrong)
        assert answer.status_code == 422
        assert field in answer.context["form"].errors
        assert Grant.objects.count() == before

    def test_a_manager_gives_no_more_than_they_have(self, stage: Stage) -> None:
        Grant.objects.filter(role="manager").update(ended_at=timezone.now())
        _give(stage, To(role="manager"), per_action=Decimal(500))
        client = signed_in(stage.manager)
        refused = client.post(f"{AUTHORITY}grants/+/", _form(to=f"person:{stage.agent.pk}", per_action="501"))
        assert refused.status_code == 422
        assert "above yours" in refused.content.decode()
        assert not Grant.objects.filter(person=stage.agent).exists()
        assert client.post(f"{AUTHORITY}grants/+/", _form(to=f"person:{stage.agent.pk}")).status_code == 302

    def test_nobody_gives_themselves(self, stage: Stage) -> None:
        for to in (f"person:{stage.manager.pk}", f"team:{stage.team.pk}", "role:manager"):
            refused = signed_in(stage.manager).post(f"{AUTHORITY}grants/+/", _form(to=to))
            assert refused.status_code == 422
            assert "Nobody gives themselves" in refused.content.decode()

    def test_one_takes_the_place_of_another(self, stage: Stage) -> None:
        old = _give(stage, To(person_id=stage.agent.pk), per_action=Decimal(80))
        client = signed_in(stage.admin)
        assert client.get(f"{AUTHORITY}grants/{old.pk}/").status_code == 200
        assert client.post(f"{AUTHORITY}grants/{old.pk}/", _form(per_action="150")).status_code == 302
        old.refresh_from_db()
        assert old.ended_at is not None
        new = Grant.objects.get(replaces=old)
        assert (new.per_action, new.person_id) == (150, stage.agent.pk)
        assert client.post(f"{AUTHORITY}grants/{old.pk}/", _form()).status_code == 403
        assert "ended" in client.get(f"{AUTHORITY}grants/?state=ended").content.decode()

    def test_one_is_ended(self, stage: Stage) -> None:
        grant = _give(stage, To(person_id=stage.agent.pk), per_action=Decimal(80))
        assert signed_in(stage.auditor).post(f"{AUTHORITY}grants/{grant.pk}/end/").status_code == 403
        assert signed_in(stage.manager).post(f"{AUTHORITY}grants/{grant.pk}/end/").status_code == 302
        grant.refresh_from_db()
        assert grant.ended_by == stage.manager

    def test_budgets_say_who_used_what(self, stage: Stage) -> None:
        Grant.objects.filter(role="agent").update(ended_at=timezone.now())
        _give(stage, To(team_id=stage.team.pk), budget_each=Decimal(100), budget_shared=Decimal(400))
        case = taken(stage)
        action.add_action(
            case_id=case.pk, kind_id=stage.refund.pk, amount=Decimal(25), at=timezone.now(), actor=actor(stage.agent)
        )
        page = signed_in(stage.manager).get(f"{AUTHORITY}budgets/").content.decode()
        for words in ("Agent", "25\N{NO-BREAK SPACE}€", "25 %", "400\N{NO-BREAK SPACE}€"):
            assert words in page


class TestAbsences:
    def test_a_manager_notes_one_and_ends_it(self, stage: Stage) -> None:
        client = signed_in(stage.manager)
        day = TODAY().isoformat()
        sent = {"person": stage.agent.pk, "deputy": stage.colleague.pk, "starts_on": day, "ends_on": day}
        assert client.post(f"{AUTHORITY}absences/", sent).status_code == 302
        absence = Absence.objects.get()
        assert "Colleague decides for them" in client.get(f"{AUTHORITY}absences/").content.decode()
        assert client.post(f"{AUTHORITY}absences/", sent).status_code == 422
        assert client.post(f"{AUTHORITY}absences/{absence.pk}/end/").status_code == 302
        assert "Colleague decides" in client.get(f"{AUTHORITY}absences/?state=ended").content.decode()

    def test_everybody_notes_their_own(self, stage: Stage) -> None:
        _give(stage, To(person_id=stage.agent.pk), per_action=Decimal(80))
        client = signed_in(stage.agent)
        day = TODAY().isoformat()
        sent = {"deputy": stage.colleague.pk, "starts_on": day, "ends_on": day}
        assert client.post(f"{AUTHORITY}mine/", sent).status_code == 302
        absence = Absence.objects.get(person=stage.agent)
        assert "Colleague decides for me" in client.get(f"{AUTHORITY}mine/").content.decode()
        assert "as deputy for Agent until" in signed_in(stage.colleague).get(f"{AUTHORITY}mine/").content.decode()
        assert signed_in(stage.outsider).post(f"{AUTHORITY}absences/{absence.pk}/end/").status_code == 404
        assert client.post(f"{AUTHORITY}absences/{absence.pk}/end/", {"mine": "1"}).url == "/authority/mine/"


class TestMine:
    def test_says_it_in_sentences(self, stage: Stage) -> None:
        Grant.objects.update(ended_at=timezone.now())
        _give(
            stage,
            To(person_id=stage.agent.pk),
            kind_ids=frozenset({stage.refund.pk}),
            per_action=Decimal(80),
            per_complainant=Decimal(160),
            budget_each=Decimal(400),
            window=Window.DAY,
        )
        page = signed_in(stage.agent).get(f"{AUTHORITY}mine/").content.decode().replace("\N{NO-BREAK SPACE}", " ")
        assert "Refund up to 80 € each, 160 € per complainant in 30 days, 400 € a day." in page
        assert "400 € left today" in page
        assert "given to you" in page

    def test_somebody_without_a_grant_is_told_so(self, stage: Stage) -> None:
        assert "nothing by yourself" in signed_in(stage.auditor).get(f"{AUTHORITY}mine/").content.decode()

    def test_the_navigation_says_what_is_left(self, stage: Stage) -> None:
        assert "left this month" not in signed_in(stage.agent).get("/").content.decode()
        _give(stage, To(team_id=stage.team.pk), budget_each=Decimal(3600))
        page = signed_in(stage.agent).get("/").content.decode().replace("\N{NO-BREAK SPACE}", " ")
        assert "3,600 € left this month" in page


class TestLedger:
    def test_every_waiver_stands_in_it(self, stage: Stage) -> None:
        case = taken(stage)
        first = Action.objects.filter(case=case).earliest("pk")
        action.waive_action(action_id=first.pk, reason="They want none.", at=timezone.now(), actor=actor(stage.manager))
        page = signed_in(stage.auditor).get(f"{AUTHORITY}waivers/").content.decode()
        for words in (case.reference, "They want none.", "Manager", "Refund"):
            assert words in page

    def test_what_somebody_may_not_open_they_do_not_find(self, stage: Stage) -> None:
        case = taken(stage)
        first = Action.objects.filter(case=case).earliest("pk")
        action.waive_action(action_id=first.pk, reason="Secret.", at=timezone.now(), actor=actor(stage.manager))
        type(case).objects.filter(pk=case.pk).update(is_restricted=True)
        assert "Secret." not in signed_in(stage.auditor).get(f"{AUTHORITY}waivers/").content.decode()
        assert "Secret." in signed_in(stage.manager).get(f"{AUTHORITY}waivers/").content.decode()

    def test_an_admin_adds_a_rate_and_a_manager_does_not(self, stage: Stage) -> None:
        sent = {"currency": "USD", "into": "EUR", "rate": "0.92", "starts_on": TODAY().isoformat()}
        assert signed_in(stage.manager).post(f"{AUTHORITY}rates/", sent).status_code == 403
        assert signed_in(stage.admin).post(f"{AUTHORITY}rates/", sent).status_code == 302
        assert Rate.objects.get().rate == Decimal("0.92")
        assert "1 USD = 0.92 EUR" in signed_in(stage.auditor).get(f"{AUTHORITY}rates/").content.decode()
        for wrong in ({"rate": "0"}, {"rate": "-1"}, {"rate": "1e30"}, {"into": "USD"}, {"currency": "XXX"}):
            assert signed_in(stage.admin).post(f"{AUTHORITY}rates/", {**sent, **wrong}).status_code == 422


def test_somebody_with_several_brands_switches_between_them(stage: Stage) -> None:
    Membership.objects.create(person=stage.manager, brand=stage.other_brand, role=Role.MANAGER)
    client = signed_in(stage.manager)
    both = client.get(f"{AUTHORITY}grants/").content.decode()
    one = client.get(f"{AUTHORITY}grants/?brand=orvelle").content.decode()
    assert "All my brands" in both
    assert both.count(">Orvelle</td>") == one.count(">Orvelle</td>") == 2
    assert ">Brindlewick</td>" not in one


def test_the_page_of_leaving_counts_what_is_left_of_authority(stage: Stage) -> None:
    Grant.objects.filter(brand=stage.brand).update(ended_at=timezone.now())
    _give(stage, To(person_id=stage.manager.pk), per_action=Decimal(500))
    case = taken(stage)
    action.add_action(
        case_id=case.pk,
        kind_id=stage.refund.pk,
        amount=Decimal(50),
        reason="It never came.",
        at=timezone.now(),
        actor=actor(stage.agent),
    )
    day = TODAY()
    Absence.objects.create(brand=stage.brand, person=stage.agent, deputy=stage.manager, starts_on=day, ends_on=day)
    client, path = signed_in(stage.admin), f"/settings/people/{stage.manager.pk}/deactivate/"
    page = client.get(path).content.decode()
    for words in (
        "1 request to decide",
        "1 grant of their own ends",
        "deputy in 1 absence",
        "goes to the next who can",
    ):
        assert words in page
    assert "Who inherits" not in page
    assert client.post(path, {"heir": ""}).status_code == 302
    assert not Grant.objects.filter(person=stage.manager, ended_at__isnull=True).exists()
