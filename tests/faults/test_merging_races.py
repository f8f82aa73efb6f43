"""Cases are merged and split while somebody else is at them, on real connections: no post and no word is lost."""

from __future__ import annotations

from uuid import uuid4

import pytest

from cases import errors
from cases.commands import case, dialogue, intake, triage
from cases.models import Case, CasePost, Message, Post, PublicReply
from cases.queries import verification
from cases.queries.reports import checking
from cases.rules.arrival import Arrival
from cases.vocabulary import SYSTEM, UNHANDLED, PostKind, Status
from tests.faults.test_races import together
from tests.people import AT, Stage, actor, set_stage

pytestmark = [pytest.mark.usefixtures("own_database"), pytest.mark.database]
ROUNDS = 5


def pair(stage: Stage) -> tuple[Case, Case]:
    """Two open cases of one complainant."""
    name = str(uuid4())
    first = stage.case(f"a-{name}", author=name)
    post = stage.post(f"b-{name}", author=name)
    return first, case.split(case_id=first.pk, post_id=post.pk, at=AT, actor=actor(stage.agent))


def is_whole(*cases: Case) -> bool:
    """Every post is in exactly one case that still needs work, and journals and figures say so."""
    told = [finding for each in cases for step in verification.walk(each) for finding in step.findings]
    nowhere = Post.objects.exclude(links__left_at__isnull=True, links__case__status__in=UNHANDLED).exists()
    return told == [] and not nowhere and checking.differing_cases([each.pk for each in cases]) == []


def test_two_cases_are_merged_into_each_other() -> None:
    stage = set_stage()
    for _ in range(ROUNDS):
        one, other = pair(stage)
        results = together(
            lambda a=one, b=other: case.merge(case_id=a.pk, into_id=b.pk, at=AT, actor=actor(stage.agent)),
            lambda a=one, b=other: case.merge(case_id=b.pk, into_id=a.pk, at=AT, actor=actor(stage.colleague)),
        )
        assert sorted(type(result).__name__ for result in results) == ["Case", "IllegalMove"]
        left = Case.objects.filter(pk__in=[one.pk, other.pk]).exclude(status=Status.MERGED).get()
        assert left.links.filter(left_at__isnull=True).count() == 2
        assert is_whole(one, other)


def test_a_post_arrives_while_its_case_is_merged() -> None:
    stage = set_stage()
    for _ in range(ROUNDS):
        one, other = pair(stage)
        author = other.complainant.handles.get().platform_user
        arrival = Arrival(external_id=str(uuid4()), text="And again.", author=author, posted_at=AT)
        results = together(
            lambda a=one, b=other: case.merge(case_id=b.pk, into_id=a.pk, at=AT, actor=actor(stage.agent)),
            lambda said=arrival: intake.receive(channel_id=stage.channel.pk, arrival=said, at=AT, actor=SYSTEM),
        )
        assert not any(isinstance(result, Exception) for result in results)
        assert one.links.filter(left_at__isnull=True).count() == 3
        assert is_whole(one, other)


def test_both_posts_of_a_case_are_split_off() -> None:
    stage = set_stage()
    for number in range(ROUNDS):
        made = stage.case(f"p-{number}", author=f"a-{number}")
        second = stage.post(f"q-{number}", author=f"a-{number}")
        posts = [made.links.order_by("pk")[0].post_id, second.pk]
        results = together(
            *(
                lambda key=key, c=made: case.split(case_id=c.pk, post_id=key, at=AT, actor=actor(stage.agent))
                for key in posts
            )
        )
        assert sorted(type(result).__name__ for result in results) == ["Case", "Invalid"]
        assert made.links.filter(left_at__isnull=True).count() == 1
        assert is_whole(made)


def test_somebody_answers_under_a_post_that_is_split_off() -> None:
    stage = set_stage()
    for number in range(ROUNDS):
        made = stage.case(f"p-{number}", author=f"a-{number}")
        post = stage.post(f"q-{number}", author=f"a-{number}")
        results = together(
            lambda p=post, c=made: case.split(case_id=c.pk, post_id=p.pk, at=AT, actor=actor(stage.agent)),
            lambda p=post: dialogue.reply_in_public(post_id=p.pk, text="Sorry.", at=AT, actor=actor(stage.colleague)),
        )
        assert all(isinstance(each, errors.Refused) for each in results if isinstance(each, Exception))
        # What is said under a post is said in the case that it is in.
        live = CasePost.objects.get(post=post, left_at__isnull=True)
        assert {reply.case_id for reply in PublicReply.objects.filter(post=post)} <= {live.case_id}
        assert is_whole(made, live.case)


def test_the_complainant_writes_while_their_case_is_merged() -> None:
    stage = set_stage()
    for number in range(ROUNDS):
        complaint = intake.Complaint(text="Broken leg", email="amy@example.org", once=f"f-{number}")
        filed = intake.file_complaint(channel_id=stage.form.pk, complaint=complaint, uploads=(), at=AT, actor=SYSTEM)
        thread = filed.case.threads.get()
        arrival = Arrival(external_id=f"g-{number}", text="Two", author=f"form:f-{number}", posted_at=AT)
        second = intake.receive(channel_id=stage.form.pk, arrival=arrival, at=AT, actor=SYSTEM).post
        assert second is not None
        other = case.split(case_id=filed.case.pk, post_id=second.pk, at=AT, actor=actor(stage.agent))
        results = together(
            lambda a=filed.case, b=other: case.merge(case_id=a.pk, into_id=b.pk, at=AT, actor=actor(stage.agent)),
            lambda t=thread: dialogue.receive_message(thread_id=t.pk, text="Hello?", at=AT, actor=SYSTEM),
        )
        # The message is there in any case; then either nothing was merged, or it stands where the page is.
        assert not isinstance(results[1], Exception)
        thread.refresh_from_db()
        assert Message.objects.get(thread=thread).case_id == thread.case_id
        assert isinstance(results[0], errors.Invalid) == (thread.case_id == filed.case.pk)
        assert is_whole(filed.case, other)


def test_triage_joins_a_case_that_is_merged_meanwhile() -> None:
    stage = set_stage()
    for _ in range(ROUNDS):
        one, other = pair(stage)
        author = other.complainant.handles.get().platform_user
        post = stage.post(str(uuid4()), author=author)
        link = CasePost.objects.get(post=post, left_at__isnull=True)
        joined = Case.objects.get(pk=link.case_id)
        into = one if joined.pk == other.pk else other
        results = together(
            lambda a=joined, b=into: case.merge(case_id=a.pk, into_id=b.pk, at=AT, actor=actor(stage.agent)),
            lambda p=post: triage.triage(post_id=p.pk, kind=PostKind.COMPLAINT, at=AT, actor=actor(stage.colleague)),
        )
        assert not any(isinstance(result, Exception) for result in results)
        assert is_whole(one, other)
