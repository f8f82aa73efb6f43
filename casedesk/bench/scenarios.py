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

from casedesk.bench import deciding, escalating, population, replaying, reports, upkeep
from casedesk.bench.measure import Call, Figure, Server, figure, queries_of
from cases.commands import intake
from cases.models import Case, Playbook, Raw, Seer, User
from cases.rules.arrival import Arrival
from cases.vocabulary import SYSTEM, Format

DAILY = (
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
# These bring brands of their own, with as many cases.
OF_REPORTS = ("report_rebuild", "report_front", "report_split", "report_any_split", "report_upkeep", "export")
NAMES = (*DAILY, *OF_REPORTS)
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

    def _report_rebuild(self) -> Figure:
        """All cells of two years made from the rows, as after a rebuild."""
        began = time.perf_counter()
        _, took = reports.prepare(self.cases)
        note = f"{took:.0f} s, after {time.perf_counter() - began - took:.0f} s of filling"
        return Figure("report_rebuild", self.cases, per_second=self.cases / took if took > 1 else None, note=note)

    def _reader(self) -> tuple[Seer, dict[str, str]]:
        """Who manages all five brands, and their browser."""
        seer, _ = reports.prepare(self.cases)
        session = _session(seer.person_id or 0)
        return seer, {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}; csrftoken={CSRF}"}

    def _report_front(self) -> Figure:
        """The front page of the last thirty days, compared with those before, while forty agents work."""
        seer, headers = self._reader()
        call = _page("/reports/", headers)
        with reports.agents(seer):
            times = self.server.times(call)
        return figure("report_front", self.cases, times, self._floor("page"), queries_of(call))

    def _report_split(self) -> Figure:
        """The slowest page of a named report and split over two years, while forty agents work."""
        seer, headers = self._reader()
        with reports.agents(seer):
            found = {path: min(self.server.times(_page(path, headers), 2, warm_up=1)) for path in reports.pages()}
            slowest = max(found, key=lambda path: found[path])
            call = _page(slowest, headers)
            times = self.server.times(call)
        measured = figure("report_split", self.cases, times, self._floor("page"), queries_of(call))
        over = sum(took > reports.SPLIT_BUDGET for took in found.values())
        measured.note = f"{slowest.split('?')[0]} by {slowest.rpartition('=')[2]}; {over} of {len(found)} over budget"
        return measured

    def _report_any_split(self) -> Figure:
        """A matrix that no cell answers, over two years, month by month, while forty agents work."""
        seer, _ = self._reader()
        with reports.agents(seer):
            times = reports.any_split(seer)
        return figure("report_any_split", self.cases, times, self._floor("page"), None)

    def _report_upkeep(self) -> Figure:
        """What keeping figures up takes of the time of a path of commands, and of bulk intake."""
        found = upkeep.costs()
        bulk = found.pop("bulk")
        on, off = (sum(both[place] for both in found.values()) for place in (0, 1))
        note = f"{(on - off) / on:.1%} of a path, {(bulk[0] - bulk[1]) / bulk[0]:.1%} of bulk intake"
        return Figure("report_upkeep", self.cases, on, floor_p50_ms=off, ratio=on / off, note=note)

    def _export(self) -> Figure:
        """Every case of two years written to CSV and XLSX."""
        seer, _ = self._reader()
        told, rate = [], 0.0
        for written_as in (Format.XLSX, Format.CSV):
            took, rows, most, size = reports.export(seer, written_as)
            rate = rows / took
            told.append(
                f"{written_as.value}: {rows:,} rows in {took:.0f} s, {most:.0f} MB of memory, {size / 1e6:.0f} MB"
            )
        return Figure("export", self.cases, per_second=rate, note="; ".join(told))

    def _bulk_intake(self) -> Figure:
        rate = _per_second(lambda: _take_in(BATCH))
        floor = _per_second(lambda: _insert_raw(BATCH))
        return Figure("bulk_intake", self.cases, ratio=floor / rate, per_second=rate)


def _page(path: str, headers: dict[str, str]) -> Call:
    return Call("GET", lambda _: path, headers)


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


def _session(person_id: int = 1) -> str:
    """A session of the agent, or of somebody else, signed in."""
    person = User.objects.get(pk=person_id)
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    connection.close()
    return str(session.session_key)
