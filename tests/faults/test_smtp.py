"""The mailer against a real SMTP server: accepted, refused for now, refused for good, and what nobody knows."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any

import pytest

from cases.channels import mailer
from tests.faults.smtp import Post, smtp_server, use

LETTER = mailer.Letter(
    public_id="0b9c5a0e-3f0e-4f0e-8a59-6a3f5d9f3c11",
    recipient="tom@example.org",
    subject="Réclamation BW-1",
    text="Ligne une\n.\n.. deux\nhttp://127.0.0.1:8000/p/x/\n" + "é" * 2000,
    sender="Brightwater & Söhne",
)


@pytest.fixture
def post(settings: Any) -> Iterator[Post]:
    server = Post()
    with smtp_server(server) as port:
        use(settings, port)
        yield server


def test_sends_a_mail_as_it_was_written(post: Post) -> None:
    assert mailer.send(LETTER) == mailer.Sent()
    (mail,) = post.mails
    assert mail["Message-ID"] == mailer.message_id(LETTER.public_id)
    assert str(make_header(decode_header(mail["Subject"]))) == LETTER.subject
    assert mail["To"] == "tom@example.org"
    assert "Auto-Submitted" not in mail
    payload = mail.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert payload.decode().replace("\r\n", "\n").strip() == LETTER.text.strip()


def test_names_a_second_sending_like_the_first_and_a_machine_s_mail_as_one(post: Post) -> None:
    letter = mailer.Letter(LETTER.public_id, LETTER.recipient, "Copy", "Text", is_automatic=True)
    mailer.send(letter)
    mailer.send(letter)
    assert len({mail["Message-ID"] for mail in post.mails}) == 1
    assert [mail["Auto-Submitted"] for mail in post.mails] == ["auto-generated"] * 2


def test_sends_a_page_and_files_beside_the_text(post: Post) -> None:
    file = mailer.File("Übersicht.xlsx", "application/vnd.ms-excel", bytes(range(256)) * 100)
    letter = mailer.Letter(
        LETTER.public_id, LETTER.recipient, LETTER.subject, LETTER.text, html="<p>é\n.\n</p>", files=(file,)
    )
    mailer.send(letter)
    mailer.send(letter)
    assert {mail["Message-ID"] for mail in post.mails} == {mailer.message_id(LETTER.public_id)}
    for mail in post.mails:
        text, page, sheet = (part for part in mail.walk() if not part.is_multipart())
        assert mail.get_content_type() == "multipart/mixed"
        assert text.get_payload(decode=True).decode().replace("\r\n", "\n").strip() == LETTER.text.strip()  # type: ignore[union-attr]
        assert page.get_content_type() == "text/html"
        assert page.get_payload(decode=True).decode().replace("\r\n", "\n").strip() == letter.html  # type: ignore[union-attr]
        assert (sheet.get_filename(), sheet.get_content_type()) == (file.name, file.media_type)
        assert sheet.get_payload(decode=True) == file.content


@pytest.mark.parametrize(
    ("step", "answer", "outcome"),
    [
        ("at_rcpt", "450 greylisted", mailer.TemporaryFailure),
        ("at_rcpt", "550 no such user", mailer.PermanentFailure),
        ("at_data", "451 try later", mailer.TemporaryFailure),
        ("at_data", "421 closing", mailer.TemporaryFailure),
        ("at_data", "554 not wanted", mailer.PermanentFailure),
    ],
)
def test_says_whether_a_refusal_is_for_good(post: Post, step: str, answer: str, outcome: type) -> None:
    setattr(post, step, answer)
    result = mailer.send(LETTER)
    assert isinstance(result, outcome)
    assert result.reason.startswith(answer[:3])  # type: ignore[attr-defined]
    assert post.mails == []


def test_does_not_know_when_the_connection_breaks_after_the_mail(post: Post) -> None:
    post.drops = True
    assert isinstance(mailer.send(LETTER), mailer.Unknown)
    assert len(post.mails) == 1


def test_does_not_know_when_no_answer_comes_in_time(post: Post, settings: Any) -> None:
    settings.EMAIL_TIMEOUT = 0.3
    post.pause = 1.0
    assert isinstance(mailer.send(LETTER), mailer.Unknown)


def test_waits_for_a_server_that_is_not_there(settings: Any) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        use(settings, closed.getsockname()[1])
        assert isinstance(mailer.send(LETTER), mailer.TemporaryFailure)


@pytest.mark.parametrize("words", [b"", b"220 hello\r\n", b"554 no service here\r\n"])
def test_waits_for_a_server_that_hangs_up_before_the_mail(settings: Any, words: bytes) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def hang_up() -> None:
            connection, _ = listener.accept()
            connection.sendall(words)
            connection.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        use(settings, listener.getsockname()[1])
        assert isinstance(mailer.send(LETTER), mailer.TemporaryFailure)
        thread.join()


@pytest.mark.parametrize("address", ["", "tom", "tom@", "a b@example.org", "tom@example.org\r\nBcc: all@example.org"])
def test_gives_up_what_is_no_address(post: Post, address: str) -> None:
    letter = mailer.Letter(LETTER.public_id, address, "Subject", "Text")
    assert isinstance(mailer.send(letter), mailer.PermanentFailure)


def test_gives_up_an_address_that_the_server_cannot_take(post: Post) -> None:
    letter = mailer.Letter(LETTER.public_id, "zoë@example.org", "Subject", "Text")
    assert isinstance(mailer.send(letter), mailer.PermanentFailure)


def test_writes_a_foreign_domain_in_the_letters_of_the_net(post: Post) -> None:
    assert mailer.send(mailer.Letter(LETTER.public_id, "tom@bücher.example", "Subject", "Text")) == mailer.Sent()
    assert post.mails[0]["To"] == "tom@xn--bcher-kva.example"


def test_lays_mails_down_where_there_is_no_server(settings: Any, tmp_path: Path) -> None:
    settings.EMAIL_BACKEND = mailer.FILES
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    mailer.send(LETTER)
    assert mailer.send(LETTER) == mailer.Sent()
    files = list((tmp_path / "mail").iterdir())
    assert len(files) == 2
    assert all(LETTER.public_id in file.name for file in files)
