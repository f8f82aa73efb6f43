"""What is measured: the daily calls of a desk, each beside its floor."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from uuid import uuid4

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection

from casedesk.bench import deciding, escalating, population, replaying
from casedesk.bench.measure import Call, Figure, Server, figure, queries_of
from cases.commands import intake
from cases.models import Case, Playbook, Raw, User
from cases.rules.arrival import Arrival
from cases.vocabulary import SYSTEM

NAMES = (
    "bulk_intake",
    "intake",
    "inbox",
    "filtered",
    "search_rare",
    "search_frequent",
    "case",
    "reply",
    "playbook",
    "budget_contention",
    "approval_routing",
    "approval_request",
    "sweep_none_due",
    "sweep_due",
    "event_to_action",
    "replay",
)
BATCH, BATCHES = 500, 6
CSRF = "c" * 32


class Bench:
    """The calls, for one server and one signed-in agent."""

    def __init__(self, server: Server, token: str, cases: int) -> None:
        self.server = server
        self.cases = cases
        self.api = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.page = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={_session()}; csrftoken={CSRF}"}
        self._floors: dict[str, list[float]] = {}

    def run(self, names: Iterator[str]) -> Iterator[Figure]:
        """One figure for each name."""
        for name in names:
            yield getattr(self, f"_{name}")()

    def _floor(self, kind: str) -> list[float]:
        """The floor's times, measured once on this server at this size."""
        if kind not in self._floors:
            call = (
                Call("POST", lambda _: "/floor/insert/", {}, lambda n: b"%d words" % n)
                if kind == "insert"
                else Call("GET", lambda _: "/floor/page/", {})
            )
            self._floors[kind] = self.server.times(call)
        return self._floors[kind]

    def _get(self, name: str, path: Callable[[int], str]) -> Figure:
        call = Call("GET", path, self.page)
        return figure(name, self.cases, self.server.times(call), self._floor("page"), queries_of(call))

    def _inbox(self) -> Figure:
        return self._get("inbox", lambda _: "/?view=all")

    def _filtered(self) -> Figure:
        return self._get("filtered", lambda n: f"/?view=all&brand={1 + n % 5}&severity={1 + n % 4}")

    def _search_rare(self) -> Figure:
        return self._get("search_rare", lambda _: f"/search/?q={population.RARE}")

    def _search_frequent(self) -> Figure:
        return self._get("search_frequent", lambda _: f"/search/?q={population.FREQUENT}")

    def _case(self) -> Figure:
        reference = _talking_case().reference
        return self._get("case", lambda _: f"/cases/{reference}/")

    def _reply(self) -> Figure:
        reference = _talking_case().reference

        def body(_: int) -> bytes:
            return json.dumps({"text": "We are looking into it today."}).encode()

        headers = dict(self.api)
        call = Call("POST", lambda _: f"/api/v1/cases/{reference}/messages/", headers, body)
        return figure("reply", self.cases, self.server.times(call), self._floor("insert"), queries_of(call))

    def _intake(self) -> Figure:
        def body(_: int) -> bytes:
            item = {
                "brand": "brand-1",
                "channel": "social",
                "external_id": uuid4().hex,
                "text": "My parcel came late and the box was open.",
                "author": {"handle": uuid4().hex[:12], "name": "Somebody"},
                "posted_at": datetime.now(UTC).isoformat(),
                "lang": "en",
            }
            return json.dumps(item).encode()

        call = Call("POST", lambda _: "/api/v1/posts/", self.api, body)
        return figure("intake", self.cases, self.server.times(call), self._floor("insert"), queries_of(call))

    def _playbook(self) -> Figure:
        """A complaint whose playbook, one of two hundred, brings eight actions into its case."""
        channel = population.set_up_playbooks() if not Playbook.objects.exists() else "complaints"

        def body(_: int) -> bytes:
            item = {
                "brand": "brand-1",
                "channel": channel,
                "external_id": uuid4().hex,
                "text": "My parcel came late and the box was open.",
                "author": {"handle": uuid4().hex[:12], "name": "Somebody"},
                "posted_at": datetime.now(UTC).isoformat(),
            }
            return json.dumps(item).encode()

        call = Call("POST", lambda _: "/api/v1/posts/", self.api, body)
        return figure("playbook", self.cases, self.server.times(call), self._floor("insert"), queries_of(call))

    def _budget_contention(self) -> Figure:
        """Fifty people decide at once on a budget that is enough for thirty."""
        won, rate, floor = deciding.contend()
        note = f"{won} of {deciding.CROWD} won, exact"
        return Figure("budget_contention", self.cases, ratio=floor / rate, per_second=rate, note=note)

    def _approval_routing(self) -> Figure:
        """Whom to ask, among a thousand people with 5,000 grants: the database's function alone."""
        deciding.set_up_line()
        return figure("approval_routing", self.cases, *deciding.route_times(), queries=1)

    def _approval_request(self) -> Figure:
        """A whole request there: the action, the approval, who is asked, their mail, the journal."""
        headers = {"Authorization": f"Bearer {deciding.set_up_line()}", "Content-Type": "application/json"}
        path, body = deciding.asking()
        call = Call("POST", path, headers, lambda n: json.dumps(body(n)).encode(), expected=(202,))
        times = self.server.times(call)
        return figure("approval_request", self.cases, times, self._floor("insert"), queries_of(call))

    def _sweep_none_due(self) -> Figure:
        """Two hundred live rules that wait for the clock, and nothing due to any of them."""
        return figure("sweep_none_due", self.cases, *escalating.none_due())

    def _sweep_due(self) -> Figure:
        """Ten thousand due at once, or as many as are open, acted on once each by two workers."""
        count, took, floor = escalating.due()
        note = f"{count:,} acted on in {took:.1f} s by two workers, each once"
        return Figure("sweep_due", self.cases, ratio=took / floor, per_second=count / took, note=note)

    def _event_to_action(self) -> Figure:
        """From the commit of an event to the act of the rule that waits for it, one worker, without Redis' own way."""
        return figure("event_to_action", self.cases, *escalating.event_times(), queries=None)

    def _replay(self) -> Figure:
        """One draft beside twenty live rules, run through ninety days of so many cases by two processes."""
        took, floor, acted = replaying.run_out(self.cases)
        note = f"{took:.1f} s on two processes, {replaying.RULES} live rules, acted {acted:,} times"
        return Figure("replay", self.cases, ratio=took / floor, per_second=self.cases / took, note=note)

    def _bulk_intake(self) -> Figure:
        rate = _per_second(lambda: _take_in(BATCH))
        floor = _per_second(lambda: _insert_raw(BATCH))
        return Figure("bulk_intake", self.cases, ratio=floor / rate, per_second=rate)


