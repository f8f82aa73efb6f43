"""Ready-made deadlines, in packs: those that a supervisor or a law sets, and those that casedesk proposes."""

from __future__ import annotations

from dataclasses import dataclass, field

from cases.rules.deadlines import Policy
from cases.vocabulary import Goal, Needs, Start, Unit

Words = dict[str, str]


@dataclass(frozen=True, slots=True)
class Ready:
    """One deadline of a pack, as it is before anybody edits it."""

    code: str
    name: Words
    goal: Goal
    start: Start
    amount: int
    unit: Unit
    end_of_day: bool = False
    next_day_counts: bool = False
    pauses: bool = False
    again: bool = False
    superseded_by_answer: bool = False
    extends: Needs = Needs.NEVER
    extend_amount: int = 0
    extend_unit: Unit | None = None

    def policy(self, key: int) -> Policy:
        """The same as a policy that is for any case."""
        return Policy(
            key,
            self.goal,
            self.start,
            self.amount,
            self.unit,
            end_of_day=self.end_of_day,
            next_day_counts=self.next_day_counts,
            pauses=self.pauses,
            again=self.again,
            superseded_by_answer=self.superseded_by_answer,
            extends=self.extends,
            extend_amount=self.extend_amount,
            extend_unit=self.extend_unit,
        )


@dataclass(frozen=True, slots=True)
class Pack:
    """Deadlines that belong together, and who set them."""

    code: str
    name: Words
    source: str
    policies: tuple[Ready, ...] = field(default_factory=tuple)


CASEDESK = Pack(
    "casedesk",
    {"en": "What casedesk proposes", "fr": "Ce que propose casedesk"},
    "",
    (
        Ready(
            "casedesk_acknowledge",
            {"en": "Answer in public", "fr": "Répondre en public"},
            Goal.ACKNOWLEDGE,
            Start.RECEIVED,
            60,
            Unit.OPEN_MINUTE,
        ),
        Ready(
            "casedesk_first_reply",
            {"en": "First private reply", "fr": "Première réponse en privé"},
            Goal.FIRST_REPLY,
            Start.RECEIVED,
            4,
            Unit.OPEN_HOUR,
        ),
        Ready(
            "casedesk_reply",
            {"en": "Reply to what they wrote", "fr": "Répondre à ce qu’ils ont écrit"},
            Goal.REPLY,
            Start.WROTE,
            8,
            Unit.OPEN_HOUR,
        ),
        Ready(
            "casedesk_update",
            {"en": "Tell them how it stands, every working day", "fr": "Dire où on en est, chaque jour ouvré"},
            Goal.UPDATE,
            Start.TOLD,
            1,
            Unit.WORKING_DAY,
            end_of_day=True,
            pauses=True,
        ),
        Ready(
            "casedesk_decision",
            {"en": "Decide", "fr": "Décider"},
            Goal.DECISION,
            Start.RECEIVED,
            5,
            Unit.WORKING_DAY,
            end_of_day=True,
            pauses=True,
            again=True,
        ),
        Ready(
            "casedesk_final_answer",
            {"en": "Final answer", "fr": "Réponse définitive"},
            Goal.FINAL_ANSWER,
            Start.RECEIVED,
            10,
            Unit.WORKING_DAY,
            end_of_day=True,
            pauses=True,
            again=True,
            extends=Needs.NOTICE,
            extend_amount=10,
            extend_unit=Unit.WORKING_DAY,
        ),
    ),
)

FCA = Pack(
    "fca",
    {"en": "FCA: complaints about financial services", "fr": "FCA : réclamations sur les services financiers"},
    "FCA Handbook, DISP 1.5 and 1.6",
    (
        Ready(
            "fca_summary_resolution",
            {"en": "Resolved with a summary resolution", "fr": "Résolue, avec une communication résumée"},
            Goal.HANDLED,
            Start.NEXT_DAY,
            3,
            Unit.WORKING_DAY,
            end_of_day=True,
            next_day_counts=True,
        ),
        Ready(
            "fca_final",
            {"en": "Final response", "fr": "Réponse définitive"},
            Goal.FINAL_ANSWER,
            Start.RECEIVED,
            8,
            Unit.WEEK,
            end_of_day=True,
        ),
    ),
)

FCA_PAYMENTS = Pack(
    "fca_payments",
    {"en": "FCA: payment services and e-money", "fr": "FCA : services de paiement et monnaie électronique"},
    "FCA Handbook, DISP 1.6.2A",
    (
        Ready(
            "fca_psd_emd",
            {"en": "Final response on a payment", "fr": "Réponse définitive sur un paiement"},
            Goal.FINAL_ANSWER,
            Start.RECEIVED,
            15,
            Unit.WORKING_DAY,
            end_of_day=True,
            extends=Needs.NOTICE,
            extend_amount=20,
            extend_unit=Unit.WORKING_DAY,
        ),
    ),
)

