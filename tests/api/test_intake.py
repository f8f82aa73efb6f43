"""Intake through the API is exactly once, keeps what it cannot use, and says so line by line."""

from __future__ import annotations

from typing import Any

import pytest

from cases.models import Event, Post, Raw
from tests.api.calls import Program
from tests.people import set_stage

pytestmark = pytest.mark.django_db


def sent(**more: Any) -> dict[str, Any]:
    return {"brand": "brindlewick", "channel": "social", "external_id": "a-1", "text": "Where is my sofa?"} | more


def test_the_same_again_without_a_time_is_the_same_post() -> None:
    program = Program(set_stage().agent)
    first, again = program.post("posts/", sent()), program.post("posts/", sent())
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert Raw.objects.count() == Post.objects.count() == 1


def test_a_changed_text_is_an_edit_of_the_same_post() -> None:
    program = Program(set_stage().agent)
    first = program.post("posts/", sent()).json()
    edited = program.post("posts/", sent(text="My sofa came."))
    assert edited.status_code == 200
    assert (edited.json()["id"], edited.json()["text"]) == (first["id"], "Where is my sofa?")
    assert [(seen["kind"], seen["text"]) for seen in edited.json()["observations"]] == [("edited", "My sofa came.")]


def test_a_post_without_words_waits_in_the_tray() -> None:
    program = Program(set_stage().agent)
    for _ in range(2):
        refused = program.post("posts/", sent(text=" \u200b"))
        assert refused.status_code == 422
        assert refused.json()["code"] == "could_not_process"
        assert "tray" in refused.json()["detail"]
    assert Raw.objects.get().status == "failed"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\x00b", "a\ufffdb"),
        ("lone \ud800 surrogate", "lone \ufffd surrogate"),
        ("🙂", "🙂"),
        ("\u202eabc", "\u202eabc"),
        ("x" * 100_000, "x" * 100_000),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
)
def test_hostile_words_are_kept_as_words(text: str, kept: str) -> None:
    answer = Program(set_stage().agent).post("posts/", sent(text=text))
    assert answer.status_code == 201
    assert answer.json()["text"] == kept


@pytest.mark.parametrize(
    ("given", "moment", "precision"),
    [
        ("2026-03-01T12:00:00+02:00", "2026-03-01T10:00:00Z", "instant"),
        ("2026-03-01T12:00:00", "2026-03-01T11:00:00Z", "instant"),
        ("2026-03-01", "2026-02-28T23:00:00Z", "day"),
    ],
)
def test_reads_times_with_a_zone_and_in_the_brands(given: str, moment: str, precision: str) -> None:
    answer = Program(set_stage().agent).post("posts/", sent(posted_at=given)).json()
    assert (answer["posted_at"], answer["precision"]) == (moment, precision)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("external_id", "a\x00b"),
        ("external_id", ""),
        ("external_id", "x" * 256),
        ("external_id", {"a": 1}),
        ("text", None),
        ("text", ["a"]),
        ("author", "tom"),
        ("author", {"name": "Tom"}),
        ("author", {"handle": "a\ud800"}),
        ("posted_at", "2026-02-30T12:00:00Z"),
        ("posted_at", "soon"),
        ("posted_at", 10**30),
        ("lang", "much-too-long"),
        ("url", "x" * 2001),
        ("channel", "nowhere"),
    ],
)
def test_an_unusable_field_is_named(field: str, value: Any) -> None:
    answer = Program(set_stage().agent).post("posts/", sent(**{field: value}))
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == [field]
    assert not Raw.objects.exists()


def test_a_complaint_channel_answers_with_its_case() -> None:
    stage = set_stage()
    stage.form.__class__.objects.filter(pk=stage.channel.pk).update(is_complaints_only=True)
    assert Program(stage.agent).post("posts/", sent()).json()["case"] == "BW-1"


