"""Escalation rules: drafted, put live, paused, retired, put in order; what was live is followed, never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from cases import errors
from cases.commands import moves
from cases.models import Brand, Escalation, Replay, Rule, RuleVersion
from cases.queries import clock, rule_count, rule_names
from cases.queries import rule as queries
from cases.queries.calendar import Calendars
from cases.rules import escalation as rules
from cases.rules import revising, watching
from cases.rules.condition import Bad
from cases.rules.conflicts import Placed
from cases.rules.escalation import BadRule, Ladder, Wrong
from cases.rules.loops import Certainty, loops
from cases.rules.playbook import said_in
from cases.rules.starting_rules import STARTING_RULES
from cases.vocabulary import Actor, EventKind, Missed, Permission, RuleLimits, Stream, VersionStatus

MOST_CALLS = 1000

Tree = Mapping[str, Any]


@transaction.atomic(durable=True)
def draft_rule(
    *,
    brand_id: int,
    name: str,
    when: Tree,
    condition: Tree,
    steps: Sequence[Tree],
    stop: str = "",
    missed: str = Missed.LATE,
    at: datetime,
    actor: Actor,
) -> Rule:
    """Another rule of a brand, as a draft below all others; it does nothing until it is live. Raises NotARule."""
    brand = moves.lock_brand(brand_id, actor)
    return _draft_rule(brand, name, _ladder(when, condition, steps, stop, missed), at, actor)


@transaction.atomic(durable=True)
def adopt_rule(*, brand_id: int, code: str, at: datetime, actor: Actor) -> Rule:
    """A ready-made rule as a draft of the brand, to be read, changed and put live."""
    brand = moves.lock_brand(brand_id, actor)
    starting = next((each for each in STARTING_RULES if each.code == code), None)
    if starting is None:
        raise errors.NotFound
    name = starting.name.get(brand.language, starting.name["en"])
    ladder = rules.parse(starting.when, starting.condition, starting.steps, starting.stop, starting.missed)
    return _draft_rule(brand, name, ladder, at, actor)


@transaction.atomic(durable=True)
def change_draft(
    *,
    rule_id: int,
    revision: int,
    when: Tree,
    condition: Tree,
    steps: Sequence[Tree],
    stop: str = "",
    missed: str = Missed.LATE,
    at: datetime,
    actor: Actor,
) -> RuleVersion:
    """What the rule shall do, in place of its draft; what is live stays. Raises NotARule and ChangedMeanwhile."""
    rule, _brand = _lock(rule_id, revision, actor)
    return _write_draft(rule, _ladder(when, condition, steps, stop, missed), at, actor)


@transaction.atomic(durable=True)
def discard_draft(*, rule_id: int, revision: int, actor: Actor) -> Rule:
    """Throw the draft away, and what its replays found; a rule that never was live is retired with it."""
    rule, _brand = _lock(rule_id, revision, actor)
    draft = _version(rule, VersionStatus.DRAFT)
    number = draft.number
    if rule.versions.exclude(pk=draft.pk).exists():
        # What it would have done is of no use to anybody without it.
        Replay.objects.filter(version=draft).delete()
        draft.delete()
    else:
        rule.retired_at = draft.made_at
    _touch(rule, "retired_at")
    _record(rule, actor, ["discarded"], number=number)
    return rule


@transaction.atomic(durable=True)
def rename_rule(*, rule_id: int, revision: int, name: str, actor: Actor) -> Rule:
    """Call a rule otherwise."""
    rule, brand = _lock(rule_id, revision, actor)
    wanted = _free_name(brand, name, but=rule.pk)
    if wanted != rule.name:
        rule.name = wanted
        _touch(rule, "name")
        _record(rule, actor, ["name"])
    return rule


@transaction.atomic(durable=True)
def publish(
    *,
    rule_id: int,
    revision: int,
    act_on_past: bool = False,
    expected: int | None = None,
    at: datetime,
    actor: Actor,
) -> RuleVersion:
    """Put the draft live in place of what is; on the past too only when asked, and the number said where it is large.

    Raises RulesLoop, RuleNamesGone, and MatchesMany when more than a few cases match now and ``expected`` is less.
    """
    rule, brand = _lock(rule_id, revision, actor)
    draft = _version(rule, VersionStatus.DRAFT)
    ladder = _read(draft)
    # Since when it is live, it goes by the clock that it will act by; another one may be ahead.
    at = min(at, clock.now())
    _require_names(ladder, brand)
    _require_no_loop(rule, ladder)
    count = _require_expected(ladder, brand, at, expected) if act_on_past else 0
    before = rule.versions.filter(status=VersionStatus.LIVE).first()
    if before is not None:
        _retire(before, at)
    _make_live(draft, ladder, before, at, actor, act_on_past=act_on_past)
    _touch(rule)
    changes = _parts(_read_or_none(before), ladder)
    _record(rule, actor, ["live"], at=at, number=draft.number, changed=changes, act_on_past=act_on_past, count=count)
    return draft


@transaction.atomic(durable=True)
def pause(*, rule_id: int, revision: int, at: datetime, actor: Actor) -> Rule:
    """Let a rule do nothing for a while: it looks at nothing, and steps that come due are left out."""
    rule, _brand = _lock(rule_id, revision, actor)
    if rule.paused_at is None:
        rule.paused_at = at
        _touch(rule, "paused_at")
        _record(rule, actor, ["paused"], at=at)
    return rule


@transaction.atomic(durable=True)
def resume(*, rule_id: int, revision: int, skip: bool = False, at: datetime, actor: Actor) -> Rule:
    """Let a paused rule act again: on all that came about meanwhile, or with ``skip`` only on what comes from now on.

    Ladders that had begun go on with the steps that are still to come; those that came due in the pause stay left out.
    """
    rule, _brand = _lock(rule_id, revision, actor)
    if rule.paused_at is None:
        return rule
    # No sweep looks while this is settled.
    live = rule.versions.select_for_update(no_key=True).filter(status=VersionStatus.LIVE).first()
    if live is not None and skip:
        moves.look_away(live, at)
    elif live is not None:
        moves.look_back(rule, live, rule.paused_at)
    rule.paused_at = None
    _touch(rule, "paused_at")
    _record(rule, actor, ["resumed"], at=at, skip=skip)
    return rule


@transaction.atomic(durable=True)
def retire(*, rule_id: int, revision: int, at: datetime, actor: Actor) -> Rule:
    """Take a rule out of use for good, its draft with it; ladders that have begun stop at their next step."""
    rule, _brand = _lock(rule_id, revision, actor)
    live = rule.versions.filter(status=VersionStatus.LIVE).first()
    if live is not None:
        _retire(live, at)
    rule.retired_at = at
    _touch(rule, "retired_at")
    _record(rule, actor, ["retired"], at=at)
    return rule


@transaction.atomic(durable=True)
def reorder(*, brand_id: int, rule_ids: Sequence[int], actor: Actor) -> None:
    """Put the rules of a brand in this order: the sooner, the earlier it acts; raises ChangedMeanwhile."""
    brand = moves.lock_brand(brand_id, actor)
    standing = list(brand.rules.filter(retired_at=None).order_by("position", "pk"))
    # Somebody made or retired a rule since the list was looked at.
    if sorted(rule_ids) != sorted(rule.pk for rule in standing):
        raise errors.ChangedMeanwhile
    if list(rule_ids) == [rule.pk for rule in standing]:
        return
    by_id = {rule.pk: rule for rule in standing}
    for position, rule_id in enumerate(rule_ids):
        by_id[rule_id].position = position
    Rule.objects.bulk_update(standing, ["position"])
    moves.record_row(brand, EventKind.RULE_CHANGED, actor, brand_id=brand.pk, fields=["order"], rules=list(rule_ids))


@transaction.atomic(durable=True)
def change_calls(*, brand_id: int, calls_an_hour: int, actor: Actor) -> Brand:
    """How often rules of the brand may call one person in an hour; what is more is bundled."""
    brand = moves.lock_brand(brand_id, actor)
    if not 1 <= calls_an_hour <= MOST_CALLS:
        raise errors.Invalid(_("Give a number from 1 to %(most)d.") % {"most": MOST_CALLS}, "calls_an_hour")
    moves.change_row(brand, {"calls_an_hour": calls_an_hour}, EventKind.BRAND_CHANGED, actor, brand_id=brand.pk)
    return brand


@transaction.atomic(durable=True)
def mark_useful(*, escalation_id: int, was_useful: bool | None, actor: Actor) -> Escalation:
    """Say whether it helped that a rule acted, or take that back."""
    escalation = Escalation.objects.select_related("case").filter(pk=escalation_id).first()
    if escalation is None:
        raise errors.NotFound
    moves.require(actor, Permission.READ, escalation.case)
    moves.person_of(actor)
    if escalation.was_useful is not was_useful:
        escalation.was_useful = was_useful
        escalation.save(update_fields=["was_useful"])
        told: dict[str, Any] = {"escalation": escalation.pk, "rule": escalation.rule_id, "was_useful": was_useful}
        moves.record(Stream.BRAND, escalation.brand_id, EventKind.RULE_CHANGED, actor, fields=["useful"], **told)
    return escalation


# ---------------------------------------------------------------- what these share


def _lock(rule_id: int, revision: int, actor: Actor) -> tuple[Rule, Brand]:
    """A rule in use and its brand, locked; raises ChangedMeanwhile when somebody was quicker."""
    rule, brand = moves.lock_row(Rule.objects.all(), rule_id, actor)
    if rule.retired_at is not None:
        raise errors.Invalid(_("This rule is retired. Make another one."), "rule")
    if rule.revision != revision:
        raise errors.ChangedMeanwhile
    return rule, brand


def _touch(rule: Rule, *fields: str) -> None:
    rule.revision += 1
    rule.save(update_fields=["revision", *fields])


def _record(rule: Rule, actor: Actor, fields: list[str], **payload: Any) -> None:
    moves.record_row(rule, EventKind.RULE_CHANGED, actor, brand_id=rule.brand_id, fields=fields, **payload)


def _draft_rule(brand: Brand, name: str, ladder: Ladder, at: datetime, actor: Actor) -> Rule:
    last = brand.rules.aggregate(last=Max("position"))["last"]
    position = 0 if last is None else last + 1
    rule = Rule.objects.create(brand=brand, name=_free_name(brand, name), position=position)
    RuleVersion.objects.create(
        rule=rule, brand=brand, number=1, made_by_id=actor.person_id, made_at=at, **asdict(rules.dump(ladder))
    )
    _record(rule, actor, ["created"], at=at, number=1, when=ladder.trigger.when.value)
    return rule


def _write_draft(rule: Rule, ladder: Ladder, at: datetime, actor: Actor) -> RuleVersion:
    draft = rule.versions.filter(status=VersionStatus.DRAFT).first()
    live = rule.versions.filter(status=VersionStatus.LIVE).first()
    if draft is None:
        number = (rule.versions.aggregate(last=Max("number"))["last"] or 0) + 1
        draft = RuleVersion(rule=rule, brand_id=rule.brand_id, number=number)
    for field, value in asdict(rules.dump(ladder)).items():
        setattr(draft, field, value)
    draft.made_by_id, draft.made_at = actor.person_id, at
    draft.save()
    _touch(rule)
    _record(rule, actor, ["draft"], at=at, number=draft.number, changed=_parts(_read_or_none(live), ladder))
    return draft


def _free_name(brand: Brand, name: str, *, but: int | None = None) -> str:
    others = brand.rules.filter(retired_at=None).exclude(pk=but or 0)
    return moves.free(moves.checked_name(name), "name", others)


def _version(rule: Rule, status: VersionStatus) -> RuleVersion:
    version = rule.versions.filter(status=status).first()
    if version is None:
        raise errors.Invalid(_("There is no draft."), "version")
    return version


def _ladder(when: Tree, condition: Tree, steps: Sequence[Tree], stop: str, missed: str) -> Ladder:
    try:
        return rules.parse(when, condition, steps, stop, missed)
    except BadRule as bad:
        raise _not_a_rule(bad) from bad


def _read(version: RuleVersion) -> Ladder:
    try:
        return rules.ladder_of(version)
    except BadRule as bad:
        raise _not_a_rule(bad) from bad


def _read_or_none(version: RuleVersion | None) -> Ladder | None:
    return rules.ladder_of(version) if version is not None else None


def _parts(before: Ladder | None, after: Ladder) -> list[str]:
    """Which parts of the rule differ, each once."""
    if before is None:
        return []
    return list(dict.fromkeys(change.part.value for change in revising.difference(before, after)))


def _require_names(ladder: Ladder, brand: Brand) -> None:
    gone = rule_names.names_of([ladder]).gone(ladder, brand.pk)
    if gone:
        raise errors.RuleNamesGone(names=", ".join(_said(each, brand.language) for each in gone))


def _said(gone: rule_names.Gone, language: str) -> str:
    if isinstance(gone.label, dict):
        return f"“{said_in(gone.label, language, 'en')}”"
    return f"“{gone.label}”" if gone.label else _("number %(id)d") % {"id": gone.id}


def _require_no_loop(rule: Rule, ladder: Ladder) -> None:
    others = [placed for placed in queries.placed(rule.brand_id) if placed.rule_id != rule.pk]
    for loop in loops([*others, Placed(rule.pk, rule.name, ladder)]):
        if loop.certainty == Certainty.PROVEN and any(each.rule_id == rule.pk for each in loop.rules):
            raise errors.RulesLoop(rules=", ".join(f"“{each.name}”" for each in loop.rules))


def _require_expected(ladder: Ladder, brand: Brand, at: datetime, expected: int | None) -> int:
    count = rule_count.count_now(brand.pk, ladder, at)
    if count > RuleLimits.ASK_ABOVE and (expected is None or expected < count):
        raise errors.MatchesMany(count=count)
    return count


def _make_live(
    draft: RuleVersion, ladder: Ladder, before: RuleVersion | None, at: datetime, actor: Actor, *, act_on_past: bool
) -> None:
    draft.status, draft.live_at, draft.live_by_id = VersionStatus.LIVE, at, actor.person_id
    if ladder.trigger.when in watching.BY_CLOCK:
        draft.watched = watching.watched(ladder.trigger)
        reached = watching.threshold(ladder.trigger, at, Calendars(draft.brand_id).default)
        draft.swept_from = draft.swept_to = watching.LONG_AGO if act_on_past else reached
        if before is not None and not act_on_past and rules.ladder_of(before).trigger == ladder.trigger:
            # What turns out later to have been due since the one before began to look is still for this rule.
            draft.swept_from = before.swept_from
    draft.save()


def _retire(version: RuleVersion, at: datetime) -> None:
    version.status, version.retired_at = VersionStatus.RETIRED, at
    version.save(update_fields=["status", "retired_at"])


# ---------------------------------------------------------------- what is wrong with a rule, in words


def _not_a_rule(bad: BadRule) -> errors.NotARule:
    said = _WRONG.get(bad.code, lazy("This part of the rule does not make sense."))
    return errors.NotARule(str(said), bad.code.value, bad.path)


_WRONG: dict[Wrong | Bad, Any] = {
    Wrong.NO_STEPS: lazy("A rule does at least one thing: add a step."),
    Wrong.TOO_MANY_STEPS: lazy("The rule has too many steps."),
    Wrong.STEP_BEFORE: lazy("A step cannot come before the one above it."),
    Wrong.MISSING: lazy("Something is left open in the rule. Choose it."),
    Wrong.WRONG_NUMBER: lazy("A number in the rule is not a whole number, or not one that makes sense here."),
    Wrong.WRONG_PERSON: lazy("A case is given to one person: the lead, whoever is on duty, or somebody by name."),
    Wrong.UNKNOWN_CODE: lazy("Choose one of the words that are offered."),
    Bad.EMPTY_GROUP: lazy("A group of conditions is empty."),
    Bad.EMPTY_VALUE: lazy("A condition does not say what to compare with."),
    Bad.TOO_DEEP: lazy("The conditions stand too deep inside each other."),
    Bad.TOO_MANY: lazy("There are too many conditions, or too many choices in one."),
    Bad.UNKNOWN_FACT: lazy("Choose one of the words that are offered."),
    Bad.WRONG_OP: lazy("This cannot be asked of that."),
    Bad.WRONG_VALUE: lazy("A condition compares with something that does not fit."),
}
