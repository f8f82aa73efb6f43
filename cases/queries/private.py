"""What a complainant sees: the form of a brand, whether an invitation still stands, and their private page."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from cases import errors
from cases.models import (
    Action,
    Answer,
    Attachment,
    Authorisation,
    Brand,
    Case,
    Category,
    Channel,
    Confirmation,
    Deadline,
    Decision,
    Extension,
    Invitation,
    Message,
    Post,
    PrivateLink,
    Promise,
    Thread,
)
from cases.rules import promise as promise_rules
from cases.rules.promise import State
from cases.vocabulary import (
    NEVER,
    UNHANDLED,
    ActionStatus,
    ChannelKind,
    Goal,
    InvitationStatus,
    Satisfaction,
    Status,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that was said, as its complainant reads it; ``where`` names the public channel it stands on."""

    at: datetime
    author: str
    text: str
    wish: str
    where: str
    files: Sequence[Attachment]
    is_mine: bool
    is_final: bool = False
    is_withheld: bool = False


@dataclass(frozen=True, slots=True)
class Promised:
    """Something we said that we do, as they were told; without ``text`` the reader's language names it by ``label``.

    ``at`` is when it was done, else by when; ``before`` are the days it was promised for earlier.
    """

    public_id: UUID | None
    text: str
    label: Mapping[str, str]
    state: State
    at: datetime | None
    before: Sequence[datetime]
    amount: Decimal | None
    currency: str
    reference: str
    took_place: date | None
    by: str
    is_under_way: bool
    is_tried_again: bool
    said: str

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to come of it."""
        return self.state in {State.KEPT, State.KEPT_LATE, State.DROPPED}

    @property
    def may_be_judged(self) -> bool:
        """Whether they can say if it was kept: it is done, or its day is over."""
        return self.public_id is not None and self.state in {State.KEPT, State.KEPT_LATE, State.LATE}


@dataclass(frozen=True, slots=True)
class AnswerBy:
    """By when they have our final answer; extended, from when to when, and in which words they were told."""

    at: datetime
    before: datetime | None
    told: str
    is_late: bool
    is_paused: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A private page; of a thread that nobody has confirmed it holds that thread's own words and the brand's name."""

    thread: Thread
    case: Case
    brand: Brand
    is_known: bool
    entries: list[Entry]
    unread: int
    promises: list[Promised]
    decision: Decision | None
    answer: Answer | None
    confirmation: Confirmation | None
    is_public: bool
    answer_by: AnswerBy | None = None

    @property
    def asks(self) -> bool:
        """Whether we ask them if it is settled."""
        return self.is_known and self.case.status == Status.HANDLED and not self.case.satisfaction

    @property
    def was_asked_again(self) -> bool:
        """Whether they said yes before, and are asked whether it lasted."""
        return self.asks and self.confirmation is not None and self.confirmation.answer == Satisfaction.SETTLED

    @property
    def may_agree(self) -> bool:
        """Whether there is something to say in public that they have not agreed to yet."""
        said = self.confirmation
        is_settled = self.case.status == Status.HANDLED and self.case.satisfaction == Satisfaction.SETTLED
        return self.is_public and is_settled and said is not None and not said.may_say_publicly

    @property
    def said_no(self) -> bool:
        """Whether they have said of a promise that it was not kept, or only in part."""
        return any(one.said in {Satisfaction.NO, Satisfaction.PARTLY} for one in self.promises)

    @property
    def may_withdraw(self) -> bool:
        """Whether there is something left to take back."""
        return self.is_known and self.case.status in UNHANDLED

    @property
    def has_address(self) -> bool:
        """Whether we could mail them a new link."""
        known = self.thread.complainant.email if self.thread.complainant else ""
        return "@" in (known or self.thread.contact)


def form_of(slug: str) -> Channel:
    """The complaint form of a brand; raises NotFound when there is none or it is switched off."""
    channel = (
        Channel.objects.select_related("brand")
        .filter(brand__slug=slug, brand__is_active=True, kind=ChannelKind.WEB_FORM, is_active=True)
        .order_by("pk")
        .first()
    )
    if channel is None:
        raise errors.NotFound
    return channel


