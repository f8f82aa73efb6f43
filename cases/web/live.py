"""The live stream: what changed, as ids and revisions, to whoever may see it; without Redis it is silent, no more."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import random
import weakref
from collections.abc import AsyncIterator
from typing import Any

import redis.asyncio
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.decorators import login_required
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections
from django.http import HttpRequest, StreamingHttpResponse
from django.views.decorators.http import require_GET
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from cases import queue
from cases.models import Case, Seer
from cases.queries import people

log = logging.getLogger(__name__)

BEAT_SECONDS = 15.0
RIGHTS_SECONDS = 30.0
RETRY_MS = 3000
# A Redis that has not said a word for this long is asked; one that does not answer either is lost.
SILENCE_SECONDS = 10.0
# What a slow browser may be behind before it is told to ask for everything instead.
BACKLOG = 500

Message = dict[str, Any]
Box = asyncio.Queue[Message]
LOST: Message = {"event": "lost"}
BACK: Message = {"event": "back"}


@require_GET
@login_required
async def live(request: HttpRequest) -> StreamingHttpResponse:
    """The stream of one browser."""
    response = StreamingHttpResponse(
        _stream(request.session.session_key or ""), content_type="text/event-stream; charset=utf-8"
    )
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


async def _stream(session_key: str) -> AsyncIterator[bytes]:
    # The sign-in read the database in this request's own thread, which idles from now on: what it holds goes back.
    await sync_to_async(connections.close_all)()
    hub = _hub()
    box = hub.join()
    try:
        seer = await _rights(session_key)
        yield f"retry: {RETRY_MS}\n\n".encode()
        clock = asyncio.get_running_loop().time
        beat_at, rights_at = clock() + BEAT_SECONDS, clock() + RIGHTS_SECONDS
        while seer is not None:
            try:
                message = await asyncio.wait_for(box.get(), max(min(beat_at, rights_at) - clock(), 0.01))
            except TimeoutError:
                message = {}
            if clock() >= rights_at or message.get("person") == seer.person_id:
                seer, rights_at = await _rights(session_key), clock() + RIGHTS_SECONDS
            if seer is not None and message and await _may_hear(seer, message):
                yield _event(message)
            if clock() >= beat_at:
                beat_at = clock() + BEAT_SECONDS
                yield b": beat\n\n"
    finally:
        hub.leave(box)


def _event(message: Message) -> bytes:
    if "event" in message:
        return f"event: {message['event']}\ndata: {{}}\n\n".encode()
    told = {name: message.get(name) for name in ("brand", "case", "revision")}
    return f"data: {json.dumps(told)}\n\n".encode()


async def _rights(session_key: str) -> Seer | None:
    """What the person of a session may see now; None once they are signed out or deactivated."""
    return await sync_to_async(_read_rights, thread_sensitive=False)(session_key)


def _read_rights(session_key: str) -> Seer | None:
    request = HttpRequest()
    request.session = SessionStore(session_key)
    try:
        person = get_user(request)
        return people.seer_of(person.pk) if person.is_authenticated and person.is_active else None
    finally:
        connections.close_all()


async def _may_hear(seer: Seer, message: Message) -> bool:
    if "event" in message:
        return True
    if message.get("brand") not in seer.roles:
        return False
    # Where the brand alone does not decide, the one visibility rule does.
    if message.get("case") is None or message.get("restricted") is False:
        return True
    return await sync_to_async(_sees, thread_sensitive=False)(seer, str(message["case"]))


def _sees(seer: Seer, reference: str) -> bool:
    try:
        return Case.objects.filter(reference=reference).visible_to(seer).exists()
    finally:
        connections.close_all()


class Hub:
    """One subscription to Redis for all the streams of this process, for as long as there is one."""

    def __init__(self) -> None:
        self._boxes: set[Box] = set()
        self._task: asyncio.Task[None] | None = None
        self._is_lost = False

    def join(self) -> Box:
        """A box that fills with what is announced from now on."""
        box: Box = asyncio.Queue(maxsize=BACKLOG)
        self._boxes.add(box)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())
        elif self._is_lost:
            box.put_nowait(LOST)
        return box

    def leave(self, box: Box) -> None:
        """Nobody listens to this box any more."""
        self._boxes.discard(box)
        if not self._boxes and self._task is not None:
            self._task.cancel()
            self._task, self._is_lost = None, False

    async def _run(self) -> None:
        pause = 0.5
        while True:
            client = redis.asyncio.Redis.from_url(
                settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=5, retry=Retry(NoBackoff(), 0)
            )
            try:
                async with client.pubsub() as subscription:
                    await subscription.subscribe(queue.LIVE)
                    pause = 0.5
                    await self._listen(subscription)
            except (RedisError, OSError) as error:
                self._turn(is_lost=True)
                log.warning("the live stream has lost redis: %s", error)
            finally:
                with contextlib.suppress(RedisError, OSError):
                    await client.aclose()
            await asyncio.sleep(pause * (1 + random.random()))  # noqa: S311 - jitter, not a secret
            pause = min(pause * 2, 5.0)

    async def _listen(self, subscription: Any) -> None:
        is_asked = False
        while True:
            heard = await subscription.get_message(timeout=SILENCE_SECONDS)
            if heard is None:
                if is_asked:
                    raise redis.ConnectionError("no answer")
                await subscription.ping()
                is_asked = True
                continue
            is_asked = False
            # The first word is that the subscription stands: nothing announced from here on is missed.
            self._turn(is_lost=False)
            if heard["type"] == "message":
                self._tell(_parsed(heard["data"]))

    def _turn(self, *, is_lost: bool) -> None:
        if self._is_lost != is_lost:
            self._is_lost = is_lost
            self._tell(LOST if is_lost else BACK)

    def _tell(self, message: Message) -> None:
        for box in self._boxes if message else ():
            if not box.full():
                box.put_nowait(message)
                continue
            while not box.empty():
                box.get_nowait()
            # What is dropped is made up for by asking for everything.
            box.put_nowait(LOST)
            if not self._is_lost:
                box.put_nowait(BACK)


def _parsed(words: bytes) -> Message:
    try:
        message = json.loads(words)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


_hubs: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = weakref.WeakKeyDictionary()


def _hub() -> Hub:
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())
