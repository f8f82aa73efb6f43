"""Limits in words: what somebody may decide, what is left of it, and on whose authority."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.models import Absence, Grant
from cases.queries.authority import Limit
from cases.queries.grants import Left
from cases.vocabulary import Role, Window
from cases.web.tags import catalogue_text, day_words, left_words, short_money


@dataclass(frozen=True, slots=True)
class Said:
    """One limit as its holder reads it."""

    grant: Grant
    words: str
    ground: str
    left: str
    percent: int | None


def sentence(grant: Grant, kinds: Mapping[int, Any]) -> str:
    """A grant in a sentence: Refund, voucher up to 80 € each, 160 € per complainant in 30 days, 400 € a day."""
    labels = [catalogue_text(kinds[pk]) for pk in grant.kind_ids if pk in kinds]
    names = ", ".join([labels[0], *(label.lower() for label in labels[1:])]) if labels else _("Any kind of action")
    if grant.category:
        said = {"kinds": names, "category": catalogue_text(grant.category.label)}
        names = _("%(kinds)s (%(category)s only)") % said
    first = _("%(kinds)s up to %(amount)s each") if grant.per_action else _("%(kinds)s, any amount")
    parts = [first % {"kinds": names, "amount": short_money(grant.per_action, grant.currency)}]
    if grant.per_complainant:
        parts.append(per_complainant(grant))
    parts += budgets(grant)
    if grant.may_waive:
        parts.append(_("and may waive actions"))
    return ", ".join(parts)


def per_complainant(grant: Grant) -> str:
    """160 € per complainant in 30 days."""
    words = ngettext(
        "%(amount)s per complainant in %(n)d day", "%(amount)s per complainant in %(n)d days", grant.complainant_days
    )
    return words % {"amount": short_money(grant.per_complainant, grant.currency), "n": grant.complainant_days}


def budgets(grant: Grant) -> list[str]:
    """400 € a day; for what several share: 3,000 € a month together."""
    window = Window(grant.window).label
    found = []
    if grant.budget_each:
        words = _("%(amount)s %(window)s") if grant.person_id else _("%(amount)s %(window)s each")
        found.append(words % {"amount": short_money(grant.budget_each, grant.currency), "window": window})
    if grant.budget_shared:
        words = _("%(amount)s %(window)s") if grant.person_id else _("%(amount)s %(window)s together")
        found.append(words % {"amount": short_money(grant.budget_shared, grant.currency), "window": window})
    return found


def said(limit: Limit, kinds: Mapping[int, Any], person_id: int, away: Mapping[int, Absence]) -> Said:
    """One limit of somebody: the sentence, on whose authority, and what is left now."""
    grant, left = limit.grant, limit.left
    budget = min((each for each in (grant.budget_each, grant.budget_shared) if each), default=None)
    return Said(
        grant,
        sentence(grant, kinds),
        _ground(limit, person_id, away.get(limit.holder.pk)),
        left_words(Left(left, budget or left, grant.currency, grant.window)) if left is not None else "",
        int(left / budget * 100) if left is not None and budget else None,
    )


def _ground(limit: Limit, person_id: int, absence: Absence | None) -> str:
    if limit.holder.pk != person_id:
        said = {"name": limit.holder.name, "day": day_words(absence.ends_on) if absence else ""}
        return _("as deputy for %(name)s until %(day)s") % said
    if limit.grant.person_id:
        return _("given to you")
    if limit.grant.team_id:
        return _("through the team %(team)s") % {"team": limit.grant.team.name}  # type: ignore[union-attr]  # it has one
    return holder_of_role(limit.grant.role)


def holder_of_role(role: str) -> str:
    """Everybody in a role."""
    return _("All managers") if role == Role.MANAGER else _("All agents")
