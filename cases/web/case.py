"""The inbox and the case page; who owns a case, whether it waits, how it is classed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cases import errors
from cases.commands import case as commands
from cases.models import Case, Category
from cases.queries import case as cases
from cases.queries import merging, people
from cases.vocabulary import Inbox, Permission, Severity
from cases.web import desk, forms, triage
from cases.web.desk import Slot
from cases.web.tags import catalogue_text


@require_safe
@login_required
def inbox(request: HttpRequest) -> HttpResponse:
    """A view of the desk: its list, and what to do next."""
    if desk.wanted(request).view == Inbox.TRIAGE:
        return triage.page(request)
    facts = desk.list_facts(request)
    part = request.GET.get("part")
    if part == "rows":
        return render(request, "case/rows.html", facts)
    if part == "filters" or request.GET.get("filters"):
        facts |= _filters(request)
    if part == "filters":
        return render(request, "case/filters.html", facts)
    first = facts["rows"][0].reference if facts["rows"] else ""
    return render(request, "case/inbox.html", facts | {"next": first})


def _filters(request: HttpRequest) -> dict[str, Any]:
    offered = cases.choices(desk.seer_of(request))
    asked = desk.wanted(request)
    several = len({channel.brand_id for channel in offered.channels}) > 1

    def named(each: Any, name: str) -> str:
        return f"{each.brand.name}: {name}" if several else name

    brands = {channel.brand_id: channel.brand.name for channel in offered.channels}
    return {
        "choices": [
            ("brand", _("Brand"), sorted(brands.items(), key=lambda pair: pair[1]), asked.brand_id),
            ("channel", _("Channel"), [(c.pk, named(c, c.name)) for c in offered.channels], asked.channel_id),
            (
                "category",
                _("Category"),
                [(c.pk, named(c, catalogue_text(c.label))) for c in offered.categories],
                asked.category_id,
            ),
            ("severity", _("Severity"), Severity.choices, asked.severity),
            ("tag", _("Tag"), [(tag.pk, named(tag, tag.name)) for tag in offered.tags], asked.tag_id),
        ],
        "is_late_only": asked.late_at is not None,
    }


@require_safe
@desk.of_case
def case(request: HttpRequest, case: Any) -> HttpResponse:
    """One case: what was said in public, in private and among us; what it still needs."""
    part = request.GET.get("part", "")
    if part in desk.PARTS:
        facts = desk.frame(request, case) | desk.part_facts(request, case, part)
        return render(request, f"case/{part}.html", facts)
    return desk.page(request, case)


@require_safe
@login_required
def next_case(request: HttpRequest) -> HttpResponse:
    """My most urgent case, else the most urgent one without an owner."""
    reference = cases.next_urgent(desk.seer_of(request))
    if not reference:
        return HttpResponseRedirect(reverse("inbox"))
    return HttpResponseRedirect(f"{reverse('case', args=[reference])}?view=mine")


@require_POST
@desk.of_case
def take(request: HttpRequest, case: Any) -> HttpResponse:
    """Own a case that nobody owns."""
    commands.take(case_id=case.pk, at=timezone.now(), actor=desk.actor_of(request))
    return desk.done(request, case, _("The case is yours."))


@desk.of_case
def assign(request: HttpRequest, case: Any) -> HttpResponse:
    """Give the case to somebody."""
    desk.require(request, case, Permission.ASSIGN)
    able = [p for p in people.colleagues(desk.seer_of(request), case.brand_id) if p.pk != case.about_id]
    form = forms.Assign(desk.given(request), able=able, initial={"owner": case.owner_id or request.user.pk})
    slot = Slot(_("Who owns this case?"), "user-check", form, _url("case-assign", case), _("Give it to them"))
    return desk.ask(
        request,
        case,
        slot,
        lambda words: commands.assign(
            case_id=case.pk, owner_id=words["owner"], at=timezone.now(), actor=desk.actor_of(request)
        ),
        _("The case has a new owner."),
    )


@desk.of_case
def wait(request: HttpRequest, case: Any) -> HttpResponse:
    """The next move is the complainant's."""
    desk.require(request, case, Permission.WRITE_PRIVATELY)
    slot = Slot(
        _("Wait for the complainant"),
        "st-waiting",
        forms.Wait(desk.given(request)),
        _url("case-wait", case),
        _("Wait"),
        hint=_("Ask them in a message first. The case is open again as soon as they write."),
    )
    return desk.ask(
        request,
        case,
        slot,
        lambda words: commands.wait(
            case_id=case.pk, waiting_for=words["waiting_for"], at=timezone.now(), actor=desk.actor_of(request)
        ),
        _("The case waits for the complainant."),
    )


