"""What the REST API's answers need of decisions and final answers."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import JSONObject

from cases.models import Answer, Decision, Point


def decision_lines(rows: QuerySet[Decision]) -> QuerySet[Any, dict[str, Any]]:
    """What was decided, as a whole and in each point, the last first."""
    points = Point.objects.filter(decision=OuterRef("pk")).order_by("position")
    point = JSONObject(raised="raised", outcome="outcome", reason="reason")
    line = JSONObject(
        outcome="outcome",
        reason="reason",
        points=ArraySubquery(points.values_list(point, flat=True)),
        by="by__username",
        at="at",
        superseded_at="superseded_at",
    )
    return rows.order_by("-pk").values_list(line, flat=True)


def answer_lines(rows: QuerySet[Answer]) -> QuerySet[Any, dict[str, Any]]:
    """The final answers, the last first."""
    line = JSONObject(
        route="route",
        status="status",
        text="text",
        parts="parts",
        regime="regime",
        by="by__username",
        at="at",
        reached_at="reached_at",
        superseded_at="superseded_at",
        message="message__public_id",
        reply="reply__public_id",
    )
    return rows.order_by("-pk").values_list(line, flat=True)
