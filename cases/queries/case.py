"""The inbox, the case behind a page, and how many wait in each view."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, FilteredRelation, IntegerField, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject

from cases import errors
from cases.models import (
    Action,
    Answer,
    Case,
    CasePost,
    CaseTag,
    Category,
    Channel,
    Confirmation,
    Decision,
    Draft,
    Event,
    Handle,
    Invitation,
    Message,
    Note,
    Notification,
    Point,
    PublicReply,
    Seer,
    Tag,
    Triage,
    User,
)
from cases.queries import approval, keyset, merging
from cases.rules import gate
from cases.rules.answer import Raised
from cases.rules.permission import may_own
from cases.vocabulary import (
    UNHANDLED,
    ActionStatus,
    AnswerStatus,
    Inbox,
    InvitationStatus,
    Order,
    Outcome,
    Status,
    Stream,
)

PAGE = 30
# Counting stops here: the navigation says "99+".
COUNTED = 100
EARLIER = 6


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases a list shows, and in which order."""

    view: Inbox
    order: Order
    brand_id: int | None = None
    channel_id: int | None = None
    category_id: int | None = None
    severity: int | None = None
    after: str = ""
    tag_id: int | None = None
    # Only those whose nearest deadline was over at this instant.
    late_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, and the key after which the next ones begin, empty on the last page."""

    rows: list[Row]
    after: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A case as a line of the list: what it is, and what the gate sees of it."""

    case: Case
    facts: gate.Facts
    kinds: dict[int, Any]

    @property
    def gap(self) -> gate.Gap | None:
        """The first thing that stands between the case and handled."""
        return next(iter(gate.missing(self.facts)), None)


def inbox(seer: Seer, wanted: Wanted) -> Page:
    """One page of a view of the desk, in one query; a page begins after a key, never at an offset."""
    brand_ids = [b for b in seer.brand_ids if wanted.brand_id in {None, b}]
    if not brand_ids:
        return Page([])
    # Brand by brand, so that each part walks its index in order and stops; the parts are then merged.
    parts: list[QuerySet[Case, Any]] = [
        _ordered(_filtered(seer.within(brand), wanted), wanted)[: PAGE + 1].values("pk") for brand in brand_ids
    ]
    chosen = parts[0] if len(parts) == 1 else reduce(lambda one, other: one.union(other, all=True), parts)
    rows = [_row(case) for case in _sorted(_lean(Case.objects.filter(pk__in=chosen)), wanted.order)[: PAGE + 1]]
    return Page(rows[:PAGE], _key(rows[PAGE - 1].case, wanted.order) if len(rows) > PAGE else "")


def _filtered(seer: Seer, wanted: Wanted) -> QuerySet[Case]:
    cases = Case.objects.visible_to(seer).filter(in_view(seer, wanted.view))
    for name in ("channel_id", "category_id", "severity"):
        if getattr(wanted, name) is not None:
            cases = cases.filter(**{name: getattr(wanted, name)})
    if wanted.tag_id is not None:
        cases = cases.filter(Exists(CaseTag.objects.filter(case=OuterRef("pk"), tag_id=wanted.tag_id)))
    if wanted.late_at is not None:
        cases = cases.filter(due_at__lte=wanted.late_at, status__in=UNHANDLED)
    return cases


def in_view(seer: Seer, view: Inbox) -> Q:
    """The condition on a case to be in a view of the desk."""
    return {
        Inbox.NEW: Q(status=Status.NEW),
        Inbox.MINE: Q(owner_id=seer.person_id, status__in=UNHANDLED),
        Inbox.TEAM: Q(team_id__in=sorted(seer.team_ids | seer.led_team_ids), status__in=UNHANDLED),
        Inbox.WAITING: Q(status=Status.WAITING),
        Inbox.HANDLED: Q(status=Status.HANDLED),
        Inbox.ALL: Q(status__in=UNHANDLED),
        Inbox.TRIAGE: Q(pk__in=[]),
    }[view]


def _ordered(cases: QuerySet[Case], wanted: Wanted) -> QuerySet[Case]:
    if wanted.after:
        cases = cases.filter(_beyond(wanted))
    return _sorted(cases, wanted.order)


def _sorted(cases: QuerySet[Case, Any], order: Order) -> QuerySet[Case, Any]:
    if order == Order.URGENT:
        return cases.order_by("-severity", F("unanswered_since").asc(), "id")
    if order == Order.DUE:
        return cases.order_by("due_at", "id")
    return cases.order_by("id" if order == Order.OLDEST else "-id")


