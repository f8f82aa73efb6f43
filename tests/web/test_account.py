"""Signing in and out, and getting a new password by mail."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from cases.models import Delivery, User

pytestmark = pytest.mark.django_db
PASSWORD = "three lost mornings"


@pytest.fixture
def lea() -> User:
    person = User(username="lea.marchetti", email="lea@brindlewick.example", name="Léa Marchetti")
    person.set_password(PASSWORD)
    person.save()
    return person


def sign_in(client: Client, login: str, password: str = PASSWORD) -> int:
    return client.post("/accounts/login/", {"login": login, "password": password}).status_code


class TestSignIn:
    @pytest.mark.parametrize("login", ["lea.marchetti", "LEA.Marchetti", "lea@brindlewick.example"])
    def test_takes_the_user_name_or_the_address(self, lea: User, client: Client, login: str) -> None:
        assert sign_in(client, login) == 302
        assert client.session["_auth_user_id"] == str(lea.pk)

    def test_says_that_something_is_wrong_but_not_what(self, lea: User, client: Client) -> None:
        known = client.post("/accounts/login/", {"login": "lea.marchetti", "password": "wrong"}).content.decode()
        unknown = client.post("/accounts/login/", {"login": "nobody", "password": "wrong"}).content.decode()
        assert 'role="alert"' in known
        assert re.findall(r'role="alert".*?</div>', known) == re.findall(r'role="alert".*?</div>', unknown)

    def test_lets_no_deactivated_person_in(self, lea: User, client: Client) -> None:
        User.objects.filter(pk=lea.pk).update(is_active=False)
        sign_in(client, "lea.marchetti")
        assert "_auth_user_id" not in client.session


class TestSignOut:
    def test_asks_first_and_leaves_on_post(self, lea: User, client: Client) -> None:
        sign_in(client, "lea.marchetti")
        assert client.get("/accounts/logout/").status_code == 200
        assert "_auth_user_id" in client.session
        client.post("/accounts/logout/")
        assert "_auth_user_id" not in client.session


class TestNewPassword:
    def test_comes_by_a_link_that_works_once(self, lea: User, client: Client) -> None:
        assert client.post("/accounts/password/reset/", {"email": lea.email}).status_code == 302
        [mail] = Delivery.objects.all()
        link = re.search(r"https?://[^/]+(/accounts/password/reset/key/\S+)", str(mail.body))
        assert link
        page = client.get(link[1], follow=True)
        target = page.redirect_chain[-1][0]
        new = {"password1": "friday eight to ten", "password2": "friday eight to ten"}
        assert client.post(target, new).status_code == 302
        assert sign_in(Client(), "lea.marchetti", "friday eight to ten") == 302
        assert "no longer works" in Client().get(link[1], follow=True).content.decode()

    def test_looks_the_same_for_an_unknown_address(self, client: Client) -> None:
        answer = client.post("/accounts/password/reset/", {"email": "nobody@brindlewick.example"})
        assert answer["Location"] == "/accounts/password/reset/done/"
        assert not Delivery.objects.exists()


def test_speaks_the_language_of_whoever_signs_in(lea: User, client: Client) -> None:
    User.objects.filter(pk=lea.pk).update(language="fr")
    assert sign_in(client, "lea.marchetti") == 302
    assert client.cookies["django_language"].value == "fr"
