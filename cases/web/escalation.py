"""What rules did to the cases of a person's brands, as a list."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cases.queries import escalation_list
from cases.queries.escalation_list import Asked
from cases.vocabulary import EscalationStatus
from cases.web import desk, explanation, gatelines


@require_safe
@login_required
def escalations(request: HttpRequest) -> HttpResponse:
    """What rules did, the newest first, in cases that the person may open; narrowed down by rule and status."""
    seer = desk.seer_of(request)
    rules = escalation_list.rules(list(seer.brand_ids))
    asked = request.GET
    chosen = next((rule for rule in rules if str(rule.public_id) == asked.get("rule", "")), None)
    status = asked.get("status", "")
    status = status if status in EscalationStatus.values else ""
    before = asked.get("before", "")
    page = escalation_list.page(
        seer,
        Asked(
            list(seer.brand_ids),
            chosen.pk if chosen else None,
            status,
            int(before) if before.isdecimal() and len(before) < 19 else None,
        ),
    )
    kept = {name: value for name, value in (("rule", asked.get("rule") if chosen else ""), ("status", status)) if value}
    several = len({rule.brand_id for rule in rules}) > 1
    facts: dict[str, Any] = {
        "rows": [(each.case, gatelines.name_of(each.case), explanation.occasion(each)) for each in page.rows],
        "rules": [
            (str(rule.public_id), f"{rule.brand.name}: {rule.name}" if several else rule.name, rule == chosen)
            for rule in rules
        ],
        "statuses": [(value, label, value == status) for value, label in EscalationStatus.choices],
        "is_narrowed": bool(kept),
        "more": urlencode({**kept, "before": page.before}) if page.before else "",
        "is_first": not before,
    }
    return render(request, "escalation/page.html", facts)
