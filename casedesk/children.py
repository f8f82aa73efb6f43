"""Child processes that end with their parent, whatever ends it."""

from __future__ import annotations

import ctypes
import fcntl
import signal
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

Check = Callable[[], bool]
Find = Callable[[str], Path]

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class ChildError(OSError):
    """A program ended with an error; the message is the last line it wrote."""

    def __str__(self) -> str:
        return str(self.args[0])


def spawn(
    command: list[str],
    *,
    cwd: Path,
    user: str | None = None,
    last_words: signal.Signals = signal.SIGTERM,
    env: Mapping[str, str] | None = None,
    output: int | IO[bytes] | None = None,
    pass_fds: tuple[int, ...] = (),
    own_session: bool = False,
) -> subprocess.Popen[bytes]:
    """A child that gets the signal `last_words` when this process dies; call it from the main thread."""

    def tie() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        _libc.prctl(PR_SET_PDEATHSIG, int(last_words))

    return subprocess.Popen(
        command,
        cwd=cwd,
        user=user,
        group=user,
        extra_groups=[] if user else None,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        env=env,
        pass_fds=pass_fds,
        start_new_session=own_session,
        preexec_fn=tie,
    )


def run(command: list[str], *, cwd: Path, user: str | None = None, stdin: str = "") -> str:
    """What a program wrote; raises ChildError when it fails."""
    done = subprocess.run(
        command,
        cwd=cwd,
        user=user,
        group=user,
        extra_groups=[] if user else None,
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = done.stdout.strip().splitlines() or [f"exit status {done.returncode}"]
        raise ChildError(f"{Path(command[0]).name}: {lines[-1]}")
    return done.stdout


def stop(child: subprocess.Popen[bytes], ask: signal.Signals = signal.SIGTERM, patience: float = 15.0) -> None:
    """The child ended: asked first, killed when it does not listen."""
    if child.poll() is None:
        child.send_signal(ask)
    try:
        child.wait(patience)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def forget(child: subprocess.Popen[bytes]) -> None:
    """No warning about a child that is meant to outlive us."""
    child.returncode = 0


def locked(path: Path) -> bool:
    """Whether another process holds the lock file."""
    with path.open("r") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
