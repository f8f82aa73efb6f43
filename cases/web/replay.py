"""A rule run through the past: asked for, watched, called off, and shown beside what is live, act by act."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from cases import errors
from cases.commands import replay as commands
from cases.models import Brand, Replay, ReplayAct, Seer
from cases.queries import replay as queries
from cases.queries import rule as rules
from cases.queries import rule_names, rule_rows, rule_sentences
from cases.queries import setup as setups
from cases.queries.replay import Result, Side
from cases.queries.sentences import said
from cases.vocabulary import ReplayStatus, Role, StepKind
from cases.web import replay_chart, rule_words
from cases.web.desk import actor_of, seer_of
from cases.web.tags import lasting

USUAL_DAYS = 90
DAYS = (7, 30, 90, 365)
SHOWN = 6
BUSIEST = 4


class PeriodForm(forms.Form):
    """Which days a rule is run through: the last ones, or from one to another."""

    days = forms.TypedChoiceField(
        label=gettext_lazy("Days"),
        choices=[
            (7, gettext_lazy("the last 7 days")),
            (30, gettext_lazy("the last 30 days")),
            (90, gettext_lazy("the last 90 days")),
            (365, gettext_lazy("the last year")),
            (0, gettext_lazy("other days …")),
        ],
        coerce=int,
        initial=USUAL_DAYS,
    )
    starts_on = forms.DateField(required=False)
    ends_on = forms.DateField(required=False)

    def period(self, brand: Brand) -> tuple[date, date]:
        """The first and the last day, by the clocks of the brand."""
        today = timezone.now().astimezone(ZoneInfo(brand.zone)).date()
        given, last = self.cleaned_data, self.cleaned_data["ends_on"] or today
        if given["days"]:
            return today - timedelta(days=given["days"] - 1), today
        return given["starts_on"] or last - timedelta(days=USUAL_DAYS - 1), last


@dataclass(frozen=True, slots=True)
class ActRow:
    """One act in words: what it would have done, whom it would have called, and how people really reacted."""

    act: ReplayAct
    did: str
    called: list[str]
    ahead: str
    is_ahead: bool


def may_replay(seer: Seer, brand_id: int) -> bool:
    """Whether this person may run rules of the brand through the past."""
    return seer.roles.get(brand_id) == Role.MANAGER or setups.may_set_up(seer, brand_id)


@require_POST
@login_required
def start(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Run the draft, or what is live, through the days that were chosen."""
    rule = rules.rule_to_read(seer_of(request), public_id)
    [standing] = rules.standings([rule], seer_of(request), timezone.now())
    version = standing.draft or standing.live
    form = PeriodForm(request.POST)
    if version is None or not form.is_valid():
        messages.error(request, _("Choose days that are over, the first one first."))
        return redirect("rule", public_id)
    first, last = form.period(rule.brand)
    try:
        commands.ask_replay(
            version_id=version.pk, starts_on=first, ends_on=last, at=timezone.now(), actor=actor_of(request)
        )
    except (errors.Invalid, errors.ReplayRunning) as refused:
        messages.error(request, refused.message)
    return redirect(f"{reverse('rule', args=[public_id])}#replay")


