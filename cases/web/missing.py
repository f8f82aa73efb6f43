"""Where authority is missing: who had to ask, what it cost, what another limit would do; and adopting one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from cases import errors
from cases.commands import authority as commands
from cases.models import Grant, Kind, Team
from cases.queries import grants, missing, missing_rows, what_if
from cases.queries.missing import Band, Question, Reason
from cases.queries.missing_rows import Narrowed, Show
from cases.rules import missing as rules
from cases.rules import money
from cases.rules.missing import Preset
from cases.vocabulary import Permission, Role
from cases.web import missing_chart
from cases.web.authority import Scope, after_of, scope_of, show
from cases.web.desk import actor_of
from cases.web.settings_forms import accept
from cases.web.tags import money as said_money
from cases.web.tags import short_money

# What an address keeps from one page to the next.
KEPT = ("brand", "team", "kind", "period", "from", "to")
CHANGE = ("grant", "for", "limit")


@dataclass(frozen=True, slots=True)
class Asking:
    """What the address asks, with what there is to choose from; ``kept`` goes on from page to page."""

    question: Question
    teams: list[Team]
    kinds: list[Kind]
    kept: dict[str, str]
    preset: str

    def href(self, **more: str) -> str:
        """The list behind a figure."""
        return f"{reverse('authority-missing-requests')}?{urlencode(self.kept | more)}"

    @property
    def team(self) -> Team | None:
        """The team looked at."""
        return next((team for team in self.teams if team.pk == self.question.team_id), None)

    @property
    def kind(self) -> Kind | None:
        """The kind looked at."""
        return next((kind for kind in self.kinds if kind.pk == self.question.kind_id), None)


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The change that is tried and its outcome; ``fault`` says what is wrong with the limit that was written."""

    grant: Grant | None = None
    kind: Kind | None = None
    written: str = ""
    fault: str = ""
    change: what_if.Change | None = None
    saved: what_if.Saved | None = None
    kept: dict[str, str] | None = None


@require_safe
@login_required
def missing_page(request: HttpRequest) -> HttpResponse:
    """The figures, the picture, the change that is tried and what is proposed."""
    scope = scope_of(request, is_all_allowed=False)
    asking = asking_of(request, scope)
    question, currency = asking.question, asking.question.brand.currency
    proposals = what_if.proposals(question)
    tried = _tried(request, asking, proposals)
    change = tried.change
    is_same = change is not None and change.grant.currency == currency
    limits = what_if.limits(question.brand, missing.today(question.brand, question.at))
    looked_at = [change.grant.per_action, change.limit] if change and is_same else []
    bounds = rules.bounds([each for each in looked_at if each], limits, missing.largest(question))
    found = missing.figures(question, bounds, asking.kinds, change.limit if change and is_same else None)
    picture = missing_chart.chart(
        found.bands,
        currency,
        limit=change.grant.per_action if change and is_same else None,
        raised=change.limit if change and is_same else None,
        href=partial(_band_href, asking),
    )
    facts = {
        "asking": asking,
        "presets": PRESETS,
        "found": found,
        "chart": picture,
        "tried": tried,
        "proposals": [_row(asking, proposal) for proposal in proposals],
        "grants": _choices(tried, proposals),
        "reasons": _reasons(asking, found.now),
        "after_share": _after(found.now, tried.saved),
        "links": _links(asking, tried),
        "monday": rules.next_monday(missing.today(question.brand, question.at)),
        "may_adopt": scope.may(question.brand, Permission.SET_UP, Permission.GRANT),
    }
    return show(request, "authority/missing.html", scope, **facts)


@require_safe
@login_required
def requests(request: HttpRequest) -> HttpResponse:
    """The requests, or decisions, behind one figure."""
    scope = scope_of(request, is_all_allowed=False)
    asking = asking_of(request, scope)
    narrowed = _narrowed(request, asking)
    page = missing_rows.page(asking.question, narrowed, after_of(request))
    band = Band(narrowed.over, narrowed.upto, missing.Figures(), is_none=narrowed.is_none)
    has_band = narrowed.over is not None or narrowed.upto is not None or narrowed.is_none
    facts = {
        "asking": asking,
        "narrowed": narrowed,
        "page": page,
        "title": TITLES[narrowed.show],
        "band": missing_chart.label_of(band, asking.question.brand.currency) if has_band else "",
        "reason": missing_chart.said(narrowed.reason) if narrowed.reason else "",
        "back": f"{reverse('authority-missing')}?{urlencode(asking.kept | _given(request, CHANGE))}",
        "next": urlencode({**request.GET.dict(), "after": page.after}) if page.after else "",
    }
    return show(request, "authority/missing_requests.html", scope, **facts)


