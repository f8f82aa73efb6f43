"""Colours and language a browser keeps."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import translation


class TestChooseTheme:
    def test_keeps_the_choice_and_goes_back(self) -> None:
        answer = Client().post("/preference/theme/", {"theme": "dark", "next": "/help/"})
        assert answer["Location"] == "/help/"
        assert answer.cookies["theme"].value == "dark"

    def test_forgets_it_for_the_systems_own(self) -> None:
        client = Client()
        client.cookies["theme"] = "dark"
        answer = client.post("/preference/theme/", {"theme": "system"})
        assert answer.cookies["theme"].value == ""

    @pytest.mark.parametrize("target", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"])
    def test_goes_nowhere_else(self, target: str) -> None:
        answer = Client().post("/preference/theme/", {"theme": "dark", "next": target})
        assert answer["Location"] == "/"

    def test_is_no_get(self) -> None:
        assert Client().get("/preference/theme/").status_code == 405


class TestPages:
    def test_sign_in_shows_the_chosen_colours(self) -> None:
        client = Client()
        client.cookies["theme"] = "dark"
        assert 'data-bs-theme="dark"' in client.get("/accounts/login/").content.decode()

    def test_sign_in_ignores_an_unknown_choice(self) -> None:
        client = Client()
        client.cookies["theme"] = '"><script>'
        assert "data-bs-theme" not in client.get("/accounts/login/").content.decode()

    def test_sign_in_speaks_the_browsers_language(self) -> None:
        # The middleware leaves the request's language active; the next test wants the usual one.
        with translation.override("en"):
            answer = Client().get("/accounts/login/", headers={"Accept-Language": "fr"})
        assert '<html lang="fr"' in answer.content.decode()
