"""A small organisation in which everything exists at least once, and every address of the application."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from cases.commands import (
    action,
    authority,
    calendar,
    case,
    catalogue,
    cause,
    dialogue,
    export,
    frozen,
    handling,
    intake,
    invitation,
    moves,
    playbook,
    policy,
    regime,
    replay,
    report_run,
    return_run,
    rule,
    saved_report,
    tag,
    target,
    triage,
    upkeep,
)
from cases.commands import setup as commands
from cases.models import (
    Absence,
    Action,
    ApiToken,
    Approval,
    Attachment,
    Calendar,
    Callback,
    Case,
    Category,
    Cause,
    Channel,
    Deadline,
    Delivery,
    Escalation,
    Export,
    FrozenPeriod,
    Grant,
    Kind,
    Membership,
    Message,
    Notification,
    Observation,
    Playbook,
    Policy,
    Post,
    Promise,
    PublicReply,
    Raw,
    Replay,
    ReplayAct,
    ReportRun,
    Rule,
    SavedReport,
    Tag,
    Target,
    Team,
    Thread,
    User,
)
from cases.queries.reports.asked import Asked
from cases.rules.arrival import Arrival
from cases.rules.authority import Terms
from cases.rules.rhythm import Beat
from cases.vocabulary import (
    SYSTEM,
    Actor,
    ActorKind,
    AnswerPart,
    AnswerRoute,
    DeliveryStatus,
    Format,
    Goal,
    Needs,
    ObservationKind,
    Outcome,
    PostKind,
    RawStatus,
    Rhythm,
    Role,
    Unit,
    When,
)
from tests import exported, rules_at_work, times
from tests.people import Stage, actor, person, set_stage

ROLES = ("agent", "manager", "admin", "auditor", "outsider")
AT = timezone.now() - timedelta(hours=2)
SOMEBODY = Actor(ActorKind.COMPLAINANT)
# What stands in an address and names no row of ours.
WORDS: dict[str, list[Any]] = {
    "section": ["gate", "audiences"],
    "audience": ["private", "internal", "public"],
    "name": ["20260101-000000-1.log", "nothing"],
    "report": ["speed", "causes"],
    "uidb36": ["1"],
    "key": ["abc-def"],
    "app_label": ["cases"],
    "object_id": ["1"],
    "content_type_id": ["1"],
    "url": ["nowhere/"],
    "format": ["json"],
    "pack": ["casedesk"],
    "level": ["1"],
    "move": ["live", "set-aside"],
    "switch": ["default", "off"],
    "regulator": ["disp", "cfpb"],
    "written_as": ["csv", "json"],
}
# What rows are called in addresses.
MODELS: dict[str, type[Model]] = {
    "posts": Post,
    "post": Post,
    "actions": Action,
    "action": Action,
    "approvals": Approval,
    "approval": Approval,
    "threads": Thread,
    "messages": Message,
    "public-replies": PublicReply,
    "reply": PublicReply,
    "files": Attachment,
    "raw": Raw,
    "delivery": Delivery,
    "notification": Notification,
    "person": User,
    "token": ApiToken,
    "channels": Channel,
    "channel": Channel,
    "grants": Grant,
    "grant": Grant,
    "absences": Absence,
    "absence": Absence,
    "targets": Target,
    "target": Target,
    "callback": Callback,
    "teams": Team,
    "team": Team,
    "categories": Category,
    "kinds": Kind,
    "causes": Cause,
    "playbooks": Playbook,
    "playbook": Playbook,
    "promises": Promise,
    "calendar": Calendar,
    "policy": Policy,
    "tag": Tag,
    "tags": Tag,
    "escalations": Escalation,
    "rules": Rule,
    "replays": Replay,
    "act": ReplayAct,
    "exports": Export,
    "run": ReportRun,
    "runs": ReportRun,
    "frozen": FrozenPeriod,
    "saved": SavedReport,
}
MOST = 2


@dataclass
class World:
    """The stage with everything on it, its busiest case, and the secrets that are shown once."""

    stage: Stage
    busy: Case
    thread: Thread
    invitation: str
    links: list[str] = field(default_factory=list)
    approvals: list[str] = field(default_factory=list)
    clients: dict[str | None, Client] = field(default_factory=dict)

    def client(self, role: str | None) -> Client:
        """The browser of this person, or of a stranger."""
        if role not in self.clients:
            self.clients[role] = Client(raise_request_exception=False)
            if role:
                self.clients[role].force_login(getattr(self.stage, role))
        return self.clients[role]

    def token(self, role: str) -> dict[str, str]:
        """What a program of this person sends."""
        return {"authorization": f"Bearer {_secret(role)}"}


def _secret(role: str) -> str:
    return f"cdk_{role:_<43}"


def build(count: int = 1) -> World:
    """A world with so many of everything, made by the commands wherever there is one."""
    stage = set_stage()
    for role in ROLES:
        ApiToken.objects.create(
            person=getattr(stage, role), label="Guard", digest=moves.digest_of(_secret(role)), created_at=AT
        )
    # Whoever keeps the cells of reports is at work.
    upkeep.beat(part="figures", at=timezone.now(), actor=SYSTEM)
    world = _busy(stage)
    grow(world, range(count))
    return world


def grow(world: World, numbers: range) -> None:
    """One more of everything for each number."""
    for number in numbers:
        _set_up(world.stage, number)
        _time(world.stage, number)
        _empower(world.stage, number)
        _arrive(world.stage, number)
        _rule(world, number)
        _complain(world, number)
        _talk(world, number)
        _replay(world.stage, number)
        _export(world.stage)
        _save(world.stage)
        _report(world.stage)
        _freeze(world.stage)
        rules_at_work.live(world.stage, When.DEADLINE, name=f"Due {number}", **rules_at_work.overdue())
    # Rules hear what was said, and act.
    rules_at_work.work()


def _rule(world: World, number: int) -> None:
    """One more live rule that acts when the complainant writes, and one more tag on the busy case."""
    asked = {
        "all": [{"fact": "severity", "op": "at_least", "value": 1}, {"fact": "posts", "op": "at_least", "value": 1}]
    }
    since = AT - timedelta(hours=1)
    rules_at_work.live(world.stage, When.WROTE, name=f"Rule {number}", since=since, condition=asked)
    tag.tag_case(case_id=world.busy.pk, name=f"word-{number}", at=AT, actor=actor(world.stage.agent))


def _replay(stage: Stage, number: int) -> None:
    """One more draft of a rule, run through yesterday and today."""
    admin, now, day = actor(stage.admin), timezone.now(), timezone.localdate()
    draft = rule.draft_rule(
        brand_id=stage.brand.pk,
        name=f"Draft {number}",
        when={"when": "opened"},
        condition={"all": [{"fact": "severity", "op": "at_least", "value": 1}]},
        steps=[{"kind": "tell", "whom": "managers", "hours": "always"}, {"kind": "assign", "whom": "lead"}],
        at=now,
        actor=admin,
    )
    days = {"starts_on": day - timedelta(days=1), "ends_on": day}
    asked = replay.ask_replay(version_id=draft.versions.get().pk, **days, at=now, actor=admin)
    while replay.run_chunk(replay_id=asked.pk, at=now, actor=SYSTEM):
        pass


def _report(stage: Stage) -> None:
    """A long report and a long return of the manager's that wait for a worker."""
    asked = Asked.of("speed", {"split": ["hour"]}, now=AT, zone="UTC")
    report_run.start_run(asked=asked, at=AT, actor=actor(stage.manager))
    long = {"regulator": "disp", "brand_id": stage.brand.pk, "period": "2026-H1"}
    return_run.start_return(**long, at=AT, actor=actor(stage.manager))


