"""Every call of the API, by every role, on a case that is open to them, closed to them and not theirs at all.

What is not theirs is not there (404, the same answer as for what never was); what their role does not allow is refused
(403); and a refused call changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import connection
from django.urls import URLPattern

from cases.api.urls import urlpatterns
from cases.commands import action, case, dialogue, invitation, people
from cases.models import Absence, Cause, Grant, Kind, Membership, Target, User
from cases.rules.permission import may
from cases.vocabulary import Actor, ActorKind, Permission, Role
from tests.api.calls import Program
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
}


@dataclass(frozen=True)
class Call:
    """One call: what it needs, and what it acts on (a case, a brand, the organisation, nothing)."""

    method: str
    path: str
    needs: P
    on: str = "case"
    body: dict[str, Any] = field(default_factory=dict)
    or_needs: P | None = None


REASON = {"reason": "Because"}
FROM = {"starts_on": "2030-01-01"}
DAYS = {**FROM, "ends_on": "2030-01-02"}
CALLS = [
    Call("GET", "me/", P.READ, "nothing"),
    *(
        Call("GET", f"{rows}/", P.READ, "list")
        for rows in (
            "posts",
            "cases",
            "brands",
            "channels",
            "targets",
            "teams",
            "categories",
            "kinds",
            "causes",
            "playbooks",
            "people",
        )
    ),
    Call("POST", "posts/", P.INTAKE, "brand", {"channel": "social", "external_id": "x", "text": "Hello"}),
    Call("POST", "posts/batch/", P.INTAKE, "batch"),
    Call("GET", "posts/<uuid:post>/", P.READ),
    Call("POST", "posts/<uuid:post>/triage/", P.TRIAGE, body={"kind": "complaint"}),
    Call("POST", "posts/<uuid:post>/observations/", P.OBSERVE, body={"kind": "gone"}),
    Call("POST", "posts/<uuid:post>/public-replies/", P.REPLY_IN_PUBLIC, body={"text": "Hello"}),
    Call("POST", "posts/<uuid:post>/pass-on/", P.TRIAGE, body={"person": "colleague"}),
    Call("GET", "cases/<slug:reference>/", P.READ),
    Call("PATCH", "cases/<slug:reference>/", P.TRIAGE, body={"severity": 4}),
    Call("POST", "cases/<slug:reference>/assign/", P.ASSIGN, body={"owner": "colleague"}),
    Call("POST", "cases/<slug:reference>/public-replies/", P.REPLY_IN_PUBLIC, body={"text": "Hello"}),
    Call("GET", "cases/<slug:reference>/messages/", P.READ),
    Call("POST", "cases/<slug:reference>/messages/", P.WRITE_PRIVATELY, body={"text": "Hello"}),
    Call("POST", "cases/<slug:reference>/notes/", P.NOTE, body={"text": "Hello"}),
    Call("GET", "cases/<slug:reference>/events/", P.READ_JOURNAL),
    Call("GET", "cases/<slug:reference>/actions/", P.READ),
    Call("POST", "cases/<slug:reference>/actions/", P.ACT, body={"kind": "apology"}),
    Call("GET", "actions/<uuid:action>/", P.READ),
    Call("PATCH", "actions/<uuid:action>/", P.ACT, body={"wording": "x"}),
    Call("POST", "actions/<uuid:action>/request/", P.ACT),
    Call("GET", "approvals/", P.READ, "list"),
    Call("GET", "approvals/<uuid:approval>/", P.READ),
    # Refused first, it is over for everybody who comes after.
    Call("POST", "approvals/<uuid:approval>/refuse/", P.ACT, body=REASON),
    Call("POST", "approvals/<uuid:approval>/approve/", P.ACT),
    Call("POST", "approvals/<uuid:approval>/return/", P.ACT, body=REASON),
    Call("POST", "approvals/<uuid:approval>/withdraw/", P.ACT),
    Call("POST", "approvals/<uuid:approval>/pass-on/", P.ACT),
    Call("POST", "actions/<uuid:action>/start/", P.ACT),
    Call("POST", "actions/<uuid:action>/fail/", P.ACT, body=REASON),
    Call("POST", "actions/<uuid:action>/propose-again/", P.ACT),
    Call("POST", "actions/<uuid:action>/complete/", P.ACT, body={"outcome": "Done"}),
    # Here only managers hold a grant to waive.
    Call("POST", "actions/<uuid:action>/waive/", P.GRANT, body=REASON),
    Call("POST", "actions/<uuid:action>/cancel/", P.ACT),
    Call("POST", "actions/<uuid:action>/ask/", P.ACT, or_needs=P.SETTLE_DELIVERY),
    Call("POST", "actions/<uuid:action>/send-again/", P.SETTLE_DELIVERY),
    Call("POST", "actions/<uuid:action>/settle/", P.SETTLE_DELIVERY, body={"done": False, "words": "They said so."}),
    Call("POST", "public-replies/<uuid:reply>/posted/", P.REPLY_IN_PUBLIC, body={"url": "https://x.example/"}),
    Call("POST", "threads/<uuid:thread>/confirm/", P.CONFIRM_PERSON),
    Call("POST", "threads/<uuid:thread>/refuse/", P.CONFIRM_PERSON),
    Call("POST", "cases/<slug:reference>/wait/", P.WRITE_PRIVATELY, body={"waiting_for": "A photo"}),
    Call("POST", "cases/<slug:reference>/resume/", P.WRITE_PRIVATELY),
    Call("POST", "cases/<slug:reference>/decline-private/", P.WRITE_PRIVATELY),
    Call("POST", "cases/<slug:reference>/decision/", P.DECIDE, body={"outcome": "upheld", **REASON}),
    Call("POST", "cases/<slug:reference>/final-answer/", P.ANSWER, body={"text": "Sorry"}),
    Call("GET", "cases/<slug:reference>/cause/", P.READ),
    Call("POST", "cases/<slug:reference>/cause/", P.HANDLE, body={"prevention": "A second van"}),
    Call("POST", "cases/<slug:reference>/handle/", P.HANDLE),
    Call("POST", "cases/<slug:reference>/reopen/", P.REOPEN, body=REASON),
    Call("GET", "cases/<slug:reference>/confirmation/", P.READ),
    Call(
        "POST",
        "cases/<slug:reference>/confirmation/",
        P.REOPEN,
        body={"answer": "settled", "words": "Fine now.", "told": "phone"},
    ),
    Call("POST", "cases/<slug:reference>/dismiss/", P.DISMISS, body=REASON),
    Call("POST", "cases/<slug:reference>/restrict/", P.RESTRICT, body={"restricted": True}),
    Call("POST", "cases/<slug:reference>/withdraw/", P.HANDLE),
    Call("POST", "brands/", P.SET_UP, "organisation", {"name": "New", "slug": "new", "prefix": "NW"}),
    Call("GET", "brands/<slug:slug>/", P.READ, "brand"),
    Call("PATCH", "brands/<slug:slug>/", P.SET_UP, "brand", {"name": "Other"}),
    Call("GET", "regimes/", P.READ, "nothing"),
    Call("GET", "brands/<slug:slug>/regime/", P.READ, "brand"),
    Call("PATCH", "brands/<slug:slug>/regime/", P.SET_UP, "brand", {"name": "Ours", "demands": ["decision"]}),
    Call("POST", "brands/<slug:slug>/regime/remove/", P.SET_UP, "brand"),
    Call("POST", "causes/", P.SET_UP, "brand", {"code": "new", "label": {"en": "New"}}),
    Call("POST", "channels/", P.SET_UP, "brand", {"name": "C", "slug": "c", "kind": "webhook", "platform": "c"}),
    Call("POST", "targets/", P.SET_UP, "brand", {"name": "New", "url": "https://x.example/"}),
    Call("POST", "targets/<int:number>/secret/", P.SET_UP, "brand"),
    Call("POST", "teams/", P.SET_UP, "brand", {"name": "New team"}),
    Call("POST", "categories/", P.SET_UP, "brand", {"code": "new", "label": {"en": "New"}}),
    Call("POST", "kinds/", P.SET_UP, "brand", {"code": "new", "label": {"en": "New"}}),
    Call("POST", "playbooks/", P.SET_UP, "brand", {"wish": "money", "actions": [{"kind": "apology"}]}),
    Call("POST", "playbooks/<int:number>/draft/", P.SET_UP, "brand", {"actions": [{"kind": "apology"}]}),
    Call("POST", "playbooks/<int:number>/live/", P.SET_UP, "brand"),
    Call("GET", "playbooks/<int:number>/trial/", P.SET_UP, "brand"),
    Call("POST", "playbooks/<int:number>/retire/", P.SET_UP, "brand"),
    *(
        Call(method, f"{rows}/<int:number>/", needs, "brand", {"is_active": True} if method == "PATCH" else {})
        for rows in ("channels", "targets", "teams", "categories", "kinds", "causes", "playbooks")
        for method, needs in (("GET", P.READ), ("PATCH", P.SET_UP))
    ),
    *(Call("GET", f"{rows}/", P.SEE_AUTHORITY, "overseen") for rows in ("grants", "absences", "rates", "waivers")),
    Call("GET", "authority/", P.READ, "nothing"),
    Call("GET", "authority/missing/", P.SEE_AUTHORITY, "overseen"),
    Call("GET", "grants/<int:number>/", P.SEE_AUTHORITY, "brand"),
    Call("POST", "grants/", P.GRANT, "giving", {"person": "agent", "per_action": "5"}),
    Call("POST", "grants/<int:number>/replace/", P.GRANT, "giving", {"per_action": "6"}),
    Call("POST", "grants/<int:number>/end/", P.GRANT, "giving"),
    Call("POST", "absences/", P.GRANT, "giving", {"person": "colleague", **DAYS}),
    Call("POST", "absences/<int:number>/end/", P.GRANT, "giving"),
    Call("POST", "rates/", P.SET_UP, "brand", {"currency": "USD", "into": "EUR", "rate": "0.9", **FROM}),
    Call("POST", "people/", P.MANAGE_PEOPLE, "invite", {"username": "new", "email": "n@example.org", "name": "New"}),
    Call("GET", "people/<str:username>/", P.READ, "brand"),
    Call("PATCH", "people/<str:username>/", P.MANAGE_PEOPLE, "brand", {"name": "Other"}),
    Call("POST", "people/<str:username>/memberships/", P.MANAGE_PEOPLE, "brand", {"role": "agent"}),
    Call("POST", "people/<str:username>/invitation/", P.MANAGE_PEOPLE, "brand"),
    Call("POST", "people/<str:username>/hand-over/", P.REASSIGN_ALL, "brand", {"to": "agent"}),
    Call("POST", "people/<str:username>/deactivate/", P.MANAGE_PEOPLE, "brand", {"heir": "agent"}),
    Call("POST", "people/<str:username>/reactivate/", P.MANAGE_PEOPLE, "brand"),
]
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
        return self.program.get(path) if call.method == "GET" else self.program.send(call.method, path, body)


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
    named = {
        "reference": taken.reference,
        "post": post.public_id,
        "action": taken.actions.get(kind=stage.refund).public_id,
        "approval": taken.approvals.get().public_id,
        "thread": claimed.thread.public_id,
        "reply": written.reply.public_id,
        "username": "colleague",
        "slug": "brindlewick",
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
        },
    }
    return World(stage, program, role, named, is_restricted)


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
            served |= {(name.upper(), str(pattern.pattern)) for name in ("get", "post", "patch") if hasattr(view, name)}
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
        return [name] if answer.status_code not in {200, 201, 202, 409, 422} else _words(world, call, answer, name)
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