def test_a_batch_says_what_became_of_each_line() -> None:
    stage = set_stage()
    program = Program(stage.agent)
    lines = [
        sent(),
        sent(external_id="a-2", channel="web-form"),
        sent(),
        sent(external_id="a-3", text=""),
        sent(external_id=""),
        sent(external_id="a-4", brand="orvelle"),
    ]
    answer = program.post("posts/batch/", {"posts": lines})
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [line["status"] for line in results] == [201, 201, 200, 422, 422, 404]
    assert results[0]["post"]["id"] == results[2]["post"]["id"]
    assert results[1]["post"]["case"] == "BW-1"
    assert results[3]["problem"]["code"] == "could_not_process"
    assert results[4]["problem"]["errors"] == {"external_id": ["This field may not be blank."]}
    assert [line["status"] for line in program.post("posts/batch/", lines).json()["results"]][:2] == [200, 200]
    assert program.post("posts/batch/", {"posts": []}).status_code == 422
    assert program.post("posts/batch/", [7]).status_code == 422


def test_lists_by_filter_and_goes_on_by_key() -> None:
    stage = set_stage()
    program = Program(stage.agent)
    for number in range(5):
        stage.post(f"p-{number}", author=f"author-{number}")
    page = program.get("posts/", limit=2, brand="brindlewick", kind="none").json()
    assert [post["external_id"] for post in page["results"]] == ["p-4", "p-3"]
    stage.post("p-5", author="author-5")
    page = program.get(page["next"].split("/api/v1/")[1]).json()
    assert [post["external_id"] for post in page["results"]] == ["p-2", "p-1"]
    assert program.get("posts/", external_id="p-2").json()["next"] is None
    for query in ({"cursor": "!!"}, {"cursor": "ab"}, {"limit": 0}, {"limit": "x"}, {"kind": "x"}, {"brand": "a\x00"}):
        assert program.get("posts/", **query).status_code == 422
    assert program.get("posts/", brand="orvelle").json()["results"] == []


def test_observes_passes_on_and_answers_a_post() -> None:
    stage = set_stage()
    program = Program(stage.agent)
    path = f"posts/{stage.post().public_id}"
    reach = program.post(f"{path}/observations/", {"kind": "reach", "views": 2**63 - 1, "at": "2026-03-01T12:00:00Z"})
    assert (reach.status_code, reach.json()["views"]) == (201, 2**63 - 1)
    for body in (
        {"kind": "reach"},
        {"kind": "reach", "views": 2**63},
        {"kind": "reach", "views": -1},
        {"kind": "reach", "views": 1, "at": "2026-03-01T12:00:00"},
        {"kind": "reach", "views": 1, "at": "0001-01-01T00:00:00+23:59"},
        {"kind": "reach", "views": 1, "at": "2199-01-01T00:00:00Z"},
        {"kind": "edited"},
        {"kind": "hidden_by_us"},
        {"kind": "hidden_by_us", "reason": "a\x00"},
        {"kind": "sold"},
    ):
        assert program.post(f"{path}/observations/", body).status_code == 422, body
    assert program.post(f"{path}/pass-on/", {"person": "colleague"}).status_code == 422
    assert program.post(f"{path}/triage/", {"kind": "praise"}).json()["case"] is None
    assert program.post(f"{path}/pass-on/", {"person": "outsider"}).json()["errors"]
    assert program.post(f"{path}/pass-on/", {"person": "colleague"}).json()["passed_to"] == "colleague"
    reply = program.post(f"{path}/public-replies/", {"text": "Thank you!"})
    assert (reply.status_code, reply.json()["status"], reply.json()["invitation"]) == (201, "to_post", None)
    posted = program.post(f"public-replies/{reply.json()['id']}/posted/", {"url": "https://social.example/1"})
    assert posted.json()["status"] == "posted"
    whole = program.get(f"{path}/").json()
    assert [line["text"] for line in whole["replies"]] == ["Thank you!"]
    assert whole["answered_at"]
    assert program.post(f"{path}/triage/", {"kind": "complaint", "category": "nonsense"}).json()["errors"]
    assert Event.objects.filter(stream="post", kind="post_triaged").count() == 1
