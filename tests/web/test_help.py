"""The help: every section opens, and what it tells programmers to do works."""

from __future__ import annotations

import html
import re
import subprocess
from typing import Any

import pytest
from django.test import Client

from cases.models import User
from cases.rules import signature
from cases.web.help import SECTIONS

pytestmark = pytest.mark.django_db
BODY = '{"order": "0b54c1de-…", "status": "done", "reference": "R-17"}'


@pytest.fixture
def reader() -> Client:
    """Somebody without any role: help is for everybody who signs in."""
    client = Client()
    client.force_login(User.objects.create(username="reader", email="reader@casedesk.example"))
    return client


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_opens(reader: Client, section: str) -> None:
    assert "<h1>" in reader.get(f"/help/{section}/").content.decode()


def _example(reader: Client, beginning: str) -> str:
    page = reader.get("/help/systems/").content.decode()
    return next(
        html.unescape(found)
        for found in re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", page, re.DOTALL)
        if beginning in found
    )


def test_the_example_in_python_knows_our_signature(reader: Client) -> None:
    names: dict[str, Any] = {}
    exec(_example(reader, "def is_ours"), names)
    at = int(names["time"].time())
    signed = signature.sign("secret", BODY.encode(), at=at)
    assert names["is_ours"]("secret", BODY.encode(), signed)
    assert not names["is_ours"]("another", BODY.encode(), signed)
    assert not names["is_ours"]("secret", BODY.encode(), signature.sign("secret", BODY.encode(), at=at - 400))


def test_the_example_for_the_shell_signs_as_we_check(reader: Client) -> None:
    example = _example(reader, "openssl dgst")
    script = example[: example.index("curl")] + 'printf "t=%s,v1=%s" "$T" "$V1"'
    environment = {"SECRET": "secret", "PATH": "/usr/bin:/bin"}
    header = subprocess.run(
        ["/bin/bash", "-c", script], env=environment, capture_output=True, text=True, check=True
    ).stdout
    at = int(header.split(",")[0].removeprefix("t="))
    assert signature.is_valid("secret", BODY.encode(), header, at=at)
