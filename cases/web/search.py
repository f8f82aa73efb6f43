"""Find anything: a reference opens its case, words are looked for everywhere."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from cases import errors
from cases.models import Brand
from cases.queries import search as searches
from cases.web import desk


@require_safe
@login_required
def search(request: HttpRequest) -> HttpResponse:
    """What was found, newest first."""
    seer = desk.seer_of(request)
    words = request.GET.get("q", "").strip()
    reference = searches.by_reference(seer, words)
    if reference:
        return HttpResponseRedirect(reverse("case", args=[reference]))
    brand_id = desk.wanted(request).brand_id
    found, refusal = searches.Found([]), None
    try:
        if words:
            found = searches.find(seer, words, brand_id, request.GET.get("after", ""))
    except errors.TooSlow as slow:
        refusal = slow
    facts = {
        "q": words,
        "found": found,
        "refusal": refusal,
        "brand_id": brand_id,
        "brands": Brand.objects.filter(pk__in=seer.brand_ids).order_by("name") if len(seer.roles) > 1 else [],
    }
    return render(request, "search/page.html", facts, status=refusal.status if refusal else 200)
