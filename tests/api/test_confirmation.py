"""What complainants were promised, asked and said, as programs read it and write it down."""

from __future__ import annotations

import pytest

from cases.commands import handling
from cases.models import Case, Confirmation
from cases.vocabulary import Status
from tests.api.calls import Program
from tests.desk import ready, taken
from tests.people import AT, Stage, actor, set_stage

pytestmark = pytest.mark.django_db
TOLD = {"answer": "no", "words": "Nothing came.", "told": "phone"}


@pytest.fixture
def stage() -> Stage:
    return set_stage()


@pytest.fixture
def done(stage: Stage) -> Case:
    case = taken(stage)
    ready(stage, case)
    return handling.handle(case_id=case.pk, at=AT, actor=actor(stage.agent))


def test_says_what_was_asked_and_that_silence_is_no_yes(stage: Stage, done: Case) -> None:
    shown = Program(stage.auditor).get(f"cases/{done.reference}/confirmation/").json()
    assert (shown["satisfaction"], shown["said"], len(shown["asked"])) == ("", [], 1)
    assert shown["asked"][0]["again"] is False
    assert [one["text"] for one in shown["promises"]] == ["Apology"]
    assert shown["promises"][0]["kept_at"]


def test_a_no_by_telephone_opens_the_case_once(stage: Stage, done: Case) -> None:
    program = Program(stage.agent)
    url = f"cases/{done.reference}/confirmation/"
    first, again = (program.post(url, TOLD, idempotency_key="k-1") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    (line,) = first.json()["said"]
    assert (line["answer"], line["words"], line["told"], line["recorded_by"]) == (
        "no",
        "Nothing came.",
        "phone",
        "agent",
    )
    done.refresh_from_db()
    assert (done.status, done.reopened) == (Status.OPEN, 1)
    late = program.post(url, TOLD)
    assert (late.status_code, late.json()["code"]) == (409, "changed_meanwhile")


@pytest.mark.parametrize(
    "body",
    [TOLD | {"words": " "}, TOLD | {"told": "page"}, TOLD | {"answer": "perhaps"}, {"answer": "settled"}],
    ids=["no words", "as if on the page", "another answer", "no way"],
)
def test_takes_no_answer_without_words_and_a_way(stage: Stage, done: Case, body: dict[str, str]) -> None:
    assert Program(stage.agent).post(f"cases/{done.reference}/confirmation/", body).status_code == 422
    assert not Confirmation.objects.exists()


def test_stands_in_the_whole_case(stage: Stage, done: Case) -> None:
    program = Program(stage.agent)
    program.post(
        f"cases/{done.reference}/confirmation/",
        {"answer": "settled", "words": "Fine.", "told": "mail", "may_say_publicly": True},
    )
    whole = program.get(f"cases/{done.reference}/").json()
    assert whole["confirmations"][0]["may_say_publicly"] is True
    assert len(whole["promises"]) == 1
    assert program.get("cases/OR-99/confirmation/").status_code == 404