def categories_of(brand: Brand) -> QuerySet[Category]:
    """What a complaint can be about."""
    return Category.objects.filter(brand=brand, is_active=True).order_by("pk")


def invited_by(secret: str, at: datetime) -> Brand:
    """The brand whose invitation this is, and nothing else of it; raises LinkDead."""
    found = (
        Invitation.objects.select_related("case__brand")
        .filter(digest=_digest(secret), expires_at__gt=at)
        .filter(status__in=[InvitationStatus.SENT, InvitationStatus.ACCEPTED])
        .exclude(case__status__in=[Status.MERGED, Status.DISMISSED, Status.WITHDRAWN])
        .first()
    )
    if found is None:
        raise errors.LinkDead
    return found.case.brand


def thread_of(secret: str, at: datetime) -> Thread:
    """The thread that a private link opens; raises LinkDead."""
    link = (
        PrivateLink.objects.select_related("thread__case__brand", "thread__case__owner", "thread__complainant")
        .filter(digest=_digest(secret), revoked_at__isnull=True, expires_at__gt=at, thread__refused_at__isnull=True)
        .first()
    )
    if link is None:
        raise errors.LinkDead
    return link.thread


def page_of(thread: Thread, at: datetime) -> Page:
    """Everything a private page shows, in at most twelve queries."""
    case, is_known = thread.case, thread.verified_at is not None
    said = list(_messages(thread).select_related("author", "answer").prefetch_related("attachments").order_by("pk"))
    posts = list(_posts(thread)) if is_known else []
    entries = sorted(
        chain((_of_post(post) for post in posts), (_of_message(message) for message in said)), key=lambda one: one.at
    )
    standing = Decision.objects.filter(case=case, superseded_at__isnull=True).first() if is_known else None
    answer = Answer.objects.filter(case=case, superseded_at__isnull=True).first() if is_known else None
    return Page(
        thread=thread,
        case=case,
        brand=case.brand,
        is_known=is_known,
        entries=entries,
        unread=sum(1 for one in said if one.is_ours and one.read_at is None and one.thread_id == thread.pk),
        promises=promises_of(case, at) if is_known else [],
        # What was decided is told by the final answer, not by a page that somebody happens to look at before.
        decision=standing if answer is not None else None,
        answer=answer,
        confirmation=Confirmation.objects.filter(case=case).order_by("-pk").first() if is_known else None,
        is_public=any(post.channel.is_public for post in posts),
        answer_by=_answer_by(case, said, at) if is_known and case.status in UNHANDLED else None,
    )


def _answer_by(case: Case, said: Sequence[Message], at: datetime) -> AnswerBy | None:
    """The nearest date of a final answer that has not been given, in two queries; why it moved, only as they were told.

    A reason of ours stays with us; so does a message that does not stand on this page.
    """
    rows = Deadline.objects.filter(case=case, goal=Goal.FINAL_ANSWER, met_at__isnull=True, ended_at__isnull=True)
    later = Prefetch("extensions", Extension.objects.order_by("-pk"))
    found = rows.exclude(due_at=NEVER).prefetch_related(later).order_by("due_at", "pk").first()
    if found is None:
        return None
    extensions = list(found.extensions.all())
    words = {one.pk: one.text or "" for one in said if one.misdirected_at is None}
    told = next((words[one.message_id] for one in extensions if one.message_id in words), "")
    return AnswerBy(
        at=found.due_at,
        before=extensions[-1].due_before if extensions else None,
        told=told,
        is_late=found.paused_at is None and found.due_at <= at,
        is_paused=found.paused_at is not None,
    )


def promise_of(thread: Thread, public_id: UUID) -> Promise:
    """One promise of the thread's case; raises NotFound, also while nobody has confirmed whose the thread is."""
    mine = Promise.objects.filter(case=thread.case_id, public_id=public_id, action__kind__is_shown=True)
    found = mine.first() if thread.verified_at is not None else None
    if found is None:
        raise errors.NotFound
    return found


