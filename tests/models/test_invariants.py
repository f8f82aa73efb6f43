"""The database refuses whoever writes past the application: raw SQL, ``QuerySet.update()``, bulk, the data browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, ProgrammingError, connection, transaction

from cases.commands import action, case, confirmation, dialogue, handling
from cases.models import (
    Action,
    Answer,
    Case,
    Counter,
    Decision,
    Delivery,
    Erasure,
    Event,
    Kind,
    Membership,
    Post,
    User,
)
from cases.rules import gate, transitions
from cases.vocabulary import (
    ActionStatus,
    AnswerRoute,
    AnswerStatus,
    Outcome,
    Status,
)
from tests.people import AT, Stage, actor, set_stage

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def refused(code: str, attack: Callable[[], object]) -> None:
    """The attack fails with this code, and nothing of it stays."""
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        attack()
    cause = caught.value.__cause__
    assert isinstance(cause, psycopg.Error)
    assert cause.sqlstate == "CD001"
    assert cause.diag.message_hint == code


def sql(statement: str, *values: object) -> Callable[[], object]:
    """The statement, as an attack."""

    def attack() -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)

    return attack


def handled(stage: Stage) -> Case:
    """A case that went all the way: its complainant had declined the private thread."""
    opened = stage.case()
    by = actor(stage.agent)
    case.take(case_id=opened.pk, at=AT, actor=by)
    case.decline_private(case_id=opened.pk, at=AT, actor=by)
    handling.decide(case_id=opened.pk, outcome=Outcome.UPHELD, reason="Ours.", at=AT, actor=by)
    action.complete_action(
        action_id=opened.actions.get().pk, outcome="Paid", reference="RF-1", amount=Decimal(60), at=AT, actor=by
    )
    handling.send_final_answer(
        case_id=opened.pk,
        text="You were right.",
        route=AnswerRoute.PUBLIC,
        url="https://social.example/2",
        at=AT,
        actor=by,
    )
    return handling.handle(case_id=opened.pk, at=AT, actor=by)


class TestPosts:
    """I1: a post is never changed and never deleted."""

    def test_refuses_every_change(self) -> None:
        post = set_stage().post()
        for field, value in (("text", "nice"), ("url", "x"), ("external_id", "y"), ("posted_at", AT), ("salt", b"1")):
            refused("post_never_changes", lambda f=field, v=value: Post.objects.filter(pk=post.pk).update(**{f: v}))

    def test_refuses_deletion_and_emptying(self) -> None:
        post = set_stage().post()
        refused("never", sql("DELETE FROM cases_post WHERE id = %s", post.pk))
        with pytest.raises((DatabaseError, ProgrammingError)), transaction.atomic():
            sql("TRUNCATE cases_post CASCADE")()
        assert Post.objects.filter(pk=post.pk).exists()

    def test_erases_words_only_beside_an_erasure(self) -> None:
        stage = set_stage()
        post = stage.post()
        refused("post_never_changes", lambda: Post.objects.filter(pk=post.pk).update(text=None))
        Erasure.objects.create(post=post, by=stage.manager, ground="GDPR 17", at=AT)
        Post.objects.filter(pk=post.pk).update(text=None, salt=None)
        refused("post_never_changes", lambda: Post.objects.filter(pk=post.pk).update(url="changed"))
        refused("never", lambda: Erasure.objects.all().delete())

    def test_keeps_the_raw_arrival(self) -> None:
        raw = set_stage().post().raw
        refused("raw_never_changes", lambda: type(raw).objects.filter(pk=raw.pk).update(body=b"other"))
        refused("raw_never_changes", lambda: type(raw).objects.filter(pk=raw.pk).update(body=None))
        refused("never", lambda: type(raw).objects.filter(pk=raw.pk)._raw_delete("default"))


class TestGate:
    """I2: what must be true before a case is handled, and stays true while it is."""

    def test_is_closed_to_raw_sql(self) -> None:
        stage = set_stage()
        opened = stage.case()
        case.take(case_id=opened.pk, at=AT, actor=actor(stage.agent))
        refused(
            "gate_closed",
            sql("UPDATE cases_case SET status = 'handled', handled_at = now() WHERE id = %s", opened.pk),
        )
        refused("gate_closed", lambda: Case.objects.filter(pk=opened.pk).update(status="handled", handled_at=AT))
        opened.refresh_from_db()
        opened.status, opened.handled_at = Status.HANDLED, AT
        refused("gate_closed", lambda: Case.objects.bulk_update([opened], ["status", "handled_at"]))
        refused("gate_closed", lambda: opened.save())

    def test_no_case_begins_handled(self) -> None:
        stage = set_stage()
        done = handled(stage)
        refused(
            "illegal_move",
            sql(
                "INSERT INTO cases_case SELECT (jsonb_populate_record(c, jsonb_build_object('id', c.id + 1000, "
                "'reference', 'BW-999', 'public_id', gen_random_uuid()))).* FROM cases_case c WHERE id = %s",
                done.pk,
            ),
        )

    def test_a_claimed_answer_needs_its_delivery(self) -> None:
        stage = set_stage()
        done = handled(stage)
        confirmation.reopen(case_id=done.pk, reason="again", at=AT, actor=actor(stage.manager))
        Answer.objects.create(
            case=done, route=AnswerRoute.UNREACHABLE, status=AnswerStatus.REACHED, text="x", by=stage.agent, at=AT
        )
        refused("gate_closed", lambda: Case.objects.filter(pk=done.pk).update(status="handled", handled_at=AT))

    def test_freezes_required_actions_decision_and_answer(self) -> None:
        stage = set_stage()
        done = handled(stage)
        step = done.actions.get()
        refused("action_never_deleted", sql("DELETE FROM cases_action WHERE id = %s", step.pk))
        refused("handled_is_frozen", lambda: Action.objects.filter(pk=step.pk).update(is_required=False))
        refused("illegal_action_move", lambda: Action.objects.filter(pk=step.pk).update(status="proposed"))
        refused("proof_never_changes", lambda: Action.objects.filter(pk=step.pk).update(proof_reference="other"))
        refused(
            "handled_is_frozen",
            lambda: Action.objects.create(case=done, kind=stage.apology, is_required=True, created_at=AT),
        )
        refused("handled_is_frozen", lambda: Decision.objects.filter(case=done).update(superseded_at=AT))
        refused("handled_is_frozen", lambda: Answer.objects.filter(case=done).update(superseded_at=AT))
        refused("decision_never_deleted", sql("DELETE FROM cases_decision"))
        refused("answer_never_deleted", sql("DELETE FROM cases_answer"))

    def test_agrees_with_the_rule(self) -> None:
        """The trigger's gate and the rule's gate are open and closed for the same facts."""
        stage = set_stage()
        opened = stage.case()
        by = actor(stage.agent)
        case.take(case_id=opened.pk, at=AT, actor=by)

        def both() -> tuple[bool, bool]:
            from cases.queries import handling as gates

            opened.refresh_from_db()
            with connection.cursor() as cursor:
                cursor.execute("SELECT casedesk_gate(%s)", [opened.pk])
                return cursor.fetchone()[0] == [], gates.missing(opened) == []

        assert both() == (False, False)
        handling.decide(case_id=opened.pk, outcome=Outcome.REJECTED, reason="No.", at=AT, actor=by)
        assert both() == (False, False)
        action.waive_action(action_id=opened.actions.get().pk, reason="x", at=AT, actor=actor(stage.manager))
        handling.send_final_answer(
            case_id=opened.pk, text="No address.", route=AnswerRoute.UNREACHABLE, at=AT, actor=by
        )
        assert both() == (False, False)
        added = action.add_action(case_id=opened.pk, kind_id=stage.apology.pk, at=AT, actor=by)
        assert both() == (False, False)
        action.complete_action(action_id=added.pk, outcome="Said sorry.", at=AT, actor=by)
        assert both() == (True, True)
        assert {ActionStatus.DONE, ActionStatus.WAIVED} == gate.SETTLED


class TestProofAndWaiver:
    """I3: done needs proof, waived needs authority and a reason."""

    def test_refuses_done_without_proof(self) -> None:
        stage = set_stage()
        step = stage.case().actions.get()
        Action.objects.filter(pk=step.pk).update(amount=Decimal(5), currency="EUR")
        action.start_action(action_id=step.pk, at=AT, actor=actor(stage.manager))
        done = {"status": "done", "done_at": AT, "done_by": stage.agent}
        rows = Action.objects.filter(pk=step.pk)
        refused("proof_missing", lambda: rows.update(**done, proof_outcome="  "))
        refused("proof_missing", lambda: rows.update(**done, proof_outcome="Paid"))
        refused("proof_missing", lambda: rows.update(**done, proof_outcome="Paid", proof_reference="RF-1"))
        rows.update(**done, proof_outcome="Paid", proof_reference="RF-1", proof_amount=Decimal(5))

    def test_refuses_done_without_the_day_it_took_place(self) -> None:
        stage = set_stage()
        Kind.objects.filter(pk=stage.refund.pk).update(proof="date")
        step = stage.case().actions.get()
        Action.objects.filter(pk=step.pk).update(amount=Decimal(5), currency="EUR")
        action.start_action(action_id=step.pk, at=AT, actor=actor(stage.manager))
        rows = Action.objects.filter(pk=step.pk)
        done = {
            "status": "done",
            "done_at": AT,
            "done_by": stage.agent,
            "proof_outcome": "Seen",
            "proof_reference": "R",
        }
        refused("proof_missing", lambda: rows.update(**done))
        rows.update(**done, proof_on=AT.date())
        refused("proof_never_changes", lambda: rows.update(proof_on=AT.date() - timedelta(days=1)))
        refused("proof_never_changes", lambda: rows.update(proof_on=None))

    def test_refuses_a_waiver_by_an_agent(self) -> None:
        stage = set_stage()
        step = stage.case().actions.get()
        waived = {"status": "waived", "waived_at": AT}
        rows = Action.objects.filter(pk=step.pk)
        refused("waiver_needs_authority", lambda: rows.update(**waived, waived_by=stage.agent, waiver="why"))
        refused("waiver_needs_authority", lambda: rows.update(**waived, waived_by=stage.outsider, waiver="why"))
        refused("waiver_needs_authority", lambda: rows.update(**waived, waived_by=stage.manager, waiver=" "))
        rows.update(**waived, waived_by=stage.manager, waiver="why")


class TestOwner:
    """I4: from open on one owner, and nobody leaves an open case behind."""

    def test_refuses_an_open_case_without_owner(self) -> None:
        stage = set_stage()
        opened = stage.case()
        with pytest.raises(IntegrityError), transaction.atomic():
            Case.objects.filter(pk=opened.pk).update(status="open")
        case.take(case_id=opened.pk, at=AT, actor=actor(stage.agent))
        with pytest.raises(IntegrityError), transaction.atomic():
            Case.objects.filter(pk=opened.pk).update(owner=None)
        refused("not_ownable", lambda: Case.objects.filter(pk=opened.pk).update(owner=stage.outsider))
        refused("not_ownable", lambda: Case.objects.filter(pk=opened.pk).update(owner=stage.auditor))

    def test_refuses_to_let_an_owner_go(self) -> None:
        stage = set_stage()
        case.take(case_id=stage.case().pk, at=AT, actor=actor(stage.agent))
        refused("heir_needed", lambda: User.objects.filter(pk=stage.agent.pk).update(is_active=False))
        refused("heir_needed", lambda: Membership.objects.filter(person=stage.agent).delete())
        refused("heir_needed", lambda: Membership.objects.filter(person=stage.agent).update(role="auditor"))
        refused("never", lambda: User.objects.filter(pk=stage.outsider.pk)._raw_delete("default"))

    def test_the_tables_of_moves_agree(self) -> None:
        with connection.cursor() as cursor:
            for name, table, values in (
                ("casedesk_case_moves", transitions.CASE, Status),
                ("casedesk_action_moves", transitions.ACTION, ActionStatus),
            ):
                for old in values:
                    for new in values:
                        cursor.execute(f"SELECT {name}(%s, %s)", [old.value, new.value])
                        assert cursor.fetchone()[0] == (new in table[old]), (name, old, new)

    def test_every_state_that_is_not_an_end_has_a_way_forward(self) -> None:
        ends = {Status.MERGED, Status.WITHDRAWN}
        assert all(transitions.CASE[status] for status in Status if status not in ends)
        assert all(
            transitions.ACTION[status]
            for status in ActionStatus
            if status not in {ActionStatus.DONE, ActionStatus.WAIVED}
        )


class TestAudiences:
    """I6: three tables; what was said stays said, to whom it was said."""

    def test_refuses_to_change_or_move_words(self) -> None:
        stage = set_stage()
        opened, other = stage.case(), stage.case("p-2", author="amy")
        by = actor(stage.agent)
        case.take(case_id=opened.pk, at=AT, actor=by)
        note = dialogue.write_note(case_id=opened.pk, text="Be careful.", at=AT, actor=by)
        rows = type(note).objects.filter(pk=note.pk)
        refused("words_never_change", lambda: rows.update(text="Nice person."))
        refused("words_never_move", lambda: rows.update(case=other))
        refused("never", lambda: rows._raw_delete("default"))

    def test_no_audience_shares_a_table(self) -> None:
        from cases.models import Message, Note, PublicReply

        tables = {model._meta.db_table for model in (Message, Note, PublicReply)}
        assert len(tables) == 3
        for model in (Message, Note, PublicReply):
            kin = {field.related_model for field in model._meta.get_fields() if field.many_to_one or field.one_to_one}
            assert not kin & ({Message, Note, PublicReply} - {model}), model


class TestJournal:
    """I7: the journal only grows."""

    def test_refuses_change_deletion_and_emptying(self) -> None:
        stage = set_stage()
        stage.case()
        refused("never", lambda: Event.objects.update(kind="nothing"))
        refused("never", lambda: Event.objects.all()._raw_delete("default"))
        with pytest.raises((DatabaseError, ProgrammingError)), transaction.atomic():
            sql("TRUNCATE cases_event")()

    def test_numbers_and_chains_what_raw_sql_inserts(self) -> None:
        stage = set_stage()
        opened = stage.case()
        last = Event.objects.filter(stream="case", stream_id=opened.pk).order_by("-seq")[0]
        sql(
            "INSERT INTO cases_event (stream, stream_id, seq, kind, version, actor_kind, payload, occurred_at, "
            "recorded_at, previous, hash) VALUES ('case', %s, 77, 'forged', 1, 'system', '{}', now(), "
            "'2001-01-01', '', '')",
            opened.pk,
        )()
        forged = Event.objects.get(kind="forged")
        assert forged.seq == last.seq + 1
        assert bytes(forged.previous) == bytes(last.hash)
        assert len(bytes(forged.hash)) == 32
        assert forged.recorded_at.year > 2001


class TestReferences:
    """References are per brand and never given twice."""

    def test_refuses_reuse(self) -> None:
        stage = set_stage()
        opened = stage.case()
        refused("counter_only_grows", lambda: Counter.objects.update(next_number=1))
        refused("never", lambda: Counter.objects.all()._raw_delete("default"))
        refused("reference_never_changes", lambda: Case.objects.filter(pk=opened.pk).update(reference="BW-9"))
        refused("prefix_never_changes", lambda: type(stage.brand).objects.update(prefix="XX"))
        refused("never", lambda: Case.objects.filter(pk=opened.pk)._raw_delete("default"))


class TestDeliveries:
    """I9: what goes out is never forgotten, and goes to whom it was written for."""

    def test_refuses_to_forget_or_redirect(self) -> None:
        stage = set_stage()
        row = Delivery.objects.create(purpose="x", recipient="a@example.org", due_at=AT + timedelta(days=1))
        rows = Delivery.objects.filter(pk=row.pk)
        refused("never", lambda: rows._raw_delete("default"))
        refused("illegal_delivery_move", lambda: rows.update(status="sent"))
        refused("delivery_never_changes", lambda: rows.update(recipient="b@example.org"))
        assert stage.brand.pk


def test_no_trigger_asks_for_a_way_around_it() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname FROM pg_proc WHERE proname LIKE 'casedesk%%' AND "
            "(prosrc ILIKE '%%current_setting%%' OR prosrc ILIKE '%%session_user%%' OR prosrc ILIKE '%%current_user%%')"
        )
        assert cursor.fetchall() == []


def test_the_application_owns_no_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tableowner = current_user AND tablename LIKE 'cases_%%'")
        owned = cursor.fetchone()[0]
        cursor.execute("SELECT has_table_privilege('cases_event', 'TRUNCATE')")
        may_empty = cursor.fetchone()[0]
    from django.conf import settings

    has_two_roles = settings.DATABASE_URL != settings.DATABASE_OWNER_URL
    assert (owned == 0, may_empty) == ((True, False) if has_two_roles else (False, True))


def test_a_bounce_flags_a_handled_case_and_arriving_after_all_clears_it() -> None:
    done = handled(set_stage())
    answers = Answer.objects.filter(case=done)
    answers.update(status=AnswerStatus.BOUNCED)
    refused("handled_is_frozen", lambda: answers.update(status=AnswerStatus.SENDING))
    answers.update(status=AnswerStatus.REACHED)
    done.refresh_from_db()
    assert done.status == Status.HANDLED