def _freeze(stage: Stage) -> None:
    """The figures of a month, and of a return for it."""
    for regulator in ("", "acpr"):
        frozen.freeze(brand_id=stage.brand.pk, period="2026-08", regulator=regulator, at=AT, actor=actor(stage.manager))


def _save(stage: Stage) -> None:
    """A report that the manager keeps, shares and has sent."""
    by = actor(stage.manager)
    asked = Asked.of("speed", {"period": ["last-month"]}, now=AT, zone="UTC")
    made = saved_report.save_report(asked=asked, name="Speed", is_shared=True, at=AT, actor=by)
    saved_report.schedule(
        saved_id=made.pk,
        beat=Beat(Rhythm.DAILY, 8, "UTC"),
        written_as=Format.CSV,
        recipient_ids=[stage.manager.pk, stage.auditor.pk],
        at=AT,
        actor=by,
    )


def _export(stage: Stage) -> None:
    """An export of the manager's whose file is there, and one that waits for a worker."""
    now, by = timezone.now(), actor(stage.manager)
    asked = Asked.of("flow", {}, now=now, zone="UTC")
    for is_done in (True, False):
        made = export.start_export(asked=asked, of="cases", written_as=Format.CSV, at=now, actor=by)
        if is_done:
            exported.written(made, now)


