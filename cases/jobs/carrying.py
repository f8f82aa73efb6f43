"""Makes the requests to connected systems, asks how accepted actions stand, hears callbacks that nobody heard."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import Any

from celery import shared_task
from django.utils import timezone

from cases.channels import caller
from cases.commands import callback, carrying, delivery
from cases.queries import delivery as deliveries
from cases.rules import request, signature
from cases.vocabulary import SYSTEM, Ask, Job

log = logging.getLogger(__name__)

# How many actions one round asks about.
BATCH = 200
# A callback is heard by the request that brought it; only when that died does somebody else.
ORPHANED = timedelta(minutes=1)
# Not now: a time-out of its own, a conflict with itself, too early, too many.
_LATER = frozenset({408, 409, 425, 429})


def make(call: delivery.Call) -> None:
    """Make one claimed request, and mark what became of it."""
    outcome = caller.call(_request(call))
    at = timezone.now()
    who: dict[str, Any] = {"delivery_id": call.delivery_id, "claimed_at": call.claimed_at, "at": at, "actor": SYSTEM}
    if isinstance(outcome, caller.NotMade):
        carrying.put_off(error=outcome.reason, has_left=False, **who)
        return
    verdict: request.Verdict = (
        request.Unknown(outcome.reason)
        if isinstance(outcome, caller.Lost)
        else request.judge(call.ask, outcome.code, outcome.content)
    )
    if isinstance(verdict, request.Answer):
        carrying.mark_answered(answer=verdict, **who)
        return
    log.warning("delivery %s: %s: %s", call.delivery_id, type(verdict).__name__, verdict.reason)
    if isinstance(verdict, request.RefusedNow):
        carrying.put_off(error=verdict.reason, has_left=True, **who)
    elif isinstance(verdict, request.RefusedForGood):
        carrying.mark_refused(reason=verdict.reason, **who)
    else:
        carrying.mark_lost(error=verdict.reason, **who)


def tell(hook: delivery.Hook) -> None:
    """Tell a connected system what a rule has to say, and mark what became of it.

    It carries a key, so what may have been heard is simply said again.
    """
    content = hook.content.encode()
    headers = {
        "Idempotency-Key": hook.key,
        signature.HEADER: signature.sign(hook.secret, content, at=int(time.time())),
        "Content-Type": "application/json",
    }
    outcome = caller.call(caller.Request("POST", hook.url, content, float(hook.timeout), headers))
    at = timezone.now()
    who: dict[str, Any] = {"delivery_id": hook.delivery_id, "claimed_at": hook.claimed_at, "at": at, "actor": SYSTEM}
    if isinstance(outcome, caller.Answered) and outcome.code in range(200, 300):
        delivery.mark_sent(**who)
        return
    reason = f"It answered {outcome.code}." if isinstance(outcome, caller.Answered) else outcome.reason
    # Told not to come again; anything else may be otherwise later.
    is_final = isinstance(outcome, caller.Answered) and outcome.code in range(400, 500) and outcome.code not in _LATER
    log.warning("delivery %s: %s", hook.delivery_id, reason)
    delivery.mark_failed(error=reason, is_final=is_final, **who)


def _request(call: delivery.Call) -> caller.Request:
    content = call.content.encode()
    # A question has no body: the id of the order is signed in its place.
    signed = signature.sign(call.secret, content or call.order.encode(), at=int(time.time()))
    headers = {"Idempotency-Key": call.key, signature.HEADER: signed}
    if content:
        headers["Content-Type"] = "application/json"
    method = "GET" if call.ask == Ask.STATE else "POST"
    return caller.Request(method, call.url, content, float(call.timeout), headers)


@shared_task(name=Job.POLL_TARGETS.value)
def poll_targets(**_more: Any) -> None:
    """Ask about accepted actions whose time has come, and hear the callbacks that a dead request left."""
    at = timezone.now()
    for action_id in deliveries.to_poll(at, BATCH):
        carrying.poll(action_id=action_id, at=at, actor=SYSTEM)
    for callback_id in deliveries.unheard(at - ORPHANED):
        callback.hear_callback(callback_id=callback_id, at=at, actor=SYSTEM)
