"""What a final answer needs under a regime, what it says as far as the facts go, and what keeps it from going."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cases.rules import answer, causes, regimes
from cases.vocabulary import AnswerPart, Outcome

P = AnswerPart
outcomes = st.sampled_from(Outcome)
words = st.text(max_size=40)
deeds = st.builds(
    answer.Deed, title=words, amount=words, reference=words, day=words, who=words, is_decided=st.booleans()
)
points = st.builds(answer.Raised, raised=words, outcome=outcomes, reason=words)
facts = st.builds(
    answer.Facts,
    language=st.sampled_from(answer.LANGUAGES),
    outcome=outcomes,
    points=st.lists(points, max_size=3),
    done=st.lists(deeds, max_size=3),
    outstanding=st.lists(deeds, max_size=3),
    recourse=words,
    opening=words,
)
demands = st.sets(st.sampled_from(P))
ALL = list(P)


def of(outcome: Outcome, **more: object) -> answer.Facts:
    return answer.Facts("en", outcome, **more)  # type: ignore[arg-type]


class TestDemanded:
    @given(demands, facts, st.booleans())
    def test_tells_whoever_is_not_fully_upheld_where_they_can_turn(self, wanted, known, always) -> None:  # type: ignore[no-untyped-def]
        found = answer.demanded(wanted, known, recourse_always=always)
        assert known.outcome == Outcome.UPHELD or P.RECOURSE in found
        assert found == [part for part in P if part in found]
        assert set(found) <= set(wanted) | {P.RECOURSE}

    def test_asks_for_recourse_of_an_upheld_complaint_only_where_it_is_always_told(self) -> None:
        assert P.RECOURSE in answer.demanded(ALL, of(Outcome.UPHELD), recourse_always=True)
        assert P.RECOURSE not in answer.demanded(ALL, of(Outcome.UPHELD), recourse_always=False)

    def test_asks_for_no_remedy_where_a_rejection_brings_none(self) -> None:
        assert P.REMEDY not in answer.demanded(ALL, of(Outcome.REJECTED), recourse_always=True)
        gift = of(Outcome.REJECTED, done=[answer.Deed("Voucher")])
        assert P.REMEDY in answer.demanded(ALL, gift, recourse_always=True)

    def test_asks_for_what_is_outstanding_only_while_something_is(self) -> None:
        assert P.OUTSTANDING not in answer.demanded(ALL, of(Outcome.UPHELD), recourse_always=True)
        later = of(Outcome.UPHELD, outstanding=[answer.Deed("Refund")])
        assert P.OUTSTANDING in answer.demanded(ALL, later, recourse_always=True)


class TestPrepared:
    @given(st.sampled_from(P), facts)
    def test_always_says_something_or_marks_it(self, part, known) -> None:  # type: ignore[no-untyped-def]
        assert answer.prepared(part, known).strip()

    @given(facts)
    def test_never_tells_an_undecided_action_as_if_it_were_decided(self, known) -> None:  # type: ignore[no-untyped-def]
        text = answer.prepared(P.OUTSTANDING, known)
        undecided = [deed for deed in known.outstanding if not deed.is_decided]
        assert text.count("[[") >= len(undecided)

    def test_says_each_outcome_in_both_languages(self) -> None:
        said = {
            answer.prepared(P.DECISION, answer.Facts(language, outcome))
            for language in answer.LANGUAGES
            for outcome in Outcome
        }
        assert len(said) == 8

    def test_names_done_actions_with_amount_and_reference(self) -> None:
        deed = answer.Deed("Refund", "80.00 EUR", "R-17", "8 September 2026")
        text = answer.prepared(P.REMEDY, of(Outcome.UPHELD, done=[deed]))
        assert text.endswith("- Refund: 80.00 EUR, done on 8 September 2026, reference R-17")

    def test_names_outstanding_actions_with_who_and_when_and_marks_a_missing_date(self) -> None:
        later = [answer.Deed("Refund", "80.00 EUR", day="12 September 2026", who="Delivery"), answer.Deed("Call")]
        text = answer.prepared(P.OUTSTANDING, of(Outcome.UPHELD, outstanding=later))
        assert "- Refund: 80.00 EUR, by 12 September 2026, Delivery" in text
        assert answer.marks(text) == ["the date"]

    def test_gives_a_reason_for_every_point(self) -> None:
        raised = [
            answer.Raised("Too late", Outcome.UPHELD, "Our van broke down."),
            answer.Raised("Rude", Outcome.REJECTED, "The call shows otherwise."),
        ]
        text = answer.prepared(P.REASONS, of(Outcome.PARTLY_UPHELD, points=raised))
        assert "1. “Too late”\nWe uphold this. Our van broke down." in text
        assert "2. “Rude”\nWe do not uphold this. The call shows otherwise." in text

    def test_opens_as_the_brand_wishes(self) -> None:
        text = answer.prepared(P.DECISION, of(Outcome.UPHELD, opening="This is our answer at stage 1."))
        assert text.startswith("This is our answer at stage 1.\n\nWe have")


class TestMissing:
    @given(st.lists(st.sampled_from(P), unique=True), st.dictionaries(st.sampled_from(P), words))
    def test_is_nothing_only_when_every_wanted_part_has_words_without_marks(self, wanted, parts) -> None:  # type: ignore[no-untyped-def]
        gaps = answer.missing(wanted, parts)
        whole = all(parts.get(part, "").strip() for part in wanted)
        unmarked = not any(answer.marks(text) for text in parts.values())
        assert (not gaps) == (whole and unmarked)

    def test_names_the_mark_that_is_left(self) -> None:
        gaps = answer.missing([P.RECOURSE], {P.RECOURSE: "Write to [[postal address]] or [[ postal address ]]."})
        assert gaps == [answer.Gap(P.RECOURSE, "postal address")]

    def test_does_not_take_words_of_a_complainant_for_a_mark(self) -> None:
        assert not answer.marks(answer.unmarked("See [[1]] and [[[2]]]"))

    def test_joins_parts_in_their_order(self) -> None:
        assert answer.joined({P.RECOURSE: "Last ", P.DECISION: " First", P.REASONS: " "}) == "First\n\nLast"


class TestOverall:
    @given(st.lists(outcomes, min_size=1))
    def test_fits_its_points(self, found) -> None:  # type: ignore[no-untyped-def]
        fitting = answer.overall(found)
        assert Outcome.SETTLED in fitting
        assert (Outcome.UPHELD in fitting) == (set(found) == {Outcome.UPHELD})
        assert (Outcome.REJECTED in fitting) == (set(found) == {Outcome.REJECTED})
        assert (Outcome.PARTLY_UPHELD in fitting) == (len(set(found)) > 1 or set(found) == {Outcome.PARTLY_UPHELD})

    def test_is_free_without_points(self) -> None:
        assert answer.overall([]) == set(Outcome)


class TestLanguage:
    def test_is_the_first_that_answers_can_be_prepared_in(self) -> None:
        assert answer.language_of("", "de", "fr-CA", "en") == "fr"
        assert answer.language_of("de") == "en"


class TestPacks:
    def test_are_marked_for_an_admin_to_fill_in_and_said_in_both_languages(self) -> None:
        assert len({pack.code for pack in regimes.PACKS}) == len(regimes.PACKS) == 5
        for pack in regimes.PACKS:
            assert pack.source
            assert len(pack.name) <= 80
            assert set(pack.recourse) == set(answer.LANGUAGES)
            counts = {len(answer.marks(text)) for text in pack.recourse.values()}
            assert len(counts) == 1
            assert counts.pop() >= 2
            assert regimes.pack(pack.code) is pack
        assert regimes.pack("none") is None


class TestCauses:
    def test_start_as_a_short_tree_in_both_languages(self) -> None:
        seen: set[str] = set()
        for starter in causes.CAUSES:
            assert not starter.parent or starter.parent in seen
            assert set(starter.label) == {"en", "fr"}
            seen.add(starter.code)
        assert len(seen) == len(causes.CAUSES)

    def test_know_how_deep_they_stand_and_reach(self) -> None:
        parents = {1: None, 2: 1, 3: 2, 4: None}
        assert causes.depth(parents, None) == 1
        assert causes.depth(parents, 3) == 4
        assert causes.height(parents, 1) == 3
        assert causes.is_below(parents, 3, 1)
        assert not causes.is_below(parents, 1, 3)
        assert not causes.is_below(parents, 4, 1)