@require_POST
@desk.of_case
def resume(request: HttpRequest, case: Any) -> HttpResponse:
    """The next move is ours again."""
    commands.resume(case_id=case.pk, at=timezone.now(), actor=desk.actor_of(request))
    return desk.done(request, case, _("The case is open again."))


@desk.of_case
def dismiss(request: HttpRequest, case: Any) -> HttpResponse:
    """Not a complaint after all."""
    desk.require(request, case, Permission.DISMISS)
    slot = Slot(
        _("Dismiss: not a complaint"),
        "ban",
        forms.Reason(desk.given(request)),
        _url("case-dismiss", case),
        _("Dismiss the case"),
        hint=_("Nothing is hidden or deleted: the post stays, with your reason and your name."),
        css="btn-late",
    )
    return desk.ask(
        request,
        case,
        slot,
        lambda words: commands.dismiss(
            case_id=case.pk, reason=words["reason"], at=timezone.now(), actor=desk.actor_of(request)
        ),
        _("The case is dismissed."),
        is_whole=True,
    )


@desk.of_case
def merge(request: HttpRequest, case: Any) -> HttpResponse:
    """A duplicate goes on in another case of the same complainant."""
    desk.require(request, case, Permission.DISMISS)
    others = list(merging.others(desk.seer_of(request), case))
    slot = Slot(
        _("Merge into another case"),
        "git-merge",
        forms.Merge(desk.given(request), others=others) if others else forms.Nothing(),
        _url("case-merge", case),
        _("Merge the cases") if others else "",
        hint=_("This case ends for good: its posts, and the private page if there is one, go on in the other case.")
        if others
        else _("There is no other open case of this complainant that you may open."),
        css="btn-late",
    )
    if not others:
        return desk.show(request, case, slot)
    return desk.ask(
        request,
        case,
        slot,
        lambda words: commands.merge(
            case_id=case.pk,
            into_id=words["into"],
            reason=words["reason"],
            at=timezone.now(),
            actor=desk.actor_of(request),
        ),
        _("The case goes on in the other one."),
        is_whole=True,
    )


@desk.of_case
def split(request: HttpRequest, case: Any, public_id: UUID) -> HttpResponse:
    """A post that is about something else becomes a case of its own, which is shown then."""
    desk.require(request, case, Permission.TRIAGE)
    post_id = merging.post_of(case.pk, public_id)
    if post_id is None:
        raise errors.NotFound
    form = forms.Nothing(desk.given(request))
    slot = Slot(
        _("A case of its own"),
        "arrow-forward-up",
        form,
        reverse("case-split", args=[case.reference, public_id]),
        _("Open a case for it"),
        hint=_("The post leaves this case. The new one begins as every case does, with its own owner and deadlines."),
    )
    made: list[Case] = []

    def command() -> None:
        made.append(commands.split(case_id=case.pk, post_id=post_id, at=timezone.now(), actor=desk.actor_of(request)))

    if request.method == "POST" and desk.attempt(form, command):
        return desk.done(request, made[0], _("The post has a case of its own."), is_whole=True)
    return desk.show(request, case, slot, status=422 if request.method == "POST" else 200)


@require_POST
@desk.of_case
def restrict(request: HttpRequest, case: Any) -> HttpResponse:
    """Close the case to all but its owner, the lead and managers, or open it again."""
    closed = request.POST.get("is_restricted") == "1"
    commands.restrict(case_id=case.pk, is_restricted=closed, at=timezone.now(), actor=desk.actor_of(request))
    said = _("Only the owner, the team’s lead and managers see this case now.") if closed else _("The brand sees it.")
    return desk.done(request, case, said)


