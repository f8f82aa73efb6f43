"""The cells of reports are kept fresh, and every night everything is computed again."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError

from cases.commands import figures
from cases.jobs import figures as jobs
from cases.models import Case, Cell, Event, FiguresCheck, Heartbeat, Stale
from tests.conftest import Connect
from tests.desk import ready, taken
from tests.people import AT, Stage, actor, set_stage

pytestmark = pytest.mark.database


@pytest.fixture
def stage(own_database: str) -> Stage:
    """Real commits: cells are made in a transaction of their own kind."""
    stage = set_stage()
    ready(stage, taken(stage))
    return stage


def _said(name: str) -> str:
    out = io.StringIO()
    call_command(name, stdout=out)
    return out.getvalue()


class TestRefreshing:
    def test_leaves_nothing_stale_and_says_that_it_lives(self, stage: Stage) -> None:
        assert Stale.objects.exists()
        jobs.refresh_cells()
        assert not Stale.objects.exists()
        assert Cell.objects.filter(population="posts", is_month=True, dimension="").get().counts[0] == 1
        assert Heartbeat.objects.filter(part="figures").exists()

    def test_lets_somebody_else_have_made_them(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        def refused(**_more: Any) -> int:
            raise OperationalError

        monkeypatch.setattr(figures, "refresh", refused)
        jobs.refresh_cells()
        assert Stale.objects.exists()


class TestChecking:
    def test_finds_nothing_where_nothing_is_wrong(self, stage: Stage) -> None:
        jobs.refresh_cells()
        jobs.check_figures()
        check = FiguresCheck.objects.get()
        assert (check.cases, check.differed, check.differences) == (1, 0, [])
        assert not Event.objects.filter(kind="figures_differed").exists()
        assert "1 cases" in _said("check_figures")

    def test_names_what_differs_and_mends_nothing(self, stage: Stage, raw: Connect) -> None:
        jobs.refresh_cells()
        raw().execute("UPDATE cases_casefigures SET severity = 4, in_queue = 5")
        jobs.check_figures()
        [found] = FiguresCheck.objects.get().differences
        assert found == {"what": "case", "key": str(Case.objects.get().pk), "fields": ["in_queue", "severity"]}
        assert Event.objects.get(kind="figures_differed").payload["differed"] == 1
        out = io.StringIO()
        with pytest.raises(SystemExit, match="1"):
            call_command("check_figures", stdout=out)
        assert f"case {Case.objects.get().reference}: in_queue, severity" in out.getvalue()
        assert "1 cases came out differently" in _said("rebuild_figures")
        assert "0 differ" in _said("check_figures")
        assert not Stale.objects.exists()

    def test_nothing_is_written_where_nothing_changed(self, stage: Stage) -> None:
        jobs.refresh_cells()
        assert "0 cases came out differently" in _said("rebuild_figures")
        assert Event.objects.filter(kind="figures_rebuilt").latest("pk").payload == {"changed": 0}
        assert actor(stage.agent).person_id is not None
        assert Event.objects.latest("pk").recorded_at > AT
