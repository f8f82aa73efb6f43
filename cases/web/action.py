"""Resolution actions, done from beside the case: planned, started, proven, failed, waived."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases.commands import action as commands
from cases.models import Case
from cases.queries import action as actions
from cases.queries import case as cases
from cases.queries import people
from cases.vocabulary import Permission
from cases.web import desk, forms, gatelines
from cases.web.desk import Slot


def of_action(view: Callable[[HttpRequest, Any, Any], HttpResponse]) -> Callable[..., HttpResponse]:
    """A view of one action and its case: signed in, and theirs to see."""

    @wraps(view)
    def found(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
        seer = desk.seer_of(request)
        action = actions.by_id(seer, public_id)
        return view(request, cases.of_reference(seer, action.case.reference, request.user.pk), action)

    return login_required(found)


def _choices(request: HttpRequest, case: Case) -> dict[str, Any]:
    return {
        "kinds": actions.kinds(case),
        "able": [p for p in people.colleagues(desk.seer_of(request), case.brand_id) if p.pk != case.about_id],
        "teams": actions.teams(case),
    }


@desk.of_case
def add(request: HttpRequest, case: Any) -> HttpResponse:
    """Plan something for the complainant."""
    desk.require(request, case, Permission.ACT)
    form = forms.Plan(desk.given(request), **_choices(request, case), initial={"once": uuid.uuid4()})
    url = reverse("action-add", args=[case.reference])
    slot = Slot(_("What we do for them"), "plus", form, url, _("Add the action"))
    return desk.ask(
        request,
        case,
        slot,
        lambda words: commands.add_action(
            case_id=case.pk,
            kind_id=words["kind"],
            wording=words["wording"],
            is_required=words["is_required"],
            amount=words["amount"],
            owner_id=words["owner"],
            team_id=words["team"],
            due_at=forms.end_of(words["due_on"]),
            once=words["once"],
            at=timezone.now(),
            actor=desk.actor_of(request),
        ),
        _("The action is planned."),
    )


@of_action
def change(request: HttpRequest, case: Any, action: Any) -> HttpResponse:
    """Change what is planned."""
    desk.require(request, case, Permission.ACT)
    planned = {
        "wording": action.wording,
        "amount": forms.amount_text(action.amount),
        "due_on": timezone.localdate(action.due_at) if action.due_at else None,
        "owner": action.owner_id,
        "team": action.team_id,
        "is_required": action.is_required,
        "revision": case.revision,
    }
    form = forms.Change(desk.given(request), **_choices(request, case), action=action, initial=planned)
    slot = Slot(gatelines.title_of(action), "pencil", form, _url("action-change", action), _("Keep"))

    def command(words: dict[str, Any]) -> object:
        same_day = words["due_on"] == planned["due_on"]
        return commands.change_action(
            action_id=action.pk,
            wording=words["wording"],
            is_required=words.get("is_required", action.is_required),
            amount=words.get("amount", action.amount),
            owner_id=words["owner"],
            team_id=words["team"],
            due_at=action.due_at if same_day else forms.end_of(words["due_on"]),
            revision=words["revision"],
            at=timezone.now(),
            actor=desk.actor_of(request),
        )

    return desk.ask(request, case, slot, command, _("The action is changed."))


@require_POST
@of_action
def start(request: HttpRequest, case: Any, action: Any) -> HttpResponse:
    """Somebody is at it."""
    commands.start_action(action_id=action.pk, at=timezone.now(), actor=desk.actor_of(request))
    return desk.done(request, case, _("Started."))


@of_action
def complete(request: HttpRequest, case: Any, action: Any) -> HttpResponse:
    """It is done, and here is the proof."""
    desk.require(request, case, Permission.ACT)
    initial = {"amount": forms.amount_text(action.amount)}
    form = forms.Complete(desk.given(request), request.FILES or None, action=action, initial=initial)
    title = _("Done, with proof: %(action)s") % {"action": gatelines.title_of(action)}
    slot = Slot(title, "checklist", form, _url("action-complete", action), _("It is done"), has_files=True)
    return desk.ask(
        request,
        case,
        slot,
        lambda words: commands.complete_action(
            action_id=action.pk,
            outcome=words["outcome"],
            reference=words["reference"],
            amount=words.get("amount"),
            uploads=desk.uploads(request),
            at=timezone.now(),
            actor=desk.actor_of(request),
        ),
        _("Done, with proof."),
    )


@of_action
def fail(request: HttpRequest, case: Any, action: Any) -> HttpResponse:
    """It was tried and did not work."""
    desk.require(request, case, Permission.ACT)
    title = _("It did not work: %(action)s") % {"action": gatelines.title_of(action)}
    slot = Slot(title, "circle-x", forms.Reason(desk.given(request)), _url("action-fail", action), _("It failed"))
    return desk.ask(
        request,
        case,
        slot,
        lambda words: commands.fail_action(
            action_id=action.pk, reason=words["reason"], at=timezone.now(), actor=desk.actor_of(request)
        ),
        _("Recorded. Propose it again, or plan something else."),
    )


@require_POST
@of_action
def propose_again(request: HttpRequest, case: Any, action: Any) -> HttpResponse:
    """What failed is tried again."""
    commands.propose_again(action_id=action.pk, at=timezone.now(), actor=desk.actor_of(request))
    return desk.done(request, case, _("Proposed again."))


@of_action
def waive(request: HttpRequest, case: Any, action: Any) -> HttpResponse:
    """A manager takes it upon them that this is not done."""
    desk.require(request, case, Permission.WAIVE)
    title = _("Waive: %(action)s") % {"action": gatelines.title_of(action)}
    slot = Slot(
        title,
        "hand-stop",
        forms.Reason(desk.given(request)),
        _url("action-waive", action),
        _("Waive it"),
        hint=_("It will not be done. Your name and the reason stay with the case."),
        css="btn-late",
    )
    return desk.ask(
        request,
        case,
        slot,
        lambda words: commands.waive_action(
            action_id=action.pk, reason=words["reason"], at=timezone.now(), actor=desk.actor_of(request)
        ),
        _("Waived."),
    )


def _url(name: str, action: Any) -> str:
    return reverse(name, args=[action.public_id])
