"""Files are imported exactly once, whatever is in them and whatever ends the process."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from cases.commands import importing
from cases.models import Case, Channel, Event, ImportRun, Observation, Post, Raw, Triage
from cases.rules.text import clean
from cases.vocabulary import SYSTEM, Precision
from tests.faults.parts import environment
from tests.people import AT, Stage, set_stage
from tests.real_files import COUNTS, EXAMPLES, REAL, REGISTERS, needs_real_files

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests" / "samples" / "import"
TABLES = (Raw, Post, Triage, Case, Event, ImportRun, Channel)


@pytest.fixture
def stage(db: None) -> Stage:
    return set_stage()


def run(path: Path, *options: str, rejects: Path | None = None) -> str:
    """What the command says."""
    said = StringIO()
    where = ["--rejects", str(rejects)] if rejects else []
    call_command("import_posts", str(path), "--brand=brindlewick", "--channel=social", *where, *options, stdout=said)
    return said.getvalue()


def counts(said: str) -> str:
    return said.splitlines()[0]


def rejected(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def file_of(folder: Path, *rows: str, header: str = "id,author,posted_at,text") -> Path:
    path = folder / "posts.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def stored() -> list[int]:
    return [table.objects.count() for table in TABLES]


class TestSamples:
    def test_a_broken_quote_spoils_its_own_row(self, stage: Stage, tmp_path: Path) -> None:
        said = run(SAMPLES / "broken_quote.csv", rejects=tmp_path / "no.csv")
        assert counts(said) == "6 read = 4 new + 0 known + 2 rejected"
        assert [(row["line"], row["row"]) for row in rejected(tmp_path / "no.csv")] == [
            ("3", '2,tom,2024-03-02,"The meter was never closed'),
            ("6", '5,lea,2024-03-05,"He said "wait" and hung up"'),
        ]

    def test_a_date_that_does_not_exist(self, stage: Stage, tmp_path: Path) -> None:
        said = run(SAMPLES / "no_such_date.csv", rejects=tmp_path / "no.csv")
        assert counts(said) == "2 read = 1 new + 0 known + 1 rejected"
        assert "does not exist" in rejected(tmp_path / "no.csv")[0]["reason"]
        assert str(tmp_path / "no.csv") in said

    def test_mixed_encodings(self, stage: Stage, tmp_path: Path) -> None:
        assert counts(run(SAMPLES / "mixed_encodings.csv", rejects=tmp_path / "no.csv")).startswith("3 read = 3 new")
        assert Post.objects.get(external_id="2").text == "Très déçu – 20 €"
        assert not (tmp_path / "no.csv").exists()

    def test_rows_over_several_lines_and_other_layouts(self, stage: Stage, tmp_path: Path) -> None:
        for name in ("embedded_newlines.csv", "bom_crlf.csv", "posts.tsv", "nul_bytes.csv"):
            assert " 0 rejected" in counts(run(SAMPLES / name, rejects=tmp_path / "no.csv"))

    def test_a_header_alone(self, stage: Stage, tmp_path: Path) -> None:
        said = run(SAMPLES / "only_header.csv", rejects=tmp_path / "no.csv")
        assert counts(said) == "0 read = 0 new + 0 known + 0 rejected"
        assert ImportRun.objects.get().finished_at


class TestRefusals:
    """One clear line, and nothing written."""

    @pytest.mark.parametrize(
        ("name", "content", "said"),
        [
            ("wrong_header.csv", None, "No column holds the words of a post. The file has: nr, wer, wann."),
            ("empty.csv", None, "The file is empty."),
            ("missing.csv", None, "There is no file"),
            ("folder", "", "is a folder"),
            ("image.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\xff\xd8text", "not a text file"),
            ("sheet.xlsx", b"PK\x03\x04 and so on", "export it as CSV"),
            ("noise.bin", bytes(range(256)) * 64, "not a text file"),
        ],
    )
    def test_of_files(self, stage: Stage, tmp_path: Path, name: str, content: bytes | None, said: str) -> None:
        path = SAMPLES / name if content is None else tmp_path / name
        if content == "":
            path.mkdir()
        elif content:
            path.write_bytes(content)
        before = stored()
        with pytest.raises(CommandError) as refusal:
            run(path, rejects=tmp_path / "no.csv")
        assert said in str(refusal.value)
        assert "\n" not in str(refusal.value)
        assert stored() == before
        assert not (tmp_path / "no.csv").exists()

    @pytest.mark.parametrize(
        ("option", "said"),
        [
            ("--map=text=nowhere", "There is no column “nowhere”"),
            ("--map=words=text", "is not field=column"),
            ("--encoding=klingon", "There is no encoding called “klingon”"),
            ("--delimiter=ab", "is not one character"),
            ("--time-format=soon", "“soon” is not a time format"),
            ("--zone=Mars/Base", "There is no time zone by the name|there is no time zone"),
            ("--brand=nobody", "There is no brand “nobody”. There are: brindlewick, orvelle."),
            ("--channel=nowhere", "Brindlewick has no channel “nowhere”. It has: social, web-form."),
            ("--batch=0", "a batch has 1 to 5000 rows"),
            ("--rejects=/nowhere/at/all.csv", "cannot be written"),
        ],
    )
    def test_of_options(self, stage: Stage, option: str, said: str) -> None:
        before = stored()
        with pytest.raises(CommandError) as refusal:
            run(SAMPLES / "posts.tsv", option)
        assert any(each.lower() in str(refusal.value).lower() for each in said.split("|"))
        assert stored() == before

    def test_of_a_channel_that_is_off(self, stage: Stage, tmp_path: Path) -> None:
        Channel.objects.update(is_active=False)
        before = stored()
        with pytest.raises(CommandError, match="switched off"):
            run(SAMPLES / "posts.tsv", rejects=tmp_path / "no.csv")
        assert stored() == before

    def test_of_numbers_that_do_not_add_up(self, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        real = importing.import_batch

        def losing(**arguments: Any) -> importing.Imported:
            step = real(**arguments)
            step.run.new -= 1
            return step

        monkeypatch.setattr(importing, "import_batch", losing)
        with pytest.raises(CommandError, match="does not add up"):
            run(SAMPLES / "posts.tsv", rejects=tmp_path / "no.csv")


class TestRuns:
    def test_again_everything_is_known(self, stage: Stage, tmp_path: Path) -> None:
        path = file_of(tmp_path, "1,ines,2024-03-01,Late", "2,tom,2024-02-31,Never", "1,ines,2024-03-01,Late")
        assert counts(run(path)) == "3 read = 1 new + 1 known + 1 rejected"
        kept = (tmp_path / "posts.csv.rejected.csv").read_bytes()
        before = stored()
        assert counts(run(path)) == "3 read = 0 new + 2 known + 1 rejected"
        assert (tmp_path / "posts.csv.rejected.csv").read_bytes() == kept
        assert stored()[:4] == before[:4]

    def test_an_id_again_with_other_words_is_an_observation(self, stage: Stage, tmp_path: Path) -> None:
        path = file_of(tmp_path, "1,ines,2024-03-01,Late", "1,ines,2024-03-01,Very late")
        assert counts(run(path)) == "2 read = 1 new + 1 known + 0 rejected"
        assert (Post.objects.get().text, Observation.objects.get().text) == ("Late", "Very late")

    def test_what_intake_refuses_is_rejected_and_in_the_tray(self, stage: Stage, tmp_path: Path) -> None:
        path = file_of(tmp_path, "1,ines,2190-03-01,From the future", "2,tom,2024-03-01,Fine")
        for said in ("2 read = 1 new + 0 known + 1 rejected", "2 read = 0 new + 1 known + 1 rejected"):
            assert counts(run(path)) == said
            assert "in the future" in rejected(tmp_path / "posts.csv.rejected.csv")[0]["reason"]
        assert Raw.objects.exclude(status="processed").get().external_id == "1"

    def test_rows_without_a_time_carry_the_imports_to_the_day(self, stage: Stage, tmp_path: Path) -> None:
        path = file_of(tmp_path, "1,Late", header="id,text")
        assert "1 give no time" in run(path)
        post = Post.objects.get()
        assert post.precision == Precision.DAY
        assert abs((post.posted_at - post.received_at).total_seconds()) < 60
        run(path)
        assert Raw.objects.count() == 1, "the same row, read later, is the same"

    def test_a_time_without_a_zone_is_the_brands(self, stage: Stage, tmp_path: Path) -> None:
        run(file_of(tmp_path, "1,ines,2024-07-01 12:00:00,Noon"))
        assert Post.objects.get().posted_at.isoformat() == "2024-07-01T10:00:00+00:00"

    def test_a_dry_run_says_the_same_and_writes_nothing(self, stage: Stage, tmp_path: Path) -> None:
        path = file_of(tmp_path, "1,i,2024-03-01,A", "2,t,2024-02-31,B", "1,i,2024-03-01,C", "3,z,2190-01-01,D")
        before = stored()
        foreseen = counts(run(path, "--dry-run"))
        assert stored() == before
        assert foreseen == f"Would be: {counts(run(path))}" == "Would be: 4 read = 1 new + 1 known + 2 rejected"
        assert counts(run(path, "--dry-run")) == f"Would be: {counts(run(path))}"
        assert "0 new" in counts(run(path, "--dry-run"))
        assert "1 new" in counts(run(path, "--dry-run", "--create-channel", "--channel=elsewhere"))

    def test_makes_the_channel_when_asked(self, stage: Stage, tmp_path: Path) -> None:
        run(file_of(tmp_path, "1,ines,2024-03-01,Late"), "--channel=archive", "--create-channel")
        made = Channel.objects.get(slug="archive")
        assert (made.kind, made.posts.count()) == ("import", 1)

    def test_leaves_a_line_in_the_brands_journal(self, stage: Stage, tmp_path: Path) -> None:
        run(file_of(tmp_path, "1,ines,2024-03-01,Late"))
        event = Event.objects.filter(kind="import_run", stream="brand", stream_id=stage.brand.pk).latest("seq")
        counted = {"read": 1, "new": 1, "known": 0, "rejected": 0}
        run_ = ImportRun.objects.get()
        assert event.payload == {"run": run_.pk, "channel": stage.channel.pk, "finished": True, **counted}


class TestOtherProcesses:
    def test_a_part_behind_the_run_is_left_alone(self, stage: Stage) -> None:
        start = {"channel_id": stage.channel.pk, "file_digest": b"x" * 32, "file_name": "f", "offset": 9, "line": 2}
        first = importing.start_run(**start, at=AT, actor=SYSTEM)  # type: ignore[arg-type]
        assert importing.start_run(**start, at=AT, actor=SYSTEM).pk == first.pk  # type: ignore[arg-type]
        part = importing.Part(offset=9, end=20, next_line=3, arrivals=[], rejected=1, is_last=False)
        for outcomes in ([], None):
            assert importing.import_batch(run_id=first.pk, part=part, at=AT, actor=SYSTEM).outcomes == outcomes
        assert ImportRun.objects.get().read == 1

    def test_goes_on_where_another_one_is(self, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = file_of(tmp_path, *(f"{n},a{n},2024-03-{'01' if n % 5 else '99'},Words {n}" for n in range(40)))
        real, calls = importing.import_batch, iter(range(100))

        def raced(**arguments: Any) -> importing.Imported:
            """Every third time somebody else was faster."""
            if next(calls) % 3 == 2:
                real(**arguments)
            return real(**arguments)

        monkeypatch.setattr(importing, "import_batch", raced)
        assert counts(run(path, "--batch=4")) == "40 read = 32 new + 0 known + 8 rejected"
        assert [int(row["line"]) for row in rejected(tmp_path / "posts.csv.rejected.csv")] == [*range(2, 42, 5)]

    def test_ctrl_c_says_how_far_it_got_and_goes_on(
        self, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = file_of(tmp_path, *(f"{n},a{n},2024-03-01,Words {n}" for n in range(10)))
        real, calls = importing.import_batch, iter(range(100))

        def interrupted(**arguments: Any) -> importing.Imported:
            if next(calls) == 2:
                raise KeyboardInterrupt
            return real(**arguments)

        monkeypatch.setattr(importing, "import_batch", interrupted)
        with pytest.raises(SystemExit) as ended:
            call_command("import_posts", str(path), "--brand=brindlewick", "--channel=social", "--batch=3")
        assert ended.value.code == 130
        said = capsys.readouterr().out
        assert said.startswith("Stopped before line 8: 6 read = 6 new")
        assert "Run the same command again" in said
        assert counts(run(path)) == "10 read = 10 new + 0 known + 0 rejected"
        assert ImportRun.objects.count() == 1


@pytest.fixture
def own_stage(own_database: str) -> Stage:
    return set_stage()


@pytest.fixture
def started(tmp_path: Path, own_stage: Stage) -> Iterator[Any]:
    """Call it to import the file in a process of its own; what still runs is killed at the end."""
    processes: list[subprocess.Popen[str]] = []

    def start(path: Path, *options: str) -> subprocess.Popen[str]:
        command = [sys.executable, "manage.py", "import_posts", str(path), "--brand=brindlewick", "--channel=social"]
        processes.append(
            subprocess.Popen(
                [*command, *options],
                cwd=settings.BASE_DIR,
                env=environment("redis://127.0.0.1:1/0"),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
        return processes[-1]

    yield start
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.communicate()


def many(folder: Path) -> Path:
    """Three thousand rows, every tenth impossible."""
    return file_of(folder, *(f"{n},a{n % 50},2024-03-{'01' if n % 10 else '99'},W {n}" for n in range(3_000)))


class TestProcesses:
    @pytest.mark.slow
    def test_killed_in_the_middle_it_goes_on(self, started: Any, tmp_path: Path) -> None:
        path = many(tmp_path)
        for wanted in (300, 900):
            process = started(path, "--batch=50")
            until = time.monotonic() + 60
            while not ImportRun.objects.filter(read__gte=wanted).exists():
                assert process.poll() is None, process.communicate()[0]
                assert time.monotonic() < until
                time.sleep(0.01)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        half = ImportRun.objects.get()
        assert half.finished_at is None
        assert Post.objects.count() == half.new
        assert counts(run(path, "--batch=50")) == "3,000 read = 2,700 new + 0 known + 300 rejected"
        assert Post.objects.count() == 2_700
        assert len(rejected(tmp_path / "posts.csv.rejected.csv")) == 300
        assert ImportRun.objects.get().finished_at
        assert counts(run(path)) == "3,000 read = 0 new + 2,700 known + 300 rejected"

    @pytest.mark.slow
    def test_two_at_once(self, started: Any, tmp_path: Path) -> None:
        path = many(tmp_path)
        both = [started(path, f"--batch={size}", f"--rejects={tmp_path / str(size)}") for size in (40, 70)]
        said = [process.communicate(timeout=120)[0] for process in both]
        assert [process.returncode for process in both] == [0, 0], said
        assert Post.objects.count() == 2_700
        runs = ImportRun.objects.all()
        assert all(each.finished_at and each.read == 3_000 and each.rejected == 300 for each in runs)
        assert sum(each.new for each in runs) == 2_700
        first, second = (tmp_path / "40").read_bytes(), (tmp_path / "70").read_bytes()
        assert first == second
        assert first.count(b"99") >= 300


@needs_real_files
@pytest.mark.slow
class TestRealFiles:
    def test_the_help_page_names_them_all(self) -> None:
        assert list(EXAMPLES) == list(COUNTS)

    @pytest.mark.parametrize("name", [name for name in EXAMPLES if name not in REGISTERS])
    def test_the_command_of_the_help_page_works(self, own_stage: Stage, tmp_path: Path, name: str) -> None:
        said = StringIO()
        rejects = f"--rejects={tmp_path / 'no.csv'}"
        call_command("import_posts", str(REAL / name), *EXAMPLES[name], rejects, stdout=said)
        assert counts(said.getvalue()) == COUNTS[name]

    def test_hostile_words_stay_words(self, stage: Stage, tmp_path: Path) -> None:
        words = [word for word in json.loads((REAL / "injection" / "blns.json").read_text()) if word.strip()]
        words += (REAL / "injection" / "xss-payload-list.txt").read_text(errors="replace").splitlines()[:500]
        path = tmp_path / "hostile.jsonl"
        lines = [json.dumps({"id": f"n-{n}", "text": word, "author": word}) for n, word in enumerate(words)]
        path.write_text("\n".join(lines))
        run(path)
        blank = {row["line"] for row in rejected(tmp_path / "hostile.jsonl.rejected.csv")}
        found = dict(Post.objects.values_list("external_id", "text"))
        assert len(found) + len(blank) == len(words)
        assert all(found[f"n-{n}"] == clean(word) for n, word in enumerate(words) if str(n + 1) not in blank)
