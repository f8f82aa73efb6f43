"""What the demo's brands have set up of the work: kinds, connected systems, playbooks, causes and regimes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from cases.commands import catalogue, cause, playbook, regime, target
from cases.commands.playbook import Line
from cases.management.demo.people import Stage
from cases.models import Category, Cause, Kind, Target
from cases.rules.regimes import pack
from cases.vocabulary import Actor, AnswerPart, Condition, DayUnit, Doer, Proof, Wish

# Prefix: name, address, what goes into a request, and the kind that it carries out.
TARGETS = {
    "BW": (
        "Depot planner",
        "https://depot.brindlewick.example/api/slots",
        {"order": "order", "what": "wording", "until": "due", "case": "reference", "callback": "callback"},
        "delivery_date",
    ),
    "OR": (
        "Fidélité",
        "https://fidelite.orvelle.example/bons",
        {"commande": "order", "montant": "amount", "devise": "currency", "dossier": "reference", "rappel": "callback"},
        "voucher",
    ),
    "KM": ("Billing", "https://billing.kestrelle.example/credit-notes", {}, "refund"),
}
# Above these amounts two people have to approve.
TWO_PEOPLE = {("BW", "refund"): Decimal(500), ("KM", "refund"): Decimal(400)}


class Play(NamedTuple):
    """Which cases a playbook is for and what it brings; what a draft of it would bring instead."""

    category: str
    severity: int
    lines: str
    severities: tuple[int, ...] = ()
    wish: str = ""
    draft: str = ""


# A line is a kind with its marks: "?" not required, "+5" in five working days, "@Team" whoever is on duty there,
# "/condition" only then, "=10" suggested amount.
PLAYS = {
    "BW": (
        Play("delivery", 3, "delivery_date@Delivery+5 apology?"),
        Play("delivery", 4, "delivery_date@Delivery+2 call_back+1/phone_known explanation?/public", severities=(4,)),
        Play("damaged", 3, "replacement"),
        Play("damaged", 3, "refund+3 explanation?", wish=Wish.MONEY),
        Play("billing", 2, "refund", draft="refund+3 explanation?+2 voucher?=10/repeated"),
        Play("assembly", 2, "repair"),
        Play("staff", 3, "apology call_back"),
    ),
    "OR": (
        Play("parcel", 2, "replacement", draft="replacement+4 investigation?@Qualité voucher?=5/repeated"),
        Play("reaction", 4, "investigation@Qualité+5 refund call_back?/phone_known"),
        Play("order", 2, "correction"),
        Play("loyalty", 1, "voucher"),
        Play("shop", 2, "apology"),
    ),
    "KM": (
        Play("billing", 2, "correction refund?"),
        Play("network", 3, "investigation@Network explanation?/severe"),
        Play("roaming", 3, "refund"),
        Play("leaving", 3, "correction"),
        Play("leaving", 3, "refund+5 correction", wish=Wish.MONEY),
        Play("shop", 2, "apology"),
    ),
}
# Prefix: code, English, French, the cause it stands below.
CAUSES = {
    "BW": (("delivery-alone", "Driver sent alone", "Livreur envoyé seul", "delivery"),),
    "OR": (("packing", "Parcel not sealed", "Colis non scellé", "delivery"),),
    "KM": (("billing-roaming", "Roaming nobody was warned of", "Itinérance sans avertissement", "billing"),),
}
OMBUDSMAN = {
    "en": "This is our final answer. If you do not agree with it, the Home Goods Ombudsman can look at your complaint, "
    "free of charge. You have twelve months from the date of this answer.\n"
    "Address: 4 Mill Lane, Brindlewick BW1 0EX\nWebsite: home-goods-ombudsman.example",
    "fr": "Ceci est notre réponse définitive. Si vous n’êtes pas d’accord, le Home Goods Ombudsman peut examiner votre "
    "réclamation gratuitement. Vous avez douze mois à partir de la date de cette réponse.\n"
    "Adresse : 4 Mill Lane, Brindlewick BW1 0EX\nSite : home-goods-ombudsman.example",
}
MEDIATOR = {
    "[[name of the mediator]]": "Médiation de la beauté",
    "[[nom du médiateur]]": "Médiation de la beauté",
    "[[postal address]]": "12 rue des Tilleuls, 37000 Tours",
    "[[adresse postale]]": "12 rue des Tilleuls, 37000 Tours",
    "[[web address]]": "mediation-beaute.example",
    "[[adresse du site]]": "mediation-beaute.example",
}


def set_catalogue(stage: Stage) -> None:
    """Everything of the catalogue, brand by brand."""
    _delivery_date(stage)
    for prefix in stage.brands:
        _target(stage, prefix)
        _playbooks(stage, prefix)
        for code, english, french, parent in CAUSES[prefix]:
            above = Cause.objects.get(brand=stage.brands[prefix], code=parent)
            label = {"en": english, "fr": french}
            brand_id = stage.brands[prefix].pk
            cause.create_cause(brand_id=brand_id, code=code, label=label, parent_id=above.pk, actor=_admin(stage))
    for (prefix, code), amount in TWO_PEOPLE.items():
        _change(stage, Kind.objects.get(brand=stage.brands[prefix], code=code), two_people_above=amount)
    _regimes(stage)


def _admin(stage: Stage) -> Actor:
    return Actor.person(stage.crew["admin"].pk)


def _delivery_date(stage: Stage) -> None:
    catalogue.create_kind(
        brand_id=stage.brands["BW"].pk,
        code="delivery_date",
        label={"en": "Delivery on a fixed day", "fr": "Livraison à jour fixe"},
        promise={"en": "We deliver on the day you choose.", "fr": "Nous livrons le jour que vous choisissez."},
        proof=Proof.REFERENCE,
        has_goods=True,
        days=7,
        actor=_admin(stage),
    )


def _target(stage: Stage, prefix: str) -> None:
    name, url, mapping, code = TARGETS[prefix]
    brand = stage.brands[prefix]
    # These systems are invented: nothing is asked of them by itself.
    made: Target = target.create_target(
        brand_id=brand.pk, name=name, url=url, mapping=mapping, timeout=10, poll_minutes=0, actor=_admin(stage)
    ).target
    _change(stage, Kind.objects.get(brand=brand, code=code), target_id=made.pk)


def _change(stage: Stage, kind: Kind, **given: Any) -> None:
    catalogue.change_kind(kind_id=kind.pk, is_active=True, label=kind.label, actor=_admin(stage), **given)


def _playbooks(stage: Stage, prefix: str) -> None:
    brand = stage.brands[prefix]
    categories = dict(Category.objects.filter(brand=brand).values_list("code", "pk"))
    kinds = dict(Kind.objects.filter(brand=brand).values_list("code", "pk"))

    def lines(told: str) -> list[Line]:
        return [_line(stage, prefix, kinds, word) for word in told.split()]

    for play in PLAYS[prefix]:
        saved = playbook.save_playbook(
            category_id=categories[play.category],
            severity=play.severity,
            lines=lines(play.lines),
            severities=play.severities,
            wish=play.wish,
            actor=_admin(stage),
        )
        if play.draft:
            playbook.save_draft(
                playbook_id=saved.pk, severity=play.severity, lines=lines(play.draft), actor=_admin(stage)
            )


def _line(stage: Stage, prefix: str, kinds: dict[str, int], word: str) -> Line:
    word, _, condition = word.partition("/")
    word, _, amount = word.partition("=")
    word, _, days = word.partition("+")
    word, _, team = word.partition("@")
    return Line(
        kinds[word.rstrip("?")],
        is_required=not word.endswith("?"),
        team_id=stage.teams[prefix, team].pk if team else None,
        doer=Doer.ON_DUTY if team else None,
        days=int(days) if days else None,
        day_unit=DayUnit.WORKING if days else DayUnit.CALENDAR,
        condition=condition or Condition.ALWAYS,
        amount=Decimal(amount) if amount else None,
    )


def _regimes(stage: Stage) -> None:
    regime.set_regime(
        brand_id=stage.brands["BW"].pk,
        name="Home Goods Ombudsman scheme",
        source="Scheme rules, part 3: the final answer",
        demands=[part.value for part in AnswerPart],
        recourse=OMBUDSMAN,
        opening={},
        recourse_always=True,
        answers_first=True,
        actor=_admin(stage),
    )
    french = pack("fr-consommation")
    if french is None:
        raise LookupError("fr-consommation")
    regime.set_regime(
        brand_id=stage.brands["OR"].pk,
        name=french.name,
        source=french.source,
        demands=[part.value for part in french.demands],
        recourse={language: _filled(text) for language, text in french.recourse.items()},
        opening=french.opening,
        recourse_always=french.recourse_always,
        answers_first=french.answers_first,
        actor=_admin(stage),
    )


def _filled(text: str) -> str:
    for mark, words in MEDIATOR.items():
        text = text.replace(mark, words)
    return text
