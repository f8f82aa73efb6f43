"""The floor: the same server and framework doing the least possible, one INSERT or one indexed SELECT of a page."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

_PAGE = engines["django"].from_string(
    "<!doctype html><title>floor</title><ol>"
    "{% for row in rows %}<li><a href='/{{ row.0 }}/'>{{ row.1 }}</a> {{ row.2 }} {{ row.3 }}</li>{% endfor %}</ol>"
)


@csrf_exempt
def insert(request: HttpRequest) -> HttpResponse:
    """One INSERT."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO floor (words) VALUES (%s)", [request.body.decode()[:200]])
    return HttpResponse("{}", content_type="application/json", status=201)


def page(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - a view takes the request
    """One indexed SELECT of fifty rows, rendered."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reference, headline, status, opened_at FROM cases_case WHERE brand_id = 1 AND status = 'open' "
            "ORDER BY id DESC LIMIT 50"
        )
        return HttpResponse(_PAGE.render({"rows": cursor.fetchall()}))


urlpatterns = [
    path("floor/insert/", insert),
    path("floor/page/", page),
    path("", include("casedesk.urls")),
]
