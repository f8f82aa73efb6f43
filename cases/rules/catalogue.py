"""The kinds of action that every new brand starts with: what they are called, promised and proved by."""

from __future__ import annotations

from dataclasses import dataclass

from cases.vocabulary import Proof


@dataclass(frozen=True)
class Starter:
    """One kind of the starting catalogue, with the fields of a kind."""

    code: str
    label: dict[str, str]
    promise: dict[str, str]
    proof: Proof
    days: int
    has_amount: bool = False
    is_shown: bool = True


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
    ),
    Starter(
        "repair",
        {"en": "Repair", "fr": "Réparation"},
        {"en": "We repair it.", "fr": "Nous le réparons."},
        Proof.REFERENCE,
        days=14,
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
    ),
    Starter(
        "correction",
        {"en": "Correction", "fr": "Rectification"},
        {"en": "We put it right.", "fr": "Nous corrigeons l’erreur."},
        Proof.OUTCOME,
        days=5,
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
    ),
)
