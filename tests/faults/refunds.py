"""A small refund service, a real HTTP server: it books each key once, and can fail in every way such systems do."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.utils import timezone

from cases.commands import action as actions
from cases.commands import target
from cases.models import Action, Target
from tests.desk import taken
from tests.people import Stage, actor


@dataclass
class Refunds:
    """The books, and what shall go wrong next."""

    secret: str = ""
    # The order's key -> what was booked for it.
    books: dict[str, dict[str, Any]] = field(default_factory=dict)
    # Every request that came, as (method, path, key).
    heard: list[tuple[str, str, str]] = field(default_factory=list)
    # How often money really left, by key.
    paid: Counter[str] = field(default_factory=Counter)
    errors_before: int = 0
    errors_after: int = 0
    breaks_before: int = 0
    breaks_after: int = 0
    garbles: int = 0
    pause: float = 0.0
    accepts_only: bool = False
    refuses: str = ""
    pays: str = ""
    reached: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    port: int = 0

    @property
    def url(self) -> str:
        """Where orders go."""
        return f"http://127.0.0.1:{self.port}/orders"

    def spends(self, name: str) -> bool:
        """Whether this fault is due once more."""
        with self.lock:
            left = getattr(self, name)
            if left:
                setattr(self, name, left - 1)
            return bool(left)

    def book(self, key: str, order: dict[str, Any]) -> dict[str, Any]:
        """Book an order, once; a repetition gives what the first one gave."""
        with self.lock:
            if key not in self.books:
                status = "accepted" if self.accepts_only else "done"
                self.books[key] = {"order": order["order"], "status": status, "told": order.get("callback")}
                self.books[key]["reference"] = f"R-{len(self.books)}"
                if status == "done":
                    self._pay(key, order)
                else:
                    self.books[key]["wanted"] = order
            return self.answer(key)

    def finish(self, key: str) -> None:
        """Carry out what was only accepted."""
        with self.lock:
            self._pay(key, self.books[key]["wanted"])
            self.books[key]["status"] = "done"

    def cancel(self, key: str) -> dict[str, Any]:
        """Cancel what is not paid yet."""
        with self.lock:
            if key in self.books and self.books[key]["status"] == "accepted":
                self.books[key]["status"] = "cancelled"
            return self.answer(key)

    def answer(self, key: str) -> dict[str, Any]:
        """What is known of an order."""
        if key not in self.books:
            return {"status": "unknown"}
        booked = self.books[key]
        said = {"status": booked["status"], "reference": booked["reference"]}
        return said | ({"amount": booked["amount"]} if "amount" in booked else {})

    def call_back(self, key: str, times: int = 1, *, secret: str | None = None, at: int | None = None) -> list[int]:
        """Tell casedesk how an order stands; the answers' codes."""
        body = json.dumps({"order": self.books[key]["order"], **self.answer(key)}).encode()
        signed = sign(self.secret if secret is None else secret, body, at)
        codes = []
        for _ in range(times):
            request = urllib.request.Request(
                self.books[key]["told"], body, {"Casedesk-Signature": signed, "Content-Type": "application/json"}
            )
            try:
                with urllib.request.urlopen(request, timeout=20) as answer:
                    codes.append(answer.status)
            except urllib.error.HTTPError as error:
                codes.append(error.code)
        return codes

    def _pay(self, key: str, order: dict[str, Any]) -> None:
        self.paid[key] += 1
        self.books[key]["amount"] = self.pays or order["amount"]


def sign(secret: str, content: bytes, at: int | None = None) -> str:
    """A signature, worked out without casedesk's own code."""
    moment = int(time.time()) if at is None else at
    digest = hmac.new(secret.encode(), str(moment).encode() + b"." + content, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def _is_signed(secret: str, content: bytes, header: str) -> bool:
    moment = header.partition(",")[0].removeprefix("t=")
    return moment.isdecimal() and abs(int(moment) - time.time()) < 300 and header == sign(secret, content, int(moment))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    refunds: Refunds

    def log_message(self, *_arguments: object) -> None:
        pass

    def do_GET(self) -> None:
        order = self.path.rpartition("/")[2]
        self._serve(order.encode(), order, lambda: self.refunds.answer(order))

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        key = self.headers["Idempotency-Key"]
        if self.path.endswith("/cancel"):
            order = self.path.split("/")[-2]
            self._serve(content or order.encode(), key, lambda: self.refunds.cancel(order))
        else:
            self._serve(content, key, lambda: self.refunds.book(key, json.loads(content)))

    def _serve(self, signed: bytes, key: str, act: Any) -> None:
        self.refunds.heard.append((self.command, self.path, key))
        if not _is_signed(self.refunds.secret, signed, self.headers.get("Casedesk-Signature", "")):
            return self._answer(401, {"status": "failed", "reason": "bad signature"})
        if self.refunds.spends("errors_before"):
            return self._answer(500, {})
        if self.refunds.spends("breaks_before"):
            return self._break()
        if self.refunds.refuses:
            return self._answer(422, {"status": "failed", "reason": self.refunds.refuses})
        said = act()
        self.refunds.reached.set()
        time.sleep(self.refunds.pause)
        if self.refunds.spends("errors_after"):
            return self._answer(503, {})
        if self.refunds.spends("breaks_after"):
            return self._break()
        if self.refunds.spends("garbles"):
            return self._answer(200, ["OK"])
        return self._answer(404 if said["status"] == "unknown" else 200, said)

    def _break(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _answer(self, code: int, said: Any) -> None:
        content = json.dumps(said).encode()
        with contextlib.suppress(OSError):
            self.send_response(code)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_arguments: object) -> None:
        """A connection that breaks is part of the play."""


@contextlib.contextmanager
def refund_server() -> Iterator[Refunds]:
    """A refund service at a port of its own."""
    refunds = Refunds()
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"refunds": refunds}))
    refunds.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield refunds
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def connect(stage: Stage, refunds: Refunds, **more: Any) -> Target:
    """The refund service, set up as the system that carries refunds out."""
    given = {"name": "Billing", "url": refunds.url, "mapping": {}, "timeout": 2, "poll_minutes": 15, **more}
    made = target.create_target(brand_id=stage.brand.pk, actor=actor(stage.admin), **given)
    refunds.secret = made.secret
    stage.refund.target = made.target
    stage.refund.save()
    return made.target


def refund(stage: Stage, amount: str = "50.00", external_id: str = "p-1") -> Action:
    """A refund that the agent has decided and started."""
    case = taken(stage, external_id, author=external_id)
    by, at = actor(stage.agent), timezone.now()
    row = actions.add_action(case_id=case.pk, kind_id=stage.refund.pk, amount=Decimal(amount), at=at, actor=by)
    return actions.start_action(action_id=row.pk, at=at, actor=by)
