"""The pages of calendars: which a brand has, a year of one, its single days, what a change moves, and a checker."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases import errors
from cases.commands import calendar as commands
from cases.models import Brand, Calendar, CalendarDay, Seer
from cases.queries import calendar as queries
from cases.queries import deadline as deadlines
from cases.queries.calendar import Calendars
from cases.rules.calendar import Calendar as Clock
from cases.vocabulary import NEVER, Actor, Goal, Unit
from cases.web import calendar_check as check
from cases.web import calendar_forms as forms
from cases.web import calendar_words as words
from cases.web import calendar_year as years
from cases.web import settings_forms
from cases.web.desk import actor_of
from cases.web.setup import read_of, set_up_of, show

FIRST_YEAR, LAST_YEAR = 1970, 2100
# For how many days a single day that is over stays in the list.
RECENT = 30
ANSWERS = ("confirmed", "back", "regions", "csrfmiddlewaretoken")
SWITCHES: dict[str, tuple[Callable[..., Any], Any]] = {
    "default": (commands.make_default, gettext_lazy("It is the brand’s own calendar now.")),
    "off": (commands.retire_calendar, gettext_lazy("The calendar is off.")),
    "on": (commands.restore_calendar, gettext_lazy("The calendar is in use.")),
}


@require_safe
@login_required
def calendars(request: HttpRequest, slug: str) -> HttpResponse:
    """The calendars of a brand, each in a sentence, and whether it is open now."""
    seer, brand = read_of(request, slug)
    rows = [{"row": row, **_told(row)} for row in queries.calendars_of(brand.pk)]
    return show(request, "calendar/list.html", {"seer": seer, "brand": brand, "rows": rows, "part": "calendars"})


def _told(row: Calendar) -> dict[str, Any]:
    clock = queries.calendar_of(row)
    is_open, state = words.state(clock, timezone.now())
    return {
        "hours": words.week(clock.week),
        "zone": words.zone(row.zone),
        "holidays": words.place(row.country, row.region),
        "is_open": is_open,
        "state": state,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def calendar_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Another calendar; nothing counts on it yet unless it becomes the brand's own or a team's."""
    return _edit(request, slug, None)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def calendar_edit(request: HttpRequest, slug: str, calendar_id: int) -> HttpResponse:
    """What a calendar shall be; what that moves is shown before it is kept."""
    return _edit(request, slug, calendar_id)


def _edit(request: HttpRequest, slug: str, calendar_id: int | None) -> HttpResponse:
    seer, brand = set_up_of(request, slug)
    row = _one(brand, calendar_id) if calendar_id else None
    is_judged = request.method == "POST" and not {"back", "regions"} & set(request.POST)
    initial: dict[str, Any] = forms.initial_of(row) if row else {"zone": brand.zone, **forms.USUAL}
    if request.method == "POST" and not is_judged:
        initial = request.POST.dict()
    form = forms.CalendarForm(request.POST if is_judged else None, brand=brand, calendar=row, initial=initial)
    facts = {"seer": seer, "brand": brand, "calendar": row, "part": "calendars"}
    if form.is_valid():
        given = form.given()
        if row and settings_forms.accept(form, queries.checked, content=_with(row, given), at=timezone.now()):
            moves = _moves(request, seer, row, lambda known: known.instead(row.pk, _with(row, given)))
            if moves:
                return _ask(request, seer, row, moves)
        if not form.errors and (saved := _save(form, brand, row, given, actor_of(request))):
            messages.success(request, _("“%(name)s” is kept.") % {"name": saved.name})
            return redirect("settings-calendar", slug, saved.pk)
    return show(request, "calendar/edit.html", facts, form=form)


def _one(brand: Brand, calendar_id: int) -> Calendar:
    row = queries.calendars_of(brand.pk).select_related("brand").filter(pk=calendar_id).first()
    if row is None:
        raise Http404
    return row


def _with(row: Calendar, given: dict[str, Any]) -> dict[str, Any]:
    """What is kept of the calendar, as if this were kept instead."""
    return {**queries.content_of(row), **{name: given[name] for name in ("zone", "week", "country", "region")}}


def _with_days(row: Calendar, days: Iterable[commands.Day]) -> dict[str, Any]:
    """What is kept of the calendar, as if these days were kept too."""
    given = {each.day.isoformat(): {**asdict(each), "day": each.day.isoformat()} for each in days}
    content = queries.content_of(row)
    return {**content, "days": [*(day for day in content["days"] if day["day"] not in given), *given.values()]}


def _without_day(row: Calendar, day: date) -> dict[str, Any]:
    content = queries.content_of(row)
    return {**content, "days": [one for one in content["days"] if one["day"] != day.isoformat()]}


def _save(form: Form, brand: Brand, row: Calendar | None, given: dict[str, Any], actor: Actor) -> Calendar | None:
    who = {"at": timezone.now(), "actor": actor}
    if row is None:
        return settings_forms.accept(form, commands.add_calendar, brand_id=brand.pk, **given, **who)
    revision = form.cleaned_data["revision"] or 0
    return settings_forms.accept(form, commands.change_calendar, calendar_id=row.pk, revision=revision, **given, **who)


