"""The parts of a running casedesk: started, watched, restarted when they die, stopped in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from casedesk import children

SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 15.0
# A part that ran this long was well: its next death starts the back-off anew.
WELL_AFTER = 60.0
LONGEST_NAME = 8

Say = Callable[[str, str], None]


class Stop:
    """A flag that a signal's handler may raise: unlike an Event it takes no lock, so a second signal cannot hang it."""

    def __init__(self) -> None:
        self._is_raised = False

    def set(self) -> None:
        """Raise it."""
        self._is_raised = True

    def is_set(self) -> bool:
        """Whether it is raised."""
        return self._is_raised

    def wait(self, seconds: float) -> bool:
        """Wait until it is raised, at most so many seconds; whether it is."""
        until = time.monotonic() + seconds
        while not self._is_raised and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, 0.05))
        return self._is_raised


@dataclass
class Part:
    """One child process, by the name its log lines carry."""

    name: str
    command: list[str]
    env: Mapping[str, str]
    pass_fds: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    pause: float = SHORTEST_PAUSE
    started: float = field(default=0.0)
    due: float = field(default=0.0)

    def start(self, say: Say) -> None:
        """Run it; its lines are said under its name."""
        # A session of its own: Ctrl-C reaches `up` only, which then stops the parts in order.
        self.process = children.spawn(
            self.command,
            cwd=Path.cwd(),
            env=self.env,
            last_words=signal.SIGKILL,
            output=subprocess.PIPE,
            pass_fds=self.pass_fds,
            own_session=True,
        )
        self.started = time.monotonic()
        threading.Thread(target=_repeat, args=(self.name, self.process.stdout, say), daemon=True).start()

    def watch(self, say: Say) -> None:
        """When it died, say so and start it again after a pause that grows."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.due:
                self.start(say)
        elif self.process.poll() is not None:
            self.pause = SHORTEST_PAUSE if now - self.started > WELL_AFTER else min(self.pause * 2, LONGEST_PAUSE)
            self.due = now + self.pause
            say("up", f"{self.name} died ({_reason(self.process.returncode)}); starting it again in {self.pause:.0f} s")
            self.process = None

    def stop(self) -> None:
        """End it: asked first, killed when it does not listen."""
        if self.process is not None:
            children.stop(self.process, patience=10)


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs a module in this very environment."""
    return [sys.executable, "-m", module, *arguments]


def run(parts: list[Part], say: Say, stopped: Stop) -> None:
    """Keep the parts running until the event is set, then stop them in the order given."""
    try:
        while not stopped.wait(0.2):
            for part in parts:
                part.watch(say)
    finally:
        for part in parts:
            part.stop()


def follow(name: str, log: Path, say: Say, stopped: Stop) -> None:
    """Say what is added to a log file from now on, in a thread of its own."""
    log.touch()
    position = log.stat().st_size

    def read() -> None:
        with log.open(errors="replace") as lines:
            lines.seek(position)
            while not stopped.wait(0.3):
                for line in lines:
                    say(name, line.rstrip())

    threading.Thread(target=read, daemon=True).start()


def saying(terminal: IO[str]) -> Say:
    """A voice whose lines name their part and never mix."""
    lock = threading.Lock()

    def say(name: str, line: str) -> None:
        with lock:
            terminal.write(f"{name:<{LONGEST_NAME}} | {line}{os.linesep}")
            terminal.flush()

    return say


def _repeat(name: str, output: IO[bytes] | None, say: Say) -> None:
    if output is not None:
        with output:
            for line in output:
                say(name, line.decode(errors="replace").rstrip())


def _reason(status: int) -> str:
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
