"""What anybody may try with a case: every command of the path, with arguments that are sometimes wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.utils import timezone

from cases.commands import (
    action,
    approval,
    case,
    confirmation,
    deadline,
    delivery,
    dialogue,
    handling,
    invitation,
    moves,
    promise,
    triage,
)
from cases.models import (
    Action,
    Approval,
    Case,
    Deadline,
    Delivery,
    Handle,
    Invitation,
    Message,
    Promise,
    PublicReply,
    Thread,
    User,
)
from cases.vocabulary import (
    SYSTEM,
    UNHANDLED,
    Actor,
    ActorKind,
    AnswerRoute,
    Audience,
    Outcome,
    Passed,
    PostKind,
    Satisfaction,
    Told,
)
from tests.people import Stage, actor

STRANGER = Actor(ActorKind.COMPLAINANT)


@dataclass
class Try:
    """One attempt: who, on which case, with two numbers that choose among arguments."""

    stage: Stage
    case: Case
    who: User
    pick: int
    at: datetime
    secrets: dict[int, str]

    @property
    def by(self) -> Actor:
        """The person, acting."""
        return actor(self.who)

    @property
    def them(self) -> Actor:
        """The complainant, acting."""
        return Actor.complainant(self.case.complainant_id)

    def action(self) -> int:
        """One of the case's actions, or none that exists."""
        return self._one(Action)

    def thread(self) -> int:
        """One of the case's threads, or none that exists."""
        return self._one(Thread)

    def _one(self, model: type[Action | Approval | Deadline | Thread | Message | Promise | PublicReply]) -> int:
        ids = list(model.objects.filter(case=self.case).order_by("pk").values_list("pk", flat=True))
        return ids[self.pick % len(ids)] if ids else 0

    def request(self) -> int:
        """One of the case's requests for approval: mostly one that waits."""
        waiting = Approval.objects.filter(case=self.case, status="waiting").order_by("pk").first()
        return waiting.pk if waiting is not None and self.pick < 6 else self._one(Approval)

    def words(self) -> str:
        """Something to say, now and then nothing."""
        return "" if self.pick == 7 else f"Words {self.pick}."

    def person(self) -> int:
        """Somebody who may or may not be able to own the case."""
        people = (self.stage.agent, self.stage.colleague, self.stage.manager, self.stage.auditor, self.stage.outsider)
        return people[self.pick % len(people)].pk


def _upload(one: Try) -> list[moves.Upload]:
    if one.pick % 2:
        return []
    return [moves.Upload(uuid4().hex, "proof.txt", "text/plain", 1, b"\0" * 32, is_image=False)]


def _complete(one: Try) -> object:
    return action.complete_action(
        action_id=one.action(),
        outcome=one.words(),
        reference="" if one.pick == 6 else "RF-1",
        amount=None if one.pick == 5 else Decimal("12.50"),
        uploads=_upload(one),
        at=one.at,
        actor=one.by,
    )


def _change(one: Try) -> object:
    return action.change_action(
        action_id=one.action(),
        wording=one.words(),
        is_required=one.pick % 2 == 0,
        amount=None,
        owner_id=one.person(),
        team_id=None,
        due_at=one.at,
        at=one.at,
        actor=one.by,
    )


# Within an agent's authority, above it, above everybody's day budget but the manager's, and nothing yet.
AMOUNTS = (Decimal("12.50"), Decimal(90), Decimal(150), None)