@dataclass(frozen=True, slots=True)
class Move:
    """One open deadline that a change moves, in words."""

    reference: str
    goal: str
    was: str
    becomes: str
    by: str
    is_earlier: bool
    is_late: bool


@dataclass(frozen=True, slots=True)
class Moves:
    """What a change moves: how many open deadlines that this person may see, and the first of them."""

    count: int
    rows: list[Move]
    is_all: bool


def _moves(request: HttpRequest, seer: Seer, row: Calendar, change: Callable[[Calendars], None]) -> Moves | None:
    """What the change would move, as long as nobody has agreed to that; nothing where nothing moves."""
    if "confirmed" in request.POST:
        return None
    found = deadlines.preview(row.brand_id, change, timezone.now(), seer=seer)
    zone = ZoneInfo(row.brand.zone)
    return Moves(found.count, [_move(each, zone) for each in found.first], found.is_all) if found.count else None


def _move(moved: deadlines.Moved, zone: ZoneInfo) -> Move:
    return Move(
        moved.reference,
        str(Goal(moved.goal).label),
        words.moment(moved.from_, zone),
        words.moment(moved.to, zone) if moved.to < NEVER else _("never"),
        words.long(abs(moved.to - moved.from_)) if max(moved.to, moved.from_) < NEVER else "",
        moved.to < moved.from_,
        moved.is_late_at_once,
    )


def _ask(request: HttpRequest, seer: Seer, row: Calendar, moves: Moves) -> HttpResponse:
    """What a change would move, with the same form to be sent again."""
    facts = {"seer": seer, "brand": row.brand, "calendar": row, "part": "calendars"}
    sent = [(name, value) for name, values in request.POST.lists() if name not in ANSWERS for value in values]
    return show(request, "calendar/changes.html", {**facts, "moves": moves, "sent": sent})


@require_safe
@login_required
def regions(request: HttpRequest, slug: str) -> HttpResponse:
    """The regions of a country, for the form that asks for one."""
    _seer, brand = set_up_of(request, slug)
    form = forms.CalendarForm(brand=brand, initial={"country": request.GET.get("country", "")})
    return render(request, "calendar/regions.html", {"form": form})


@require_safe
@login_required
def calendar(request: HttpRequest, slug: str, calendar_id: int) -> HttpResponse:
    """One calendar: its hours, a year of it, its single days, and who works by it."""
    seer, brand = read_of(request, slug)
    return _show(request, seer, _one(brand, calendar_id))


