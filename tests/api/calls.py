"""Programs that call the API in tests, each with the token of one person."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse
from django.test import Client

from cases.commands import tokens
from cases.models import User
from cases.vocabulary import SYSTEM


class Program:
    """A program with a person's token, or with none."""

    def __init__(self, person: User | None = None) -> None:
        self.client = Client()
        self.headers: dict[str, str] = {}
        if person is not None:
            made = tokens.make_token(person_id=person.pk, label="test", actor=SYSTEM)
            self.token = made.token
            self.headers["Authorization"] = f"Bearer {made.secret}"

    def get(self, path: str, **query: Any) -> HttpResponse:
        """Read."""
        return self.client.get(f"/api/v1/{path}", query, headers=self.headers)

    def post(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        """Change, with a JSON body."""
        return self.send("POST", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        """Change in part, with a JSON body."""
        return self.send("PATCH", path, body, **headers)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        """Any call."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.generic(
            method, f"/api/v1/{path}", data, "application/json", headers={**self.headers, **named}
        )
