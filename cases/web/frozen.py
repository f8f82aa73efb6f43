"""Frozen periods: a list, one with its figures beside those of now, freezing another one, and signing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases import errors
from cases.commands import frozen as commands
from cases.models import Brand, FrozenPeriod, Seer
from cases.queries.reports import definitions, labels, reading
from cases.queries.reports import frozen as queries
from cases.queries.reports.asked import Asked
from cases.queries.reports.complaints import ReturnTooLong
from cases.queries.reports.frozen import Compared, Subject
from cases.rules import return_periods
from cases.rules.return_periods import MONTH
from cases.vocabulary import Dimension, Population
from cases.vocabulary.returns import RETURNS, TABLES, ReturnName
from cases.web.desk import actor_of, given, seer_of
from cases.web.report_frame import for_readers
from cases.web.return_picked import OFFERED, may_sign, span_words, spans
from cases.web.settings_forms import accept
from cases.web.tags import money

PAGE = 100
_TITLES: dict[str, str | Promise] = {
    "balance": lazy("Balance of the period"),
    "money": lazy("Money"),
    "spans": lazy("Times"),
    Population.CASES.value: lazy("Complaints"),
    Population.MOVEMENTS.value: lazy("What came and went"),
    Population.ACTIONS.value: lazy("Actions"),
    Population.PROMISES.value: lazy("Promises"),
    Population.DEADLINES.value: lazy("Deadlines"),
    Population.POSTS.value: lazy("Posts"),
    Population.ESCALATIONS.value: lazy("Escalations"),
}
_BALANCE: dict[str, str | Promise] = {
    "open_at_start": lazy("Open at the start"),
    "came": lazy("Came in"),
    "went": lazy("Went out"),
    "open_at_end": lazy("Open at the end"),
}
_FLOWS = {"came": "flow_in", "went": "flow_out", "open_at_start": "outstanding", "open_at_end": "outstanding"}
_SHARES: dict[str, str | Promise] = {"median": lazy("half within"), "p90": lazy("nine of ten within")}


class FreezeForm(forms.Form):
    """Which brand's period is frozen, and as what."""

    brand = forms.ChoiceField(label=lazy("Brand"))
    period = forms.ChoiceField(label=lazy("Period"), help_text=lazy("Only what is over can be frozen."))
    regulator = forms.ChoiceField(label=lazy("What"), required=False)

    def __init__(self, brands: list[Brand], now: datetime, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.brands = {each.slug: each for each in brands}
        self._choices("brand", [(each.slug, each.name) for each in brands])
        zones = dict.fromkeys(each.zone for each in brands)
        found = dict.fromkeys(
            (each.name, span_words(each)) for zone in zones for length in OFFERED for each in spans(length, now, zone)
        )
        self._choices("period", [*found])
        regulators = [(name.value, str(RETURNS[name].label)) for name in ReturnName]
        self._choices("regulator", [("", _("The brand’s figures")), *regulators])

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the reader of types
        field.choices = choices


class SignForm(forms.Form):
    """What a manager says of the figures that they sign."""

    remark = forms.CharField(
        label=lazy("Remark"),
        required=False,
        max_length=commands.LONGEST_REMARK,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=lazy("Whatever a reader of these figures should know. It stays with the signature."),
    )


@dataclass(frozen=True, slots=True)
class Line:
    """One figure as it was frozen, as it is now and what lies between; ``href`` lists what it counts now."""

    label: str
    definition: str
    then: str
    now: str
    difference: str
    is_corrected: bool
    href: str


@require_http_methods(["GET", "HEAD", "POST"])
@for_readers
def frozen_periods(request: HttpRequest) -> HttpResponse:
    """The frozen periods of one's brands; for managers, freezing another one."""
    seer = reading.reader(seer_of(request))
    brands = [each for each in Brand.objects.filter(pk__in=seer.brand_ids).order_by("name") if may_sign(seer, each)]
    if request.method == "POST" and not brands:
        raise errors.NotAllowed
    usual = {name: request.GET.get(name, "") for name in ("brand", "period", "regulator")}
    now = timezone.now()
    if brands and not usual["period"]:
        usual["period"] = return_periods.current(MONTH, now, brands[0].zone).earlier(1).name
    form = FreezeForm(brands, now, given(request), initial=usual) if brands else None
    if form is not None and form.is_valid():
        made = _frozen(request, form)
        if made is not None:
            messages.success(request, _("The figures are frozen. Look at them, then sign."))
            return redirect("frozen-period", made.public_id)
    rows = [(each, _what(each), _period(each)) for each in queries.visible(seer)[:PAGE]]
    status = 422 if form is not None and form.is_bound else 200
    return render(request, "report/frozen_periods.html", {"rows": rows, "form": form, "most": PAGE}, status=status)


def _frozen(request: HttpRequest, form: FreezeForm) -> FrozenPeriod | None:
    cleaned = form.cleaned_data
    return accept(
        form,
        commands.freeze,
        brand_id=form.brands[cleaned["brand"]].pk,
        period=cleaned["period"],
        regulator=cleaned["regulator"],
        at=timezone.now(),
        actor=actor_of(request),
    )


@require_safe
@for_readers
def frozen_period(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One frozen period: what stood then, what stands now, and what was recorded in between."""
    seer = seer_of(request)
    return _page(request, seer, queries.to_see(seer, public_id), SignForm())


@require_POST
@for_readers
def sign(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Sign the figures of a frozen period."""
    seer = seer_of(request)
    frozen, form = queries.to_see(seer, public_id), SignForm(request.POST)
    if not may_sign(seer, frozen.brand):
        raise errors.NotAllowed
    if form.is_valid() and _signed(request, form, frozen) is not None:
        messages.success(request, _("The figures are signed."))
        return redirect("frozen-period", public_id)
    return _page(request, seer, frozen, form)


def _signed(request: HttpRequest, form: SignForm, frozen: FrozenPeriod) -> FrozenPeriod | None:
    given_remark = form.cleaned_data["remark"]
    return accept(
        form, commands.sign, frozen_id=frozen.pk, remark=given_remark, at=timezone.now(), actor=actor_of(request)
    )


@require_safe
@for_readers
def file(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The frozen figures as JSON, byte for byte what their SHA-256 was taken of."""
    frozen = queries.to_see(seer_of(request), public_id)
    sent = HttpResponse(queries.canonical(frozen.figures), content_type="application/json")
    what = frozen.regulator or "figures"
    called = f"{what}-{frozen.brand.slug}-{Subject.of(frozen).span.name}.json"
    sent.headers["Content-Disposition"] = f'attachment; filename="{called}"'
    return sent


# ---- what a page shows ----


def _page(request: HttpRequest, seer: Seer, frozen: FrozenPeriod, form: SignForm) -> HttpResponse:
    now, line = timezone.now(), queries.recorded(frozen)
    is_intact = queries.is_intact(frozen, line)
    context: dict[str, Any] = {
        "frozen": frozen,
        "what": _what(frozen),
        "period": _period(frozen),
        "digest": bytes(frozen.digest).hex(),
        "is_intact": is_intact,
        "now": now,
        "form": form if may_sign(seer, frozen.brand) and frozen.signed_at is None and is_intact else None,
        "later": queries.later_lines(frozen, line, now) if line else 0,
        "version": definitions.VERSION,
    }
    try:
        found = queries.compared(frozen.figures, queries.as_known_now(frozen, now))
    except ReturnTooLong as refused:
        # What was frozen is shown even where it can no longer be counted for a page.
        found, context["refusal"] = queries.compared(frozen.figures, frozen.figures), refused
    found = _averaged(found)
    context |= {
        "tables": _tables(frozen, found),
        "corrected": [_said(frozen, each, is_alone=True) for each in found if each.is_corrected],
        "definitions": _meanings(frozen, found),
        "count": len(found),
        "balances": _balances(frozen.figures),
        "is_nil": frozen.figures.get("return", {}).get("is_nil", False),
    }
    return render(request, "report/frozen_period.html", context, status=422 if form.is_bound else 200)


def _averaged(found: list[Compared]) -> list[Compared]:
    """Time that went by for each complaint, as every page says it; frozen is all of it in seconds."""
    received = next((each for each in found if each.name == "received" and each.what == "count"), None)
    if received is None:
        return found
    return [
        replace(each, then=_of(each.then, received.then), now=_of(each.now, received.now))
        if each.what == "seconds"
        else each
        for each in found
    ]


def _of(seconds: int | Decimal | None, received: int | Decimal | None) -> int | None:
    return int(seconds) // int(received) if seconds is not None and received else None


def _meanings(frozen: FrozenPeriod, found: list[Compared]) -> list[tuple[str, str]]:
    """What each figure meant when it was frozen."""
    said = (_named(frozen, each.name) for each in found)
    return [(label, definition) for label, definition in dict.fromkeys(said) if definition]


def _what(frozen: FrozenPeriod) -> str:
    return str(RETURNS[ReturnName(frozen.regulator)].label) if frozen.regulator else _("The brand’s figures")


def _period(frozen: FrozenPeriod) -> str:
    return span_words(Subject.of(frozen).span)


def _balances(figures: Mapping[str, Any]) -> bool:
    return bool((figures.get("return") or figures)["balance"]["holds"])


def _tables(frozen: FrozenPeriod, found: list[Compared]) -> list[tuple[str, list[Line]]]:
    return [
        (_title(table), [_said(frozen, each) for each in rows]) for table, rows in groupby(found, lambda c: c.table)
    ]


def _title(table: str) -> str:
    if table in _TITLES:
        return str(_TITLES[table])
    return str(next((title for key, title in TABLES.items() if key.value == table), table))


def _said(frozen: FrozenPeriod, one: Compared, *, is_alone: bool = False) -> Line:
    """One line; alone it says in which table it stands."""
    label, definition = _words(frozen, one)
    return Line(
        f"{_title(one.table)}: {label}" if is_alone else label,
        definition,
        _value(one, one.then),
        _value(one, one.now),
        _difference(one),
        one.is_corrected,
        _href(frozen, one),
    )


def _words(frozen: FrozenPeriod, one: Compared) -> tuple[str, str]:
    """What a figure was called and meant when it was frozen, in the reader's language."""
    if one.name in _BALANCE and one.table == "balance":
        return str(_BALANCE[one.name]), ""
    label, definition = _named(frozen, one.name)
    each = _("average per complaint") if one.what == "seconds" else ""
    parts = [one.line if frozen.regulator else str(_SHARES.get(one.line, "")), label, one.currency, each]
    return " · ".join(filter(None, parts)), definition


def _named(frozen: FrozenPeriod, name: str) -> tuple[str, str]:
    spoken = frozen.figures["words"]
    said = spoken.get((get_language() or "en").split("-")[0]) or next(iter(spoken.values()))
    label, definition = (*said.get(name, [name]), "")[:2]
    return label, definition


def _value(one: Compared, value: int | Decimal | None) -> str:
    if value is None:
        return _("not known")
    if one.what == "money":
        return money(Decimal(value), one.currency)
    if one.what == "minutes":
        return labels.known(int(value))
    if one.what == "seconds":
        return labels.span(round(value / 60))
    return number_format(value, use_l10n=True, force_grouping=True)


def _difference(one: Compared) -> str:
    gap = one.difference
    if not one.is_corrected or gap is None:
        return ""
    size: int | Decimal = gap if gap > 0 else -gap
    return ("+" if gap > 0 else "−") + _value(one, size)


def _open_at(frozen: FrozenPeriod, at: datetime) -> str:
    """The cases of the brand that were open at an instant."""
    asked = Asked("", Subject.of(frozen).span.asked, filters={Dimension.BRAND: (str(frozen.brand_id),)}).until(at)
    return f"{reverse('report-behind')}?{urlencode([('figure', 'outstanding'), *asked.pairs])}"


def _href(frozen: FrozenPeriod, one: Compared) -> str:
    span = Subject.of(frozen).span
    if frozen.regulator:
        kept = {"brand": frozen.brand.slug, "period": span.name}
        return f"{reverse('return', args=[frozen.regulator])}?{urlencode(kept)}"
    name = _FLOWS.get(one.name, one.name) if one.table == "balance" else one.name
    if name == "outstanding":
        return _open_at(frozen, span.asked.start if one.name == "open_at_start" else span.asked.end)
    if name not in definitions.FIGURES and name not in definitions.MONEY and name not in definitions.DURATIONS:
        return ""
    from_, to = span.asked.written
    asked = {"figure": name, "from": from_, "to": to, "zone": span.zone, "brand": str(frozen.brand_id)}
    return f"{reverse('report-behind')}?{urlencode(asked)}"
