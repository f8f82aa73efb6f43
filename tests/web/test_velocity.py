"""Two real series of complaints, as the flow report shows them: a bad buzz stands where it was, day by day."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from cases.commands import intake
from cases.queries import people
from cases.queries.reports import answer
from cases.queries.reports.asked import Asked
from cases.rules.arrival import Arrival
from cases.vocabulary import SYSTEM
from tests.desk import signed_in
from tests.people import Stage, set_stage

pytestmark = pytest.mark.django_db

SERIES = Path(__file__).parents[3] / "shared" / "data" / "velocity"
needs_series = pytest.mark.skipif(not SERIES.exists(), reason="the real series of complaints are not beside the tree")


def daily() -> dict[date, int]:
    """Complaints a day about a cable company, spring 2015."""
    with (SERIES / "comcast_daily.csv").open() as lines:
        return {date.fromisoformat(row["date"]): int(row["complaints"]) for row in csv.DictReader(lines)}


def hourly() -> dict[date, int]:
    """Complaints a day about one airline, summed up from its hours by the clocks that they are written in."""
    found: Counter[date] = Counter()
    with (SERIES / "airline_hourly.csv").open() as lines:
        for row in csv.DictReader(lines):
            if row["airline"] == "American":
                at = datetime.strptime(row["hour"], "%Y-%m-%d %H:%M %z")
                found[at.astimezone(ZoneInfo("America/Los_Angeles")).date()] += int(row["negative"])
    return dict(found)


def take_in(stage: Stage, series: dict[date, int], zone: str) -> None:
    """As many complaints each day as the series says, spread over its hours."""
    for day, count in series.items():
        noon = datetime.combine(day, time(12), ZoneInfo(zone))
        batch = [
            Arrival(
                external_id=f"{day}-{n}",
                text="It does not work.",
                author=f"{day}-{n}",
                posted_at=noon + timedelta(seconds=n),
            )
            for n in range(count)
        ]
        intake.receive_many(channel_id=stage.form.pk, batch=batch, at=noon, actor=SYSTEM)


@needs_series
@pytest.mark.parametrize(("series", "zone"), [(daily, "America/New_York"), (hourly, "America/Los_Angeles")])
def test_a_series_of_days_is_what_the_flow_report_draws(series: Callable[[], dict[date, int]], zone: str) -> None:
    stage, counts = set_stage(), series()
    take_in(stage, counts, zone)
    first, last = min(counts), max(counts)
    words = {"from": [first.isoformat()], "to": [last.isoformat()], "zone": [zone], "split": ["day"]}
    asked = Asked.of("flow", words, now=timezone.now(), zone=zone)
    seer = people.seer_of(stage.manager.pk)
    table = answer.answer(asked, seer, now=timezone.now()).tables[0]
    drawn = {date.fromisoformat(row.keys[0]): row.counted.counts.get("flow_received", 0) for row in table.rows}
    assert {day: n for day, n in drawn.items() if n} == {day: n for day, n in counts.items() if n}
    assert table.total.counts["flow_received"] == sum(counts.values())

    page = signed_in(stage.manager).get("/reports/flow/", {key: value[0] for key, value in words.items()})
    shown = page.content.decode()
    assert 'data-chart="lines"' in shown
    peak = max(counts.values())
    assert f'data-value="{peak}"' in shown
