"""People come, change and go, and nothing is left behind."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.contrib.auth.tokens import default_token_generator
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connections, transaction
from django.utils.http import base36_to_int

from cases import errors
from cases.commands import case, people, tokens
from cases.models import Action, ApiToken, Case, Delivery, Event, Membership, Notification, Team, User
from cases.queries import people as queries
from cases.vocabulary import SYSTEM, Actor, Role, Status
from tests.people import AT, Stage, actor, person, set_stage

pytestmark = pytest.mark.database


@pytest.fixture
def stage(db: None) -> Stage:
    return set_stage()


def owned(stage: Stage, external_id: str = "p-1", by: User | None = None) -> Case:
    opened = stage.case(external_id, author=external_id)
    return case.take(case_id=opened.pk, at=AT, actor=actor(by or stage.agent))


def invite(stage: Stage, by: User, **given: object) -> User:
    wanted: dict[str, object] = {
        "username": "New.Person",
        "email": "New@Example.org",
        "name": " New  Person ",
        "language": "fr",
        "memberships": [(stage.brand.pk, Role.AGENT, stage.team.pk)],
        "is_organisation_admin": False,
    }
    return people.invite_person(**(wanted | given), actor=actor(by))  # type: ignore[arg-type]


def kinds_of(stream: str) -> list[str]:
    return list(Event.objects.filter(stream=stream).order_by("id").values_list("kind", flat=True))


class TestCreateFirstAdmin:
    def test_lets_the_first_person_in_and_nobody_after(self, db: None) -> None:
        first = people.create_first_admin(username="admin", password="one-time", actor=SYSTEM)
        assert first.is_organisation_admin
        assert first.check_password("one-time")
        assert kinds_of("setup") == ["person_invited"]
        with pytest.raises(errors.NotAllowed):
            people.create_first_admin(username="second", password="one-time", actor=SYSTEM)
        assert User.objects.count() == 1


class TestInvitePerson:
    def test_makes_somebody_who_cannot_sign_in_yet(self, stage: Stage) -> None:
        new = invite(stage, stage.admin)
        assert (new.username, new.email, new.name, new.language) == (
            "new.person",
            "new@example.org",
            "New Person",
            "fr",
        )
        assert not new.has_usable_password()
        assert new.memberships.get().team == stage.team
        assert kinds_of("setup") == ["person_invited", "delivery_queued"]
        assert "New" not in str(list(Event.objects.filter(stream="setup").values_list("payload", flat=True)))

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"username": "agent"}, "username"),
            ({"username": "a@b"}, "username"),
            ({"email": "AGENT@example.org"}, "email"),
            ({"email": "nobody"}, "email"),
            ({"name": " "}, "name"),
            ({"language": "xx"}, "language"),
        ],
    )
    def test_says_which_field_is_wrong(self, stage: Stage, given: dict[str, object], field: str) -> None:
        with pytest.raises(errors.Invalid) as refused:
            invite(stage, stage.admin, **given)
        assert refused.value.field == field
        assert User.objects.count() == 6

    def test_is_for_the_brands_admins(self, stage: Stage) -> None:
        local = person("local")
        Membership.objects.create(person=local, brand=stage.brand, role=Role.ADMIN)
        invite(stage, local)
        with pytest.raises(errors.NotAllowed):
            invite(stage, stage.manager, username="x1", email="x1@example.org")
        with pytest.raises(errors.NotFound):
            invite(stage, stage.outsider, username="x2", email="x2@example.org")
        with pytest.raises(errors.NotAllowed):
            invite(stage, local, username="x3", email="x3@example.org", is_organisation_admin=True)
        with pytest.raises(errors.NotAllowed):
            invite(stage, local, username="x4", email="x4@example.org", memberships=[])

    def test_takes_no_team_of_another_brand(self, stage: Stage) -> None:
        foreign = Team.objects.create(brand=stage.other_brand, name="Foreign")
        with pytest.raises(errors.Invalid):
            invite(stage, stage.admin, memberships=[(stage.brand.pk, Role.AGENT, foreign.pk)])

    def test_mails_a_link_under_which_the_password_is_chosen(self, stage: Stage) -> None:
        new = invite(stage, stage.admin)
        mail = Delivery.objects.get()
        found = re.search(r"/accounts/password/reset/key/([0-9a-z]+)-(\S+)/", str(mail.body))
        assert found
        assert mail.recipient == "new@example.org"
        assert base36_to_int(found[1]) == new.pk
        assert default_token_generator.check_token(new, found[2])

    def test_can_be_mailed_again_by_whoever_manages_them(self, stage: Stage) -> None:
        new = invite(stage, stage.admin)
        people.send_invitation(person_id=new.pk, actor=actor(stage.admin))
        with pytest.raises(errors.NotAllowed):
            people.send_invitation(person_id=new.pk, actor=actor(stage.manager))
        assert Delivery.objects.count() == 2


class TestChangePerson:
    def test_changes_what_differs_and_records_no_words(self, stage: Stage) -> None:
        token = default_token_generator.make_token(stage.agent)
        people.change_person(
            person_id=stage.agent.pk,
            name="Lena",
            email="lena@example.org",
            language="en",
            is_organisation_admin=False,
            actor=actor(stage.admin),
        )
        stage.agent.refresh_from_db()
        assert stage.agent.email == "lena@example.org"
        assert not default_token_generator.check_token(stage.agent, token)
        assert Event.objects.get(stream="setup").payload == {"person": stage.agent.pk, "fields": ["email", "name"]}

    def test_keeps_the_last_organisation_admin(self, stage: Stage) -> None:
        with pytest.raises(errors.LastAdmin):
            people.change_person(
                person_id=stage.admin.pk,
                name="Admin",
                email="admin@example.org",
                language="en",
                is_organisation_admin=False,
                actor=actor(stage.admin),
            )

    def test_lets_a_brands_admin_touch_nobody_with_other_brands_or_more_power(self, stage: Stage) -> None:
        local = person("local")
        Membership.objects.create(person=local, brand=stage.brand, role=Role.ADMIN)
        Membership.objects.create(person=stage.colleague, brand=stage.other_brand, role=Role.AGENT)
        for target in (stage.colleague, stage.admin):
            with pytest.raises(errors.NotAllowed):
                people.change_person(
                    person_id=target.pk,
                    name="X",
                    email="mine@example.org",
                    language="en",
                    is_organisation_admin=target.is_organisation_admin,
                    actor=actor(local),
                )
        with pytest.raises(errors.NotFound):
            people.deactivate_person(person_id=stage.outsider.pk, at=AT, actor=actor(local))

    def test_lets_everybody_change_their_own_name(self, stage: Stage) -> None:
        people.change_own_name(person_id=stage.agent.pk, name="Lena", language="fr", actor=actor(stage.agent))
        stage.agent.refresh_from_db()
        assert (stage.agent.name, stage.agent.language) == ("Lena", "fr")
        with pytest.raises(errors.NotAllowed):
            people.change_own_name(person_id=stage.agent.pk, name="X", language="fr", actor=actor(stage.admin))


class TestSetMembership:
    def test_gives_changes_and_takes_roles(self, stage: Stage) -> None:
        boss = actor(stage.admin)
        people.set_membership(
            person_id=stage.outsider.pk,
            brand_id=stage.brand.pk,
            role=Role.AGENT,
            team_id=stage.team.pk,
            at=AT,
            actor=boss,
        )
        people.set_membership(
            person_id=stage.outsider.pk, brand_id=stage.brand.pk, role=Role.MANAGER, team_id=None, at=AT, actor=boss
        )
        assert queries.seer_of(stage.outsider.pk).roles[stage.brand.pk] == Role.MANAGER
        people.remove_membership(person_id=stage.outsider.pk, brand_id=stage.brand.pk, at=AT, actor=boss)
        assert stage.brand.pk not in queries.seer_of(stage.outsider.pk).roles
        assert kinds_of("brand") == ["membership_changed"] * 3

    def test_asks_for_an_heir_when_the_new_role_cannot_own(self, stage: Stage) -> None:
        opened = owned(stage)
        wanted = {
            "person_id": stage.agent.pk,
            "brand_id": stage.brand.pk,
            "role": Role.AUDITOR,
            "team_id": None,
            "at": AT,
            "actor": actor(stage.admin),
        }
        with pytest.raises(errors.Inherits) as refused:
            people.set_membership(**wanted)  # type: ignore[arg-type]
        assert refused.value.facts == {"count": 1}
        assert stage.agent.memberships.get().role == Role.AGENT
        people.set_membership(**wanted, heir_id=stage.colleague.pk)  # type: ignore[arg-type]
        opened.refresh_from_db()
        assert opened.owner == stage.colleague

    def test_does_not_find_strangers_for_a_brands_admin(self, stage: Stage) -> None:
        local = person("local")
        Membership.objects.create(person=local, brand=stage.brand, role=Role.ADMIN)
        with pytest.raises(errors.NotFound):
            people.set_membership(
                person_id=stage.outsider.pk,
                brand_id=stage.brand.pk,
                role=Role.AGENT,
                team_id=None,
                at=AT,
                actor=actor(local),
            )

    def test_takes_the_lead_of_a_team_along(self, stage: Stage) -> None:
        people.remove_membership(person_id=stage.manager.pk, brand_id=stage.brand.pk, at=AT, actor=actor(stage.admin))
        stage.team.refresh_from_db()
        assert stage.team.lead is None


class TestDeactivatePerson:
    def test_hands_over_cases_and_actions_and_ends_access(self, stage: Stage) -> None:
        first, second = owned(stage, "p-1"), owned(stage, "p-2")
        theirs = owned(stage, "p-3", by=stage.manager)
        Action.objects.filter(case=theirs).update(owner=stage.agent)
        secret = tokens.make_token(person_id=stage.agent.pk, label="Script", actor=actor(stage.agent))
        session_hash = stage.agent.get_session_auth_hash()
        left = people.deactivate_person(
            person_id=stage.agent.pk, heir_id=stage.colleague.pk, at=AT, actor=actor(stage.admin)
        )
        assert (left.is_active, left.deactivated_at) == (False, AT)
        assert left.get_session_auth_hash() != session_hash
        assert ApiToken.objects.get(pk=secret.token.pk).revoked_at == AT
        assert set(Case.objects.filter(owner=stage.colleague)) == {first, second}
        assert Action.objects.get(case=theirs).owner == stage.colleague
        assert kinds_of("case").count("case_assigned") == 5
        handed = Event.objects.get(kind="cases_handed_over").payload
        assert handed == {"person": stage.agent.pk, "heir": stage.colleague.pk, "cases": 2}
        assert Notification.objects.filter(person=stage.colleague, kind="handed_over").count() == 1

    def test_refuses_without_an_heir_and_changes_nothing(self, stage: Stage) -> None:
        opened = owned(stage)
        with pytest.raises(errors.Inherits):
            people.deactivate_person(person_id=stage.agent.pk, at=AT, actor=actor(stage.admin))
        opened.refresh_from_db()
        stage.agent.refresh_from_db()
        assert (opened.owner, stage.agent.is_active) == (stage.agent, True)

    def test_refuses_an_heir_who_cannot_own_a_case(self, stage: Stage) -> None:
        opened = owned(stage)
        Case.objects.filter(pk=opened.pk).update(about=stage.manager)
        for heir in (stage.auditor, stage.outsider, stage.agent, stage.manager):
            with pytest.raises(errors.NotOwnable):
                people.deactivate_person(person_id=stage.agent.pk, heir_id=heir.pk, at=AT, actor=actor(stage.admin))

    def test_leaves_an_action_without_an_heir_to_the_owner_of_its_case(self, stage: Stage) -> None:
        theirs = owned(stage, by=stage.manager)
        Action.objects.filter(case=theirs).update(owner=stage.agent)
        people.deactivate_person(person_id=stage.agent.pk, at=AT, actor=actor(stage.admin))
        assert Action.objects.get(case=theirs).owner == stage.manager

    def test_keeps_the_last_organisation_admin(self, stage: Stage) -> None:
        with pytest.raises(errors.LastAdmin):
            people.deactivate_person(person_id=stage.admin.pk, at=AT, actor=actor(stage.admin))

    def test_cannot_be_got_round_by_writing_rows(self, stage: Stage) -> None:
        owned(stage)
        with pytest.raises(DatabaseError) as refused, transaction.atomic():
            User.objects.filter(pk=stage.agent.pk).update(is_active=False)
        assert isinstance(refused.value.__cause__, psycopg.Error)
        assert refused.value.__cause__.sqlstate == "CD001"
        with pytest.raises(DatabaseError), transaction.atomic():
            Membership.objects.filter(person=stage.agent).delete()

    def test_can_be_taken_back_with_a_new_password(self, stage: Stage) -> None:
        people.deactivate_person(person_id=stage.agent.pk, at=AT, actor=actor(stage.admin))
        back = people.reactivate_person(person_id=stage.agent.pk, actor=actor(stage.admin))
        assert (back.is_active, back.deactivated_at, back.has_usable_password()) == (True, None, False)
        assert back.memberships.get().role == Role.AGENT


class TestReassignAll:
    def test_is_a_managers_and_moves_what_they_see(self, stage: Stage) -> None:
        moved, hidden = owned(stage, "p-1"), owned(stage, "p-2")
        Case.objects.filter(pk=hidden.pk).update(about=stage.manager)
        wanted = {"from_id": stage.agent.pk, "to_id": stage.colleague.pk, "at": AT}
        with pytest.raises(errors.NotAllowed):
            people.reassign_all(**wanted, actor=actor(stage.colleague))  # type: ignore[arg-type]
        assert people.reassign_all(**wanted, brand_id=stage.brand.pk, actor=actor(stage.manager)) == 1  # type: ignore[arg-type]
        moved.refresh_from_db()
        hidden.refresh_from_db()
        assert (moved.owner, hidden.owner) == (stage.colleague, stage.agent)
        assert moved.status == Status.OPEN

    def test_does_not_reach_another_brand(self, stage: Stage) -> None:
        opened = owned(stage)
        with pytest.raises(errors.NotFound):
            people.reassign_all(from_id=stage.agent.pk, to_id=stage.outsider.pk, at=AT, actor=actor(stage.outsider))
        with pytest.raises(errors.NotFound):
            people.reassign_all(
                from_id=stage.agent.pk,
                to_id=stage.outsider.pk,
                brand_id=stage.brand.pk,
                at=AT,
                actor=actor(stage.outsider),
            )
        opened.refresh_from_db()
        assert opened.owner == stage.agent

    def test_costs_the_same_for_one_case_and_for_many(
        self, stage: Stage, django_assert_max_num_queries: object
    ) -> None:
        for number in range(8):
            owned(stage, f"p-{number}")
        with django_assert_max_num_queries(24):  # type: ignore[operator]
            people.reassign_all(from_id=stage.agent.pk, to_id=stage.colleague.pk, at=AT, actor=actor(stage.manager))
        assert Case.objects.filter(owner=stage.colleague).count() == 8


class TestTokens:
    def test_show_their_secret_once_and_keep_its_digest(self, stage: Stage) -> None:
        made = tokens.make_token(person_id=stage.agent.pk, label="Script", actor=actor(stage.agent))
        assert made.secret.startswith("cdk_")
        assert bytes(made.token.digest) == hashlib.sha256(made.secret.encode()).digest()
        assert kinds_of("setup") == ["token_made"]

    def test_are_made_on_the_command_line_for_anybody_active(
        self, stage: Stage, capsys: pytest.CaptureFixture[str]
    ) -> None:
        call_command("api_token", "AGENT", label="Nightly")
        secret = capsys.readouterr().out.strip()
        token = ApiToken.objects.get(person=stage.agent, label="Nightly")
        assert bytes(token.digest) == hashlib.sha256(secret.encode()).digest()
        with pytest.raises(CommandError, match="Nobody active"):
            call_command("api_token", "nobody")

    def test_are_ones_own_to_make(self, stage: Stage) -> None:
        for who in (actor(stage.admin), Actor.token(1, stage.agent.pk)):
            with pytest.raises(errors.NotAllowed):
                tokens.make_token(person_id=stage.agent.pk, label="Script", actor=who)
        assert not ApiToken.objects.exists()

    def test_are_revoked_by_their_person_or_an_admin(self, stage: Stage) -> None:
        made = tokens.make_token(person_id=stage.agent.pk, label="Script", actor=actor(stage.agent)).token
        with pytest.raises(errors.NotAllowed):
            tokens.revoke_token(token_id=made.pk, at=AT, actor=actor(stage.colleague))
        with pytest.raises(errors.NotFound):
            tokens.revoke_token(token_id=made.pk, at=AT, actor=actor(stage.outsider))
        assert tokens.revoke_token(token_id=made.pk, at=AT, actor=actor(stage.admin)).revoked_at == AT


def _at_once(*tries: Callable[[], object]) -> list[type[Exception] | None]:
    """What each raised, all begun at the same moment on connections of their own."""
    start, raised = threading.Barrier(len(tries)), dict[int, type[Exception] | None]()

    def run(place: int) -> None:
        start.wait(5)
        try:
            tries[place]()
            raised[place] = None
        except (errors.Refused, DatabaseError) as error:
            raised[place] = type(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(tries))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return [raised[place] for place in range(len(tries))]


def _leave(leaver: User, heir: User | None, by: User) -> Callable[[], object]:
    return lambda: people.deactivate_person(
        person_id=leaver.pk, heir_id=heir.pk if heir else None, at=AT, actor=actor(by)
    )


class TestAtTheSameMoment:
    def test_the_last_two_organisation_admins_cannot_both_leave(
        self, own_database: str, django_db_blocker: Any
    ) -> None:
        with django_db_blocker.unblock():
            one, two = (person(name, is_organisation_admin=True) for name in ("one", "two"))
            outcomes = _at_once(_leave(one, None, one), _leave(two, None, two))
            assert sorted(outcomes, key=str) == [errors.LastAdmin, None]
            assert User.objects.filter(is_organisation_admin=True, is_active=True).count() == 1

    def test_two_who_inherit_from_each_other_cannot_both_leave(self, own_database: str, django_db_blocker: Any) -> None:
        with django_db_blocker.unblock():
            stage = set_stage()
            owned(stage, "p-1"), owned(stage, "p-2", by=stage.colleague)
            outcomes = _at_once(
                _leave(stage.agent, stage.colleague, stage.admin), _leave(stage.colleague, stage.agent, stage.admin)
            )
            assert outcomes.count(None) == 1
            assert not Case.objects.filter(owner__is_active=False).exists()
            assert Case.objects.filter(owner__isnull=False).count() == 2
