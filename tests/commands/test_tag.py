"""Tags: a brand's own words, put on its cases by whoever may act in them."""

from __future__ import annotations

import pytest

from cases import errors
from cases.commands import tag
from cases.models import Case, CaseTag, Event, Tag
from cases.vocabulary import EventKind
from tests.people import AT, Stage, actor, set_stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def add(stage: Stage, name: str = "VIP") -> Tag:
    return tag.add_tag(brand_id=stage.brand.pk, name=name, actor=actor(stage.admin))


def lines(case: Case, kind: EventKind) -> list[int]:
    return [row.payload["tag"] for row in Event.objects.filter(stream="case", stream_id=case.pk, kind=kind)]


class TestTheWordsOfABrand:
    def test_are_added_once(self, stage: Stage) -> None:
        add(stage)
        with pytest.raises(errors.Invalid):
            add(stage, " vip ")
        assert Event.objects.filter(kind=EventKind.TAG_CHANGED).count() == 1

    @pytest.mark.parametrize("name", ["", "   ", "x" * 41])
    def test_are_short_and_say_something(self, stage: Stage, name: str) -> None:
        with pytest.raises(errors.Invalid):
            add(stage, name)

    def test_are_renamed_and_retired_and_brought_back(self, stage: Stage) -> None:
        word = add(stage)
        tag.rename_tag(tag_id=word.pk, name="Press", actor=actor(stage.admin))
        tag.retire_tag(tag_id=word.pk, actor=actor(stage.admin))
        word.refresh_from_db()
        assert (word.name, word.is_active) == ("Press", False)
        tag.bring_back_tag(tag_id=word.pk, actor=actor(stage.admin))
        word.refresh_from_db()
        assert word.is_active

    def test_are_set_up_by_admins(self, stage: Stage) -> None:
        word = add(stage)
        for who in (stage.agent, stage.manager):
            with pytest.raises(errors.NotAllowed):
                tag.retire_tag(tag_id=word.pk, actor=actor(who))
        with pytest.raises(errors.NotFound):
            tag.retire_tag(tag_id=word.pk, actor=actor(stage.outsider))


class TestTaggingACase:
    def test_puts_it_on_once(self, stage: Stage) -> None:
        case, word = stage.case(), add(stage)
        for _ in range(2):
            tag.tag_case(case_id=case.pk, tag_id=word.pk, at=AT, actor=actor(stage.agent))
        assert CaseTag.objects.get().tag == word
        assert lines(case, EventKind.CASE_TAGGED) == [word.pk]

    def test_makes_a_new_word_where_there_is_none(self, stage: Stage) -> None:
        case = stage.case()
        first = tag.tag_case(case_id=case.pk, name="Press", at=AT, actor=actor(stage.agent))
        other = stage.case("p-2", author="ann")
        assert tag.tag_case(case_id=other.pk, name=" press", at=AT, actor=actor(stage.colleague)) == first
        assert Event.objects.filter(kind=EventKind.TAG_CHANGED).count() == 1

    def test_refuses_what_is_retired_or_of_another_brand(self, stage: Stage) -> None:
        case, word = stage.case(), add(stage)
        tag.retire_tag(tag_id=word.pk, actor=actor(stage.admin))
        strange = Tag.objects.create(brand=stage.other_brand, name="Theirs")
        for choice in ({"tag_id": word.pk}, {"tag_id": strange.pk}, {"name": "VIP"}):
            with pytest.raises(errors.Invalid):
                tag.tag_case(case_id=case.pk, at=AT, actor=actor(stage.agent), **choice)
        assert not CaseTag.objects.exists()

    def test_is_for_whoever_may_act(self, stage: Stage) -> None:
        case, word = stage.case(), add(stage)
        with pytest.raises(errors.NotAllowed):
            tag.tag_case(case_id=case.pk, tag_id=word.pk, at=AT, actor=actor(stage.auditor))
        with pytest.raises(errors.NotFound):
            tag.tag_case(case_id=case.pk, tag_id=word.pk, at=AT, actor=actor(stage.outsider))
        assert not CaseTag.objects.exists()

    def test_takes_it_off_and_remembers(self, stage: Stage) -> None:
        case, word = stage.case(), add(stage)
        tag.tag_case(case_id=case.pk, tag_id=word.pk, at=AT, actor=actor(stage.agent))
        for _ in range(2):
            tag.untag_case(case_id=case.pk, tag_id=word.pk, at=AT, actor=actor(stage.agent))
        assert not CaseTag.objects.exists()
        assert lines(case, EventKind.CASE_UNTAGGED) == [word.pk]
