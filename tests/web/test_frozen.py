"""Pages of frozen periods: freezing, signing, what stands beside what, and for whom."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from cases.commands import frozen as commands
from cases.models import FrozenPeriod, User
from tests.desk import signed_in
from tests.people import Stage, actor, set_stage
from tests.returned import Life, on

pytestmark = pytest.mark.django_db
PAGE = "/reports/frozen/"
MARCH = {"brand": "brindlewick", "period": "2026-03", "regulator": ""}
NOW = on("2026-04-02T09:00")


@pytest.fixture
def stage() -> Stage:
    return set_stage()


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is April 2026 for the pages."""
    for module in ("frozen", "return_picked"):
        monkeypatch.setattr(f"cases.web.{module}.timezone.now", lambda: NOW)


def _freeze(stage: Stage, at: datetime = NOW, **given: Any) -> FrozenPeriod:
    usual: dict[str, Any] = {"brand_id": stage.brand.pk, "period": "2026-03", "at": at, "actor": actor(stage.manager)}
    return commands.freeze(**usual | given)


def _text(page: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.content.decode())).split())


def _rows(page: Any) -> dict[str, list[str]]:
    """The cells of each line of the tables, by its heading."""
    rows = re.findall(r"<tr><th scope=\"row\"[^>]*>(.*?)</th>(.*?)</tr>", page.content.decode(), re.DOTALL)
    return {
        unescape(head): [unescape(re.sub(r"<[^>]+>", "", cell)) for cell in re.findall(r"<td[^>]*>(.*?)</td>", rest)]
        for head, rest in reversed(rows)
    }


def test_a_manager_freezes_looks_and_signs(stage: Stage) -> None:
    Life.begins(stage, "sofa", "2026-03-02T10:00").closed("2026-03-05")
    client = signed_in(stage.manager)
    assert "Nothing is frozen yet" in _text(client.get(PAGE))
    made = client.post(PAGE, MARCH)
    frozen = FrozenPeriod.objects.get()
    assert (made.status_code, made.headers["Location"]) == (302, f"{PAGE}{frozen.public_id}/")
    shown = client.get(f"{PAGE}{frozen.public_id}/")
    said = _text(shown)
    for words in (
        "March 2026",
        "Frozen, not signed",
        "It balances",
        bytes(frozen.digest).hex(),
        "No figure is different",
    ):
        assert words in said
    assert _rows(shown)["Received"] == ["1", "1", "–"]
    assert _rows(shown)["Paid · EUR"] == ["60.00\xa0€", "60.00\xa0€", "–"]
    assert client.post(f"{PAGE}{frozen.public_id}/sign/", {"remark": "Fine."}).status_code == 302
    said = _text(client.get(f"{PAGE}{frozen.public_id}/"))
    assert "Fine." in said
    assert "Sign these figures" not in said
    assert "March 2026 Brindlewick The brand’s figures" in _text(client.get(PAGE))


def test_figures_of_now_stand_beside_those_of_then(stage: Stage) -> None:
    life = Life.begins(stage, "sofa", "2026-03-02T10:00")
    frozen = _freeze(stage)
    life.closed("2026-03-20")
    shown = signed_in(stage.auditor).get(f"{PAGE}{frozen.public_id}/")
    assert _rows(shown)["Handled"] == ["0", "1", "+1"]
    assert _rows(shown)["Open at the end"] == ["1", "0", "−1"]
    said = _text(shown)
    assert re.search(r"\d+ of \d+ figures are different now", said)
    assert re.search(r"the journals got [1-9]\d* lines about instants inside the period", said)
    links = re.findall(r'<a href="(/reports/behind/\?figure=handled&amp;[^"]+)">1</a>', shown.content.decode())
    assert unescape(links[0]).endswith(f"from=2026-03-01&to=2026-03-31&zone=Europe%2FParis&brand={stage.brand.pk}")


def test_a_frozen_return_stands_beside_the_return(stage: Stage) -> None:
    life = Life.begins(stage, "sofa", "2026-03-02T10:00")
    frozen = _freeze(stage, regulator="disp")
    life.closed("2026-03-20")
    shown = signed_in(stage.manager).get(f"{PAGE}{frozen.public_id}/")
    assert "UK · FCA complaints return" in _text(shown)
    assert _rows(shown)["Closed"] == ["0", "1", "+1"]
    assert _rows(shown)["Delivery · Closed"] == ["0", "1", "+1"]
    assert "/reports/returns/disp/?brand=brindlewick&amp;period=2026-03" in shown.content.decode()


def test_what_is_not_over_is_refused_with_a_sentence(stage: Stage) -> None:
    page = signed_in(stage.manager).post(PAGE, MARCH | {"period": "2026-04"})
    assert page.status_code == 422
    assert "The period is not over yet: it ends on 30 April 2026" in _text(page)
    assert not FrozenPeriod.objects.exists()