def _set_up(stage: Stage, number: int) -> None:
    admin, brand = actor(stage.admin), stage.brand
    mate = person(f"mate{number}")
    Membership.objects.create(person=mate, brand=brand, role=Role.AGENT, team=stage.team)
    ApiToken.objects.create(person=stage.agent, label=f"T{number}", digest=moves.digest_of(f"t{number}"))
    team = commands.create_team(brand_id=brand.pk, name=f"Team {number}", lead_id=mate.pk, actor=admin)
    label = {"en": f"Thing {number}", "fr": f"Chose {number}"}
    category = catalogue.create_category(
        brand_id=brand.pk, code=f"thing-{number}", label=label, team_id=team.pk, actor=admin
    )
    cause.create_cause(brand_id=brand.pk, code=f"why-{number}", label=label, parent_id=None, actor=admin)
    kind = catalogue.create_kind(
        brand_id=brand.pk,
        code=f"deed-{number}",
        label=label,
        promise={},
        proof="outcome",
        has_amount=False,
        days=3,
        is_shown=True,
        actor=admin,
    )
    playbook.save_playbook(category_id=category.pk, severity=2, lines=[playbook.Line(kind.pk)], actor=admin)
    target.create_target(
        brand_id=brand.pk,
        name=f"System {number}",
        url="https://billing.example/orders",
        mapping={},
        timeout=5,
        poll_minutes=15,
        actor=admin,
    )
    commands.create_channel(
        brand_id=brand.pk,
        name=f"Channel {number}",
        slug=f"channel-{number}",
        kind="mastodon",
        platform="mastodon",
        is_complaints_only=False,
        default_category_id=category.pk,
        default_team_id=team.pk,
        actor=admin,
    )


def _time(stage: Stage, number: int) -> None:
    """One more calendar with a day of its own, and one more deadline."""
    admin, brand = actor(stage.admin), stage.brand
    week = {"mon": [["09:00", "12:00"], ["13:00", "18:00"]]}
    made = calendar.add_calendar(
        brand_id=brand.pk, name=f"Hours {number}", zone="Europe/Paris", week=week, country="FR", at=AT, actor=admin
    )
    days = [calendar.Day(timezone.localdate() + timedelta(days=3), is_closed=True, label="Stocktaking")]
    calendar.put_days(calendar_id=made.pk, days=days, revision=made.revision, at=AT, actor=admin)
    terms = policy.Terms({"en": f"Decide {number}"}, "decision", "received", 5, "working_day", calendar_id=made.pk)
    policy.add_policy(brand_id=brand.pk, terms=terms, at=AT, actor=admin)


def _empower(stage: Stage, number: int) -> None:
    """One more grant with a budget, one more absence with a deputy, one more rate."""
    admin, brand, today = actor(stage.admin), stage.brand, timezone.localdate()
    mate = User.objects.get(username=f"mate{number}")
    to, terms = authority.To(person_id=mate.pk), Terms("EUR", budget_each=Decimal(400))
    authority.give_grant(brand_id=brand.pk, to=to, terms=terms, at=AT, actor=admin)
    days = {"starts_on": today, "ends_on": today + timedelta(days=number)}
    who = {"person_id": mate.pk, "deputy_id": stage.agent.pk}
    authority.note_absence(brand_id=brand.pk, **who, **days, at=AT, actor=admin)
    into = {"currency": "USD", "into": "EUR", "rate": Decimal("0.9"), "starts_on": today}
    authority.set_rate(brand_id=brand.pk, **into, at=AT, actor=admin)


def _arrive(stage: Stage, number: int) -> None:
    """Posts of every kind, something that could not be processed, and a mail that did not go out."""
    by = actor(stage.agent)
    for kind in (None, PostKind.PRAISE, PostKind.QUESTION, PostKind.OTHER):
        post = stage.post(f"{kind}-{number}", author=f"{kind}-{number}")
        if kind:
            triage.triage(post_id=post.pk, kind=kind, at=AT, actor=by)
    Raw.objects.create(
        channel=stage.channel,
        brand=stage.brand,
        external_id=f"bad-{number}",
        digest=moves.digest_of(f"bad-{number}"),
        body=Arrival(external_id=f"bad-{number}", text="", posted_at=AT).body(),
        status=RawStatus.FAILED,
        reason="The post has no words.",
    )
    Delivery.objects.create(
        purpose="message", brand=stage.brand, recipient="x@example.org", subject="S", status=DeliveryStatus.FAILED
    )


