"""Programs merge and split cases with the rights of their people, once under a key, and within one brand."""

from __future__ import annotations

import pytest

from cases.commands import case as commands
from cases.models import Case, Event, Membership
from cases.vocabulary import Role, Status
from tests.api.calls import Program
from tests.people import AT, Stage, actor, set_stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    return set_stage()


@pytest.fixture
def program(stage: Stage) -> Program:
    return Program(stage.agent)


def pair(stage: Stage) -> tuple[Case, Case]:
    """BW-1, and BW-2 of the same complainant."""
    first = stage.case()
    post = stage.post("p-2")
    return first, commands.split(case_id=first.pk, post_id=post.pk, at=AT, actor=actor(stage.agent))


def test_a_case_goes_on_in_another(stage: Stage, program: Program) -> None:
    pair(stage)
    body = {"into": "bw-1", "reason": "The same sofa."}
    for _ in range(2):
        answer = program.post("cases/BW-2/merge/", body, Idempotency_Key="once")
        assert (answer.status_code, answer.json()["status"]) == (200, "merged")
    whole = program.get("cases/BW-2/").json()
    assert (whole["merged_into"], whole["posts"]) == ("BW-1", [])
    assert whole["notes"][0]["text"] == "The same sofa."
    first = program.get("cases/BW-1/").json()
    assert (first["merged_into"], len(first["posts"])) == (None, 2)
    told = {line["kind"]: line["payload"] for line in program.get("cases/BW-2/events/").json()["results"]}
    assert told["case_merged"] == {"case": "BW-1"}
    assert Event.objects.filter(kind="case_merged").count() == 1


def test_another_case_is_named_to_whoever_may_open_it(stage: Stage) -> None:
    first, second = pair(stage)
    commands.merge(case_id=second.pk, into_id=first.pk, at=AT, actor=actor(stage.agent))
    commands.restrict(case_id=first.pk, is_restricted=True, at=AT, actor=actor(stage.manager))
    program = Program(stage.colleague)
    assert program.get("cases/BW-2/").json()["merged_into"] is None
    told = {line["kind"]: line["payload"] for line in program.get("cases/BW-2/events/").json()["results"]}
    assert told["case_merged"] == {"case": None}


@pytest.mark.parametrize("into", ["BW-2", "BW-3", "BW-99", "OR-1", "\x00"])
def test_refuses_what_is_no_other_case_of_theirs(stage: Stage, program: Program, into: str) -> None:
    """Itself, somebody else's, none, and one of another brand where the person works as well."""
    pair(stage)
    stage.case("p-9", author="ida")
    Membership.objects.create(person=stage.agent, brand=stage.other_brand, role=Role.AGENT)
    _there(stage)
    answer = program.post("cases/BW-2/merge/", {"into": into})
    assert answer.status_code in {400, 422}
    assert Case.objects.get(reference="BW-2").status == Status.NEW


def _there(stage: Stage) -> None:
    """OR-1, with a post of the same author."""
    channel = stage.other_brand.channels.create(name="There", slug="there", kind="webhook", platform="social")
    own = {"brand": "orvelle", "channel": channel.slug, "external_id": "o-1", "text": "Hi", "author": {"handle": "tom"}}
    made = Program(stage.outsider).post("posts/", own)
    assert made.status_code == 201
    path = f"posts/{made.json()['id']}/triage/"
    assert Program(stage.outsider).post(path, {"kind": "complaint"}).status_code in {200, 201}
    assert Case.objects.filter(reference="OR-1").exists()


def test_what_is_closed_to_them_is_not_there(stage: Stage, program: Program) -> None:
    first, second = pair(stage)
    commands.restrict(case_id=first.pk, is_restricted=True, at=AT, actor=actor(stage.manager))
    hidden, never = (program.post("cases/BW-2/merge/", {"into": each}) for each in ("BW-1", "BW-99"))
    assert (hidden.status_code, hidden.json()) == (422, never.json())
    assert program.post("cases/BW-1/merge/", {"into": second.reference}).status_code == 404


def test_a_decided_case_is_refused_with_its_field(stage: Stage, program: Program) -> None:
    pair(stage)
    program.post("cases/BW-2/assign/", {})
    program.post("cases/BW-2/decision/", {"outcome": "upheld", "reason": "Ours."})
    answer = program.post("cases/BW-2/merge/", {"into": "BW-1"})
    assert answer.status_code == 422
    assert "decided or promised" in str(answer.json()["errors"]["into"])


def test_a_post_gets_a_case_of_its_own(stage: Stage, program: Program) -> None:
    stage.case()
    post = stage.post("p-2")
    for _ in range(2):
        answer = program.post("cases/BW-1/split/", {"post": str(post.public_id)}, Idempotency_Key="once")
        assert (answer.status_code, answer.json()["reference"]) == (201, "BW-2")
    again = program.post("cases/BW-1/split/", {"post": str(post.public_id)})
    assert again.status_code == 422
    assert Case.objects.count() == 2
    left = {line["kind"]: line["payload"] for line in program.get("cases/BW-1/events/").json()["results"]}
    assert left["post_left"] == {"post": str(post.public_id), "case": "BW-2"}


def test_no_call_moves_a_case_to_another_brand(stage: Stage, program: Program) -> None:
    made = stage.case()
    Membership.objects.create(person=stage.agent, brand=stage.other_brand, role=Role.AGENT)
    for body in ({"brand": "orvelle"}, {"brand": "orvelle", "severity": 4}):
        program.patch("cases/BW-1/", body)
        made.refresh_from_db()
        assert made.brand_id == stage.brand.pk
