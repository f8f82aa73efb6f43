"""The help pages: plain texts, one template a section."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

SECTIONS = {
    "path": _("The path of a complaint"),
    "roles": _("Roles"),
    "gate": _("The gate"),
    "authority": _("Who may decide what"),
    "approvals": _("Approvals"),
    "promises": _("Promises, and after"),
    "calendars": _("Calendars"),
    "deadlines": _("Deadlines"),
    "rules": _("Escalation rules"),
    "replay": _("Replay before live"),
    "explanations": _("Why a rule acted, or did not"),
    "answers": _("Decision and final answer"),
    "audiences": _("Public, private, internal"),
    "private-page": _("Private page and invitations"),
    "playbooks": _("Playbooks"),
    "systems": _("Connected systems"),
    "missing": _("Where authority is missing"),
    "reports": _("Reports"),
    "figures": _("How figures are counted"),
    "exports": _("Exports and mailed reports"),
    "returns": _("Frozen periods and returns"),
    "import": _("Import"),
    "tokens": _("API tokens"),
    "keyboard": _("Keyboard"),
}


@require_safe
@login_required
def help_index(request: HttpRequest) -> HttpResponse:
    """The list of help sections."""
    return render(request, "help/index.html", {"sections": SECTIONS})


@require_safe
@login_required
def help_section(request: HttpRequest, section: str) -> HttpResponse:
    """One help section."""
    if section not in SECTIONS:
        raise Http404
    facts = {"sections": SECTIONS, "section": section, "title": SECTIONS[section]}
    return render(request, f"help/{section}.html", facts)
