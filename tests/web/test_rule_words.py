"""Rules in words: every word of the vocabulary has its own, and a sentence keeps its pieces in any order."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone, translation

from cases.models import Brand, Event
from cases.queries import condition_words, rule_sentences
from cases.queries.condition_words import About
from cases.queries.rule_names import Names
from cases.queries.sentences import Part, fill, pick, said
from cases.rules import condition as conditions
from cases.rules.condition import Leaf
from cases.rules.escalation import Ladder, Step, Trigger, parse
from cases.rules.facts import FACTS
from cases.rules.revising import difference
from cases.vocabulary import (
    ActorKind,
    By,
    EventKind,
    Fact,
    Goal,
    HoursFor,
    Missed,
    Op,
    Reach,
    Reason,
    Sense,
    Standing,
    StepKind,
    Stop,
    Unit,
    When,
    Whom,
)
from cases.web import journal, rule_words

NAMES = Names(
    {
        ("team", 1): "Delivery",
        ("person", 1): "Nadia Brandt",
        ("tag", 1): "VIP",
        ("tag", 2): "press",
        ("kind", 1): {"en": "Refund", "fr": "Remboursement"},
        ("target", 1): "Ledger",
        ("category", 1): {"en": "Delivery", "fr": "Livraison"},
        ("channel", 1): "Social",
    },
    frozenset({(what, 1, 7) for what in ("team", "person", "tag", "kind", "target", "category", "channel")}),
)
ABOUT = About(7, "EUR", NAMES)
BRAND = Brand(pk=7, currency="EUR")
TELL = {"kind": "tell", "whom": "owner_or_duty"}


def ladder(when: dict[str, Any] | None = None, condition: Any = None, *steps: Any, **rest: Any) -> Ladder:
    return parse(when or {"when": "wrote"}, condition or {}, list(steps) or [TELL], **rest)


def told(words: tuple[Part, ...]) -> str:
    text = said(words)
    assert "%(" not in text
    assert "None" not in text
    return text


def trigger(when: When) -> Trigger:
    if when == When.DEADLINE:
        return Trigger(when, goal=Goal.ACKNOWLEDGE, offset_amount=15, offset_unit=Unit.MINUTE, before=True)
    if when == When.LASTED:
        return Trigger(when, standing=Standing.NEW, offset_amount=2, offset_unit=Unit.OPEN_HOUR)
    if when == When.REACH:
        return Trigger(when, reach=Reach.VIEWS, above=5000, within_minutes=60)
    return Trigger(when)


def values(fact: Fact, op: Op) -> list[Any]:
    typed = FACTS[fact]
    if typed.sense == Sense.YES_NO:
        return [None]
    if typed.sense == Sense.NUMBER:
        return [1, 2, 4] if fact == Fact.SEVERITY else [0, 1, 5000]
    if typed.sense == Sense.AMOUNT:
        return [Decimal(200)]
    if typed.sense == Sense.WORDS:
        return [("fire",), ("fire", "my lawyer")]
    answers: list[Any] = [1] if typed.has_ids else list(typed.codes) or ["fr"]
    if typed.may_be_none:
        answers.append(0 if typed.has_ids else "")
    return answers if op in {Op.IS, Op.IS_NOT} else [tuple(answers)]


class TestEveryWord:
    @pytest.mark.parametrize("when", When)
    def test_of_when(self, when: When) -> None:
        assert told(rule_sentences.trigger(trigger(when))).startswith("When ")

    @pytest.mark.parametrize("unit", Unit)
    def test_of_units(self, unit: Unit) -> None:
        one, two = rule_sentences.span(1, unit), rule_sentences.span(2, unit)
        assert one.startswith("1 ")
        assert two.startswith("2 ")
        assert one[2:] != two[2:]

    @pytest.mark.parametrize("goal", [None, *Goal])
    @pytest.mark.parametrize(("amount", "before"), [(2, True), (2, False), (0, False)])
    def test_of_deadlines(self, goal: Goal | None, amount: int, before: bool) -> None:
        looked_for = Trigger(When.DEADLINE, goal=goal, offset_amount=amount, offset_unit=Unit.HOUR, before=before)
        words = told(rule_sentences.trigger(looked_for))
        assert (str(goal.label) if goal else "any deadline") in words
        assert ("2 hours" in words) == bool(amount)

    @pytest.mark.parametrize("standing", Standing)
    def test_of_standings(self, standing: Standing) -> None:
        looked_for = Trigger(When.LASTED, standing=standing, offset_amount=2, offset_unit=Unit.DAY)
        assert str(standing.label) in told(rule_sentences.trigger(looked_for))

    @pytest.mark.parametrize("reach", Reach)
    @pytest.mark.parametrize("within", [None, 90])
    def test_of_reach(self, reach: Reach, within: int | None) -> None:
        words = told(rule_sentences.trigger(Trigger(When.REACH, reach=reach, above=5000, within_minutes=within)))
        assert ("1 hour 30 minutes" in words) == bool(within)

    @pytest.mark.parametrize(("fact", "op"), [(fact, op) for fact in Fact for op in FACTS[fact].ops])
    def test_of_questions(self, fact: Fact, op: Op) -> None:
        clauses = [told(condition_words.clause(Leaf(fact, op, value), ABOUT)) for value in values(fact, op)]
        assert all(clauses)
        assert len(set(clauses)) == len(clauses)

    @pytest.mark.parametrize("fact", Fact)
    def test_no_two_questions_sound_alike(self, fact: Fact) -> None:
        ops = FACTS[fact].ops
        first = {op: values(fact, op)[0] for op in ops}
        clauses = {told(condition_words.clause(Leaf(fact, op, first[op]), ABOUT)) for op in ops}
        assert len(clauses) == len(ops)

    @pytest.mark.parametrize("kind", StepKind)
    def test_of_steps(self, kind: StepKind) -> None:
        step = Step(1, 0, kind, whom=Whom.LEAD, levels=1, kind_id=1, tag=1, target=1)
        assert told(rule_sentences.does(step, ABOUT))

    @pytest.mark.parametrize("kind", [StepKind.TELL, StepKind.ASSIGN])
    @pytest.mark.parametrize("whom", Whom)
    @pytest.mark.parametrize("team", [None, 1])
    def test_of_people(self, kind: StepKind, whom: Whom, team: int | None) -> None:
        step = Step(1, 0, kind, whom=whom, person=1, team=team, by=By.MAIL, hours=HoursFor.ALWAYS)
        words = told(rule_sentences.does(step, ABOUT))
        assert "also outside hours" in words
        assert ("Nadia Brandt" in words) == (whom == Whom.PERSON)

    @pytest.mark.parametrize("stop", [None, *Stop])
    def test_of_stops(self, stop: Stop | None) -> None:
        assert told(rule_sentences.stop(stop)).startswith("It ")

    @pytest.mark.parametrize("what", Missed)
    def test_of_what_was_missed(self, what: Missed) -> None:
        assert str(what.label) in told(rule_sentences.missed(what))

    @pytest.mark.parametrize("reason", Reason)
    def test_of_reasons(self, reason: Reason) -> None:
        assert rule_words.reason(reason)

    def test_no_reason_needs_no_words(self) -> None:
        assert rule_words.reason("") == ""

    @pytest.mark.parametrize("fact", Fact)
    def test_of_answers(self, fact: Fact) -> None:
        for op in FACTS[fact].ops:
            for value in values(fact, op):
                given = True if value is None else value
                many = frozenset(given) if isinstance(given, tuple) else given
                assert condition_words.seen(fact, many, ABOUT)
        assert condition_words.seen(fact, None, ABOUT) == "not known"


class TestASentence:
    def test_says_the_whole_rule(self) -> None:
        rule = ladder(
            {"when": "reach", "reach": "views", "above": 5000, "within_minutes": 60},
            {
                "all": [
                    {"fact": "public_reply", "op": "no"},
                    {
                        "any": [
                            {"fact": "severity", "op": "at_least", "value": 3},
                            {"fact": "tag", "op": "is", "value": 1},
                        ]
                    },
                ]
            },
            {"kind": "tell", "whom": "owner_or_duty", "by": "mail", "hours": "always"},
            {"kind": "authority", "after_minutes": 30},
            stop="replied",
        )
        assert rule_words.sentence(rule, NAMES, BRAND) == (
            "When a post gains more than 5,000 views within 1 hour, if there is no public reply of ours yet and "
            "(the severity is at least high or the case has the tag VIP): at once, tell the owner, else who is on duty "
            "(in casedesk and by mail, also outside hours); after 30 minutes, hand it to somebody whose authority "
            "suffices for what the case needs (in casedesk, in working hours). It stops when a person has replied, in "
            "public or in private."
        )

    def test_without_a_condition_has_no_if(self) -> None:
        assert ", if" not in rule_words.sentence(ladder(), NAMES, BRAND)

    def test_says_that_missed_steps_are_skipped_only_where_they_are(self) -> None:
        assert "outage" not in rule_words.sentence(ladder(), NAMES, BRAND)
        assert "outage" in rule_words.sentence(ladder(missed="skip"), NAMES, BRAND)

    def test_knows_which_words_can_be_picked(self) -> None:
        rule = ladder(None, {"all": [{"fact": "severity", "op": "at_least", "value": 3}]})
        spelled = rule_words.spell(rule, NAMES, BRAND)
        slots = {part.slot for part in spelled.words if part.slot}
        assert slots >= {"when.when", "if.0", "if.0.value", "then.0.after_minutes", "then.0.whom", "then.0.by"}

    def test_says_what_is_gone(self) -> None:
        rule = ladder(None, None, {"kind": "tag", "tag": 2}, {"kind": "tag", "tag": 3})
        gone = [part.text for part in rule_words.spell(rule, NAMES, BRAND).words if part.is_gone]
        assert gone == ["press", "something that is no longer there"]

    def test_names_things_in_the_language_of_the_reader(self) -> None:
        rule = ladder(None, None, {"kind": "action", "kind_id": 1, "amount": "20"})
        with translation.override("fr"):
            assert "Remboursement" in rule_words.sentence(rule, NAMES, BRAND)

    def test_lets_a_language_put_its_pieces_where_it_wants(self) -> None:
        words = fill("%(b)s avant %(a)s, 100 %%", a=pick("then.0.whom", "Nadia"), b="Karim")
        assert said(words) == "Karim avant Nadia, 100 %"
        assert [part.slot for part in words] == ["", "", "then.0.whom", ""]


class TestWhatDiffers:
    @pytest.mark.parametrize(
        ("before", "after", "words"),
        [
            (ladder(), ladder({"when": "reopened"}), "It looks at another time: “When the case was reopened”"),
            (
                ladder(),
                ladder(None, {"all": [{"fact": "decided", "op": "no"}]}),
                "It now asks whether there is no decision yet.",
            ),
            (
                ladder(None, {"all": [{"fact": "decided", "op": "no"}]}),
                ladder(),
                "It no longer asks whether there is no decision yet.",
            ),
            (ladder(), ladder(None, None, TELL, {"kind": "tag", "tag": 1}), "Another step: at once, put the tag VIP"),
            (ladder(None, None, TELL, {"kind": "tag", "tag": 1}), ladder(), "A step less: at once, put the tag VIP"),
            (
                ladder(),
                ladder(None, None, TELL | {"after_minutes": 5}),
                "A step becomes: after 5 minutes, tell the owner",
            ),
            (ladder(), ladder(stop="handled"), "It ends otherwise: “It stops when the case is handled or has ended.”"),
            (ladder(), ladder(missed="skip"), "A step missed in an outage is now skipped."),
            (ladder(missed="skip"), ladder(), "A step missed in an outage is now done late, and says so."),
        ],
    )
    def test_is_said_part_by_part(self, before: Ladder, after: Ladder, words: str) -> None:
        [found] = difference(before, after)
        assert rule_words.change(found, NAMES, BRAND).startswith(words)


class TestTheJournal:
    @pytest.mark.parametrize("field", journal.RULE_MOVES)
    def test_says_what_became_of_a_rule(self, field: str) -> None:
        event = Event(
            kind=EventKind.RULE_CHANGED,
            actor_kind=ActorKind.PERSON,
            person_id=1,
            payload={"rule": 5, "fields": [field], "number": 3},
            occurred_at=timezone.now(),
        )
        words = journal.sentence(event, {("person", 1): "Ruth", ("rule", 5): "Night watch"}).words
        assert words.startswith("Ruth ")
        assert "unknown" not in words
        assert ("Night watch" in words) == (field != "order")

    def test_names_the_rule_that_acted(self) -> None:
        event = Event(
            kind=EventKind.CASE_TAGGED,
            actor_kind=ActorKind.RULE,
            actor_id=5,
            payload={"tag": 1},
            occurred_at=timezone.now(),
        )
        words = journal.sentence(event, {("rule", 5): "Night watch", ("tag", 1): "VIP"}).words
        assert words == "The rule “Night watch” put a tag on the case: VIP"


class TestWhatAReplayCannotKnow:
    @pytest.mark.parametrize("code", ["answered", "today", "authority"])
    def test_is_said_by_its_code(self, code: str) -> None:
        assert rule_words.cannot({"code": code})

    @pytest.mark.parametrize("code", ["past_stays", "unseen", "erased", "unowned", "paused"])
    def test_says_how_many(self, code: str) -> None:
        assert "1,212" in rule_words.cannot({"code": code, "count": 1212})

    def test_names_the_facts_of_today(self) -> None:
        assert "the language, the team" in rule_words.cannot({"code": "as_today", "facts": ["language", "team"]})


@pytest.mark.django_db
def test_stored_questions_are_told_with_what_was_seen() -> None:
    leaf = Leaf(Fact.SEVERITY, Op.AT_LEAST, 3)
    stored = {**conditions.dump(leaf), "saw": 4, "holds": True}
    [question] = rule_words.questions([stored, {"fact": "nothing"}], BRAND)
    assert (question.words, question.saw, question.holds) == ("the severity is at least high", "critical", True)
