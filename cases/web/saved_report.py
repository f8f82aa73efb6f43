"""Saved reports: kept under a name, shared, opened again, sent by mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases import errors
from cases.commands import saved_report as commands
from cases.models import SavedReport, Seer
from cases.queries.reports import mailed, saved, schedule_words
from cases.queries.reports.asked import Asked
from cases.web.desk import actor_of, seer_of
from cases.web.report_frame import for_readers
from cases.web.saved_report_forms import KeepForm, SaveForm, ScheduleForm
from cases.web.settings_forms import accept

# What keeps a mail from somebody, by the code of ``saved.recipients``.
WHY = {
    "left": lazy("has left and gets nothing"),
    "no_reports": lazy("may no longer read reports and gets nothing"),
    "no_people": lazy("may not read figures by person and gets nothing"),
    "no_brand": lazy("may read no report of these brands and gets nothing"),
}


@dataclass(frozen=True)
class Kept:
    """One saved report as a page shows it."""

    saved: SavedReport
    seer: Seer
    now: datetime
    is_sending: bool = True

    @property
    def title(self) -> str:
        """The report that it is of."""
        return saved.title_of(self.saved.report)

    @property
    def is_mine(self) -> bool:
        """Whether the reader made it, and may change it."""
        return self.saved.owner_id == self.seer.person_id

    @property
    def asked(self) -> Asked | None:
        """What it asks today; nothing where that can no longer be asked."""
        try:
            return saved.asked_of(self.saved, self.now) if saved.known(self.saved.report) else None
        except errors.Refused:
            return None

    @property
    def href(self) -> str:
        """The report, with what it asks."""
        return f"{saved.address_of(self.saved.report)}?{self.asked.query}" if self.asked else ""

    @property
    def period(self) -> str:
        """Its period, as it moves."""
        return saved.period_said(self.asked) if self.asked else ""

    @property
    def filters(self) -> list[tuple[str, str]]:
        """What it is filtered by."""
        return saved.filter_words(self.asked, self.seer) if self.asked else []

    @property
    def splits(self) -> str:
        """What it is split by."""
        return ", ".join(str(each.label) for each in self.asked.splits) if self.asked else ""

    @property
    def schedule(self) -> str:
        """When it is sent; nothing where it is not."""
        return schedule_words.said(self.saved) if self.saved.rhythm else ""

    @property
    def next_day(self) -> str:
        """When it is sent next."""
        return schedule_words.next_day(self.saved)

    @property
    def stopped(self) -> str:
        """Why it is sent no more though it was to be."""
        if not self.saved.rhythm or self.is_sending:
            return ""
        given = {"name": self.saved.owner.name}
        if not self.saved.owner.is_active:
            return _("%(name)s, who had it sent, has left, so it is sent no more. Save it for yourself.") % given
        return _("%(name)s, who had it sent, may no longer read reports, so it is sent no more.") % given


@require_safe
@for_readers
def saved_reports(request: HttpRequest) -> HttpResponse:
    """One's own saved reports, and those that colleagues share or send."""
    seer, now = seer_of(request), timezone.now()
    rows = saved.listed(seer)
    sending = saved.senders({each.owner_id for each in rows})
    found = [Kept(each, seer, now, each.owner_id in sending) for each in rows]
    context = {
        "mine": [each for each in found if each.is_mine],
        "others": [each for each in found if not each.is_mine],
    }
    return render(request, "report/saved_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_readers
def new(request: HttpRequest) -> HttpResponse:
    """Keep what the address or the hidden fields ask under a name."""
    seer, now = seer_of(request), timezone.now()
    given = request.POST if request.method == "POST" else request.GET
    asked = Asked.of(
        given.get("report", ""), {key: given.getlist(key) for key in given}, now=now, zone=settings.TIME_ZONE
    )
    if not saved.known(asked.report):
        raise errors.NotFound
    kept = [each for each in saved.listed(seer) if each.owner_id == seer.person_id]
    form = SaveForm(request.POST if request.method == "POST" else None, kept=kept)
    if request.method == "POST" and form.is_valid():
        made = _keep(request, form, asked, {str(each.public_id): each.pk for each in kept})
        if made is not None:
            messages.success(request, _("Saved: “%(name)s”.") % {"name": made.name})
            return redirect("saved-report", made.public_id)
    about = Kept(
        SavedReport(report=asked.report, asked=asked.json, owner_id=seer.person_id or 0, zone=asked.period.zone),
        seer,
        now,
    )
    context = {"form": form, "asked": asked, "about": about}
    return render(request, "report/saved_new.html", context, status=422 if form.errors else 200)


def _keep(request: HttpRequest, form: SaveForm, asked: Asked, kept: dict[str, int]) -> SavedReport | None:
    said = form.cleaned_data
    arguments: dict[str, Any] = {
        "asked": asked,
        "name": said["name"],
        "is_shared": said["is_shared"],
        "at": timezone.now(),
        "actor": actor_of(request),
    }
    instead = kept.get(said.get("instead", ""))
    if instead is None:
        return accept(form, commands.save_report, **arguments)
    return accept(form, commands.change_report, saved_id=instead, **arguments)


@require_http_methods(["GET", "HEAD", "POST"])
@for_readers
def saved_report(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One saved report with what it asks, who gets it and when; posted: its name, and whether it is shared."""
    found = saved.one(seer_of(request), public_id)
    if request.method != "POST":
        return _page(request, found)
    form = KeepForm(request.POST)
    arguments: dict[str, Any] = {"saved_id": found.pk, "at": timezone.now(), "actor": actor_of(request)}
    made = accept(form, commands.change_report, **form.cleaned_data, **arguments) if form.is_valid() else None
    if made is not None:
        messages.success(request, _("Kept."))
        return redirect("saved-report", public_id)
    return _page(request, found, keep=form)


@require_POST
@for_readers
def schedule(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Have it sent by mail."""
    seer = seer_of(request)
    found = saved.one(seer, public_id)
    _require_own(found, seer)
    form = ScheduleForm(request.POST, saved=found, candidates=_candidates(found, seer))
    arguments: dict[str, Any] = {"saved_id": found.pk, "at": timezone.now(), "actor": actor_of(request)}
    if form.is_valid():
        made = accept(form, commands.schedule, **form.arguments(), **arguments)
        if made is not None:
            messages.success(request, _("It is sent %(schedule)s.") % {"schedule": schedule_words.said(made)})
            return redirect("saved-report", public_id)
    return _page(request, found, times=form)


@require_POST
@for_readers
def unschedule(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Have it sent no more."""
    found = saved.one(seer_of(request), public_id)
    commands.unschedule(saved_id=found.pk, at=timezone.now(), actor=actor_of(request))
    messages.success(request, _("It is sent no more."))
    return redirect("saved-report", public_id)


@require_POST
@for_readers
def leave(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Get it no more by mail."""
    found = saved.one(seer_of(request), public_id)
    commands.leave_report(saved_id=found.pk, at=timezone.now(), actor=actor_of(request))
    messages.success(request, _("You get “%(name)s” no more by mail.") % {"name": found.name})
    return redirect("saved-reports")


@require_POST
@for_readers
def drop(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Put it away for everybody."""
    found = saved.one(seer_of(request), public_id)
    commands.drop_report(saved_id=found.pk, at=timezone.now(), actor=actor_of(request))
    messages.success(request, _("“%(name)s” is deleted.") % {"name": found.name})
    return redirect("saved-reports")


@require_POST
@for_readers
def send(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Send it to oneself, now."""
    seer, now = seer_of(request), timezone.now()
    found = saved.one(seer, public_id)
    letter = mailed.letter(found, request.user, now=now)  # type: ignore[arg-type]
    commands.send_now(saved_id=found.pk, letter=letter, at=now, actor=actor_of(request))
    told = _("It is on its way to %(address)s, with its file as soon as that is written.")
    messages.success(request, told % {"address": letter.recipient})
    return redirect("saved-report", public_id)


def _require_own(found: SavedReport, seer: Seer) -> None:
    if found.owner_id != seer.person_id:
        raise errors.NotAllowed


def _candidates(found: SavedReport, seer: Seer) -> Any:
    return saved.candidates(seer, saved.asked_of(found, timezone.now()))


def _page(
    request: HttpRequest, found: SavedReport, *, keep: KeepForm | None = None, times: ScheduleForm | None = None
) -> HttpResponse:
    seer, now = seer_of(request), timezone.now()
    about = Kept(found, seer, now, bool(saved.senders([found.owner_id])))
    context: dict[str, Any] = {"about": about}
    recipients = saved.recipients(found, about.asked)
    if about.is_mine:
        context["keep"] = keep or KeepForm(initial={"name": found.name, "is_shared": found.is_shared})
        if about.asked:
            context["times"] = times or ScheduleForm(saved=found, candidates=_candidates(found, seer))
    context["recipients"] = [(each.person, WHY.get(each.why, "")) for each in recipients] if about.is_mine else []
    is_sent_to_me = any(each.person.pk == seer.person_id for each in recipients)
    context["gets_it"] = is_sent_to_me and not about.is_mine
    is_wrong = any(form is not None and form.errors for form in (keep, times))
    return render(request, "report/saved.html", context, status=422 if is_wrong else 200)
