"""Freezing a period and signing it: who may, what is kept, what can never change, and what differs afterwards."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from cases import errors
from cases.commands import case as cases
from cases.commands import frozen as commands
from cases.models import Event, FrozenPeriod, Membership, User
from cases.queries import verification
from cases.queries.reports import definitions
from cases.queries.reports import frozen as queries
from cases.queries.reports.frozen import Compared, Subject
from cases.vocabulary import SYSTEM, EventKind, Outcome, Satisfaction, Stream
from cases.vocabulary.returns import ReturnName
from tests.people import Stage, actor, person, set_stage
from tests.returned import LATER, PARIS, Life, on

pytestmark = pytest.mark.django_db
FROZEN_AT = on("2026-04-02T09:00")


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def _freeze(stage: Stage, period: str = "2026-03", **given: Any) -> FrozenPeriod:
    who: User = given.pop("person", stage.manager)
    usual: dict[str, Any] = {"brand_id": stage.brand.pk, "period": period, "at": FROZEN_AT, "actor": actor(who)}
    return commands.freeze(**usual | given)


def _sign(stage: Stage, frozen: FrozenPeriod, **given: Any) -> FrozenPeriod:
    who: User = given.pop("person", stage.manager)
    usual: dict[str, Any] = {"frozen_id": frozen.pk, "at": FROZEN_AT, "actor": actor(who)}
    return commands.sign(**usual | given)


def _differing(frozen: FrozenPeriod) -> dict[str, Compared]:
    now = queries.as_known_now(frozen, LATER)
    return {each.name: each for each in queries.compared(frozen.figures, now) if each.is_corrected}


def test_everything_that_is_defined_is_kept_with_its_words(stage: Stage) -> None:
    Life.begins(stage, "sofa", "2026-03-02T10:00").closed("2026-03-05")
    Life.begins(stage, "open", "2026-03-10T10:00")
    frozen = _freeze(stage)
    frozen.refresh_from_db()
    kept = frozen.figures
    assert set(kept["counts"]) == set(definitions.FIGURES)
    assert set(kept["spans"]) == set(definitions.DURATIONS)
    assert (kept["counts"]["received"], kept["counts"]["handled"], kept["counts"]["open"]) == (2, 1, 1)
    assert kept["money"]["EUR"]["paid"] == "60.0000"
    assert kept["balance"] == {"open_at_start": 0, "came": 2, "went": 1, "open_at_end": 1, "holds": True}
    # From Monday ten o'clock to Thursday fifteen o'clock; half of two, with one still waiting.
    assert kept["spans"]["to_handled"]["happened"] == 1
    for language in ("en", "fr"):
        assert set(kept["words"][language]) == {*definitions.FIGURES, *definitions.MONEY, *definitions.DURATIONS}
    assert (frozen.definitions, frozen.zone) == (definitions.VERSION, "Europe/Paris")
    assert (frozen.starts_on.isoformat(), frozen.ends_on.isoformat()) == ("2026-03-01", "2026-03-31")


def test_the_balance_carries_over_from_month_to_month(stage: Stage) -> None:
    Life.begins(stage, "a", "2026-01-30T10:00").closed("2026-02-02")
    Life.begins(stage, "b", "2026-01-31T23:59").closed("2026-02-03").reopened("2026-03-31T23:59")
    Life.begins(stage, "c", "2026-03-01T00:00")
    balances = [_freeze(stage, f"2026-0{month}").figures["balance"] for month in (1, 2, 3)]
    assert all(each["holds"] for each in balances)
    assert [(each["open_at_start"], each["open_at_end"]) for each in balances] == [(0, 2), (2, 0), (0, 2)]


def test_a_return_is_kept_as_the_regulator_counts_it(stage: Stage) -> None:
    Life.begins(stage, "sofa", "2026-03-02T10:00").closed("2026-03-05", Outcome.PARTLY_UPHELD)
    frozen = _freeze(stage, "2026-H1", regulator="disp", at=LATER)
    made = frozen.figures["return"]
    assert made["balance"]["holds"] is True
    assert made["sections"]["total"][0]["figures"]["upheld"] == 1
    assert made["sections"]["by_category"][0]["labels"] == ["Delivery"]
    assert "upheld" in frozen.figures["words"]["fr"]


def test_each_says_so_in_the_journal_of_the_brand(stage: Stage) -> None:
    frozen = _freeze(stage)
    signed = _sign(stage, frozen, remark="Checked twice.\x00")
    assert (signed.signed_by, signed.remark) == (stage.manager, "Checked twice.\ufffd")
    lines = Event.objects.filter(stream=Stream.BRAND, stream_id=stage.brand.pk).order_by("seq")
    digest = bytes(frozen.digest).hex()
    assert [(line.kind, line.payload["frozen"], line.payload["digest"]) for line in lines] == [
        (EventKind.PERIOD_FROZEN, frozen.pk, digest),
        (EventKind.PERIOD_SIGNED, frozen.pk, digest),
    ]
    assert not [str(each) for each in verification.unnamed(None) if "frozen" in str(each)]


@pytest.mark.parametrize("role", ["agent", "colleague", "auditor", "admin"])
def test_only_managers_freeze_and_sign(stage: Stage, role: str) -> None:
    somebody = getattr(stage, role)
    with pytest.raises(errors.NotAllowed):
        _freeze(stage, person=somebody)
    frozen = _freeze(stage)
    with pytest.raises(errors.NotAllowed):
        _sign(stage, frozen, person=somebody)


def test_a_manager_of_another_brand_finds_nothing(stage: Stage) -> None:
    with pytest.raises(errors.NotFound):
        _freeze(stage, person=stage.outsider)
    frozen = _freeze(stage)
    with pytest.raises(errors.NotFound):
        _sign(stage, frozen, person=stage.outsider)
    with pytest.raises(errors.NotFound):
        commands.sign(frozen_id=0, at=FROZEN_AT, actor=actor(stage.manager))


def test_somebody_signs_and_no_machine(stage: Stage) -> None:
    with pytest.raises(errors.NotAllowed):
        _freeze(stage, actor=SYSTEM)
    frozen = _freeze(stage)
    with pytest.raises(errors.NotAllowed):
        _sign(stage, frozen, actor=SYSTEM)


def test_what_is_signed_is_not_signed_again(stage: Stage) -> None:
    frozen = _freeze(stage)
    _sign(stage, frozen)
    with pytest.raises(commands.SignedAlready):
        _sign(stage, frozen)


@pytest.mark.parametrize(
    ("period", "at", "refusal"),
    [
        ("2026-03", datetime(2026, 3, 31, 21, 59, 59, tzinfo=UTC), commands.PeriodNotOver),
        ("2026-10", datetime(2026, 10, 31, 22, 59, 59, tzinfo=UTC), commands.PeriodNotOver),
        ("2026-H1", FROZEN_AT, commands.PeriodNotOver),
        ("2026-13", FROZEN_AT, errors.UnknownPeriod),
        ("", FROZEN_AT, errors.UnknownPeriod),
    ],
)
def test_only_a_whole_period_that_is_over_is_frozen(
    stage: Stage, period: str, at: datetime, refusal: type[errors.Refused]
) -> None:
    with pytest.raises(refusal):
        _freeze(stage, period, at=at)
    assert not FrozenPeriod.objects.exists()


@pytest.mark.parametrize(
    ("period", "begins", "ends"),
    [
        # The clocks change on 29 March and on 25 October 2026.
        ("2026-03", datetime(2026, 2, 28, 23, tzinfo=UTC), datetime(2026, 3, 31, 22, tzinfo=UTC)),
        ("2026-10", datetime(2026, 9, 30, 22, tzinfo=UTC), datetime(2026, 10, 31, 23, tzinfo=UTC)),
    ],
)
def test_a_period_ends_by_the_clocks_of_the_brand(stage: Stage, period: str, begins: datetime, ends: datetime) -> None:
    for number, at in enumerate((begins, ends)):
        Life.begins(stage, f"in{number}", at.astimezone(PARIS).replace(tzinfo=None).isoformat())
    frozen = _freeze(stage, period, at=ends)
    assert (frozen.figures["counts"]["received"], frozen.figures["balance"]["came"]) == (1, 1)
    asked = Subject.of(frozen).span.asked
    assert (asked.start, asked.end) == (begins, ends)


def test_an_unknown_regulator_is_none(stage: Stage) -> None:
    with pytest.raises(errors.NotFound):
        _freeze(stage, regulator="irs")


def test_the_same_period_may_be_frozen_again_and_both_stay(stage: Stage) -> None:
    first, second = _freeze(stage), _freeze(stage)
    assert {first.pk, second.pk} == set(FrozenPeriod.objects.values_list("pk", flat=True))
    assert bytes(first.digest) == bytes(second.digest)


class TestWhatCounts:
    def test_restricted_cases_do(self, stage: Stage) -> None:
        life = Life.begins(stage, "sofa", "2026-03-02T10:00")
        at = on("2026-03-03T10:00")
        cases.restrict(case_id=life.case.pk, is_restricted=True, at=at, actor=actor(stage.manager))
        frozen = _freeze(stage)
        assert frozen.figures["counts"]["received"] == frozen.figures["balance"]["open_at_end"] == 1
        assert _freeze(stage, regulator="acpr").figures["return"]["balance"]["received"] == 1

    def test_those_about_whoever_freezes_do_not_and_another_manager_counts_them(self, stage: Stage) -> None:
        second = person("second")
        Membership.objects.create(person=second, brand=stage.brand, role="manager")
        life = Life.begins(stage, "sofa", "2026-03-02T10:00")
        cases.set_subject(
            case_id=life.case.pk, person_id=second.pk, at=on("2026-03-03T10:00"), actor=actor(stage.manager)
        )
        assert _freeze(stage, person=second).figures["counts"]["received"] == 0
        assert _freeze(stage, person=second, regulator="disp").figures["return"]["is_nil"] is True
        assert _freeze(stage).figures["counts"]["received"] == 1


class TestNothingChanges:
    @pytest.mark.parametrize(
        "sql",
        [
            "UPDATE cases_frozenperiod SET figures = '{}'",
            "UPDATE cases_frozenperiod SET digest = '\\x00'",
            "UPDATE cases_frozenperiod SET starts_on = '2020-01-01'",
            "UPDATE cases_frozenperiod SET signed_at = NULL, signed_by_id = NULL",
            "UPDATE cases_frozenperiod SET remark = 'Something else'",
            "DELETE FROM cases_frozenperiod",
            "TRUNCATE cases_frozenperiod",
        ],
    )
    def test_whoever_writes(self, stage: Stage, sql: str) -> None:
        frozen = _sign(stage, _freeze(stage), remark="Fine.")
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
        found = FrozenPeriod.objects.get()
        assert (found.figures, found.remark, found.signed_at) == (frozen.figures, "Fine.", frozen.signed_at)


class TestAfterwards:
    def test_what_is_different_now_is_said_with_the_lines_that_came_later(self, stage: Stage) -> None:
        life = Life.begins(stage, "sofa", "2026-03-02T10:00")
        frozen = _freeze(stage)
        line = queries.recorded(frozen)
        assert line is not None
        # That time goes on for an open case corrects nothing.
        assert not _differing(frozen)
        assert queries.later_lines(frozen, line, LATER) == 0
        # Told in April of a day in March.
        life.closed("2026-03-20").said("2026-04-20T09:00", Satisfaction.SETTLED)
        found = _differing(frozen)
        assert (found["handled"].then, found["handled"].now, found["handled"].difference) == (0, 1, 1)
        assert (found["open_at_end"].then, found["open_at_end"].now) == (1, 0)
        assert (found["paid"].then, found["paid"].now) == (Decimal(0), Decimal(60))
        later = queries.later_lines(frozen, line, LATER)
        inside = Event.objects.filter(stream=Stream.CASE, pk__gt=line.pk, occurred_at__lt=on("2026-04-01T00:00"))
        assert later == inside.count() > 0

    def test_a_return_says_the_same_of_each_line(self, stage: Stage) -> None:
        life = Life.begins(stage, "sofa", "2026-03-02T10:00")
        frozen = _freeze(stage, regulator=ReturnName.DISP.value)
        life.closed("2026-03-20")
        found = queries.compared(frozen.figures, queries.figures(Subject.of(frozen), LATER))
        closed = {each.table: (each.then, each.now) for each in found if each.name == "closed"}
        assert closed["total"] == closed["by_category"] == closed["balance"] == (0, 1)
        redress = [each for each in found if each.name == "redress" and each.what == "money" and each.table == "total"]
        assert [(each.then, each.now, each.currency) for each in redress] == [(Decimal(0), Decimal(60), "EUR")]


def test_the_sum_is_of_one_way_to_write_them() -> None:
    one, other = {"b": 1, "a": {"é": "x", "n": None}}, {"a": {"n": None, "é": "x"}, "b": 1}
    assert queries.canonical(one) == queries.canonical(other) == '{"a":{"n":null,"é":"x"},"b":1}'.encode()
    with pytest.raises(ValueError, match="not JSON compliant"):
        queries.canonical({"a": float("nan")})
