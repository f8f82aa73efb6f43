"""The ready-made deadlines say what their sources say."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cases.rules import calendar, deadlines, policies
from cases.rules.policies import PACKS, Ready
from cases.vocabulary import NEVER, Goal, Needs, Start, Unit

MATRIX = Path(__file__).parents[2].parent / "shared" / "data" / "deadlines.json"
READY = {one.code: one for pack in PACKS.values() for one in pack.policies}
UNITS = {
    "business_day": Unit.WORKING_DAY,
    "working_day": Unit.WORKING_DAY,
    "jour_ouvrable": Unit.OUVRABLE,
    "calendar_day": Unit.DAY,
    "week": Unit.WEEK,
    "month": Unit.MONTH,
}
STARTS = {
    "received": Start.RECEIVED,
    "sent": Start.POSTED,
    "sent_to_company": Start.POSTED,
    "transmitted": Start.POSTED,
    "acknowledged": Start.ACKNOWLEDGED,
}
GOALS = {
    "resolved": Goal.HANDLED,
    "final_response": Goal.FINAL_ANSWER,
    "response": Goal.FINAL_ANSWER,
    "acknowledgement": Goal.ACKNOWLEDGE,
}


def extra(ready: Ready, extension: dict[str, Any]) -> int | None:
    """What the matrix says an extension adds."""
    total = extension.get("total")
    return total - ready.amount if total else extension.get("add") or extension.get("add_months")


class TestAgainstTheMatrix:
    def test_every_amount_unit_start_and_extension_is_the_same(self) -> None:
        if not MATRIX.exists():
            pytest.skip("the matrix of deadlines lies beside the repository, and is not here")
        told = {one["policy"]: one for one in json.loads(MATRIX.read_text())}
        regulated = {code: ready for code, ready in READY.items() if not code.startswith("casedesk_")}
        assert set(regulated) <= set(told)
        for code, ready in regulated.items():
            one = told[code]
            start = Start.NEXT_DAY if one.get("start_offset") else STARTS[one["start"]]
            assert (ready.goal, ready.amount, ready.unit, ready.start) == (
                GOALS[one["due"]],
                one["amount"],
                UNITS[one["unit"]],
                start,
            ), code
            assert ready.superseded_by_answer == ("waived_if" in one), code
            extension = one.get("extension")
            assert (ready.extends == Needs.NEVER) == (extension is None), code
            if extension and (adds := extra(ready, extension)) is not None:
                assert ready.extend_amount == adds, code
                assert (ready.extends == Needs.REASON) == (extension["needs"] == "reason"), code


class TestThePacks:
    def test_each_is_named_in_both_languages_and_gives_its_source(self) -> None:
        assert set(PACKS) == {
            "casedesk", "fca", "fca_payments", "cfpb", "acpr", "housing", "nhs", "gdpr", "signalconso",
        }  # fmt: skip
        for pack in PACKS.values():
            assert pack.policies
            assert pack.source or pack is policies.CASEDESK
            for name in (pack.name, *(one.name for one in pack.policies)):
                assert name["en"]
                assert name["fr"]

    def test_no_code_stands_twice(self) -> None:
        assert len(READY) == sum(len(pack.policies) for pack in PACKS.values())

    @pytest.mark.parametrize("code", READY)
    def test_each_can_be_counted_and_kept(self, code: str) -> None:
        ready = READY[code]
        on = calendar.build(zone="Europe/Paris", week={day: [["09:00", "18:00"]] for day in calendar.DAYS[:5]})
        start = datetime(2026, 3, 27, 10, tzinfo=UTC)
        assert start < deadlines.due(ready.policy(1), start, on) < NEVER
        assert (ready.extends == Needs.NEVER) == (ready.extend_amount == 0) == (ready.extend_unit is None)
        assert ready.goal != Goal.PROMISE
