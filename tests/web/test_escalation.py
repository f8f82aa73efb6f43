"""The list of what rules did: only in cases that its reader may open, page by page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from cases.commands import case as commands
from cases.models import Case, Rule
from cases.queries import escalation_list
from cases.vocabulary import When
from tests.desk import signed_in, taken
from tests.people import AT, Stage, actor, set_stage
from tests.rules_at_work import deadline, live, overdue, work

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def text(answer: Any) -> str:
    return str(answer.content.decode())


def late(stage: Stage, name: str) -> Case:
    case = taken(stage, name, author=name)
    deadline(case, timezone.now() - timedelta(hours=5))
    return case


class TestEscalations:
    def test_lists_what_acted_and_narrows_it_down(self, stage: Stage) -> None:
        case = late(stage, "one")
        live(stage, When.DEADLINE, name="Wake us", **overdue())
        live(stage, When.REOPENED, name="Other")
        work()
        client = signed_in(stage.agent)
        assert f'data-case="{case.reference}"' in text(client.get("/escalations/?status=done"))
        other = Rule.objects.get(name="Other")
        assert "Nothing here with these filters" in text(client.get(f"/escalations/?rule={other.public_id}"))
        assert "Nothing here with these filters" in text(client.get("/escalations/?status=stopped"))

    def test_shows_nothing_of_a_case_that_is_closed_to_the_reader(self, stage: Stage) -> None:
        case = late(stage, "one")
        live(stage, When.DEADLINE, **overdue())
        work()
        commands.restrict(case_id=case.pk, is_restricted=True, at=AT, actor=actor(stage.manager))
        assert case.reference in text(signed_in(stage.manager).get("/escalations/"))
        assert case.reference not in text(signed_in(stage.colleague).get("/escalations/"))
        assert case.reference not in text(signed_in(stage.outsider).get("/escalations/"))

    def test_goes_on_page_by_page_without_repeating(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        monkeypatch.setattr(escalation_list, "PAGE", 2)
        cases = [late(stage, f"a{number}") for number in range(3)]
        live(stage, When.DEADLINE, **overdue())
        work()
        client = signed_in(stage.agent)
        with django_assert_max_num_queries(12):
            first = text(client.get("/escalations/"))
        more = first.split('href="?before=')[1].split('"')[0]
        second = text(client.get(f"/escalations/?before={more}"))
        for case in cases:
            shown = [f'data-case="{case.reference}"' in page for page in (first, second)]
            assert sum(shown) == 1

    @pytest.mark.parametrize("asked", ["rule=x&status=y&before=z", "before=99999999999999999999"])
    def test_takes_no_notice_of_filters_that_are_none(self, stage: Stage, asked: str) -> None:
        assert "No rule has acted yet" in text(signed_in(stage.agent).get(f"/escalations/?{asked}"))
