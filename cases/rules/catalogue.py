"""What every new brand starts with: kinds of action, what promises and proves them, and who may decide how much."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from cases.vocabulary import DayUnit, Proof, Role


@dataclass(frozen=True)
class Starter:
    """One kind of the starting catalogue, with the fields of a kind."""

    code: str
    label: dict[str, str]
    promise: dict[str, str]
    proof: Proof
    days: int
    has_amount: bool = False
    has_goods: bool = False
    day_unit: DayUnit = DayUnit.CALENDAR
    ask_again_days: int | None = None
    is_shown: bool = True


@dataclass(frozen=True)
class Authority:
    """What a role may decide from the first day on, in the brand's currency, with the fields of a grant."""

    role: Role
    per_action: Decimal
    per_complainant: Decimal
    may_waive: bool
    complainant_days: int = 90


GRANTS = (
    Authority(Role.AGENT, Decimal(100), Decimal(300), may_waive=False),
    Authority(Role.MANAGER, Decimal(1000), Decimal(3000), may_waive=True),
)
KINDS = (
    Starter(
        "refund",
        {"en": "Refund", "fr": "Remboursement"},
        {"en": "We refund you.", "fr": "Nous vous remboursons."},
        Proof.AMOUNT,
        days=5,
        has_amount=True,
    ),
    Starter(
        "replacement",
        {"en": "Replacement", "fr": "Remplacement"},
        {"en": "We send you a new one.", "fr": "Nous vous en envoyons un nouveau."},
        Proof.REFERENCE,
        days=7,
        has_goods=True,
        ask_again_days=21,
    ),
    Starter(
        "repair",
        {"en": "Repair", "fr": "Réparation"},
        {"en": "We repair it.", "fr": "Nous le réparons."},
        Proof.REFERENCE,
        days=14,
        has_goods=True,
        ask_again_days=21,
    ),
    Starter(
        "voucher",
        {"en": "Voucher", "fr": "Bon d’achat"},
        {"en": "We send you a voucher.", "fr": "Nous vous envoyons un bon d’achat."},
        Proof.AMOUNT,
        days=3,
        has_amount=True,
    ),
    Starter(
        "call_back",
        {"en": "Call back", "fr": "Rappel téléphonique"},
        {"en": "We call you back.", "fr": "Nous vous rappelons."},
        Proof.OUTCOME,
        days=1,
        day_unit=DayUnit.WORKING,
    ),
    Starter(
        "correction",
        {"en": "Correction", "fr": "Rectification"},
        {"en": "We put it right.", "fr": "Nous corrigeons l’erreur."},
        Proof.OUTCOME,
        days=5,
        ask_again_days=21,
    ),
    Starter(
        "explanation",
        {"en": "Explanation", "fr": "Explication"},
        {"en": "We explain what happened.", "fr": "Nous vous expliquons ce qui s’est passé."},
        Proof.OUTCOME,
        days=3,
    ),
    Starter(
        "apology",
        {"en": "Apology", "fr": "Excuses"},
        {"en": "We apologise to you in person.", "fr": "Nous vous présentons nos excuses en personne."},
        Proof.OUTCOME,
        days=2,
    ),
    Starter(
        "investigation",
        {"en": "Investigation", "fr": "Enquête"},
        {"en": "We look into what happened.", "fr": "Nous cherchons ce qui s’est passé."},
        Proof.FILE,
        days=10,
        day_unit=DayUnit.WORKING,
    ),
)