def _beyond(wanted: Wanted) -> Q:
    if wanted.order == Order.DUE:
        due_at, last = keyset.opened(wanted.after, keyset.instant, int)
        if due_at is None or last is None:
            raise errors.NotFound
        # The first condition repeats what the others imply: it is the one an index can begin at.
        return Q(due_at__gte=due_at) & (Q(due_at__gt=due_at) | Q(due_at=due_at, pk__gt=last))
    if wanted.order != Order.URGENT:
        (last,) = keyset.opened(wanted.after, int)
        return Q(pk__gt=last) if wanted.order == Order.OLDEST else Q(pk__lt=last)
    severity, since, last = keyset.opened(wanted.after, int, keyset.instant, int)
    # What is answered comes after everything that is not.
    later = Q(unanswered_since__isnull=True, pk__gt=last)
    if since is not None:
        later = (
            Q(unanswered_since__gt=since) | Q(unanswered_since__isnull=True) | Q(unanswered_since=since, pk__gt=last)
        )
    # The first condition repeats what the others imply: it is the one an index can begin at.
    return Q(severity__lte=severity) & (Q(severity__lt=severity) | (Q(severity=severity) & later))


def _key(case: Case, order: Order) -> str:
    if order == Order.DUE:
        return keyset.key(case.due_at, case.pk)
    if order != Order.URGENT:
        return keyset.key(case.pk)
    return keyset.key(case.severity, case.unanswered_since, case.pk)


def _lean(cases: QuerySet[Case]) -> QuerySet[Case, Any]:
    """With what the gate asks, for a few rows at a time."""
    of_case = {"case": OuterRef("pk"), "superseded_at__isnull": True}
    steps = Action.objects.filter(case=OuterRef("pk"), is_required=True).order_by("id")
    return (
        cases.select_related("complainant", "channel", "owner")
        .defer("complainant__mandate", "owner__password")
        .annotate(
            steps=ArraySubquery(steps.values(step=JSONObject(id="id", status="status", kind="kind__label"))),
            is_decided=Exists(Decision.objects.filter(**of_case)),
            answer_status=Subquery(Answer.objects.filter(**of_case).values("status")[:1]),
        )
    )


def _row(case: Any) -> Row:
    facts = gate.Facts(
        has_owner=case.owner_id is not None,
        has_decision=case.is_decided,
        required=[gate.Step(step["id"], ActionStatus(step["status"])) for step in case.steps],
        answer=AnswerStatus(case.answer_status) if case.answer_status else None,
    )
    return Row(case, facts, {step["id"]: step["kind"] for step in case.steps})


class _Counted(Subquery):
    """How many rows a query has, up to where it is cut."""

    template = "(SELECT count(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()
    # What cannot have a row, such as the cases of no brand, is left out of the statement.
    empty_result_set_value = 0


def counted(rows: QuerySet[Any]) -> Subquery:
    """How many rows there are, as far as it is counted, for a query that reads several such numbers."""
    return _Counted(rows.order_by().values("pk")[:COUNTED])


def view_counts(seer: Seer, **more: Any) -> dict[str, Any]:
    """How many wait in each view, how many notifications and requests, in one query; COUNTED is as far as it counts.

    More expressions about the person are read in the same query.
    """
    cases = Case.objects.visible_to(seer).order_by()
    counts: dict[str, Any] = {
        view.value: _Counted(cases.filter(in_view(seer, view)).values("pk")[:COUNTED])
        for view in Inbox
        if view != Inbox.TRIAGE
    }
    counts[Inbox.TRIAGE.value] = _Counted(Triage.objects.untriaged().visible_to(seer).values("pk")[:COUNTED])
    unread = Notification.objects.filter(person_id=seer.person_id, read_at__isnull=True)
    counts["unread"] = _Counted(unread.values("pk")[:COUNTED])
    counts["approvals"] = _Counted(approval.waiting_for_me(seer).values("pk")[:COUNTED])
    counts |= more
    # Annotations must not be named like fields of the model they stand on.
    named = {f"in_{name}": count for name, count in counts.items()}
    found = User.objects.filter(pk=seer.person_id).values_list(*named.values()).first() if seer.person_id else None
    return dict(zip(counts, found, strict=True)) if found else dict.fromkeys(counts, 0)


@dataclass(frozen=True, slots=True)
class Choices:
    """What a list can be narrowed down to."""

    channels: list[Channel]
    categories: list[Category]
    tags: list[Tag]


def choices(seer: Seer) -> Choices:
    """The channels, categories and tags of the person's brands, by brand, in three queries."""
    theirs = {"brand_id__in": seer.brand_ids, "is_active": True}
    return Choices(
        list(Channel.objects.filter(**theirs).select_related("brand").order_by("brand__name", "name")),
        list(Category.objects.filter(**theirs).select_related("brand").order_by("brand__name", "code")),
        list(Tag.objects.filter(**theirs).select_related("brand").order_by("brand__name", "name")),
    )


