"""Playbooks: which cases bring which actions, version by version."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cases import errors
from cases.api.endpoint import Paged, found
from cases.api.fields import Amount, Code, Texts
from cases.api.schema import changes, reads
from cases.api.setup import Key, OfBrand, SetUp, page_of
from cases.api.setup_shapes import PlaybookShape, TrialShape
from cases.commands import playbook as commands
from cases.models import PlaybookVersion
from cases.queries import api as cases_queries
from cases.queries import api_setup as queries
from cases.queries import playbook as trials
from cases.queries import setup as setup_queries
from cases.vocabulary import Condition, DayUnit, Doer, Severity, Wish


class LineIn(serializers.Serializer[Any]):
    """One action that a playbook brings."""

    kind = Code(help_text="a code")
    required = serializers.BooleanField(default=True)  # type: ignore[assignment]  # DRF takes fields out of the class
    condition = serializers.ChoiceField(choices=Condition.values, default="", allow_blank=True)
    doer = serializers.ChoiceField(choices=Doer.choices, required=False, help_text="the team, where one is given")
    team = Key(required=False, allow_null=True)
    days = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=commands.LONGEST)
    day_unit = serializers.ChoiceField(choices=DayUnit.choices, default=DayUnit.CALENDAR)
    amount = Amount(required=False, allow_null=True, help_text="suggested, in the brand's currency")
    wording = Texts(required=False, help_text="what the complainant reads, by language")


class DraftIn(serializers.Serializer[Any]):
    """What a playbook shall bring."""

    severity = serializers.ChoiceField(choices=Severity.choices, default=Severity.MEDIUM)
    actions = LineIn(many=True, max_length=50, help_text="all of them, in their order")  # type: ignore[call-arg]  # the list takes it


class PlaybookIn(DraftIn):
    """Which cases a new playbook is for, and its first draft."""

    brand = Code()
    category = Code(required=False, allow_null=True, help_text="a code; without, any category")
    severities = serializers.ListField(
        child=serializers.ChoiceField(choices=Severity.choices), required=False, max_length=4, help_text="empty: any"
    )
    wish = serializers.ChoiceField(choices=Wish.choices, default="", allow_blank=True, help_text="empty: any")


class PlaybookChange(serializers.Serializer[Any]):
    """What may change of a playbook."""

    is_active = serializers.BooleanField()


class RetireIn(serializers.Serializer[Any]):
    """Which version is meant."""

    draft = serializers.BooleanField(default=False, help_text="set the draft aside instead of the live version")


class _Playbooks(SetUp):
    read, shape = staticmethod(queries.playbooks), PlaybookShape

    def lines(self, brand_id: int, given: Sequence[dict[str, Any]]) -> list[commands.Line]:
        """The lines as the command takes them; raises Invalid for a kind that the brand does not have."""
        kinds = cases_queries.kind_ids(brand_id, [each["kind"] for each in given])
        unknown = [each["kind"] for each in given if each["kind"] not in kinds]
        if unknown:
            raise errors.Invalid(_("The brand's catalogue has no kind “%(kind)s”.") % {"kind": unknown[0]}, "actions")
        return [
            commands.Line(
                kinds[each["kind"]],
                each["required"],
                each.get("team"),
                each.get("days"),
                each["condition"],
                each.get("doer"),
                each["day_unit"],
                each.get("amount"),
                each.get("wording", {}),
            )
            for each in given
        ]

    def version(self, command: Callable[..., PlaybookVersion], **arguments: Any) -> Response:
        """Run one command on a version and show its playbook."""
        return self.run(command, lambda version: version.playbook_id, self.shown, **arguments)


class Playbooks(_Playbooks):
    """The playbooks of the person's brands."""

    @reads(
        page_of(PlaybookShape, "Playbook"), "Playbooks", operation_id="playbooks_list", takes=[OfBrand], refuses=[422]
    )
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """One page of playbooks."""
        return self.listed()

    @changes(PlaybookShape, "A new playbook with its first draft", takes=PlaybookIn, status=201)
    def post(self, request: Request) -> Response:  # noqa: ARG002
        """The playbook."""
        given = self.given(PlaybookIn)
        brand_id = self.brand(given["brand"])
        return self.save(
            commands.create_playbook,
            status=201,
            brand_id=brand_id,
            category_id=self.category(brand_id, given.get("category"), "category"),
            severities=given.get("severities", []),
            wish=given["wish"],
            severity=given["severity"],
            lines=self.lines(brand_id, given["actions"]),
        )


class OnePlaybook(_Playbooks):
    """One playbook."""

    @reads(PlaybookShape, "A playbook with its versions", refuses=[404])
    def get(self, request: Request, number: int) -> Response:  # noqa: ARG002
        """The playbook."""
        return Response(self.shown(number))

    @changes(PlaybookShape, "Use a playbook or leave it unused", takes=PlaybookChange)
    def patch(self, request: Request, number: int) -> Response:  # noqa: ARG002
        """The playbook."""
        row = self.row(pk=number)
        return self.save(commands.switch_playbook, playbook_id=row.pk, **self.given(PlaybookChange))


class PlaybookDraft(_Playbooks):
    """What is being prepared."""

    @changes(PlaybookShape, "What a playbook shall bring, in place of its draft", takes=DraftIn)
    def post(self, request: Request, number: int) -> Response:  # noqa: ARG002
        """The playbook."""
        row, given = self.row(pk=number), self.given(DraftIn)
        return self.version(
            commands.save_draft,
            playbook_id=row.pk,
            severity=given["severity"],
            lines=self.lines(row.brand_id, given["actions"]),
        )


class PlaybookLive(_Playbooks):
    """What new cases begin with."""

    @changes(PlaybookShape, "New cases begin with the draft from now on")
    def post(self, request: Request, number: int) -> Response:  # noqa: ARG002
        """The playbook."""
        return self.version(commands.make_live, playbook_id=self.row(pk=number).pk, at=timezone.now())


class PlaybookRetired(_Playbooks):
    """What is out of use."""

    @changes(PlaybookShape, "Take the live version out of use, or set the draft aside", takes=RetireIn)
    def post(self, request: Request, number: int) -> Response:  # noqa: ARG002
        """The playbook."""
        row, given = self.row(pk=number), self.given(RetireIn)
        return self.version(commands.retire, playbook_id=row.pk, is_draft=given["draft"], at=timezone.now())


class TrialOf(Paged):
    """How far back, and which part of the list."""

    days = serializers.IntegerField(
        default=90, min_value=1, max_value=730, help_text="cases opened within so many days"
    )


class PlaybookTrial(_Playbooks):
    """A draft tried on past cases."""

    @reads(TrialShape, "What the draft would have brought past cases", takes=[TrialOf], refuses=[404, 422])
    def get(self, request: Request, number: int) -> Response:  # noqa: ARG002
        """The trial; nothing is changed by it."""
        playbook = found(self.rows().prefetch_related(None).filter(pk=number).first())
        asked = self.asked(TrialOf)
        setup_queries.require_set_up(self.seer, playbook.brand_id)
        standing = found(trials.latest(playbook))
        tried: Any = trials.trial(
            self.seer,
            standing,
            days=asked["days"],
            at=timezone.now(),
            before=asked.get("cursor"),
            limit=asked["limit"],
        )
        page = {field.name: getattr(tried, field.name) for field in fields(tried)}
        following = self.following(tried.after) if tried.after else None
        return Response(TrialShape(page | {"version": standing.version.number, "next": following}).data)
