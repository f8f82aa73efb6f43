"""What rules do to each other, in words: where two act on one thing, where they go round, what they name in vain."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.models import Brand
from cases.queries.rule_names import Gone
from cases.rules.conflicts import Clash, Conflict
from cases.rules.loops import Certainty, Loop
from cases.web.tags import catalogue_text

CLASHES = {
    Clash.BOTH_ASSIGN: gettext_lazy(
        "“%(above)s” gives the case to the same person. It stands above, so step %(n)d of “%(below)s” finds it done."
    ),
    Clash.UNDOES: gettext_lazy(
        "“%(above)s” and “%(below)s” both give the case away. The one above acts first; step %(n)d of the other then "
        "takes the case from whoever has just got it."
    ),
    Clash.BOTH_RAISE: gettext_lazy("“%(above)s” and “%(below)s” both raise the severity: together it rises twice."),
    Clash.BOTH_ADD: gettext_lazy("“%(above)s” and “%(below)s” both add the same action: the second finds it there."),
    Clash.BOTH_TELL: gettext_lazy("“%(above)s” and “%(below)s” tell the same people the same: twice the noise."),
}
SORTS = {
    "team": gettext_lazy("the team %(name)s"),
    "person": gettext_lazy("%(name)s, who is not at this brand any more"),
    "tag": gettext_lazy("the tag %(name)s"),
    "kind": gettext_lazy("the action %(name)s"),
    "target": gettext_lazy("the system %(name)s"),
    "category": gettext_lazy("the category %(name)s"),
    "channel": gettext_lazy("the channel %(name)s"),
}


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing to know of a rule, and where to go about it."""

    title: str
    words: str
    href: str = ""
    link: str = ""
    is_late: bool = False


def conflicts(found: Iterable[Conflict], brand: Brand, rule_id: int | None = None) -> list[Alert]:
    """Where two rules meet: all of them, or those of one rule."""
    order = f"{reverse('rules-order')}?{urlencode({'brand': brand.slug})}"
    return [
        Alert(
            _("Conflict."),
            CLASHES[each.clash] % {"above": each.above.name, "below": each.below.name, "n": each.step_below},
            order,
            _("Change the order"),
        )
        for each in found
        if rule_id is None or rule_id in {each.above.rule_id, each.below.rule_id}
    ]


def loops(found: Iterable[Loop], rule_id: int | None = None) -> list[Alert]:
    """Where rules set each other off: all rings, or those that one rule is in."""
    alerts = []
    for ring in found:
        if rule_id is not None and rule_id not in {each.rule_id for each in ring.rules}:
            continue
        facts = {"rules": " → ".join(_("“%(name)s”") % {"name": each.name} for each in [*ring.rules, ring.rules[0]])}
        if ring.certainty == Certainty.PROVEN:
            words = _("%(rules)s: these would set each other off for ever, so this cannot be put live.") % facts
            alerts.append(Alert(_("Loop."), words, is_late=True))
        else:
            words = _("%(rules)s: these may set each other off. A guard stops them after a few rounds and says so.")
            alerts.append(Alert(_("A loop is possible."), words % facts))
    return alerts


def gone(found: Iterable[Gone]) -> list[Alert]:
    """What a rule names in vain."""
    return [
        Alert(
            _("No longer there:"),
            _("%(what)s. Choose something else, or the rule cannot be put live.") % {"what": _gone(each)},
            is_late=True,
        )
        for each in found
    ]


def _gone(each: Gone) -> Any:
    name = catalogue_text(each.label) if each.label else _("number %(id)d") % {"id": each.id}
    return SORTS[each.what] % {"name": _("“%(name)s”") % {"name": name}}
