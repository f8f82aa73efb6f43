"""Rows become posts by named or guessed columns."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from io import BytesIO
from itertools import islice
from pathlib import Path

import pytest

from cases.rules import importing
from cases.rules.import_fields import Candidate, Plan, Rejected, WrongHeaderError, content_id, map_fields, prepare
from cases.rules.import_lines import Format, Shape
from cases.rules.importing import detect, read
from cases.vocabulary import Precision

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests" / "samples" / "import"
REAL = ROOT.parent / "shared" / "data"
needs_real_files = pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not beside this repository")


def shape_of(*columns: str, layout: Format = Format.CSV) -> Shape:
    return Shape(format=layout, encoding="utf-8", delimiter=",", columns=columns)


def posts_in(raw: bytes, *maps: str) -> list[Candidate | Rejected]:
    shape = detect(raw)
    plan = prepare(shape, maps)
    return [map_fields(line.fields, plan) for line in read(BytesIO(raw), shape=shape) if line.fields]


def post(fields: dict[str, str], plan: Plan) -> Candidate:
    found = map_fields(fields, plan)
    assert isinstance(found, Candidate), found
    return found


class TestPrepare:
    def test_knows_usual_columns_in_any_spelling(self) -> None:
        shape = shape_of("Complaint ID", "Consumer complaint narrative", "Issue", "Date received", "NAME")
        fields = dict(zip(shape.columns, ("7", "", "Late", "2024-03-01", "@ines"), strict=True))
        found = post(fields, prepare(shape))
        assert (found.external_id, found.text, found.author, found.name) == ("7", "Late", "ines", "")
        assert (found.posted_at, found.precision) == (datetime(2024, 3, 1, tzinfo=UTC), Precision.DAY)

    def test_takes_name_for_the_display_name_beside_a_handle(self) -> None:
        found = post(
            {"id": "1", "text": "x", "username": "ines", "name": "Inès B."},
            prepare(shape_of("id", "text", "username", "name")),
        )
        assert (found.author, found.name) == ("ines", "Inès B.")

    def test_joins_columns_and_falls_back(self) -> None:
        shape = shape_of("id", "Narrative", "Product", "Issue", "Sub, issue")
        plan = prepare(shape, ['text=narrative, Product|issue|"Sub, issue"', "lang==en"])
        row = {"id": "1", "Narrative": " ", "Product": "Loan", "Issue": "", "Sub, issue": "Fees"}
        assert post(row, plan).text == "Loan · Fees"
        assert post({**row, "Narrative": "My words "}, plan).text == "My words "
        assert post(row, plan).lang == "en"

    def test_takes_a_column_whose_name_is_the_whole_option(self) -> None:
        assert prepare(shape_of("What happened, in short"), ["text=What happened, in short"]).sources["text"][
            0
        ].columns == ("What happened, in short",)

    def test_leaves_out_what_is_mapped_to_nothing(self) -> None:
        plan = prepare(shape_of("id", "text", "author"), ["author=", "external_id="])
        found = post({"id": "1", "text": "x", "author": "ines"}, plan)
        assert found.author == ""
        assert found.external_id.startswith("sha256:")

    @pytest.mark.parametrize(
        ("maps", "reason"),
        [
            ([], r"No column holds the words.*The file has: nr, wer, wann.*--map text=COLUMN"),
            (["text=Inhalt"], r"no column “Inhalt”.*The file has: nr, wer, wann"),
            (["words=wer"], r"not field=column with a field out of: external_id, text"),
            (["text"], r"not field=column"),
        ],
    )
    def test_says_what_is_wrong_with_the_header(self, maps: list[str], reason: str) -> None:
        shape = detect((SAMPLES / "wrong_header.csv").read_bytes())
        with pytest.raises(WrongHeaderError, match=reason):
            prepare(shape, maps)

    def test_refuses_unknown_zones_and_formats(self) -> None:
        with pytest.raises(WrongHeaderError, match="no time zone"):
            prepare(shape_of("text"), zone="Europe/Atlantis")
        with pytest.raises(WrongHeaderError, match="not a time format"):
            prepare(shape_of("text"), time_formats=["backwards"])

    def test_lets_json_objects_have_other_members(self) -> None:
        plan = prepare(shape_of("id", "text", layout=Format.JSONL), ["lang=meta.lang"])
        assert post({"id": "1", "text": "x", "meta.lang": "FR_ca"}, plan).lang == "fr-ca"

    def test_learns_the_order_of_dates_from_some_rows(self) -> None:
        shape = shape_of("id", "text", "date")
        row = {"id": "1", "text": "x", "date": "03/04/2014"}
        assert isinstance(map_fields(row, prepare(shape)), Rejected)
        plan = prepare(shape, samples=[row, {**row, "date": "11/13/2014"}])
        assert post(row, plan).posted_at == datetime(2014, 3, 4, tzinfo=UTC)
        named = prepare(shape, samples=[row], time_formats=["day-first"])
        assert post(row, named).posted_at == datetime(2014, 4, 3, tzinfo=UTC)


class TestMapFields:
    def test_names_a_date_that_does_not_exist(self) -> None:
        first, second = posts_in((SAMPLES / "no_such_date.csv").read_bytes())
        assert first == Rejected("the time: “2021-02-30” does not exist: 2021-02 has 28 days")
        assert isinstance(second, Candidate)

    @pytest.mark.parametrize(
        ("fields", "reason"),
        [
            ({"id": "1", "text": " \u200b"}, "there are no words in it"),
            ({"id": " ", "text": "x"}, "it has no id"),
            ({"id": "5.70306E+17", "text": "x"}, "rounded by a spreadsheet"),
            ({"id": "x" * 256, "text": "x"}, "longer than 255"),
        ],
    )
    def test_says_why_a_row_is_no_post(self, fields: dict[str, str], reason: str) -> None:
        found = map_fields(fields, prepare(shape_of("id", "text")))
        assert isinstance(found, Rejected)
        assert reason in found.reason

    def test_makes_an_id_of_the_words_where_a_file_has_none(self) -> None:
        plan = prepare(shape_of("category", "text"))
        row = {"category": "a", "text": "x"}
        assert post(row, plan).external_id == post(dict(reversed(row.items())), plan).external_id == content_id(row)
        assert post({**row, "text": "y"}, plan).external_id != content_id(row)

    def test_keeps_only_addresses_of_pages(self) -> None:
        plan = prepare(shape_of("id", "text", "url"))
        assert post({"id": "1", "text": "x", "url": "https://example.org/1 "}, plan).url == "https://example.org/1"
        assert post({"id": "1", "text": "x", "url": "javascript:alert(1)"}, plan).url == ""

    def test_reads_json_lines(self) -> None:
        first, last = posts_in((SAMPLES / "posts.jsonl").read_bytes())
        assert isinstance(first, Candidate)
        assert (first.external_id, first.author, first.name) == ("12345678901234567890", "ines", "Inès")
        assert (first.posted_at, first.lang) == (datetime(2024, 3, 1, tzinfo=UTC), "fr-fr")
        assert isinstance(last, Candidate)
        assert last.posted_at is None


@needs_real_files
class TestRealFiles:
    @pytest.mark.parametrize(
        ("name", "maps", "new", "known", "rejected"),
        [
            ("twitter-airline/Tweets.csv", [], 14_485, 155, 0),
            (
                "cfpb/complaints_2020_sample.csv",
                ["text=Consumer complaint narrative,Product|Issue|Sub-issue"],
                6_623,
                0,
                0,
            ),
            ("cfpb/complaints_2014_no_narrative.csv", ["text=Product|Issue|Sub-issue"], 8_339, 0, 1),
            ("fr-free-tweets/tweets.csv", [], 3_764, 0, 0),
            ("fr-engie-tweets/tweets.csv", [], 576, 0, 0),
            ("fr-signalconso-exemples/signalements.csv", [], 319, 0, 0),
        ],
    )
    def test_become_posts(self, name: str, maps: list[str], new: int, known: int, rejected: int) -> None:
        with (REAL / name).open("rb") as stream:
            shape = detect(stream.read(importing.SAMPLE_BYTES), name=name)
            samples = [line.fields for line in islice(read(stream, shape=shape), 2_000) if line.fields]
            plan = prepare(shape, maps, samples=samples, zone="America/New_York")
            count: Counter[str] = Counter()
            seen: set[str] = set()
            for line in read(stream, shape=shape):
                found = map_fields(line.fields, plan) if line.fields else None
                if not isinstance(found, Candidate):
                    count["rejected"] += 1
                    continue
                count["known" if found.external_id in seen else "new"] += 1
                seen.add(found.external_id)
        assert (count["new"], count["known"], count["rejected"]) == (new, known, rejected)
