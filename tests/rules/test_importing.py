"""A file of posts is read row by row: what is broken is named, what follows is not lost."""

from __future__ import annotations

import csv
import io
import itertools
import json
import tracemalloc
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.rules import importing, text
from cases.rules.import_lines import MAX_RECORD_BYTES, MIXED
from cases.rules.importing import Format, Line, UnreadableFileError, detect, read

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests" / "samples" / "import"
REAL = ROOT.parent / "shared" / "data"
needs_real_files = pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not beside this repository")

HEADER = b"id,author,posted_at,text\n"


def lines_of(raw: bytes, **named: str) -> list[Line]:
    return list(read(BytesIO(raw), shape=detect(raw[: importing.SAMPLE_BYTES], **named)))


def column(raw: bytes, name: str = "text") -> list[str | None]:
    return [line.fields[name] if line.fields else None for line in lines_of(raw)]


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def table(rows: Sequence[Sequence[str]], header: Sequence[str] = ("id", "author", "text")) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([header, *rows])
    return out.getvalue().encode()


class TestDetect:
    @pytest.mark.parametrize(
        ("name", "layout", "delimiter", "encoding"),
        [
            ("broken_quote.csv", Format.CSV, ",", "utf-8"),
            ("bom_crlf.csv", Format.CSV, ";", "utf-8"),
            ("mixed_encodings.csv", Format.CSV, ",", MIXED),
            ("posts.tsv", Format.TSV, "\t", "utf-8"),
            ("posts.jsonl", Format.JSONL, "", "utf-8"),
        ],
    )
    def test_finds_the_shape(self, name: str, layout: Format, delimiter: str, encoding: str) -> None:
        shape = detect(sample(name))
        assert (shape.format, shape.delimiter, shape.encoding) == (layout, delimiter, encoding)

    def test_reads_the_header(self) -> None:
        assert detect(HEADER).columns == ("id", "author", "posted_at", "text")
        assert detect(b"id,,text,text\n").columns == ("id", "column 2", "text", "text (4)")
        assert "author.handle" in detect(sample("posts.jsonl")).columns

    @pytest.mark.parametrize(
        ("raw", "reason"),
        [
            (b"", "empty"),
            (b"\xef\xbb\xbf \n\n", "empty"),
            (b"PK\x03\x04rest", "export it as CSV"),
            (b'[{"id": 1}]', "one JSON object per line"),
        ],
    )
    def test_refuses_what_is_no_such_file(self, raw: bytes, reason: str) -> None:
        with pytest.raises(UnreadableFileError, match=reason):
            detect(raw)

    def test_takes_what_is_named(self) -> None:
        raw = "id;text\n1;обман, снова\n".encode("cp1251")
        assert [line.fields for line in lines_of(raw, encoding="cp1251")] == [{"id": "1", "text": "обман, снова"}]
        assert detect(b"a;b,c\n1;2,3\n", delimiter=";").columns == ("a", "b,c")
        with pytest.raises(UnreadableFileError, match="no encoding"):
            detect(HEADER, encoding="klingon")

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
    def test_reads_wide_encodings(self, encoding: str) -> None:
        # U+0A05 before U+4E00 holds the bytes of a newline across two characters.
        raw = 'id,text\n1,"\u0a05\u4e00\nzwei"\n2,déçu\n'.encode(encoding)
        assert column(raw) == ["\u0a05\u4e00\nzwei", "déçu"]

    def test_guesses_a_foreign_encoding_as_a_last_resort(self) -> None:
        words = "Мне не вернули деньги за отменённый рейс, и никто не отвечает на письма."
        assert column("".join(["id,text\n", *(f'{n},"{words}"\n' for n in range(9))]).encode("cp1251")) == [words] * 9


