"""What a page is held against: axe-core, a screen of 320 px, and the addresses that its links lead to."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Literal
from urllib.parse import urlsplit

from django.urls import Resolver404, resolve
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page

from tests.browser.stack import AXE, NARROW, PHONE, WIDE

SERIOUS = ("serious", "critical")
WIDEST = """(() => {
  const scrolls = e => e && (getComputedStyle(e).overflowX !== "visible" || scrolls(e.parentElement));
  return [...document.querySelectorAll("main, main *")]
    .filter(e => !e.closest("svg") && e.getBoundingClientRect().right > innerWidth + 1 && !scrolls(e.parentElement))
    .slice(0, 3).map(e => e.outerHTML.slice(0, 120)).join(" ");
})()"""
# Everything on a desk; in the dark only the colours differ, on a phone everything else.
LOOKS: tuple[tuple[tuple[int, int], Literal["light", "dark"], str], ...] = (
    (WIDE, "light", "true"),
    (WIDE, "dark", "id === 'color-contrast'"),
    (PHONE, "dark", "id !== 'color-contrast'"),
)
# All rules that axe runs by itself, without those whose breaches are never serious: they take a fifth of the time.
RUN = """axe.run(document, {resultTypes: ["violations"], runOnly: {type: "rule", values: axe._audit.rules
  .filter(({enabled, tags}) => enabled && !tags.some(tag => axe._audit.tagExclude.includes(tag)))
  .filter(({id, impact}) => (!impact || %s.includes(impact)) && (%s)).map(({id}) => id)}})"""
NOT_OURS = ("/data/", "/static/", "/dev/", "/api/")


def crawl(page: Page, starts: list[str], each: dict[str, int] | None) -> Iterator[str]:
    """These pages and, given how many of each kind, every page that their links lead to; the page stands there."""
    waiting, known = list(dict.fromkeys(starts)), Counter[str]()
    seen = set(waiting)
    while waiting:
        path = waiting.pop(0)
        name = _name(path)
        if not name or (each is not None and known[name] >= each.get(name, 1)) or not _opens(page, path):
            continue
        known[name] += 1
        yield path
        if each is not None:
            found = [link for link in _links(page) if link not in seen]
            seen.update(found)
            waiting += found


def _opens(page: Page, path: str) -> bool:
    """Whether a page stands there, and no file that is downloaded."""
    try:
        answer = page.goto(path)
    except PlaywrightError as error:
        if "Download is starting" not in str(error):
            raise
        return False
    return answer is not None and answer.headers.get("content-type", "").startswith("text/html")


def _name(path: str) -> str:
    address = urlsplit(path)
    if address.path.startswith(NOT_OURS):
        return ""
    try:
        return str(resolve(address.path).url_name)
    except Resolver404:
        return ""


def _links(page: Page) -> list[str]:
    own = f"{urlsplit(page.url).scheme}://{urlsplit(page.url).netloc}"
    # The address of a link in a picture is no text, so the attribute is read.
    address = "all => all.map(a => new URL(a.getAttribute('href'), document.baseURI).href.split('#')[0])"
    found: list[str] = page.eval_on_selector_all("a[href]:not([download])", address)
    return [link.removeprefix(own) for link in found if link.startswith(own + "/")]


def findings(page: Page) -> list[str]:
    """What is wrong with this page: on a desk and a phone, in light and in dark, and on the narrowest screen."""
    found: list[str] = []
    for size, scheme, rules in LOOKS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": size[0], "height": size[1]})
        found += [f"{page.url} at {size[0]} {scheme}: {one}" for one in axe(page, rules)]
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if over > 0:
        found.append(f"{page.url} scrolls sideways by {over} px at {NARROW[0]}: {_widest(page)}")
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    return found


def _widest(page: Page) -> str:
    """What sticks out, as far as nothing around it scrolls by itself."""
    widest: str = page.evaluate(WIDEST)
    return widest


def axe(page: Page, rules: str = "true") -> list[str]:
    """What axe-core finds, as far as it is serious, by the rules of which this is true."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    result = page.evaluate(RUN % (json.dumps(SERIOUS), rules))
    return [
        f"{one['id']}: {node['html'][:160]} {_why(node)}"
        for one in result["violations"]
        if one["impact"] in SERIOUS
        for node in one["nodes"][:2]
    ]


def _why(node: dict[str, object]) -> str:
    checks = node.get("any") or node.get("all") or node.get("none") or []
    return str(checks[0]["message"])[:160] if isinstance(checks, list) and checks else ""
