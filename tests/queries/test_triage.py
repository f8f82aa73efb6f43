"""Posts that wait: which, in which order, and for whom."""

from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from cases import errors
from cases.commands import case as case_commands
from cases.commands import dialogue
from cases.commands import triage as commands
from cases.queries import people
from cases.queries import triage as triages
from cases.vocabulary import PostKind
from tests.people import AT, Stage, actor, set_stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    return set_stage()


class TestUntriaged:
    @pytest.mark.parametrize("count", [1, 20])
    def test_takes_one_query_however_many(
        self, stage: Stage, count: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        posts = [stage.post(f"p-{n}", author=f"a-{n}") for n in range(count)]
        seer = people.seer_of(stage.agent.pk)
        with django_assert_num_queries(1):
            rows = triages.untriaged(seer).rows
            assert [row.post.pk for row in rows] == [post.pk for post in posts]
            assert all(row.post.handle and row.post.channel.name for row in rows)

    def test_pages_by_key(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(triages, "PAGE", 2)
        posts = [stage.post(f"p-{n}", author=f"a-{n}") for n in range(3)]
        seer = people.seer_of(stage.agent.pk)
        first = triages.untriaged(seer)
        assert [row.pk for row in first.rows] == [posts[0].pk, posts[1].pk]
        assert [row.pk for row in triages.untriaged(seer, after=first.after).rows] == [posts[2].pk]

    def test_shows_strangers_nothing(self, stage: Stage) -> None:
        stage.post()
        assert triages.untriaged(people.seer_of(stage.outsider.pk)).rows == []


class TestUnanswered:
    def test_holds_praise_and_questions_until_the_answer_stands(self, stage: Stage) -> None:
        praise, other = stage.post("p-1", author="a"), stage.post("p-2", author="b")
        commands.triage(post_id=praise.pk, kind=PostKind.PRAISE, at=AT, actor=actor(stage.agent))
        commands.triage(post_id=other.pk, kind=PostKind.OTHER, at=AT, actor=actor(stage.agent))
        seer = people.seer_of(stage.agent.pk)
        assert [row.pk for row in triages.unanswered(seer).rows] == [praise.pk]
        dialogue.reply_in_public(
            post_id=praise.pk, text="Thank you!", url="https://social.example/2", at=AT, actor=actor(stage.agent)
        )
        assert triages.unanswered(seer).rows == []


class TestCard:
    def test_is_closed_with_its_case(self, stage: Stage) -> None:
        case = stage.case()
        case_commands.take(case_id=case.pk, at=AT, actor=actor(stage.agent))
        case_commands.restrict(case_id=case.pk, is_restricted=True, at=AT, actor=actor(stage.manager))
        post = case.links.get().post
        assert triages.case_of(triages.card(people.seer_of(stage.agent.pk), post.public_id)) == case.reference
        for stranger in (stage.colleague, stage.outsider):
            with pytest.raises(errors.NotFound):
                triages.card(people.seer_of(stranger.pk), post.public_id)
