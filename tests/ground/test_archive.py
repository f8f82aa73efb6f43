"""Backup and restore: whole, verified, and never over something."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from casedesk import archive
from cases.models import User
from tests import databases


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files" / "ab"
    folder.mkdir(parents=True)
    (folder / "proof.png").write_bytes(b"\x89PNG" + bytes(300_000))
    return folder.parent


@pytest.fixture
def backup(own_database: str, files: Path, tmp_path: Path) -> Path:
    User.objects.create(username="somebody", email="somebody@example.org", name="Somebody")
    archive.write(tmp_path / "backup.tar", url=databases.owner_url(own_database), files=files, version="0.1.0")
    return tmp_path / "backup.tar"


@pytest.fixture
def empty_database() -> Iterator[str]:
    name = databases.empty()
    yield databases.owner_url(name)
    databases.drop(name)


@pytest.mark.database
def test_brings_back_rows_and_files(backup: Path, empty_database: str, files: Path, tmp_path: Path) -> None:
    manifest = archive.restore(backup, url=empty_database, files=tmp_path / "restored")
    assert manifest["rows"]["cases_user"] == 1
    assert (tmp_path / "restored/ab/proof.png").read_bytes() == (files / "ab/proof.png").read_bytes()


def test_refuses_a_database_with_tables(backup: Path, own_database: str, tmp_path: Path) -> None:
    with pytest.raises(archive.ArchiveError, match="not empty"):
        archive.restore(backup, url=databases.owner_url(own_database), files=tmp_path / "restored")


def test_refuses_a_folder_with_files(backup: Path, empty_database: str, files: Path) -> None:
    with pytest.raises(archive.ArchiveError, match="not empty"):
        archive.restore(backup, url=empty_database, files=files)


@pytest.mark.parametrize("member", ["files/ab/proof.png", "database.dump"])
def test_notices_one_changed_byte(backup: Path, member: str) -> None:
    with tarfile.open(backup) as tar:
        position = tar.getmember(member).offset_data + 1000
    with backup.open("r+b") as content:
        content.seek(position)
        content.write(b"!")
    with pytest.raises(archive.ArchiveError, match="damaged"):
        archive.verify(backup)


@pytest.mark.parametrize("keep", [0, 1000, 200_000])
def test_notices_a_cut_file(backup: Path, keep: int) -> None:
    backup.write_bytes(backup.read_bytes()[:keep])
    with pytest.raises(archive.ArchiveError):
        archive.verify(backup)


def test_leaves_nothing_behind_when_it_fails(
    own_database: str, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "verify", lambda _: (_ for _ in ()).throw(archive.ArchiveError("damaged")))
    with pytest.raises(archive.ArchiveError):
        archive.write(tmp_path / "backup.tar", url=databases.owner_url(own_database), files=files, version="0.1.0")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["files"]
