"""What people say in a story of the demo, and where its case goes: each verb of a step is a method that calls a command."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cases.commands import case, confirmation, delivery, dialogue, intake, invitation, moves, people, triage
from cases.management.demo import files
from cases.management.demo.screenplay import Clock, Story
from cases.models import Case, Category, Channel, Delivery, Message, Post, Promise, PublicReply, Thread, User
from cases.rules.arrival import Arrival
from cases.vocabulary import (
    SYSTEM,
    Actor,
    ActorKind,
    DeliveryKind,
    DeliveryStatus,
    ObservationKind,
    PostKind,
    Satisfaction,
)

SOMEBODY = Actor(ActorKind.COMPLAINANT)
# The steps that write no mail to anybody.
SILENT = frozenset({"post", "reach", "read", "see", "note", "take", "code", "reply", "start", "done", "triage"})


class Talk:
    """What has happened so far in one story, and who can say something in it."""

    def __init__(self, story: Story, crew: dict[str, User], clock: Clock) -> None:
        self._story = story
        self._crew = crew
        self._clock = clock
        self._channel = Channel.objects.select_related("brand").get(brand__prefix=story.brand, slug=story.channel)
        self._posts: list[Post] = []
        self._case_id = 0
        self._thread_id = 0
        self._secret = ""
        self._approval_secret = ""

    def play(self, at: datetime, verb: str, *, by: str = "", mail: str = "sent", **fields: Any) -> None:
        """Let one step happen, and let the post carry the mails that it wrote."""
        getattr(self, verb)(at, self._person(by), **fields)
        if verb not in SILENT and mail != "queued":
            self.carry(at, mail)

    @property
    def case_id(self) -> int:
        """The case of this story; 0 before there is one."""
        return self._case_id

    def carry(self, at: datetime, fate: str = "sent") -> None:
        """The mails that wait are taken by the next hop, or not."""
        mails = Delivery.objects.filter(case_id=self._case_id, kind=DeliveryKind.MAIL, status=DeliveryStatus.QUEUED)
        for pk, purpose, body in list(mails.filter(due_at__lte=at).values_list("pk", "purpose", "body")):
            if purpose == "approval":
                self._approval_secret = (body or "").rstrip("/").rpartition("/")[2]
            left, there = at + timedelta(seconds=8), at + timedelta(seconds=10)
            claimed = delivery.claim(delivery_id=pk, at=left, actor=SYSTEM)
            if claimed is None:
                continue
            if fate == "refused":
                delivery.mark_failed(
                    delivery_id=pk,
                    claimed_at=left,
                    error="550 5.1.1 mailbox does not exist",
                    is_final=True,
                    at=there,
                    actor=SYSTEM,
                )
            elif fate == "unknown":
                delivery.mark_unknown(
                    delivery_id=pk, claimed_at=left, error="connection lost after DATA", at=there, actor=SYSTEM
                )
            else:
                delivery.mark_sent(delivery_id=pk, claimed_at=left, at=there, actor=SYSTEM)
            if fate == "came back":
                delivery.record_bounce(
                    delivery_id=pk, error="552 5.2.2 mailbox full", at=at + timedelta(minutes=7), actor=SYSTEM
                )

    # --- the complainant's side

    def post(self, at: datetime, _actor: Actor, text: str) -> None:
        """They say something on the channel."""
        number = int(at.timestamp())
        arrival = Arrival(
            external_id=f"{self._story.author}-{number}",
            text=text,
            author=self._story.author,
            name=self._story.name,
            language=self._story.language,
            url=f"https://{self._channel.platform}.example/{self._story.author}/{number}",
            posted_at=at,
        )
        received = intake.receive(
            channel_id=self._channel.pk, arrival=arrival, at=at + timedelta(minutes=2), actor=SYSTEM
        )
        if received.post is not None:
            self._posts.append(received.post)
            link = received.post.links.first()
            self._case_id = link.case_id if link else self._case_id

    def form(self, at: datetime, _actor: Actor, text: str, file: str = "", **fields: Any) -> None:
        """They fill in the brand's complaint form."""
        complaint = intake.Complaint(
            text=text,
            name=self._story.name,
            language=self._story.language,
            once=str(uuid5(NAMESPACE_URL, self._story.author)),
            **fields,
        )
        filed = intake.file_complaint(
            channel_id=self._channel.pk, complaint=complaint, uploads=uploads(file), at=at, actor=SYSTEM
        )
        self._case_id = filed.case.pk
        self._thread_id = Thread.objects.get(case_id=self._case_id).pk
        self._posts.append(Post.objects.get(links__case_id=self._case_id))

    def claim(self, at: datetime, _actor: Actor, text: str, name: str = "", contact: str = "") -> None:
        """Somebody opens the invitation's link and writes."""
        claimed = invitation.claim(
            secret=self._secret,
            name=name or self._story.name,
            contact=contact,
            text=text,
            language=self._story.language,
            at=at,
            actor=SOMEBODY,
        )
        self._thread_id = claimed.thread.pk

    def hear(self, at: datetime, _actor: Actor, text: str, file: str = "") -> None:
        """They write on their private page."""
        dialogue.receive_message(
            thread_id=self._thread(), text=text, uploads=uploads(file), at=at, actor=self._complainant()
        )

    def read(self, at: datetime, _actor: Actor) -> None:
        """They open their private page."""
        dialogue.read_messages(thread_id=self._thread(), at=at, actor=self._complainant())

    def say_whether(
        self, at: datetime, _actor: Actor, answer: Satisfaction, words: str = "", publicly: bool = False
    ) -> None:
        """They say whether it is settled, and whether we may say so in public."""
        confirmation.confirm(
            thread_id=self._thread(),
            answer=answer,
            words=words,
            may_say_publicly=publicly,
            at=at,
            actor=self._complainant(),
        )

    def say_of_promise(self, at: datetime, _actor: Actor, kind: str, said: Satisfaction) -> None:
        """They say of one promise whether it was kept."""
        promise = Promise.objects.filter(case_id=self._case_id, action__kind__code=kind).latest("pk")
        confirmation.say_of_promise(
            thread_id=self._thread(), promise_id=promise.pk, said=said, at=at, actor=self._complainant()
        )

    def withdraw(self, at: datetime, _actor: Actor) -> None:
        """They take the complaint back."""
        case.withdraw(case_id=self._case_id, at=at, actor=self._complainant())

    # --- the post

    def triage(
        self,
        at: datetime,
        actor: Actor,
        kind: PostKind = PostKind.COMPLAINT,
        category: str = "",
        severity: int = 2,
        wish: str = "",
    ) -> None:
        """A colleague says what the post is, and what its author wants most."""
        found = Category.objects.filter(brand=self._channel.brand, code=category).first()
        opened = triage.triage(
            post_id=self._posts[-1].pk,
            kind=kind,
            category_id=found.pk if found else None,
            severity=severity if kind == PostKind.COMPLAINT else None,
            wish=wish,
            at=at,
            actor=actor,
        )
        self._case_id = opened.pk if opened else 0

    def see(self, at: datetime, actor: Actor, kind: ObservationKind, **fields: Any) -> None:
        """A colleague, or the channel, notes what is seen of the first post."""
        triage.observe(post_id=self._posts[0].pk, kind=kind, seen_at=at, at=at, actor=actor, **fields)

    def reach(self, at: datetime, _actor: Actor, views: int, shares: int | None = None) -> None:
        """The channel reports how far the first post got."""
        self.see(at, SYSTEM, ObservationKind.REACH, views=views, shares=shares)

    def pass_on(self, at: datetime, actor: Actor, to: str) -> None:
        """Praise goes to the colleague it is for."""
        triage.pass_on(post_id=self._posts[-1].pk, person_id=self._crew[to].pk, at=at, actor=actor)

    def reply(self, at: datetime, actor: Actor, text: str, invite: bool = False, posted: bool = True) -> None:
        """A colleague answers in public."""
        post = self._posts[-1]
        written = dialogue.reply_in_public(
            post_id=post.pk,
            text=text,
            url=f"{post.url}/reply-{PublicReply.objects.count() + 1}" if posted else "",
            is_inviting=invite,
            at=at,
            actor=actor,
        )
        if invite:
            self._secret = written.invitation.rstrip("/").rpartition("/")[2]

    # --- the case

    def take(self, at: datetime, actor: Actor) -> None:
        """A colleague takes the case."""
        case.take(case_id=self._case_id, at=at, actor=actor)

    def assign(self, at: datetime, actor: Actor, to: str) -> None:
        """The case is given to somebody."""
        case.assign(case_id=self._case_id, owner_id=self._crew[to].pk, at=at, actor=actor)

    def leave(self, at: datetime, actor: Actor, whom: str, heir: str) -> None:
        """A colleague leaves; somebody inherits what they had in hand."""
        people.deactivate_person(person_id=self._crew[whom].pk, heir_id=self._crew[heir].pk, at=at, actor=actor)

    def wait(self, at: datetime, actor: Actor, waiting_for: str) -> None:
        """The next move is the complainant's."""
        case.wait(case_id=self._case_id, waiting_for=waiting_for, at=at, actor=actor)

    def dismiss(self, at: datetime, actor: Actor, reason: str) -> None:
        """It was no complaint."""
        case.dismiss(case_id=self._case_id, reason=reason, at=at, actor=actor)

    def restrict(self, at: datetime, actor: Actor) -> None:
        """Only the owner, the lead and managers see it from now on."""
        case.restrict(case_id=self._case_id, is_restricted=True, at=at, actor=actor)

    def about(self, at: datetime, actor: Actor, whom: str) -> None:
        """The complaint is about a colleague."""
        case.set_subject(case_id=self._case_id, person_id=self._crew[whom].pk, at=at, actor=actor)

    def decline(self, at: datetime, actor: Actor) -> None:
        """They want no private thread."""
        case.decline_private(case_id=self._case_id, at=at, actor=actor)

    def confirm(self, at: datetime, actor: Actor) -> None:
        """A colleague knows that the claimant is the complainant."""
        invitation.confirm(thread_id=self._thread_id, at=at, actor=actor)

    def code(self, at: datetime, actor: Actor) -> None:
        """A code goes to their public account, and they type it in a few minutes later."""
        code = invitation.make_code(thread_id=self._thread_id, at=at, actor=actor)
        invitation.enter_code(thread_id=self._thread_id, code=code, at=at + timedelta(minutes=6), actor=SOMEBODY)

    def send_code(self, at: datetime, actor: Actor) -> None:
        """A code goes to their public account; nobody has typed it yet."""
        invitation.make_code(thread_id=self._thread_id, at=at, actor=actor)

    def refuse(self, at: datetime, actor: Actor) -> None:
        """The claimant is somebody else."""
        invitation.refuse(thread_id=self._thread_id, at=at, actor=actor)

    def expire(self, at: datetime, _actor: Actor) -> None:
        """The invitation ran out."""
        for row in Case.objects.get(pk=self._case_id).invitations.filter(status="sent"):
            invitation.expire(invitation_id=row.pk, at=at, actor=SYSTEM)

    def say(self, at: datetime, actor: Actor, text: str, file: str = "") -> None:
        """A colleague writes to them in private."""
        dialogue.send_message(case_id=self._case_id, text=text, uploads=uploads(file), at=at, actor=actor)

    def note(self, at: datetime, actor: Actor, text: str) -> None:
        """A colleague tells colleagues something."""
        dialogue.write_note(case_id=self._case_id, text=text, at=at, actor=actor)

    def misdirected(self, at: datetime, actor: Actor, reason: str) -> None:
        """Our last message went to the wrong person."""
        last = Message.objects.filter(case_id=self._case_id, author__isnull=False).latest("pk")
        dialogue.report_misdirected(message_id=last.pk, reason=reason, at=at, actor=actor)

    # --- what the methods share

    def _person(self, username: str) -> Actor:
        return Actor.person(self._crew[username or self._story.by].pk)

    def _complainant(self) -> Actor:
        return Actor.complainant(Case.objects.get(pk=self._case_id).complainant_id)

    def _thread(self) -> int:
        if not self._thread_id:
            self._thread_id = Thread.objects.filter(case_id=self._case_id).latest("pk").pk
        return self._thread_id


def uploads(name: str) -> list[moves.Upload]:
    return [moves.store(name=name, content=files.content(name))] if name else []
