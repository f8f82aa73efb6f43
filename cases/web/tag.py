"""Tags of a case: put on it, taken off."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from cases.commands import tag as commands
from cases.queries import tag as queries
from cases.vocabulary import Permission
from cases.web import desk
from cases.web.desk import Slot


class TagForm(forms.Form):
    """A word of the brand's, or a new one."""

    tag = forms.CharField(
        label=gettext_lazy("Tag"),
        max_length=commands.LONGEST,
        widget=forms.TextInput(attrs={"list": "tags-known", "autocomplete": "off"}),
        help_text=gettext_lazy("One of the brand’s, or a new word."),
    )


@desk.of_case
def tags(request: HttpRequest, case: Any) -> HttpResponse:
    """Put a tag on the case."""
    desk.require(request, case, Permission.ACT)
    slot = Slot(
        _("Put a tag on the case"),
        "tag",
        TagForm(desk.given(request)),
        reverse("case-tags", args=[case.reference]),
        _("Put it on"),
        template="case/tag-form.html",
        facts={"known": queries.offered(case)},
    )
    return desk.ask(
        request,
        case,
        slot,
        lambda words: commands.tag_case(
            case_id=case.pk, name=words["tag"], at=timezone.now(), actor=desk.actor_of(request)
        ),
        _("The tag is on the case."),
    )


@require_POST
@desk.of_case
def untag(request: HttpRequest, case: Any, tag_id: int) -> HttpResponse:
    """Take a tag off the case."""
    commands.untag_case(case_id=case.pk, tag_id=tag_id, at=timezone.now(), actor=desk.actor_of(request))
    return desk.done(request, case, _("The tag is off the case."))
