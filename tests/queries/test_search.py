"""Finding: in both languages, folded, newest first, and never what is closed to somebody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cases import errors
from cases.commands import case as commands
from cases.commands import dialogue
from cases.models import Case
from cases.queries import people
from cases.queries import search as searches
from cases.rules import finding
from cases.vocabulary import Source
from tests.people import AT, Stage, actor, set_stage

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def stage() -> Stage:
    return set_stage()


@pytest.fixture(params=["rare", "frequent"])
def plan(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways of finding answer the same."""
    monkeypatch.setattr(searches, "RARE", 10**9 if request.param == "rare" else 0)
    return str(request.param)


def found(stage: Stage, words: str, person: Any = None, **narrow: Any) -> list[str]:
    hits = searches.find(people.seer_of((person or stage.agent).pk), words, **narrow).hits
    return [hit.case.reference if hit.case else hit.post.external_id for hit in hits]


@pytest.mark.usefixtures("plan")
class TestFind:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("Ma réclamation est restée sans réponse", "reclamation"),
            ("Ma reclamation", "RÉCLAMATIONS"),
            ("Colis livrée ouverte", "livré"),
            ("Deliveries are always late", "delivery"),
            ("Commande 77-4051 perdue", "77-4051"),
            ("<script>alert(1)</script> nobody answers", "nobody"),
        ],
    )
    def test_knows_stems_and_accents(self, stage: Stage, text: str, words: str) -> None:
        stage.post("p-1", text=text, author="writer")
        stage.post("p-2", text="Something else entirely", author="other")
        assert found(stage, words) == ["p-1"]

    def test_groups_what_belongs_to_one_case(self, stage: Stage) -> None:
        case = stage.case(text="The sofa never came")
        dialogue.write_note(case_id=case.pk, text="sofa is in the depot", at=AT, actor=actor(stage.agent))
        (hit,) = searches.find(people.seer_of(stage.agent.pk), "sofa").hits
        assert {place.source for place in hit.excerpts} == {Source.NOTE, Source.POST}
        assert (True, "sofa") in hit.excerpts[0].pieces

    def test_finds_people_by_name(self, stage: Stage) -> None:
        case = stage.case(author="Zoé Lefèvre")
        assert found(stage, "zoe lefevre") == [case.reference]

    def test_goes_newest_first_page_by_page(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(searches, "ENTRIES", 2)
        for n in range(5):
            stage.post(f"p-{n}", text="lamp", author=f"w-{n}")
        seer, after, seen = people.seer_of(stage.agent.pk), "", []
        for _ in range(3):
            page = searches.find(seer, "lamp", after=after)
            seen += [hit.post.external_id for hit in page.hits]
            after = page.after
        assert seen == [f"p-{n}" for n in reversed(range(5))]
        assert after == ""

    def test_leaves_out_what_is_closed(self, stage: Stage) -> None:
        case = stage.case(text="The sofa never came")
        commands.take(case_id=case.pk, at=AT, actor=actor(stage.agent))
        commands.restrict(case_id=case.pk, is_restricted=True, at=AT, actor=actor(stage.manager))
        assert found(stage, "sofa") == found(stage, "sofa", stage.manager) == [case.reference]
        assert found(stage, "sofa", stage.colleague) == found(stage, "sofa", stage.outsider) == []
        assert found(stage, "sofa", brand_id=stage.other_brand.pk) == []

    def test_leaves_out_a_complaint_about_oneself(self, stage: Stage) -> None:
        case = stage.case(text="Rude colleague")
        commands.set_subject(case_id=case.pk, person_id=stage.colleague.pk, at=AT, actor=actor(stage.manager))
        assert found(stage, "rude", stage.colleague) == []

    @pytest.mark.parametrize("words", ["", "   ", "%%", "'; DROP TABLE", "a & | !", "\x00", "💥", "-sofa"])
    def test_takes_anything_as_words(self, stage: Stage, words: str) -> None:
        stage.post("p-1", text="Something else")
        assert found(stage, words) == []


def test_stops_when_it_takes_too_long(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(3):
        stage.post(f"p-{n}", text="slow words", author=f"w-{n}")
    monkeypatch.setattr(searches, "PATIENCE_MS", 60)
    slow = "SELECT pg_sleep(2), {columns} FROM cases_searchentry e WHERE document @@ {query} AND {visible} AND {beyond}"
    monkeypatch.setattr(searches, "_RARE", slow)
    with pytest.raises(errors.TooSlow):
        searches.find(people.seer_of(stage.agent.pk), "slow")


class TestByReference:
    @pytest.mark.parametrize("words", ["BW-1", "bw-1", " bw 1 ", "BW1", "bw-001"])
    def test_opens_the_case(self, stage: Stage, words: str) -> None:
        stage.case()
        assert searches.by_reference(people.seer_of(stage.agent.pk), words) == "BW-1"

    def test_tells_strangers_nothing(self, stage: Stage) -> None:
        stage.case()
        assert searches.by_reference(people.seer_of(stage.outsider.pk), "BW-1") == ""


class TestExcerpt:
    def test_marks_the_words_and_shows_what_stands_around_them(self) -> None:
        text = "word " * 60 + "the Réclamations of 2024 " + "more " * 60
        pieces = finding.excerpt(text, finding.words_of("reclamation"))
        assert [letters for is_word, letters in pieces if is_word] == ["Réclamations"]
        shown = "".join(letters for _, letters in pieces)
        assert shown.startswith("… ")
        assert shown.endswith(" …")
        assert len(shown) < 300

    def test_begins_at_the_beginning_without_a_match(self) -> None:
        assert finding.excerpt("Some words", ["zebra"]) == [(False, "Some words")]


def test_the_newest_entry_decides_the_place_of_a_case(stage: Stage) -> None:
    old, new = stage.case("p-1", text="lamp", author="a"), stage.case("p-2", text="lamp", author="b")
    dialogue.write_note(case_id=old.pk, text="lamp", at=AT + timedelta(hours=1), actor=actor(stage.agent))
    assert found(stage, "lamp") == [old.reference, new.reference]
    assert Case.objects.count() == 2
