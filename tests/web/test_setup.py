"""The set-up pages: who opens which, what a form brings about, what it says when it cannot."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from cases.commands import case as cases
from cases.models import ApiToken, Brand, Category, Delivery, Kind, Membership, Playbook, PlaybookVersion, Team, User
from cases.vocabulary import Role
from tests.people import AT, Stage, actor, person, set_stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    return set_stage()


@pytest.fixture
def local(stage: Stage) -> User:
    """An admin of one brand, with no right on the organisation."""
    user = person("local")
    Membership.objects.create(person=user, brand=stage.brand, role=Role.ADMIN)
    return user


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


PAGES = [
    "/settings/brands/brindlewick/",
    "/settings/brands/brindlewick/channels/",
    "/settings/brands/brindlewick/channels/+/",
    "/settings/brands/brindlewick/channels/social/",
    "/settings/brands/brindlewick/teams/",
    "/settings/brands/brindlewick/teams/+/",
    "/settings/brands/brindlewick/categories/",
    "/settings/brands/brindlewick/categories/+/",
    "/settings/brands/brindlewick/categories/delivery/",
    "/settings/brands/brindlewick/categories/delivery/merge/",
    "/settings/brands/brindlewick/playbooks/",
    "/settings/brands/brindlewick/playbooks/+/",
    "/settings/brands/brindlewick/kinds/",
    "/settings/brands/brindlewick/kinds/+/",
    "/settings/brands/brindlewick/kinds/refund/",
]


class TestWhoOpensWhat:
    @pytest.mark.parametrize("path", PAGES)
    def test_a_brands_pages_are_its_admins(self, stage: Stage, local: User, path: str) -> None:
        assert signed_in(local).get(path).status_code == 200
        assert signed_in(stage.admin).get(path).status_code == 200
        assert signed_in(stage.agent).get(path).status_code == 403
        assert signed_in(stage.outsider).get(path).status_code == 404
        assert Client().get(path).status_code == 302

    def test_what_is_not_there_is_not_found(self, stage: Stage) -> None:
        admin = signed_in(stage.admin)
        for path in ("channels/none/", "teams/999/", "categories/none/", "kinds/none/", "playbooks/999/"):
            assert admin.get(f"/settings/brands/brindlewick/{path}").status_code == 404
        assert admin.get("/settings/brands/none/").status_code == 404
        assert admin.get("/settings/people/99999/").status_code == 404

    def test_everybody_has_the_overview_and_their_own_account(self, stage: Stage) -> None:
        for path in ("/settings/", "/settings/me/"):
            assert signed_in(stage.auditor).get(path).status_code == 200

    def test_people_are_for_admins_and_taking_over_for_managers(self, stage: Stage, local: User) -> None:
        assert signed_in(local).get("/settings/people/").status_code == 200
        assert signed_in(stage.agent).get("/settings/people/").status_code == 403
        assert signed_in(stage.manager).get("/settings/take-over/").status_code == 200
        assert signed_in(stage.agent).get("/settings/take-over/").status_code == 403
        assert signed_in(local).get("/settings/brands/+/").status_code == 403

    def test_an_admin_of_one_brand_finds_nobody_of_another(self, stage: Stage, local: User) -> None:
        client = signed_in(local)
        assert "Outsider" not in client.get("/settings/people/?who=outsider").content.decode().split("<tbody>")[-1]
        assert client.get(f"/settings/people/{stage.outsider.pk}/").status_code == 404
        assert client.get(f"/settings/people/{stage.agent.pk}/roles/orvelle/").status_code == 404

    @pytest.mark.parametrize("path", ["/settings/", *PAGES])
    def test_pages_cost_a_fixed_number_of_queries(
        self, stage: Stage, path: str, django_assert_max_num_queries: Any
    ) -> None:
        for number in range(20):
            Category.objects.create(brand=stage.brand, code=f"c{number}", label={"en": f"C{number}"}, team=stage.team)
            Kind.objects.create(brand=stage.brand, code=f"k{number}", label={"en": f"K{number}"})
            Team.objects.create(brand=stage.brand, name=f"T{number}", lead=stage.manager)
        client = signed_in(stage.admin)
        with django_assert_max_num_queries(16):
            client.get(path)


class TestBrandPages:
    NEW = {
        "name": "Nordlys",
        "slug": "nordlys",
        "prefix": "NL",
        "language": "fr",
        "zone": "Europe/Oslo",
        "currency": "NOK",
    }

    def test_a_new_brand_is_set_up_at_once(self, stage: Stage) -> None:
        client = signed_in(stage.admin)
        assert client.post("/settings/brands/+/", self.NEW).headers["Location"] == "/settings/brands/nordlys/"
        assert Brand.objects.get(slug="nordlys").kinds.count() == 9

    def test_a_refusal_stands_at_its_field(self, stage: Stage) -> None:
        answer = signed_in(stage.admin).post("/settings/brands/+/", self.NEW | {"prefix": "BW"})
        assert answer.status_code == 422
        assert answer.context["form"].errors["prefix"]
        assert "Nordlys" in answer.content.decode()

    def test_a_brands_admin_cannot_switch_it_off(self, stage: Stage, local: User) -> None:
        wanted = {"name": "Brindle", "language": "en", "zone": "Europe/Paris", "currency": "EUR"}
        assert signed_in(local).post("/settings/brands/brindlewick/", wanted).status_code == 302
        stage.brand.refresh_from_db()
        assert (stage.brand.name, stage.brand.is_active) == ("Brindle", True)

    def test_a_brand_in_use_says_why_it_stays_on(self, stage: Stage) -> None:
        stage.case()
        wanted = {"name": "Brindle", "language": "en", "zone": "Europe/Paris", "currency": "EUR"}
        answer = signed_in(stage.admin).post("/settings/brands/brindlewick/", wanted)
        assert answer.status_code == 422
        assert "Open cases still need this (1)" in answer.content.decode()

    def test_channels_and_teams_are_made_and_changed(self, stage: Stage) -> None:
        client, base = signed_in(stage.admin), "/settings/brands/brindlewick"
        new = {"name": "Reviews", "slug": "reviews", "kind": "reviews", "platform": "trust"}
        assert client.post(f"{base}/channels/+/", new).status_code == 302
        assert client.post(f"{base}/channels/reviews/", new | {"name": "Trust"}).status_code == 302
        channel = stage.brand.channels.get(slug="reviews")
        assert (channel.name, channel.is_active) == ("Trust", False)
        assert client.post(f"{base}/teams/+/", {"name": "Billing", "lead": stage.agent.pk}).status_code == 302
        assert client.post(f"{base}/teams/+/", {"name": "billing"}).status_code == 422


class TestCataloguePages:
    def test_a_category_leads_to_its_playbook(self, stage: Stage) -> None:
        client, base = signed_in(stage.admin), "/settings/brands/brindlewick/categories"
        answer = client.post(f"{base}/+/", {"code": "billing", "label_en": "Billing", "label_fr": ""})
        assert answer.headers["Location"] == "/settings/brands/brindlewick/playbooks/+/?category=billing"
        assert client.post(f"{base}/+/", {"code": "x", "label_en": "", "label_fr": "X"}).status_code == 422

    def test_texts_in_other_languages_stay(self, stage: Stage) -> None:
        Category.objects.filter(pk=stage.category.pk).update(label={"en": "A", "de": "Lieferung"})
        wanted = {"label_en": "Deliveries", "label_fr": "", "is_active": "on"}
        signed_in(stage.admin).post("/settings/brands/brindlewick/categories/delivery/", wanted)
        stage.category.refresh_from_db()
        assert stage.category.label == {"en": "Deliveries", "de": "Lieferung"}

    def test_a_category_is_merged_after_a_look_at_what_it_means(self, stage: Stage) -> None:
        client, base = signed_in(stage.admin), "/settings/brands/brindlewick/categories"
        wide = Category.objects.create(brand=stage.brand, code="wide", label={"en": "Wide"})
        assert f"{base}/wide/merge/" in client.get(f"{base}/wide/").content.decode()
        refused = client.post(f"{base}/wide/merge/", {"into": wide.pk})
        assert refused.status_code == 422
        answer = client.post(f"{base}/wide/merge/", {"into": stage.category.pk})
        assert answer.headers["Location"] == f"{base}/"
        wide.refresh_from_db()
        assert wide.merged_into == stage.category
        page = client.get(f"{base}/wide/").content.decode()
        assert "Counted with" in page
        assert f"{base}/wide/merge/" not in page
        assert client.get(f"{base}/wide/merge/").status_code == 404

    def test_a_kind_explains_its_proof_and_refuses_a_contradiction(self, stage: Stage) -> None:
        client, base = signed_in(stage.admin), "/settings/brands/brindlewick/kinds"
        new = {
            "code": "gift",
            "label_en": "Gift",
            "proof": "amount",
            "days": "3",
            "is_shown": "on",
            "day_unit": "working",
        }
        answer = client.post(f"{base}/+/", new)
        assert answer.status_code == 422
        assert answer.context["form"].errors["has_amount"]
        assert "the amount that was really paid" in answer.content.decode()
        assert client.post(f"{base}/+/", new | {"has_amount": "on"}).status_code == 302

    def test_a_playbook_is_kept_in_the_order_given(self, stage: Stage) -> None:
        rows = {
            "severity": "4",
            "is_active": "on",
            "line-TOTAL_FORMS": "4",
            "line-INITIAL_FORMS": "1",
            "line-0-kind": stage.refund.pk,
            "line-0-ORDER": "2",
            "line-1-kind": stage.apology.pk,
            "line-1-is_required": "on",
            "line-1-days": "2",
            "line-1-ORDER": "1",
            "line-2-kind": "",
            "line-3-kind": "",
        }
        path = f"/settings/brands/brindlewick/playbooks/{Playbook.objects.get().pk}/draft/"
        assert signed_in(stage.admin).post(path, rows).status_code == 302
        draft = PlaybookVersion.objects.get(status="draft")
        lines = draft.actions.order_by("position").values_list("kind__code", "is_required", "days")
        assert list(lines) == [("apology", True, 2), ("refund", False, None)]
        twice = rows | {"line-1-kind": stage.refund.pk}
        assert signed_in(stage.admin).post(path, twice).status_code == 422

    def test_lists_go_on_after_fifty(self, stage: Stage) -> None:
        Category.objects.bulk_create(
            [Category(brand=stage.brand, code=f"x{n:03}", label={"en": f"X{n}"}) for n in range(60)]
        )
        client = signed_in(stage.admin)
        first = client.get("/settings/brands/brindlewick/categories/")
        assert len(first.context["page"].rows) == 50
        second = client.get(f"/settings/brands/brindlewick/categories/?after={first.context['page'].after}")
        assert second.context["page"].rows[0].code == "x049"
        assert len(second.context["page"].rows) == 11


class TestPeoplePages:
    def invite(self, client: Client, **given: Any) -> Any:
        wanted = {"name": "Léa", "email": "lea@example.org", "username": "lea", "language": "fr", "role": "agent"}
        return client.post("/settings/people/invite/", wanted | given)

    def test_an_invitation_leads_to_a_password_and_a_session(self, stage: Stage, local: User) -> None:
        assert self.invite(signed_in(local), brand=stage.brand.pk, team=stage.team.pk).status_code == 302
        found = re.search(r"https?://[^/]+(/accounts/password/reset/key/\S+)", str(Delivery.objects.get().body))
        assert found
        guest = Client()
        page = guest.get(found[1], follow=True)
        secret = {"password1": "three lost mornings", "password2": "three lost mornings"}
        assert guest.post(page.redirect_chain[-1][0], secret).status_code == 302
        guest.post("/accounts/login/", {"login": "lea", "password": "three lost mornings"})
        assert guest.session["_auth_user_id"] == str(User.objects.get(username="lea").pk)
        assert "token_fail" in Client().get(found[1], follow=True).context

    def test_a_brands_admin_invites_to_their_brand_alone(self, stage: Stage, local: User) -> None:
        client = signed_in(local)
        assert self.invite(client).status_code == 422
        assert self.invite(client, brand=stage.other_brand.pk).status_code == 422
        answer = self.invite(client, brand=stage.brand.pk, is_organisation_admin="on")
        assert answer.status_code == 302
        assert not User.objects.get(username="lea").is_organisation_admin

    def test_deactivation_asks_who_inherits(self, stage: Stage) -> None:
        opened = cases.take(case_id=stage.case().pk, at=AT, actor=actor(stage.agent))
        client, path = signed_in(stage.admin), f"/settings/people/{stage.agent.pk}/deactivate/"
        assert "1 open case" in client.get(path).content.decode()
        assert client.post(path, {"heir": ""}).status_code == 422
        assert client.post(path, {"heir": stage.auditor.pk}).status_code == 422
        there = signed_in(stage.agent)
        assert client.post(path, {"heir": stage.colleague.pk}).status_code == 302
        opened.refresh_from_db()
        assert opened.owner == stage.colleague
        assert there.get("/settings/me/").status_code == 302

    def test_a_role_is_given_changed_and_taken(self, stage: Stage) -> None:
        client, path = signed_in(stage.admin), f"/settings/people/{stage.outsider.pk}/roles/brindlewick/"
        assert client.post(path, {"role": "agent", "team": stage.team.pk}).status_code == 302
        assert stage.outsider.memberships.get(brand=stage.brand).team == stage.team
        cases.take(case_id=stage.case().pk, at=AT, actor=actor(stage.outsider))
        assert client.post(path, {"role": "auditor", "team": ""}).status_code == 422
        assert client.post(path, {"role": "agent", "remove": "1"}).status_code == 422
        assert client.post(path, {"role": "agent", "remove": "1", "heir": stage.agent.pk}).status_code == 302
        assert not stage.outsider.memberships.filter(brand=stage.brand).exists()

    def test_a_manager_takes_over_from_an_absent_colleague(self, stage: Stage) -> None:
        opened = cases.take(case_id=stage.case().pk, at=AT, actor=actor(stage.agent))
        client = signed_in(stage.manager)
        assert "Agent (1)" in client.get("/settings/take-over/").content.decode()
        both = {"from_id": stage.agent.pk, "to_id": stage.agent.pk}
        assert client.post("/settings/take-over/", both).status_code == 422
        assert client.post("/settings/take-over/", both | {"to_id": stage.colleague.pk}).status_code == 302
        opened.refresh_from_db()
        assert opened.owner == stage.colleague

    def test_the_list_searches_narrows_and_pages(self, stage: Stage) -> None:
        for number in range(55):
            person(f"p{number:03}")
        client = signed_in(stage.admin)
        first = client.get("/settings/people/").context["page"]
        rest = client.get(f"/settings/people/?after={first.after}").context["page"]
        assert (len(first.rows), len(rest.rows), rest.after) == (50, 11, None)
        assert [one.username for one in client.get("/settings/people/?who=P054").context["page"].rows] == ["p054"]
        assert not client.get("/settings/people/?state=deactivated&after=x").context["page"].rows


class TestMyAccount:
    def test_a_token_shows_its_secret_once(self, stage: Stage) -> None:
        client = signed_in(stage.agent)
        answer = client.post("/settings/me/tokens/", {"label": "Order system"})
        assert "cdk_" in answer.content.decode()
        assert answer.headers["Cache-Control"] == "no-store"
        page = client.get("/settings/me/").content.decode()
        assert "Order system" in page
        assert "cdk_" not in page
        token = ApiToken.objects.get()
        assert signed_in(stage.colleague).post(f"/settings/me/tokens/{token.pk}/revoke/").status_code == 404
        assert client.post(f"/settings/me/tokens/{token.pk}/revoke/").status_code == 302

    def test_name_and_language_are_ones_own(self, stage: Stage) -> None:
        client = signed_in(stage.agent)
        answer = client.post("/settings/me/", {"name": "Lena", "language": "fr"})
        assert answer.cookies["django_language"].value == "fr"
        stage.agent.refresh_from_db()
        assert (stage.agent.name, stage.agent.language) == ("Lena", "fr")


class TestDataBrowser:
    def test_shows_rows_to_organisation_admins_and_changes_nothing(self, stage: Stage, local: User) -> None:
        opened = stage.case()
        client = signed_in(stage.admin)
        for model in ("brand", "case", "user", "event", "delivery", "post", "membership"):
            assert client.get(f"/data/cases/{model}/").status_code == 200
        page = client.get(f"/data/cases/case/{opened.pk}/change/")
        assert page.status_code == 200
        assert client.post(f"/data/cases/case/{opened.pk}/change/", {"status": "handled"}).status_code == 403
        assert client.get("/data/cases/case/add/").status_code == 403
        assert client.post(f"/data/cases/case/{opened.pk}/delete/").status_code == 403
        assert signed_in(local).get("/data/").status_code in {302, 403}

    def test_follows_the_one_visibility_rule(self, stage: Stage) -> None:
        opened = stage.case()
        boss = person("boss", is_organisation_admin=True)
        assert signed_in(boss).get(f"/data/cases/case/{opened.pk}/change/").status_code == 302
        assert signed_in(boss).get("/data/cases/post/").context["cl"].result_count == 0
        page = signed_in(stage.admin).get(f"/data/cases/user/{stage.agent.pk}/change/").content.decode()
        assert "field-password" not in page