def _add(one: Try) -> object:
    kind = (one.stage.refund, one.stage.apology)[one.pick % 2]
    amount = AMOUNTS[one.pick // 2] if kind == one.stage.refund else None
    return action.add_action(
        case_id=one.case.pk, kind_id=kind.pk, amount=amount, is_required=one.pick < 4, at=one.at, actor=one.by
    )


def _again(one: Try) -> object:
    """Another amount for what is planned: what was decided or asked before no longer holds."""
    return action.change_action(
        action_id=one.action(),
        wording="",
        is_required=True,
        amount=AMOUNTS[one.pick % 3],
        owner_id=None,
        team_id=None,
        due_at=one.at + timedelta(days=3),
        at=one.at,
        actor=one.by,
    )


def _extend(one: Try) -> object:
    """A later date for one of the case's deadlines, with the complainant told or not."""
    text = "It takes longer." if one.pick % 2 else ""
    return deadline.extend(deadline_id=one._one(Deadline), reason=one.words(), text=text, at=one.at, actor=one.by)


def _describe(one: Try) -> object:
    name = "Tom" if one.pick % 2 else ""
    return case.describe_complainant(
        case_id=one.case.pk, name=name, email="", phone="", language="en", at=one.at, actor=one.by
    )


def _give_back(one: Try) -> object:
    return approval.give_back(
        approval_id=one.request(),
        reason=one.words(),
        amount=AMOUNTS[one.pick % 4],
        at=one.at,
        actor=one.by,
    )


def _answer(one: Try) -> object:
    route = list(AnswerRoute)[one.pick % 3]
    url = "https://social.example/9" if one.pick < 4 else ""
    return handling.send_final_answer(
        case_id=one.case.pk, text=one.words(), route=route, url=url, at=one.at, actor=one.by
    )


def _reply(one: Try) -> object:
    link = one.case.links.select_related("post").order_by("pk")[0]
    written = dialogue.reply_in_public(
        post_id=link.post_id,
        text=one.words(),
        url="https://social.example/1" if one.pick % 2 else "",
        is_inviting=one.pick < 5,
        at=one.at,
        actor=one.by,
    )
    if written.invitation:
        one.secrets[one.case.pk] = written.invitation.rstrip("/").split("/")[-1]
    return written


def _claim(one: Try) -> object:
    return invitation.claim(
        secret=one.secrets.get(one.case.pk, "guessed"),
        name="Tom",
        contact="tom@example.org" if one.pick % 2 else "",
        text=one.words(),
        at=one.at,
        actor=STRANGER,
    )


def _code(one: Try) -> object:
    thread = one.thread()
    code = invitation.make_code(thread_id=thread, at=one.at, actor=one.by)
    return invitation.enter_code(thread_id=thread, code=code if one.pick % 3 else "WRONG", at=one.at, actor=STRANGER)


def _send(one: Try) -> object:
    row = Delivery.objects.filter(case=one.case).order_by("-pk").first()
    if row is None:
        return None
    at = row.due_at + timedelta(seconds=1)
    mail = delivery.claim(delivery_id=row.pk, at=at, actor=SYSTEM)
    if mail is None:
        choice = ("again", "arrived", "cancel")[one.pick % 3]
        return delivery.settle(delivery_id=row.pk, choice=choice, at=at, actor=one.by)
    given = {"delivery_id": row.pk, "claimed_at": at, "at": at, "actor": SYSTEM}
    if one.pick == 0:
        return delivery.mark_unknown(error="cut", **given)
    if one.pick < 3:
        return delivery.mark_failed(error="no", is_final=one.pick == 2, **given)
    delivery.mark_sent(**given)
    if one.pick == 3:
        delivery.record_bounce(delivery_id=row.pk, error="gone", at=at, actor=SYSTEM)
    return None


def _expire(one: Try) -> object:
    found = Invitation.objects.filter(case=one.case).order_by("-pk").first()
    at = one.at + timedelta(days=60)
    return found and invitation.expire(invitation_id=found.pk, at=at, actor=SYSTEM)


def _misdirected(one: Try) -> object:
    return dialogue.report_misdirected(message_id=one._one(Message), reason=one.words(), at=one.at, actor=one.by)


def _posted(one: Try) -> object:
    url = "https://social.example/2" if one.pick else "javascript:alert(1)"
    return dialogue.mark_posted(reply_id=one._one(PublicReply), url=url, at=one.at, actor=one.by)


def _triage(one: Try) -> object:
    post = one.stage.post(f"more-{uuid4()}", author=f"author-{one.case.pk}" if one.pick % 2 else f"{uuid4()}")
    return triage.triage(post_id=post.pk, kind=list(PostKind)[one.pick % 4], at=one.at, actor=one.by)


def _split(one: Try) -> object:
    """One of the case's posts, the newest mostly, gets a case of its own; who has one post only writes another."""
    here = list(one.case.links.filter(left_at__isnull=True).order_by("pk").values_list("post_id", flat=True))
    if len(here) < 2 and one.pick % 4:
        handle = Handle.objects.filter(complainant=one.case.complainant_id).first()
        if handle is None or one.case.brand_id != one.stage.brand.pk or handle.platform != one.stage.channel.platform:
            return None
        return one.stage.post(f"more-{uuid4()}", author=handle.platform_user)
    post_id = here[0 if one.pick == 0 else -1] if here else 0
    return case.split(case_id=one.case.pk, post_id=post_id, at=one.at, actor=one.by)


def _merge(one: Try) -> object:
    """Another case of the same complainant goes on in this one, or now and then this one in that."""
    others = Case.objects.filter(complainant=one.case.complainant_id).exclude(pk=one.case.pk)
    other = others.filter(status__in=UNHANDLED).order_by("pk").first() or others.first()
    other_id = other.pk if other else one.case.pk
    pair = (one.case.pk, other_id) if one.pick == 7 else (other_id, one.case.pk)
    return case.merge(case_id=pair[0], into_id=pair[1], reason=one.words(), at=one.at, actor=one.by)


TRIES: dict[str, Callable[[Try], object]] = {
    "take": lambda one: case.take(case_id=one.case.pk, at=one.at, actor=one.by),
    "assign": lambda one: case.assign(case_id=one.case.pk, owner_id=one.person(), at=one.at, actor=one.by),
    "wait": lambda one: case.wait(case_id=one.case.pk, waiting_for=one.words(), at=one.at, actor=one.by),
    "resume": lambda one: case.resume(case_id=one.case.pk, at=one.at, actor=one.by),
    "dismiss": lambda one: case.dismiss(case_id=one.case.pk, reason=one.words(), at=one.at, actor=one.by),
    "merge": _merge,
    "split": _split,
    "restrict": lambda one: case.restrict(
        case_id=one.case.pk, is_restricted=one.pick % 2 == 0, at=one.at, actor=one.by
    ),
    "classify": lambda one: case.classify(
        case_id=one.case.pk, category_id=one.stage.category.pk, severity=one.pick, at=one.at, actor=one.by
    ),
    "subject": lambda one: case.set_subject(
        case_id=one.case.pk, person_id=one.person() if one.pick < 6 else None, at=one.at, actor=one.by
    ),
    "decline": lambda one: case.decline_private(case_id=one.case.pk, at=one.at, actor=one.by),
    "withdraw": lambda one: case.withdraw(
        case_id=one.case.pk, at=one.at, actor=one.them if one.pick == 0 else actor(one.stage.outsider)
    ),
    "reply": _reply,
    "posted": _posted,
    "claim": _claim,
    "confirm person": lambda one: invitation.confirm(thread_id=one.thread(), at=one.at, actor=one.by),
    "refuse person": lambda one: invitation.refuse(thread_id=one.thread(), at=one.at, actor=one.by),
    "code": _code,
    "expire": _expire,
    "revoke": lambda one: invitation.revoke_links(thread_id=one.thread(), at=one.at, actor=one.by),
    "message": lambda one: dialogue.send_message(case_id=one.case.pk, text=one.words(), at=one.at, actor=one.by),
    "hear": lambda one: dialogue.receive_message(thread_id=one.thread(), text=one.words(), at=one.at, actor=one.them),
    "read": lambda one: dialogue.read_messages(thread_id=one.thread(), at=one.at, actor=one.them),
    "note": lambda one: dialogue.write_note(case_id=one.case.pk, text=one.words(), at=one.at, actor=one.by),
    "misdirected": _misdirected,
    "draft": lambda one: dialogue.keep_draft(
        case_id=one.case.pk, audience=Audience.PRIVATE, text=one.words(), at=one.at, actor=one.by
    ),
    "add": _add,
    "start": lambda one: action.start_action(action_id=one.action(), at=one.at, actor=one.by),
    "complete": _complete,
    "fail": lambda one: action.fail_action(action_id=one.action(), reason=one.words(), at=one.at, actor=one.by),
    "again": lambda one: action.propose_again(action_id=one.action(), at=one.at, actor=one.by),
    "waive": lambda one: action.waive_action(action_id=one.action(), reason=one.words(), at=one.at, actor=one.by),
    "change": _change,
    "change the amount": _again,
    "ask": lambda one: approval.request(action_id=one.action(), reason=one.words(), at=one.at, actor=one.by),
    "approve": lambda one: approval.approve(approval_id=one.request(), at=one.at, actor=one.by),
    "refuse": lambda one: approval.refuse(approval_id=one.request(), reason=one.words(), at=one.at, actor=one.by),
    "give back": _give_back,
    "take back": lambda one: approval.withdraw(approval_id=one.request(), at=one.at, actor=one.by),
    "pass on": lambda one: approval.pass_on(
        approval_id=one.request(),
        why=Passed.TOO_LATE if one.pick % 2 else Passed.BY_HAND,
        at=one.at,
        actor=SYSTEM if one.pick % 2 else one.by,
    ),
    "decide": lambda one: handling.decide(
        case_id=one.case.pk, outcome=list(Outcome)[one.pick % 4], reason=one.words(), at=one.at, actor=one.by
    ),
    "answer": _answer,
    "send": _send,
    "handle": lambda one: handling.handle(case_id=one.case.pk, at=one.at, actor=one.by),
    "reopen": lambda one: confirmation.reopen(case_id=one.case.pk, reason=one.words(), at=one.at, actor=one.by),
    "say": lambda one: confirmation.confirm(
        thread_id=one.thread(),
        answer=list(Satisfaction)[one.pick % 3],
        words=one.words(),
        at=one.at,
        actor=one.them,
    ),
    "say of a promise": lambda one: confirmation.say_of_promise(
        thread_id=one.thread(),
        promise_id=one._one(Promise),
        said=list(Satisfaction)[one.pick % 3],
        at=one.at,
        actor=one.them,
    ),
    "agree": lambda one: confirmation.agree_to_closing(thread_id=one.thread(), at=one.at, actor=one.them),
    "told": lambda one: confirmation.record_confirmation(
        case_id=one.case.pk,
        answer=list(Satisfaction)[one.pick % 3],
        words=one.words(),
        told=list(Told)[one.pick % 5],
        may_say_publicly=one.pick < 3,
        at=one.at,
        actor=one.by,
    ),
    "ask whether it lasted": lambda one: confirmation.ask_again(
        case_id=one.case.pk, at=one.at + timedelta(days=60), actor=SYSTEM
    ),
    "warn": lambda one: promise.warn(promise_id=one._one(Promise), at=one.at + timedelta(days=one.pick), actor=SYSTEM),
    "break": lambda one: promise.break_promise(
        promise_id=one._one(Promise), at=one.at + timedelta(days=one.pick), actor=SYSTEM
    ),
    "triage": _triage,
    "extend": _extend,
    "describe": _describe,
}


def finish(case_id: int, manager: User, at: datetime | None = None) -> Case:
    """Carry an unhandled case to its end as its manager, whatever state it is in, by commands alone."""
    at, by = at or timezone.now(), actor(manager)
    now = Case.objects.get(pk=case_id)
    if now.about_id == manager.pk:
        return now
    if now.owner_id is None:
        _inside(case.take, case_id=case_id, at=at, actor=by)
    _inside(handling.decide, case_id=case_id, outcome=Outcome.UPHELD, reason="So be it.", at=at, actor=by)
    if not now.actions.filter(is_required=True).exclude(status="waived").exists():
        kind = now.brand.kinds.get(code="apology")
        _inside(action.add_action, case_id=case_id, kind_id=kind.pk, at=at, actor=by)
    for one in now.actions.filter(is_required=True).exclude(status__in=["done", "waived"]):
        if one.status in {"failed", "refused"}:
            _inside(action.propose_again, action_id=one.pk, at=at, actor=by)
        if one.status == "awaiting_approval":
            _answer_request(one, at, by)
        _inside(
            action.complete_action,
            action_id=one.pk,
            outcome="Done.",
            reference="RF-2",
            amount=Decimal(5) if one.kind.has_amount else None,
            at=at,
            actor=by,
        )
    _inside(
        handling.send_final_answer,
        case_id=case_id,
        text="Nobody answers.",
        route=AnswerRoute.UNREACHABLE,
        at=at,
        actor=by,
    )
    done: Case = _inside(handling.handle, case_id=case_id, at=at, actor=by)
    return done


def _answer_request(step: Action, at: datetime, by: Actor) -> None:
    """Approve it; one's own request is taken back instead, and decided by oneself."""
    asked = step.approvals.get(status="waiting")
    if asked.requested_by_id == by.person_id:
        _inside(approval.withdraw, approval_id=asked.pk, at=at, actor=by)
    else:
        _inside(approval.approve, approval_id=asked.pk, at=at, actor=by)


def _inside(command: Callable[..., Any], **given: object) -> Any:
    """The command without a transaction of its own, so that what it did can be taken back."""
    return command.__wrapped__(**given)  # type: ignore[attr-defined]
