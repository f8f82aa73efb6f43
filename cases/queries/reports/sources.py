"""Where each population is counted: its rows, the instant that puts one into a period, and what it can be split by.

Every source joins the figures of the case as ``f``: they say whose brand it is, and who may see it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cases.vocabulary import Dimension, Population

D = Dimension

# The upper ends of the bands of amounts, in the action's own currency.
BANDS: Final = (25, 50, 100, 250, 500, 1000)

# The upper ends of the bands of ages, in days of 24 hours since the case was received.
AGES: Final = (1, 3, 7, 14, 28)

_JOINED = re.compile(r"JOIN (cases_\w+) (\w) ON (.+?)(?= (?:LEFT )?JOIN |$)")


@dataclass(frozen=True, slots=True)
class Source:
    """One population: its rows are kept in cells, but for those of guarded cases, which are counted one by one.

    Of ``running`` rows no spans are kept: they go on. ``of_case`` is a row's own key of its case.
    """

    tables: str
    at: str
    row: str
    brand: str = "f.brand_id"
    case: str = "f.case_id"
    running: str = ""
    of_case: str = ""
    guarded: str = "f.is_guarded"
    case_is_sure: bool = True
    currency: str = ""
    own: Mapping[Dimension, str] = field(default_factory=dict)
    kept: tuple[Dimension, ...] = ()

    @property
    def one_by_one(self) -> str:
        """The same tables, what is joined being looked up row by row: for few rows out of many."""
        return _JOINED.sub(r"JOIN LATERAL (SELECT \2.* FROM \1 \2 WHERE \3 OFFSET 0) \2 ON true", self.tables)

    @property
    def is_kept(self) -> str:
        """The condition on a row that is counted in cells."""
        return f"NOT {self.guarded}"

    @property
    def over(self) -> str:
        """The further condition on a row of which spans are kept."""
        return f" AND NOT {self.running}" if self.running else ""

    @property
    def dimensions(self) -> dict[Dimension, str]:
        """By what its rows can be filtered and split, and the SQL of each; a row without a value has ''."""
        return {**OF_CASE, **self.own}


# Of what is still open: for how long, and on whom or what it stands. A case waits for one, the first that was asked.
_DAYS = ", ".join(f"'{days} days'" for days in AGES)
_AGE = (
    f"CASE WHEN f.is_running THEN width_bucket(%(now)s - f.received_at, ARRAY[{_DAYS}]::interval[])::text ELSE '' END"
)
# Of a request q and whoever is asked k; of an action n that a case f of another team needs.
ASKED: Final = "q.status = 'waiting' AND k.reply = '' AND k.passed = ''"
NEEDED: Final = "n.is_required AND n.status NOT IN ('done', 'waived') AND n.team_id IS NOT NULL"
ELSEWHERE: Final = "n.team_id <> coalesce(f.team_id, 0)"
_APPROVER = (
    "coalesce((SELECT k.person_id::text FROM cases_approval q JOIN cases_asked k ON k.approval_id = q.id"  # noqa: S608
    f" WHERE q.case_id = f.case_id AND {ASKED} ORDER BY k.id LIMIT 1), '')"
)
_OTHER_TEAM = (
    f"(SELECT n.team_id::text FROM cases_action n WHERE n.case_id = f.case_id AND {NEEDED} AND {ELSEWHERE}"  # noqa: S608
    " ORDER BY n.id LIMIT 1)"
)


def held_by(is_elsewhere: str) -> str:
    """The SQL of on whom or what a case stands, given that of whether another team has to do something for it."""
    return (
        # A post may be in no case.
        "CASE WHEN f.is_running IS NOT TRUE THEN ''"
        " WHEN f.holder IN ('complainant', 'approval', 'system') THEN f.holder"
        f" WHEN f.owner_id IS NULL THEN 'queue' WHEN {is_elsewhere} THEN 'team' ELSE 'owner' END"
    )


_HELD_BY = held_by(f"{_OTHER_TEAM} IS NOT NULL")

OF_CASE: Final[dict[Dimension, str]] = {
    D.BRAND: "f.brand_id::text",
    D.CHANNEL: "f.channel_id::text",
    D.TEAM: "coalesce(f.team_id::text, '')",
    D.OWNER: "coalesce(f.owner_id::text, '')",
    D.CATEGORY: "coalesce(f.category_id::text, '')",
    D.CATEGORY_THEN: "coalesce(f.first_category_id::text, '')",
    D.CAUSE: "coalesce(f.cause_id::text, '')",
    D.SEVERITY: "f.severity::text",
    D.LANGUAGE: "f.language",
    D.OUTCOME: "f.outcome",
    D.PRODUCT: "coalesce((SELECT o.product FROM cases_original o WHERE o.case_id = f.case_id), '')",
    D.ISSUE: "coalesce((SELECT o.issue FROM cases_original o WHERE o.case_id = f.case_id), '')",
    D.RESPONSE: "coalesce((SELECT o.response FROM cases_original o WHERE o.case_id = f.case_id), '')",
    D.TIMELY: "coalesce((SELECT o.is_timely::text FROM cases_original o WHERE o.case_id = f.case_id), '')",
    D.AGE: _AGE,
    D.HELD_BY: _HELD_BY,
    D.APPROVER: f"CASE WHEN f.is_running AND f.holder = 'approval' THEN {_APPROVER} ELSE '' END",
    D.OTHER_TEAM: f"CASE WHEN ({_HELD_BY}) = 'team' THEN {_OTHER_TEAM} ELSE '' END",
}
_KEPT_OF_CASES = (
    D.CHANNEL,
    D.TEAM,
    D.OWNER,
    D.CATEGORY,
    D.CATEGORY_THEN,
    D.CAUSE,
    D.SEVERITY,
    D.LANGUAGE,
    D.OUTCOME,
    D.PRODUCT,
    D.ISSUE,
    D.RESPONSE,
    D.TIMELY,
    D.HOUR,
)
_UP_TO = " ".join(f"WHEN a.amount <= {end} THEN '{place}'" for place, end in enumerate(BANDS))
_BAND = f"CASE WHEN a.amount IS NULL THEN '' {_UP_TO} ELSE '{len(BANDS)}' END"

SOURCES: Final[dict[Population, Source]] = {
    Population.CASES: Source(
        tables="cases_casefigures f", at="f.received_at", row="f.case_id", running="f.is_running", kept=_KEPT_OF_CASES
    ),
    Population.MOVEMENTS: Source(
        tables="cases_casemovement m JOIN cases_casefigures f ON f.case_id = m.case_id",
        at="m.at",
        of_case="m.case_id",
        row="m.id",
        brand="m.brand_id",
        kept=(D.HOUR,),
    ),
    Population.ACTIONS: Source(
        tables="cases_action a JOIN cases_casefigures f ON f.case_id = a.case_id",
        at="a.created_at",
        of_case="a.case_id",
        row="a.id",
        currency="a.currency",
        own={
            D.KIND: "a.kind_id::text",
            D.BAND: _BAND,
            D.PERSON: "coalesce(coalesce(a.owner_id, f.owner_id)::text, '')",
            D.TEAM: "coalesce(coalesce(a.team_id, f.team_id)::text, '')",
        },
        kept=(D.KIND, D.BAND),
    ),
    Population.PROMISES: Source(
        tables="cases_promise p JOIN cases_casefigures f ON f.case_id = p.case_id"
        " JOIN cases_action a ON a.id = p.action_id",
        at="p.due_at",
        of_case="p.case_id",
        row="p.id",
        own={D.KIND: "a.kind_id::text"},
        kept=(D.KIND,),
    ),
    Population.DEADLINES: Source(
        tables="cases_deadline d JOIN cases_casefigures f ON f.case_id = d.case_id",
        at="d.due_at",
        of_case="d.case_id",
        row="d.id",
        brand="d.brand_id",
        own={D.POLICY: "coalesce(d.policy_id::text, '')", D.GOAL: "d.goal"},
        kept=(D.POLICY, D.GOAL),
    ),
    Population.POSTS: Source(
        tables="cases_post p JOIN cases_channel h ON h.id = p.channel_id LEFT JOIN cases_triage t ON t.post_id = p.id"
        " LEFT JOIN cases_casepost l ON l.post_id = p.id AND l.left_at IS NULL"
        " LEFT JOIN cases_casefigures f ON f.case_id = l.case_id",
        at="p.received_at",
        of_case="l.case_id",
        row="p.id",
        brand="p.brand_id",
        guarded="coalesce(f.is_guarded, false)",
        case_is_sure=False,
        own={D.BRAND: "p.brand_id::text", D.CHANNEL: "p.channel_id::text", D.LANGUAGE: "p.language"},
        kept=(D.CHANNEL,),
    ),
    Population.ESCALATIONS: Source(
        tables="cases_escalation x JOIN cases_casefigures f ON f.case_id = x.case_id",
        at="x.matched_at",
        of_case="x.case_id",
        row="x.id",
        brand="x.brand_id",
        own={D.RULE: "x.rule_id::text"},
        kept=(D.RULE,),
    ),
}

# What depends on the clocks of a zone; ``{local}`` is what they show.
_OF_TIME: Final[dict[Dimension, str]] = {
    D.HOUR: "to_char({local}, 'HH24')",
    D.WEEKDAY: "extract(isodow FROM {local})::int::text",
    D.DAY: "({local})::date::text",
    D.WEEK: "date_trunc('week', {local})::date::text",
    D.MONTH: "date_trunc('month', {local})::date::text",
    D.QUARTER: "date_trunc('quarter', {local})::date::text",
}


def local(at: str) -> str:
    """The SQL of what the clocks of the zone show at an instant."""
    return f"{at} AT TIME ZONE %(zone)s"


def time_of(dimension: Dimension, shown: str) -> str:
    """The SQL of a step of time, given what the clocks show; raises KeyError where it is none."""
    return _OF_TIME[dimension].format(local=shown)


def value_of(source: Source, dimension: Dimension, at: str | None = None) -> str:
    """The SQL of a row's value in a dimension; raises KeyError where the population has no such thing."""
    if dimension in _OF_TIME:
        return time_of(dimension, local(at or source.at))
    sql = source.dimensions[dimension]
    # A post may be in no case.
    return sql if dimension in source.own or source.case_is_sure else f"coalesce({sql}, '')"


def has(population: Population, dimension: Dimension) -> bool:
    """Whether a population can be filtered and split by it."""
    return dimension in _OF_TIME or dimension in SOURCES[population].dimensions