@require_POST
@login_required
def cancel(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Call a replay off."""
    found = queries.replay(seer_of(request), str(public_id))
    commands.cancel_replay(replay_id=found.pk, at=timezone.now(), actor=actor_of(request))
    return redirect(f"{reverse('rule', args=[found.version.rule.public_id])}#replay")


@require_safe
@login_required
def replay(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The panel of a replay, for a page that waits for it; anybody else is sent to the rule."""
    found = _readable(request, public_id)
    rule = found.version.rule
    if not getattr(request, "htmx", False):
        return redirect(f"{reverse('rule', args=[rule.public_id])}#replay")
    facts = {"rule": rule, "brand": found.brand, "is_swapped": True} | _facts(request, found, found.brand)
    return render(request, "rule/replay_answer.html", facts)


@require_safe
@login_required
def acts(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Every step that one side would have taken, of a day or of a person where one is named."""
    found = _readable(request, public_id)
    seer, asked = seer_of(request), request.GET
    side = Side.LIVE if asked.get("side") == Side.LIVE else Side.DRAFT
    person = int(asked["person"]) if asked.get("person", "").isdecimal() and len(asked["person"]) < 19 else None
    day = parse_date(asked["on"]) if _is_day(asked.get("on", "")) else None
    on = day.isoformat() if day else ""
    page = queries.acts(found, side, seer, asked.get("after", ""), on=on, person_id=person)
    result = queries.replay_result(found, seer)
    kept = {name: asked[name] for name in ("side", "on", "person") if asked.get(name)}
    facts = {
        "replay": found,
        "rule": found.version.rule,
        "brand": found.brand,
        "rows": _rows(page.rows, result, found.brand),
        "side": side,
        "day": day,
        "person": replay_chart.person_name(result, person) if person else "",
        "more": urlencode(kept | {"after": page.next}) if page.next else "",
        "is_later": "after" in asked,
        "first": urlencode(kept),
        "hidden": queries.count_hidden(found, side, seer, on=on, person_id=person),
        "has_acted": _has_acted(result, side, on, person),
    }
    return render(request, "rule/acts.html", facts)


def _has_acted(result: Result, side: Side, on: str, person: int | None) -> bool:
    """Whether the figures have anything of what is listed, kept as a row or not."""
    counted = (result.draft if side == Side.DRAFT else result.live) or {}
    is_called = person is None or any(each["person"] == person for each in counted.get("people", ()))
    return is_called and bool(counted.get("days", {}).get(on) if on else counted.get("acted"))


def _is_day(word: str) -> bool:
    try:
        return parse_date(word) is not None
    except ValueError:
        return False


@require_safe
@login_required
def why(request: HttpRequest, public_id: UUID, act_id: int) -> HttpResponse:
    """Why a step would have been taken: what the rule asked, and what it saw."""
    found = _readable(request, public_id)
    act = ReplayAct.objects.filter(seer_of(request).cases("case__"), replay=found, pk=act_id)
    one = act.select_related("case", "version").first()
    if one is None:
        raise errors.NotFound
    questions = rule_words.questions(one.saw.get("questions", []), found.brand)
    facts = {"act": one, "replay": found, "rule": found.version.rule, "brand": found.brand, "questions": questions}
    ladder = rules.readable(one.version)
    facts["occasion"] = said(rule_sentences.trigger(ladder.trigger)) if ladder else ""
    facts["matched_at"] = parse_datetime(one.saw.get("matched_at", ""))
    template = "rule/why.html#why" if getattr(request, "htmx", False) else "rule/why.html"
    return render(request, template, facts)


def _readable(request: HttpRequest, public_id: UUID) -> Replay:
    """A replay of a rule that this person may read."""
    seer = seer_of(request)
    found = queries.replay(seer, str(public_id))
    rules.rule_to_read(seer, found.version.rule.public_id)
    request.brand = found.brand  # type: ignore[attr-defined]  # the side navigation counts its rules
    return found


# ---- the panel beside a rule ----


def panel(request: HttpRequest, standing: rules.Standing) -> dict[str, Any]:
    """What the panel shows for the draft, else for what is live: the last replay, or how to begin one."""
    version = standing.draft or standing.live
    last = queries.newest_of(version.pk) if version else None
    if last is not None and version is not None:
        # They are at hand: neither is read again.
        last.version, version.rule = version, standing.rule
    return {"may_replay": may_replay(seer_of(request), standing.rule.brand_id)} | _facts(
        request, last, standing.rule.brand
    )


def _facts(request: HttpRequest, last: Replay | None, brand: Brand) -> dict[str, Any]:
    seer = seer_of(request)
    facts: dict[str, Any] = {"replay": last, "period": _period(last, brand), "may_replay": may_replay(seer, brand.pk)}
    if last is None:
        return facts
    state = queries.replay_state(last)
    facts |= {"state": state, "took": lasting_exactly(state.took), "left": lasting_exactly(state.left)}
    if state.status != ReplayStatus.DONE:
        return facts
    result = queries.replay_result(last, seer)
    is_same = result.rules["live"] == result.rules["draft"]
    live = None if is_same else result.live
    return facts | {
        "result": result,
        "live": live,
        "live_number": rule_rows.number_of(result.rules["live"]) if live else None,
        "heat": replay_chart.heat(result.days, result.draft["days"]) if result.days else None,
        "hours": replay_chart.hours(result.draft["hours"], live["hours"] if live else None),
        "figures": replay_chart.figures(result, live),
        "people": [
            {**each, "name": replay_chart.person_name(result, each["person"])}
            for each in result.draft["people"][:BUSIEST]
        ],
        "rest": _rest(result.draft["people"][BUSIEST:]),
        "cannot": [rule_words.cannot(each) for each in result.cannot],
        "acts": _rows(queries.acts(last, Side.DRAFT, seer).rows[:SHOWN], result, brand),
    }


def _period(last: Replay | None, brand: Brand) -> PeriodForm:
    """The days to choose from; those of the last replay stay chosen."""
    if last is None:
        return PeriodForm()
    days = (last.ends_on - last.starts_on).days + 1
    is_recent = last.ends_on == last.asked_at.astimezone(ZoneInfo(brand.zone)).date() and days in DAYS
    chosen = {"days": days} if is_recent else {"days": 0, "starts_on": last.starts_on, "ends_on": last.ends_on}
    return PeriodForm(initial=chosen)


def lasting_exactly(gap: timedelta | None) -> str:
    """How long something took, to the second where it was short."""
    if gap is not None and gap < timedelta(minutes=2):
        return _("%(n)d s") % {"n": max(round(gap.total_seconds()), 1)}
    return lasting(gap)


def _rest(people: list[dict[str, Any]]) -> dict[str, int] | None:
    if not people:
        return None
    return {
        "count": len(people),
        "calls": sum(each["calls"] for each in people),
        "peak": max(each["peak"] for each in people),
    }


def _rows(acts: list[ReplayAct], result: Result, brand: Brand) -> list[ActRow]:
    versions = {act.version_id: act.version for act in acts}
    ladders = {key: ladder for key, version in versions.items() if (ladder := rules.readable(version))}
    about = rule_words.about(rule_names.names_of(ladders.values()), brand)
    steps = {
        (key, step.number): said(rule_sentences.does(step, about))
        for key, ladder in ladders.items()
        for step in ladder.steps
    }
    return [_row(act, result, steps.get((act.version_id, act.step), "")) for act in acts]


def _row(act: ReplayAct, result: Result, does: str) -> ActRow:
    names = [replay_chart.person_name(result, each) for each in act.saw.get("called", [])]
    gap = act.reacted_at - act.at if act.reacted_at else None
    if act.saw.get("is_nobody"):
        ahead, is_ahead = "", False
    elif gap is None:
        ahead, is_ahead = _("nobody has reacted"), True
    elif gap >= timedelta(0):
        ahead, is_ahead = _("%(gap)s before anyone") % {"gap": lasting(gap)}, True
    else:
        ahead, is_ahead = _("%(gap)s after somebody reacted") % {"gap": lasting(-gap)}, False
    return ActRow(act, does or str(StepKind(act.saw["kind"]).label), names, ahead, is_ahead)
