"""Requests to connected systems: our facts under their names, and answers read strictly."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from cases.rules import request
from cases.rules.request import Answer, AnswerError, MappingError, RefusedForGood, RefusedNow, Unknown
from cases.vocabulary import Ask, SystemStatus

S = SystemStatus
FACTS = {"order": "o-1", "amount": "12.50", "currency": "EUR", "kind": "refund", "name": "Tom", "mail": "t@example.org"}


class TestMapping:
    def test_names_the_facts_as_the_system_calls_them(self) -> None:
        mapping = request.checked_mapping({"id": "order", "sum": "amount"})
        assert json.loads(request.body(mapping, FACTS)) == {"id": "o-1", "sum": "12.50"}

    def test_says_nothing_of_the_complainant_unless_asked(self) -> None:
        said = json.loads(request.body({}, FACTS))
        assert said == {
            "order": "o-1",
            "amount": "12.50",
            "currency": "EUR",
            "kind": "refund",
            "reference": None,
            "callback": None,
        }
        assert request.checked_mapping(request.DEFAULT) == request.DEFAULT

    @pytest.mark.parametrize(
        "mapping",
        [
            {},
            {"a b": "order"},
            {"": "order"},
            {"x": "password"},
            {"sum": "amount"},
            {f"n{number}": "order" for number in range(31)},
            {"é": "order"},
        ],
    )
    def test_refuses_what_cannot_be_one(self, mapping: dict[str, str]) -> None:
        with pytest.raises(MappingError):
            request.checked_mapping(mapping)


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [("12.5", "EUR", "12.50"), ("1200", "JPY", "1200"), ("1.125", "KWD", "1.125"), ("1E+3", "EUR", "1000.00")],
)
def test_writes_an_amount_in_the_decimals_of_its_currency(amount: str, currency: str, said: str) -> None:
    assert request.amount_text(Decimal(amount), currency) == said


def test_writes_no_amount_where_there_is_none() -> None:
    assert request.amount_text(None, "") is None


def test_reads_what_was_said() -> None:
    said = b'{"status": "done", "reference": " R-1 ", "amount": "12.50", "more": 1}'
    assert request.read_answer(said) == Answer(S.DONE, "R-1", Decimal("12.50"))
    assert request.read_answer(b'{"status":"failed","reason":"card\\u0000 gone"}').reason.startswith("card")
    assert request.read_callback(b'{"order":"o","status":"accepted"}').order == "o"


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"OK",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b"{}",
        b'{"status": "Done"}',
        b'{"status": 1}',
        b'{"status": ["done"]}',
        b'{"status": "done"}',
        b'{"status": "done", "reference": 7}',
        b'{"status": "done", "reference": "R", "amount": 12.5}',
        b'{"status": "done", "reference": "R", "amount": "NaN"}',
        b'{"status": "done", "reference": "R", "amount": "-1"}',
        b'{"status": "done", "reference": "R", "amount": "0"}',
        b'{"status": "done", "reference": "R", "amount": "1e30"}',
        b'{"status": "done", "status": "failed", "reference": "R"}',
        b'{"status": "accepted", "amount": NaN}',
        b'{"status": "done", "reference": "' + b"R" * 121 + b'"}',
        b'{"status": "accepted", "more": "' + b"R" * 70_000 + b'"}',
    ],
)
def test_refuses_an_answer_it_cannot_rely_on(said: bytes) -> None:
    with pytest.raises(AnswerError):
        request.read_answer(said)


@pytest.mark.parametrize("said", [b'{"status":"accepted"}', b'{"order":7,"status":"accepted"}', b'{"order":"o"}'])
def test_refuses_a_callback_about_nothing(said: bytes) -> None:
    with pytest.raises(AnswerError):
        request.read_callback(said)


class TestJudge:
    @pytest.mark.parametrize("code", [408, 409, 425, 429, 500, 502, 503, 504])
    def test_tries_again_later(self, code: int) -> None:
        assert isinstance(request.judge(Ask.DO, code, b"busy"), RefusedNow)

    @pytest.mark.parametrize("code", [400, 401, 403, 404, 422])
    def test_takes_a_no_for_a_no(self, code: int) -> None:
        assert request.judge(Ask.DO, code, b"no\nsuch card") == RefusedForGood(f"It answered {code}. no such card")

    def test_gives_the_reason_of_the_system(self) -> None:
        verdict = request.judge(Ask.DO, 422, b'{"status": "failed", "reason": "account closed"}')
        assert verdict == RefusedForGood("account closed")

    def test_never_guesses(self) -> None:
        assert isinstance(request.judge(Ask.DO, 200, b"<html>OK</html>"), Unknown)
        assert isinstance(request.judge(Ask.DO, 204, b""), Unknown)
        assert isinstance(request.judge(Ask.DO, 302, b""), Unknown)
        assert isinstance(request.judge(Ask.DO, 404, b'{"status": "done", "reference": "R"}'), Unknown)
        assert isinstance(request.judge(Ask.DO, 404, b'{"status": "unknown"}'), Unknown)

    def test_hears_that_an_order_is_not_known(self) -> None:
        assert request.judge(Ask.STATE, 404, b'{"status": "unknown"}') == Answer(S.UNKNOWN)
        assert isinstance(request.judge(Ask.STATE, 404, b"not found"), RefusedForGood)

    def test_reads_what_was_accepted(self) -> None:
        assert request.judge(Ask.DO, 202, b'{"status": "accepted"}') == Answer(S.ACCEPTED)
