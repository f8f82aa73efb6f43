"""Two people at the same moment, on two real connections: exactly one wins, and nothing is half done."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal

import psycopg
import pytest
from django.db import connection, transaction

from cases import errors
from cases.commands import action, case, handling, intake, triage
from cases.models import Action, Case, Event, Post
from cases.rules.arrival import Arrival
from cases.vocabulary import AnswerRoute, Outcome, PostKind, Status
from tests.people import AT, Stage, actor, set_stage

pytestmark = [pytest.mark.usefixtures("own_database"), pytest.mark.database]
Connect = Callable[[], psycopg.Connection]


def together(*moves: Callable[[], object]) -> list[object]:
    """What each of them gives, or the refusal it got; all begin at once, each on a connection of its own."""
    results: list[object] = [None] * len(moves)
    start = threading.Barrier(len(moves))

    def run(place: int, move: Callable[[], object]) -> None:
        start.wait()
        try:
            results[place] = move()
        except Exception as error:  # noqa: BLE001 - the test looks at what it was
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, move)) for place, move in enumerate(moves)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def ready(stage: Stage, external_id: str = "p-1") -> Case:
    """A case whose gate is open."""
    opened = stage.case(external_id, author=external_id)
    by = actor(stage.agent)
    case.take(case_id=opened.pk, at=AT, actor=by)
    case.decline_private(case_id=opened.pk, at=AT, actor=by)
    handling.decide(case_id=opened.pk, outcome=Outcome.UPHELD, reason="Ours.", at=AT, actor=by)
    action.complete_action(
        action_id=opened.actions.get().pk, outcome="Paid", reference="RF-1", amount=Decimal(60), at=AT, actor=by
    )
    handling.send_final_answer(
        case_id=opened.pk, text="You were right.", route=AnswerRoute.PUBLIC, url="https://s.example/2", at=AT, actor=by
    )
    return opened


def test_two_agents_take_one_case() -> None:
    stage = set_stage()
    opened = stage.case()
    results = together(
        lambda: case.take(case_id=opened.pk, at=AT, actor=actor(stage.agent)),
        lambda: case.take(case_id=opened.pk, at=AT, actor=actor(stage.colleague)),
    )
    assert sorted(type(result).__name__ for result in results) == ["AlreadyTaken", "Case"]
    assert Event.objects.filter(kind="case_assigned").count() == 1


def test_one_handles_while_another_adds_an_action() -> None:
    stage = set_stage()
    for round_ in range(5):
        opened = ready(stage, f"p-{round_}")
        results = together(
            lambda c=opened: handling.handle(case_id=c.pk, at=AT, actor=actor(stage.agent)),
            lambda c=opened: action.add_action(
                case_id=c.pk, kind_id=stage.apology.pk, at=AT, actor=actor(stage.colleague)
            ),
        )
        opened.refresh_from_db()
        is_open = opened.actions.filter(is_required=True).exclude(status="done").exists()
        assert not (opened.status == Status.HANDLED and is_open)
        assert sum(isinstance(result, errors.Refused) for result in results) == 1


@pytest.mark.parametrize("isolation", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
def test_one_handles_while_raw_sql_adds_an_action(raw: Connect, isolation: str) -> None:
    stage = set_stage()
    opened = ready(stage)
    adding, handler = raw(), raw()
    adding.autocommit = handler.autocommit = False
    for one in (adding, handler):
        one.execute(f"SET TRANSACTION ISOLATION LEVEL {isolation}")
        one.execute("SELECT 1 FROM cases_case")
    insert = (
        "INSERT INTO cases_action (public_id, case_id, kind_id, wording, status, is_required, currency, created_at, "
        "proof_outcome, proof_reference, waiver, failure, system_status) "
        "VALUES (gen_random_uuid(), %s, %s, '', 'proposed', true, "
        "'', now(), '', '', '', '', '')"
    )
    adding.execute(insert, [opened.pk, stage.apology.pk])
    lost: list[psycopg.Error] = []

    def handle_now() -> None:
        try:
            handler.execute("UPDATE cases_case SET status = 'handled', handled_at = now() WHERE id = %s", [opened.pk])
            handler.commit()
        except psycopg.Error as error:
            lost.append(error)
            handler.rollback()

    waiting = threading.Thread(target=handle_now)
    waiting.start()
    waiting.join(0.3)
    assert waiting.is_alive(), "it waits for the one who adds"
    adding.commit()
    waiting.join()
    assert len(lost) == 1
    opened.refresh_from_db()
    assert opened.status == Status.OPEN


def test_a_required_action_is_not_added_to_a_case_being_handled(raw: Connect) -> None:
    stage = set_stage()
    opened = ready(stage)
    handler = raw()
    handler.autocommit = False
    handler.execute("UPDATE cases_case SET status = 'handled', handled_at = now() WHERE id = %s", [opened.pk])
    results: list[object] = []

    def add() -> None:
        try:
            action.add_action(case_id=opened.pk, kind_id=stage.apology.pk, at=AT, actor=actor(stage.agent))
        except errors.Refused as refusal:
            results.append(refusal)
        finally:
            connection.close()

    waiting = threading.Thread(target=add)
    waiting.start()
    waiting.join(0.3)
    handler.commit()
    waiting.join()
    assert isinstance(results[0], errors.Frozen)
    assert Action.objects.filter(case=opened).count() == 1


def test_the_same_post_arrives_many_times_at_once() -> None:
    stage = set_stage()
    arrival = Arrival(external_id="x-1", text="Again and again", author="tom", posted_at=AT)
    results = together(
        *(
            lambda: intake.receive(channel_id=stage.channel.pk, arrival=arrival, at=AT, actor=actor(stage.agent))
            for _ in range(6)
        )
    )
    assert [getattr(result, "is_new", result) for result in results].count(True) == 1
    assert Post.objects.count() == 1


def test_two_posts_of_one_author_at_once_are_one_case() -> None:
    stage = set_stage()
    posts = [stage.post(f"p-{number}") for number in range(4)]
    together(
        *(
            lambda p=post: triage.triage(
                post_id=p.pk, kind=PostKind.COMPLAINT, category_id=stage.category.pk, at=AT, actor=actor(stage.agent)
            )
            for post in posts
        )
    )
    assert Case.objects.count() == 1
    assert Case.objects.get().links.count() == 4


def test_references_of_cases_opened_at_once_differ() -> None:
    stage = set_stage()
    posts = [stage.post(f"p-{number}", author=f"author-{number}") for number in range(6)]
    together(
        *(
            lambda p=post: triage.triage(post_id=p.pk, kind=PostKind.COMPLAINT, at=AT, actor=actor(stage.agent))
            for post in posts
        )
    )
    assert sorted(Case.objects.values_list("reference", flat=True)) == [f"BW-{number}" for number in range(1, 7)]


def test_the_owner_is_deactivated_while_given_a_case(raw: Connect) -> None:
    stage = set_stage()
    opened = stage.case()
    leaving = raw()
    leaving.autocommit = False
    leaving.execute("UPDATE cases_user SET is_active = false WHERE id = %s", [stage.colleague.pk])
    results: list[object] = []

    def give() -> None:
        try:
            case.assign(case_id=opened.pk, owner_id=stage.colleague.pk, at=AT, actor=actor(stage.manager))
        except (errors.Refused, Exception) as refusal:  # noqa: BLE001 - the database may be the one to say no
            results.append(refusal)
        finally:
            connection.close()

    waiting = threading.Thread(target=give)
    waiting.start()
    waiting.join(0.3)
    leaving.commit()
    waiting.join()
    assert len(results) == 1
    opened.refresh_from_db()
    assert opened.status == Status.NEW


def test_double_click_on_handled() -> None:
    stage = set_stage()
    opened = ready(stage)
    results = together(*(lambda: handling.handle(case_id=opened.pk, at=AT, actor=actor(stage.agent)) for _ in range(2)))
    assert all(isinstance(result, Case) for result in results)
    assert Event.objects.filter(kind="case_handled").count() == 1
    with transaction.atomic():
        assert Case.objects.get(pk=opened.pk).status == Status.HANDLED
