"""`manage.py up`, with real processes: it starts, says what is wrong, mends itself, and leaves nothing running."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from casedesk import embedded
from tests import databases

pytestmark = pytest.mark.slow
PATIENCE = 90.0
# The migrations that take half a minute are those of the first start.
MIGRATED_QUICKLY = "import manage, sys; from tests import migrating\nwith migrating.quickly(): manage.main(sys.argv)"
FOREIGN = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "SITE_URL", "ALLOWED_HOSTS")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Up:
    """One `manage.py up` and what it wrote."""

    def __init__(self, home: Path, *arguments: str, program: tuple[str, ...] = ("manage.py",), **env: str) -> None:
        self.home, self.log, self.port = home, home.parent / f"{home.name}.log", free_port()
        clean = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, *program, "up", "--port", str(self.port), *arguments],
                cwd=settings.BASE_DIR,
                env={**clean, "CASEDESK_HOME": str(home), **env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def text(self) -> str:
        return self.log.read_text()

    def wait_for(self, words: str) -> None:
        until = time.monotonic() + PATIENCE
        while words not in self.text():
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < until, self.text()
            time.sleep(0.05)

    def get(self, path: str) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as answer:
            return int(answer.status)

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def refusal(self) -> str:
        """The one line it ends with when it does not start."""
        assert self.process.wait(PATIENCE) != 0
        lines = self.text().strip().splitlines()
        assert "Traceback" not in self.text()
        return lines[-1]


def running(home: Path) -> list[str]:
    """The command lines of all processes that were started for this data folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"CASEDESK_HOME={home}".encode() in (process / "environ").read_bytes().split(b"\0"):
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def nothing_left(home: Path) -> bool:
    until = time.monotonic() + 15
    while running(home) and time.monotonic() < until:
        time.sleep(0.1)
    return not running(home)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    yield folder
    assert nothing_left(folder), running(folder)
    if os.geteuid() == 0:
        shutil.rmtree(embedded.data_folder(folder).parent, ignore_errors=True)


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Iterator[Path]:
    """A data folder as after a first start, whose server is stopped, to be copied."""
    folder = tmp_path_factory.mktemp("furnished")
    databases.furnish(folder)
    assert databases.let_go(folder)
    yield embedded.data_folder(folder)
    if os.geteuid() == 0:
        shutil.rmtree(embedded.data_folder(folder).parent, ignore_errors=True)


@pytest.fixture
def up(home: Path, furnished: Path) -> Iterator[Up]:
    """Up in a data folder that is migrated already: what a first start does is tried once."""
    data = embedded.data_folder(home)
    data.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", str(furnished), str(data)], check=True)
    (home / "postgres.folder").write_text(str(data))
    started = Up(home, "--empty")
    try:
        started.wait_for("casedesk is at")
        yield started
    finally:
        started.stop()


@pytest.fixture
def first(home: Path) -> Iterator[Up]:
    """Up for the first time, in an empty data folder."""
    started = Up(home, "--empty")
    try:
        started.wait_for("casedesk is at")
        yield started
    finally:
        started.stop()


def test_starts_from_nothing_stops_in_order_and_keeps_the_data(first: Up, home: Path, own_database: str) -> None:
    up = first
    assert "one-time password" in up.text()
    # What all other tests stand on is what a start makes.
    assert _schema(embedded.database_url(home, owner=True)) == _schema(databases.owner_url(own_database))
    assert up.get("/readyz") == 200
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert up.stop() == 0
    assert nothing_left(home)
    again = Up(home)
    again.wait_for("casedesk is at")
    assert "first" not in again.text()
    assert again.stop(signal.SIGTERM) == 0


def test_refuses_a_second_one_on_the_same_folder(up: Up, home: Path) -> None:
    other = home.with_name("second")
    other.symlink_to(home)
    assert "already up" in Up(other).refusal()
    assert up.get("/healthz") == 200


def test_restarts_a_part_that_dies_and_says_so(up: Up, home: Path) -> None:
    for part, words in (("uvicorn", "web died (killed by SIGKILL)"), ("worker --pool", "worker died")):
        os.kill(_pid(home, part), signal.SIGKILL)
        up.wait_for(words)
    os.kill(int((home / "locks/postgres.ready").read_text()), signal.SIGKILL)
    up.wait_for("postgres died")
    until = time.monotonic() + PATIENCE
    while not _answers(up, "/readyz"):
        assert time.monotonic() < until, up.text()
        time.sleep(0.2)


def test_leaves_nothing_running_when_it_is_killed(up: Up, home: Path) -> None:
    up.stop(signal.SIGKILL)
    assert nothing_left(home), running(home)


def test_starts_over_after_half_a_demo(up: Up, home: Path) -> None:
    up.stop()
    assert nothing_left(home)
    (home / "demo-loading").touch()
    again = Up(home, "--empty", program=("-c", MIGRATED_QUICKLY))
    again.wait_for("casedesk is at")
    assert "starting over" in again.text()
    assert "one-time password" in again.text()
    assert not (home / "demo-loading").exists()
    assert again.stop() == 0


def test_stops_while_it_is_still_starting(home: Path) -> None:
    early = Up(home, "--empty")
    early.wait_for("bringing the database up to date")
    assert early.stop() != 0
    assert "Traceback" not in early.text()


def test_refuses_a_taken_port(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert "Cannot listen on" in Up(home, "--port", str(taken.getsockname()[1])).refusal()


def test_refuses_an_unreachable_database(home: Path) -> None:
    url = f"postgresql://nobody:nothing@127.0.0.1:{free_port()}/nowhere"
    assert "check DATABASE_URL" in Up(home, DATABASE_URL=url, REDIS_URL="redis://127.0.0.1:1/0").refusal()


def test_refuses_a_folder_it_cannot_write(home: Path) -> None:
    (home / "file").write_text("not a folder")
    refused = Up(home.with_name("other"), CASEDESK_HOME=str(home / "file" / "home"))
    assert "Cannot use the data folder" in refused.refusal()


def _schema(url: str) -> str:
    """Every statement that makes this database, as PostgreSQL's own tool tells them."""
    options = ["--schema-only", "--no-owner", "--no-privileges", "--restrict-key=same"]
    command = [str(embedded.postgres_program("pg_dump")), *options, url]
    dump = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    # The versions of the server and of the tool.
    return "\n".join(line for line in dump.splitlines() if not line.startswith("--"))


def _answers(up: Up, path: str) -> bool:
    try:
        return up.get(path) == 200
    except OSError:
        return False


def _pid(home: Path, words: str) -> int:
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            if words in line and f"CASEDESK_HOME={home}".encode() in (process / "environ").read_bytes():
                return int(process.name)
        except OSError:
            continue
    raise AssertionError(f"no process {words}")
