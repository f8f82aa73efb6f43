"""The front page of reports in a browser: its pictures as files, bars that begin alike, and room for all words."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import looking
from tests.browser.stack import NARROW, PHONE, WIDE, Stack

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ASKED = "/reports/?period=everything&severity=3&severity=4"
PICTURES = ("steps", "speed", "stuck", "promises", "causes", "ages")
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("name", PICTURES)
def test_each_picture_is_kept_with_its_brands_and_filters(stack: Stack, name: str) -> None:
    with stack.person("manager", accept_downloads=True) as page:
        page.goto(ASKED)
        card = page.locator(".front > .card", has=page.locator(f"figure[data-name=front-{name}]"))
        card.hover()
        buttons = card.locator(".chart-tools button")
        expect(buttons).to_have_count(2)
        for at, (ending, begins) in enumerate((("png", b"\x89PNG"), ("svg", b"<svg "))):
            with page.expect_download() as kept:
                buttons.nth(at).click()
            assert kept.value.suggested_filename == f"front-{name}.{ending}"
            drawn = Path(kept.value.path()).read_bytes()
            assert drawn.startswith(begins)
        words = drawn.decode()
        assert [each for each in ("Brindlewick", "Severity: High, Critical", "Europe/Paris") if each not in words] == []


@pytest.mark.parametrize("size", [WIDE, PHONE, NARROW])
def test_nothing_runs_out_of_the_page_in_french(stack: Stack, size: tuple[int, int]) -> None:
    with stack.person("manager", size=size) as page:
        page.context.add_cookies([{"name": "django_language", "value": "fr", "url": stack.url}])
        page.goto("/reports/?period=last-30-days&compare=before")
        expect(page.locator("html")).to_have_attribute("lang", "fr")
        assert page.evaluate(OVERFLOW) <= 0
        assert (
            page.evaluate(
                "Math.max(...[...document.querySelectorAll('.kept-line')].map(e => e.scrollWidth - e.clientWidth), 0)"
            )
            <= 0
        )


def test_bars_of_what_is_stuck_begin_at_one_place(stack: Stack) -> None:
    with stack.person("manager") as page:
        page.goto("/reports/")
        places = page.eval_on_selector_all(".stuck > .bar", "bars => bars.map(bar => bar.getBoundingClientRect().x)")
        assert len(places) > 1
        assert len(set(places)) == 1


def test_the_foot_of_the_menu_stays_in_sight(stack: Stack) -> None:
    with stack.person("manager", size=(1440, 600)) as page:
        page.goto("/reports/")
        foot = page.locator(".side-foot")
        box = foot.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 600
        foot.locator("summary").click()
        expect(foot.locator(".menu-box")).to_be_in_viewport(ratio=1)


def test_a_list_of_rows_is_read_on_a_phone(stack: Stack) -> None:
    with stack.person("manager", size=PHONE) as page:
        page.goto("/reports/behind/?figure=received&period=everything")
        row = page.locator(".report-table.is-list tbody tr").first
        for cell in row.locator("th, td").all():
            expect(cell).to_be_in_viewport()
        assert page.evaluate(OVERFLOW) <= 0


def test_everybody_can_use_them(stack: Stack) -> None:
    found = []
    with stack.person("manager") as page:
        for path in ("/reports/", "/reports/behind/?figure=received&period=everything", "/reports/channels/?more=1"):
            page.goto(path)
            found += looking.findings(page)
    assert not found, "\n".join(found)
