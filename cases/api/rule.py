"""Escalation rules: drafted, changed, put live, paused, resumed, retired and put in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from cases import errors
from cases.api import rule_trees
from cases.api.authority import Overseen
from cases.api.calendar_shapes import RevisionIn
from cases.api.endpoint import found
from cases.api.rule_answers import told
from cases.api.rule_shapes import (
    OrderIn,
    OrderShape,
    PublishIn,
    ResumeIn,
    RuleChange,
    RuleIn,
    RulePage,
    RulesAsked,
    RuleShape,
)
from cases.api.schema import changes, reads
from cases.commands import rule as commands
from cases.models import Rule
from cases.queries import api_time as queries
from cases.queries import rule as standing_queries
from cases.vocabulary import VersionStatus

PARTS = ("when", "condition", "steps", "stop", "missed")


class RuleEndpoint(Overseen):
    """One address below a rule."""

    def to_read(self, rule: UUID) -> Rule:
        """A rule whose brand this person may look at; raises NotFound, NotAllowed."""
        return standing_queries.rule_to_read(self.seer, rule)

    def to_set_up(self, rule: UUID) -> Rule:
        """A rule of a brand that this person sets up; raises NotFound, NotAllowed."""
        return standing_queries.rule_to_set_up(self.seer, rule)

    def shown(self, key: int) -> Any:
        """A rule, as an answer."""
        return self.told(Rule.objects.select_related("brand").get(pk=key))

    def told(self, row: Rule) -> Any:
        """A rule that is read with its brand, as an answer."""
        standing = standing_queries.standings([row], self.seer, timezone.now())
        return RuleShape(told(standing, with_draft=True)[0]).data

    def do(self, command: Callable[..., Any], rule: UUID, *, is_timed: bool = True, **given: Any) -> Response:
        """Run one command on a rule and show it."""
        row = self.to_set_up(rule)
        when: dict[str, Any] = {"at": timezone.now()} if is_timed else {}
        return self.run(command, lambda _value: row.pk, self.shown, rule_id=row.pk, **when, **given)

    def parts(self, brand_id: int, given: dict[str, Any]) -> dict[str, Any]:
        """The parts of a rule as the command takes them, people by their keys; raises Invalid."""

        def keyed(name: Any, path: str) -> Any:
            if name in (None, ""):
                return None
            if not isinstance(name, str):
                raise errors.Invalid(_("Name people by their user names."), path)
            return self.colleague(brand_id, name, path)

        said = {name: given[name] for name in PARTS if name in given}
        if "condition" in said:
            said["condition"] = rule_trees.condition(said["condition"], keyed)
        if "steps" in said:
            said["steps"] = rule_trees.steps(said["steps"], keyed)
        return said


class Rules(RuleEndpoint):
    """The rules of the person's brands."""

    @reads(
        RulePage,
        "Rules, each as a sentence, with what they did and where they meet",
        operation_id="rules_list",
        takes=[RulesAsked],
        refuses=[403, 404, 422],
    )
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """One page of rules, oldest first."""
        asked = self.asked(RulesAsked)
        rows = queries.rules(self.looked_at(asked)).filter(retired_at__isnull=not asked["retired"])
        rows = rows.filter(pk__gt=asked.get("cursor", 0)).order_by("pk")
        read = list(rows[: asked["limit"] + 1])
        page = read[: asked["limit"]]
        standing = standing_queries.standings(page, self.seer, timezone.now())
        following = self.following(page[-1].pk) if len(read) > len(page) else None
        return Response({"next": following, "results": RuleShape(told(standing), many=True).data})

    @changes(RuleShape, "A new rule, as a draft below all others", takes=RuleIn, status=201)
    def post(self, request: Request) -> Response:  # noqa: ARG002
        """The rule."""
        given = self.given(RuleIn)
        brand = self.brand(given["brand"])
        facts = {"condition": {}, **self.parts(brand.pk, given), "name": given["name"]}
        return self.run(
            commands.draft_rule,
            lambda row: row.pk,
            self.shown,
            status=201,
            brand_id=brand.pk,
            at=timezone.now(),
            **facts,
        )


