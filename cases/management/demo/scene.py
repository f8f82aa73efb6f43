"""How a story of the demo is settled: decided, asked for, approved, carried out, proven, told."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from cases.commands import action, approval, callback, carrying, confirmation, deadline, delivery, handling, moves
from cases.management.demo.talk import Talk, uploads
from cases.models import Action, Approval, Case, Cause, Deadline, Decision, Delivery, Kind
from cases.queries import answer as answers
from cases.rules import request, signature
from cases.rules.answer import marks
from cases.vocabulary import (
    SYSTEM,
    ActionStatus,
    Actor,
    AnswerPart,
    AnswerRoute,
    ApprovalStatus,
    DeliveryKind,
    DeliveryStatus,
    Goal,
    Outcome,
    Passed,
    SystemStatus,
)


class Scene(Talk):
    """What has happened so far in one story, and how it goes on."""

    # --- decision and actions

    def decide(
        self,
        at: datetime,
        actor: Actor,
        outcome: Outcome,
        reason: str,
        points: tuple[tuple[str, Outcome, str], ...] = (),
    ) -> None:
        """A colleague decides, as a whole and in each point raised."""
        handling.decide(case_id=self._case_id, outcome=outcome, reason=reason, points=points, at=at, actor=actor)

    def add(self, at: datetime, actor: Actor, kind: str, due: int | None = None, **fields: Any) -> None:
        """Something more is to be done; due so many days from today. Above their authority it is asked for."""
        action.add_action(
            case_id=self._case_id,
            kind_id=Kind.objects.get(brand=self._channel.brand, code=kind).pk,
            due_at=self._clock.due(due) if due is not None else None,
            at=at,
            actor=actor,
            **_amounts(self._owned(fields)),
        )

    def plan(self, at: datetime, actor: Actor, kind: str, due: int | None = None, **fields: Any) -> None:
        """An action gets its wording, amount, owner or date."""
        row = self._action(kind)
        planned = {
            "wording": row.wording,
            "is_required": row.is_required,
            "amount": row.amount,
            "owner_id": row.owner_id,
            "team_id": row.team_id,
            **_amounts(self._owned(fields)),
        }
        due_at = self._clock.due(due) if due is not None else row.due_at
        action.change_action(action_id=row.pk, due_at=due_at, at=at, actor=actor, **planned)

    def ask(self, at: datetime, actor: Actor, kind: str, reason: str = "") -> None:
        """A colleague decides what the playbook brought, or asks whoever can."""
        approval.request(action_id=self._action(kind).pk, reason=reason, at=at, actor=actor)

    def done(self, at: datetime, actor: Actor, kind: str, outcome: str, file: str = "", **fields: Any) -> None:
        """It is done by hand, with proof."""
        action.complete_action(
            action_id=self._action(kind).pk,
            outcome=outcome,
            uploads=uploads(file),
            at=at,
            actor=actor,
            **_amounts(fields),
        )

    def fail(self, at: datetime, actor: Actor, kind: str, reason: str) -> None:
        """It did not work."""
        action.fail_action(action_id=self._action(kind).pk, reason=reason, at=at, actor=actor)

    def again(self, at: datetime, actor: Actor, kind: str) -> None:
        """What failed or was refused is tried again."""
        action.propose_again(action_id=self._action(kind).pk, at=at, actor=actor)

    def waive(self, at: datetime, actor: Actor, kind: str, reason: str) -> None:
        """Somebody with that grant lets it go."""
        action.waive_action(action_id=self._action(kind).pk, reason=reason, at=at, actor=actor)

    # --- approvals

    def approve(self, at: datetime, actor: Actor, words: str = "", by_mail: bool = False) -> None:
        """Whoever is asked says yes, on the page or by the link in their mail."""
        secret = self._approval_secret if by_mail else ""
        approval.approve(approval_id=self._waiting(), words=words, secret=secret, at=at, actor=actor)

    def turn_down(self, at: datetime, actor: Actor, reason: str) -> None:
        """Whoever is asked says no."""
        approval.refuse(approval_id=self._waiting(), reason=reason, at=at, actor=actor)

    def give_back(self, at: datetime, actor: Actor, reason: str, **fields: Any) -> None:
        """Whoever is asked changes it and returns it."""
        approval.give_back(approval_id=self._waiting(), reason=reason, at=at, actor=actor, **_amounts(fields))

    def take_back(self, at: datetime, actor: Actor) -> None:
        """Whoever asked takes the request back."""
        approval.withdraw(approval_id=self._waiting(), at=at, actor=actor)

    def nobody_answers(self, at: datetime, _actor: Actor) -> None:
        """The time to answer is over: it moves to the next who can."""
        approval.pass_on(approval_id=self._waiting(), why=Passed.TOO_LATE, at=at, actor=SYSTEM)

    # --- connected systems

    def start(self, at: datetime, actor: Actor, kind: str, says: str = "accepted", **said: str) -> None:
        """Somebody is at it; where a connected system carries it out, it takes the order, or its answer is lost."""
        row = action.start_action(action_id=self._action(kind).pk, at=at, actor=actor)
        if row.sent_at is not None:
            self._answered(row, at + timedelta(seconds=2), says, said)

    def cancel(self, at: datetime, actor: Actor, kind: str, says: str = "cancelled", **said: str) -> None:
        """Somebody asks the system to cancel."""
        row = carrying.cancel_sent(action_id=self._action(kind).pk, at=at, actor=actor)
        self._answered(row, at + timedelta(seconds=2), says, said)

    def told(self, at: datetime, _actor: Actor, kind: str, says: str, **said: str) -> None:
        """The system tells by itself how an order went."""
        row = Action.objects.select_related("target").get(pk=self._action(kind).pk)
        if row.target is None:
            raise LookupError(kind)
        body = json.dumps({"order": moves.order_of(row), "status": says, **said}, sort_keys=True).encode()
        signed = signature.sign(row.target.secret, body, at=int(at.timestamp()))
        kept = callback.keep_callback(target_id=row.target.public_id, body=body, signed=signed, at=at, actor=SYSTEM)
        callback.hear_callback(callback_id=kept.callback_id, at=at, actor=SYSTEM)

    # --- time

    def extend(self, at: datetime, actor: Actor, goal: Goal, reason: str, text: str) -> None:
        """A deadline gets a later date, and they are told why."""
        open_ones = Deadline.objects.unmet().filter(case_id=self._case_id, goal=goal)
        row = open_ones.exclude(policy__extends="").earliest("due_at")
        deadline.extend(deadline_id=row.pk, reason=reason, text=text, at=at, actor=actor)

    # --- the end

    def answer(self, at: datetime, actor: Actor, text: str, route: AnswerRoute = AnswerRoute.PRIVATE) -> None:
        """The final answer goes out, in the parts that the brand's regime demands."""
        url = f"{self._posts[0].url}/answer" if route == AnswerRoute.PUBLIC else ""
        parts = {} if route == AnswerRoute.UNREACHABLE else self._parts(text)
        handling.send_final_answer(
            case_id=self._case_id, text="" if parts else text, parts=parts, route=route, url=url, at=at, actor=actor
        )

    def handle(self, at: datetime, actor: Actor, cause: str = "", prevention: str = "") -> None:
        """The case is handled, and somebody says why it came about."""
        found = Cause.objects.get(brand=self._channel.brand, code=cause).pk if cause else None
        handling.handle(case_id=self._case_id, cause_id=found, prevention=prevention, at=at, actor=actor)

    def reopen(self, at: datetime, actor: Actor, reason: str, with_post: bool = False) -> None:
        """The case is opened again."""
        post_id = self._posts[-1].pk if with_post else None
        self._case_id = confirmation.reopen(
            case_id=self._case_id, reason=reason, post_id=post_id, at=at, actor=actor
        ).pk

    # --- what the methods share

    def _action(self, kind: str) -> Action:
        rows = Action.objects.filter(case_id=self._case_id, kind__code=kind)
        return rows.exclude(status__in=[ActionStatus.DONE, ActionStatus.WAIVED]).order_by("pk").first() or rows.latest(
            "pk"
        )

    def _waiting(self) -> int:
        return Approval.objects.get(case_id=self._case_id, status=ApprovalStatus.WAITING).pk

    def _owned(self, fields: dict[str, Any]) -> dict[str, Any]:
        owner = fields.pop("owner", None)
        return {**fields, "owner_id": self._crew[owner].pk} if owner else fields

    def _answered(self, row: Action, at: datetime, says: str, said: dict[str, str]) -> None:
        calls = Delivery.objects.filter(action=row, kind=DeliveryKind.CALL, status=DeliveryStatus.QUEUED)
        call = calls.latest("pk")
        delivery.claim(delivery_id=call.pk, at=at, actor=SYSTEM)
        if says == "lost":
            error = "No answer within 10 seconds; the whole request had gone out."
            there = at + timedelta(seconds=10)
            carrying.mark_lost(delivery_id=call.pk, claimed_at=at, error=error, at=there, actor=SYSTEM)
            return
        carrying.mark_answered(
            delivery_id=call.pk,
            claimed_at=at,
            answer=request.Answer(SystemStatus(says), said.get("reference", ""), reason=said.get("reason", "")),
            at=at + timedelta(seconds=1),
            actor=SYSTEM,
        )

    def _parts(self, text: str) -> dict[str, str]:
        """The prepared parts with the colleague's own words in them; nothing where no regime asks for parts."""
        case = Case.objects.select_related("brand", "complainant").get(pk=self._case_id)
        regime = answers.regime_of(case.brand_id)
        if regime is None:
            return {}
        decision = Decision.objects.get(case=case, superseded_at__isnull=True)
        parts = answers.prepare(case, regime, decision).parts
        if marks(parts.get(AnswerPart.REASONS, "")):
            return {**parts, AnswerPart.REASONS.value: text}
        return {**parts, AnswerPart.DECISION.value: f"{text}\n\n{parts[AnswerPart.DECISION]}"}


def _amounts(fields: dict[str, Any]) -> dict[str, Any]:
    return {**fields, "amount": Decimal(fields["amount"])} if "amount" in fields else fields
