"""No formula of a stranger is calculated, and every word stays readable."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.rules.spreadsheet import is_formula, neutral

PAYLOADS = Path(__file__).parents[2].parent / "shared" / "data" / "injection" / "csv-payload.txt"

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\tword",
    "  =1",
    '"=1',
    '" =1',
    "'=1",
    "\u00a0=1",
    "\ufeff=1",
    "\u200b=1",
    "\x1f=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(A1)",
    "﹦1",
    "\u22121",
    "=\u03381",
    "|cmd",
    'DDE ("cmd";"/C calc";"!A0")A0',
    "ｄｄｅ(1)",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_stands_behind_an_apostrophe(text: str) -> None:
    assert neutral(text) == "'" + text


@pytest.mark.parametrize(
    "text", ["", " ", "Zoë", "a=b", "3 - 1", "O'Brien", "“Never again”", "ddelay (late)", "mail@x", "نعم", "½ = 50"]
)
def test_words_are_left_alone(text: str) -> None:
    assert neutral(text) == text


@pytest.mark.skipif(not PAYLOADS.exists(), reason="the collected payloads are not beside this checkout")
def test_every_collected_payload_is_harmless() -> None:
    lines = [line for line in PAYLOADS.read_text().splitlines() if line.strip()]
    assert lines
    assert all(neutral(line) == "'" + line for line in lines)


@settings(deadline=None)
@given(text=st.text())
def test_what_comes_out_begins_no_formula_and_ends_as_it_was(text: str) -> None:
    found = neutral(text)
    assert found in {text, "'" + text}
    assert found[:1] not in {"=", "+", "-", "@", "\t", "\r"}


@settings(deadline=None)
@given(
    blanks=st.text(st.sampled_from(" \u00a0\u2003\u200b\ufeff'\"“")),
    start=st.sampled_from("=+-@＝＋－＠"),
    text=st.text(),
)
def test_nothing_to_hide_behind(blanks: str, start: str, text: str) -> None:
    assert is_formula(blanks + start + text)


@settings(deadline=None)
@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0")))
def test_a_quoted_cell_comes_back_whole(text: str) -> None:
    written = io.StringIO(newline="")
    csv.writer(written, quoting=csv.QUOTE_ALL).writerow([neutral(text), "next"])
    written.seek(0)
    assert next(csv.reader(written)) == [neutral(text), "next"]
