"""A rule is built, kept, replayed and put live by keyboard alone, and without script."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from cases.models import Rule, RuleVersion
from cases.vocabulary import VersionStatus
from tests.browser import looking
from tests.browser.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def tab_to(page: Page, selector: str, most: int = 80) -> None:
    """Press Tab until the focus is there."""
    for _press in range(most):
        if page.evaluate("selector => document.activeElement?.matches(selector) ?? false", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is out of reach of the keyboard at {page.url}")


def picked(page: Page, field: str, letters: str, value: str) -> None:
    """Choose in the picker of this id by typing the first letters of an answer."""
    tab_to(page, f"#{field}")
    page.keyboard.type(letters)
    expect(page.locator(f"#{field}")).to_have_value(value)


def test_by_keyboard_alone(stack: Stack) -> None:
    with stack.person("admin") as page:
        page.keyboard.press("g")
        page.keyboard.press("r")
        page.wait_for_url("**/rules/**")
        page.keyboard.press("n")
        page.wait_for_url("**/rules/+/**")
        tab_to(page, "#r-name")
        page.keyboard.type("Built by keyboard")
        picked(page, "r-when", "the case has", "lasted")
        expect(page.locator("#r-standing")).to_be_visible()
        tab_to(page, "#r-offset")
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type("3")
        tab_to(page, "button[value='add:']")
        page.keyboard.press("Enter")
        expect(page.locator("#c-0-fact")).to_be_focused()
        picked(page, "c-0-op", "is at most", "at_most")
        tab_to(page, "button[value='add-step']")
        page.keyboard.press("Enter")
        expect(page.locator("#s-1-kind")).to_be_focused()
        picked(page, "s-1-kind", "raise", "severity")
        expect(page.locator("#s-1-levels")).to_be_visible()
        expect(page.locator("#spoken")).to_contain_text("raise the severity by 1 level")
        found = looking.findings(page)
        tab_to(page, "#r-save")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_contain_text("Built by keyboard")
        tab_to(page, "a[href$='/live/']")
        page.keyboard.press("Enter")
        page.wait_for_url("**/live/")
        found += looking.findings(page)
        tab_to(page, "form button.btn-primary")
        page.keyboard.press("Enter")
        expect(page.locator("h1 .pill-live")).to_be_visible()
    version = RuleVersion.objects.get(rule=Rule.objects.get(name="Built by keyboard"))
    assert (version.status, version.when) == (VersionStatus.LIVE, "lasted")
    assert version.condition == {"all": [{"fact": "severity", "op": "at_most", "value": 3}]}
    assert [step["kind"] for step in version.steps] == ["tell", "severity"]
    assert not found, "\n".join(found)


def test_without_script(stack: Stack) -> None:
    with stack.person("admin") as page:
        state = page.context.storage_state()
    assert stack.browser is not None
    context = stack.browser.new_context(java_script_enabled=False, base_url=stack.url, storage_state=state)
    try:
        page = context.new_page()
        page.goto("/rules/+/?brand=brindlewick")
        page.locator("#r-name").fill("Built without script")
        page.locator("button[value='group:']").click()
        page.locator("#c-0_0-fact").select_option("public_reply")
        page.get_by_role("button", name="Show what there is to choose").click()
        expect(page.locator("#c-0_0-op")).to_have_value("yes")
        page.locator("#c-0_0-op").select_option("no")
        page.locator("button[value='remove-step:0']").click()
        page.locator("button[value='add-step']").click()
        expect(page.locator("#r-name")).to_have_value("Built without script")
        page.locator("#r-save").click()
        expect(page.locator("h1")).to_contain_text("Built without script")
    finally:
        context.close()
    version = RuleVersion.objects.get(rule__name="Built without script")
    assert version.condition == {"all": [{"any": [{"fact": "public_reply", "op": "no"}]}]}
