"""What the desk's pages share: whose request it is, the case page and its parts, a form beside it, what follows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from cases import errors
from cases.commands import moves
from cases.models import Case, Seer
from cases.queries import action as actions
from cases.queries import case as cases
from cases.queries import cause as causes
from cases.queries import dialogue, people, standing
from cases.rules import permission as permissions
from cases.vocabulary import Actor, Audience, Inbox, Order, Permission, Status
from cases.web import answer_forms, compose, deadline_words, gatelines, journal, seen

P = ParamSpec("P")
Words = str | Promise
# Refusals that belong beside the field that caused them; what was typed stays in the form.
_BESIDE_FORM = (
    errors.Invalid,
    errors.ProofMissing,
    errors.NotOwnable,
    errors.Unreachable,
    errors.FileRefused,
    errors.ChangedMeanwhile,
    errors.IllegalMove,
    errors.IllegalActionMove,
    errors.Frozen,
    errors.AnswerIncomplete,
    errors.AboveAuthority,
    errors.BudgetExhausted,
    errors.NobodyMayDecide,
    errors.NoRate,
    errors.SentAlready,
    errors.CannotBeExtended,
)
PARTS = ("head", "public", "private", "notes", "side", "journal")
NARROW = ("brand", "channel", "category", "severity", "tag", "late")
LIST = ("view", "order", *NARROW)
# What is sorted by in a view where nothing is done any more says nothing.
_OF_OPEN_ONES = frozenset({Order.URGENT, Order.DUE})


def seer_of(request: HttpRequest) -> Seer:
    """What the person may see, read once for a request; the shell uses it too."""
    if not hasattr(request, "seer"):
        request.seer = people.seer_of(request.user.pk)  # type: ignore[attr-defined]
    seer: Seer = request.seer  # type: ignore[attr-defined]
    return seer


def actor_of(request: HttpRequest) -> Actor:
    """The person, acting."""
    return Actor.person(request.user.pk or 0)


def given(request: HttpRequest) -> Any:
    """What a form was sent with, or None while it is only shown."""
    return request.POST if request.method == "POST" else None


def of_case(
    view: Callable[Concatenate[HttpRequest, Any, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, str, P], HttpResponse]:
    """A view of one case, given its reference: signed in, and theirs to see."""

    @wraps(view)
    def found(request: HttpRequest, reference: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        return view(request, cases.of_reference(seer_of(request), reference, request.user.pk), *args, **kwargs)

    return login_required(found)  # type: ignore[return-value]


def rights(request: HttpRequest, case: Case) -> dict[str, bool]:
    """What the person may do to this case, by the name of the permission."""
    role = seer_of(request).roles.get(case.brand_id)
    return {permission.value: permissions.may(role, permission) for permission in Permission}


def require(request: HttpRequest, case: Case, permission: Permission) -> None:
    """Refuse before a form is filled in that could not be sent."""
    if not permissions.may(seer_of(request).roles.get(case.brand_id), permission):
        raise errors.NotAllowed


# ---- the list ----


def wanted(request: HttpRequest) -> cases.Wanted:
    """Which list the address asks for; what is no value of a filter is no filter."""
    asked = request.GET
    view = asked.get("view", "")
    order = asked.get("order", "")
    shown = Inbox(view) if view in Inbox.values else cases.usual_view(seer_of(request))
    chosen = Order(order) if order in Order.values else Order.URGENT

    def number(name: str) -> int | None:
        word = asked.get(name, "")
        return int(word) if word.isdecimal() and len(word) < 19 else None

    return cases.Wanted(
        shown,
        # Nothing is urgent any more about what is handled.
        Order.NEWEST if chosen in _OF_OPEN_ONES and shown == Inbox.HANDLED else chosen,
        number("brand"),
        number("channel"),
        number("category"),
        number("severity"),
        asked.get("after", ""),
        number("tag"),
        timezone.now() if asked.get("late") else None,
    )


def list_query(request: HttpRequest, **changes: str) -> str:
    """The list's part of an address, changed in some places."""
    kept = {name: request.GET[name] for name in LIST if request.GET.get(name)}
    return urlencode({name: value for name, value in (kept | changes).items() if value})


