"""The development mailbox: everybody reads it where it is on, nobody where it is off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from cases.channels import mailer

LETTER = mailer.Letter(
    public_id="0b9c5a0e-3f0e-4f0e-8a59-6a3f5d9f3c11",
    recipient="tom@example.org",
    subject="Réclamation <BW-1>",
    text="Your page:\nhttp://127.0.0.1:8000/p/secret/\n<script>alert(1)</script>",
    sender="Brightwater",
)


@pytest.fixture
def mailbox(settings: Any, tmp_path: Path) -> Path:
    settings.EMAIL_BACKEND = mailer.FILES
    settings.EMAIL_FILE_PATH = tmp_path
    settings.DEV_MAILBOX = True
    return tmp_path


def test_lists_mails_newest_first_and_shows_one_with_its_links(mailbox: Path, client: Client) -> None:
    mailer.send(LETTER)
    mailer.send(mailer.Letter("1b9c5a0e-3f0e-4f0e-8a59-6a3f5d9f3c11", "zoe@example.org", "Later", "…"))
    page = client.get("/dev/mail/").content.decode()
    assert page.index("Later") < page.index("Réclamation &lt;BW-1&gt;")
    name = sorted(mailbox.iterdir())[0].stem
    mail = client.get(f"/dev/mail/{name}/").content.decode()
    assert '<a href="http://127.0.0.1:8000/p/secret/"' in mail
    assert "&lt;script&gt;" in mail
    assert "tom@example.org" in mail


def test_pages_by_name(mailbox: Path, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cases.web.devmail.SHOWN", 2)
    for _ in range(3):
        mailer.send(LETTER)
    assert client.get("/dev/mail/").content.decode().count('href="/dev/mail/2') == 2
    newest = max(path.stem for path in mailbox.iterdir())
    assert client.get(f"/dev/mail/?before={newest}").content.decode().count('href="/dev/mail/2') == 2


def test_says_that_there_is_none_yet(mailbox: Path, client: Client) -> None:
    assert "No mail yet" in client.get("/dev/mail/").content.decode()


@pytest.mark.parametrize("name", ["..%2fsecret_key", "secret_key", "20260101-000000-000000-" + "a" * 36])
def test_opens_nothing_but_mails(mailbox: Path, client: Client, name: str) -> None:
    assert client.get(f"/dev/mail/{name}/").status_code == 404


def test_does_not_exist_where_mails_are_really_sent(mailbox: Path, client: Client, settings: Any) -> None:
    mailer.send(LETTER)
    settings.DEV_MAILBOX = False
    name = next(mailbox.iterdir()).stem
    assert client.get("/dev/mail/").status_code == 404
    assert client.get(f"/dev/mail/{name}/").status_code == 404


def test_opens_to_this_machine_alone(mailbox: Path, client: Client) -> None:
    assert client.get("/dev/mail/", REMOTE_ADDR="192.168.1.7").status_code == 404
