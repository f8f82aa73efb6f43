"""An answer as JSON, and back: what a long run counted is shown later in the words of whoever looks at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from cases.models import Seer
from cases.queries.reports import answer, definitions
from cases.queries.reports.answer import Answer, Table
from cases.queries.reports.asked import Asked
from cases.queries.reports.catalogue import REPORTS
from cases.queries.reports.question import Counted, Groups, total
from cases.rules.periods import Preset
from cases.vocabulary import Dimension


def as_result(found: Answer, seer: Seer) -> dict[str, Any]:
    """The tables by their keys, when they were counted, by which definitions, and what the person could see then."""
    return {
        "at": found.now.isoformat(),
        "definitions": definitions.VERSION,
        "seer": seen_by(seer),
        "tables": [
            {
                "section": table.section.name,
                "splits": [each.value for each in table.splits],
                "asked": table.asked.json,
                "rows": [[list(row.keys), answer.as_mapping(row.counted)] for row in table.rows],
                "before": [
                    [list(row.keys), answer.as_mapping(row.before)] for row in table.rows if row.before is not None
                ],
                "total_before": None if table.before is None else answer.as_mapping(table.before),
            }
            for table in found.tables
        ],
    }


def of_result(asked: Asked, result: Mapping[str, Any]) -> Answer:
    """The same tables again."""
    report = REPORTS[asked.report]
    sections = {each.name: each for each in report.sections}
    now = datetime.fromisoformat(result["at"])
    tables = []
    for each in result["tables"]:
        section = sections[each["section"]]
        splits = tuple(Dimension(split) for split in each["splits"])
        groups, before = _groups(each["rows"]), _groups(each["before"])
        whole = None if each["total_before"] is None else counted_of(each["total_before"])
        mine = replace(Asked.of_json(each["asked"], now=now), shows=asked.shows)
        if mine.preset == Preset.EVERYTHING:
            mine = replace(mine, period=replace(mine.period, start=max(mine.period.start, asked.period.start)))
        question = mine.question(section.population, splits=splits)
        rows = answer.rows_of(question, section, groups, None if whole is None else before)
        tables.append(Table(section, mine, splits, rows, total(groups), whole))
    return Answer(report, asked, tables, now)


def is_still_true(result: Mapping[str, Any], seer: Seer) -> bool:
    """Whether it was counted by today's definitions, for somebody who could see just what this person sees now."""
    return bool(result["definitions"] == definitions.VERSION and result["seer"] == seen_by(seer))


def seen_by(seer: Seer) -> list[list[str]]:
    """What decides about what somebody sees, as JSON."""
    return [
        [f"{brand} {role}" for brand, role in sorted(seer.roles.items())],
        [str(team) for team in sorted(seer.led_team_ids)],
    ]


def counted_of(kept: Mapping[str, Any]) -> Counted:
    """The figures of a group out of what ``answer.as_mapping`` made."""
    return Counted(
        dict(kept["counts"]),
        {
            currency: {name: Decimal(amount) for name, amount in sums.items()}
            for currency, sums in kept["money"].items()
        },
        {name: (int(happened, 16), int(censored, 16)) for name, (happened, censored) in kept["durations"].items()},
    )


def _groups(rows: Sequence[tuple[Sequence[str], Mapping[str, Any]]]) -> Groups:
    return {tuple(keys): counted_of(kept) for keys, kept in rows}