def file_of(thread: Thread, public_id: UUID) -> Attachment:
    """A file of something that stands on the thread's page; raises NotFound. Proofs and notes stay with us."""
    theirs = Q(message__in=_messages(thread).filter(misdirected_at__isnull=True))
    if thread.verified_at is not None:
        theirs |= Q(post__in=_posts(thread))
    found = Attachment.objects.filter(theirs, public_id=public_id).first()
    if found is None:
        raise errors.NotFound
    return found


def _messages(thread: Thread) -> QuerySet[Message]:
    """The thread's own; once we know whose it is, also those of their other threads of the case."""
    if thread.verified_at is None:
        return Message.objects.filter(thread=thread)
    same = Q(
        thread__case=thread.case_id,
        thread__complainant=thread.complainant_id,
        thread__verified_at__isnull=False,
        thread__refused_at__isnull=True,
    )
    return Message.objects.filter(Q(thread=thread) | same)


def _posts(thread: Thread) -> QuerySet[Post]:
    return (
        Post.objects.filter(links__case=thread.case_id, links__left_at__isnull=True)
        .filter(Q(handle__isnull=True) | Q(handle__complainant=thread.complainant_id))
        .select_related("channel")
        .prefetch_related(Prefetch("attachments", Attachment.objects.order_by("pk")))
    )


def promises_of(case: Case, at: datetime) -> list[Promised]:
    """What we show of what we do, in two queries: what was promised, and what was decided without a day.

    What nobody has decided yet is a plan of ours: it is told when it is decided, not before.
    """
    shown = Action.objects.filter(case=case, kind__is_shown=True).select_related("kind", "owner", "team")
    decided = Exists(Authorisation.objects.filter(action=OuterRef("pk"), released_at__isnull=True))
    was_done = Q(status=ActionStatus.DONE)
    rows = shown.filter(was_done | decided | Q(promises__isnull=False)).distinct()
    told = Prefetch("promises", Promise.objects.order_by("pk"))
    return [_promised(action, at) for action in rows.prefetch_related(told).order_by("pk")]


def _promised(action: Action, at: datetime) -> Promised:
    told = list(action.promises.all())
    last = told[-1] if told else None
    doer = action.owner or action.team
    is_done = action.status == ActionStatus.DONE
    return Promised(
        public_id=last.public_id if last else None,
        text=(last.text if last else "") or action.wording,
        label=action.kind.promise or action.kind.label,
        state=_state(action, last, at),
        at=(action.done_at if is_done else None) or (last.due_at if last else None),
        before=[each.due_at for each in told[:-1] if last and each.due_at.date() != last.due_at.date()],
        # What they were told names the amount already; another one that was paid is said beside it.
        amount=action.proof_amount if is_done and (last is None or action.proof_amount != action.amount) else None,
        currency=action.currency,
        reference=action.proof_reference if is_done else "",
        took_place=action.proof_on if is_done else None,
        by=doer.name if doer else "",
        is_under_way=action.status == ActionStatus.IN_PROGRESS,
        is_tried_again=action.status == ActionStatus.FAILED,
        said=last.said if last else "",
    )


def _state(action: Action, last: Promise | None, at: datetime) -> State:
    if action.status == ActionStatus.WAIVED:
        return State.DROPPED
    if last is None:
        return State.KEPT if action.status == ActionStatus.DONE else State.OPEN
    return promise_rules.state(
        promise_rules.Facts(last.due_at, last.broken_at, last.kept_at, last.moved_at, last.dropped_at), at
    )


def _of_post(post: Post) -> Entry:
    return Entry(
        at=post.posted_at,
        author="",
        text=post.text or "",
        wish=post.wish or "",
        where=post.channel.name if post.channel.is_public else "",
        files=list(post.attachments.all()),
        is_mine=True,
    )


def _of_message(message: Message) -> Entry:
    withheld = message.misdirected_at is not None
    return Entry(
        at=message.sent_at,
        author=message.author.name if message.author else "",
        text="" if withheld else message.text or "",
        wish="",
        where="",
        files=[] if withheld else list(message.attachments.all()),
        is_mine=not message.is_ours,
        is_final=hasattr(message, "answer"),
        is_withheld=withheld,
    )


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
