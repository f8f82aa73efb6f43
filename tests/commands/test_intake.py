"""A batch of posts is placed with a constant number of statements, and just as one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.commands import action, case, handling, intake
from cases.models import Case, Category, Complainant, Event, Observation, Post, Raw, Triage
from cases.queries import verification
from cases.rules.arrival import Arrival
from cases.vocabulary import SYSTEM, AnswerRoute, Outcome, PostKind, RawStatus, Status
from tests.people import AT, Stage, actor, set_stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def arrivals(count: int, prefix: str = "p", *, author: str = "author-{}", **fields: Any) -> list[Arrival]:
    return [
        Arrival(
            external_id=f"{prefix}-{number}",
            text=f"Statement {prefix} {number}",
            author=author.format(number),
            posted_at=AT - timedelta(hours=1),
            **fields,
        )
        for number in range(count)
    ]


def receive(channel_id: int, batch: list[Arrival]) -> list[Any]:
    return intake.receive_many(channel_id=channel_id, batch=batch, at=AT, actor=SYSTEM)


def queries(receiving: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        receiving()
    return len(captured)


def handled(stage: Stage) -> Case:
    """A handled case of Tom's."""
    opened, by = stage.case("first", author="tom"), actor(stage.agent)
    case.take(case_id=opened.pk, at=AT, actor=by)
    case.decline_private(case_id=opened.pk, at=AT, actor=by)
    handling.decide(case_id=opened.pk, outcome=Outcome.UPHELD, reason="Ours.", at=AT, actor=by)
    paid = {"outcome": "Paid", "reference": "RF-1", "amount": Decimal(60)}
    action.complete_action(action_id=opened.actions.get().pk, **paid, at=AT, actor=by)  # type: ignore[arg-type]
    url = "https://s.example/2"
    handling.send_final_answer(case_id=opened.pk, text="Yes.", route=AnswerRoute.PUBLIC, url=url, at=AT, actor=by)
    handling.handle(case_id=opened.pk, at=AT, actor=by)
    return opened


class TestNumberOfQueries:
    """The same for twenty posts and for two hundred."""

    def test_new_authors_left_to_triage(self, stage: Stage) -> None:
        few = queries(lambda: receive(stage.channel.pk, arrivals(20, "few", author="few-{}")))
        assert queries(lambda: receive(stage.channel.pk, arrivals(200, "many", author="many-{}"))) == few

    @pytest.mark.parametrize("author", ["{}", ""], ids=["with authors", "without authors"])
    @pytest.mark.parametrize("category", ["delivery", ""], ids=["with a category", "without"])
    def test_everything_is_a_complaint(self, stage: Stage, author: str, category: str) -> None:
        def few_or_many(count: int, name: str) -> int:
            batch = arrivals(count, name, author=author and name + author, category=category)
            return queries(lambda: receive(stage.form.pk, batch))

        few_or_many(1, "warm")
        few = few_or_many(20, "few")
        assert few_or_many(200, "many") == few

    def test_authors_with_open_cases(self, stage: Stage) -> None:
        receive(stage.form.pk, arrivals(220, "first"))
        few = queries(lambda: receive(stage.form.pk, arrivals(220, "second")[:20]))
        assert queries(lambda: receive(stage.form.pk, arrivals(220, "second")[20:])) == few

    def test_several_posts_of_new_authors(self, stage: Stage) -> None:
        few = queries(lambda: receive(stage.form.pk, arrivals(20, "few", author="same")))
        assert queries(lambda: receive(stage.form.pk, arrivals(200, "many", author="other"))) == few

    def test_the_same_again_and_edited(self, stage: Stage) -> None:
        receive(stage.channel.pk, arrivals(220))
        edited = [replace(one, text="Edited") for one in arrivals(220)]
        for _ in ("edited", "the same again"):
            few = queries(lambda: receive(stage.channel.pk, edited[:20]))
            assert queries(lambda: receive(stage.channel.pk, edited[20:])) == few


