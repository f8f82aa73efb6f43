"""Regimes to pick from and edit: what regulators ask of a final answer, in our own words, with its source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cases.vocabulary import AnswerPart

P = AnswerPart


@dataclass(frozen=True, slots=True)
class Pack:
    """One regime as an admin begins with it; what is marked in its texts is theirs to fill in."""

    code: str
    name: str
    source: str
    demands: Sequence[AnswerPart]
    recourse: dict[str, str]
    recourse_always: bool = True
    answers_first: bool = True
    opening: dict[str, str] = field(default_factory=dict)


PACKS = (
    Pack(
        "uk-fca",
        "UK · FCA DISP 1.6",
        "FCA Handbook, DISP 1.6.2 R: final response",
        (P.DECISION, P.REASONS, P.REMEDY, P.RECOURSE),
        {
            "en": "This is our final response. If you do not agree with it, the Financial Ombudsman Service can look "
            "at your complaint free of charge. You have six months from the date of this answer to ask it to.\n"
            "Later than that: [[whether you agree to a later referral]].\n"
            "Address: [[postal address]]\nTelephone: [[telephone]]\nWebsite: [[web address]]\n"
            "Its leaflet: [[where the leaflet is]]",
            "fr": "Ceci est notre réponse définitive. Si vous n’êtes pas d’accord, le Financial Ombudsman Service peut "
            "examiner votre réclamation gratuitement. Vous avez six mois à partir de la date de cette réponse pour le "
            "saisir.\nAu-delà : [[si vous acceptez une saisine tardive]].\n"
            "Adresse : [[adresse postale]]\nTéléphone : [[téléphone]]\nSite : [[adresse du site]]\n"
            "Sa brochure : [[où trouver la brochure]]",
        },
    ),
    Pack(
        "uk-housing",
        "UK · Housing Ombudsman Code",
        "Housing Ombudsman Complaint Handling Code 2024, section 6",
        (P.DECISION, P.REASONS, P.REMEDY, P.OUTSTANDING, P.RECOURSE),
        {
            "en": "If you are not satisfied, you can have your complaint looked at again by somebody else: "
            "[[how to ask for the next stage]]. You can also ask the Housing Ombudsman Service, free of charge, "
            "within [[time limit]].\n"
            "Address: [[postal address]]\nTelephone: [[telephone]]\nWebsite: [[web address]]",
            "fr": "Si vous n’êtes pas satisfait, vous pouvez faire réexaminer votre réclamation par quelqu’un "
            "d’autre : [[comment demander l’étape suivante]]. Vous pouvez aussi saisir gratuitement le Housing "
            "Ombudsman Service, dans un délai de [[délai]].\n"
            "Adresse : [[adresse postale]]\nTéléphone : [[téléphone]]\nSite : [[adresse du site]]",
        },
        opening={
            "en": "This is our answer at stage [[1 or 2]] of our complaints procedure.",
            "fr": "Voici notre réponse à l’étape [[1 ou 2]] de notre procédure de réclamation.",
        },
    ),
    Pack(
        "fr-acpr",
        "France · ACPR 2024-R-02",
        "ACPR, recommandation 2024-R-02 sur le traitement des réclamations",
        (P.DECISION, P.REASONS, P.REMEDY, P.RECOURSE),
        {
            "en": "If this answer does not satisfy you, you can turn to our mediator, free of charge, within one year "
            "of your written complaint.\n"
            "Mediator: [[name of the mediator]]\nAddress: [[postal address]]\nWebsite: [[web address]]",
            "fr": "Si cette réponse ne vous satisfait pas, vous pouvez saisir gratuitement notre médiateur, dans un "
            "délai d’un an à compter de votre réclamation écrite.\n"
            "Médiateur : [[nom du médiateur]]\nAdresse : [[adresse postale]]\nSite : [[adresse du site]]",
        },
    ),
    Pack(
        "fr-consommation",
        "France · Code de la consommation",
        "Code de la consommation, articles L612-1 à L612-5 et L616-1",
        (P.DECISION, P.REASONS, P.RECOURSE),
        {
            "en": "If we have not settled your complaint, you can turn to the consumer mediator we belong to, free of "
            "charge, within one year of your written complaint.\n"
            "Mediator: [[name of the mediator]]\nAddress: [[postal address]]\nWebsite: [[web address]]",
            "fr": "Si votre litige n’est pas résolu, vous pouvez saisir gratuitement le médiateur de la consommation "
            "dont nous relevons, dans un délai d’un an à compter de votre réclamation écrite.\n"
            "Médiateur : [[nom du médiateur]]\nAdresse : [[adresse postale]]\nSite : [[adresse du site]]",
        },
        recourse_always=False,
    ),
    Pack(
        "us-cfpb",
        "US · CFPB",
        "CFPB, Company Portal Manual: responding to complaints",
        (P.DECISION, P.REASONS, P.REMEDY, P.OUTSTANDING),
        {
            "en": "If you do not agree with this answer, you can tell the Consumer Financial Protection Bureau, free "
            "of charge, within [[time limit]].\n"
            "Website: [[web address]]\nTelephone: [[telephone]]\nAddress: [[postal address]]",
            "fr": "Si vous n’êtes pas d’accord avec cette réponse, vous pouvez le dire gratuitement au Consumer "
            "Financial Protection Bureau, dans un délai de [[délai]].\n"
            "Site : [[adresse du site]]\nTéléphone : [[téléphone]]\nAdresse : [[adresse postale]]",
        },
        recourse_always=False,
    ),
)


def pack(code: str) -> Pack | None:
    """The pack of that code, if there is one."""
    return next((each for each in PACKS if each.code == code), None)
