"""Turns a refusal into a page, a fragment or a message: 404 for strangers, 403 for insiders without the right."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from cases import errors


class RefusalMiddleware:
    """Renders every refusal that a view lets through."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The page or fragment that says what happened, what was kept and what to do."""
        if not isinstance(exception, errors.Refused):
            return None
        if request.path.startswith("/api/"):
            return None
        template = "errors/refused.html#fragment" if request.headers.get("HX-Request") else "errors/refused.html"
        response = render(request, template, {"refusal": exception}, status=exception.status)
        if request.headers.get("HX-Request"):
            # htmx swaps nothing on an error status; the toast region takes it.
            response["HX-Retarget"] = "#toasts"
            response["HX-Reswap"] = "beforeend"
        return response
