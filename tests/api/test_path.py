"""A program goes the agent's whole path through the API: post, case, dialogue, decision, proof, answer, handled."""

from __future__ import annotations

import pytest

from cases.commands import delivery, invitation
from cases.models import Case, Delivery, Thread
from cases.vocabulary import SYSTEM, Actor, ActorKind
from tests.api.calls import Program
from tests.people import AT, set_stage

pytestmark = [pytest.mark.django_db, pytest.mark.database]
SOMEBODY = Actor(ActorKind.COMPLAINANT)


def test_a_program_goes_all_the_way() -> None:
    stage = set_stage()
    program = Program(stage.agent)
    sent = {
        "brand": "brindlewick",
        "channel": "social",
        "external_id": "77-1",
        "text": "Third time you cancel my delivery.",
        "author": {"handle": "tom", "name": "Tom"},
        "url": "https://social.example/77",
        "posted_at": "2026-03-01T12:00:00Z",
        "lang": "en",
    }
    first, again = program.post("posts/", sent), program.post("posts/", sent)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    post = first.json()
    assert (post["case"], post["kind"], post["author"]) == (None, None, {"handle": "tom", "name": "Tom"})

    triaged = program.post(f"posts/{post['id']}/triage/", {"kind": "complaint", "category": "delivery", "severity": 3})
    assert triaged.status_code == 200
    reference = triaged.json()["case"]
    assert reference == "BW-1"
    assert program.get(f"posts/{post['id']}/").json()["case"] == reference

    taken = program.post(f"cases/{reference}/assign/")
    assert (taken.status_code, taken.json()["owner"], taken.json()["status"]) == (200, "agent", "open")
    replied = program.post(
        f"cases/{reference}/public-replies/",
        {"text": "We are on it.", "url": "https://social.example/78", "invite": True},
    )
    assert replied.status_code == 201
    link = replied.json()["invitation"]
    assert "/i/" in link
    claimed = invitation.claim(
        secret=link.rstrip("/").split("/")[-1], name="Tom", contact="tom@example.org", text="It is me.", at=AT,
        actor=SOMEBODY,
    )  # fmt: skip
    thread = Thread.objects.get(pk=claimed.thread.pk)
    confirmed = program.post(f"threads/{thread.public_id}/confirm/")
    assert confirmed.json()["verified_at"]
    assert program.post(f"cases/{reference}/messages/", {"text": "Which day suits you?"}).status_code == 201
    assert program.post(f"cases/{reference}/notes/", {"text": "@manager look"}).status_code == 201
    said = program.get(f"cases/{reference}/messages/").json()["results"]
    assert [line["author"] for line in said] == [None, "agent"]

    closed = program.post(f"cases/{reference}/handle/")
    whole = program.get(f"cases/{reference}/").json()
    assert closed.status_code == 409
    assert closed["Content-Type"] == "application/problem+json"
    assert closed.json()["code"] == "gate_closed"
    assert closed.json()["missing"] == whole["gate"]["missing"]
    assert [gap["code"] for gap in whole["gate"]["missing"]] == ["decision", "action_open", "final_answer"]
    assert whole["gate"]["open"] is False
    refund = whole["actions"][0]
    assert whole["gate"]["missing"][1]["action"] == refund["id"]

    decided = program.post(f"cases/{reference}/decision/", {"outcome": "upheld", "reason": "We lost it."})
    assert decided.status_code == 201
    unproven = program.post(f"actions/{refund['id']}/complete/", {"outcome": "Paid"})
    assert (unproven.status_code, unproven.json()["code"]) == (422, "proof_missing")
    done = program.post(
        f"actions/{refund['id']}/complete/", {"outcome": "Paid", "reference": "RF-1", "amount": "60.00"}
    )
    assert (done.status_code, done.json()["status"]) == (200, "done")
    assert done.json()["proof"]["reference"] == "RF-1"
    added = program.post(f"cases/{reference}/actions/", {"kind": "apology", "required": False, "wording": "Sorry"})
    assert added.status_code == 201
    waived = program.post(f"actions/{added.json()['id']}/waive/", {"reason": "Not needed"})
    assert (waived.status_code, waived.json()["code"]) == (403, "not_allowed")
    answered = program.post(f"cases/{reference}/final-answer/", {"text": "You were right."})
    assert (answered.status_code, answered.json()["status"]) == (201, "sending")
    answer = Delivery.objects.order_by("-id")[0]
    delivery.claim(delivery_id=answer.pk, at=answer.due_at, actor=SYSTEM)
    delivery.mark_sent(delivery_id=answer.pk, claimed_at=answer.due_at, at=AT, actor=SYSTEM)

    handled = program.post(f"cases/{reference}/handle/")
    assert (handled.status_code, handled.json()["status"]) == (200, "handled")
    assert handled.json()["gate"] == {"open": True, "missing": []}
    events = program.get(f"cases/{reference}/events/", limit=5).json()
    assert events["results"][0]["kind"] == "case_opened"
    assert events["results"][0]["payload"]["post"] == post["id"]
    following = program.get(events["next"].split("/api/v1/")[1]).json()["results"]
    assert following[0]["seq"] == 6
    reopened = program.post(f"cases/{reference}/reopen/", {"reason": "Not so fast"})
    assert (reopened.status_code, reopened.json()["status"]) == (200, "open")
    assert Case.objects.get().reopened == 1
    listed = program.get("cases/", owner="me", status="open", brand="brindlewick", category="delivery", q="cancel")
    assert [case["reference"] for case in listed.json()["results"]] == [reference]
