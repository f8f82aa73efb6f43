"""Every call of the API, by every role, on a case that is open to them, closed to them and not theirs at all.

What is not theirs is not there (404, the same answer as for what never was); what their role does not allow is refused
(403); and a refused call changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import connection
from django.urls import URLPattern
from django.utils import timezone

from cases.api.urls import urlpatterns
from cases.commands import (
    action,
    case,
    dialogue,
    export,
    frozen,
    invitation,
    people,
    report_run,
    return_run,
    saved_report,
)
from cases.models import (
    Absence,
    Case,
    CaseTag,
    Category,
    Cause,
    Escalation,
    Grant,
    Kind,
    Membership,
    Replay,
    Tag,
    Target,
    User,
)
from cases.queries.reports.asked import Asked
from cases.rules.permission import may
from cases.vocabulary import Actor, ActorKind, Format, Goal, Permission, Role, When
from tests import exported, rules_at_work, times
from tests.api.calls import Program
from tests.guards.calls import CALLS, Call
from tests.people import AT, Stage, actor, person, set_stage

P = Permission
pytestmark = pytest.mark.django_db
NOWHERE = {
    "reference": "BW-999999",
    "post": UUID(int=1),
    "action": UUID(int=2),
    "approval": UUID(int=5),
    "thread": UUID(int=3),
    "reply": UUID(int=4),
    "username": "nobody",
    "slug": "nowhere",
    "number": 99_999_999,
    "deadline": 99_999_999,
    "tag": 99_999_999,
    "calendar": UUID(int=6),
    "policy": UUID(int=7),
    "rule": UUID(int=8),
    "replay": UUID(int=9),
    "escalation": UUID(int=10),
    "pack": "nowhere",
    "report": "nowhere",
    "regulator": "nowhere",
    "export": UUID(int=11),
    "run": UUID(int=12),
    "return_run": UUID(int=15),
    "frozen": UUID(int=13),
    "saved": UUID(int=14),
}


METHODS = ("get", "post", "patch", "delete")
ROLES = ["agent", "manager", "admin", "auditor", "outsider", "chief", "nobody", "leaver"]


@dataclass
class World:
    """The stage with one case, what belongs to it, and somebody in each role."""

    stage: Stage
    program: Program
    role: str
    named: dict[str, Any]
    is_restricted: bool

    def sees(self, call: Call) -> bool:
        """Whether what the call acts on is there for this role."""
        if call.on in {"own", "kept"}:
            return self.role == "manager" or (call.on == "kept" and self.role in {"agent", "chief"})
        if self.role == "chief":
            return call.on == "batch" or (call.on != "case" and call.needs not in {P.INTAKE, P.REASSIGN_ALL})
        if call.on == "case" and self.is_restricted:
            return self.role == "manager"
        return self.role != "outsider" or call.on in {"nothing", "list", "overseen", "organisation", "batch"}

    def may(self, call: Call) -> bool:
        """Whether the role allows it."""
        if call.on == "overseen" and self.role == "outsider":
            return True
        if call.on == "giving" and self.role in {"admin", "chief"}:
            return True
        if call.on in {"nothing", "list"} or (call.on == "batch" and self.role in {"outsider", "chief"}):
            return True
        if self.role == "chief":
            return call.needs in {P.SET_UP, P.MANAGE_PEOPLE, P.READ, P.SEE_AUTHORITY}
        if call.on == "organisation":
            return False
        return any(may(Role(self.role), needed) for needed in (call.needs, call.or_needs) if needed)

    def call(self, call: Call, named: dict[str, Any]) -> Any:
        """Make the call."""
        path, number = (
            call.path,
            {"number": named["numbers"].get(call.path.split("/")[0])} if "numbers" in named else {},
        )
        for name, value in {**named, **number}.items():
            for kind in ("slug", "uuid", "str", "int"):
                path = path.replace(f"<{kind}:{name}>", str(value))
        body = dict(call.body)
        line = {"brand": "brindlewick", "channel": "social", "external_id": "y", "text": "Hello"}
        if call.on == "batch":
            body = {"posts": [line]}
        elif call.on == "invite":
            body["memberships"] = [{"brand": "brindlewick", "role": "agent"}]
        elif call.on in {"brand", "giving"} and call.method == "POST":
            body["brand"] = "brindlewick"
        return self.program.get(path, **body) if call.method == "GET" else self.program.send(call.method, path, body)


def _world(role: str, *, is_restricted: bool) -> World:
    stage = set_stage()
    User.objects.filter(pk=stage.admin.pk).update(is_organisation_admin=False)
    chief, leaver = person("chief", is_organisation_admin=True), person("leaver")
    Membership.objects.create(person=leaver, brand=stage.brand, role=Role.AGENT)
    taken = case.take(case_id=stage.case().pk, at=AT, actor=actor(stage.colleague))
    post = taken.links.get().post
    written = dialogue.reply_in_public(
        post_id=post.pk, text="Hello", is_inviting=True, at=AT, actor=actor(stage.colleague)
    )
    claimed = invitation.claim(
        secret=written.invitation.rstrip("/").split("/")[-1],
        name="Tom",
        contact="tom@example.org",
        text="It is me.",
        at=AT,
        actor=Actor(ActorKind.COMPLAINANT),
    )
    who = (
        {"chief": chief, "leaver": leaver, "nobody": None}.get(role) if role in {"chief", "leaver", "nobody"} else None
    )
    program = Program(who or getattr(stage, role, None))
    people.deactivate_person(person_id=leaver.pk, at=AT, actor=actor(chief))
    gift = Kind.objects.create(
        brand=stage.brand, code="gift", label={"en": "Gift"}, has_amount=True, proof="outcome", two_people_above=1
    )
    action.add_action(case_id=taken.pk, kind_id=gift.pk, amount=Decimal(5), at=AT, actor=actor(stage.colleague))
    if is_restricted:
        case.restrict(case_id=taken.pk, is_restricted=True, at=AT, actor=actor(stage.manager))
    system = Target.objects.create(brand=stage.brand, name="Billing", url="https://x.example/", secret="s", mapping={})
    Category.objects.create(brand=stage.brand, code="wide", label={"en": "Wide"})
    named = {
        **_time(stage, taken),
        "reference": taken.reference,
        "post": post.public_id,
        "action": taken.actions.get(kind=stage.refund).public_id,
        "approval": taken.approvals.get().public_id,
        "thread": claimed.thread.public_id,
        "reply": written.reply.public_id,
        "username": "colleague",
        "slug": "brindlewick",
        **_reports(stage),
        "numbers": {
            "channels": stage.channel.pk,
            "targets": system.pk,
            "grants": Grant.objects.create(brand=stage.brand, person=stage.colleague, currency="EUR", per_action=5).pk,
            "absences": Absence.objects.create(
                brand=stage.brand, person=stage.colleague, starts_on="2031-01-01", ends_on="2031-01-02"
            ).pk,
            "teams": stage.team.pk,
            "categories": stage.category.pk,
            "kinds": stage.refund.pk,
            "causes": Cause.objects.create(brand=stage.brand, code="late", label={"en": "Late"}).pk,
            "playbooks": stage.category.playbooks.get().pk,
            "tags": stage.brand.tags.get().pk,
        },
    }
    return World(stage, program, role, named, is_restricted)


def _time(stage: Stage, taken: Case) -> dict[str, Any]:
    """What watches over the case, and what it has led to."""
    version = rules_at_work.live(stage, When.OPENED)
    due = rules_at_work.deadline(taken, AT + timedelta(days=365))
    tag = Tag.objects.create(brand=stage.brand, name="angry")
    CaseTag.objects.create(case=taken, tag=tag)
    replay = Replay.objects.create(brand=stage.brand, version=version, starts_on="2026-01-01", ends_on="2026-01-02")
    acted = Escalation.objects.create(
        brand=stage.brand, case=taken, rule=version.rule, version=version, occasion="opened", matched_at=AT
    )
    return {
        "calendar": times.working_hours(stage.brand).public_id,
        "policy": times.policy(stage.brand, Goal.DECISION).public_id,
        "pack": "casedesk",
        "deadline": due.pk,
        "tag": tag.pk,
        "rule": version.rule.public_id,
        "replay": replay.public_id,
        "escalation": acted.public_id,
    }


def _reports(stage: Stage) -> dict[str, Any]:
    """What the manager keeps of reports."""
    by, now = actor(stage.manager), timezone.now()
    asked = Asked.of("speed", {"period": ["last-month"]}, now=now, zone="UTC")
    made = export.start_export(asked=asked, of="cases", written_as=Format.CSV, at=now, actor=by)
    kept = frozen.freeze(brand_id=stage.brand.pk, period="2026-08", at=now, actor=by)
    long = {"regulator": "disp", "brand_id": stage.brand.pk, "period": "2026-H1"}
    return {
        "report": "speed",
        "regulator": "disp",
        "return_run": return_run.start_return(**long, at=now, actor=by).public_id,
        "export": exported.written(made, now).public_id,
        "run": report_run.start_run(asked=asked, at=now, actor=by).public_id,
        "frozen": kept.public_id,
        "saved": saved_report.save_report(asked=asked, name="Speed", at=now, actor=by).public_id,
    }


def _everything() -> list[tuple[str, int]]:
    tables = sorted(model._meta.db_table for model in apps.get_app_config("cases").get_models())
    counts = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in tables)
    revisions = " UNION ALL SELECT 'revision', coalesce(sum(revision), 0) FROM cases_case"
    with connection.cursor() as cursor:
        cursor.execute(counts + revisions)
        # A parallel plan appends its parts in any order.
        return sorted(cursor.fetchall())


def test_the_table_has_every_call() -> None:
    served = set()
    for pattern in urlpatterns:
        view = getattr(pattern.callback, "view_class", None)
        if isinstance(pattern, URLPattern) and view is not None and pattern.name not in {"api-schema", "api-callback"}:
            served |= {(name.upper(), str(pattern.pattern)) for name in METHODS if hasattr(view, name)}
    assert {(call.method, call.path) for call in CALLS} == served


@pytest.mark.parametrize("is_restricted", [False, True])
@pytest.mark.parametrize("role", ROLES)
def test_each_call_asks_who_calls(role: str, is_restricted: bool) -> None:
    world = _world(role, is_restricted=is_restricted)
    wrong = [said for call in CALLS for said in _judge(world, call)]
    assert wrong == []


def _judge(world: World, call: Call) -> list[str]:
    before = _everything()
    answer = world.call(call, world.named)
    if answer.streaming:
        list(answer)
    name = f"{call.method} {call.path}: {answer.status_code}"
    if world.role in {"nobody", "leaver"}:
        expected = {401}
    elif not world.sees(call):
        expected = {404}
        nothing = world.call(call, NOWHERE)
        if "<" in call.path and nothing.json() != answer.json():
            return [f"{name} tells what never was apart from what is not theirs"]
    elif not world.may(call):
        expected = {403}
    else:
        return [name] if answer.status_code not in {200, 201, 202, 204, 409, 422} else _words(world, call, answer, name)
    said = [f"{name}, not {expected}"] if answer.status_code not in expected else []
    return said + ([f"{name} changed something"] if _everything() != before else [])


def _words(world: World, call: Call, answer: Any, name: str) -> list[str]:
    """No list tells a word of what is not theirs."""
    hidden = []
    if world.role == "outsider":
        hidden = ["BW-", "sofa", "colleague", "brindlewick"]
    elif world.is_restricted and call.on == "list" and world.role in {"agent", "admin", "auditor"}:
        hidden = [world.named["reference"], "sofa"]
    if call.on == "batch":
        is_theirs = world.role not in {"outsider", "chief"}
        return [] if answer.json()["results"][0]["status"] == (201 if is_theirs else 404) else [name]
    return [f"{name} says “{word}”" for word in hidden if word in answer.content.decode()]
