"""Registers are recognised by their columns, and each of their answers means one thing or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from cases.rules import importing
from cases.rules.arrival import Registered
from cases.rules.import_fields import Candidate, Plan, Rejected, map_fields, prepare
from cases.rules.import_lines import Format, Shape
from cases.rules.import_registers import (
    MAX_CODE,
    OUTCOMES,
    Register,
    code_of,
    is_known,
    label_of,
    outcome_of,
    reason_of,
    recognise,
    registered,
)
from cases.vocabulary import Outcome

SAMPLE = Path(__file__).parents[1] / "samples" / "import" / "register.csv"
# As exported in 2014, and as its API answers.
OLD = (
    *("Complaint ID", "Product", "Sub-product", "Issue", "Sub-issue", "State", "ZIP code", "Submitted via"),
    *("Date received", "Date sent to company", "Company", "Company response", "Timely response?"),
    "Consumer disputed?",
)
API = (
    *("complaint_id", "date_received", "product", "sub_product", "issue", "sub_issue", "complaint_what_happened"),
    *("company", "state", "zip_code", "tags", "submitted_via", "date_sent_to_company", "company_response", "timely"),
    "company_public_response",
)
NEW = importing.detect(SAMPLE.read_bytes()).columns


def found(columns: Sequence[str]) -> Register:
    register = recognise(columns)
    assert register is not None
    return register


def plan(columns: Sequence[str], zone: str = "Europe/Paris", **options: Any) -> Plan:
    shape = Shape(format=Format.CSV, encoding="utf-8", delimiter=",", columns=tuple(columns), newline="\n", start=0)
    return prepare(shape, found(columns).maps(), zone=zone, **options)


def row(**said: str) -> dict[str, str]:
    base = {"Complaint ID": "1", "Product": "Loan", "Issue": "Fee", "Date received": "2023-03-02"}
    base |= {"Date sent to company": "2023-03-05", "Company response to consumer": "Closed", "Timely response?": "Yes"}
    return dict.fromkeys(NEW, "") | base | {name.replace("_", " "): words for name, words in said.items()}


def of(fields: dict[str, str], **options: Any) -> Registered | Rejected:
    return registered(fields, found(NEW), plan(NEW, **options))


class TestHeaders:
    @pytest.mark.parametrize("columns", [OLD, API, NEW, [each.upper() for each in NEW], NEW[::-1]])
    def test_every_form_it_was_published_in(self, columns: Sequence[str]) -> None:
        register = found(columns)
        assert (register.source, register.name) == ("cfpb", "CFPB")
        assert set(register.columns.values()) <= set(columns)
        assert len(register.columns) >= 13

    @pytest.mark.parametrize("column", ["Complaint ID", "Product", "Issue", "Date sent to company", "Timely response?"])
    def test_is_none_without_what_makes_it_one(self, column: str) -> None:
        assert recognise([each for each in NEW if each != column]) is None

    def test_is_no_other_table(self) -> None:
        assert recognise(["id", "text", "product", "issue", "date"]) is None
        assert recognise([]) is None

    def test_words_come_from_the_labels_where_there_is_no_narrative(self) -> None:
        said = row(Product="Loan", Issue="Fee", **{"Sub-issue": "Late fee"})
        assert _candidate(said).text == "Loan · Fee · Late fee"
        assert _candidate(said | {"Consumer complaint narrative": "They lied."}).text == "They lied."
        candidate = _candidate(said)
        assert (candidate.external_id, candidate.lang, candidate.category, candidate.author) == ("1", "en", "Loan", "")

    def test_a_map_of_ones_own_wins(self) -> None:
        shape = Shape(format=Format.CSV, encoding="utf-8", delimiter=",", columns=tuple(NEW), newline="\n", start=0)
        own = prepare(shape, (*found(NEW).maps(), "category=Issue", "lang==es"), zone="UTC")
        candidate = map_fields(row(), own)
        assert isinstance(candidate, Candidate)
        assert (candidate.category, candidate.lang) == ("Fee", "es")


def _candidate(fields: dict[str, str]) -> Candidate:
    candidate = map_fields(fields, plan(NEW))
    assert isinstance(candidate, Candidate)
    return candidate


class TestRows:
    def test_a_day_is_its_first_moment_in_the_zone(self) -> None:
        said = of(row())
        assert isinstance(said, Registered)
        assert said.received_at == datetime(2023, 3, 1, 23, tzinfo=UTC)
        assert (said.decided_at, said.sent_on) == (datetime(2023, 3, 4, 23, tzinfo=UTC), date(2023, 3, 5))

    @pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles", "Europe/Paris"])
    def test_a_padded_hour_moves_no_day(self, zone: str) -> None:
        padded = {"Date received": "2023-03-02T12:00:00-05:00", "Date sent to company": "2023-03-05T23:59:59-05:00"}
        assert of(row() | padded, zone=zone) == of(row(), zone=zone)

    def test_a_day_in_a_form_that_was_named(self) -> None:
        said = of(row() | {"Date received": "02.03.2023", "Date sent to company": ""}, time_formats=("%d.%m.%Y",))
        assert isinstance(said, Registered)
        assert (said.decided_at, said.sent_on) == (said.received_at, None)

    def test_nothing_is_decided_before_it_came(self) -> None:
        said = of(row() | {"Date sent to company": "2023-02-01"})
        assert isinstance(said, Registered)
        assert (said.decided_at, said.sent_on) == (said.received_at, date(2023, 2, 1))

    @pytest.mark.parametrize(
        ("broken", "reason"),
        [
            ({"Date received": ""}, "it has no date received"),
            ({"Date received": "2023-02-31"}, "the date received: “2023-02-31” does not exist"),
            ({"Date sent to company": "soon"}, "the date sent to the company: “soon” is not a time"),
        ],
    )
    def test_a_broken_day_is_a_reason(self, broken: dict[str, str], reason: str) -> None:
        said = of(row() | broken)
        assert isinstance(said, Rejected)
        assert said.reason.startswith(reason)

    def test_yes_no_and_neither(self) -> None:
        said = of(row() | {"Timely response?": "No", "Consumer disputed?": "N/A"})
        assert isinstance(said, Registered)
        assert (said.is_timely, said.disputed) == (False, None)

    def test_survives_a_round_trip_through_json(self) -> None:
        said = of(row() | {"Tags": "Servicemember", "Consumer disputed?": "Yes"})
        assert isinstance(said, Registered)
        assert Registered.of_fields(said.fields()) == said

    def test_words_too_long_for_their_place_are_cut(self) -> None:
        said = of(row() | {"Issue": "x" * 300, "State": "y" * 30})
        assert isinstance(said, Registered)
        assert (len(said.issue), len(said.state)) == (200, 8)


class TestOutcomes:
    @pytest.mark.parametrize(("response", "outcome"), OUTCOMES.items())
    def test_each_answer_means_what_the_table_says(self, response: str, outcome: Outcome | None) -> None:
        assert outcome_of(f" {response.upper()} ") == outcome
        assert is_known(response)

    def test_relief_is_upheld_and_its_absence_rejected(self) -> None:
        for response, outcome in OUTCOMES.items():
            if "with" in response and "relief" in response and "without" not in response:
                assert outcome == Outcome.UPHELD
        assert outcome_of("Closed without relief") == Outcome.REJECTED

    def test_another_answer_decides_nothing(self) -> None:
        assert outcome_of("Answered by pigeon") is None
        assert outcome_of("") is None
        assert not is_known("Answered by pigeon")

    def test_the_reason_names_the_answer_and_the_day(self) -> None:
        said = of(row())
        assert isinstance(said, Registered)
        assert "“Closed”" in reason_of(said, "en")
        assert "2023-03-05" in reason_of(said, "de")
        assert "« Closed »" in reason_of(said, "fr")


class TestCodes:
    @pytest.mark.parametrize(
        ("label", "code"),
        [
            ("Mortgage", "mortgage"),
            ("Money transfer, virtual currency, or money service", "money-transfer-virtual-currency-or-money"),
            ("Crédit à la conso", "credit-a-la-conso"),
            ("x" * 60, "x" * 40),
            ("—", "category"),
        ],
    )
    def test_are_cut_between_words(self, label: str, code: str) -> None:
        assert code_of(label, ()) == code

    def test_differ_where_labels_do(self) -> None:
        taken: set[str] = set()
        for number in range(12):
            code = code_of(f"{'long ' * 20}{number}", taken)
            assert len(code) <= MAX_CODE
            assert code not in taken
            taken.add(code)

    def test_a_label_is_one_line(self) -> None:
        assert label_of("  Credit \n card\x00 ") == "Credit card\ufffd"
        assert len(label_of("x" * 500)) == 120