def _show(request: HttpRequest, seer: Seer, row: Calendar, **found: Any) -> HttpResponse:
    clock, days = queries.calendar_of(row), list(row.days.all())
    today = clock.local_day(timezone.now())
    wanted = request.GET.get("year", "")
    number = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) == 4 else today.year
    number = min(max(number, FIRST_YEAR), LAST_YEAR)
    labels = {day.day: day.label for day in days if day.label}
    language = (get_language() or "en").split("-")[0]
    facts = {
        "calendar": row,
        "told": _told(row),
        "year": years.year_of(clock, number, today=today, labels=labels, language=language),
        "kinds": years.KINDS.items(),
        "initials": [(n * years.SIDE + years.SIDE // 2, str(WEEKDAYS_ABBR[n])[:1].upper()) for n in range(7)],
        "earlier": number - 1 if number > FIRST_YEAR else None,
        "later": number + 1 if number < LAST_YEAR else None,
        "days": [_special(clock, day) for day in days if day.day >= today - timedelta(days=RECENT)],
        "older": sum(1 for day in days if day.day < today - timedelta(days=RECENT)),
        "day_form": forms.DayForm(initial={"revision": row.revision}),
        "team_form": forms.TeamForm(brand=row.brand, calendar=row),
        "part": "calendars",
    }
    form = found.get("day_form")
    return show(request, "calendar/one.html", {"seer": seer, "brand": row.brand, **facts, **found}, form=form)


def _special(clock: Clock, row: CalendarDay) -> dict[str, Any]:
    """A single day in words; a public holiday stays closed whatever its hours say."""
    said = words.hours(clock.spans_of(row.day))
    return {"day": row.day, "words": words.day(row.day), "hours": said, "label": row.label, "breaks": bool(row.breaks)}


@require_POST
@login_required
def day_add(request: HttpRequest, slug: str, calendar_id: int) -> HttpResponse:
    """Say how some days are; what that moves is shown before it is kept."""
    seer, brand = set_up_of(request, slug)
    row = _one(brand, calendar_id)
    if "back" in request.POST:
        return _show(request, seer, row, day_form=forms.DayForm(initial=request.POST.dict()), is_adding=True)
    form = forms.DayForm(request.POST)
    if form.is_valid():
        given = form.days()
        content = _with_days(row, given)
        if settings_forms.accept(form, queries.checked, content=content, at=timezone.now()):
            moves = _moves(request, seer, row, lambda known: known.instead(row.pk, content))
            if moves:
                return _ask(request, seer, row, moves)
        what = {"calendar_id": row.pk, "days": given, "revision": form.cleaned_data["revision"] or 0}
        who = {"at": timezone.now(), "actor": actor_of(request)}
        saved = None if form.errors else settings_forms.accept(form, commands.put_days, **what, **who)
        if saved:
            messages.success(request, _("The days are kept."))
            return _to(row, f"?year={given[0].day.year}#days")
    return _show(request, seer, row, day_form=form, is_adding=True)


@require_POST
@login_required
def day_remove(request: HttpRequest, slug: str, calendar_id: int) -> HttpResponse:
    """A day is again like the others of its weekday; what that moves is shown before."""
    seer, brand = set_up_of(request, slug)
    row = _one(brand, calendar_id)
    form = forms.RemoveForm(request.POST)
    if not form.is_valid():
        raise Http404
    day = form.cleaned_data["day"]
    if "back" in request.POST:
        return _to(row, "#days")
    content = _without_day(row, day)
    if moves := _moves(request, seer, row, lambda known: known.instead(row.pk, content)):
        return _ask(request, seer, row, moves)
    what = {"calendar_id": row.pk, "days": [day], "revision": form.cleaned_data["revision"]}
    _try(request, commands.remove_days, _("The day is like the others again."), **what)
    return _to(row, "#days")


@require_POST
@login_required
def calendar_switch(request: HttpRequest, slug: str, calendar_id: int, switch: str) -> HttpResponse:
    """Make it the brand's own, or switch it off or on; what the first moves is shown before."""
    seer, brand = set_up_of(request, slug)
    row = _one(brand, calendar_id)
    if switch not in SWITCHES:
        raise Http404
    if "back" in request.POST:
        return _to(row)
    if switch == "default" and (moves := _moves(request, seer, row, lambda known: known.by_default(row.pk))):
        return _ask(request, seer, row, moves)
    command, said = SWITCHES[switch]
    _try(request, command, str(said), calendar_id=row.pk, revision=_number(request.POST.get("revision", "")))
    return _to(row)


@require_POST
@login_required
def calendar_team(request: HttpRequest, slug: str, calendar_id: int) -> HttpResponse:
    """A team works by this calendar from now on, or by the brand's again; what that moves is shown before."""
    seer, brand = set_up_of(request, slug)
    row, is_leaving = _one(brand, calendar_id), "leaves" in request.POST
    form = forms.TeamForm(request.POST, brand=brand, calendar=row, is_leaving=is_leaving)
    if "back" in request.POST or not form.is_valid():
        return _to(row, "#teams")
    team, key = form.cleaned_data["team"], None if is_leaving else row.pk
    if moves := _moves(request, seer, row, lambda known: known.given_to(team, key)):
        return _ask(request, seer, row, moves)
    _try(request, commands.set_team_calendar, _("Kept."), team_id=team, calendar_id=key)
    return _to(row, "#teams")


def _try(request: HttpRequest, command: Callable[..., Any], said: str, **what: Any) -> None:
    """Do it and say so, or say why it cannot be."""
    try:
        command(**what, at=timezone.now(), actor=actor_of(request))
    except (errors.NotFound, errors.NotAllowed):
        raise
    except errors.Refused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, said)


def _number(word: str) -> int:
    return int(word) if word.isascii() and word.isdecimal() and len(word) < 10 else 0


def _to(row: Calendar, rest: str = "") -> HttpResponse:
    return HttpResponseRedirect(reverse("settings-calendar", args=[row.brand.slug, row.pk]) + rest)


@require_safe
@login_required
def calendar_check(request: HttpRequest, slug: str, calendar_id: int) -> HttpResponse:
    """So much time on from an instant, and the time between two, counted before one's eyes."""
    seer, brand = read_of(request, slug)
    row = _one(brand, calendar_id)
    clock = queries.calendar_of(row)
    now = timezone.localtime(timezone.now(), clock.zone).replace(second=0, microsecond=0, tzinfo=None)
    add = forms.AddForm(
        request.GET if "amount" in request.GET else None, initial={"start": now, "amount": 4, "unit": Unit.OPEN_HOUR}
    )
    span = forms.BetweenForm(
        request.GET if "ends" in request.GET else None, initial={"begins": now, "ends": now + timedelta(days=7)}
    )
    facts: dict[str, Any] = {"seer": seer, "brand": brand, "calendar": row, "add": add, "span": span}
    if add.is_valid():
        given = add.cleaned_data
        how = {"end_of_day": given["end_of_day"]}
        facts["added"] = _count(add, check.added, clock, given["start"], given["amount"], Unit(given["unit"]), **how)
    if span.is_valid():
        facts["between"] = _count(span, check.between, clock, span.cleaned_data["begins"], span.cleaned_data["ends"])
    status = 422 if add.errors or span.errors else 200
    answer = show(request, "calendar/check.html", {**facts, "part": "calendars", "told": _told(row)})
    answer.status_code = status
    return answer


def _count(form: Form, count: Callable[..., check.Counted], *what: Any, **how: Any) -> check.Counted | None:
    try:
        return count(*what, **how)
    except check.NoAnswer as refused:
        form.add_error(None, str(refused))
        return None