def of_reference(seer: Seer, reference: str, person_id: int | None = None) -> Any:
    """The case behind a page with what stands about it, in one query; raises NotFound for what is not theirs to see.

    It carries ``decision`` with its ``points`` and ``answer`` (what stands, or None), ``said`` (what the complainant
    said last), ``before`` (their earlier cases), ``kept`` (the person's own), ``invited_at`` (when the newest open
    invitation went out) and ``events`` (the length of its journal), and how much was said to whom.
    """
    standing = {
        name: FilteredRelation(relation, condition=Q(**{f"{relation}__superseded_at__isnull": True}))
        for name, relation in (("decision", "decisions"), ("answer", "answers"))
    }
    earlier = Case.objects.visible_to(seer).filter(complainant=OuterRef("complainant")).exclude(pk=OuterRef("pk"))
    words = Confirmation.objects.filter(case=OuterRef("pk")).order_by("-id")
    open_ones = Invitation.objects.filter(case=OuterRef("pk"), status=InvitationStatus.SENT).order_by("-sent_at")
    replies = PublicReply.objects.filter(case=OuterRef("pk"))
    events = Event.objects.filter(stream=Stream.CASE, stream_id=OuterRef("pk")).order_by().values("stream_id")
    case: Any = (
        Case.objects.visible_to(seer)
        .filter(reference=reference.upper())
        .annotate(
            **standing,
            said=ArraySubquery(
                words.values(
                    json=JSONObject(answer="answer", words="words", at="at", may_say_publicly="may_say_publicly")
                )[:1]
            ),
            before=ArraySubquery(
                earlier.order_by("-id").values(json=JSONObject(reference="reference", status="status"))[:EARLIER]
            ),
            points_line=_points(),
            tagged=_tagged(),
            goes_on_in=merging.goes_on_in(seer),
            kept=ArraySubquery(
                Draft.objects.filter(case=OuterRef("pk"), person_id=person_id).values(
                    json=JSONObject(audience="audience", text="text", kept_at="kept_at")
                )
            ),
            events=Subquery(events.annotate(last=Max("seq")).values("last")),
            invited_at=Subquery(open_ones.values("sent_at")[:1]),
            posts=_Counted(CasePost.objects.filter(case=OuterRef("pk"), left_at__isnull=True).values("pk")),
            replied_at=Subquery(replies.order_by("-written_at").values("written_at")[:1]),
            said_publicly=_Counted(replies.values("pk")),
            said_privately=_Counted(Message.objects.filter(case=OuterRef("pk")).values("pk")),
            noted=_Counted(Note.objects.filter(case=OuterRef("pk")).values("pk")),
            handle=Subquery(
                Handle.objects.filter(complainant=OuterRef("complainant")).order_by("id").values("platform_user")[:1]
            ),
        )
        .select_related(
            "brand", "owner", "team", "complainant", "channel", "category", "about", "cause__parent__parent"
        )
        # The plugin does not know filtered relations.
        .select_related("decision__by", "answer__by")  # type: ignore[misc]
        .first()
    )
    if case is None:
        raise errors.NotFound
    for name in standing:
        setattr(case, name, getattr(case, name, None))
    return _opened(case)


def _tagged() -> ArraySubquery:
    on_it = CaseTag.objects.filter(case=OuterRef("pk")).order_by("tag__name", "pk")
    return ArraySubquery(on_it.values(json=JSONObject(id="tag_id", name="tag__name")))


def _points() -> ArraySubquery:
    of_decision = Point.objects.filter(decision__case=OuterRef("pk"), decision__superseded_at__isnull=True)
    said = JSONObject(raised="raised", outcome="outcome", reason="reason")
    return ArraySubquery(of_decision.order_by("position").values(json=said))


def _opened(case: Any) -> Any:
    """What the database gave as JSON, as values."""
    case.points = [Raised(line["raised"], Outcome(line["outcome"]), line["reason"]) for line in case.points_line]
    for said in case.said:
        said["at"] = datetime.fromisoformat(said["at"])
        # Nothing was said in public since they agreed that we say it is settled.
        said["may_close"] = said["may_say_publicly"] and (case.replied_at is None or case.replied_at < said["at"])
    for other in case.before:
        other["status_label"] = Status(other["status"]).label
    return case


def usual_view(seer: Seer) -> Inbox:
    """Where the desk opens: on one's own cases, or on everything for somebody who can own none."""
    return Inbox.MINE if any(may_own(role) for role in seer.roles.values()) else Inbox.ALL


def next_urgent(seer: Seer) -> str:
    """The reference of my most urgent case, else of the most urgent one without an owner, else nothing."""
    for view in (Inbox.MINE, Inbox.NEW):
        rows = inbox(seer, Wanted(view, Order.URGENT)).rows
        if rows:
            return rows[0].case.reference
    return ""