class TestRead:
    def test_survives_a_broken_quote(self) -> None:
        lines = lines_of(sample("broken_quote.csv"))
        assert [(line.number, line.fields["id"] if line.fields else line.error) for line in lines] == [
            (2, "1"),
            (3, "a quote is closed in the middle of a field"),
            (4, "3"),
            (5, "4"),
            (6, "a quote is closed in the middle of a field"),
            (7, "6"),
        ]
        assert lines[1].raw == b'2,tom,2024-03-02,"The meter was never closed\n'

    def test_keeps_newlines_inside_quotes(self) -> None:
        assert column(sample("embedded_newlines.csv")) == [
            'First line\n\n3,not a row,but text\nlast "quoted" line',
            "short",
        ]

    def test_reads_each_line_in_its_own_encoding(self) -> None:
        assert column(sample("mixed_encodings.csv")) == ["Très déçue", "Très déçu – 20 €", "Fine"]

    def test_reads_a_byte_order_mark_and_windows_newlines(self) -> None:
        raw = sample("bom_crlf.csv")
        assert column(raw) == ["Une ligne\net une autre", "Fin"]
        assert column(raw, "id") == ["1", "2"]

    def test_reads_old_newlines(self) -> None:
        assert column(b"id,text\r1,one\r2,two") == ["one", "two"]

    def test_finds_no_row_under_a_lonely_header(self) -> None:
        assert lines_of(sample("only_header.csv")) == []
        assert lines_of(HEADER.rstrip()) == []

    def test_shows_nul_bytes_as_replaced(self) -> None:
        assert column(sample("nul_bytes.csv")) == ["before\ufffdafter", "fine"]

    def test_names_rows_with_too_few_or_too_many_columns(self) -> None:
        lines = lines_of(HEADER + b"1,a\n2,a,b,c,d\n3,a,b,c,,\n4,a,b,c\n")
        assert [line.error for line in lines] == [
            "2 columns where the header has 4",
            "5 columns where the header has 4",
            None,
            None,
        ]

    def test_reads_a_field_of_a_megabyte(self) -> None:
        words = "Ça suffit. " * 100_000
        assert column(HEADER + f'1,a,b,"{words}"\n2,a,b,c\n'.encode()) == [words, "c"]

    def test_gives_a_line_that_is_far_too_long_up(self) -> None:
        raw = HEADER + b"1,a,b," + b"x" * (2 * MAX_RECORD_BYTES) + b"\n2,a,b,fine\n"
        first, second = lines_of(raw)
        assert "longer than" in (first.error or "")
        assert len(first.raw) < MAX_RECORD_BYTES
        assert (second.fields or {})["text"] == "fine"
        assert raw[second.offset : second.end] == b"2,a,b,fine\n"

    def test_does_not_let_an_open_quote_swallow_the_rest(self) -> None:
        rows = b"".join(b"%d,a,b,no quote in here\n" % n for n in range(2, 300_000))
        lines = lines_of(HEADER + b'1,a,b,"never closed\n' + rows)
        assert lines[0].error == "a quote is opened and never closed"
        assert lines[0].raw == b'1,a,b,"never closed\n'
        assert len(lines) == 299_999
        assert all(line.fields for line in lines[1:])

    def test_names_two_open_quotes_in_a_row_as_two(self) -> None:
        lines = lines_of(HEADER + b'1,a,b,"never\n2,a,b,"never either\n3,a,b,fine\n')
        assert [(line.number, line.error is None) for line in lines] == [(2, False), (3, False), (4, True)]

    def test_does_not_take_the_middle_of_a_broken_text_for_a_row(self) -> None:
        lines = lines_of(b'id,text\n7,"It is cold, yes\nyes, very" cold\n8,fine\n')
        assert [line.fields for line in lines if line.fields] == [{"id": "8", "text": "fine"}]

    def test_reads_json_lines_and_names_what_is_none(self) -> None:
        lines = lines_of(sample("posts.jsonl"))
        assert [line.number for line in lines] == [1, 2, 4, 5]
        assert lines[0].fields is not None
        assert lines[0].fields["id"] == "12345678901234567890"
        assert lines[0].fields["author.name"] == "Inès"
        assert "not JSON" in (lines[1].error or "")
        assert lines[2].error == "this is JSON, but not an object"
        assert lines[3].fields == {
            "id": "3",
            "text": "lone \ufffd surrogate",
            "extra": '["1", {"a": null}]',
            "ok": "true",
        }

    def test_survives_json_nested_too_deeply(self) -> None:
        lines = lines_of(b'{"id": 1}\n{"a":' + b"[" * 100_000 + b"\n" + b'{"id": 2}\n')
        assert [line.error is None for line in lines] == [True, False, True]

    @pytest.mark.parametrize("name", ["broken_quote.csv", "embedded_newlines.csv", "bom_crlf.csv", "posts.jsonl"])
    def test_goes_on_from_any_line(self, name: str) -> None:
        raw = sample(name)
        shape = detect(raw)
        lines = list(read(BytesIO(raw), shape=shape))
        for at, line in enumerate(lines):
            assert list(read(BytesIO(raw), shape=shape, offset=line.end, number=line.next_number)) == lines[at + 1 :]
            assert raw[line.offset : line.end] == line.raw

    def test_needs_no_more_memory_for_a_longer_file(self, tmp_path: Path) -> None:
        path = tmp_path / "long.csv"
        with path.open("wb") as out:
            out.write(HEADER)
            for n in range(200_000):
                out.write(b'%d,a,2024-03-01,"some ""words"" of a complaint,\nin two lines"\n' % n)
        with path.open("rb") as stream:
            shape = detect(stream.read(importing.SAMPLE_BYTES))
            tracemalloc.start()
            count = sum(line.error is None for line in itertools.islice(read(stream, shape=shape), 50_000))
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert count == 50_000
        assert peak < 8_000_000

    @given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=3, max_size=3), max_size=8))
    def test_reads_what_a_csv_writer_wrote(self, rows: list[list[str]]) -> None:
        expected = [[text.clean(value) for value in row] for row in rows]
        got = [list(line.fields.values()) if line.fields else None for line in lines_of(table(rows))]
        assert got == expected

    @given(st.binary(max_size=400), st.sampled_from([",", "\t", ";"]))
    def test_accounts_for_every_byte_of_anything(self, noise: bytes, delimiter: str) -> None:
        raw = b"id" + delimiter.encode() + b"text\n" + noise
        place = 0
        for line in read(BytesIO(raw), shape=detect(raw, encoding="utf-8", delimiter=delimiter)):
            assert place <= line.offset < line.end <= len(raw)
            assert (line.fields is None) != (line.error is None)
            assert not raw[place : line.offset].strip() or place == 0
            place = line.end

    @given(st.lists(st.tuples(st.booleans(), st.text("ab \u00e9", min_size=1)), min_size=1, max_size=12))
    def test_loses_no_good_row_to_a_broken_one(self, rows: list[tuple[bool, str]]) -> None:
        raw = (
            HEADER
            + "".join(
                f'{n},a,2024-03-01,"{words}' + ("\n" if is_broken else '"\n')
                for n, (is_broken, words) in enumerate(rows)
            ).encode()
        )
        read_ids = [line.fields["id"] for line in lines_of(raw) if line.fields]
        assert read_ids == [str(n) for n, (is_broken, _) in enumerate(rows) if not is_broken]


