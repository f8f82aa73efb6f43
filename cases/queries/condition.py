"""Conditions in SQL: the cases that fit one, how many they are, and the facts of cases for the rules to judge."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    Case as If,
)
from django.db.models import (
    Count,
    DateTimeField,
    DecimalField,
    Exists,
    F,
    Func,
    IntegerField,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    TextField,
    Value,
)
from django.db.models import (
    When as IfSo,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Lower, NullIf

from cases.models import (
    Action,
    Answer,
    Approval,
    Case,
    CasePost,
    CaseTag,
    Deadline,
    Decision,
    Message,
    Observation,
    PublicReply,
)
from cases.rules.condition import All, AnyOf, Condition, Leaf, facts_used
from cases.rules.escalation import Trigger
from cases.rules.facts import Facts
from cases.rules.lexemes import SEPARATORS, lexemes
from cases.vocabulary import (
    SETTLED,
    UNHANDLED,
    ActionStatus,
    ApprovalStatus,
    Fact,
    ObservationKind,
    Op,
    ReplyStatus,
    Sort,
    Standing,
    When,
)

# "Complaints of this person in 90 days" are those opened in so many days up to the instant, this one among them.
WINDOW = timedelta(days=90)
# As much of a post as the search indexes.
_INDEXED = 50_000
_MONEY = DecimalField(max_digits=19, decimal_places=4)
# What a sum is while an amount in it cannot be converted; no sum is below nothing.
_UNKNOWN = Value(-1, output_field=_MONEY)

Reading: TypeAlias = "Callable[[datetime], Any]"


# ---------------------------------------------------------------- one reading for each fact


def words_of(text: str | Combinable) -> Func:
    """The lexemes of a column of text, an array: what ``rules/lexemes.py`` has of the same text."""
    start = Func(text, Value(_INDEXED), function="left", output_field=TextField())
    folded = Func(start, function="casedesk_fold", output_field=TextField())
    spaces = Value(" " * len(SEPARATORS))
    apart = Func(folded, Value(SEPARATORS), spaces, function="translate", output_field=TextField())
    return Func(apart, function="casedesk_words", output_field=ArrayField(TextField()))


def _of_case(model: type[Model], **fields: object) -> QuerySet[Any]:
    rows: QuerySet[Any] = QuerySet(model).filter(case=OuterRef("pk"), **fields)
    return rows


def _counted(rows: QuerySet[Any]) -> Coalesce:
    """How many rows of the case there are."""
    number = rows.values("case").annotate(number=Count("*")).values("number")
    return Coalesce(Subquery(number, output_field=IntegerField()), 0)


def _posts(**fields: object) -> QuerySet[Any]:
    return _of_case(CasePost, left_at__isnull=True, **fields)


def _seen_last(field: str) -> Coalesce:
    """The sum over the posts of what was seen last of each."""
    known = Observation.objects.filter(post=OuterRef("post"), **{f"{field}__isnull": False})
    last = Subquery(known.order_by("-at", "-pk").values(field)[:1])
    total = _posts().annotate(last=last).values("case").annotate(total=Sum("last")).values("total")
    return Coalesce(Subquery(total, output_field=IntegerField()), 0)


def _amount(at: datetime) -> NullIf:
    """What all actions that are not waived come to in the brand's currency, by the day's rates; NULL without one."""
    day = Func(
        Value(at, output_field=DateTimeField()),
        F("case__brand__zone"),
        template="(%(expressions)s)::date",
        arg_joiner=" AT TIME ZONE ",
    )
    worth = Func(
        F("amount"),
        F("currency"),
        F("case__brand__currency"),
        F("case__brand_id"),
        day,
        function="casedesk_convert",
        output_field=_MONEY,
    )
    rows = _of_case(Action, amount__isnull=False).exclude(status=ActionStatus.WAIVED)
    grouped = rows.annotate(worth=worth).values("case").annotate(unknown=Count("pk", filter=Q(worth__isnull=True)))
    total = If(IfSo(unknown__gt=0, then=_UNKNOWN), default=Sum("worth"), output_field=_MONEY)
    sums = grouped.annotate(total=total).values("total")
    return NullIf(Coalesce(Subquery(sums, output_field=_MONEY), Value(0, output_field=_MONEY)), _UNKNOWN)


def _complaints(at: datetime) -> Coalesce:
    theirs = Case.objects.filter(complainant=OuterRef("complainant"), opened_at__gt=at - WINDOW, opened_at__lte=at)
    number = theirs.order_by().values("complainant").annotate(number=Count("*")).values("number")
    return Coalesce(Subquery(number, output_field=IntegerField()), 0)


def _words() -> ArraySubquery:
    word = Func(words_of("post__text"), function="unnest", output_field=TextField())
    word.set_returning = True
    return ArraySubquery(_posts(post__text__isnull=False).values(word=word))


def _sort() -> If:
    return If(
        IfSo(~Q(complainant__on_behalf_of=""), then=Value(Sort.ON_BEHALF.value)),
        IfSo(complainant__is_anonymous=True, then=Value(Sort.ANONYMOUS.value)),
        default=Value(Sort.NAMED.value),
    )


def _decided() -> QuerySet[Any]:
    return _of_case(Decision, superseded_at__isnull=True)


_READINGS: dict[Fact, Reading] = {
    Fact.STATUS: lambda _: F("status"),
    Fact.CATEGORY: lambda _: Coalesce(F("category_id"), 0),
    Fact.SEVERITY: lambda _: F("severity"),
    Fact.WISH: lambda _: F("wish"),
    Fact.CHANNEL: lambda _: F("channel_id"),
    # "fr-CA" is French.
    Fact.LANGUAGE: lambda _: Func(
        Lower("language"), Value("-"), Value(1), function="split_part", output_field=TextField()
    ),
    Fact.TEAM: lambda _: Coalesce(F("team_id"), 0),
    Fact.OWNER: lambda _: Coalesce(F("owner_id"), 0),
    Fact.TAG: lambda _: ArraySubquery(_of_case(CaseTag).values("tag_id")),
    Fact.RESTRICTED: lambda _: F("is_restricted"),
    Fact.REOPENED: lambda _: F("reopened"),
    Fact.PUBLIC_REPLY: lambda _: Exists(_of_case(PublicReply, status=ReplyStatus.POSTED)),
    Fact.PRIVATE_REPLY: lambda _: Exists(_of_case(Message, author__isnull=False)),
    Fact.DECIDED: lambda _: Exists(_decided()),
    Fact.OUTCOME: lambda _: Coalesce(Subquery(_decided().values("outcome")[:1]), Value("")),
    Fact.ANSWERED: lambda _: Exists(_of_case(Answer, superseded_at__isnull=True)),
    Fact.ACTIONS_OPEN: lambda _: _counted(_of_case(Action, is_required=True).exclude(status__in=SETTLED)),
    Fact.ACTIONS_FAILED: lambda _: _counted(_of_case(Action, status=ActionStatus.FAILED)),
    Fact.AMOUNT: _amount,
    Fact.APPROVAL_WAITS: lambda _: Exists(_of_case(Approval, status=ApprovalStatus.WAITING)),
    Fact.LATE: lambda _: _counted(_of_case(Deadline, missed_at__isnull=False)),
    Fact.SORT: lambda _: _sort(),
    Fact.COMPLAINTS: _complaints,
    Fact.POSTS: lambda _: _counted(_posts()),
    Fact.VIEWS: lambda _: _seen_last("views"),
    Fact.SHARES: lambda _: _seen_last("shares"),
    Fact.HIDDEN: lambda _: Exists(_posts(post__observations__kind=ObservationKind.HIDDEN_BY_US)),
    Fact.WORDS: lambda _: _words(),
}


def _read(facts: Iterable[Fact], at: datetime) -> dict[str, Any]:
    """The readings under names that no column of a case has."""
    return {_name(fact): _READINGS[fact](at) for fact in sorted(facts)}


def _name(fact: Fact) -> str:
    return f"fact_{fact.value}"


# ---------------------------------------------------------------- the tree as a WHERE

# How each question is put to a reading: nothing that a person wrote becomes the name of a column or a lookup.
_ONE: dict[Op, Callable[[str, Any], Q]] = {
    Op.IS: lambda name, value: Q(**{name: value}),
    Op.IS_NOT: lambda name, value: ~Q(**{name: value}),
    Op.ANY_OF: lambda name, value: Q(**{f"{name}__in": value}),
    Op.NONE_OF: lambda name, value: ~Q(**{f"{name}__in": value}),
    Op.AT_LEAST: lambda name, value: Q(**{f"{name}__gte": value}),
    Op.AT_MOST: lambda name, value: Q(**{f"{name}__lte": value}),
    Op.YES: lambda name, _: Q(**{name: True}),
    Op.NO: lambda name, _: Q(**{name: False}),
}
_SET: dict[Op, Callable[[str, Any], Q]] = {
    Op.IS: lambda name, value: Q(**{f"{name}__contains": [value]}),
    Op.IS_NOT: lambda name, value: ~Q(**{f"{name}__contains": [value]}),
    Op.ANY_OF: lambda name, value: Q(**{f"{name}__overlap": list(value)}),
    Op.NONE_OF: lambda name, value: ~Q(**{f"{name}__overlap": list(value)}),
    Op.HAS_ALL: lambda name, value: Q(**{f"{name}__contains": sorted(lexemes(" ".join(value)))}),
    Op.HAS_ANY: lambda name, value: _has_any(name, value),
}
_SETS = frozenset({Fact.TAG, Fact.WORDS})


def _has_any(name: str, phrases: Iterable[str]) -> Q:
    """One of the phrases: those of one word are looked for together, the words of the others each."""
    cut = [sorted(lexemes(phrase)) for phrase in phrases]
    single = [words[0] for words in cut if len(words) == 1]
    found = Q(**{f"{name}__overlap": single}) if single else Q(pk__in=[])
    for words in cut:
        if len(words) > 1:
            found |= Q(**{f"{name}__contains": words})
    return found


def _where(condition: Condition) -> Q:
    if isinstance(condition, Leaf):
        name = _name(condition.fact)
        asked = (_SET if condition.fact in _SETS else _ONE)[condition.op](name, condition.value)
        # The sum of all actions is not known where a rate is missing; then no question to it fits.
        return Q(**{f"{name}__isnull": False}) & asked if condition.fact == Fact.AMOUNT else asked
    parts = [_where(part) for part in condition.parts]
    if isinstance(condition, All):
        return Q(*parts)
    found = parts[0]
    for part in parts[1:]:
        found |= part
    return found if isinstance(condition, AnyOf) else ~found


def fitting(cases: QuerySet[Case], condition: Condition, at: datetime) -> QuerySet[Case]:
    """Those of the cases that fit the condition at the instant."""
    return cases.alias(**_read(facts_used(condition), at)).filter(_where(condition))


def matching(condition: Condition, brand_id: int, at: datetime) -> QuerySet[Case]:
    """The cases of a brand, whatever their status, that fit the condition at the instant."""
    return fitting(Case.objects.filter(brand_id=brand_id), condition, at)


def count_matching(
    condition: Condition, trigger: Trigger, brand_id: int, at: datetime, threshold: datetime | None, cap: int
) -> int:
    """How many cases a rule would act on at once, up to ``cap``.

    ``threshold`` is up to which instant a rule that waits for the clock is due (``rules/watching.py``). A rule that
    waits for something to happen acts on nothing at once: then it is how many unhandled cases it would be for.
    """
    cases = Case.objects.filter(_watched(trigger, threshold or at), brand_id=brand_id)
    return fitting(cases, condition, at)[:cap].count()


def _watched(trigger: Trigger, threshold: datetime) -> Q:
    """The cases that a trigger is about now."""
    if trigger.when == When.DEADLINE:
        goal = {"goal": trigger.goal} if trigger.goal else {}
        due = _of_case(
            Deadline,
            met_at__isnull=True,
            ended_at__isnull=True,
            paused_at__isnull=True,
            due_at__lte=threshold,
            **goal,
        )
        return Q(Exists(due))
    if trigger.when == When.LASTED and trigger.standing == Standing.UNANSWERED:
        return Q(status__in=UNHANDLED, unanswered_since__lte=threshold)
    if trigger.when == When.LASTED:
        return Q(status=str(trigger.standing), status_since__lte=threshold)
    return Q(status__in=UNHANDLED)


# ---------------------------------------------------------------- facts, for the rules to judge


def facts_of(case_ids: Collection[int], needed: Iterable[Fact], at: datetime) -> dict[int, Facts]:
    """What is known of these cases at the instant, by case, in one query; facts that are not needed stay unknown."""
    wanted = sorted(set(needed))
    rows = Case.objects.filter(pk__in=set(case_ids)).annotate(**_read(wanted, at))
    found: dict[int, Facts] = {}
    for pk, *values in rows.values_list("pk", *(_name(fact) for fact in wanted)):
        told: dict[str, Any] = {
            fact.value: frozenset(value) if isinstance(value, list) else value
            for fact, value in zip(wanted, values, strict=True)
        }
        found[pk] = Facts(**told)
    return found