def _complain(world: World, number: int) -> None:
    """One case in mid-life, one new, one handled, one dismissed; and notifications for everybody."""
    stage = world.stage
    by = actor(stage.agent)
    complaint = intake.Complaint(text="Broken leg", name="Amy", email=f"amy{number}@example.org", once=f"form-{number}")
    filed = intake.file_complaint(
        channel_id=stage.form.pk, complaint=complaint, uploads=[_upload()], at=AT, actor=SYSTEM
    )
    world.links.append(filed.link.rstrip("/").split("/")[-1])
    case.take(case_id=filed.case.pk, at=AT, actor=by)
    Callback.objects.create(
        target=Target.objects.order_by("-pk")[0],
        action=filed.case.actions.order_by("pk").first(),
        digest=moves.digest_of(f"told-{number}"),
        body=b"{}",
        outcome="unexpected",
    )
    stage.case(f"new-{number}", author=f"new-{number}")
    dropped = stage.case(f"dropped-{number}", author=f"dropped-{number}")
    case.dismiss(case_id=dropped.pk, reason="A joke.", at=AT, actor=by)
    done = stage.case(f"done-{number}", author=f"done-{number}")
    case.take(case_id=done.pk, at=AT, actor=by)
    _handle(done.pk, stage)
    for role in ROLES:
        Notification.objects.create(person=getattr(stage, role), kind="wrote", case=filed.case, by=stage.colleague)


def _handle(case_id: int, stage: Stage) -> None:
    by = actor(stage.agent)
    handling.decide(case_id=case_id, outcome=Outcome.UPHELD, reason="Ours.", at=AT, actor=by)
    added = action.add_action(case_id=case_id, kind_id=stage.apology.pk, at=AT, actor=by)
    action.complete_action(action_id=added.pk, outcome="Said sorry.", uploads=[_upload()], at=AT, actor=by)
    for one in stage.refund.brand.cases.get(pk=case_id).actions.exclude(pk=added.pk):
        action.waive_action(action_id=one.pk, reason="Not wanted.", at=AT, actor=actor(stage.manager))
    handling.send_final_answer(case_id=case_id, text="They left.", route=AnswerRoute.UNREACHABLE, at=AT, actor=by)
    handling.handle(case_id=case_id, at=AT, actor=by)


def _busy(stage: Stage) -> World:
    """A world whose one case has come as far as a private thread."""
    by = actor(stage.agent)
    terms: dict[str, Any] = {"extends": Needs.NOTICE, "extend_amount": 10, "extend_unit": Unit.DAY}
    times.policy(stage.brand, Goal.FINAL_ANSWER, amount=3000, unit=Unit.DAY, **terms)
    busy = stage.case("busy", author="busy")
    case.take(case_id=busy.pk, at=AT, actor=by)
    link = dialogue.reply_in_public(
        post_id=busy.links.get().post_id,
        text="On it.",
        url="https://social.example/1",
        is_inviting=True,
        at=AT,
        actor=by,
    ).invitation
    secret = link.rstrip("/").split("/")[-1]
    regime.set_regime(
        brand_id=stage.brand.pk,
        name="Ours",
        demands=list(AnswerPart),
        recourse={"en": "Write to the ombudsman."},
        opening={},
        recourse_always=True,
        answers_first=True,
        actor=actor(stage.admin),
    )
    claimed = invitation.claim(secret=secret, name="Tom", contact="tom@example.org", text="Me.", at=AT, actor=SOMEBODY)
    invitation.confirm(thread_id=claimed.thread.pk, at=AT, actor=by)
    return World(stage, busy, claimed.thread, secret, [claimed.link.rstrip("/").split("/")[-1]])


def _talk(world: World, number: int) -> None:
    """One more of everything that is said and done in the busy case."""
    stage, busy = world.stage, world.busy
    by, at = actor(stage.agent), AT + timedelta(minutes=number)
    claim = invitation.claim(secret=world.invitation, name="X", contact="", text="Me too.", at=at, actor=SOMEBODY)
    world.links.append(claim.link.rstrip("/").split("/")[-1])
    stage.post(f"busy-{number}", author="busy")
    post = busy.links.order_by("pk")[0].post
    dialogue.send_message(case_id=busy.pk, text="Hello.", uploads=[_upload()], at=at, actor=by)
    dialogue.receive_message(thread_id=world.thread.pk, text="Hi.", uploads=[_upload()], at=at, actor=SOMEBODY)
    dialogue.write_note(case_id=busy.pk, text="Hm.", uploads=[_upload()], at=at, actor=by)
    dialogue.reply_in_public(post_id=post.pk, text=f"Still on it, {number}.", at=at, actor=by)
    Observation.objects.create(
        post=post, brand=stage.brand, kind=ObservationKind.REACH, at=at, views=number, by=stage.agent
    )
    added = action.add_action(case_id=busy.pk, kind_id=stage.apology.pk, at=at, actor=by)
    action.complete_action(action_id=added.pk, outcome="Said.", uploads=[_upload()], at=at, actor=by)
    action.add_action(
        case_id=busy.pk,
        kind_id=stage.refund.pk,
        amount=Decimal(5),
        owner_id=stage.colleague.pk,
        team_id=stage.team.pk,
        at=at,
        actor=by,
    )
    _ask(world, at)
    points = [("It came late.", Outcome.UPHELD, "Our van broke down.")] * (number + 1)
    handling.decide(case_id=busy.pk, outcome=Outcome.UPHELD, reason="Ours.", points=points, at=at, actor=by)


