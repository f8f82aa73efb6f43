"""Escalation rules as answers show them, with their sentences, what they did and where they meet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cases.api import rule_trees
from cases.models import Rule, RuleVersion
from cases.queries import api_time as queries
from cases.queries import rule as standing_queries
from cases.queries import rule_names, rule_sentences
from cases.queries.condition_words import About
from cases.queries.rule import Standing, readable
from cases.queries.rule_names import Names
from cases.rules import escalation
from cases.rules.conflicts import Conflict, Placed
from cases.rules.loops import Loop


@dataclass(frozen=True, slots=True)
class _Met:
    """Where the rules of a brand meet, and what they are called outside."""

    conflicts: Sequence[Conflict]
    loops: Sequence[Loop]
    ids: dict[int, UUID]


def told(rows: Sequence[Standing], *, with_draft: bool = False) -> list[dict[str, Any]]:
    """Rules as answers show them; with ``with_draft`` each as if its draft were live when it meets the others."""
    versions = [version for row in rows for version in (row.live, row.draft, row.shown) if version is not None]
    ladders = [ladder for version in versions if (ladder := readable(version)) is not None]
    names = rule_names.names_of(ladders)
    people = queries.usernames({key for ladder in ladders for key in escalation.reads(ladder).people})
    known = {row.rule.pk: row.rule.public_id for row in rows}
    drafts = _drafts(rows) if with_draft else ()
    met = {brand: _met(brand, drafts, known) for brand in {row.rule.brand_id for row in rows}}
    return [_rule(row, names, people, met[row.rule.brand_id]) for row in rows]


def _drafts(rows: Iterable[Standing]) -> list[Placed]:
    found = [(row.rule, readable(row.draft)) for row in rows if row.draft is not None]
    return [Placed(rule.pk, rule.name, ladder) for rule, ladder in found if ladder is not None]


def _met(brand_id: int, drafts: Iterable[Placed], known: dict[int, UUID]) -> _Met:
    clashes, rings = standing_queries.conflicts_of(brand_id, drafts)
    named = {one.rule_id for each in clashes for one in (each.above, each.below)}
    named |= {one.rule_id for ring in rings for one in ring.rules}
    others = named - known.keys()
    rows = Rule.objects.filter(pk__in=others).values_list("pk", "public_id") if others else ()
    return _Met(clashes, rings, known | dict(rows))


def _rule(row: Standing, names: Names, people: dict[int, str], met: _Met) -> dict[str, Any]:
    rule = row.rule
    about = About(rule.brand_id, rule.brand.currency, names)
    ladder = row.ladder
    gone = names.gone(ladder, rule.brand_id) if ladder else []
    return {
        "id": rule.public_id,
        "brand": rule.brand.slug,
        "name": rule.name,
        "position": rule.position,
        "revision": rule.revision,
        "paused_at": rule.paused_at,
        "retired_at": rule.retired_at,
        "sentence": rule_sentences.sentence(ladder, about).text if ladder else "",
        "live": version(row.live, about, people) if row.live else None,
        "draft": version(row.draft, about, people) if row.draft else None,
        "stats": _stats(row),
        "conflicts": [_conflict(each, rule.pk, met) for each in met.conflicts if _is_in(each, rule.pk)],
        "loops": [_loop(ring, met) for ring in met.loops if rule.pk in {each.rule_id for each in ring.rules}],
        "gone": [{"what": each.what, "id": None if each.what == "person" else each.id} for each in gone],
    }


def version(row: RuleVersion, about: About, people: dict[int, str]) -> dict[str, Any]:
    """A version of a rule; what cannot be read any more says nothing."""
    ladder = readable(row)
    says: dict[str, Any] = dict.fromkeys(("when", "condition", "steps"))
    says |= {"stop": row.stop, "missed": row.missed}
    if ladder is not None:
        says = rule_trees.told(escalation.dump(ladder), people)
    return {
        **says,
        "number": row.number,
        "status": row.status,
        "sentence": rule_sentences.sentence(ladder, about).text if ladder else "",
        "made_by": row.made_by.username if row.made_by else None,
        "made_at": row.made_at,
        "live_by": row.live_by.username if row.live_by else None,
        "live_at": row.live_at,
        "retired_at": row.retired_at,
    }


def _stats(row: Standing) -> dict[str, Any]:
    plain = ("last_matched", "last_acted", "never_matched", "matched", "acted", "useful", "useless", "in_vain")
    called = [{"name": name, "times": times} for name, times in row.stats.called]
    return {**{name: getattr(row.stats, name) for name in plain}, "called": called}


def _is_in(conflict: Conflict, rule_id: int) -> bool:
    return rule_id in {conflict.above.rule_id, conflict.below.rule_id}


def _conflict(each: Conflict, rule_id: int, met: _Met) -> dict[str, Any]:
    is_above = each.below.rule_id == rule_id
    other = each.above if is_above else each.below
    steps = (each.step_below, each.step_above) if is_above else (each.step_above, each.step_below)
    return {
        "clash": each.clash.value,
        "rule": met.ids[other.rule_id],
        "name": other.name,
        "is_above": is_above,
        "step": steps[0],
        "step_of_it": steps[1],
    }


def _loop(ring: Loop, met: _Met) -> dict[str, Any]:
    return {"certainty": ring.certainty.value, "rules": [met.ids[each.rule_id] for each in ring.rules]}
