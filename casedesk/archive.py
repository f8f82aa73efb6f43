"""A backup: one tar with the database as PostgreSQL's own tools dump it, the uploaded files, and a manifest of both."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import sql

from casedesk import embedded

MANIFEST, DUMP, FILES = "manifest.json", "database.dump", "files"
FORMAT = 1
WHEEL_VERSION = 18
CHUNK = 1024 * 1024


class ArchiveError(Exception):
    """A backup cannot be written, read or restored; the message says why."""


def write(target: Path, *, url: str, files: Path, version: str) -> dict[str, Any]:
    """The manifest of a backup written to target and read again; target appears only when it is whole."""
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder:
        dump = Path(folder) / DUMP
        # Rows first, then files: files are written before their rows, so every row of the dump finds its file.
        rows = _dump(url, dump)
        kept = {f"{FILES}/{path.relative_to(files)}": path for path in _walk(files)}
        sums = {name: _sum(path) for name, path in {DUMP: dump, **kept}.items()}
        manifest = {
            "format": FORMAT,
            "version": version,
            "made_at": datetime.now(UTC).isoformat(),
            "rows": rows,
            "sha256": sums,
        }
        try:
            with tarfile.open(draft, "w") as tar:
                _add_bytes(tar, MANIFEST, json.dumps(manifest, indent=1).encode())
                for name, path in {DUMP: dump, **kept}.items():
                    tar.add(path, arcname=name, recursive=False)
            draft.chmod(0o600)
            verify(draft)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
    return manifest


def verify(source: Path) -> dict[str, Any]:
    """The manifest of a backup whose every byte agrees with it, and whose dump PostgreSQL's own tool can read."""
    try:
        with tarfile.open(source, "r:") as tar, tempfile.NamedTemporaryFile(suffix=".dump") as dump:
            manifest = _manifest(tar)
            expected = dict(manifest["sha256"])
            for member in tar:
                if member.name == MANIFEST:
                    continue
                content = tar.extractfile(member)
                copy = dump if member.name == DUMP else None
                if content is None or _sum_of(content, copy) != expected.pop(member.name, None):
                    raise ArchiveError(f"{source}: {member.name} is damaged.")
            if expected:
                raise ArchiveError(f"{source}: {min(expected)} is missing.")
            dump.flush()
            _list(dump.name)
    except (tarfile.TarError, OSError, KeyError, ValueError) as error:
        raise ArchiveError(f"{source} is not a whole backup of casedesk ({error}).") from None
    return manifest


def restore(source: Path, *, url: str, files: Path) -> dict[str, Any]:
    """The manifest of a backup restored into an empty database and an empty files folder, its rows counted again."""
    manifest = verify(source)
    server = _require_empty(url, files)
    with tempfile.TemporaryDirectory(prefix="casedesk-restore-") as folder, tarfile.open(source, "r:") as tar:
        tar.extractall(folder, filter="data")
        dump = Path(folder) / DUMP
        options = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
        _tool("pg_restore", [*options, dump], url=url, server=server)
        if (Path(folder) / FILES).exists():
            shutil.copytree(Path(folder) / FILES, files, dirs_exist_ok=True)
    with psycopg.connect(url) as connection:
        found = _count(connection)
    if found != manifest["rows"]:
        raise ArchiveError("The restored rows do not add up: do not use this database.")
    for name, expected in manifest["sha256"].items():
        if name != DUMP and _sum(files / Path(name).relative_to(FILES)) != expected:
            raise ArchiveError(f"The restored file {name} differs: do not use this folder.")
    return manifest


def _dump(url: str, target: Path) -> dict[str, int]:
    """The row counts of exactly the snapshot that is dumped."""
    with psycopg.connect(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        found = connection.execute("SELECT pg_export_snapshot()").fetchone()
        snapshot = found[0] if found else ""
        rows = _count(connection)
        options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={target}"]
        _tool("pg_dump", options, url=url, server=connection.info.server_version)
    return rows


def _count(connection: psycopg.Connection) -> dict[str, int]:
    tables = connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
    ).fetchall()
    counted: dict[str, int] = {}
    for (table,) in tables:
        found = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
        counted[table] = found[0] if found else 0
    return counted


def _require_empty(url: str, files: Path) -> int:
    """The server's version, when database and files folder are empty."""
    with psycopg.connect(url) as connection:
        tables, server = _count(connection), connection.info.server_version
    if tables:
        raise ArchiveError(
            f"The database is not empty ({len(tables)} tables): restore into a new one. "
            "With embedded servers, name a new data folder in CASEDESK_HOME."
        )
    if any(_walk(files)):
        raise ArchiveError(f"{files} is not empty: restore into a new data folder.")
    return server


def _tool(name: str, arguments: list[Any], *, url: str, server: int) -> None:
    """Run PostgreSQL's own tool of the server's major version, or else the wheel's, which reads older servers too."""
    parsed = embedded.parse(url)
    options = parsed.pop("OPTIONS")
    env = {
        "PGUSER": parsed["USER"],
        "PGPASSWORD": parsed["PASSWORD"],
        "PGHOST": parsed["HOST"],
        "PGPORT": parsed["PORT"],
    }
    env |= {f"PG{key.upper()}": value for key, value in dict(options).items()} if isinstance(options, dict) else {}
    done = subprocess.run(
        [_program(name, server), "--dbname", str(parsed["NAME"]), *map(str, arguments)],
        env={**os.environ, **{key: str(value) for key, value in env.items() if value}},
        capture_output=True,
        text=True,
        check=False,
    )
    _require_success(name, done)


def _program(name: str, server: int) -> str:
    for found in (Path(f"/usr/lib/postgresql/{server // 10000}/bin/{name}"), shutil.which(name)):
        if found and Path(found).exists() and server // 10000 != WHEEL_VERSION:
            version = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
            if re.search(rf"\b{server // 10000}\.", version):
                return str(found)
    return str(embedded.postgres_program(name))


def _list(dump: str) -> None:
    """Let PostgreSQL's own tool read the table of contents."""
    command = [str(embedded.postgres_program("pg_restore")), "--list", dump]
    _require_success("pg_restore", subprocess.run(command, capture_output=True, text=True, check=False))


def _require_success(name: str, done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise ArchiveError(f"{name} failed: {lines[0]}")


def _manifest(tar: tarfile.TarFile) -> dict[str, Any]:
    member = tar.extractfile(MANIFEST)
    manifest: dict[str, Any] = json.load(member) if member else {}
    if manifest.get("format") != FORMAT:
        raise ArchiveError(f"This backup has format {manifest.get('format')}; this casedesk reads {FORMAT}.")
    return manifest


def _walk(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())


def _sum(path: Path) -> str:
    with path.open("rb") as content:
        return _sum_of(content)


def _sum_of(content: IO[bytes], copy: Any = None) -> str:
    digest = hashlib.sha256()
    while chunk := content.read(CHUNK):
        digest.update(chunk)
        if copy is not None:
            copy.write(chunk)
    return digest.hexdigest()


def _add_bytes(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o600
    tar.addfile(member, io.BytesIO(content))