class TestPlacing:
    def test_posts_of_one_author_are_one_case(self, stage: Stage) -> None:
        receive(stage.form.pk, arrivals(5, author="tom"))
        opened = Case.objects.get()
        assert opened.links.count() == 5
        assert set(Triage.objects.values_list("kind", "category", "severity")) == {
            (PostKind.COMPLAINT, stage.category.pk, opened.severity)
        }
        kinds = list(Event.objects.filter(stream="case").order_by("seq").values_list("seq", "kind"))
        assert kinds == [(1, "case_opened"), *((seq, "post_joined") for seq in range(2, 6))]
        assert [finding for step in verification.walk(opened) for finding in step.findings] == []

    def test_a_waiting_case_is_open_again_and_unanswered_since_the_first(self, stage: Stage) -> None:
        waiting, by = stage.case(author="tom"), actor(stage.agent)
        case.take(case_id=waiting.pk, at=AT, actor=by)
        case.wait(case_id=waiting.pk, waiting_for="a photo", at=AT, actor=by)
        Case.objects.filter(pk=waiting.pk).update(unanswered_since=None)
        waiting.refresh_from_db()
        batch = arrivals(3, "again", author="tom")
        receive(stage.channel.pk, batch)
        found = Case.objects.get(pk=waiting.pk)
        assert (found.status, found.waiting_for, found.unanswered_since) == (Status.OPEN, "", batch[0].posted_at)
        assert found.revision == waiting.revision + 3

    def test_after_handled_the_case_is_suggested(self, stage: Stage) -> None:
        done = handled(stage)
        receive(stage.channel.pk, arrivals(1, author="tom"))
        row = Triage.objects.get(post__external_id="p-0")
        assert (row.suggested_case, row.kind) == (done, None)

    def test_after_handled_a_complaint_opens_another_case(self, stage: Stage) -> None:
        stage.form.platform = stage.channel.platform
        stage.form.save()
        done = handled(stage)
        receive(stage.form.pk, arrivals(1, author="tom"))
        opened = Case.objects.exclude(pk=done.pk).get()
        row = Triage.objects.get(post__external_id="p-0")
        assert (row.suggested_case, row.post.links.get().case) == (None, opened)

    @pytest.mark.parametrize("written", ["billing", "Billing", "Rechnung", "RÉCLAMATION de facture"])
    def test_finds_the_category_by_code_or_label(self, stage: Stage, written: str) -> None:
        label = {"en": "Billing", "de": "Rechnung", "fr": "Réclamation de facture"}
        billing = Category.objects.create(brand=stage.brand, code="billing", label=label)
        receive(stage.form.pk, arrivals(1, category=written))
        assert Case.objects.get().category == billing

    def test_takes_the_channels_category_for_words_nobody_knows(self, stage: Stage) -> None:
        receive(stage.form.pk, arrivals(1, category="Whatever"))
        assert Case.objects.get().category == stage.category

    def test_unknown_authors_are_complainants_of_their_own(self, stage: Stage) -> None:
        receive(stage.form.pk, arrivals(3, author="", language="fr"))
        assert Case.objects.values("complainant").distinct().count() == 3
        assert set(Complainant.objects.values_list("is_anonymous", "language")) == {(True, "fr")}

    def test_an_author_with_an_endless_name_is_one_person(self, stage: Stage) -> None:
        receive(stage.form.pk, arrivals(2, author="x" * 250))
        assert Case.objects.get().links.count() == 2


class TestRepeats:
    def test_what_failed_is_answered_with_the_reason_again(self, stage: Stage) -> None:
        bad = Arrival(external_id="bad", text="From tomorrow", posted_at=AT + timedelta(days=9))
        first, again = receive(stage.channel.pk, [bad])[0], receive(stage.channel.pk, [bad])[0]
        assert "in the future" in first.reason
        assert (again.post, again.is_new, again.reason, again.raw_id) == (None, False, first.reason, first.raw_id)
        assert Raw.objects.get().status == RawStatus.FAILED

    def test_several_new_texts_of_one_post_are_kept_in_order(self, stage: Stage) -> None:
        def saying(text: str) -> Arrival:
            return Arrival(external_id="p", text=text, author="tom", posted_at=AT)

        receive(stage.channel.pk, [saying("a"), saying("b"), saying("c")])
        receive(stage.channel.pk, [saying("c"), saying("d"), saying("a")])
        assert Post.objects.get().text == "a"
        assert list(Observation.objects.order_by("id").values_list("text", flat=True)) == ["b", "c", "d"]

    def test_one_that_the_database_refuses_blocks_no_other(self, stage: Stage) -> None:
        batch = [*arrivals(3), Arrival(external_id="nul", text="x", author="a\x00b", posted_at=AT)]
        outcomes = receive(stage.channel.pk, batch)
        assert [outcome.is_new for outcome in outcomes] == [True, True, True, False]
        assert set(Raw.objects.values_list("external_id", "status")) == {
            *((f"p-{number}", RawStatus.PROCESSED) for number in range(3)),
            ("nul", RawStatus.FAILED),
        }

    def test_replayed_it_is_processed(self, stage: Stage) -> None:
        bad = Arrival(external_id="bad", text="From tomorrow", posted_at=AT + timedelta(days=9))
        raw_id = receive(stage.channel.pk, [bad])[0].raw_id
        later = AT + timedelta(days=10)
        assert intake.replay(raw_id=raw_id, at=later, actor=SYSTEM).is_new
        assert Raw.objects.get().status == RawStatus.PROCESSED
