"""Pictures drawn from the tables behind them: stepped through by keys, kept as files, and left out without script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import Page, expect

from tests.browser import looking
from tests.browser.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGE = Path(__file__).parent / "pictures.html"
POLICY = "; ".join(
    (
        "default-src 'none'; script-src 'self'; style-src 'self'",
        "font-src 'self'; img-src 'self' data:; connect-src 'self'",
    )
)
KINDS = ("stacked", "bars", "lines", "pareto", "range", "survival", "flow")
IS_DRAWN = """figure => {
  const canvas = figure.querySelector(".chart-picture > canvas");
  return new Set(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data).size > 2;
}"""


def opened(page: Page) -> Page:
    """A page that stands nowhere in the product, under its policy and with its files."""
    headers = {"content-type": "text/html; charset=utf-8", "content-security-policy": POLICY}
    body = PAGE.read_text().replace("<!-- words -->", render_to_string("report/chart_words.html"))
    page.route("**/pictures/", lambda route: route.fulfill(body=body, headers=headers))
    page.goto("/pictures/")
    return page


@pytest.fixture
def page(stack: Stack) -> Iterator[Page]:
    with stack.person(accept_downloads=True) as found:
        yield opened(found)


def test_every_kind_is_drawn_and_nothing_of_nothing(page: Page) -> None:
    for kind in KINDS:
        found = page.locator(f"figure[data-name={kind}]")
        expect(found.locator(".chart-picture > canvas")).to_be_visible()
        assert found.evaluate(IS_DRAWN), kind
        assert not found.locator("table").is_visible()
    expect(page.locator("figure[data-name=heat] .heat-9")).to_have_text("9")
    expect(page.locator("figure[data-name=heat] .heat-0")).to_have_text("0")
    assert page.locator("figure[data-name=nothing] canvas").count() == 0
    assert looking.findings(page) == []


def test_a_value_is_said_and_opens_its_cases_by_keys(page: Page) -> None:
    found = page.locator("figure[data-name=stacked]")
    found.locator(".chart-picture").focus()
    page.keyboard.press("ArrowRight")
    expect(found.locator("[aria-live]")).to_have_text("to 1 d, our move, 64, Enter opens the cases")
    page.keyboard.press("ArrowUp")
    expect(found.locator("[aria-live]")).to_have_text("to 1 d, theirs, 6")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(found.locator(".chart-tip")).to_contain_text("over 28 d")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/help/.*a(=|%3D)2$"))


def test_a_ribbon_opens_by_a_click(page: Page) -> None:
    flow = page.locator("figure[data-name=flow] .chart-picture")
    room = flow.bounding_box()
    assert room is not None
    flow.click(position={"x": room["width"] / 4, "y": 80})
    page.wait_for_url(re.compile(r"/help/.*f(=|%3D)12$"))


@pytest.mark.parametrize("kind", [*KINDS, "heat"])
def test_a_picture_is_kept_as_pixels_and_as_lines(page: Page, kind: str) -> None:
    buttons = page.locator(f"figure[data-name={kind}] .chart-tools button")
    files = []
    for at, ending in enumerate(("png", "svg")):
        with page.expect_download() as kept:
            buttons.nth(at).click()
        assert kept.value.suggested_filename == f"{kind}.{ending}"
        files.append(Path(kept.value.path()).read_bytes())
    assert files[0].startswith(b"\x89PNG")
    drawn = files[1].decode()
    assert drawn.startswith("<svg ")
    assert [word for word in ("<path", f"What {kind} says.", "Europe/Brussels") if word not in drawn] == []
    assert [word for word in ("<image", "NaN", "undefined") if word in drawn] == []


def test_colours_follow_the_theme(page: Page) -> None:
    picture = "document.querySelector('figure[data-name=stacked] .chart-picture > canvas').toDataURL()"
    light = page.evaluate(picture)
    page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
    page.wait_for_function(f"before => {picture} !== before", arg=light)


def test_without_script_the_tables_are_there(stack: Stack) -> None:
    with stack.person(java_script_enabled=False) as found:
        expect(opened(found).locator("figure[data-name=flow] table")).to_be_visible()
