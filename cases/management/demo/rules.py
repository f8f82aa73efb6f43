"""The escalation rules of the demo: drafted, put live, changed, paused and retired, each on its day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cases.commands import replay, rule, tag
from cases.management.demo.people import Stage
from cases.management.demo.screenplay import Clock
from cases.models import Case, Category, Escalation, Rule, RuleVersion
from cases.vocabulary import SYSTEM, Actor, EscalationStatus, VersionStatus, When

Tree = dict[str, Any]
TAGS = {"BW": ("Somebody was hurt", "Waiting long", "Loyal customer"), "OR": ("Photo attached",), "KM": ()}
# The days of the past over which the draft is run, ending yesterday.
REPLAYED_DAYS = 60


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that an admin does to the rules at an instant between the stories."""

    at: datetime
    do: Callable[[datetime], object]


def moments(stage: Stage, clock: Clock) -> Iterator[Moment]:
    """What admins do to the rules in the past of the demo."""
    return _Rules(stage, clock).moments()


def tell(after: int, whom: str, *, by: str = "page_only", hours: str = "working") -> Tree:
    """A step that tells somebody."""
    return {"after_minutes": after, "kind": "tell", "whom": whom, "by": by, "hours": hours}


class _Rules:
    """Sets up the rules as the admins of the brands do."""

    def __init__(self, stage: Stage, clock: Clock) -> None:
        self._stage, self._clock = stage, clock
        self._admin = Actor.person(stage.crew["admin"].pk)

    def moments(self) -> Iterator[Moment]:
        clock = self._clock
        for ago, do in (
            (62, self._name_tags),
            (61, self._draft_old),
            (60, self._adopt_first),
            (58, self._draft_own),
            (30, self._retire_old),
            (26, self._draft_of_orvelle),
            (25, self._tell_owners_sooner),
            (12, self._pause_lonely),
            (3, self._draft_again),
        ):
            yield Moment(clock.ago(ago), do)

    def _name_tags(self, _at: datetime) -> None:
        for prefix, names in TAGS.items():
            for name in names:
                tag.add_tag(brand_id=self._stage.brands[prefix].pk, name=name, actor=self._admin)

    def _draft_old(self, at: datetime) -> None:
        """A rule that proved to be noise."""
        self._live(
            at, "Every reopened case", {"when": "reopened"}, [tell(0, "managers"), tell(60, "managers", by="mail")]
        )

    def _adopt_first(self, at: datetime) -> None:
        """Some of the ready-made rules; the brand would rather tell its managers than move a case by itself."""
        brand = self._stage.brands["BW"]
        for code in ("nobody-answers", "fast-post", "promise-broken", "no-owner"):
            made = rule.adopt_rule(brand_id=brand.pk, code=code, at=at, actor=self._admin)
            draft = made.versions.get()
            # Nobody counts their posts more often than some times a day.
            slower = {"within_minutes": 24 * 60} if draft.when == When.REACH else {}
            rule.change_draft(
                rule_id=made.pk,
                revision=made.revision,
                when={**draft.trigger, "when": draft.when, **slower},
                condition={},
                steps=[
                    tell(step["after_minutes"], "managers", by="mail") if step["kind"] == "authority" else step
                    for step in draft.steps
                ],
                stop=draft.stop,
                at=at,
                actor=self._admin,
            )
            self._publish(Rule.objects.get(pk=made.pk), at)

    def _draft_own(self, at: datetime) -> None:
        hurt = self._stage.brands["BW"].tags.get(name="Somebody was hurt")
        words = ["hurt", "finger", "bruise", "blood", "hospital", "doctor"]
        self._live(
            at,
            "Somebody was hurt",
            {"when": "opened"},
            [
                {"after_minutes": 0, "kind": "tag", "tag": hurt.pk},
                {"after_minutes": 0, "kind": "severity", "levels": 1},
                tell(0, "lead"),
                tell(240, "managers", by="mail"),
            ],
            condition={"any": [{"fact": "words", "op": "has_any", "value": words}]},
            stop="replied",
        )
        waiting = {"when": "lasted", "standing": "unanswered", "offset_amount": 6, "offset_unit": "open_hour"}
        self._live(
            at,
            "They wrote, and hear nothing",
            waiting,
            [tell(0, "owner_or_duty"), tell(240, "lead")],
            stop="cause_gone",
        )

    def _retire_old(self, at: datetime) -> None:
        found = self._rule("Every reopened case")
        rule.retire(rule_id=found.pk, revision=found.revision, at=at, actor=self._admin)

    def _draft_of_orvelle(self, at: datetime) -> None:
        brand = self._stage.brands["OR"]
        reaction = Category.objects.get(brand=brand, code="reaction")
        self._live(
            at,
            "Réaction de la peau",
            {"when": "deadline", "goal": "acknowledge", "offset_amount": 1, "offset_unit": "open_hour", "before": True},
            [tell(0, "owner_or_duty", hours="always"), tell(60, "lead", by="mail"), tell(240, "managers", by="mail")],
            condition={"all": [{"fact": "category", "op": "is", "value": reaction.pk}]},
            stop="replied",
            prefix="OR",
        )

    def _tell_owners_sooner(self, at: datetime) -> None:
        """The second version of a rule, live at once."""
        self._change(at, hours=3, later=180)
        self._publish(self._rule("They wrote, and hear nothing"), at)

    def _pause_lonely(self, at: datetime) -> None:
        found = self._rule("No owner for 2 working hours")
        rule.pause(rule_id=found.pk, revision=found.revision, at=at, actor=self._admin)

    def _draft_again(self, at: datetime) -> None:
        """What is thought of next: sooner still, with a tag, and at last to somebody who can decide."""
        self._change(at, hours=2, later=120)

    def _change(self, at: datetime, *, hours: int, later: int) -> None:
        found = self._rule("They wrote, and hear nothing")
        steps = [tell(0, "owner_or_duty", by="mail"), tell(later, "lead")]
        if hours < 3:
            waiting = found.brand.tags.get(name="Waiting long")
            steps.append({"after_minutes": later, "kind": "tag", "tag": waiting.pk})
            steps.append({"after_minutes": 2 * later, "kind": "authority", "by": "mail", "hours": "working"})
        rule.change_draft(
            rule_id=found.pk,
            revision=found.revision,
            when={"when": "lasted", "standing": "unanswered", "offset_amount": hours, "offset_unit": "open_hour"},
            condition={},
            steps=steps,
            stop="cause_gone",
            at=at,
            actor=self._admin,
        )

    def _live(
        self,
        at: datetime,
        name: str,
        when: Tree,
        steps: list[Tree],
        *,
        condition: Tree | None = None,
        stop: str = "",
        prefix: str = "BW",
    ) -> None:
        made = rule.draft_rule(
            brand_id=self._stage.brands[prefix].pk,
            name=name,
            when=when,
            condition=condition or {},
            steps=steps,
            stop=stop,
            at=at,
            actor=self._admin,
        )
        self._publish(made, at)

    def _publish(self, made: Rule, at: datetime) -> None:
        rule.publish(rule_id=made.pk, revision=made.revision, at=at, actor=self._admin)

    def _rule(self, name: str) -> Rule:
        return Rule.objects.select_related("brand").get(name=name)


def look_back(stage: Stage, clock: Clock) -> None:
    """What people made of it: the draft is run through the past, calls are judged, and a case gets a tag by hand."""
    manager = Actor.person(stage.crew["manager"].pk)
    draft = RuleVersion.objects.get(status=VersionStatus.DRAFT, brand=stage.brands["BW"])
    asked = replay.ask_replay(
        version_id=draft.pk,
        starts_on=clock.day(-REPLAYED_DAYS),
        ends_on=clock.day(-1),
        at=clock.now,
        actor=manager,
    )
    while replay.run_chunk(replay_id=asked.pk, at=clock.now, actor=SYSTEM):
        continue
    acted = Escalation.objects.filter(status=EscalationStatus.DONE, rule__brand=stage.brands["BW"])
    for found, was_useful in zip(acted.order_by("-noticed_at", "pk")[:3], (True, True, False), strict=False):
        rule.mark_useful(escalation_id=found.pk, was_useful=was_useful, actor=manager)
    mine = Case.objects.unhandled().filter(brand=stage.brands["BW"], owner=stage.crew["agent"])
    agent = Actor.person(stage.crew["agent"].pk)
    tag.tag_case(case_id=mine.earliest("pk").pk, name="Loyal customer", at=clock.now, actor=agent)
