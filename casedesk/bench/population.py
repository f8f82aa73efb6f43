"""Fills the bench's own database with as many cases as asked for, straight in SQL, with every row a case has."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from pathlib import Path

from django.db import connections, transaction

from cases.commands import tokens
from cases.models import (
    Brand,
    Category,
    Channel,
    Grant,
    Kind,
    Membership,
    Playbook,
    PlaybookAction,
    PlaybookVersion,
    Team,
    User,
)
from cases.vocabulary import SYSTEM, ChannelKind, Condition, Proof, Role, VersionStatus, Wish

# Rows made here have keys above this, so that what the application makes meanwhile never meets them.
BASE = 10_000_000
CHUNK = 50_000
BRANDS, AGENTS, CATEGORIES, TEXTS = 5, 40, 12, 2000
PLAYBOOKS, ACTIONS = 200, 8
TABLES = (
    "complainant", "handle", "raw", "post", "triage", "case", "casepost", "action", "message", "thread",
    "event", "searchentry",
)  # fmt: skip
SQL = Path(__file__).with_suffix(".sql")
RARE, FREQUENT = "zeppelin", "refund"

_WORDS = (
    "delivery parcel sofa late broken leg missing screw invoice twice charged phone agent promised call nobody came "
    "morning waited again contract cancelled roaming screenshot chat answer weeks money back chair table scratched "
    "commande livraison retard remboursement colis facture service client appel attente promesse panne"
)


def set_up() -> str:
    """Brands, people, channels and categories; the bearer token of the agent who measures."""
    brands = Brand.objects.bulk_create(
        [Brand(id=n, name=f"Brand {n}", slug=f"brand-{n}", prefix=f"B{chr(64 + n)}") for n in range(1, BRANDS + 1)]
    )
    users = User.objects.bulk_create(
        [
            User(id=n, username=f"agent{n}", email=f"agent{n}@example.org", name=f"Agent {n}")
            for n in range(1, AGENTS + 1)
        ]
    )
    teams = Team.objects.bulk_create([Team(id=b.pk, brand=b, name="Care", lead=users[0]) for b in brands])
    Membership.objects.bulk_create(
        [
            Membership(person=user, brand=brand, role=Role.MANAGER if user.pk == 2 else Role.AGENT, team=team)
            for user in users
            for brand, team in zip(brands, teams, strict=True)
        ]
    )
    for brand in brands:
        Channel.objects.create(
            id=brand.pk, brand=brand, name="Social", slug="social", kind=ChannelKind.WEBHOOK, platform="social"
        )
        Kind.objects.create(id=brand.pk, brand=brand, code="refund", label={"en": "Refund"}, proof=Proof.REFERENCE)
        Grant.objects.create(brand=brand, role=Role.AGENT, currency=brand.currency)
        Grant.objects.create(brand=brand, role=Role.MANAGER, currency=brand.currency, may_waive=True)
        for n in range(CATEGORIES):
            Category.objects.create(
                id=brand.pk * 100 + n, brand=brand, code=f"category-{n}", label={"en": f"Category {n}"}
            )
    token = tokens.make_token(person_id=users[0].pk, label="bench", actor=SYSTEM).secret
    _prepare()
    return token


def set_up_playbooks() -> str:
    """So many playbooks of one brand, each with as many actions; the channel on which every post opens a case."""
    brand = Brand.objects.get(pk=1)
    categories = list(brand.categories.order_by("pk"))
    Channel.objects.create(
        id=1000,
        brand=brand,
        name="Complaints",
        slug="complaints",
        kind=ChannelKind.WEBHOOK,
        platform="complaints",
        is_complaints_only=True,
        default_category=categories[0],
    )
    kinds = Kind.objects.bulk_create(
        [
            Kind(id=1000 + n, brand=brand, code=f"deed-{n}", label={"en": f"Deed {n}"}, proof=Proof.OUTCOME)
            for n in range(ACTIONS)
        ]
    )
    matches = itertools.product(categories, ([], [3, 4], [4]), ("", *Wish.values))
    playbooks = Playbook.objects.bulk_create(
        [
            Playbook(brand=brand, category=category, severities=severities, wish=wish)
            for category, severities, wish in itertools.islice(matches, PLAYBOOKS)
        ]
    )
    versions = PlaybookVersion.objects.bulk_create([PlaybookVersion(playbook=each, number=1) for each in playbooks])
    # Complaints come in public here, so that all eight hold.
    conditions = itertools.cycle([Condition.ALWAYS, Condition.PUBLIC])
    PlaybookAction.objects.bulk_create(
        [
            PlaybookAction(version=version, kind=kind, condition=next(conditions), position=place)
            for version in versions
            for place, kind in enumerate(kinds)
        ]
    )
    PlaybookVersion.objects.filter(playbook__brand=brand).update(status=VersionStatus.LIVE)
    return "complaints"


def _prepare() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("CREATE TABLE floor (id bigserial PRIMARY KEY, words text)")
        cursor.execute("GRANT INSERT, SELECT ON floor TO PUBLIC; GRANT USAGE ON SEQUENCE floor_id_seq TO PUBLIC")
        cursor.execute("CREATE TABLE bench_text (number int PRIMARY KEY, words text, document tsvector)")
        cursor.executemany("INSERT INTO bench_text (number, words) VALUES (%s, %s)", list(enumerate(_texts())))
        cursor.execute("UPDATE bench_text SET document = casedesk_document(words)")


def _texts() -> list[str]:
    """Texts of the length of a post; one in ten holds the frequent word, one in a thousand the rare one."""
    chance = random.Random(42)  # noqa: S311 - the same texts in every run
    words = _WORDS.split()
    return [
        " ".join(
            [
                *chance.choices(words, k=24),
                *([FREQUENT] if n % 10 == 3 else []),
                *([RARE] if n % 1000 == 7 else []),
            ]
        )
        for n in range(TEXTS)
    ]


def grow(before: int, after: int, tell: Callable[[int], None]) -> None:
    """Add cases until there are ``after``; triggers rest meanwhile, what they would write is written here."""
    for table in TABLES:
        _owner(f"ALTER TABLE cases_{table} DISABLE TRIGGER USER")
    statements = [text for text in SQL.read_text().split(";\n") if text.strip()]
    for low in range(before, after, CHUNK):
        high = min(low + CHUNK, after)
        with transaction.atomic(using="owner"):
            for statement in statements:
                _owner(statement, base=BASE, low=low, high=high, brands=BRANDS, agents=AGENTS, texts=TEXTS)
        tell(high - low)
    for table in TABLES:
        _owner(f"ALTER TABLE cases_{table} ENABLE TRIGGER USER")
    for table in TABLES:
        _owner(f"VACUUM ANALYZE cases_{table}")


def talk(case_id: int, thread_messages: int = 20) -> None:
    """Give one case a thread of as many messages."""
    _owner(
        "INSERT INTO cases_thread (public_id, case_id, complainant_id, claimed_name, contact, language, opened_at, "
        "verified_at, code_tries) SELECT gen_random_uuid(), id, complainant_id, '', '', 'en', opened_at, opened_at, 0 "
        "FROM cases_case WHERE id = %(case)s",
        case=case_id,
    )
    _owner(
        "INSERT INTO cases_message (public_id, thread_id, case_id, author_id, text, sent_at) "
        "SELECT gen_random_uuid(), t.id, t.case_id, CASE WHEN n %% 2 = 0 THEN 1 END, 'Message ' || n || ' about it.', "
        "t.opened_at + n * interval '1 hour' FROM cases_thread t, generate_series(1, %(count)s) n "
        "WHERE t.case_id = %(case)s",
        case=case_id,
        count=thread_messages,
    )


def _owner(statement: str, **values: int) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement, values or None)
