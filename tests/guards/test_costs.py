"""No address takes more queries with many rows than with few, and none takes many."""

from __future__ import annotations

from tests.guards.asking import ADDRESSES, ask
from tests.guards.world import World, build, grow

PAGE_QUERIES, FRAGMENT_QUERIES = 16, 8
# The whole case page and, beside it, a form with the kinds, the people and the teams to choose from (and the action it
# changes); with who may waive; with the tree of causes; or with what a regime demands and what the case knows of it.
BESIDE = {"action-add": 2, "action-change": 3, "action-waive": 1, "case-cause": 1, "handling-answer": 3}
# With the policies and calendars that say which later date there is, and what the complainant was told already.
BESIDE |= {"deadline-extend": 4}
# A rule with all it did and whom it called, what it meets among the live ones, and its last replay with its people.
BESIDE |= {"rule": 3}
# Programs: rules with all they did and whom they called, and what they meet among the live ones; and why each of them
# acted on a case or not: what it says, what it did and whom it called, what the case says now, its deadlines, what
# happened in it, and the calendar that counts to the next moment.
BESIDE |= {"api/v1/rules/": 1, "api/v1/rules/<uuid:rule>/": 1, "api/v1/cases/<slug:reference>/explanations/": 3}
# A frozen period beside the figures of now: each of the seven populations is counted again.
BESIDE |= {"api/v1/frozen-periods/<uuid:frozen>/": 7, "frozen-period": 2}
# One list for each of the dimensions that reports can be filtered by: brands, channels, teams, owners, categories, ...
# and whether anything was imported, for its filters and for the list of reports.
BESIDE |= {"report-filters": 4}
FEW, MANY = 2, 7


def _queries(world: World) -> dict[tuple[str, str], int]:
    found = {}
    for route in ADDRESSES:
        for role in ("manager", "admin"):
            for path in [] if route.pattern.startswith("data/") else route.paths(world)[:2]:
                answer = ask(world, route, path, role)
                if answer.status == 200:
                    found[route.name or route.pattern, role] = answer.queries
                    break
    return found


def _budget(name: str) -> int:
    return (FRAGMENT_QUERIES if name.startswith("api/") else PAGE_QUERIES) + BESIDE.get(name, 0)


def test_many_rows_cost_no_more_queries_than_few(own_database: str) -> None:
    world = build(FEW)
    few = _queries(world)
    grow(world, range(FEW, MANY))
    many = _queries(world)
    dearer = {key: (few[key], many[key]) for key in few.keys() & many if many[key] > few[key]}
    over = {key: n for key, n in many.items() if n > _budget(key[0])}
    assert (dearer, over) == ({}, {})
