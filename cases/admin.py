"""Django's admin as a data browser: organisation admins look, by the one visibility rule; nobody changes anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account.decorators import secure_admin_login
from django.apps import apps
from django.contrib import admin
from django.db import models
from django.db.models import Q
from django.http import HttpRequest

from cases.models import Case, Post, Seer
from cases.queries import people
from cases.vocabulary import Stream

# What opens an account or a private page is not for looking at; a mail's body may hold such a link.
SECRET = frozenset({"password", "digest", "body_digest", "file_digest", "code_digest", "salt", "body"})
LONG = (models.TextField, models.BinaryField, models.JSONField)


def _cases(seer: Seer) -> Any:
    return Case.objects.visible_to(seer).values("pk")


def _posts(seer: Seer) -> Any:
    return Post.objects.visible_to(seer).values("pk")


def _by_case(path: str = "case") -> Callable[[Seer], Q]:
    return lambda seer: Q(**{f"{path}__isnull": True}) | Q(**{f"{path}__in": _cases(seer)})


def _by_post(path: str = "post") -> Callable[[Seer], Q]:
    return lambda seer: Q(**{f"{path}__in": _posts(seer)})


def _by_brand(path: str = "brand") -> Callable[[Seer], Q]:
    return lambda seer: Q(**{f"{path}__in": seer.brand_ids})


def _case_or_post(seer: Seer) -> Q:
    return _by_case()(seer) & (Q(post__isnull=True) | _by_post()(seer))


def _attachment(seer: Seer) -> Q:
    ways = (_by_case(f"{path}__case") for path in ("message", "note", "action"))
    scope = Q(post__isnull=True) | _by_post()(seer)
    for way in ways:
        scope &= way(seer)
    return scope


def _event(seer: Seer) -> Q:
    return (
        Q(stream=Stream.SETUP)
        | Q(stream=Stream.BRAND, stream_id__in=people.administered(seer))
        | Q(stream=Stream.CASE, stream_id__in=_cases(seer))
        | Q(stream=Stream.POST, stream_id__in=_posts(seer))
    )


# Which rows of a table somebody may look at (I11); a table that is not here holds the set-up alone.
SCOPES: dict[str, Callable[[Seer], Q]] = {
    "Action": _by_case(),
    "Answer": _by_case(),
    "Attachment": _attachment,
    "Case": lambda seer: seer.cases(),
    "CaseFigures": _by_case(),
    "CaseMovement": _by_case(),
    "CasePost": _case_or_post,
    "Cell": _by_brand(),
    "Complainant": _by_brand(),
    "Confirmation": _by_case(),
    "Decision": _by_case(),
    "Delivery": _by_case(),
    "Draft": lambda seer: Q(person_id=seer.person_id),
    "Erasure": _by_post(),
    "Event": _event,
    "Export": lambda seer: Q(person_id=seer.person_id),
    "FrozenPeriod": _by_brand(),
    "Handle": _by_brand(),
    "IdempotencyKey": lambda seer: Q(token__person_id=seer.person_id),
    "Invitation": _by_case(),
    "Message": _by_case(),
    "Note": _by_case(),
    "Notification": lambda seer: Q(person_id=seer.person_id),
    "Observation": _by_post(),
    "Original": _by_case(),
    "Post": lambda seer: Q(pk__in=_posts(seer)),
    "PrivateLink": _by_case("thread__case"),
    "PublicReply": _case_or_post,
    "Raw": lambda seer: Q(brand__in=seer.brand_ids) & (Q(post__isnull=True) | _by_post()(seer)),
    "ReportRun": lambda seer: Q(person_id=seer.person_id),
    "SavedReport": lambda seer: Q(owner_id=seer.person_id) | Q(is_shared=True),
    "SearchEntry": lambda seer: Q(brand__in=seer.brand_ids) & _case_or_post(seer),
    "Stale": _by_brand(),
    "Thread": _by_case(),
    "Triage": _by_post(),
}


class Browser(admin.ModelAdmin[models.Model]):
    """Rows to look at, in pages without a full count."""

    show_full_result_count = False
    list_per_page = 50
    actions = None

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[models.Model]:
        """The rows this person may open, newest first."""
        rows = super().get_queryset(request).order_by("-pk")
        scope = SCOPES.get(self.model.__name__)
        return rows.filter(scope(people.seer_of(request.user.pk))) if scope else rows

    def get_list_display(self, request: HttpRequest) -> Any:  # noqa: ARG002 - Django's signature
        """The columns that fit on one line."""
        fields = [field for field in self.opts.concrete_fields if field.name not in SECRET]
        return [field.name for field in fields if not isinstance(field, LONG)][:8]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ARG002 - Django's signature
        """Every column that is no secret."""
        return [field.name for field in self.opts.concrete_fields if field.name not in SECRET]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """All of them."""
        return self.get_fields(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        """Never: rows are made by commands."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Never: rows are changed by commands."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Never: nothing is deleted."""
        return False


for model in apps.get_app_config("cases").get_models():
    admin.site.register(model, Browser)

# One way to sign in, with its lock-out of guessing.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = admin.site.site_title = "casedesk"
admin.site.index_title = "Data, to look at"
