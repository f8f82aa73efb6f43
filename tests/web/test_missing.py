"""The page “Where authority is missing”: what it says, where its figures lead, and adopting another limit."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.commands import action, approval
from cases.commands import case as commands
from cases.models import Approval, Event, Grant
from cases.vocabulary import Role
from tests.api.calls import Program
from tests.desk import HTMX, signed_in, taken
from tests.people import Stage, actor, set_stage

pytestmark = pytest.mark.django_db
PAGE = "/authority/"
REQUESTS = "/authority/missing/requests/"
ADOPT = "/authority/missing/adopt/"


@pytest.fixture
def stage() -> Stage:
    """Agents decide 80 an action, the manager any amount."""
    stage = set_stage()
    Grant.objects.filter(brand=stage.brand, role=Role.AGENT).update(ended_at=timezone.now() - timedelta(days=60))
    Grant.objects.create(brand=stage.brand, role=Role.AGENT, currency="EUR", per_action=80)
    return stage


def _agents(stage: Stage) -> Grant:
    return Grant.objects.get(brand=stage.brand, role=Role.AGENT, ended_at=None)


def _ask(stage: Stage, amounts: list[str], *, refused: int = 0, case_id: int | None = None) -> None:
    """These amounts, each decided alone or asked for; the last ones are refused."""
    case_id = case_id or taken(stage).pk
    for n, amount in enumerate(amounts):
        at = timezone.now() - timedelta(days=3, hours=-n)
        made = action.add_action(
            case_id=case_id, kind_id=stage.refund.pk, amount=Decimal(amount), at=at, actor=actor(stage.agent)
        )
        waiting = Approval.objects.filter(action=made).first()
        if waiting is None:
            continue
        given = {"approval_id": waiting.pk, "at": at + timedelta(hours=4, minutes=25), "actor": actor(stage.manager)}
        if n >= len(amounts) - refused:
            approval.refuse(reason="No", **given)  # type: ignore[arg-type]
        else:
            approval.approve(**given)  # type: ignore[arg-type]


def _text(page: bytes) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.decode())).split())


class TestPage:
    def test_opens_with_what_matters(self, stage: Stage) -> None:
        _ask(stage, ["10", "20", "30", "90", "95", "110", "130", "145", "140"], refused=1)
        page = _text(signed_in(stage.manager).get(PAGE).content)
        assert "33 % of decisions were made by the first owner alone." in page
        assert "6 requests above 80 €, up to 150 €, waited, half of them 4 h 25 or longer, and 5 of them" in page
        assert "33 → 100 %" in page
        assert "+ 140 €" in page
        assert "Europe/Paris" in page

    def test_says_what_to_do_while_nothing_was_decided(self, stage: Stage) -> None:
        page = _text(signed_in(stage.manager).get(PAGE).content)
        assert "Nothing was decided in these days" in page

    def test_tells_who_is_not_of_the_brand_why_there_is_nothing(self, stage: Stage) -> None:
        _ask(stage, ["90"])
        page = _text(signed_in(stage.admin).get(f"{PAGE}?brand=orvelle").content)
        assert "You see no cases of this brand" in page

    def test_a_limit_that_makes_no_sense_is_said(self, stage: Stage) -> None:
        _ask(stage, ["90"])
        grant = _agents(stage)
        for written in ("80", "-5", "0", "0.001", "1e30", "many"):
            answer = signed_in(stage.manager).get(f"{PAGE}?grant={grant.pk}&limit={written}", headers=HTMX)
            assert answer.status_code == 200
            assert 'id="if-fault"' in answer.content.decode()

    @pytest.mark.parametrize("query", ["from=nonsense&to=2026-13-01", "from=0001-01-01", "team=x&kind=y&period=z"])
    def test_takes_any_address(self, stage: Stage, query: str) -> None:
        assert signed_in(stage.manager).get(f"{PAGE}?{query}").status_code == 200
        assert signed_in(stage.manager).get(f"{REQUESTS}?{query}").status_code == 200

    def test_agents_do_not_look(self, stage: Stage) -> None:
        for address in (PAGE, REQUESTS, ADOPT):
            assert signed_in(stage.agent).get(address).status_code == 403

    def test_another_brand_or_grant_is_not_there(self, stage: Stage) -> None:
        theirs = Grant.objects.filter(brand=stage.other_brand).first()
        assert theirs is not None
        assert signed_in(stage.manager).get(f"{PAGE}?brand=orvelle").status_code == 404
        assert signed_in(stage.manager).get(f"{PAGE}?grant={theirs.pk}&limit=90").status_code == 404


class TestRequests:
    def test_every_figure_opens_into_as_many_rows(self, stage: Stage) -> None:
        _ask(stage, ["10", "20", "90", "95", "110", "130", "145", "300", "140"], refused=1)
        client = signed_in(stage.manager)
        page = client.get(PAGE).content.decode()
        hrefs = {unescape(href) for href in re.findall(r'href="(/authority/missing/requests/[^"]*)"', page)}
        assert len(hrefs) > 8
        expected = {"show=alone": 2, "show=asked": 7, "show=waited": 7, "show=refused": 1, "reason=limit": 7}
        expected |= {"show=saved&": 6, "show=saved-granted&": 5}
        for href in hrefs:
            rows = client.get(href).content.decode().count('<tr><th scope="row">')
            for part, count in expected.items():
                if part in f"{href}&":
                    assert rows == count, href
            if "upto=150" in href and "over=120" in href:
                assert rows == 3

    def test_shows_only_cases_they_may_open(self, stage: Stage) -> None:
        case = taken(stage)
        _ask(stage, ["90"], case_id=case.pk)
        _ask(stage, ["95"], case_id=taken(stage, "p-2", author="b").pk)
        commands.restrict(case_id=case.pk, is_restricted=True, at=timezone.now(), actor=actor(stage.manager))
        for person, count in ((stage.manager, 2), (stage.auditor, 1)):
            assert f"{count} row" in _text(signed_in(person).get(REQUESTS).content)

    def test_goes_on_by_key(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("cases.queries.missing_rows.PAGE", 2)
        _ask(stage, ["90", "91", "92"])
        client = signed_in(stage.manager)
        page = client.get(f"{REQUESTS}?show=asked").content.decode()
        following = re.search(r'href="(\?[^"]*after=[^"]*)"', page)
        assert following is not None
        rest = _text(client.get(REQUESTS + unescape(following[1])).content)
        assert "90.00 €" in rest
        assert "91.00 €" not in rest


class TestAdopt:
    def test_an_admin_puts_another_limit_in_its_place_from_monday(self, stage: Stage) -> None:
        _ask(stage, ["90", "95", "110", "130", "145"])
        grant = _agents(stage)
        client = signed_in(stage.admin)
        address = f"{ADOPT}?grant={grant.pk}&limit=150"
        page = client.get(address)
        monday = re.search(r'name="starts_on" value="([^"]+)"', page.content.decode())
        assert monday is not None
        assert Grant.objects.filter(brand=stage.brand, role=Role.AGENT, ended_at=None).count() == 1
        assert client.post(address, {"starts_on": monday[1], "reason": "They wait"}).status_code == 302
        new = Grant.objects.get(replaces=grant)
        grant.refresh_from_db()
        assert (new.per_action, new.starts_on.isoformat(), new.starts_on.weekday()) == (150, monday[1], 0)
        assert grant.ends_on == new.starts_on - timedelta(days=1)
        assert Event.objects.filter(kind="grant_given", payload__grant=new.pk, person_id=stage.admin.pk).exists()

    def test_one_kind_of_many_gets_a_grant_beside_it(self, stage: Stage) -> None:
        _ask(stage, ["90"])
        grant = _agents(stage)
        address = f"{ADOPT}?grant={grant.pk}&limit=150&for=refund"
        signed_in(stage.admin).post(address, {"starts_on": "2099-01-05"})
        new = Grant.objects.get(brand=stage.brand, per_action=150)
        assert (new.kind_ids, new.replaces_id) == ([stage.refund.pk], None)
        grant.refresh_from_db()
        assert (grant.ended_at, grant.ends_on) == (None, None)

    def test_a_manager_only_within_their_own(self, stage: Stage) -> None:
        Grant.objects.filter(brand=stage.brand, role=Role.MANAGER).update(ended_at=timezone.now())
        Grant.objects.create(brand=stage.brand, role=Role.MANAGER, currency="EUR", per_action=120)
        grant = _agents(stage)
        client = signed_in(stage.manager)
        refused = client.post(f"{ADOPT}?grant={grant.pk}&limit=150", {"starts_on": "2099-01-05"})
        assert refused.status_code == 422
        assert "above yours" in _text(refused.content)
        assert client.post(f"{ADOPT}?grant={grant.pk}&limit=100", {"starts_on": "2099-01-05"}).status_code == 302

    def test_auditors_adopt_nothing(self, stage: Stage) -> None:
        grant = _agents(stage)
        client = signed_in(stage.auditor)
        assert client.get(f"{ADOPT}?grant={grant.pk}&limit=150").status_code == 403
        assert client.post(f"{ADOPT}?grant={grant.pk}&limit=150", {"starts_on": "2099-01-05"}).status_code == 403
        assert "Adopt from" not in _text(signed_in(stage.auditor).get(PAGE).content)


@pytest.mark.parametrize("count", [1, 20])
def test_every_page_stays_within_its_queries(stage: Stage, count: int) -> None:
    _ask(stage, ["90"] * count)
    client, program = signed_in(stage.manager), Program(stage.manager)
    query = f"?grant={_agents(stage).pk}&limit=150"
    for address, most in ((PAGE, 16), (REQUESTS, 16), (ADOPT + query, 16)):
        with CaptureQueriesContext(connection) as seen:
            assert client.get(address).status_code == 200
        assert len(seen) <= most, [each["sql"][:90] for each in seen]
    with CaptureQueriesContext(connection) as seen:
        answer = program.get("authority/missing/?bounds=40,80,150")
    # What keeps the throttle is no part of the call.
    own = [each["sql"][:90] for each in seen if "casedesk_cache" not in each["sql"]]
    assert len(own) <= 8, own
    assert answer.json()["now"]["asked"] == count
    assert [band["figures"]["asked"] for band in answer.json()["bands"]] == [0, 0, count, 0]


def test_a_program_tries_another_limit(stage: Stage) -> None:
    _ask(stage, ["90", "95", "200"], refused=1)
    program = Program(stage.manager)
    found = program.get(f"authority/missing/?grant={_agents(stage).pk}&limit=150").json()["what_if"]
    assert (found["decided_at_once"], found["granted"], found["worst"]) == (2, 2, "0.0000")
    assert program.get("authority/missing/?bounds=40,x").status_code == 422
    assert program.get("authority/missing/?brand=orvelle").status_code == 404
    assert program.get("authority/missing/?kind=nothing").status_code == 422