CFPB = Pack(
    "cfpb",
    {"en": "CFPB: consumer complaints", "fr": "CFPB : réclamations des consommateurs"},
    "CFPB, Company Portal Manual",
    (
        Ready(
            "cfpb_response",
            {"en": "Response to the complaint", "fr": "Réponse à la réclamation"},
            Goal.FINAL_ANSWER,
            Start.POSTED,
            15,
            Unit.DAY,
            end_of_day=True,
            extends=Needs.NOTICE,
            extend_amount=45,
            extend_unit=Unit.DAY,
        ),
    ),
)

# The recommendation asks for a notice with the new date and names no longest one: a month is only where editing begins.
ACPR = Pack(
    "acpr",
    {"en": "ACPR: banks and insurers in France", "fr": "ACPR : banques et assurances"},
    "ACPR, recommandation 2022-R-01",
    (
        Ready(
            "acpr_ack",
            {"en": "Acknowledge receipt", "fr": "Accuser réception"},
            Goal.ACKNOWLEDGE,
            Start.POSTED,
            10,
            Unit.OUVRABLE,
            end_of_day=True,
            superseded_by_answer=True,
        ),
        Ready(
            "acpr_final",
            {"en": "Answer", "fr": "Répondre"},
            Goal.FINAL_ANSWER,
            Start.POSTED,
            2,
            Unit.MONTH,
            end_of_day=True,
            extends=Needs.NOTICE,
            extend_amount=1,
            extend_unit=Unit.MONTH,
        ),
    ),
)

# The second stage begins with an acknowledgement of its own, which no start here is: it has no deadline in the pack.
HOUSING = Pack(
    "housing",
    {"en": "Housing Ombudsman: social landlords", "fr": "Housing Ombudsman : bailleurs sociaux"},
    "Housing Ombudsman, Complaint Handling Code",
    (
        Ready(
            "housing_ack",
            {"en": "Acknowledge the complaint", "fr": "Accuser réception de la réclamation"},
            Goal.ACKNOWLEDGE,
            Start.RECEIVED,
            5,
            Unit.WORKING_DAY,
            end_of_day=True,
        ),
        Ready(
            "housing_stage1",
            {"en": "Stage 1 response", "fr": "Réponse de premier niveau"},
            Goal.FINAL_ANSWER,
            Start.ACKNOWLEDGED,
            10,
            Unit.WORKING_DAY,
            end_of_day=True,
            extends=Needs.REASON,
            extend_amount=10,
            extend_unit=Unit.WORKING_DAY,
        ),
    ),
)

NHS = Pack(
    "nhs",
    {"en": "NHS: complaints about care", "fr": "NHS : réclamations sur les soins"},
    "SI 2009/309, regulation 13",
    (
        Ready(
            "nhs_ack",
            {"en": "Acknowledge the complaint", "fr": "Accuser réception de la réclamation"},
            Goal.ACKNOWLEDGE,
            Start.RECEIVED,
            3,
            Unit.WORKING_DAY,
            end_of_day=True,
        ),
    ),
)

GDPR = Pack(
    "gdpr",
    {"en": "GDPR: requests about one’s own data", "fr": "RGPD : demandes sur ses propres données"},
    "Regulation (EU) 2016/679, article 12(3)",
    (
        Ready(
            "gdpr_request",
            {"en": "Answer the request", "fr": "Répondre à la demande"},
            Goal.FINAL_ANSWER,
            Start.RECEIVED,
            1,
            Unit.MONTH,
            end_of_day=True,
            extends=Needs.NOTICE,
            extend_amount=2,
            extend_unit=Unit.MONTH,
        ),
    ),
)

SIGNALCONSO = Pack(
    "signalconso",
    {"en": "SignalConso: reports of consumers in France", "fr": "SignalConso : signalements de consommateurs"},
    "DGCCRF, SignalConso",
    (
        Ready(
            "signalconso_answer",
            {"en": "Answer the report", "fr": "Répondre au signalement"},
            Goal.FINAL_ANSWER,
            Start.POSTED,
            60,
            Unit.DAY,
            end_of_day=True,
        ),
    ),
)

PACKS: dict[str, Pack] = {
    pack.code: pack for pack in (CASEDESK, FCA, FCA_PAYMENTS, CFPB, ACPR, HOUSING, NHS, GDPR, SIGNALCONSO)
}
