"""Takes the time of calls over HTTP, counts their queries in process, and holds what came out."""

from __future__ import annotations

import http.client
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

REPEATS, WARM_UP = 60, 5


@dataclass(slots=True)
class Figure:
    """One line of the table; what does not apply is None."""

    name: str
    cases: int
    p50_ms: float | None = None
    p95_ms: float | None = None
    queries: int | None = None
    floor_p50_ms: float | None = None
    ratio: float | None = None
    growth: float | None = None
    per_second: float | None = None
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The figure for JSON; only a rate has ``per_second``, only some a ``note``."""
        values = {key: round(v, 3) if isinstance(v, float) else v for key, v in asdict(self).items()}
        if self.per_second is None:
            values.pop("per_second")
        if not self.note:
            values.pop("note")
        return values


@dataclass(frozen=True, slots=True)
class Call:
    """An HTTP call: how it is made the n-th time."""

    method: str
    path: Callable[[int], str]
    headers: dict[str, str]
    body: Callable[[int], bytes] | None = None
    expected: tuple[int, ...] = (200, 201)


class Server:
    """The server under measurement, reached over one kept connection as a browser keeps it."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._number = 0

    def times(self, call: Call, repeats: int = REPEATS, warm_up: int = WARM_UP) -> list[float]:
        """Milliseconds of each call, after a few that do not count."""
        # The server has closed a connection that was idle while something was set up; a closed one opens by itself.
        self._connection.close()
        return [self._once(call) for _ in range(warm_up + repeats)][warm_up:]

    def _once(self, call: Call) -> float:
        self._number += 1
        body = call.body(self._number) if call.body else None
        began = time.perf_counter()
        self._connection.request(call.method, call.path(self._number), body=body, headers=call.headers)
        response = self._connection.getresponse()
        response.read()
        took = (time.perf_counter() - began) * 1000
        if response.status not in call.expected:
            message = f"{call.method} {call.path(self._number)} answered {response.status}"
            raise RuntimeError(message)
        return took


def queries_of(call: Call, number: int = 10_000_000) -> int:
    """How many queries the call costs, in this process."""
    client = Client(headers=call.headers)
    for place in (1, 2):
        # The first call warms what a process keeps.
        with CaptureQueriesContext(connection) as captured:
            client.generic(
                call.method,
                call.path(number + place),
                call.body(number + place) if call.body else b"",
                content_type=call.headers.get("Content-Type", "application/octet-stream"),
            )
    return len(captured)


def figure(name: str, cases: int, times: list[float], floor: list[float], queries: int | None) -> Figure:
    """The percentiles of the times, as a ratio to the floor's median."""
    p50, floor_p50 = statistics.median(times), statistics.median(floor)
    p95 = statistics.quantiles(times, n=20)[18]
    return Figure(name, cases, p50, p95, queries, floor_p50, p50 / floor_p50)
