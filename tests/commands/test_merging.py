"""A duplicate goes on in another case, and a post about something else in a case of its own; nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from cases import errors
from cases.commands import action, approval, case, confirmation, dialogue, handling, intake, triage
from cases.models import (
    Approval,
    Brand,
    Case,
    CasePost,
    Channel,
    Complainant,
    Event,
    Invitation,
    Membership,
    Note,
    Post,
    PublicReply,
    Thread,
)
from cases.queries import private, verification
from cases.rules.arrival import Arrival
from cases.vocabulary import SYSTEM, Ended, EventKind, Goal, Outcome, PostKind, Role, Status
from tests import times
from tests.authority import limited
from tests.people import AT, Stage, actor, set_stage

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def another(stage: Stage, external_id: str = "p-2", author: str = "tom") -> Case:
    """Another case of somebody who has one already."""
    post = stage.post(external_id, text="Where is it?", author=author)
    link = CasePost.objects.filter(post=post, left_at__isnull=True).first()
    if link is not None:
        return case.split(case_id=link.case_id, post_id=post.pk, at=AT, actor=actor(stage.agent))
    found = triage.triage(post_id=post.pk, kind=PostKind.COMPLAINT, is_separate=True, at=AT, actor=actor(stage.agent))
    assert found is not None
    return found


def merge(one: Case, into: Case, stage: Stage, **given: object) -> Case:
    return case.merge(case_id=one.pk, into_id=into.pk, at=AT + HOUR, actor=actor(stage.agent), **given)  # type: ignore[arg-type]


def kinds(of: Case) -> list[str]:
    return list(Event.objects.filter(stream="case", stream_id=of.pk).order_by("seq").values_list("kind", flat=True))


def is_whole(*cases: Case) -> bool:
    return [finding for each in cases for step in verification.walk(each) for finding in step.findings] == []


class TestMerging:
    def test_its_posts_go_on_in_the_other_and_both_journals_tell(self, stage: Stage) -> None:
        first, second = stage.case(), another(stage)
        post = second.links.get(left_at__isnull=True).post
        merge(second, first, stage)
        first.refresh_from_db()
        second.refresh_from_db()
        assert (second.status, second.unanswered_since, second.status_since) == (Status.MERGED, None, AT + HOUR)
        assert [link.post_id for link in first.links.filter(left_at__isnull=True)][-1] == post.pk
        assert not second.links.filter(left_at__isnull=True).exists()
        assert kinds(second)[-2:] == ["post_left", "case_merged"]
        assert kinds(first)[-2:] == ["post_joined", "case_joined"]
        assert Event.objects.get(kind="case_merged").payload == {"case": first.pk}
        assert Event.objects.get(kind="case_joined").payload == {"case": second.pk, "threads": []}
        assert is_whole(first, second)

    def test_the_other_waits_for_an_answer_as_when_a_post_joins(self, stage: Stage) -> None:
        first, second = stage.case(), another(stage)
        case.take(case_id=first.pk, at=AT, actor=actor(stage.agent))
        case.wait(case_id=first.pk, waiting_for="A photo", at=AT, actor=actor(stage.agent))
        Case.objects.filter(pk=first.pk).update(unanswered_since=None)
        merge(second, first, stage)
        first.refresh_from_db()
        assert (first.status, first.waiting_for) == (Status.OPEN, "")
        assert first.unanswered_since == second.posted_at

    def test_a_reason_is_kept_as_a_note(self, stage: Stage) -> None:
        first, second = stage.case(), another(stage)
        merge(second, first, stage, reason="  The same sofa. ")
        assert Note.objects.get().text == "The same sofa."
        assert Note.objects.get().case_id == second.pk

    def test_ends_its_deadlines_and_requests(self, stage: Stage) -> None:
        limited(stage, budget_each=Decimal(10), window="day")
        times.policy(stage.brand, Goal.DECISION, amount=2)
        first, second = stage.case(), another(stage)
        by = actor(stage.agent)
        case.take(case_id=second.pk, at=AT, actor=by)
        added = action.add_action(case_id=second.pk, kind_id=stage.refund.pk, amount=Decimal(500), at=AT, actor=by)
        approval.request(action_id=added.pk, reason="Large", at=AT, actor=by)
        merge(second, first, stage)
        row = second.deadlines.get(goal=Goal.DECISION)
        assert (row.ended, row.ended_at) == (Ended.CASE_ENDED, AT + HOUR)
        assert Approval.objects.get().status == "void"
        with pytest.raises(errors.IllegalMove):
            action.add_action(case_id=second.pk, kind_id=stage.apology.pk, at=AT, actor=by)

    def test_the_private_page_is_one_of_the_other_case(self, stage: Stage) -> None:
        complaint = intake.Complaint(text="Broken leg", name="Amy", email="amy@example.org", once="f-1")
        filed = intake.file_complaint(channel_id=stage.form.pk, complaint=complaint, uploads=(), at=AT, actor=SYSTEM)
        arrival = Arrival(external_id="f-2", text="And the invoice", author="form:f-1", posted_at=AT)
        post = intake.receive(channel_id=stage.form.pk, arrival=arrival, at=AT, actor=actor(stage.agent)).post
        assert post is not None
        other = case.split(case_id=filed.case.pk, post_id=post.pk, at=AT, actor=actor(stage.agent))
        merge(filed.case, other, stage)
        thread = private.thread_of(filed.link.rstrip("/").split("/")[-1], AT + HOUR)
        assert thread.case_id == other.pk
        page = private.page_of(thread, AT + HOUR)
        assert {entry.text for entry in page.entries} == {"Broken leg", "And the invoice"}
        dialogue.receive_message(thread_id=thread.pk, text="Thanks", at=AT + HOUR, actor=actor(stage.agent))
        assert kinds(other)[-1] == "message_received"
        with pytest.raises(errors.IllegalMove):
            dialogue.send_message(case_id=filed.case.pk, text="Hello?", at=AT + HOUR, actor=actor(stage.agent))
        assert Event.objects.get(kind="case_joined").payload["threads"] == [thread.pk]
        assert is_whole(filed.case, other)

    def test_a_reply_that_waits_to_be_posted_counts_where_its_post_is(self, stage: Stage) -> None:
        first, second = stage.case(), another(stage)
        by = actor(stage.agent)
        post = second.links.get(left_at__isnull=True).post
        reply = dialogue.reply_in_public(post_id=post.pk, text="Sorry.", is_inviting=True, at=AT, actor=by).reply
        merge(second, first, stage)
        dialogue.mark_posted(reply_id=reply.pk, url="https://s.example/1", at=AT + HOUR, actor=by)
        assert PublicReply.objects.get().case_id == first.pk
        assert kinds(first)[-1] == "reply_posted"
        first.refresh_from_db()
        assert first.answered_at == AT + HOUR
        with pytest.raises(errors.LinkDead):
            private.invited_by("guessed", AT + HOUR)
        assert Invitation.objects.get().case_id == second.pk
        assert is_whole(first, second)

    def test_may_go_on_and_on(self, stage: Stage) -> None:
        first, second, third = stage.case(), another(stage), another(stage, "p-3")
        merge(third, second, stage)
        merge(second, first, stage)
        assert first.links.filter(left_at__isnull=True).count() == 3
        assert is_whole(first, second, third)


class TestMergingIsRefused:
    @pytest.mark.parametrize("how", ["decided", "promised", "said"])
    def test_once_there_is_something_to_lose(self, stage: Stage, how: str) -> None:
        first, second = stage.case(), another(stage)
        by = actor(stage.agent)
        case.take(case_id=second.pk, at=AT, actor=by)
        if how == "decided":
            handling.decide(case_id=second.pk, outcome=Outcome.UPHELD, reason="Ours.", at=AT, actor=by)
        elif how == "promised":
            added = action.add_action(case_id=second.pk, kind_id=stage.apology.pk, at=AT, actor=by)
            action.start_action(action_id=added.pk, at=AT, actor=by)
        else:
            Complainant.objects.update(email="tom@example.org")
            dialogue.send_message(case_id=second.pk, text="Hello", at=AT, actor=by)
        before = Event.objects.count()
        with pytest.raises(errors.Invalid):
            merge(second, first, stage)
        assert Event.objects.count() == before
        # The database says so as well, whoever writes.
        CasePost.objects.filter(case=second).update(left_at=AT)
        with pytest.raises(DatabaseError, match="lost"), transaction.atomic():
            Case.objects.filter(pk=second.pk).update(status="merged")

    def test_while_its_posts_are_in_it(self, stage: Stage) -> None:
        made = stage.case()
        with pytest.raises(DatabaseError, match="lost"), transaction.atomic():
            Case.objects.filter(pk=made.pk).update(status="merged")

    @pytest.mark.parametrize("ends", ["dismissed", "withdrawn", "merged"])
    def test_where_one_of_them_has_ended(self, stage: Stage, ends: str) -> None:
        first, second, third = stage.case(), another(stage), another(stage, "p-3")
        by = actor(stage.agent)
        {
            "dismissed": lambda: case.dismiss(case_id=second.pk, reason="A joke.", at=AT, actor=by),
            "withdrawn": lambda: case.withdraw(case_id=second.pk, at=AT, actor=by),
            "merged": lambda: merge(second, third, stage),
        }[ends]()
        for one, into in ((second, first), (first, second)):
            with pytest.raises(errors.IllegalMove):
                merge(one, into, stage)

    def test_into_itself_and_into_somebody_elses(self, stage: Stage) -> None:
        first, other = stage.case(), stage.case("p-9", author="ida")
        for into in (first, other):
            with pytest.raises(errors.Invalid) as refused:
                merge(first, into, stage)
            assert refused.value.field == "into"

    def test_into_one_that_is_open_to_more(self, stage: Stage) -> None:
        first, second = stage.case(), another(stage)
        by = actor(stage.manager)
        case.set_subject(case_id=second.pk, person_id=stage.colleague.pk, at=AT, actor=by)
        with pytest.raises(errors.Invalid):
            case.merge(case_id=second.pk, into_id=first.pk, at=AT, actor=by)
        case.set_subject(case_id=first.pk, person_id=stage.colleague.pk, at=AT, actor=by)
        case.restrict(case_id=second.pk, is_restricted=True, at=AT, actor=by)
        with pytest.raises(errors.Invalid):
            case.merge(case_id=second.pk, into_id=first.pk, at=AT, actor=by)
        case.restrict(case_id=first.pk, is_restricted=True, at=AT, actor=by)
        assert case.merge(case_id=second.pk, into_id=first.pk, at=AT, actor=by).status == Status.MERGED

    @pytest.mark.parametrize("closed", [0, 1])
    def test_where_the_actor_may_not_open_one(self, stage: Stage, closed: int) -> None:
        both = stage.case(), another(stage)
        case.restrict(case_id=both[closed].pk, is_restricted=True, at=AT, actor=actor(stage.manager))
        with pytest.raises(errors.NotFound if closed else errors.Invalid):
            merge(both[1], both[0], stage)

    def test_for_who_only_looks(self, stage: Stage) -> None:
        first, second = stage.case(), another(stage)
        with pytest.raises(errors.NotAllowed):
            case.merge(case_id=second.pk, into_id=first.pk, at=AT, actor=actor(stage.auditor))


class TestSplitting:
    def test_a_post_gets_a_case_of_its_own(self, stage: Stage) -> None:
        first = stage.case()
        post = stage.post("p-2", text="And my lamp is blue.")
        assert first.links.count() == 2
        made = case.split(case_id=first.pk, post_id=post.pk, at=AT + HOUR, actor=actor(stage.agent))
        assert (made.status, made.complainant_id, made.headline) == ("new", first.complainant_id, post.text)
        assert (made.category_id, made.unanswered_since) == (first.category_id, post.posted_at)
        assert made.actions.count() == 1
        assert CasePost.objects.get(case=first, post=post).left_at == AT + HOUR
        assert kinds(first)[-1] == "post_left"
        assert kinds(made) == ["case_opened", "case_split_off"]
        assert Event.objects.get(kind="post_left").payload == {"post": post.pk, "case": made.pk}
        assert is_whole(first, made)

    def test_and_back_again(self, stage: Stage) -> None:
        first = stage.case()
        made = another(stage)
        merge(made, first, stage)
        assert first.links.filter(left_at__isnull=True).count() == 2
        assert is_whole(first, made)

    def test_not_the_only_post_nor_one_that_is_not_there(self, stage: Stage) -> None:
        first = stage.case()
        for post in (first.links.get().post, stage.post("p-5", author="ida")):
            with pytest.raises((errors.Invalid, errors.NotFound)):
                case.split(case_id=first.pk, post_id=post.pk, at=AT, actor=actor(stage.agent))

    def test_not_one_that_we_answered_in_public(self, stage: Stage) -> None:
        first = stage.case()
        post = stage.post("p-2")
        dialogue.reply_in_public(post_id=post.pk, text="Sorry.", at=AT, actor=actor(stage.agent))
        with pytest.raises(errors.Invalid):
            case.split(case_id=first.pk, post_id=post.pk, at=AT, actor=actor(stage.agent))

    def test_not_out_of_a_case_that_is_over(self, stage: Stage) -> None:
        first = stage.case()
        post = stage.post("p-2")
        case.dismiss(case_id=first.pk, reason="A joke.", at=AT, actor=actor(stage.agent))
        with pytest.raises(errors.IllegalMove):
            case.split(case_id=first.pk, post_id=post.pk, at=AT, actor=actor(stage.agent))

    def test_what_is_closed_to_others_stays_closed_to_them(self, stage: Stage) -> None:
        first = stage.case()
        post = stage.post("p-2")
        case.take(case_id=first.pk, at=AT, actor=actor(stage.agent))
        by = actor(stage.manager)
        case.set_subject(case_id=first.pk, person_id=stage.colleague.pk, at=AT, actor=by)
        case.restrict(case_id=first.pk, is_restricted=True, at=AT, actor=by)
        made = case.split(case_id=first.pk, post_id=post.pk, at=AT, actor=actor(stage.agent))
        assert (made.is_restricted, made.about_id, made.owner_id) == (True, stage.colleague.pk, stage.agent.pk)
        assert is_whole(first, made)


class TestBrands:
    def test_no_case_goes_on_in_another_brand(self, stage: Stage) -> None:
        Membership.objects.create(person=stage.agent, brand=stage.other_brand, role=Role.AGENT)
        elsewhere = Channel.objects.create(
            brand=stage.other_brand, name="There", slug="there", kind="webhook", platform="social"
        )
        by = actor(stage.agent)
        arrival = Arrival(external_id="o-1", text="There too.", author="tom", posted_at=AT)
        post = intake.receive(channel_id=elsewhere.pk, arrival=arrival, at=AT, actor=by).post
        assert post is not None
        there = triage.triage(post_id=post.pk, kind=PostKind.COMPLAINT, at=AT, actor=by)
        assert there is not None
        here = stage.case()
        for one, into in ((here, there), (there, here)):
            with pytest.raises(errors.Invalid):
                merge(one, into, stage)

    def test_raw_sql_moves_nothing_to_another_brand(self, stage: Stage) -> None:
        here = stage.case()
        post = here.links.get().post
        brand: Brand = stage.other_brand
        moves: list[Callable[[], object]] = [
            lambda: Case.objects.filter(pk=here.pk).update(brand=brand),
            lambda: Post.objects.filter(pk=post.pk).update(brand=brand),
        ]
        for move in moves:
            with pytest.raises(DatabaseError), transaction.atomic():
                move()
        elsewhere = Channel.objects.create(brand=brand, name="T", slug="t", kind="webhook", platform="t")
        arrival = Arrival(external_id="o-1", text="There.", author="ida", posted_at=AT)
        other = intake.receive(channel_id=elsewhere.pk, arrival=arrival, at=AT, actor=SYSTEM).post
        assert other is not None
        for sql, given in (
            ("INSERT INTO cases_casepost (case_id, post_id, joined_at) VALUES (%s, %s, now())", [here.pk, other.pk]),
            ("UPDATE cases_casepost SET post_id = %s WHERE case_id = %s", [other.pk, here.pk]),
            ("UPDATE cases_casepost SET joined_at = now() WHERE case_id = %s", [here.pk]),
        ):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql, given)


def test_a_merged_case_is_never_opened_again(stage: Stage) -> None:
    first, second = stage.case(), another(stage)
    merge(second, first, stage)
    by = actor(stage.manager)
    moves: list[Callable[[], object]] = [
        lambda: case.take(case_id=second.pk, at=AT, actor=by),
        lambda: confirmation.reopen(case_id=second.pk, reason="No.", at=AT, actor=by),
        lambda: case.withdraw(case_id=second.pk, at=AT, actor=by),
        lambda: case.dismiss(case_id=second.pk, reason="No.", at=AT, actor=by),
        lambda: handling.decide(case_id=second.pk, outcome=Outcome.UPHELD, reason="No.", at=AT, actor=by),
    ]
    for move in moves:
        with pytest.raises(errors.Refused):
            move()
    assert Thread.objects.filter(case=second).count() == 0
    assert EventKind.CASE_REOPENED not in kinds(second)