class AdoptForm(forms.Form):
    """From when a new limit holds, and why."""

    starts_on = forms.DateField(
        label=gettext_lazy("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"), required=False, max_length=300, help_text=gettext_lazy("It stands with the grant.")
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def adopt(request: HttpRequest) -> HttpResponse:
    """What adopting a limit changes; with a yes, the new grant."""
    scope = scope_of(request, is_all_allowed=False)
    asking = asking_of(request, scope)
    brand = asking.question.brand
    if not scope.may(brand, Permission.SET_UP, Permission.GRANT):
        raise errors.NotAllowed
    tried = _tried(request, asking, [])
    if tried.change is None or tried.saved is None:
        raise errors.NotFound
    monday = rules.next_monday(missing.today(brand, asking.question.at))
    why = _("Would have decided %(count)s requests at once.") % {"count": tried.saved.count}
    form = AdoptForm(request.POST or None, initial={"starts_on": monday, "reason": why})
    if form.is_valid() and _adopted(request, form, tried.change):
        messages.success(request, _("The new limit is given, and stands in the journal."))
        return redirect(f"{reverse('authority-grants')}?{urlencode({'brand': brand.slug})}")
    back = f"{reverse('authority-missing')}?{urlencode(asking.kept | (tried.kept or {}))}"
    names = {kind.pk: kind.label for kind in asking.kinds}
    facts = {
        "asking": asking,
        "tried": tried,
        "back": back,
        "holder": holder_of(tried.change.grant),
        "kinds": [names[pk] for pk in tried.change.grant.kind_ids if pk in names],
    }
    return show(request, "authority/missing_adopt.html", scope, form=form, **facts)


def _adopted(request: HttpRequest, form: AdoptForm, change: what_if.Change) -> Grant | None:
    """The grant with the new limit: in the old one's place, or beside it where only some of its kinds get it."""
    terms = replace(grants.terms_of(change.grant), per_action=change.limit, starts_on=form.cleaned_data["starts_on"])
    facts: dict[str, Any] = {"reason": form.cleaned_data["reason"], "at": timezone.now(), "actor": actor_of(request)}
    if change.is_for_part and change.kind_id is not None:
        terms = replace(terms, kind_ids=frozenset({change.kind_id}))
        to = commands.To.of(change.grant)
        return accept(form, commands.give_grant, brand_id=change.grant.brand_id, to=to, terms=terms, **facts)
    return accept(form, commands.replace_grant, grant_id=change.grant.pk, terms=terms, **facts)


# ---- what the address asks ----


PRESETS = {
    Preset.DAYS_30: gettext_lazy("Last 30 days"),
    Preset.DAYS_90: gettext_lazy("Last 90 days"),
    Preset.THIS_MONTH: gettext_lazy("This month"),
    Preset.LAST_MONTH: gettext_lazy("Last month"),
    Preset.THIS_YEAR: gettext_lazy("This year"),
}
TITLES = {
    Show.ASKED: gettext_lazy("Requests"),
    Show.ALONE: gettext_lazy("Decided by the first owner alone"),
    Show.GRANTED: gettext_lazy("Requests that were approved"),
    Show.REFUSED: gettext_lazy("Requests that were refused or changed"),
    Show.WAITED: gettext_lazy("Requests and how long they waited"),
    Show.SAVED: gettext_lazy("Requests that another limit would have decided at once"),
    Show.SAVED_GRANTED: gettext_lazy("Requests that another limit would have decided, and that were approved anyway"),
}


def asking_of(request: HttpRequest, scope: Scope) -> Asking:
    """What the address asks; what it names and there is not is left out."""
    brand = scope.brand
    if brand is None:
        raise errors.NotFound
    at = timezone.now()
    teams, kinds = missing.teams(brand), missing.kinds(brand)
    wanted = {name: request.GET.get(name, "") for name in KEPT}
    preset = wanted["period"] if wanted["period"] in set(Preset) else Preset.DAYS_90.value
    first, last = _day(wanted["from"]), _day(wanted["to"])
    period = rules.period(preset, first, last, today=missing.today(brand, at), zone=brand.zone)
    team = next((team for team in teams if str(team.pk) == wanted["team"]), None)
    kind = next((kind for kind in kinds if kind.code == wanted["kind"]), None)
    question = Question(scope.seer, brand, period, at, team.pk if team else None, kind.pk if kind else None)
    kept = {name: value for name, value in wanted.items() if value} | {"brand": brand.slug}
    return Asking(question, teams, kinds, kept, "" if first or last else preset)


def _tried(request: HttpRequest, asking: Asking, proposals: list[what_if.Proposal]) -> WhatIf:
    """The change in the address, else the best proposal, else twice the limit most people asked above."""
    question = asking.question
    code, number, written = (request.GET.get(name, "").strip() for name in ("for", "grant", "limit"))
    kind = next((kind for kind in asking.kinds if kind.code == code), None)
    proposed = next((each for each in proposals if str(each.grant.pk) == number or not number), None)
    grant = proposed.grant if proposed else None
    if grant is None and number.isascii() and number.isdecimal() and len(number) < 19:
        grant = what_if.grant(question.brand, int(number), missing.today(question.brand, question.at))
    if grant is None or grant.per_action is None:
        return WhatIf()
    if written:
        limit, fault = _limit(written, grant)
    else:
        limit, fault = (proposed.limit if proposed else None) or rules.round_up(grant.per_action * 2), ""
    if limit is None:
        return WhatIf(grant, kind, written, fault)
    change = what_if.Change(grant, limit, kind.pk if kind else None)
    plain = f"{limit.normalize():f}"
    kept = {"grant": str(grant.pk), "limit": plain} | ({"for": kind.code} if kind else {})
    return WhatIf(grant, kind, written or plain, fault, change, what_if.saved(question, change), kept)


def _limit(written: str, grant: Grant) -> tuple[Decimal | None, str]:
    plain = written.replace(grant.currency, "").strip(" €$£\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}")
    try:
        limit = money.valid_amount(money.parse_amount(plain), grant.currency)
    except money.AmountError as error:
        return None, error.message
    if grant.per_action is not None and limit <= grant.per_action:
        return None, _("Write more than %(limit)s, the limit as it is.") % {
            "limit": said_money(grant.per_action, grant.currency)
        }
    return limit, ""


def _day(word: str) -> date | None:
    try:
        found = date.fromisoformat(word)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2100 else None


def _narrowed(request: HttpRequest, asking: Asking) -> Narrowed:
    wanted = request.GET.get("show", "")
    showing = Show(wanted) if wanted in set(Show) else Show.ASKED
    reason = request.GET.get("reason", "")
    change = None
    if showing in {Show.SAVED, Show.SAVED_GRANTED}:
        change = _tried(request, asking, []).change
        if change is None:
            raise errors.NotFound
    return Narrowed(
        showing,
        over=_bound(request.GET.get("over", "")),
        upto=_bound(request.GET.get("upto", "")),
        is_none=bool(request.GET.get("none")),
        reason=Reason(reason) if reason in set(Reason) else None,
        change=change,
    )


def _bound(word: str) -> Decimal | None:
    try:
        return money.parse_amount(word) if word else None
    except money.AmountError as error:
        raise errors.NotFound from error


def _given(request: HttpRequest, names: tuple[str, ...]) -> dict[str, str]:
    return {name: request.GET[name] for name in names if request.GET.get(name)}


# ---- what the page says of a grant ----


def holder_of(grant: Grant) -> str:
    """Whom a grant is given to, by name."""
    if grant.person is not None:
        return grant.person.name
    if grant.team is not None:
        return grant.team.name
    return _("All managers") if grant.role == Role.MANAGER else _("All agents")


def _choices(tried: WhatIf, proposals: list[what_if.Proposal]) -> list[tuple[int, str]]:
    grants_ = {each.grant.pk: each.grant for each in proposals}
    if tried.grant is not None:
        grants_[tried.grant.pk] = tried.grant
    return [(pk, f"{holder_of(each)}, {short_money(each.per_action, each.currency)}") for pk, each in grants_.items()]


def _row(asking: Asking, proposal: what_if.Proposal) -> dict[str, Any]:
    grant = proposal.grant
    names = {kind.pk: kind.label for kind in asking.kinds}
    wanted = {"grant": str(grant.pk)} | ({"limit": f"{proposal.limit.normalize():f}"} if proposal.limit else {})
    return {
        "proposal": proposal,
        "grant": grant,
        "holder": holder_of(grant),
        "kinds": [names[pk] for pk in grant.kind_ids if pk in names],
        "href": f"{reverse('authority-missing')}?{urlencode(asking.kept | wanted)}",
        "adopt": f"{reverse('authority-missing-adopt')}?{urlencode(asking.kept | wanted)}",
    }


# ---- the addresses of the figures ----


def _links(asking: Asking, tried: WhatIf) -> dict[str, str]:
    found = {each.value.replace("-", "_"): asking.href(show=each.value) for each in Show}
    if tried.kept:
        kept = asking.kept | tried.kept
        for each in (Show.SAVED, Show.SAVED_GRANTED):
            found[each.value.replace("-", "_")] = asking.href(show=each.value, **tried.kept)
        found["adopt"] = f"{reverse('authority-missing-adopt')}?{urlencode(kept)}"
    found["plain"] = f"{reverse('authority-missing')}?{urlencode(asking.kept)}"
    return found


def _band_href(asking: Asking, band: Band) -> str:
    if band.is_none:
        return asking.href(none="1")
    edges = {"over": band.over, "upto": band.upto}
    return asking.href(**{name: f"{edge.normalize():f}" for name, edge in edges.items() if edge is not None})


def _reasons(asking: Asking, now: missing.Figures) -> list[tuple[str, int, str]]:
    return [
        (missing_chart.said(reason), now.reasons.get(reason, 0), asking.href(reason=reason.value))
        for reason in Reason
        if now.reasons.get(reason)
    ]


def _after(now: missing.Figures, saved: what_if.Saved | None) -> int | None:
    if saved is None or not now.total:
        return None
    return round(100 * (now.alone + saved.count) / now.total)