@pytest.mark.parametrize("given", [{"period": "2031-13"}, {"brand": "orvelle"}, {"regulator": "irs"}, {"brand": ""}])
def test_what_is_no_choice_is_refused(stage: Stage, given: dict[str, str]) -> None:
    assert signed_in(stage.manager).post(PAGE, MARCH | given).status_code == 422
    assert not FrozenPeriod.objects.exists()


def test_a_signature_is_given_once(stage: Stage) -> None:
    frozen = _freeze(stage)
    client = signed_in(stage.manager)
    assert client.post(f"{PAGE}{frozen.public_id}/sign/", {"remark": "One."}).status_code == 302
    page = client.post(f"{PAGE}{frozen.public_id}/sign/", {"remark": "Two."})
    assert page.status_code == 422
    assert FrozenPeriod.objects.get().remark == "One."


def test_the_file_is_what_the_sum_was_taken_of(stage: Stage) -> None:
    frozen = _freeze(stage)
    page = signed_in(stage.auditor).get(f"{PAGE}{frozen.public_id}/file/")
    assert hashlib.sha256(page.content).digest() == bytes(frozen.digest)
    assert json.loads(page.content)["counts"]["received"] == 0
    assert page.headers["Content-Disposition"] == 'attachment; filename="figures-brindlewick-2026-03.json"'


class TestWho:
    @pytest.mark.parametrize(
        ("role", "reads", "freezes"),
        [("agent", 403, 403), ("auditor", 200, 403), ("admin", 200, 403), ("manager", 200, 302)],
    )
    def test_reads_freezes_and_signs(self, stage: Stage, role: str, reads: int, freezes: int) -> None:
        frozen = _freeze(stage)
        client = signed_in(getattr(stage, role))
        one = f"{PAGE}{frozen.public_id}/"
        assert [client.get(page).status_code for page in (PAGE, one, f"{one}file/")] == [reads] * 3
        assert client.post(PAGE, MARCH).status_code == freezes
        assert client.post(f"{one}sign/").status_code == freezes
        if reads == 200:
            assert ("Freeze a period" in _text(client.get(PAGE))) is (role == "manager")

    def test_another_brand_finds_nothing(self, stage: Stage) -> None:
        frozen = _freeze(stage)
        client = signed_in(stage.outsider)
        assert "Nothing is frozen yet" in _text(client.get(PAGE))
        for page in ("", "file/"):
            assert client.get(f"{PAGE}{frozen.public_id}/{page}").status_code == 404
        assert client.post(f"{PAGE}{frozen.public_id}/sign/").status_code == 404
        assert client.post(PAGE, MARCH).status_code == 422

    def test_strangers_sign_in_first(self, stage: Stage) -> None:
        frozen = _freeze(stage)
        assert Client().get(PAGE).status_code == 302
        assert Client().post(f"{PAGE}{frozen.public_id}/sign/").status_code == 302

    def test_somebody_deactivated_does_nothing(self, stage: Stage) -> None:
        client = signed_in(stage.manager)
        User.objects.filter(pk=stage.manager.pk).update(is_active=False)
        assert client.post(PAGE, MARCH).status_code in {302, 403}
        assert not FrozenPeriod.objects.exists()


def test_the_words_are_those_of_the_reader(stage: Stage) -> None:
    frozen = _freeze(stage)
    said = frozen.figures["words"]
    assert set(said) == {"en", "fr"}
    with translation.override("en"):
        page = signed_in(stage.auditor).get(f"{PAGE}{frozen.public_id}/", HTTP_ACCEPT_LANGUAGE="fr")
    assert said["fr"]["handled"][0] in _rows(page)


def test_times_and_balances_are_read_as_on_other_pages(stage: Stage) -> None:
    """Two complaints that were with their owner for eight hours, and for two; one more is still open."""
    Life.begins(stage, "sofa", "2026-03-02T07:00").closed("2026-03-02")
    Life.begins(stage, "lamp", "2026-03-02T07:00").withdrawn("2026-03-02T09:00")
    Life.begins(stage, "desk", "2026-03-31T10:00").withdrawn("2026-04-01T12:00")
    frozen = _freeze(stage)
    assert frozen.figures["counts"]["with_owner"] == 36 * 3600
    client = signed_in(stage.manager)
    shown = client.get(f"{PAGE}{frozen.public_id}/")
    assert _rows(shown)["With the owner · average per complaint"] == ["12 h", "12 h", "–"]
    assert "Time with its owner, nothing else being waited for, on average per complaint." in _text(shown)
    href = re.search(r'<a href="(/reports/behind/\?figure=outstanding[^"]+)">1</a>', shown.content.decode())
    assert href
    assert "1 row behind “Open at the end”" in _text(client.get(unescape(href[1])))
