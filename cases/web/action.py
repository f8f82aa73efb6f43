"""Resolution actions, done from beside the case: planned, started, proven, failed, waived."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cases import errors
from cases.commands import action as commands
from cases.commands import approval as approvals
from cases.models import Action, Asked, Case
from cases.queries import action as actions
from cases.queries import authority, people, standing
from cases.queries import case as cases
from cases.rules import money
from cases.vocabulary import ActionStatus, Permission
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


def _planning(case: Any, kind_id: int | None = None) -> dict[str, Any]:
    """What a form that plans shows beside its fields: who decides what is typed."""
    query = f"?kind={kind_id}" if kind_id else ""
    return {"live_url": reverse("case-power", args=[case.reference]) + query, "power": standing.Outlook()}


def _became(action: Action, usual: str) -> str:
    """What became of an action that was planned or decided: decided now, or whom it waits for."""
    if action.status != ActionStatus.AWAITING_APPROVAL:
        return usual
    asked = Asked.objects.filter(approval__action=action, reply="", passed="").select_related("person").first()
    return _("%(name)s is asked to approve it.") % {"name": asked.person.name if asked else ""}


@require_safe
@desk.of_case
def power(request: HttpRequest, case: Any) -> HttpResponse:
    """What the person may decide of the kind and amount that stand in the form, or who would be asked."""
    desk.require(request, case, Permission.ACT)
    found = [kind for kind in actions.kinds(case) if str(kind.pk) == request.GET.get("kind", "")]
    outlook = standing.Outlook()
    if found:
        try:
            typed = money.parse_amount(request.GET.get("amount", "").strip() or "0")
            if typed:
                money.valid_amount(typed, case.brand.currency)
        except money.AmountError:
            return HttpResponse()
        amount = typed if typed and found[0].has_amount else None
        outlook = standing.outlook(request.user.pk or 0, case, found[0], amount, timezone.now())
    return render(request, "case/power.html", {"power": outlook})


@desk.of_case
def add(request: HttpRequest, case: Any) -> HttpResponse:
    """Plan something for the complainant."""
    desk.require(request, case, Permission.ACT)
    form = forms.Plan(desk.given(request), **_choices(request, case), initial={"once": uuid.uuid4()})
    url = reverse("action-add", args=[case.reference])
    facts = _planning(case)
    slot = Slot(
        _("What we do for them"), "plus", form, url, _("Add the action"), template="case/plan.html", facts=facts
    )
    made: list[Action] = []

    def command(words: dict[str, Any]) -> None:
        made.append(
            commands.add_action(
                case_id=case.pk,
                kind_id=words["kind"],
                wording=words["wording"],
                is_required=words["is_required"],
                amount=words["amount"],
                owner_id=words["owner"],
                team_id=words["team"],
                due_at=forms.end_of(words["due_on"]),
                reason=words["reason"],
                once=words["once"],
                at=timezone.now(),
                actor=desk.actor_of(request),
            )
        )

    return desk.ask(request, case, slot, command, lambda: _became(made[0], _("The action is planned.")))


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
    url, facts = _url("action-change", action), _planning(case, action.kind_id)
    slot = Slot(gatelines.title_of(action), "pencil", form, url, _("Keep"), template="case/plan.html", facts=facts)
    made: list[Action] = []

    def command(words: dict[str, Any]) -> None:
        same_day = words["due_on"] == planned["due_on"]
        changed = commands.change_action(
            action_id=action.pk,
            wording=words["wording"],
            is_required=words.get("is_required", action.is_required),
            amount=words.get("amount", action.amount),
            owner_id=words["owner"],
            team_id=words["team"],
            due_at=action.due_at if same_day else forms.end_of(words["due_on"]),
            reason=words["reason"],
            revision=words["revision"],
            at=timezone.now(),
            actor=desk.actor_of(request),
        )
        made.append(changed)

    return desk.ask(request, case, slot, command, lambda: _became(made[0], _("The action is changed.")))


@of_action
def decide(request: HttpRequest, case: Any, action: Any) -> HttpResponse:
    """Decide it oneself, or ask whoever can, with the reason."""
    desk.require(request, case, Permission.ACT)
    form = forms.Ask(desk.given(request))
    slot = Slot(
        _("Ask for approval: %(action)s") % {"action": gatelines.title_of(action)},
        "scale",
        form,
        _url("action-decide", action),
        _("Ask"),
        hint=_("The nearest person who may decide exactly this is asked at once, by page and by mail."),
    )
    made: list[Action] = []

    def command(words: dict[str, Any]) -> None:
        decided = approvals.request(
            action_id=action.pk, reason=words["reason"], at=timezone.now(), actor=desk.actor_of(request)
        )
        made.append(decided)

    return desk.ask(request, case, slot, command, lambda: _became(made[0], _("Decided.")))


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
            done_on=words.get("done_on"),
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
    was_refused = action.status == ActionStatus.REFUSED
    commands.propose_again(action_id=action.pk, at=timezone.now(), actor=desk.actor_of(request))
    return desk.done(request, case, _("Proposed again. Change it first.") if was_refused else _("Proposed again."))


@of_action
def waive(request: HttpRequest, case: Any, action: Any) -> HttpResponse:
    """A manager takes it upon them that this is not done."""
    if not authority.may_waive(request.user.pk or 0, case, action.kind_id, timezone.now()):
        raise errors.NotAllowed
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
