"""Named reports as their readers open them: every figure opens as many rows as it says, and nobody else's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest
from django.test import Client

from cases.queries.reports.catalogue import REPORTS
from tests.guards.world import World, build

pytestmark = pytest.mark.django_db

LINK = re.compile(r'<td[^>]*><a href="(/reports/behind/[^"]+)">([^<]*)</a>')
COUNT = re.compile(r'<b class="num">([\d,]+) rows?</b>')


@pytest.fixture
def world() -> World:
    return build(1)


def links(page: str) -> Iterator[tuple[str, str]]:
    for href, text in LINK.findall(page):
        yield unescape(href), text


def rows_behind(client: Client, href: str) -> int:
    answer = client.get(href)
    assert answer.status_code == 200, href
    found = COUNT.search(answer.content.decode())
    assert found, href
    return int(found[1].replace(",", ""))


def test_every_count_opens_as_many_rows(world: World) -> None:
    client = world.client("manager")
    checked = 0
    for name in REPORTS:
        answer = client.get(f"/reports/{name}/", {"period": "everything", "zone": "Europe/Paris", "more": "1"})
        assert answer.status_code == 200, name
        for href, text in links(answer.content.decode()):
            if text.replace(",", "").isdigit():
                assert rows_behind(client, href) == int(text.replace(",", "")), (name, href, text)
                checked += 1
    assert checked > 150
