"""The embedded servers: addresses without side effects, shared by whoever needs them, gone with the last."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from django.conf import settings

from casedesk import embedded

HOLDER = """
import pathlib, sys
import psycopg
from casedesk import embedded
home = pathlib.Path(sys.argv[1])
embedded.hold(home, postgres=True, redis=True)
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "home"
    yield folder
    assert embedded.wait_stopped(folder)
    if os.geteuid() == 0:
        shutil.rmtree(embedded.data_folder(folder).parent, ignore_errors=True)


def _holder(home: Path) -> subprocess.Popen[bytes]:
    """Another process that holds both servers until its input ends."""
    code = f"{HOLDER}\nprint('held', flush=True)\nsys.stdin.read()"
    command = [sys.executable, "-c", code, str(home)]
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


def _close(process: subprocess.Popen[bytes]) -> None:
    process.communicate()
    assert process.returncode == 0


def test_computes_addresses_without_touching_anything(home: Path) -> None:
    assert embedded.database_url(home, owner=True) != embedded.database_url(home, owner=False)
    assert embedded.redis_url(home).startswith("unix://")
    assert not home.exists()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u:p%40ss@db.example:5433/n", ("n", "u", "p@ss", "db.example", "5433")),
        ("postgres://u@/n?host=/run/x", ("n", "u", "", "/run/x", "")),
        ("postgresql://u@/n?host=/run/x&port=6432", ("n", "u", "", "/run/x", "6432")),
    ],
)
def test_reads_a_url(url: str, expected: tuple[str, ...]) -> None:
    parsed = embedded.parse(url)
    assert tuple(parsed[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")) == expected


def test_keeps_what_follows_the_question_mark() -> None:
    assert embedded.parse("postgresql://h/n?sslmode=require")["OPTIONS"] == {"sslmode": "require"}


def test_refuses_another_database() -> None:
    with pytest.raises(embedded.EmbeddedError, match="postgresql://"):
        embedded.parse("mysql://u@h/n")


def test_socket_paths_stay_short() -> None:
    assert len(str(embedded.socket_folder(Path("/" + "x" * 200)))) <= embedded.LONGEST_FOLDER


@pytest.mark.slow
def test_shares_one_pair_of_servers_and_stops_it_with_the_last(home: Path) -> None:
    first, second = _holder(home), _holder(home)
    _close(first)
    with psycopg.connect(embedded.database_url(home, owner=False)) as connection:
        assert connection.execute("SELECT current_user").fetchone() == (embedded.APP,)
    client = redis.Redis.from_url(embedded.redis_url(home))
    assert client.ping()
    client.close()
    _close(second)
    assert embedded.wait_stopped(home)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(embedded.database_url(home, owner=False))


@pytest.mark.slow
def test_starts_once_for_many_at_the_same_time(home: Path) -> None:
    code = f"{HOLDER}\npsycopg.connect(embedded.database_url(home, owner=True)).close()"
    crowd = [subprocess.Popen([sys.executable, "-c", code, str(home)], cwd=settings.BASE_DIR) for _ in range(6)]
    assert [process.wait(90) for process in crowd] == [0] * 6


@pytest.mark.slow
def test_leaves_a_private_home_private(home: Path) -> None:
    home.parent.chmod(0o700)
    home.mkdir(mode=0o700)
    _close(_holder(home))
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (home, home.parent)} == {0o700}


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only for root does the database lie outside the home")
def test_a_removed_home_does_not_bring_its_past_back(home: Path) -> None:
    _close(_holder(home))
    assert embedded.wait_stopped(home)
    shutil.rmtree(home)
    _close(_holder(home))
    assert list(embedded.data_folder(home).parent.glob("postgres-before-*"))