def list_facts(request: HttpRequest) -> dict[str, Any]:
    """What the list pane shows."""
    asked = wanted(request)
    query = list_query(request)
    page = cases.inbox(seer_of(request), asked)
    narrowed = [name for name in NARROW if request.GET.get(name)]
    return {
        "view": asked.view,
        "order": asked.order,
        "orders": [
            (order, list_query(request, order=order.value))
            for order in Order
            if order not in _OF_OPEN_ONES or asked.view != Inbox.HANDLED
        ],
        "rows": [gatelines.row(row) for row in page.rows],
        "after": page.after,
        "more_query": list_query(request) + ("&" if query else "") + urlencode({"after": page.after}),
        "list_query": query,
        "narrowed": narrowed,
        "wide_query": list_query(request, **dict.fromkeys(narrowed, "")),
        "is_first": not asked.after,
    }


# ---- one case ----


@dataclass
class Slot:
    """A form that stands beside a case: what it asks, where it goes, how its button is called."""

    title: Words
    icon: str
    form: forms.Form
    url: str
    button: Words
    hint: Words = ""
    css: str = "btn-primary"
    has_files: bool = False
    notes: Sequence[Any] = field(default_factory=list)
    once: str = ""
    # Where a row of fields is not enough: a template of its own, and what it shows.
    template: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


def part_facts(request: HttpRequest, case: Any, part: str) -> dict[str, Any]:
    """What one part of the case page shows."""
    read: dict[str, Callable[[], dict[str, Any]]] = {
        "public": lambda: _public(case),
        "private": lambda: _private(case),
        "notes": lambda: _notes(case),
        "side": lambda: _side(request, case),
        "journal": lambda: journal.facts(request, case, seer_of(request)),
    }
    return read[part]() if part in read else {}


def frame(request: HttpRequest, case: Any) -> dict[str, Any]:
    """What every part of the case page needs."""
    return {
        "case": case,
        "may": rights(request, case),
        "is_mine": case.owner_id == request.user.pk,
        "is_unhandled": case.status in {Status.NEW, Status.OPEN, Status.WAITING},
        "is_owned": case.status in {Status.OPEN, Status.WAITING},
        "them": gatelines.name_of(case),
        "list_query": list_query(request),
    }


def _public(case: Any) -> dict[str, Any]:
    posts: list[Any] = list(dialogue.public_lane(case))
    dialogue.attach_files(post=posts)
    return _shown_public(posts)


def _shown_public(posts: list[Any]) -> dict[str, Any]:
    shown = [seen.of(post) for post in posts]
    return {
        "posts": [each for each in shown if each.post.channel.is_public],
        "letters": [each for each in shown if not each.post.channel.is_public],
        "views": sum(each.views or 0 for each in shown),
        "has_several_posts": len(shown) > 1,
    }


def _private(case: Any) -> dict[str, Any]:
    threads = dialogue.private_lane(case, timezone.now())
    dialogue.attach_files(message=[message for thread in threads for message in thread.messages.all()])
    return _shown_private(threads)


def _shown_private(threads: list[Any]) -> dict[str, Any]:
    return {"threads": [compose.thread(thread) for thread in threads]}


def _notes(case: Any) -> dict[str, Any]:
    notes: list[Any] = dialogue.notes(case)
    dialogue.attach_files(note=notes)
    return {"notes": notes}


def _side(request: HttpRequest, case: Any) -> dict[str, Any]:
    todo: list[Any] = actions.of_case(case)
    dialogue.attach_files(action=todo)
    return _shown_side(request, case, todo)


def _stand(request: HttpRequest, case: Any, todo: list[Any], may: dict[str, bool]) -> None:
    """Give each action how it stands with authority for who looks at it."""
    known: dict[int, standing.Standing] = {}
    if todo:
        known = standing.of_case(case, request.user.pk or 0, timezone.now(), is_able=may["act"])
    for action in todo:
        action.standing = known.get(action.pk, standing.Standing())


