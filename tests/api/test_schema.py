"""The description of the API holds: whatever is sent, no call answers with a fault or with something undescribed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from cases.commands import case, dialogue, export, frozen, intake, report_run, return_run, saved_report, tokens
from cases.models import Escalation, Membership, Replay, Tag
from cases.queries.reports.asked import Asked
from cases.vocabulary import SYSTEM, Format, Goal, Role, When
from tests import exported, rules_at_work, times
from tests.people import AT, Stage, actor, set_stage

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 8


@dataclass
class Ground:
    """A brand with something of everything, and the header of a token that may do anything there."""

    headers: dict[str, str]
    named: dict[str, Any]
    codes: dict[str, Any]


def _ground() -> Ground:
    stage = set_stage()
    opened = stage.case()
    taken = case.take(case_id=opened.pk, at=AT, actor=actor(stage.agent))
    post = taken.links.get().post
    written = dialogue.reply_in_public(post_id=post.pk, text="Hello", at=AT, actor=actor(stage.agent))
    filed = intake.file_complaint(
        channel_id=stage.form.pk,
        complaint=intake.Complaint(text="Broken", once="k-1", email="amy@example.org"),
        uploads=(),
        at=AT,
        actor=SYSTEM,
    )
    version = rules_at_work.live(stage, When.WROTE)
    acted = Escalation.objects.create(
        brand=stage.brand, case=taken, rule=version.rule, version=version, occasion="wrote", matched_at=AT
    )
    replay = Replay.objects.create(brand=stage.brand, version=version, starts_on="2026-01-01", ends_on="2026-01-02")
    tag = Tag.objects.create(brand=stage.brand, name="angry")
    # One person with every right, so that calls get as far as they can.
    Membership.objects.filter(person=stage.admin).update(role=Role.MANAGER)
    secret = tokens.make_token(person_id=stage.admin.pk, label="test", actor=SYSTEM).secret
    named = {
        "reference": taken.reference,
        "post": str(post.public_id),
        "reply": str(written.reply.public_id),
        "thread": str(filed.case.threads.get().public_id),
        "action": str(taken.actions.get().public_id),
        "number": stage.category.pk,
        "slug": stage.brand.slug,
        "username": stage.colleague.username,
        "calendar": str(times.working_hours(stage.brand).public_id),
        "policy": str(times.policy(stage.brand, Goal.DECISION).public_id),
        "pack": "casedesk",
        "deadline": rules_at_work.deadline(taken, AT + timedelta(days=365)).pk,
        "tag": tag.pk,
        "rule": str(version.rule.public_id),
        "replay": str(replay.public_id),
        "escalation": str(acted.public_id),
        **_reports(stage),
    }
    codes = {
        "brand": stage.brand.slug,
        "channel": stage.channel.slug,
        "category": stage.category.code,
        "team": stage.team.pk,
        "lead": stage.manager.username,
        "heir": stage.agent.username,
        "to": stage.agent.username,
        "revision": 1,
    }
    return Ground({"Authorization": f"Bearer {secret}"}, named, codes)


def _reports(stage: Stage) -> dict[str, str]:
    """What the token's person keeps of reports."""
    by, now = actor(stage.admin), timezone.now()
    asked = Asked.of("speed", {"period": ["last-month"]}, now=now, zone="UTC")
    made = export.start_export(asked=asked, of="cases", written_as=Format.CSV, at=now, actor=by)
    long = {"regulator": "cfpb", "brand_id": stage.brand.pk, "period": "2026-H1"}
    return {
        "report": "speed",
        "regulator": "cfpb",
        "return_run": str(return_run.start_return(**long, at=now, actor=by).public_id),
        "export": str(exported.written(made, now).public_id),
        "run": str(report_run.start_run(asked=asked, at=now, actor=by).public_id),
        "frozen": str(frozen.freeze(brand_id=stage.brand.pk, period="2026-08", at=now, actor=by).public_id),
        "saved": str(saved_report.save_report(asked=asked, name="Speed", at=now, actor=by).public_id),
    }


@pytest.fixture
def ground(own_database: str) -> Ground:
    """Real commits, in a database of this test alone."""
    return _ground()


def test_is_valid_and_complete() -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=StringIO())


@pytest.mark.django_db
def test_is_public() -> None:
    answer = Client().get("/api/v1/schema/")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("application/vnd.oai.openapi+json")


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_no_call_answers_with_a_fault_or_with_something_undescribed(ground: Ground, part: int) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/v1/schema/", WSGIHandler())
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 120
    for operation in operations[part::4]:
        _attack(operation, ground)


def _replace(made: dict[str, Any], real: dict[str, Any]) -> None:
    """Something that is there instead of something made up, so that a call gets as far as its command."""
    made.update({name: value for name, value in real.items() if name in made})


def _attack(operation: Any, ground: Ground) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(made=st.one_of(map(operation.as_strategy, GenerationMode)), is_real=st.booleans())
    def call(made: Any, is_real: bool) -> None:
        if is_real:
            _replace(made.path_parameters, ground.named)
            if isinstance(made.body, dict):
                _replace(made.body, ground.codes)
        answer = made.call(headers=ground.headers)
        made.validate_response(answer, checks=CHECKS)

    call()