class OneRule(RuleEndpoint):
    """One rule."""

    @reads(RuleShape, "A rule as a sentence, with what it did and where it meets others", refuses=[403, 404])
    def get(self, request: Request, rule: UUID) -> Response:  # noqa: ARG002
        """The rule."""
        return Response(self.told(self.to_read(rule)))

    @changes(RuleShape, "Change the draft of a rule, or its name; what is live stays", takes=RuleChange)
    def patch(self, request: Request, rule: UUID) -> Response:  # noqa: ARG002
        """The rule."""
        row, given = self.to_set_up(rule), self.given(RuleChange)
        parts = self.parts(row.brand_id, given)
        if "name" in given:
            if parts:
                raise errors.Invalid(_("Give a new name in a call of its own."), "name")
            facts = {"name": given["name"], "revision": given["revision"]}
            return self.do(commands.rename_rule, rule, is_timed=False, **facts)
        return self.do(commands.change_draft, rule, revision=given["revision"], **(_standing(row) | parts))


def _standing(rule: Rule) -> dict[str, Any]:
    """What the rule says in its draft, else in what is live, else in its last version."""
    order = {VersionStatus.DRAFT: 0, VersionStatus.LIVE: 1}
    versions = sorted(rule.versions.all(), key=lambda each: (order.get(VersionStatus(each.status), 2), -each.number))
    kept = versions[0]
    when = {**kept.trigger, "when": kept.when} if isinstance(kept.trigger, dict) else {"when": kept.when}
    said = {name: getattr(kept, name) for name in ("condition", "steps", "stop", "missed")}
    return {"when": when, **said}


class Publish(RuleEndpoint):
    """A draft put live."""

    @changes(RuleShape, "Put the draft live, on the past too only when asked", takes=PublishIn)
    def post(self, request: Request, rule: UUID) -> Response:  # noqa: ARG002
        """The rule."""
        return self.do(commands.publish, rule, **self.given(PublishIn))


class Discard(RuleEndpoint):
    """A draft thrown away."""

    @changes(RuleShape, "Throw the draft away; a rule that never was live is retired with it", takes=RevisionIn)
    def post(self, request: Request, rule: UUID) -> Response:  # noqa: ARG002
        """The rule."""
        return self.do(commands.discard_draft, rule, is_timed=False, **self.given(RevisionIn))


class Pause(RuleEndpoint):
    """A rule that does nothing for a while."""

    @changes(RuleShape, "Pause a rule: it looks at nothing, and its steps wait", takes=RevisionIn)
    def post(self, request: Request, rule: UUID) -> Response:  # noqa: ARG002
        """The rule."""
        return self.do(commands.pause, rule, **self.given(RevisionIn))


class Resume(RuleEndpoint):
    """A rule that acts again."""

    @changes(RuleShape, "Let a paused rule act again", takes=ResumeIn)
    def post(self, request: Request, rule: UUID) -> Response:  # noqa: ARG002
        """The rule."""
        return self.do(commands.resume, rule, **self.given(ResumeIn))


class Retire(RuleEndpoint):
    """A rule out of use."""

    @changes(RuleShape, "Take a rule out of use for good", takes=RevisionIn)
    def post(self, request: Request, rule: UUID) -> Response:  # noqa: ARG002
        """The rule."""
        return self.do(commands.retire, rule, **self.given(RevisionIn))


class Order(RuleEndpoint):
    """Which rule acts first."""

    @changes(OrderShape, "Put the rules of a brand in an order: the sooner, the earlier it acts", takes=OrderIn)
    def post(self, request: Request) -> Response:  # noqa: ARG002
        """The order."""
        given = self.given(OrderIn)
        brand = self.brand(given["brand"])

        def shown(_none: Any) -> Any:
            rows = queries.rules([brand]).filter(retired_at=None).order_by("position", "pk")
            return OrderShape({"rules": list(rows.values_list("public_id", flat=True))}).data

        keys = queries.rule_ids(brand.pk, given["rules"])
        if keys is None:
            raise errors.Invalid(_("One of these is not a rule of the brand."), "rules")
        return self.run(commands.reorder, lambda _none: None, shown, brand_id=brand.pk, rule_ids=found(keys))
