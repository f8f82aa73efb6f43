"""Playbooks in sentences: which cases they are for, what each line means, and what differs between two versions."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.models import Playbook, PlaybookAction
from cases.rules import playbook as rules
from cases.vocabulary import Condition, DayUnit, Doer, Severity, Wish
from cases.web.tags import catalogue_text, money

Line = PlaybookAction


def match(playbook: Playbook) -> str:
    """Which cases it is for: "Delivery · severity high or critical · wanting: money back"."""
    parts = [catalogue_text(playbook.category.label) if playbook.category else _("Any category")]
    if playbook.severities:
        names = [str(Severity(each).label).lower() for each in playbook.severities]
        parts.append(_("severity %(names)s") % {"names": get_text_list(names, _("or"))})
    if playbook.wish:
        parts.append(_("wanting: %(wish)s") % {"wish": str(Wish(playbook.wish).label).lower()})
    return " · ".join(parts)


def kind(line: Line) -> str:
    """What the line's action is called."""
    return catalogue_text(line.kind.label)


def condition(line: Line) -> str:
    """When it applies, where that is not always."""
    return str(Condition(line.condition).label) if line.condition else ""


def how(line: Line, currency: str) -> str:
    """What a line says beside its kind: "5 working days · the team Delivery · only if a telephone number is known"."""
    parts = [_days(line), _doer(line)]
    if line.condition:
        parts.append(str(Condition(line.condition).label))
    if line.amount is not None:
        parts.append(str(money(line.amount, currency)))
    return " · ".join(parts)


def _days(line: Line) -> str:
    days, unit = (line.kind.days, line.kind.day_unit) if line.days is None else (line.days, line.day_unit)
    if unit == DayUnit.WORKING:
        return ngettext("%(n)d working day", "%(n)d working days", days) % {"n": days}
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


def _doer(line: Line) -> str:
    team = line.team.name if line.team else ""
    if line.doer == Doer.TEAM:
        return _("the team %(team)s") % {"team": team}
    if line.doer == Doer.ON_DUTY:
        return _("whoever is on duty in %(team)s") % {"team": team}
    return _("whoever owns the case")


def differences(before: Iterable[Line], after: Iterable[Line], currency: str) -> list[tuple[str, str]]:
    """What the second brings otherwise than the first, each with a sign: added, dropped, changed."""
    found = rules.difference(list(before), list(after))
    said = [("added", _("Adds “%(kind)s”, %(how)s.") % _facts(each, currency)) for each in found.added]
    said += [("dropped", _("No longer brings “%(kind)s”.") % _facts(each, currency)) for each in found.dropped]
    for change in found.changed:
        said += [("changed", sentence) for sentence in _changes(change, currency)]
    if found.is_reordered:
        said.append(("changed", _("The actions come in another order.")))
    return said


def _facts(line: Line, currency: str) -> dict[str, str]:
    need = _("required") if line.is_required else _("optional")
    return {"kind": kind(line), "how": f"{need} · {how(line, currency)}"}


def _changes(change: rules.Change[Line], currency: str) -> list[str]:
    was, now, name = change.before, change.after, {"kind": kind(change.after)}
    said = []
    fields = set(change.fields)
    if "is_required" in fields:
        required, optional = _("“%(kind)s” becomes required."), _("“%(kind)s” becomes optional.")
        said.append((required if now.is_required else optional) % name)
    if "days" in fields:
        said.append(_moved(name, _days(was), _days(now)))
    if fields & {"doer", "team_id"}:
        said.append(_moved(name, _doer(was), _doer(now)))
    if "condition" in fields:
        said.append(_moved(name, str(Condition(was.condition).label), str(Condition(now.condition).label)))
    if "amount" in fields:
        said.append(_moved(name, _amount(was, currency), _amount(now, currency)))
    if "wording" in fields:
        said.append(_("“%(kind)s” is told in other words.") % name)
    return said


def _moved(name: dict[str, str], was: str, now: str) -> str:
    return _("“%(kind)s”: %(now)s, instead of %(was)s.") % {**name, "was": was, "now": now}


def _amount(line: Line, currency: str) -> str:
    return str(money(line.amount, currency)) if line.amount is not None else _("no amount suggested")
