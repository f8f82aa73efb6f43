"""A file that a program asks for and gets: with real commits, because it is written out of a snapshot of its own."""

from __future__ import annotations

import csv
import io

import pytest

from cases.jobs import export as jobs
from cases.models import Export
from tests.api.calls import Program
from tests.api.test_report import YEAR, path_of
from tests.people import set_stage


@pytest.mark.usefixtures("own_database")
def test_the_file_has_the_rows_that_the_figure_counts() -> None:
    stage = set_stage()
    for number in range(3):
        stage.case(f"p-{number}", author=f"tom-{number}")
    manager = Program(stage.manager)
    behind = manager.get("reports/speed/behind/", **YEAR, figure="received").json()
    export = manager.post("reports/speed/exports/", {**YEAR, "format": "csv", "figure": "received"}).json()
    jobs.run_export(Export.objects.get().pk)
    done = manager.get(path_of(export["url"])[0]).json()
    assert (done["rows"], done["percent"]) == (behind["count"], 100)
    file = manager.get(path_of(done["file"])[0])
    text = b"".join(file.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert {each["case"] for each in behind["results"]} <= {
        cell for row in csv.reader(io.StringIO(text)) for cell in row
    }