def _shown_side(request: HttpRequest, case: Any, todo: list[Any]) -> dict[str, Any]:
    may = rights(request, case)
    _stand(request, case, todo, may)
    gate = gatelines.gate(case, todo, may)
    return {
        "actions": [gatelines.dressed(action) for action in todo],
        "gate": gate,
        "causes": answer_forms.cause_choices(causes.offered(case.brand_id, case.cause_id)) if gate.is_open else [],
        "cause_path": causes.path(case.cause),
        **deadline_words.facts(case, may),
    }


def page(
    request: HttpRequest,
    case: Any,
    *,
    slot: Slot | None = None,
    composer: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The whole case page, with a form beside it if one is open."""
    posts: list[Any] = list(dialogue.public_lane(case))
    threads = dialogue.private_lane(case, timezone.now())
    notes: list[Any] = dialogue.notes(case)
    todo: list[Any] = actions.of_case(case)
    said = [message for thread in threads for message in thread.messages.all()]
    dialogue.attach_files(post=posts, message=said, note=notes, action=todo)
    facts = frame(request, case) | _shown_public(posts) | _shown_private(threads)
    facts |= {"notes": notes} | _shown_side(request, case, todo) | list_facts(request)
    if request.GET.get("tab") == "journal":
        facts |= journal.facts(request, case, seer_of(request))
    facts |= compose.facts(request, case, posts, threads, composer) | {"slot": slot}
    return render(request, "case/page.html", facts, status=status)


def show(request: HttpRequest, case: Any, slot: Slot, status: int = 200) -> HttpResponse:
    """A form beside its case: the form alone for htmx, the whole page otherwise."""
    typed = [bound for bound in slot.form.visible_fields() if not isinstance(bound.field.widget, forms.RadioSelect)]
    if typed and not any("data-focus" in bound.field.widget.attrs for bound in typed):
        typed[0].field.widget.attrs["data-focus"] = ""
    if request.headers.get("HX-Request"):
        return render(request, "case/form.html", frame(request, case) | {"slot": slot}, status=status)
    return page(request, case, slot=slot, status=status)


def ask(
    request: HttpRequest,
    case: Any,
    slot: Slot,
    command: Callable[[dict[str, Any]], object],
    said: Words | Callable[[], Words],
    *,
    is_whole: bool = False,
) -> HttpResponse:
    """Show the form; once it is sent and valid, do what it says, or show it again with what is wrong."""
    if request.method != "POST":
        return show(request, case, slot)
    if slot.form.is_valid() and attempt(slot.form, lambda: command(slot.form.cleaned_data)):
        return done(request, case, said() if callable(said) else said, is_whole=is_whole)
    return show(request, case, slot, status=422)


def attempt(form: forms.Form, command: Callable[[], object]) -> bool:
    """Whether the command did it; what it refuses is said in the form."""
    try:
        command()
    except _BESIDE_FORM as refused:
        name = getattr(refused, "field", None)
        form.add_error(name if name in form.fields else None, refused.message)
        return False
    return True


def done(request: HttpRequest, case: Case, said: Words, *, is_whole: bool = False) -> HttpResponse:
    """What follows a change: the parts of the page refresh themselves, or the page is loaded again."""
    target = case_url(request, case)
    if said:
        messages.success(request, str(said))
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect(target)
    if is_whole:
        response = HttpResponse()
        response["HX-Redirect"] = target
        return response
    return refreshed(render(request, "case/done.html"), case)


def refreshed(response: HttpResponse, case: Case) -> HttpResponse:
    """An answer that also makes the open page ask for what changed."""
    response["HX-Trigger"] = f"casedesk:case-{case.reference}, casedesk:changed"
    return response


def case_url(request: HttpRequest, case: Case) -> str:
    """The case page, beside the list it was opened from."""
    query = list_query(request)
    return reverse("case", args=[case.reference]) + (f"?{query}" if query else "")


def uploads(request: HttpRequest) -> list[moves.Upload]:
    """The files of a form, judged and stored."""
    return [moves.store(name=file.name or _("file"), content=file.read()) for file in request.FILES.getlist("files")]


def audience(name: str) -> Audience:
    """An audience by its name in an address; raises NotFound."""
    if name not in Audience.values:
        raise errors.NotFound
    return Audience(name)
