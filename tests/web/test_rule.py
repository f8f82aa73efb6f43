"""The pages of rules: listed, drafted in a sentence, put in order, put live, paused, and read by who may."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from cases.models import Rule, RuleVersion, Tag, Team
from cases.rules.starting_rules import STARTING_RULES
from cases.vocabulary import VersionStatus
from tests.desk import HTMX, signed_in
from tests.people import Stage, set_stage

pytestmark = pytest.mark.django_db
NEW = "/rules/+/?brand=brindlewick"


@pytest.fixture
def stage() -> Stage:
    return set_stage()


@pytest.fixture
def admin(stage: Stage) -> Client:
    return signed_in(stage.admin)


def sentence(**more: Any) -> dict[str, Any]:
    """What a browser sends: severe cases that nobody has for four hours are told to the lead, then given to them."""
    return {
        "name": "Nobody has it",
        "when": "lasted",
        "standing": "new",
        "offset_amount": "4",
        "offset_unit": "open_hour",
        "c-mode": "all",
        "node": ["0"],
        "c-0-fact": "severity",
        "c-0-op": "at_least",
        "c-0-value": "3",
        "step": ["0", "1"],
        "s-0-kind": "tell",
        "s-0-after": "0",
        "s-0-whom": "lead",
        "s-0-by": "mail",
        "s-0-hours": "always",
        "s-1-kind": "assign",
        "s-1-after": "30",
        "s-1-whom": "lead",
        "s-1-by": "page_only",
        "s-1-hours": "working",
        "stop": "cause_gone",
        "missed": "late",
        **more,
    }


def drafted(admin: Client, **more: Any) -> Rule:
    """A rule as the page makes it."""
    assert admin.post(NEW, sentence(**more)).status_code == 302
    return Rule.objects.latest("pk")


def at(rule: Rule, *more: str) -> str:
    return "/".join(["/rules", str(rule.public_id), *more, ""])


class TestTheSentence:
    def test_says_how_long_a_name_may_be(self, admin: Client) -> None:
        answer = admin.post(NEW, sentence(name="Nobody has it " * 15))
        assert answer.status_code == 422
        assert "Use at most 80 characters." in answer.content.decode()
        assert not Rule.objects.exists()
        assert 'maxlength="80" required' not in admin.get(NEW).content.decode()

    def test_becomes_a_draft_and_stands_on_its_page_in_both_languages(self, admin: Client) -> None:
        rule = drafted(admin)
        version = RuleVersion.objects.get()
        assert (version.when, version.trigger["standing"], version.status) == ("lasted", "new", "draft")
        assert version.condition == {"all": [{"fact": "severity", "op": "at_least", "value": 3}]}
        assert [(step["kind"], step["after_minutes"]) for step in version.steps] == [("tell", 0), ("assign", 30)]
        page = admin.get(at(rule)).content.decode()
        assert "When the case has been without an owner for 4 working hours" in page
        assert 'lang="fr"' in page

    def test_keeps_every_kind_of_condition(self, admin: Client, stage: Stage) -> None:
        tag = Tag.objects.create(brand=stage.brand, name="press")
        drafted(
            admin,
            **{
                "node": ["0", "1", "1_0", "1_1", "1_2", "2", "3"],
                "c-1-mode": "any",
                "c-1_0-fact": "tag",
                "c-1_0-op": "any_of",
                "c-1_0-value": [str(tag.pk)],
                "c-1_1-fact": "words",
                "c-1_1-op": "has_any",
                "c-1_1-value": "lawyer, small claims",
                "c-1_2-fact": "category",
                "c-1_2-op": "is",
                "c-1_2-value": "-",
                "c-2-fact": "amount",
                "c-2-op": "at_least",
                "c-2-value": "1 180,50",
                "c-3-fact": "views",
                "c-3-op": "at_least",
                "c-3-value": "5,000",
            },
        )
        assert RuleVersion.objects.get().condition["all"][1:] == [
            {
                "any": [
                    {"fact": "tag", "op": "any_of", "value": [tag.pk]},
                    {"fact": "words", "op": "has_any", "value": ["lawyer", "small claims"]},
                    {"fact": "category", "op": "is", "value": 0},
                ]
            },
            {"fact": "amount", "op": "at_least", "value": "1180.5"},
            {"fact": "views", "op": "at_least", "value": 5000},
        ]

    def test_shows_again_what_it_kept(self, admin: Client, stage: Stage) -> None:
        rule = drafted(admin, **{"node": ["0", "1"], "c-1-fact": "views", "c-1-op": "at_most", "c-1-value": "5 000"})
        page = admin.get(at(rule))
        written = page.context["written"]
        assert [leaf.fact for leaf in written.leaves()] == ["severity", "views"]
        assert written.leaves()[1].value == "5,000"
        assert [rung.picked["whom"] for rung in written.steps] == ["lead", "lead"]

    def test_puts_its_steps_in_the_order_of_time(self, admin: Client) -> None:
        drafted(admin, **{"s-0-after": "other", "s-0-other": "95"})
        assert [step["after_minutes"] for step in RuleVersion.objects.get().steps] == [30, 95]

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"offset_amount": "soon"}, "r-offset"),
            ({"c-0-fact": "views", "c-0-value": "many"}, "c-0-value"),
            ({"s-0-whom": "person"}, "s-0-person"),
            ({"s-1-after": "other", "s-1-other": "x"}, "s-1-other"),
            ({"s-1-after": "other", "s-1-other": ""}, "s-1-other"),
            ({"offset_amount": "9999", "offset_unit": "month"}, "r-offset"),
            ({"offset_amount": "401", "offset_unit": "working_day"}, "r-offset"),
            ({"s-0-kind": "tag"}, "s-0-tag"),
            ({"name": ""}, "r-name"),
        ],
    )
    def test_says_what_is_wrong_at_its_place_and_keeps_what_was_written(
        self, admin: Client, wrong: dict[str, str], field: str
    ) -> None:
        answer = admin.post(NEW, sentence(**{"stop": "handled", **wrong}))
        assert answer.status_code == 422
        page = answer.content.decode()
        start = page.index(f'id="{field}"')
        assert 'aria-invalid="true"' in page[start : page.index(">", start)]
        assert '<option value="handled" selected>' in page
        assert not Rule.objects.exists()

    def test_refuses_a_name_that_is_taken(self, admin: Client) -> None:
        drafted(admin)
        assert admin.post(NEW, sentence()).status_code == 422
        assert Rule.objects.count() == 1

    @pytest.mark.parametrize(
        "junk",
        [
            {"when": "never", "c-0-fact": "moon", "s-0-kind": "explode", "missed": "x"},
            {"node": ["7", "0_0_0_0_0_0_0_0", "../etc", "0"], "step": ["-1", "x", "9999999"]},
            {"revision": "9" * 40, "offset_amount": "9" * 40, "c-0-value": "\x00"},
            {"offset_amount": "²", "s-0-other": "٣"},
        ],
    )
    def test_stands_whatever_is_sent(self, admin: Client, junk: dict[str, Any]) -> None:
        for path in (NEW, "/rules/+/sentence/?brand=brindlewick"):
            assert admin.post(path, sentence(**junk)).status_code in {200, 302, 422}


class TestAButtonOfTheSentence:
    def press(self, client: Client, press: str, **more: Any) -> Any:
        return client.post("/rules/+/sentence/?brand=brindlewick", sentence(press=press, **more), headers=HTMX)

    def test_adds_and_removes_without_keeping_anything(self, admin: Client) -> None:
        written = self.press(admin, "add:").context["written"]
        assert len(written.leaves()) == 2
        assert written.leaves()[1].is_new
        assert len(self.press(admin, "add-step").context["written"].steps) == 3
        assert len(self.press(admin, "remove-step:0").context["written"].steps) == 1
        assert self.press(admin, "remove:0").context["written"].leaves() == []
        assert not Rule.objects.exists()

    def test_a_group_begins_with_a_condition_and_goes_with_its_last(self, admin: Client) -> None:
        group = self.press(admin, "group:").context["written"].condition.parts[1]
        assert (group.mode, len(group.parts)) == ("any", 1)
        nested = {"node": ["0", "1", "1_0"], "c-1-mode": "any", "c-1_0-fact": "severity", "c-1_0-op": "is"}
        assert len(self.press(admin, "remove:1_0", **nested).context["written"].condition.parts) == 1

    def test_another_fact_forgets_what_was_picked_for_the_first(self, admin: Client) -> None:
        answer = self.press(admin, "", **{"c-0-fact": "views", "c-0-was": "severity", "c-0-value": "3"})
        [leaf] = answer.context["written"].leaves()
        assert (leaf.fact, leaf.op, leaf.values) == ("views", "at_least", [])

    def test_another_thing_to_wait_for_begins_with_the_usual_amounts(self, admin: Client) -> None:
        trigger = self.press(admin, "", when="reach", above="").context["written"].trigger
        assert (trigger["above"], trigger["within_minutes"]) == ("5000", "60")
        trigger = self.press(admin, "", when="reach", above="10", within_minutes="").context["written"].trigger
        assert (trigger["above"], trigger["within_minutes"]) == ("10", "")

    def test_answers_with_a_part_or_without_script_with_the_page(self, admin: Client) -> None:
        part = self.press(admin, "add:").content.decode()
        assert part.lstrip().startswith('<form class="stack" id="rule-form"')
        whole = admin.post("/rules/+/sentence/?brand=brindlewick", sentence(press="add:"))
        assert "<title>" in whole.content.decode()

    def test_has_an_end(self, admin: Client) -> None:
        many = {"node": [str(n) for n in range(30)]} | {f"c-{n}-fact": "severity" for n in range(30)}
        assert len(self.press(admin, "add:", **many).context["written"].leaves()) == 30


class TestAChange:
    def test_keeps_the_draft_and_renames(self, admin: Client) -> None:
        rule = drafted(admin)
        answer = admin.post(at(rule), sentence(name="Nobody yet", offset_amount="6", revision=rule.revision))
        assert answer.status_code == 302
        rule.refresh_from_db()
        assert (rule.name, RuleVersion.objects.get().trigger["offset_amount"]) == ("Nobody yet", 6)
        kept = admin.get(at(rule)).content.decode()
        assert "It does nothing until it is put live." in kept
        assert "What is live stays" not in kept

    def test_of_two_at_once_keeps_both_before_their_eyes(self, admin: Client) -> None:
        rule = drafted(admin)
        assert admin.post(at(rule), sentence(offset_amount="6", revision=rule.revision)).status_code == 302
        late = admin.post(at(rule), sentence(offset_amount="9", revision=rule.revision))
        assert late.status_code == 409
        page = late.content.decode()
        assert "Somebody else kept a change meanwhile" in page
        assert 'value="9"' in page
        assert "9 working hours" in page
        assert "6 working hours" in page
        assert RuleVersion.objects.get().trigger["offset_amount"] == 6
        again = sentence(offset_amount="9", revision=late.context["written"].revision)
        assert admin.post(at(rule), again).status_code == 302
        assert RuleVersion.objects.get().trigger["offset_amount"] == 9

    def test_of_what_is_live_is_another_draft(self, admin: Client) -> None:
        rule = drafted(admin)
        live(admin, rule)
        rule.refresh_from_db()
        assert admin.post(at(rule), sentence(offset_amount="6", revision=rule.revision)).status_code == 302
        assert set(RuleVersion.objects.values_list("number", "status")) == {(1, "live"), (2, "draft")}
        assert "What the draft changes of what is live" in admin.get(at(rule)).content.decode()


def live(admin: Client, rule: Rule, **more: Any) -> Any:
    rule.refresh_from_db()
    return admin.post(at(rule, "live"), {"revision": rule.revision, "past": "0", **more})


class TestPuttingItLive:
    def test_says_how_many_match_and_puts_it_live(self, admin: Client, stage: Stage) -> None:
        rule = drafted(admin, offset_unit="minute", offset_amount="1")
        stage.case()
        page = admin.get(at(rule, "live"))
        assert page.context["count"] == 1
        assert live(admin, rule).status_code == 302
        assert RuleVersion.objects.get().status == VersionStatus.LIVE

    def test_refuses_what_names_somebody_gone(self, admin: Client, stage: Stage) -> None:
        away = Team.objects.create(brand=stage.brand, name="Night shift")
        rule = drafted(admin, **{"s-0-team": str(away.pk)})
        Team.objects.filter(pk=away.pk).update(is_active=False)
        answer = live(admin, rule)
        assert answer.status_code == 422
        assert "Night shift" in answer.content.decode()
        shown = admin.get(at(rule)).content.decode()
        assert "No longer there:" in shown
        assert "(no longer there)" in shown

    def test_refuses_a_rule_that_was_changed_meanwhile(self, admin: Client) -> None:
        rule = drafted(admin)
        admin.post(at(rule), sentence(offset_amount="6", revision=rule.revision))
        answer = admin.post(at(rule, "live"), {"revision": rule.revision, "past": "0"})
        assert answer.status_code == 422
        assert not RuleVersion.objects.filter(status=VersionStatus.LIVE).exists()

    def test_asks_for_a_choice(self, admin: Client) -> None:
        rule = drafted(admin)
        assert admin.post(at(rule, "live"), {"revision": rule.revision}).status_code == 422


class TestTheList:
    def test_of_a_brand_without_rules_offers_some_to_adopt(self, admin: Client) -> None:
        page = admin.get("/rules/").content.decode()
        assert page.count("Adopt as a draft") == len(STARTING_RULES)
        answer = admin.post("/rules/adopt/?brand=brindlewick", {"code": STARTING_RULES[0].code})
        rule = Rule.objects.get()
        assert urlsplit(answer.headers["Location"]).path == at(rule)
        assert rule.name in admin.get("/rules/").content.decode()
        assert admin.post("/rules/adopt/?brand=brindlewick", {"code": "nothing"}).status_code == 404

    def test_shows_each_rule_as_its_sentence_where_it_stands(self, admin: Client) -> None:
        rule = drafted(admin)
        page = admin.get("/rules/", {"shelf": "drafts"}).content.decode()
        assert "When the case has been without an owner" in page
        assert "never matched" in page
        assert rule.name not in admin.get("/rules/", {"shelf": "live"}).content.decode()
        live(admin, rule)
        assert rule.name in admin.get("/rules/", {"shelf": "live"}).content.decode()

    def test_moves_a_rule_up_and_down(self, admin: Client) -> None:
        first, second = drafted(admin), drafted(admin, name="Second")
        admin.post(f"{at(second, 'move', 'up')}?to=order")
        order = list(Rule.objects.order_by("position").values_list("pk", flat=True))
        assert order == [second.pk, first.pk]
        admin.post(f"{at(second, 'move', 'up')}?to=order")
        admin.post(f"{at(second, 'move', 'down')}?to=order")
        assert list(Rule.objects.order_by("position").values_list("pk", flat=True)) == [first.pk, second.pk]

    def test_says_where_live_rules_meet(self, admin: Client) -> None:
        for name in ("One", "Other"):
            live(admin, drafted(admin, name=name))
        page = admin.get("/rules/order/").content.decode()
        assert "Conflict." in page
        assert "“One”" in page

    def test_pauses_resumes_and_retires(self, admin: Client) -> None:
        rule = drafted(admin)
        live(admin, rule)
        for move, page in (("pause", "paused"), ("resume", "live"), ("retire", "retired")):
            rule.refresh_from_db()
            assert admin.post(at(rule, "move", move), {"revision": rule.revision}).status_code == 302
            assert rule.name in admin.get("/rules/", {"shelf": page}).content.decode()
        assert admin.post(at(rule, "move", "explode"), {"revision": 1}).status_code == 404

    def test_throws_a_draft_away(self, admin: Client) -> None:
        rule = drafted(admin)
        admin.post(at(rule, "move", "discard"), {"revision": rule.revision}, follow=True)
        assert rule.name not in admin.get("/rules/", {"shelf": "drafts"}).content.decode()

    @pytest.mark.parametrize(("calls", "kept"), [("3", 3), ("0", 6), ("many", 6), ("", 6)])
    def test_sets_the_rate_guard(self, admin: Client, stage: Stage, calls: str, kept: int) -> None:
        assert admin.post("/rules/guard/?brand=brindlewick", {"calls_an_hour": calls}).status_code == 302
        stage.brand.refresh_from_db()
        assert stage.brand.calls_an_hour == kept


@pytest.mark.parametrize(("who", "status"), [("manager", 200), ("auditor", 200), ("agent", 403), ("outsider", 404)])
def test_is_read_by_who_may(stage: Stage, admin: Client, who: str, status: int) -> None:
    rule = drafted(admin)
    client = signed_in(getattr(stage, who))
    assert client.get("/rules/?brand=brindlewick").status_code == status
    for path in (at(rule), at(rule, "escalations"), "/rules/order/?brand=brindlewick"):
        assert client.get(path).status_code == status
    if status == 200:
        page = client.get(at(rule)).content.decode()
        assert "When the case has been without an owner" in page
        assert 'id="rule-form"' not in page


@pytest.mark.parametrize(("who", "status"), [("manager", 403), ("auditor", 403), ("agent", 403), ("outsider", 404)])
def test_is_changed_by_who_sets_up(stage: Stage, admin: Client, who: str, status: int) -> None:
    rule = drafted(admin)
    client = signed_in(getattr(stage, who))
    given = sentence(offset_amount="9", revision=rule.revision)
    for path in (NEW, "/rules/adopt/?brand=brindlewick", "/rules/guard/?brand=brindlewick"):
        assert client.post(path, given).status_code == status
    for path in (at(rule), at(rule, "sentence"), at(rule, "live"), at(rule, "move", "retire"), at(rule, "move", "up")):
        assert client.post(path, given).status_code == status
    rule.refresh_from_db()
    assert (Rule.objects.count(), rule.retired_at) == (1, None)
    assert RuleVersion.objects.get().trigger["offset_amount"] == 4
