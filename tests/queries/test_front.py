"""The front page's figures, counted by hand: a handful of cases in each of the ways in which a case can stand still."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases import errors
from cases.commands import action, handling
from cases.commands import case as commands
from cases.models import Brand, Case, Category, Team, User
from cases.queries import people
from cases.queries.reports import behind
from cases.queries.reports.asked import Asked
from cases.queries.reports.front import Front, front
from cases.rules.trends import Direction
from cases.vocabulary import Dimension, WaitsFor
from tests.approvals import limit
from tests.desk import ready, taken
from tests.people import AT, actor, set_stage

pytestmark = pytest.mark.django_db
NOW = AT + timedelta(days=5)
SEPTEMBER = {"from": ["2026-09-01"], "to": ["2026-09-30"]}


class Scene:
    """One case handled, and one standing still on each: the owner, nobody, the complainant, an approval, a team."""

    def __init__(self) -> None:
        self.stage = set_stage()
        limit(self.stage)
        self.handled, self.owned, self.waiting, self.asking, self.elsewhere = (
            taken(self.stage, f"p-{name}", author=name) for name in ("ann", "bob", "cid", "dan", "eve")
        )
        self.unowned = self.stage.case("p-fay", author="fay")
        agent = actor(self.stage.agent)
        ready(self.stage, self.handled)
        handling.handle(case_id=self.handled.pk, at=AT + timedelta(hours=2), actor=agent)
        commands.wait(case_id=self.waiting.pk, waiting_for="a photo", at=AT, actor=agent)
        action.add_action(
            case_id=self.asking.pk,
            kind_id=self.stage.refund.pk,
            amount=Decimal(180),
            reason="Nine days late",
            at=AT,
            actor=agent,
        )
        self.laboratory = Team.objects.create(brand=self.stage.brand, name="Laboratory")
        action.add_action(
            case_id=self.elsewhere.pk,
            kind_id=self.stage.apology.pk,
            team_id=self.laboratory.pk,
            at=AT,
            actor=agent,
        )

    def asked(self, **more: list[str]) -> Asked:
        return Asked.of("front", SEPTEMBER | more, now=NOW, zone="UTC")

    def front(self, person: User | None = None, /, **more: list[str]) -> Front:
        seer = people.seer_of((person or self.stage.manager).pk)
        return front(self.asked(**more), seer, now=NOW, every=True)


@pytest.fixture
def scene() -> Scene:
    return Scene()


class TestFront:
    def test_counts_what_was_received_and_really_handled(self, scene: Scene) -> None:
        counts = scene.front().this.counted.counts
        assert {name: counts[name] for name in ("received", "handled", "confirmed", "reopened", "open")} == {
            "received": 6,
            "handled": 1,
            "confirmed": 0,
            "reopened": 0,
            "open": 5,
        }

    def test_says_what_is_stuck_and_on_whom(self, scene: Scene) -> None:
        found = scene.front()
        assert {each.waits_for: each.n for each in found.open.held} == {
            WaitsFor.OWNER: 1,
            WaitsFor.NOBODY: 1,
            WaitsFor.COMPLAINANT: 1,
            WaitsFor.APPROVAL: 1,
            WaitsFor.TEAM: 1,
        }
        named = {(each.dimension, each.label, each.n) for held in found.open.held for each in held.named}
        assert named == {(Dimension.APPROVER, "Manager", 1), (Dimension.OTHER_TEAM, "Laboratory", 1)}

    def test_nothing_is_stuck_before_three_days_have_passed(self, scene: Scene) -> None:
        seer = people.seer_of(scene.stage.manager.pk)
        assert front(scene.asked(), seer, now=AT + timedelta(days=3)).open.stuck == 0
        assert front(scene.asked(), seer, now=AT + timedelta(days=3, seconds=1)).open.stuck == 5

    def test_an_auditor_is_not_told_who_is_asked(self, scene: Scene) -> None:
        found = scene.front(scene.stage.auditor)
        assert found.open.stuck == 5
        assert {each.dimension for held in found.open.held for each in held.named} == {Dimension.OTHER_TEAM}

    def test_says_how_old_what_is_open_is_and_whose_move(self, scene: Scene) -> None:
        bands = {band.label: (band.ours, band.theirs) for band in scene.front().open.bands}
        assert bands.pop("4–7 d") == (4, 1)
        assert set(bands.values()) == {(0, 0)}

    def test_what_came_less_what_went_is_what_is_open(self, scene: Scene) -> None:
        balance = scene.front().balance
        assert balance
        assert (balance.at_start, balance.moved.counts["flow_in"], balance.moved.counts["flow_out"]) == (0, 6, 1)
        assert balance.at_end == 5
        assert balance.holds
        after = scene.front(**{"from": ["2026-09-10"], "to": ["2026-09-11"]}).balance
        assert after
        assert (after.at_start, after.at_end, after.holds) == (5, 5, True)
        before = scene.front(**{"from": ["2026-09-01"], "to": ["2026-09-05"]}).balance
        assert before
        assert (before.at_start, before.at_end, before.holds) == (0, 0, True)

    def test_says_so_when_it_does_not_add_up(self, scene: Scene) -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE cases_casefigures SET is_running = false WHERE case_id = %s", [scene.owned.pk])
        balance = scene.front().balance
        assert balance
        assert (balance.expected, balance.at_end, balance.holds) == (5, 4, False)

    def test_open_cases_are_counted_into_the_times(self, scene: Scene) -> None:
        curve = scene.front().this.curves["to_handled"]
        assert (curve.population, curve.happened, curve.still_open, curve.median) == (6, 1, 5, None)
        [handled] = (
            scene.front(category=[str(scene.stage.category.pk)], severity=["3"]).this.curves["to_handled"].points[:1]
        )
        assert handled.happened == 1

    def test_a_restricted_case_counts_only_for_whoever_may_open_it(self, scene: Scene) -> None:
        commands.restrict(case_id=scene.owned.pk, is_restricted=True, at=AT, actor=actor(scene.stage.manager))
        mine, theirs = scene.front(), scene.front(scene.stage.auditor)
        assert (mine.this.counted.counts["received"], mine.open.n) == (6, 5)
        assert (theirs.this.counted.counts["received"], theirs.open.n) == (5, 4)
        assert theirs.balance
        assert theirs.balance.holds

    def test_another_brand_is_not_in_it(self, scene: Scene) -> None:
        found = scene.front(scene.stage.outsider)
        assert found.is_empty
        assert not scene.front(brand=[str(scene.stage.other_brand.pk)]).this.counted.counts

    def test_an_agent_may_not_read_it(self, scene: Scene) -> None:
        with pytest.raises(errors.NotAllowed):
            scene.front(scene.stage.agent)

    @pytest.mark.parametrize("dimension", [Dimension.OWNER, Dimension.APPROVER])
    def test_an_auditor_may_not_filter_by_a_person(self, scene: Scene, dimension: Dimension) -> None:
        with pytest.raises(errors.SplitNotAllowed):
            scene.front(scene.stage.auditor, **{dimension.value: [str(scene.stage.agent.pk)]})

    def test_filters_narrow_all_of_it(self, scene: Scene) -> None:
        found = scene.front(held_by=["approval"])
        assert (found.this.counted.counts["received"], found.open.n, found.open.stuck) == (1, 1, 1)
        assert found.balance
        assert (found.balance.moved.counts["flow_in"], found.balance.holds) == (1, True)

    def test_a_merged_category_counts_with_what_it_was_merged_into(self, scene: Scene) -> None:
        late = Category.objects.create(brand=scene.stage.brand, code="late", label={"en": "Late"})
        Category.objects.filter(pk=scene.stage.category.pk).update(merged_into=late)
        [cause] = scene.front().causes
        assert (cause.label, cause.row.count, cause.row.keys) == ("Late", 6, (str(late.pk),))
        assert scene.front(category=[str(late.pk)]).this.counted.counts["received"] == 6

    def test_trends_need_more_than_one_week_of_complaints(self, scene: Scene) -> None:
        assert [each.direction for each in scene.front().causes] == [Direction.STEADY]

    def test_the_period_before_is_counted_beside_it(self, scene: Scene) -> None:
        found = scene.front(**{"from": ["2026-09-09"], "to": ["2026-09-10"], "compare": ["before"]})
        assert found.before
        assert (found.this.counted.counts.get("received", 0), found.before.counted.counts["received"]) == (0, 6)

    def test_costs_a_few_statements_however_much_is_asked(self, scene: Scene) -> None:
        seer = people.seer_of(scene.stage.manager.pk)
        asked = scene.asked(compare=["before"], category=[str(scene.stage.category.pk)])
        with CaptureQueriesContext(connection) as queries:
            front(asked, seer, now=NOW)
        assert len(queries) <= 4, [query["sql"][:120] for query in queries]


class TestBehind:
    """What stands still opens exactly its rows."""

    @pytest.mark.parametrize(
        ("filters", "name"),
        [
            ({"held_by": ["owner"]}, "owned"),
            ({"held_by": ["queue"]}, "unowned"),
            ({"held_by": ["complainant"]}, "waiting"),
            ({"held_by": ["approval"]}, "asking"),
            ({"held_by": ["team"]}, "elsewhere"),
        ],
    )
    def test_each_holder_opens_its_case(self, scene: Scene, filters: dict[str, list[str]], name: str) -> None:
        asked = Asked.of("front", {"period": ["everything"], **filters}, now=NOW, zone="UTC")
        seer = people.seer_of(scene.stage.manager.pk)
        page = behind.behind(asked, "stuck", seer, now=NOW)
        case: Case = getattr(scene, name)
        assert page.count == 1
        assert [row.reference for row in page.rows] == [case.reference]

    def test_an_approver_opens_what_waits_for_them(self, scene: Scene) -> None:
        asked = Asked.of(
            "front", {"period": ["everything"], "approver": [str(scene.stage.manager.pk)]}, now=NOW, zone="UTC"
        )
        page = behind.behind(asked, "stuck", people.seer_of(scene.stage.manager.pk), now=NOW)
        assert (page.count, [row.reference for row in page.rows]) == (1, [scene.asking.reference])

    def test_an_age_opens_what_is_so_old(self, scene: Scene) -> None:
        asked = Asked.of("front", {"period": ["everything"], "age": ["2"]}, now=NOW, zone="UTC")
        page = behind.behind(asked, "open", people.seer_of(scene.stage.manager.pk), now=NOW)
        assert (page.count, len(page.rows)) == (5, 5)


def test_nothing_at_all_is_empty() -> None:
    stage = set_stage()
    Brand.objects.filter(pk=stage.brand.pk).update(zone="Europe/Paris")
    found = front(Asked.of("front", {}, now=NOW, zone="Europe/Paris"), people.seer_of(stage.manager.pk), now=NOW)
    assert found.is_empty
    assert found.balance
    assert found.balance.holds
