"""What a post is, and what is seen of it later."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cases import errors
from cases.api.endpoint import Endpoint, found
from cases.api.fields import BIGGEST, Code, Instant, Line, Words
from cases.api.schema import changes
from cases.api.shapes import ObservationShape, PostShape
from cases.commands import triage
from cases.queries import api as queries
from cases.vocabulary import ObservationKind, PostKind, Severity, Wish


class TriageIn(serializers.Serializer[Any]):
    """What a post is."""

    kind = serializers.ChoiceField(choices=PostKind.choices)
    category = Code(required=False, allow_null=True, help_text="a category's code")
    severity = serializers.ChoiceField(choices=Severity.choices, required=False, allow_null=True)
    wish = serializers.ChoiceField(choices=Wish.choices, default="", allow_blank=True, help_text="empty: not known")
    separate = serializers.BooleanField(default=False, help_text="open a case of its own even when the author has one")


class ObservationIn(serializers.Serializer[Any]):
    """What was seen of a post."""

    kind = serializers.ChoiceField(choices=ObservationKind.choices)
    at = Instant(required=False, allow_null=True, help_text="when it was seen; now unless said")
    views = serializers.IntegerField(min_value=0, max_value=BIGGEST, required=False, allow_null=True)
    shares = serializers.IntegerField(min_value=0, max_value=BIGGEST, required=False, allow_null=True)
    text = Words(max_length=200_000, required=False, allow_null=True, help_text="with edited: the whole new text")
    reason = Line(max_length=300, required=False, allow_blank=True, help_text="with hidden_by_us: why")


class PassOnIn(serializers.Serializer[Any]):
    """Who the praise is for."""

    person = Code(help_text="a user name")


class Triage(Endpoint):
    """The triage of one post."""

    @changes(PostShape, "Say what a post is; a complaint answers with its case", takes=TriageIn)
    def post(self, request: Request, post: UUID) -> Response:  # noqa: ARG002
        """The post, with the reference of its case if it is a complaint."""
        post_id, brand_id = found(queries.post_row(self.seer, post))
        given = self.given(TriageIn)
        category_id = None
        if given.get("category"):
            category_id = queries.category_id(brand_id, given["category"])
            if category_id is None:
                raise errors.Invalid(_("The brand has no category of this code."), "category")
        return self.run(
            triage.triage,
            lambda _case: post_id,
            lambda key: PostShape(found(queries.posts(self.seer).filter(pk=key).first())).data,
            post_id=post_id,
            kind=PostKind(given["kind"]),
            category_id=category_id,
            severity=given.get("severity"),
            wish=given["wish"],
            is_separate=given["separate"],
            at=timezone.now(),
        )


class Observations(Endpoint):
    """What was seen of one post after it arrived."""

    @changes(ObservationShape, "Add what was seen of a post", takes=ObservationIn, status=201)
    def post(self, request: Request, post: UUID) -> Response:  # noqa: ARG002
        """The observation."""
        post_id, _brand_id = found(queries.post_row(self.seer, post))
        given = self.given(ObservationIn)
        at = timezone.now()
        return self.run(
            triage.observe,
            lambda seen: seen.pk,
            lambda key: ObservationShape(found(queries.observation(self.seer, key))).data,
            status=201,
            post_id=post_id,
            kind=ObservationKind(given["kind"]),
            seen_at=given.get("at") or at,
            views=given.get("views"),
            shares=given.get("shares"),
            text=given.get("text"),
            reason=given.get("reason") or "",
            at=at,
        )


class PassOn(Endpoint):
    """Praise for a colleague."""

    @changes(PostShape, "Pass praise on to the colleague whom it is for", takes=PassOnIn)
    def post(self, request: Request, post: UUID) -> Response:  # noqa: ARG002
        """The post."""
        post_id, brand_id = found(queries.post_row(self.seer, post))
        person_id = self.colleague(brand_id, self.given(PassOnIn)["person"], "person")
        return self.run(
            triage.pass_on,
            lambda _nothing: post_id,
            lambda key: PostShape(found(queries.posts(self.seer).filter(pk=key).first())).data,
            post_id=post_id,
            person_id=person_id,
            at=timezone.now(),
        )
