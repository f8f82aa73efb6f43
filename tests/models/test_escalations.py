"""What the database keeps of rules and of what they did, whoever writes: raw SQL, no command (I10)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import Error, connection, transaction

from cases.commands import case as cases
from cases.models import Call, Case, Cue, Escalation, EscalationStep, Rule, RuleVersion
from cases.queries import clock
from cases.vocabulary import HEARS, EventKind, When
from tests.people import Stage, actor, set_stage
from tests.rules_at_work import deadline, live, overdue, work

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def run(sql: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def refused(code: str, sql: str, *values: Any) -> None:
    with pytest.raises(Error) as caught, transaction.atomic():
        run(sql, *values)
    diagnosis = caught.value.__cause__
    assert isinstance(diagnosis, psycopg.Error)
    assert code in {diagnosis.diag.message_hint, diagnosis.diag.constraint_name}


def matched(stage: Stage) -> tuple[Escalation, Case]:
    version = live(stage, When.ASSIGNED)
    opened = stage.case()
    cases.take(case_id=opened.pk, at=clock.now(), actor=actor(stage.agent))
    run("UPDATE cases_cue SET try_at = try_at - interval '1 second'")
    work()
    return Escalation.objects.get(version=version), opened


def test_the_database_hears_what_the_vocabulary_says() -> None:
    heard: dict[str, set[str]] = {}
    for when, kind in HEARS.items():
        heard.setdefault(kind.value, set()).add(when.value)
    with connection.cursor() as cursor:
        for kind in EventKind:
            cursor.execute("SELECT casedesk_heard(%s)", [kind.value])
            assert set(cursor.fetchone()[0]) == heard.get(kind.value, set()), kind
        cursor.execute("SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'event_cue'")
        written = cursor.fetchone()[0]
    assert {kind for kind in EventKind if f"'{kind.value}'" in written} == set(HEARS.values())


class TestVersions:
    @pytest.mark.parametrize(
        "change",
        [
            "\"when\" = 'wrote'",
            "trigger = '{\"a\": 1}'",
            "condition = '{\"a\": 1}'",
            "steps = '[{}]'",
            "stop = 'replied'",
            "missed = 'skip'",
            "live_at = now()",
            "watched = 'new'",
            "swept_from = now()",
            "number = 9",
            "status = 'draft'",
        ],
    )
    def test_a_live_version_never_changes(self, stage: Stage, change: str) -> None:
        version = live(stage, When.ASSIGNED)
        refused("version_never_changes", f"UPDATE cases_ruleversion SET {change} WHERE id = %s", version.pk)

    def test_how_far_it_has_come_moves(self, stage: Stage) -> None:
        version = live(stage, When.DEADLINE, **overdue())
        run("UPDATE cases_ruleversion SET swept_to = now() WHERE id = %s", version.pk)

    def test_a_retired_version_stays_retired_and_says_since_when(self, stage: Stage) -> None:
        version = live(stage, When.ASSIGNED)
        refused("version_incomplete", "UPDATE cases_ruleversion SET status = 'retired' WHERE id = %s", version.pk)
        run("UPDATE cases_ruleversion SET status = 'retired', retired_at = now() WHERE id = %s", version.pk)
        for change in ("status = 'live'", "retired_at = now() + interval '1 day'"):
            refused("version_never_changes", f"UPDATE cases_ruleversion SET {change} WHERE id = %s", version.pk)

    def test_a_live_one_does_something_and_is_the_only_one(self, stage: Stage) -> None:
        version = live(stage, When.ASSIGNED)
        draft = RuleVersion.objects.create(rule=version.rule, brand=stage.brand, number=2, when=When.ASSIGNED)
        sql = "UPDATE cases_ruleversion SET status = 'live', live_at = now() WHERE id = %s"
        refused("version_incomplete", sql, draft.pk)
        run('UPDATE cases_ruleversion SET steps = \'[{"kind": "authority"}]\' WHERE id = %s', draft.pk)
        refused("rule_one_version_live", sql, draft.pk)

    def test_only_a_draft_is_deleted(self, stage: Stage) -> None:
        version = live(stage, When.ASSIGNED)
        draft = RuleVersion.objects.create(rule=version.rule, brand=stage.brand, number=2, when=When.ASSIGNED)
        refused("version_never_changes", "DELETE FROM cases_ruleversion WHERE id = %s", version.pk)
        run("DELETE FROM cases_ruleversion WHERE id = %s", draft.pk)

    def test_it_is_of_the_brand_of_its_rule(self, stage: Stage) -> None:
        rule = Rule.objects.create(brand=stage.brand, name="R")
        with pytest.raises(Error), transaction.atomic():
            RuleVersion.objects.create(rule=rule, brand=stage.other_brand, number=1, when=When.ASSIGNED)


class TestEscalations:
    def test_one_occasion_is_acted_on_once(self, stage: Stage) -> None:
        found, _ = matched(stage)
        copied = (
            "INSERT INTO cases_escalation (public_id, brand_id, case_id, rule_id, version_id, occasion, matched_at,"
            " noticed_at, status, reason, depth, saw) SELECT gen_random_uuid(), brand_id, case_id, rule_id, version_id,"
            " occasion, matched_at, noticed_at, status, reason, depth, saw FROM cases_escalation WHERE id = %s"
        )
        refused("escalation_once_per_occasion", copied, found.pk)

    @pytest.mark.parametrize(
        ("values", "code"),
        [
            ("brand_id, case_id, 'x', matched_at, %(before)s", "version_not_live"),
            ("%(other)s, case_id, 'x', matched_at, noticed_at", "rule_of_another_brand"),
        ],
    )
    def test_it_is_of_the_version_live_at_the_time(self, stage: Stage, values: str, code: str) -> None:
        found, _ = matched(stage)
        wanted = values % {
            "before": f"'{(clock.now() - timedelta(days=9)).isoformat()}'::timestamptz",
            "other": stage.other_brand.pk,
        }
        refused(
            code,
            "INSERT INTO cases_escalation (public_id, rule_id, version_id, status, reason, depth, saw, brand_id,"
            " case_id, occasion, matched_at, noticed_at) SELECT gen_random_uuid(), rule_id, version_id, status, reason,"
            f" depth, saw, {wanted} FROM cases_escalation WHERE id = %s",
            found.pk,
        )

    def test_a_version_that_was_retired_before_does_not_act(self, stage: Stage) -> None:
        found, _ = matched(stage)
        run(
            "UPDATE cases_ruleversion SET status = 'retired', retired_at = now() - interval '1 hour' WHERE id = %s",
            found.version_id,
        )
        refused(
            "version_not_live",
            "INSERT INTO cases_escalation (public_id, rule_id, version_id, status, reason, depth, saw, brand_id,"
            " case_id, occasion, matched_at, noticed_at) SELECT gen_random_uuid(), rule_id, version_id, status, reason,"
            " depth, saw, brand_id, case_id, 'x', matched_at, noticed_at FROM cases_escalation WHERE id = %s",
            found.pk,
        )

    @pytest.mark.parametrize(
        "change",
        ["occasion = 'y'", "matched_at = now()", "noticed_at = now()", "depth = 3", "status = 'running'"],
    )
    def test_it_never_changes(self, stage: Stage, change: str) -> None:
        found, _ = matched(stage)
        refused("escalation_never_changes", f"UPDATE cases_escalation SET {change} WHERE id = %s", found.pk)

    @pytest.mark.parametrize("change", ["status = 'pending'", "done_at = now()", "did = '{}'", "number = 2"])
    def test_a_step_is_taken_once(self, stage: Stage, change: str) -> None:
        found, _ = matched(stage)
        row = EscalationStep.objects.get(escalation=found)
        refused("escalation_never_changes", f"UPDATE cases_escalationstep SET {change} WHERE id = %s", row.pk)

    @pytest.mark.parametrize("change", ["status = 'waiting'", "person_id = {other}"])
    def test_a_call_is_made_once(self, stage: Stage, change: str) -> None:
        matched(stage)
        call = Call.objects.get()
        wanted = change.format(other=stage.agent.pk)
        refused("escalation_never_changes", f"UPDATE cases_call SET {wanted} WHERE id = %s", call.pk)

    @pytest.mark.parametrize("table", ["rule", "escalation", "escalationstep", "call", "tag"])
    def test_nothing_is_deleted_or_emptied(self, stage: Stage, table: str) -> None:
        matched(stage)
        stage.brand.tags.create(name="t")
        for sql in (f"DELETE FROM cases_{table}", f"TRUNCATE cases_{table} CASCADE"):
            with pytest.raises(Error), transaction.atomic():
                run(sql)


class TestCues:
    def test_an_event_becomes_a_cue_of_live_rules_of_its_brand_alone(self, stage: Stage) -> None:
        version = live(stage, When.ASSIGNED)
        retired = live(stage, When.ASSIGNED, name="Gone")
        Rule.objects.filter(pk=retired.rule_id).update(retired_at=clock.now())
        live(stage, When.ASSIGNED, name="Later", since=clock.now() + timedelta(days=1))
        elsewhere = Rule.objects.create(brand=stage.other_brand, name="There")
        RuleVersion.objects.create(rule=elsewhere, brand=stage.other_brand, number=1, when=When.ASSIGNED)
        opened = stage.case()
        cases.take(case_id=opened.pk, at=clock.now(), actor=actor(stage.agent))
        assert list(Cue.objects.values_list("version_id", "case_id")) == [(version.pk, opened.pk)]

    def test_a_deadline_written_or_moved_behind_the_mark_becomes_one(self, stage: Stage) -> None:
        version = live(stage, When.DEADLINE, **overdue())
        now = clock.now()
        RuleVersion.objects.filter(pk=version.pk).update(swept_to=now)
        row = deadline(stage.case(), now + timedelta(hours=1))
        assert Cue.objects.count() == 0
        run("UPDATE cases_deadline SET due_at = %s WHERE id = %s", now - timedelta(hours=1), row.pk)
        assert Cue.objects.get().deadline_id == row.pk
        run("UPDATE cases_deadline SET paused_at = now() WHERE id = %s", row.pk)
        run("UPDATE cases_deadline SET paused_at = NULL WHERE id = %s", row.pk)
        assert Cue.objects.count() == 2

    def test_so_does_a_case_that_has_stood_somewhere_since_before(self, stage: Stage) -> None:
        trigger = {"standing": "open", "offset_amount": 1, "offset_unit": "minute"}
        version = live(stage, When.LASTED, trigger=trigger)
        RuleVersion.objects.filter(pk=version.pk).update(swept_to=clock.now() + timedelta(days=1))
        opened = stage.case()
        assert Cue.objects.count() == 0
        cases.take(case_id=opened.pk, at=clock.now(), actor=actor(stage.agent))
        assert Cue.objects.get().case_id == opened.pk