def _per_second(batch: Callable[[], None]) -> float:
    batch()
    began = time.perf_counter()
    for _ in range(BATCHES):
        batch()
    return BATCH * BATCHES / (time.perf_counter() - began)


def _take_in(count: int) -> None:
    now = datetime.now(UTC)
    arrivals = [
        Arrival(
            external_id=uuid4().hex, text=f"The parcel {n} came late again.", author=uuid4().hex[:12], posted_at=now
        )
        for n in range(count)
    ]
    intake.receive_many(channel_id=1, batch=arrivals, at=now, actor=SYSTEM)


def _insert_raw(count: int) -> None:
    """The floor of bulk intake: the same number of rows into one table with its keys, nothing else."""
    now = datetime.now(UTC)
    Raw.objects.bulk_create(
        [
            Raw(channel_id=1, brand_id=1, external_id=uuid4().hex, digest=uuid4().bytes * 2, body=b"x", received_at=now)
            for _ in range(count)
        ]
    )


def _talking_case() -> Case:
    """An open case of the agent with twenty messages."""
    case = Case.objects.filter(owner_id=1, status="open", id__gt=population.BASE).order_by("id")[0]
    if not case.threads.exists():
        population.talk(case.pk)
    return case


def _session() -> str:
    """A session of the agent, signed in."""
    person = User.objects.get(pk=1)
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    connection.close()
    return str(session.session_key)
