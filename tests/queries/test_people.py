"""Who sees what, and who may own a case."""

from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from cases.models import NOBODY, Brand, Membership, Seer, Team, User
from cases.queries import people
from cases.vocabulary import Role

pytestmark = pytest.mark.django_db


def _brand(slug: str, prefix: str, is_active: bool = True) -> Brand:
    return Brand.objects.create(name=slug.title(), slug=slug, prefix=prefix, is_active=is_active)


def _person(name: str) -> User:
    return User.objects.create(username=name, email=f"{name}@example.org", name=name.title())


class TestSeerOf:
    def test_reads_roles_teams_and_leads_in_one_query(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        nord, west, gone = _brand("nord", "ND"), _brand("west", "WE"), _brand("gone", "GO", is_active=False)
        lena = _person("lena")
        desk, led = Team.objects.create(brand=nord, name="Desk"), Team.objects.create(brand=west, name="Led", lead=lena)
        Membership.objects.create(person=lena, brand=nord, role=Role.AGENT, team=desk)
        Membership.objects.create(person=lena, brand=west, role=Role.MANAGER)
        Membership.objects.create(person=lena, brand=gone, role=Role.ADMIN)
        with django_assert_num_queries(1):
            seer = people.seer_of(lena.pk)
        assert seer == Seer(
            person_id=lena.pk,
            roles={nord.pk: Role.AGENT, west.pk: Role.MANAGER},
            team_ids=frozenset({desk.pk}),
            led_team_ids=frozenset({led.pk}),
        )

    def test_knows_an_organisation_admin_without_a_brand(self) -> None:
        root = User.objects.create(username="root", email="r@example.org", name="R", is_organisation_admin=True)
        assert people.seer_of(root.pk) == Seer(person_id=root.pk, is_organisation_admin=True)

    def test_shows_nothing_to_nobody_strangers_and_the_deactivated(self) -> None:
        left = User.objects.create(username="left", email="l@example.org", name="L", is_active=False)
        assert people.seer_of(None) == people.seer_of(0) == people.seer_of(left.pk) == NOBODY


class TestColleagues:
    def test_are_the_active_agents_and_managers_of_the_brand_by_name(self) -> None:
        nord = _brand("nord", "ND")
        people_by_role = {role: _person(role.value) for role in Role}
        for role, person in people_by_role.items():
            Membership.objects.create(person=person, brand=nord, role=role)
        away = User.objects.create(username="away", email="a@example.org", name="Away", is_active=False)
        Membership.objects.create(person=away, brand=nord, role=Role.AGENT)
        seer = people.seer_of(people_by_role[Role.AUDITOR].pk)
        assert [person.username for person in people.colleagues(seer, nord.pk)] == ["agent", "manager"]

    def test_are_nobody_for_a_stranger(self) -> None:
        nord = _brand("nord", "ND")
        Membership.objects.create(person=_person("agent"), brand=nord, role=Role.AGENT)
        assert not people.colleagues(people.seer_of(_person("stranger").pk), nord.pk).exists()
