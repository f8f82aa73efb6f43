"""What is read about a case's dialogue: who is named in a note, what must not be said in public."""

from __future__ import annotations

import re

from cases.models import Case, Membership, Message, Note, Post
from cases.rules.leak import Fact, Kind, facts_in
from cases.vocabulary import Role

_NAMED = re.compile(r"@([\w.+-]+)")


def named_in(text: str, case: Case) -> list[int]:
    """The colleagues of the brand whom a note names with @username."""
    names = {name.lower().rstrip(".") for name in _NAMED.findall(text)}
    if not names:
        return []
    colleagues = Membership.objects.filter(brand_id=case.brand_id, person__is_active=True).values_list(
        "person_id", "person__username"
    )
    return [person_id for person_id, username in colleagues if username.lower() in names]


def managers_of(brand_id: int) -> list[int]:
    """The active managers of a brand."""
    return list(
        Membership.objects.filter(brand_id=brand_id, role=Role.MANAGER, person__is_active=True).values_list(
            "person_id", flat=True
        )
    )


def private_facts(case: Case | None, post: Post) -> list[Fact]:
    """What a public reply under this post must not tell: what we know of the person and was said in private."""
    if case is None:
        return []
    person = case.complainant
    said_publicly = {post.handle.name, post.handle.platform_user} if post.handle else set()
    facts = [
        Fact(Kind.NAME, "" if person.name in said_publicly else person.name, "complainant"),
        Fact(Kind.EMAIL, person.email, "complainant"),
        Fact(Kind.PHONE, person.phone, "complainant"),
        Fact(Kind.NAME, person.on_behalf_of, "complainant"),
    ]
    facts += [
        Fact(Kind.REFERENCE, reference, "action")
        for reference in case.actions.exclude(proof_reference="").values_list("proof_reference", flat=True)
    ]
    for text in Message.objects.filter(case=case).values_list("text", flat=True):
        facts += facts_in(text or "", "message")
    for text in Note.objects.filter(case=case).values_list("text", flat=True):
        facts += facts_in(text or "", "note")
    return [fact for fact in facts if fact.text]


def public_facts(post: Post) -> list[str]:
    """What everybody knows already: the author's names there, and the words of the post."""
    names = [post.handle.name, post.handle.platform_user] if post.handle else []
    return [known for known in [*names, post.brand.name, post.text or ""] if known]
