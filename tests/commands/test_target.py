"""Connected systems: set up by admins, with a secret that is shown once."""

from __future__ import annotations

from typing import Any

import pytest

from cases import errors
from cases.commands import target
from cases.models import Event, Target
from cases.rules import request
from cases.vocabulary import EventKind
from tests.people import Stage, actor, set_stage

pytestmark = pytest.mark.django_db
GIVEN: dict[str, Any] = {
    "name": "Billing",
    "url": "https://billing.example/orders",
    "mapping": {"id": "order", "sum": "amount"},
    "timeout": 5,
    "poll_minutes": 10,
}


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def make(stage: Stage, **changed: Any) -> target.NewSecret:
    return target.create_target(brand_id=stage.brand.pk, actor=actor(stage.admin), **(GIVEN | changed))


def change(stage: Stage, row: Target, **changed: Any) -> Target:
    return target.change_target(target_id=row.pk, actor=actor(stage.admin), **(GIVEN | {"is_active": True, **changed}))


def test_is_made_with_a_secret(stage: Stage) -> None:
    made = make(stage)
    row = Target.objects.get()
    assert (row.name, row.url, row.mapping, row.secret) == ("Billing", GIVEN["url"], GIVEN["mapping"], made.secret)
    assert made.secret.startswith("cds_")
    event = Event.objects.get(kind=EventKind.TARGET_CHANGED)
    assert event.payload == {"target": row.pk, "fields": ["created"]}


def test_maps_sanely_by_itself(stage: Stage) -> None:
    assert make(stage, mapping={}).target.mapping == request.DEFAULT


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "ftp://x.example/"},
        {"url": "billing"},
        {"url": "https:///x"},
        {"url": "https://x.example:99999/"},
        {"url": "https://user:word@x.example/"},
        {"url": "https://x.example/?a=1"},
        {"url": "https://x.example/é"},
        {"url": "https://x.example/a b"},
        {"url": "https://x.example/" + "a" * 500},
        {"timeout": 0},
        {"timeout": 61},
        {"poll_minutes": -1},
        {"poll_minutes": 100_000},
        {"mapping": {"a": "amount"}},
        {"mapping": {"id": "order", "x": "secret"}},
        {"name": " "},
    ],
)
def test_refuses_what_cannot_work(stage: Stage, wrong: dict[str, Any]) -> None:
    with pytest.raises(errors.Invalid):
        make(stage, **wrong)
    assert not Target.objects.exists()


def test_is_changed_and_says_which_fields(stage: Stage) -> None:
    row = make(stage).target
    change(stage, row, timeout=20, poll_minutes=0)
    assert Event.objects.filter(kind=EventKind.TARGET_CHANGED).latest("pk").payload["fields"] == [
        "poll_minutes",
        "timeout",
    ]


def test_has_a_name_of_its_own(stage: Stage) -> None:
    make(stage)
    with pytest.raises(errors.Invalid):
        make(stage, name="billing")


def test_stays_on_while_a_kind_needs_it(stage: Stage) -> None:
    row = make(stage).target
    stage.refund.target = row
    stage.refund.save()
    with pytest.raises(errors.Invalid) as refused:
        change(stage, row, is_active=False)
    assert "refund" in refused.value.message
    stage.refund.target = None
    stage.refund.save()
    assert not change(stage, row, is_active=False).is_active


def test_gets_another_secret(stage: Stage) -> None:
    made = make(stage)
    again = target.renew_secret(target_id=made.target.pk, actor=actor(stage.admin))
    assert again.secret != made.secret
    assert Target.objects.get().secret == again.secret
    assert all(made.secret not in str(payload) for payload in Event.objects.values_list("payload", flat=True))


def test_is_for_admins(stage: Stage) -> None:
    row = make(stage).target
    for person, refusal in ((stage.manager, errors.NotAllowed), (stage.outsider, errors.NotFound)):
        with pytest.raises(refusal):
            target.renew_secret(target_id=row.pk, actor=actor(person))
