"""What monitoring asks: is it alive, can it work, are rules looked at in time, are figures true; and its metrics."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_prometheus import exports
from psycopg_pool import PoolTimeout

from cases.queries import clock, sweeping
from cases.queries.reports import freshness

LOCAL = {"127.0.0.1", "::1"}


@require_safe
@never_cache
def alive(_request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers at all."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def ready(_request: HttpRequest) -> HttpResponse:
    """200 when the database answers and is migrated, else 503 with the reason; Redis is only a nudge and not asked."""
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except (DatabaseError, PoolTimeout):
        return JsonResponse({"ready": False, "reason": "the database does not answer"}, status=503)
    if waiting:
        return JsonResponse({"ready": False, "reason": f"{len(waiting)} migrations are waiting"}, status=503)
    return JsonResponse({"ready": True})


@require_safe
@never_cache
def rules(_request: HttpRequest) -> HttpResponse:
    """200 while escalation rules are looked at in time, else 503: how late, and since when the evaluator is silent."""
    try:
        late = sweeping.lateness()
    except (DatabaseError, PoolTimeout):
        return JsonResponse({"in_time": False, "reason": "the database does not answer"}, status=503)
    said = {
        "in_time": not late.is_alarming,
        "last_sweep": late.beat_at.isoformat() if late.beat_at else None,
        "silent_seconds": None if late.silent is None else round(late.silent, 1),
        "waiting_seconds": round(late.waiting, 1),
    }
    return JsonResponse(said, status=503 if late.is_alarming else 200)


@require_safe
@never_cache
def figures(_request: HttpRequest) -> HttpResponse:
    """200 while reports agree with the journals and are kept quick, else 503: what differed, how much is stale."""
    try:
        kept = freshness.freshness(clock.now())
    except (DatabaseError, PoolTimeout):
        return JsonResponse({"agree": False, "reason": "the database does not answer"}, status=503)
    said = {
        "agree": kept.differed == 0,
        "differed": kept.differed,
        "last_check": kept.checked_at.isoformat() if kept.checked_at else None,
        "stale_months": kept.stale_months,
        "silent_seconds": None if kept.silent is None else round(kept.silent.total_seconds(), 1),
    }
    return JsonResponse(said, status=503 if kept.is_alarming else 200)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' metrics, for this machine only."""
    if request.META.get("REMOTE_ADDR") not in LOCAL or "HTTP_X_FORWARDED_FOR" in request.META:
        raise Http404
    response: HttpResponse = exports.ExportToDjangoView(request)
    return response
