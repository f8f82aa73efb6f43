"""The tray: who sees what waits, and what each choice does."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from cases.commands import delivery, intake
from cases.models import Delivery, Post, Raw, User
from cases.queries import case as lists
from cases.queries import delivery as deliveries
from cases.queries import people
from cases.rules.arrival import Arrival
from cases.vocabulary import SYSTEM, DeliveryStatus, RawStatus
from tests.people import AT, Stage, set_stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    return set_stage()


@pytest.fixture
def arrival(stage: Stage) -> Raw:
    """A post without words, which cannot be processed."""
    blank = Arrival(external_id="blank", text="  ", author="<b>tom</b>", posted_at=AT)
    received = intake.receive(channel_id=stage.channel.pk, arrival=blank, at=AT, actor=SYSTEM)
    return Raw.objects.get(pk=received.raw_id)


def unknown(stage: Stage, **fields: Any) -> Delivery:
    row = Delivery.objects.create(
        purpose="copy", recipient="tom@example.org", subject="Your <copy>", body="…", due_at=AT, **fields
    )
    mail = delivery.claim(delivery_id=row.pk, at=timezone.now(), actor=SYSTEM)
    assert mail is not None
    delivery.mark_unknown(
        delivery_id=row.pk, claimed_at=mail.claimed_at, error="no answer", at=timezone.now(), actor=SYSTEM
    )
    return row


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def text(client: Client, path: str = "/tray/") -> str:
    return client.get(path).content.decode()


def test_shows_what_waits_to_those_who_may_settle_it(stage: Stage, arrival: Raw) -> None:
    case = stage.case()
    unknown(stage, case=case, brand=stage.brand)
    for person in (stage.manager, stage.admin):
        page = text(signed_in(person))
        assert "The post has no words." in page
        assert "&lt;b&gt;tom&lt;/b&gt;" in page
        assert "no answer" in page
        assert case.reference in page


@pytest.mark.parametrize("name", ["agent", "auditor"])
def test_does_not_exist_for_those_who_may_not(stage: Stage, name: str) -> None:
    client = signed_in(getattr(stage, name))
    assert client.get("/tray/").status_code == 404
    assert "/tray/" not in text(client, "/help/")


def test_sends_strangers_to_the_sign_in(stage: Stage, client: Client) -> None:
    assert client.get("/tray/").status_code == 302


def test_shows_nothing_of_a_foreign_brand(stage: Stage, arrival: Raw) -> None:
    row = unknown(stage, case=stage.case(), brand=stage.brand)
    stage.outsider.memberships.update(role="manager")
    client = signed_in(stage.outsider)
    page = text(client)
    assert "The post has no words." not in page
    assert "no answer" not in page
    assert client.post(f"/tray/arrival/{arrival.pk}/replay/").status_code == 404
    assert client.post(f"/tray/arrival/{arrival.pk}/set-aside/", {"reason": "spam"}).status_code == 404
    assert client.post(f"/tray/delivery/{row.pk}/settle/", {"choice": "cancel"}).status_code == 404
    assert Delivery.objects.get(pk=row.pk).status == DeliveryStatus.UNKNOWN


def test_hides_the_delivery_of_a_case_that_is_closed_to_the_person(stage: Stage) -> None:
    case = stage.case()
    unknown(stage, case=case, brand=stage.brand)
    type(case).objects.filter(pk=case.pk).update(is_restricted=True)
    assert case.reference not in text(signed_in(stage.admin))
    assert case.reference in text(signed_in(stage.manager))


def test_shows_account_mails_to_organisation_admins_alone(stage: Stage) -> None:
    unknown(stage)
    assert "no answer" not in text(signed_in(stage.manager))
    User.objects.filter(pk=stage.outsider.pk).update(is_organisation_admin=True)
    assert "no answer" in text(signed_in(stage.outsider))


def test_processes_again(stage: Stage, arrival: Raw) -> None:
    client = signed_in(stage.manager)
    answer = client.post(f"/tray/arrival/{arrival.pk}/replay/", follow=True)
    assert "It still cannot be processed" in answer.content.decode()
    assert Raw.objects.get(pk=arrival.pk).status == RawStatus.FAILED
    assert not Post.objects.exists()


def test_sets_aside_with_a_reason_only(stage: Stage, arrival: Raw) -> None:
    client = signed_in(stage.manager)
    refused = client.post(f"/tray/arrival/{arrival.pk}/set-aside/", {"reason": " "})
    assert refused.status_code == 422
    assert Raw.objects.get(pk=arrival.pk).status == RawStatus.FAILED
    client.post(f"/tray/arrival/{arrival.pk}/set-aside/", {"reason": "A test of theirs."})
    kept = Raw.objects.get(pk=arrival.pk)
    assert (kept.status, kept.reason) == (RawStatus.SET_ASIDE, "A test of theirs.")
    assert kept.body is not None


@pytest.mark.parametrize(
    ("choice", "then"),
    [("again", DeliveryStatus.QUEUED), ("arrived", DeliveryStatus.SENT), ("cancel", DeliveryStatus.CANCELLED)],
)
def test_settles_a_delivery(stage: Stage, choice: str, then: DeliveryStatus) -> None:
    row = unknown(stage, case=stage.case(), brand=stage.brand)
    client = signed_in(stage.manager)
    assert client.post(f"/tray/delivery/{row.pk}/settle/", {"choice": choice}).status_code == 302
    assert Delivery.objects.get(pk=row.pk).status == then
    # Pressed a second time, it changes nothing and says so.
    assert client.post(f"/tray/delivery/{row.pk}/settle/", {"choice": choice}).status_code == 409


def test_refuses_a_choice_that_does_not_exist(stage: Stage) -> None:
    row = unknown(stage, case=stage.case(), brand=stage.brand)
    client = signed_in(stage.manager)
    assert client.post(f"/tray/delivery/{row.pk}/settle/", {"choice": "burn"}).status_code == 422


def test_changes_nothing_on_a_get(stage: Stage, arrival: Raw) -> None:
    assert signed_in(stage.manager).get(f"/tray/arrival/{arrival.pk}/replay/").status_code == 405


def test_counts_in_the_navigation_in_the_query_of_all_counts(
    stage: Stage, arrival: Raw, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown(stage, case=stage.case(), brand=stage.brand)
    seer = people.seer_of(stage.manager.pk)
    tray = {f"tray_{n}": lists.counted(rows) for n, rows in enumerate(deliveries.waiting_in_tray(seer))}
    with django_assert_num_queries(1):
        counts = lists.view_counts(seer, **tray)
    assert sum(counts[name] for name in tray) == 2
    assert deliveries.waiting_in_tray(people.seer_of(stage.agent.pk)) == []
    assert '<span class="num">2</span>' in text(signed_in(stage.manager), "/help/")
    monkeypatch.setattr(lists, "COUNTED", 2)
    assert '<span class="num">1+</span>' in text(signed_in(stage.manager), "/help/")


def test_pages_by_key_with_the_same_queries_for_many(
    stage: Stage, arrival: Raw, django_assert_max_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = stage.case()
    for number in range(4):
        unknown(stage, case=case, brand=stage.brand, error=f"e{number}")
    monkeypatch.setattr(deliveries, "SHOWN", 3)
    client = signed_in(stage.manager)
    with django_assert_max_num_queries(9):
        page = text(client)
    assert page.count('id="delivery-') == 3
    second = Delivery.objects.order_by("pk")[1].pk
    assert text(client, f"/tray/?delivery={second}").count('id="delivery-') == 1
    assert text(client, "/tray/?delivery=x&arrival=99999999999999999999").count('id="delivery-') == 3
