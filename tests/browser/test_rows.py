"""A row of the list stays in its column, however long the words in it are."""

from __future__ import annotations

import pytest

from cases.models import Case
from cases.vocabulary import Status
from tests.browser.stack import Stack, sign_in

pytestmark = pytest.mark.browser
LONG = "the order number and the photographs of both damaged legs, asked for twice; " * 2
OUTSIDE = """rows => rows.flatMap(row => {
  const edge = row.closest('[data-list]').parentElement.getBoundingClientRect().right + 1;
  return [row, ...row.querySelectorAll('.push, .push *')]
    .filter(part => part.getBoundingClientRect().right > edge).map(part => part.outerHTML.slice(0, 80));
})"""


@pytest.mark.parametrize("width", [1440, 390, 320])
def test_a_long_reason_to_wait_is_cut(stack: Stack, width: int) -> None:
    case = Case.objects.filter(status=Status.WAITING, brand__slug="brindlewick").order_by("pk").first()
    assert case is not None
    Case.objects.filter(pk=case.pk).update(waiting_for=LONG)
    with stack.person() as page:
        page.set_viewport_size({"width": width, "height": 900})
        sign_in(page, "agent")
        page.goto("/?view=waiting")
        page.locator(".case-row").first.wait_for()
        assert page.locator(".case-row").evaluate_all(OUTSIDE) == []
        assert page.locator(".blocks .push").evaluate_all("all => all.every(one => one.scrollWidth <= one.clientWidth)")
