"""The stage of the demo: brands with their channels, teams and categories, and the people who work there."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from cases.commands import catalogue, delivery, people, setup
from cases.management.demo.screenplay import Clock
from cases.models import Brand, Category, Channel, Counter, Delivery, Team, User
from cases.vocabulary import SYSTEM, ChannelKind, DeliveryStatus, Role

# Username: name, language; the first four are the ones that `up` prints.
PEOPLE = {
    "agent": ("Léa Marchetti", "en"),
    "manager": ("Nadia Brandt", "en"),
    "admin": ("Ines Okafor", "en"),
    "auditor": ("Ruben Castellanos", "en"),
    "karim": ("Karim Haddad", "en"),
    "tomasz": ("Tomasz Wieczorek", "en"),
    "sofia": ("Sofia Benali", "fr"),
    "priya": ("Priya Raman", "en"),
    "jonas": ("Jonas Lindqvist", "en"),
    "claire": ("Claire Duvivier", "fr"),
    "mark": ("Mark Ellison", "en"),
    "dora": ("Dora Halvorsen", "en"),
}
# Prefix: name, slug, language, the last reference number given before the story begins.
BRANDS = {
    "BW": ("Brindlewick", "brindlewick", "en", 2361),
    "OR": ("Orvelle", "orvelle", "fr", 961),
    "KM": ("Kestrelle Mobile", "kestrelle", "en", 5114),
}
TEAMS = {"BW": ("Care", "Delivery"), "OR": ("Relation client", "Qualité"), "KM": ("Billing", "Network")}
# Username: prefix, role, team.
MEMBERS: dict[str, tuple[tuple[str, Role, str | None], ...]] = {
    "agent": (("BW", Role.AGENT, "Care"), ("KM", Role.AGENT, "Billing")),
    "manager": (("BW", Role.MANAGER, None), ("OR", Role.MANAGER, None), ("KM", Role.MANAGER, None)),
    "admin": (("BW", Role.ADMIN, None), ("OR", Role.ADMIN, None), ("KM", Role.ADMIN, None)),
    "auditor": (("BW", Role.AUDITOR, None), ("OR", Role.AUDITOR, None), ("KM", Role.AUDITOR, None)),
    "karim": (("BW", Role.AGENT, "Care"),),
    "tomasz": (("BW", Role.AGENT, "Delivery"),),
    "mark": (("BW", Role.AGENT, "Delivery"),),
    "sofia": (("OR", Role.AGENT, "Relation client"), ("KM", Role.AGENT, "Billing")),
    "priya": (("OR", Role.AGENT, "Qualité"),),
    "claire": (("OR", Role.MANAGER, "Relation client"),),
    "jonas": (("KM", Role.AGENT, "Network"),),
    "dora": (("BW", Role.MANAGER, None), ("KM", Role.MANAGER, None)),
}
LEADS = {
    ("BW", "Care"): "karim",
    ("BW", "Delivery"): "tomasz",
    ("OR", "Relation client"): "claire",
    ("OR", "Qualité"): "priya",
    ("KM", "Billing"): "manager",
    ("KM", "Network"): "jonas",
}
# Who is on duty in a team; without one it is its lead.
ON_DUTY = {("BW", "Care"): "agent", ("KM", "Network"): "sofia"}
SOCIAL = (ChannelKind.WEBHOOK, "social")
REVIEWS = (ChannelKind.REVIEWS, "reviews")
CHANNELS = {
    "BW": (("social", "Chirrup", *SOCIAL), ("reviews", "StarRoom reviews", *REVIEWS)),
    "OR": (("social", "Chirrup", *SOCIAL), ("reviews", "Avis Miroir", *REVIEWS)),
    "KM": (("social", "Chirrup", *SOCIAL), ("reviews", "App store reviews", *REVIEWS)),
}
# Prefix: code, English, French, team.
CATEGORIES = {
    "BW": (
        ("delivery", "Delivery", "Livraison", "Delivery"),
        ("damaged", "Broken or damaged", "Article abîmé", "Care"),
        ("billing", "Payment and refunds", "Paiement et remboursement", "Care"),
        ("assembly", "Assembly and parts", "Montage et pièces", "Care"),
        ("staff", "How you were treated", "Accueil", "Care"),
    ),
    "OR": (
        ("parcel", "Parcel", "Colis", "Relation client"),
        ("reaction", "Skin reaction", "Réaction de la peau", "Qualité"),
        ("order", "Order", "Commande", "Relation client"),
        ("loyalty", "Loyalty points", "Fidélité", "Relation client"),
        ("shop", "In the shop", "En boutique", "Relation client"),
    ),
    "KM": (
        ("billing", "Bill", "Facture", "Billing"),
        ("network", "Network", "Réseau", "Network"),
        ("roaming", "Roaming", "Étranger", "Billing"),
        ("leaving", "Leaving us", "Résiliation", "Billing"),
        ("shop", "In the shop", "En boutique", "Billing"),
    ),
}
BY_DEFAULT = {"BW": "delivery", "OR": "order", "KM": "billing"}


@dataclass(frozen=True, slots=True)
class Stage:
    """Who and what is there: people by user name, brands by prefix, teams by prefix and name."""

    crew: dict[str, User]
    brands: dict[str, Brand]
    teams: dict[tuple[str, str], Team]


def set_stage(password: str, clock: Clock) -> Stage:
    """Brands, channels, teams, categories and people."""
    brands = {prefix: _brand(prefix, clock) for prefix in BRANDS}
    teams = {
        (prefix, name): setup.create_team(brand_id=brands[prefix].pk, name=name, lead_id=None, actor=SYSTEM)
        for prefix, names in TEAMS.items()
        for name in names
    }
    crew = {username: _person(username, brands, teams) for username in PEOPLE}
    # One hash for all: making one for each would take longer than everything else here.
    User.objects.filter(pk__in=[person.pk for person in crew.values()]).update(password=make_password(password))
    _keep_invitations_in()
    for key, lead in LEADS.items():
        duty = crew[ON_DUTY[key]].pk if key in ON_DUTY else None
        setup.change_team(
            team_id=teams[key].pk,
            name=key[1],
            lead_id=crew[lead].pk,
            on_duty_id=duty,
            is_active=True,
            actor=SYSTEM,
        )
    for prefix, brand in brands.items():
        _channels(brand, {row[0]: _category(brand, teams, row) for row in CATEGORIES[prefix]})
    return Stage(crew, brands, teams)


def _brand(prefix: str, clock: Clock) -> Brand:
    name, slug, language, number = BRANDS[prefix]
    brand = setup.create_brand(
        name=name,
        slug=slug,
        prefix=prefix,
        language=language,
        zone="Europe/Paris",
        currency="EUR",
        at=clock.start,
        actor=SYSTEM,
    )
    Counter.objects.create(brand=brand, next_number=number)
    return brand


def _person(username: str, brands: dict[str, Brand], teams: dict[tuple[str, str], Team]) -> User:
    name, language = PEOPLE[username]
    return people.invite_person(
        username=username,
        email=f"{username}@casedesk.example",
        name=name,
        language=language,
        memberships=[
            (brands[prefix].pk, role, teams[prefix, team].pk if team else None)
            for prefix, role, team in MEMBERS[username]
        ],
        is_organisation_admin=username == "admin",
        actor=SYSTEM,
    )


def _keep_invitations_in() -> None:
    """Nobody needs the mails under whose links the people of the demo would choose a password."""
    for pk in Delivery.objects.filter(status=DeliveryStatus.QUEUED).values_list("pk", flat=True):
        claimed_at = timezone.now()
        if delivery.claim(delivery_id=pk, at=claimed_at, actor=SYSTEM):
            delivery.mark_sent(delivery_id=pk, claimed_at=claimed_at, at=claimed_at, actor=SYSTEM)


def _category(brand: Brand, teams: dict[tuple[str, str], Team], row: tuple[str, str, str, str]) -> Category:
    code, english, french, team = row
    return catalogue.create_category(
        brand_id=brand.pk,
        code=code,
        label={"en": english, "fr": french},
        team_id=teams[brand.prefix, team].pk,
        actor=SYSTEM,
    )


def _channels(brand: Brand, categories: dict[str, Category]) -> None:
    form = Channel.objects.get(brand=brand, kind=ChannelKind.WEB_FORM)
    setup.change_channel(
        channel_id=form.pk,
        name=form.name,
        kind=form.kind,
        platform=form.platform,
        is_complaints_only=True,
        default_category_id=categories[BY_DEFAULT[brand.prefix]].pk,
        default_team_id=None,
        is_active=True,
        actor=SYSTEM,
    )
    for slug, name, kind, platform in CHANNELS[brand.prefix]:
        setup.create_channel(
            brand_id=brand.pk,
            name=name,
            slug=slug,
            kind=kind,
            platform=platform,
            is_complaints_only=False,
            default_category_id=None,
            default_team_id=None,
            actor=SYSTEM,
        )
