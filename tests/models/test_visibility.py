"""I11: the rule as a condition in SQL and the rule for a case at hand say the same of every case and person."""

from __future__ import annotations

import itertools

import pytest

from cases.models import Case
from cases.queries import people
from tests.people import set_stage

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def test_both_forms_of_the_rule_agree() -> None:
    stage = set_stage()
    crew = [stage.agent, stage.colleague, stage.manager, stage.admin, stage.auditor, stage.outsider]
    cases = []
    grid = itertools.product([False, True], [None, stage.agent], [None, stage.team], [None, stage.colleague])
    for number, (is_restricted, owner, team, about) in enumerate(grid):
        opened = stage.case(f"p-{number}", author=f"author-{number}")
        status = "open" if owner else "new"
        rows = Case.objects.filter(pk=opened.pk)
        rows.update(is_restricted=is_restricted, owner=owner, team=team, about=about, status=status)
        cases.append(rows.get())
    seen = set()
    for person in crew:
        seer = people.seer_of(person.pk)
        visible = set(Case.objects.visible_to(seer).values_list("pk", flat=True))
        for case in cases:
            assert seer.sees(case) == (case.pk in visible), (person.username, case.pk)
        seen.add(len(visible))
    assert len(seen) > 3, "the grid tells these people apart"