@desk.of_case
def classify(request: HttpRequest, case: Any) -> HttpResponse:
    """What the case is about, how bad it is, and what the complainant wants."""
    desk.require(request, case, Permission.TRIAGE)
    found = Category.objects.filter(brand_id=case.brand_id, is_active=True)
    now = {"category": case.category_id, "severity": case.severity, "wish": case.wish, "revision": case.revision}
    form = forms.Classify(desk.given(request), found=found, initial=now)
    slot = Slot(_("Category and severity"), "tag", form, _url("case-classify", case), _("Keep"))
    if not case.category_id:
        slot.hint = _("A first category brings the actions of its playbook.")
    return desk.ask(
        request,
        case,
        slot,
        lambda words: commands.classify(
            case_id=case.pk,
            category_id=words["category"],
            severity=words["severity"],
            wish=words["wish"],
            revision=words["revision"],
            at=timezone.now(),
            actor=desk.actor_of(request),
        ),
        _("Category and severity are kept."),
    )


@desk.of_case
def set_subject(request: HttpRequest, case: Any) -> HttpResponse:
    """Whether the complaint is about a colleague."""
    desk.require(request, case, Permission.RESTRICT)
    able = people.colleagues(desk.seer_of(request), case.brand_id)
    form = forms.About(desk.given(request), able=able, initial={"person": case.about_id})
    slot = Slot(_("About a colleague"), "user-x", form, _url("case-subject", case), _("Keep"))
    return desk.ask(
        request,
        case,
        slot,
        lambda words: commands.set_subject(
            case_id=case.pk, person_id=words["person"], at=timezone.now(), actor=desk.actor_of(request)
        ),
        _("Kept."),
    )


@desk.of_case
def describe_complainant(request: HttpRequest, case: Any) -> HttpResponse:
    """What is known of the complainant."""
    desk.require(request, case, Permission.CONFIRM_PERSON)
    person = case.complainant
    known = {"name": person.name, "email": person.email, "phone": person.phone, "language": person.language}
    form = forms.Describe(desk.given(request), initial=known)
    slot = Slot(_("The complainant"), "user", form, _url("case-complainant", case), _("Keep"))
    return desk.ask(
        request,
        case,
        slot,
        lambda words: commands.describe_complainant(
            case_id=case.pk, **words, at=timezone.now(), actor=desk.actor_of(request)
        ),
        _("What is known of the complainant is kept."),
    )


@desk.of_case
def decline_private(request: HttpRequest, case: Any) -> HttpResponse:
    """The complainant wants no private thread."""
    desk.require(request, case, Permission.WRITE_PRIVATELY)
    slot = Slot(
        _("They want no private thread"),
        "user-off",
        forms.Nothing(desk.given(request)),
        _url("case-private-declined", case),
        _("They declined"),
        hint=_("The final answer may then be a public reply. Invitations that are still out end."),
    )
    return desk.ask(
        request,
        case,
        slot,
        lambda _words: commands.decline_private(case_id=case.pk, at=timezone.now(), actor=desk.actor_of(request)),
        _("Recorded: they want no private thread."),
        is_whole=True,
    )


@desk.of_case
def withdraw(request: HttpRequest, case: Any) -> HttpResponse:
    """The complainant takes the complaint back."""
    desk.require(request, case, Permission.HANDLE)
    slot = Slot(
        _("Withdrawn by the complainant"),
        "arrow-back-up",
        forms.Nothing(desk.given(request)),
        _url("case-withdraw", case),
        _("The complaint is withdrawn"),
        hint=_("An end of its own, for good: it never counts as handled and cannot be undone."),
        css="btn-late",
    )
    return desk.ask(
        request,
        case,
        slot,
        lambda _words: commands.withdraw(case_id=case.pk, at=timezone.now(), actor=desk.actor_of(request)),
        _("The complaint is withdrawn."),
        is_whole=True,
    )


def _url(name: str, case: Any) -> str:
    return reverse(name, args=[case.reference])