@needs_real_files
class TestRealFiles:
    @pytest.mark.parametrize(
        ("name", "good", "bad"),
        [
            ("twitter-airline/Tweets.csv", 14_640, 0),
            ("cfpb/complaints_2020_sample.csv", 6_623, 0),
            # Its last row lacks the last column.
            ("cfpb/complaints_2014_no_narrative.csv", 8_339, 1),
            ("fr-free-tweets/tweets.csv", 3_764, 0),
            ("fr-engie-tweets/tweets.csv", 576, 0),
            ("fr-signalconso-exemples/signalements.csv", 319, 0),
        ],
    )
    def test_are_read_whole(self, name: str, good: int, bad: int) -> None:
        with (REAL / name).open("rb") as stream:
            shape = detect(stream.read(importing.SAMPLE_BYTES), name=name)
            errors = [line.error for line in read(stream, shape=shape)]
        assert (errors.count(None), len(errors) - errors.count(None)) == (good, bad)

    def test_hostile_words_come_through_as_words(self) -> None:
        hostile = [each for each in json.loads((REAL / "injection" / "blns.json").read_text()) if each]
        for name in ("csv-payload.txt", "xss-payload-list.txt"):
            hostile += [each for each in (REAL / "injection" / name).read_text(errors="replace").split("\n") if each]
        rows = [(str(n), "a", words) for n, words in enumerate(hostile)]
        assert column(table(rows)) == [text.clean(words) for words in hostile]
        as_json = "".join(json.dumps({"id": n, "text": words}) + "\n" for n, words in enumerate(hostile))
        assert column(as_json.encode()) == [text.clean(words) for words in hostile]

    @pytest.mark.parametrize("name", ["blns.txt", "csv-payload.txt", "xss-payload-list.txt"])
    def test_files_that_are_no_tables_fail_by_the_line(self, name: str) -> None:
        raw = (REAL / "injection" / name).read_bytes()
        assert all(line.error or line.fields for line in lines_of(raw, delimiter=","))