def _ask(world: World, at: datetime) -> None:
    """Something that two people have to approve: the manager is asked first."""
    gift, _is_new = Kind.objects.get_or_create(
        brand=world.stage.brand,
        code="gift",
        defaults={"label": {"en": "Gift"}, "proof": "outcome", "has_amount": True, "two_people_above": 1},
    )
    action.add_action(
        case_id=world.busy.pk, kind_id=gift.pk, amount=Decimal(5), reason="Late.", at=at, actor=actor(world.stage.agent)
    )
    mail = Delivery.objects.filter(purpose="approval").order_by("-pk")[0]
    world.approvals.append(str(mail.body).rstrip("/").split("/")[-1])


def _upload() -> moves.Upload:
    return moves.store(name="proof.txt", content=b"proof")


# ---------------------------------------------------------------- every address


@dataclass(frozen=True)
class Route:
    """One address pattern: how it is written, its name, and what it asks for."""

    pattern: str
    name: str
    parameters: tuple[str, ...]

    def paths(self, world: World) -> list[str]:
        """Addresses that fit, with what the world holds; the first of each sort of thing."""
        choices = [_values(self, parameter, world) for parameter in self.parameters]
        return [self._path(values) for values in itertools.islice(itertools.product(*choices), MOST)]

    def _path(self, values: tuple[Any, ...]) -> str:
        parts = iter(values)
        return "/" + re.sub(r"<[^>]+>", lambda _: str(next(parts)), self.pattern)


def routes() -> list[Route]:
    """Every address pattern of the application."""
    return list(_walk(get_resolver().url_patterns, ""))


def _walk(patterns: list[Any], prefix: str) -> Iterator[Route]:
    for entry in patterns:
        written = prefix + re.sub(r"\(\?P(<\w+>)[^)]*\)|[\^$\\]|\.\*", lambda found: found[1] or "", str(entry.pattern))
        if isinstance(entry, URLResolver):
            yield from _walk(entry.url_patterns, written)
        elif isinstance(entry, URLPattern):
            names = tuple(re.findall(r"<(?:\w+:)?(\w+)>", written))
            yield Route(written, entry.name or "", names)


def _values(route: Route, parameter: str, world: World) -> list[Any]:
    """What may stand for a parameter: rows of the model that it or the word before it names, or words known above."""
    if parameter in WORDS:
        return WORDS[parameter]
    if parameter == "secret" and route.pattern.startswith("approve/"):
        return world.approvals
    if parameter == "secret":
        return [world.invitation] if route.pattern.startswith("i/") else world.links
    if route.pattern.startswith("p/") and route.pattern.endswith("files/<uuid:public_id>/"):
        return list(Attachment.objects.filter(message__thread=world.thread).values_list("public_id", flat=True))
    if parameter == "reference":
        return [world.busy.reference, *_first(Case, "reference")]
    if parameter == "slug":
        return [world.stage.brand.slug]
    if parameter == "username":
        return [world.stage.colleague.username]
    if parameter in {"deadline_id", "deadline"}:
        return list(Deadline.objects.filter(case=world.busy).order_by("pk").values_list("pk", flat=True)[:MOST])
    if parameter == "return_run":
        return list(ReportRun.objects.filter(report="return-disp").values_list("public_id", flat=True)[:MOST])
    if parameter == "thread":
        return [world.thread.public_id]
    before, converter = re.search(rf"([\w-]*)/<(?:(\w+):)?{parameter}>", route.pattern).groups()  # type: ignore[union-attr]
    model = MODELS.get(re.sub(r"_(id|slug)$", "", parameter)) or MODELS.get(before)
    if model is None:
        raise LookupError(f"tests/guards/world.py does not know what <{parameter}> of {route.pattern} stands for")
    field_name = "public_id" if converter == "uuid" else {"int": "pk"}.get(converter, parameter.split("_")[-1])
    return [*_first(model, field_name)]


def _first(model: type[Model], name: str) -> list[Any]:
    found = model._default_manager.order_by("pk").values_list(name, flat=True)
    return [value for value in found[:2] if value != ""]
