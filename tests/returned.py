"""Cases that a return counts, led through their life by the commands of the application, on days of our choice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from cases.commands import action, case, confirmation, delivery, dialogue, handling, intake, triage
from cases.models import Case, Delivery, Kind, Thread
from cases.queries.people import seer_of
from cases.queries.reports.complaints import Wanted, complaints
from cases.rules import return_periods
from cases.rules.arrival import Arrival
from cases.rules.returns import Complaint
from cases.vocabulary import SYSTEM, Actor, AnswerRoute, Outcome, PostKind, Proof, Satisfaction
from cases.vocabulary.returns import ReturnName
from tests.people import Stage, actor

PARIS = ZoneInfo("Europe/Paris")
LATER = datetime(2027, 3, 1, 12, 0, tzinfo=PARIS)


def on(written: str) -> datetime:
    """An instant by the clocks of the brand."""
    return datetime.fromisoformat(written).replace(tzinfo=PARIS)


@dataclass
class Life:
    """One case, from its post to its end; every step on its day, written 2026-03-02T10:00."""

    stage: Stage
    case: Case
    name: str

    @classmethod
    def begins(cls, stage: Stage, name: str, received: str, *, posted: str = "") -> Life:
        """A complaint is received, and the agent takes it."""
        at = on(received)
        arrival = Arrival(external_id=name, text=f"{name} is wrong.", author=name, posted_at=on(posted or received))
        post = intake.receive(channel_id=stage.channel.pk, arrival=arrival, at=at, actor=actor(stage.agent)).post
        assert post is not None
        opened = triage.triage(
            post_id=post.pk,
            kind=PostKind.COMPLAINT,
            category_id=stage.category.pk,
            severity=2,
            at=at,
            actor=actor(stage.agent),
        )
        assert opened is not None
        taken = case.take(case_id=opened.pk, at=at, actor=actor(stage.agent))
        case.describe_complainant(
            case_id=taken.pk,
            name=name.title(),
            email=f"{name}@example.org",
            phone="",
            language="",
            at=at,
            actor=actor(stage.agent),
        )
        return cls(stage, taken, name)

    @property
    def by(self) -> Actor:
        """Whoever works on it."""
        return actor(self.stage.agent)

    @property
    def reference(self) -> str:
        """What returns call it."""
        return self.case.reference

    def acknowledged(self, day: str) -> Life:
        """They are told that it has come."""
        dialogue.send_message(case_id=self.case.pk, text="We have it.", at=on(day), actor=self.by)
        return self

    def wrote(self, day: str) -> Life:
        """They write."""
        thread = Thread.objects.filter(case=self.case).latest("pk")
        them = Actor.complainant(self.case.complainant_id)
        dialogue.receive_message(thread_id=thread.pk, text="And now?", at=on(day), actor=them)
        return self

    def decided(self, day: str, outcome: Outcome = Outcome.UPHELD) -> Life:
        """It is decided."""
        handling.decide(case_id=self.case.pk, outcome=outcome, reason="Because.", at=on(day), actor=self.by)
        return self

    def paid(self, day: str, amount: str = "60") -> Life:
        """The refund that the playbook brings is paid."""
        refund = self.case.actions.filter(kind=self.stage.refund).exclude(status="done").first()
        refund = refund or action.add_action(
            case_id=self.case.pk, kind_id=self.stage.refund.pk, at=on(day), actor=self.by
        )
        action.complete_action(
            action_id=refund.pk, outcome="Paid.", reference="R", amount=Decimal(amount), at=on(day), actor=self.by
        )
        return self

    def did(self, day: str, code: str) -> Life:
        """Something of this kind is done."""
        kind = Kind.objects.filter(brand=self.stage.brand, code=code).first() or Kind.objects.create(
            brand=self.stage.brand, code=code, label={"en": code.title()}, proof=Proof.OUTCOME
        )
        made = action.add_action(case_id=self.case.pk, kind_id=kind.pk, at=on(day), actor=self.by)
        action.complete_action(action_id=made.pk, outcome="Done.", at=on(day), actor=self.by)
        return self

    def unpaid(self, day: str) -> Life:
        """The refund is waived, and an apology takes its place."""
        for each in self.case.actions.exclude(status__in=["done", "waived"]):
            action.waive_action(action_id=each.pk, reason="Not owed.", at=on(day), actor=actor(self.stage.manager))
        return self.did(day, "apology")

    def answered(self, day: str) -> Life:
        """The final answer goes, and is taken by their mail server an hour later."""
        handling.send_final_answer(case_id=self.case.pk, text="You were right.", at=on(day), actor=self.by)
        mail, at = Delivery.objects.filter(purpose="message").latest("pk"), on(day) + timedelta(hours=1)
        delivery.claim(delivery_id=mail.pk, at=at, actor=SYSTEM)
        delivery.mark_sent(delivery_id=mail.pk, claimed_at=at, at=at, actor=SYSTEM)
        return self

    def untold(self, day: str) -> Life:
        """Nobody can be told how it ends."""
        handling.send_final_answer(
            case_id=self.case.pk,
            text="No address is left.",
            route=AnswerRoute.UNREACHABLE,
            at=on(day),
            actor=self.by,
        )
        return self

    def handled(self, day: str) -> Life:
        """It is handled."""
        handling.handle(case_id=self.case.pk, at=on(day), actor=self.by)
        return self

    def closed(self, day: str, outcome: Outcome = Outcome.UPHELD) -> Life:
        """Decided, paid, answered and handled on one day."""
        hour = f"{day[:10]}T"
        self.decided(f"{hour}09:00", outcome).paid(f"{hour}10:00")
        return self.answered(f"{hour}11:00").handled(f"{hour}15:00")

    def said(self, day: str, answer: Satisfaction) -> Life:
        """They say whether it is settled; anything but a yes opens it again."""
        thread = Thread.objects.filter(case=self.case).latest("pk")
        them = Actor.complainant(self.case.complainant_id)
        words = "" if answer == Satisfaction.SETTLED else "It is not."
        confirmation.confirm(thread_id=thread.pk, answer=answer, words=words, at=on(day), actor=them)
        return self

    def reopened(self, day: str) -> Life:
        """It is opened again."""
        confirmation.reopen(case_id=self.case.pk, reason="New facts.", at=on(day), actor=self.by)
        return self

    def withdrawn(self, day: str) -> Life:
        """They take it back."""
        case.withdraw(case_id=self.case.pk, at=on(day), actor=self.by)
        return self

    def dismissed(self, day: str) -> Life:
        """It was no complaint."""
        case.dismiss(case_id=self.case.pk, reason="A question.", at=on(day), actor=self.by)
        return self


def wanted(
    stage: Stage, period: str = "2026-H1", name: ReturnName = ReturnName.DISP, *, person: int = 0, now: datetime = LATER
) -> Wanted:
    """What a return for this period is made from, as the manager sees it, or somebody else."""
    span = return_periods.of_name(period, stage.brand.zone)
    return Wanted(name, stage.brand, span, seer_of(person or stage.manager.pk), now)


def built(asked: Wanted) -> dict[str, Complaint]:
    """The complaints of a return by their references."""
    return {each.reference: each for each in complaints(asked)}
