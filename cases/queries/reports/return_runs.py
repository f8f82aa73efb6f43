"""Returns that are made in the background because they are long: what is kept of one, whose it is, and what it says."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.files.storage import default_storage
from django.db.models import QuerySet

from cases import errors
from cases.models import Brand, ReportRun
from cases.queries.reports import complaints, definitions, returned
from cases.queries.reports.complaints import Wanted
from cases.rules import returns_ledger
from cases.rules.returns_tables import Figure, Return, Row, Section
from cases.vocabulary import Role, RunStatus
from cases.vocabulary.returns import ReturnName

# So that a return is never taken for a report of that name.
PREFIX = "return-"
NAMES = tuple(f"{PREFIX}{name}" for name in ReturnName)
# What was made a moment ago is not made again, and can still be frozen as what is known now.
FRESH, TO_FREEZE = timedelta(minutes=10), timedelta(hours=1)
KEPT = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Known:
    """A return, and where the complaints behind its figures are: with them, or in a file beside it."""

    made: Return
    ledger: str = ""
    public: str = ""

    @property
    def is_kept(self) -> bool:
        """Whether it is what a run made, and not what was just counted."""
        return bool(self.ledger)

    def references(self, section: Section, row: Row, figure: Figure, *, start: int, most: int) -> Sequence[str]:
        """Some of the complaints behind a figure, in the order in which they were received."""
        if not self.is_kept:
            return figure.references[start : start + most]
        place = self.made.sections.index(section)
        with default_storage.open(self.ledger) as lines:
            return returns_ledger.behind(
                lines, table=place, number=row.number, figure=figure.key, start=start, most=most
            )


def known(wanted: Wanted, *, since: datetime | None = None) -> Known:
    """The return: made at once, or where it is long what its last run made, since an instant if one is given.

    It is as long as it was then, which saves looking. Raises ReturnTooLong where it is long and there is none.
    """
    run = done(wanted)
    kept = run.result if run is not None and run.total > complaints.MOST else None
    if kept is not None and (since is None or _as_of(kept) >= since):
        return _of_result(wanted, kept)
    return Known(returned.make(wanted))


def question_of(wanted: Wanted) -> dict[str, str]:
    """What tells one return of this name from another."""
    return {"brand": str(wanted.brand.pk), "period": wanted.span.name}


def latest(wanted: Wanted) -> ReportRun | None:
    """The person's last run of this return, however it went."""
    return _of(wanted).defer("result").first()


def done(wanted: Wanted) -> ReportRun | None:
    """The person's last run of it that came to its end, and to what the person may still see."""
    run = _of(wanted).filter(status=RunStatus.DONE, result__isnull=False).first()
    return run if run is not None and is_still_true(run.result or {}, wanted) else None


def query_of(run: ReportRun) -> str:
    """Where its return is asked for, as it stands in an address."""
    slug = Brand.objects.values_list("slug", flat=True).get(pk=run.asked["brand"])
    return urlencode({"brand": slug, "period": run.asked["period"]})


def unfinished(person_id: int) -> int:
    """How many of the person's returns are being made."""
    rows = ReportRun.objects.filter(person_id=person_id, report__in=NAMES, status__in=RunStatus.unfinished())
    return rows.count()


def of_person(public_id: UUID, person_id: int | None, name: str) -> ReportRun:
    """A run of such a return by its name, for whoever started it; raises NotFound."""
    rows = ReportRun.objects.defer("result").filter(public_id=public_id, person_id=person_id)
    found = rows.filter(report=f"{PREFIX}{name}").first()
    if found is None:
        raise errors.NotFound
    return found


def stored(keys: Collection[str]) -> set[str]:
    """Which of these files stand beside a kept return."""
    files = ReportRun.objects.filter(report__in=NAMES, result__isnull=False).values_list("result__files", flat=True)
    return {key for both in files for key in both} & {*keys}


def as_result(wanted: Wanted, known: Known) -> dict[str, Any]:
    """What is kept of a return: its figures, by which rights and definitions, and the names of the files beside it."""
    return {
        "definitions": definitions.VERSION,
        "seer": _seen_by(wanted),
        "return": returned.as_json(known.made),
        "numbers": {each.key.value: [row.number for row in each.rows] for each in known.made.sections},
        "files": [known.ledger, known.public],
    }


def is_still_true(result: Mapping[str, Any], wanted: Wanted) -> bool:
    """Whether it was counted by today's definitions, for somebody who could see just what this person sees now."""
    return bool(result["definitions"] == definitions.VERSION and result["seer"] == _seen_by(wanted))


def _of(wanted: Wanted) -> QuerySet[ReportRun]:
    rows = ReportRun.objects.filter(person_id=wanted.seer.person_id, report=f"{PREFIX}{wanted.name}")
    return rows.filter(asked=question_of(wanted)).order_by("-pk")


def _seen_by(wanted: Wanted) -> list[str]:
    """What decides about which cases of the brand somebody sees: a manager's teams do not."""
    role = wanted.seer.roles.get(wanted.brand.pk)
    teams = [] if role == Role.MANAGER else [str(team) for team in sorted(wanted.seer.led_team_ids)]
    return [str(role), *teams]


def _as_of(result: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(result["return"]["as_of"])


def _of_result(wanted: Wanted, result: Mapping[str, Any]) -> Known:
    kept, numbers = result["return"], result["numbers"]
    sections = tuple(
        Section(
            layout.key,
            tuple(layout.columns),
            tuple(
                _row(layout.columns, row, number)
                for row, number in zip(kept["sections"][layout.key.value], numbers[layout.key.value], strict=True)
            ),
        )
        for layout in returned.counting(wanted).tables
    )
    ledger, public = result["files"]
    made = Return(wanted.name, wanted.span.counted, _as_of(result), sections, kept["complaints"])
    return Known(made, ledger, public)


def _row(columns: Sequence[str], row: Mapping[str, Any], number: int) -> Row:
    figures = tuple(Figure(key, row["figures"][str(key)], _money(row["money"].get(str(key), {}))) for key in columns)
    return Row(tuple(row["keys"]), tuple(row["labels"]), figures, number)


def _money(sums: Mapping[str, str]) -> tuple[tuple[str, Decimal], ...]:
    return tuple((currency, Decimal(amount)) for currency, amount in sorted(sums.items()))
