"""Every call: who asks, how often, with which key, in what form; and the refusals, each with a code that stays."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cases.api import throttling
from cases.commands import people, tokens
from cases.models import Action, Case, Event, IdempotencyKey, Message, Note, Post
from cases.vocabulary import SYSTEM
from tests.api.calls import Program
from tests.people import AT, Stage, actor, set_stage

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def opened(stage: Stage, owner: Any = None) -> Case:
    made = stage.case()
    Program(owner or stage.agent).post(f"cases/{made.reference}/assign/")
    made.refresh_from_db()
    return made


class TestWho:
    def test_no_token_a_wrong_one_and_a_session_open_nothing(self, stage: Stage) -> None:
        session = Client()
        session.force_login(stage.agent)
        headers = ("Bearer nonsense", "Bearer", "Basic YWdlbnQ6eA==", "Bearer a b", "Bearer " + "x" * 5000)
        strangers = [Client().get("/api/v1/me/", headers={"Authorization": header}) for header in headers]
        for answer in [session.get("/api/v1/me/"), *strangers]:
            assert answer.status_code == 401
            assert answer["WWW-Authenticate"].startswith("Bearer")
            assert answer["Content-Type"] == "application/problem+json"
            assert answer.json()["code"] == "not_authenticated"
            assert answer.json()["type"] == "urn:casedesk:not_authenticated"

    def test_a_revoked_token_and_a_deactivated_person_open_nothing(self, stage: Stage) -> None:
        program, leaver = Program(stage.agent), Program(stage.colleague)
        assert program.get("me/").json()["memberships"][0]["role"] == "agent"
        assert program.get("me/").json()["username"] == "agent"
        tokens.revoke_token(token_id=program.token.pk, at=AT, actor=SYSTEM)
        people.deactivate_person(person_id=stage.colleague.pk, at=AT, actor=actor(stage.admin))
        assert program.get("me/").status_code == leaver.get("me/").status_code == 401

    def test_too_many_calls_wait(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(throttling, "PER_MINUTE", 2)
        program = Program(stage.agent)
        assert [program.get("me/").status_code for _ in range(3)] == [200, 200, 429]
        refused = program.get("me/")
        assert 0 < int(refused["Retry-After"]) <= 60
        assert refused.json()["code"] == "throttled"
        assert Program(stage.colleague).get("me/").status_code == 200


class TestForm:
    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            (b"{", 400, "unreadable"),
            (b"\xff\xfe", 400, "unreadable"),
            (b"[" * 100_000, 400, "unreadable"),
            (b'{"text": NaN}', 400, "unreadable"),
            (b"9" * 5_000, 400, "unreadable"),
            (b"[]", 422, "invalid"),
            (b"null", 422, "invalid"),
            (b"1e999", 422, "invalid"),
            (b'{"text": 1e999}', 201, None),
            (b'{"text": true}', 422, "invalid"),
            (b'{"text": " "}', 422, "invalid"),
            (b'{"text": "' + b"x" * 5_000_000 + b'"}', 413, "too_large"),
        ],
    )
    def test_a_body_that_cannot_be_read_says_why(
        self, stage: Stage, body: bytes, status: int, code: str | None
    ) -> None:
        answer = Program(stage.agent).post(f"cases/{opened(stage).reference}/notes/", body)
        assert answer.status_code == status
        assert answer.json().get("code") == code

    def test_other_forms_methods_and_addresses_are_refused(self, stage: Stage) -> None:
        program = Program(stage.agent)
        reference = opened(stage).reference
        client = program.client
        text = client.post(
            f"/api/v1/cases/{reference}/notes/", "text=x", content_type="text/plain", headers=program.headers
        )
        refused = [
            (text, 415, "unsupported_media_type"),
            (program.send("DELETE", "cases/"), 405, "method_not_allowed"),
            (program.get("nowhere/"), 404, "not_found"),
            (program.get("cases"), 404, "not_found"),
            (client.get("/api/v2/"), 404, "not_found"),
            (client.post("/api/"), 404, "not_found"),
            (program.get("channels/99999999999999999999999/"), 404, "not_found"),
            (program.get("posts/not-a-uuid/"), 404, "not_found"),
        ]
        for answer, status, code in refused:
            assert (answer.status_code, answer.json()["code"]) == (status, code)
            assert answer["Content-Type"] == "application/problem+json"
            assert set(answer.json()) >= {"type", "title", "status", "detail", "code"}
        assert program.client.get("/api/v1/me/?format=xml", headers={**program.headers, "Accept": "text/html"}).json()

    def test_a_form_beyond_its_limits_is_refused(self, stage: Stage) -> None:
        program = Program(stage.agent)
        path = f"/api/v1/cases/{opened(stage).reference}/notes/"
        for form in ({f"f{number}": "x" for number in range(2_000)}, {"text": "x" * 5_000_000}):
            refused = program.client.post(path, form, headers=program.headers)
            assert (refused.status_code, refused.json()["code"]) == (413, "too_large")
        broken = program.client.post(
            path, b"--x", content_type="multipart/form-data; boundary=", headers=program.headers
        )
        assert (broken.status_code, broken.json()["code"]) == (400, "parse_error")

    def test_files_come_in_json_and_as_a_form(self, stage: Stage) -> None:
        program = Program(stage.agent)
        reference = opened(stage).reference
        inside = {"name": "proof.pdf", "content": base64.b64encode(PDF).decode()}
        note = program.post(f"cases/{reference}/notes/", {"text": "See", "files": [inside]})
        assert [file["name"] for file in note.json()["files"]] == ["proof.pdf"]
        form = program.client.post(
            f"/api/v1/actions/{Action.objects.get().public_id}/complete/",
            {"outcome": "Paid", "reference": "RF-1", "amount": "12.50", "files": [SimpleUploadedFile("a.pdf", PDF)]},
            headers={**program.headers, "Idempotency-Key": "k"},
        )
        assert (form.status_code, form.json()["status"]) == (200, "done")
        assert [file["name"] for file in form.json()["files"]] == ["a.pdf"]
        for wrong in (
            {"name": "run.png", "content": base64.b64encode(b"MZ" + b"\0" * 200).decode()},
            {"name": "a.pdf", "content": "***"},
            {"name": "a.pdf", "content": 7},
            {"name": "a.svg", "content": base64.b64encode(b"<svg onload='x()'/>").decode()},
        ):
            refused = program.post(f"cases/{reference}/notes/", {"text": "See", "files": [wrong]})
            assert refused.status_code == 422, wrong
        assert Note.objects.count() == 1


class TestKey:
    def test_a_repeat_changes_nothing_and_gives_the_first_answer(self, stage: Stage) -> None:
        program = Program(stage.agent)
        reference = opened(stage).reference
        path, body = f"cases/{reference}/public-replies/", {"text": "We are on it.", "invite": True}
        first, again = (program.post(path, body, Idempotency_Key="k-1") for _ in range(2))
        assert (first.status_code, again.status_code) == (201, 201)
        assert first.json() == again.json()
        assert first.json()["invitation"].startswith("http")
        assert Event.objects.filter(kind="reply_written").count() == 1
        reordered = program.post(path, b'{"invite":true,  "text":"We are on it."}', Idempotency_Key="k-1")
        assert reordered.json() == first.json()

    def test_the_first_status_stays(self, stage: Stage) -> None:
        program = Program(stage.agent)
        body = {"brand": "brindlewick", "channel": "social", "external_id": "a", "text": "Hello"}
        assert [program.post("posts/", body, Idempotency_Key="k").status_code for _ in range(2)] == [201, 201]
        assert program.post("posts/", body).status_code == 200
        empty = body | {"external_id": "b", "text": ""}
        assert [program.post("posts/", empty, Idempotency_Key="e").status_code for _ in range(2)] == [422, 422]

    def test_another_body_or_address_under_the_key_is_refused(self, stage: Stage) -> None:
        program = Program(stage.agent)
        path = f"cases/{opened(stage).reference}/notes/"
        assert program.post(path, {"text": "One"}, Idempotency_Key="k").status_code == 201
        for other, body in ((path, {"text": "Two"}), (path.replace("notes", "messages"), {"text": "One"})):
            refused = program.post(other, body, Idempotency_Key="k")
            assert (refused.status_code, refused.json()["code"]) == (422, "key_reused")
        assert (Note.objects.count(), Message.objects.count()) == (1, 0)
        assert Program(stage.agent).post(path, {"text": "Two"}, Idempotency_Key="k").status_code == 201

    def test_a_refusal_leaves_the_key_free(self, stage: Stage) -> None:
        program = Program(stage.agent)
        path = f"cases/{opened(stage).reference}/handle/"
        assert program.post(path, Idempotency_Key="k").status_code == 409
        assert not IdempotencyKey.objects.exists()

    @pytest.mark.parametrize("key", ["", "x" * 256, "é", "a b"])
    def test_a_key_that_is_none_is_refused(self, stage: Stage, key: str) -> None:
        refused = Program(stage.agent).post(
            f"cases/{opened(stage).reference}/notes/", {"text": "x"}, Idempotency_Key=key
        )
        assert (refused.status_code, refused.json()["code"]) == (400, "bad_key")
        assert not Note.objects.exists()


class TestRefusals:
    def test_a_search_that_takes_too_long_stops(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        opened(stage)
        monkeypatch.setattr("cases.queries.api.PATIENCE_MS", 1)
        monkeypatch.setattr(
            "cases.queries.api.matches", lambda _seer, _words: Q(pk__gt=RawSQL("length(pg_sleep(1)::text)", ()))
        )
        refused = Program(stage.agent).get("cases/", q="sofa")
        assert (refused.status_code, refused.json()["code"]) == (503, "search_too_slow")

    def test_a_taken_case_says_by_whom(self, stage: Stage) -> None:
        refused = Program(stage.colleague).post(f"cases/{opened(stage).reference}/assign/")
        assert (refused.status_code, refused.json()["code"]) == (409, "already_taken")
        assert "Agent" in refused.json()["detail"]

    def test_an_owner_must_be_of_the_brand_and_nobody_elses_name_is_told(self, stage: Stage) -> None:
        program = Program(stage.agent)
        reference = stage.case().reference
        answers = [program.post(f"cases/{reference}/assign/", {"owner": who}) for who in ("outsider", "nobody")]
        assert [answer.status_code for answer in answers] == [422, 422]
        assert answers[0].json() == answers[1].json()
        assert program.post(f"cases/{reference}/assign/", {"owner": "auditor"}).json()["code"] == "not_ownable"
        assert program.post(f"cases/{reference}/assign/", {"owner": "colleague"}).json()["owner"] == "colleague"

    def test_a_leak_is_shown_by_its_excerpt(self, stage: Stage) -> None:
        program = Program(stage.agent)
        reference = opened(stage).reference
        program.post(f"cases/{reference}/notes/", {"text": "Her mail is amy@example.org"})
        path, body = f"cases/{reference}/public-replies/", {"text": "We wrote to amy@example.org today."}
        refused = program.post(path, body)
        assert (refused.status_code, refused.json()["code"]) == (422, "leaks")
        excerpts = [leak["excerpt"] for leak in refused.json()["leaks"]]
        assert excerpts == ["amy@example.org"]
        assert program.post(path, body | {"may_be_public": excerpts}).status_code == 201

    def test_what_the_database_refuses_has_its_code(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("cases.queries.handling.missing", lambda _case: [])
        refused = Program(stage.agent).post(f"cases/{opened(stage).reference}/handle/")
        assert (refused.status_code, refused.json()["code"]) == (409, "gate_closed")

    @pytest.mark.parametrize(
        ("path", "body", "field"),
        [
            ("decision", {"outcome": "maybe", "reason": "x"}, "outcome"),
            ("decision", {"outcome": "upheld", "reason": ""}, "reason"),
            ("actions", {"kind": "nonsense"}, "kind"),
            ("actions", {"kind": "refund", "amount": "1e400"}, "amount"),
            ("actions", {"kind": "refund", "amount": "-5"}, "amount"),
            ("actions", {"kind": "refund", "amount": "0.001"}, "amount"),
            ("actions", {"kind": "refund", "amount": "5", "currency": "EURO"}, "currency"),
            ("actions", {"kind": "refund", "team": 2**63}, "team"),
            ("actions", {"kind": "refund", "due_at": "9999-12-31T23:59:59-12:00"}, "due_at"),
            ("actions", {"kind": "refund", "owner": "outsider"}, "owner"),
            ("final-answer", {"text": "Sorry"}, "decision"),
            ("final-answer", {"text": "Sorry", "route": "pigeon"}, "route"),
            ("wait", {}, "waiting_for"),
            ("reopen", {"reason": 7.5e300, "x": []}, None),
        ],
    )
    def test_an_unusable_value_is_named(self, stage: Stage, path: str, body: dict[str, Any], field: str | None) -> None:
        answer = Program(stage.agent).post(f"cases/{opened(stage).reference}/{path}/", body)
        if field is None:
            assert answer.status_code == 409
        else:
            assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])


PATHS = [
    *(f"{rows}/" for rows in ("posts", "cases", "people", "brands", "channels", "teams", "categories", "kinds")),
    *("playbooks/", "me/", "cases/BW-1/", "cases/BW-1/actions/"),
    *("cases/BW-1/messages/", "cases/BW-1/events/", "posts/{post}/", "actions/{action}/"),
]


def test_no_row_adds_a_query_and_no_read_takes_more_than_eight(stage: Stage) -> None:
    program = Program(stage.agent)
    opened(stage)
    named = {"post": Post.objects.get().public_id, "action": Action.objects.get().public_id}
    paths = [path.format(**named) for path in PATHS]
    with_one = {path: _queries(program, path) for path in paths}
    for number in range(2, 22):
        made = stage.case(f"p-{number}", author=f"author-{number}")
        program.post(f"cases/{made.reference}/assign/")
        program.post("cases/BW-1/notes/", {"text": "A note"})
        program.post("cases/BW-1/actions/", {"kind": "apology"})
        program.post("cases/BW-1/public-replies/", {"text": "Hello"})
        program.post(f"posts/{named['post']}/observations/", {"kind": "gone"})
    assert {path: _queries(program, path) for path in paths} == with_one
    assert max(with_one.values()) <= 8
    # Last, because within a test the search's limit of time stays.
    assert _queries(program, "cases/?q=sofa&status=open&owner=me&team=Delivery&category=delivery") <= 8


def _queries(program: Program, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        answer = program.get(path)
    assert answer.status_code == 200
    return len(queries)
