"""A later date for a deadline: why, and what the complainant is told before the old one is over."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import errors
from cases.commands import deadline as commands
from cases.commands import moves
from cases.models import Deadline
from cases.queries import deadline as deadlines
from cases.queries import delay, timing
from cases.rules import deadlines as rules
from cases.vocabulary import Due, Goal, Needs, Permission
from cases.web import desk
from cases.web.desk import Slot
from cases.web.forms import area

HERE = "here"
# What a prepared message ends with, until somebody has said why.
OPEN_END = "…"


class Extend(forms.Form):
    """Why a deadline gets a later date; the reason stays with us, the message goes to the complainant."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=commands.LONGEST_REASON,
        widget=area(2),
        help_text=gettext_lazy("Only colleagues read it."),
    )


class ExtendWithNotice(Extend):
    """The same, where the complainant has to be told before the date."""

    told = forms.ChoiceField(label=gettext_lazy("The complainant is told"))
    text = forms.CharField(label=gettext_lazy("Message to the complainant"), widget=area(6), required=False)

    def __init__(self, *args: Any, sent: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        written = [(str(each.pk), _("by what was sent %(when)s") % {"when": _moment(each.sent_at)}) for each in sent]
        choices = [(HERE, _("by the message below")), *written]
        self.fields["told"].choices = choices  # type: ignore[attr-defined]  # it is a choice

    def clean(self) -> dict[str, Any]:
        """The message, where it is the one that tells them; it says why in the end."""
        words = super().clean() or {}
        if words.get("told") != HERE:
            return words | {"text": ""}
        text = (words.get("text") or "").strip()
        if not text:
            self.add_error("text", _("Write what the complainant is told, or choose the message that told them."))
        elif text.endswith(OPEN_END):
            self.add_error("text", _("Say at the end of the message what still takes time."))
        return words


def _moment(at: Any) -> str:
    return date_format(timezone.localtime(at), "j M, H:i")


@desk.of_case
def extend(request: HttpRequest, case: Any, deadline_id: int) -> HttpResponse:
    """Give a deadline the later date that its policy allows; before the date only."""
    desk.require(request, case, Permission.ANSWER)
    found = deadlines.deadline_to_extend(desk.seer_of(request), case, deadline_id)
    if found is None:
        raise errors.NotFound
    found.case = case
    until = deadlines.extended_until(found)
    url = reverse("deadline-extend", args=[case.reference, found.pk])
    title = _("A later date: %(what)s") % {"what": str(Goal(found.goal).label).lower()}
    refusal = why_not(found, until)
    if refusal and request.method != "POST":
        return desk.show(request, case, Slot(title, "calendar-event", forms.Form(), url, "", hint=refusal))
    slot = Slot(title, "calendar-event", _form(request, case, found, until), url, _("Give it the later date"))
    if until is not None:
        slot.hint = _("From %(old)s to %(new)s, and no later.") % {"old": _moment(found.due_at), "new": _moment(until)}
    if isinstance(slot.form, ExtendWithNotice):
        slot.template = "case/extend-form.html"
        slot.button = _("Tell them, and give it the later date")
    return desk.ask(
        request, case, slot, lambda words: _extend(request, found, words), _("The deadline has its later date.")
    )


def _form(request: HttpRequest, case: Any, found: Deadline, until: Any) -> forms.Form:
    needs_notice = found.policy is not None and found.policy.extends == Needs.NOTICE
    if not needs_notice or delay.is_told_by_writing(found.goal):
        return Extend(desk.given(request))
    text = moves.delay_text(case, Goal(found.goal), found.due_at, until, moves.language_of(case))
    return ExtendWithNotice(desk.given(request), sent=delay.messages_since(found), initial={"text": text, "told": HERE})


def _extend(request: HttpRequest, found: Deadline, words: dict[str, Any]) -> None:
    told = words.get("told", "")
    commands.extend(
        deadline_id=found.pk,
        reason=words["reason"],
        message_id=int(told) if told.isdecimal() else None,
        text=words.get("text", ""),
        at=timezone.now(),
        actor=desk.actor_of(request),
    )


def why_not(found: Deadline, until: Any) -> str:
    """Why the deadline cannot have a later date, and what to do instead; nothing when it can."""
    row = timing.row_of(found)
    how = rules.how(row, timezone.now())
    if found.policy is None:
        return _("What was promised is moved where the action is changed: give it another day there.")
    if found.policy.extends == Needs.NEVER:
        return _("Its policy allows no later date. Tell the complainant before the date when they can count on it.")
    if row.is_settled:
        return _("It is met or has ended: there is nothing to move.")
    if how == Due.LATE:
        return _(
            "Its date is over, and a missed deadline stays missed. Write to the complainant now, in private: "
            "that you are late, why, and when they have your answer."
        )
    if until is None:
        return _("It has the latest date that its policy allows. Tell the complainant before it is over.")
    return ""
