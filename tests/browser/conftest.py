"""One browser and one running application for all browser tests of a test process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests import databases
from tests.browser import stack as stacks
from tests.browser.stack import Stack
from tests.conftest import RedisServer


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Playwright for one module: while it lives, its loop runs in this thread, which Django and other tests mind."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as running:
        yield running
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """A headless Chromium."""
    program = stacks.chromium(playwright)
    if program is None:
        pytest.skip(stacks.HOW)
    browser = playwright.chromium.launch(executable_path=program, args=stacks.FLAGS)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def web(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any) -> Iterator[Stack]:
    """The application with the demo, for everything that these tests look at or change."""
    folder: Path = tmp_path_factory.mktemp("stack")
    server = RedisServer(folder)
    server.start()
    try:
        with django_db_blocker.unblock(), stacks.running(folder, server.url) as stack:
            yield stack
    finally:
        server.stop()


@pytest.fixture
def stack(chromium: Browser, web: Stack, django_db_blocker: Any, settings: Any) -> Iterator[Stack]:
    """The running application, with Django in this process on its database too; no console complained at the end."""
    before = str(project.DATABASES["default"]["NAME"])
    settings.SITE_URL = web.url
    web.browser = chromium
    web.troubles.clear()
    with django_db_blocker.unblock():
        databases.point(web.database)
        try:
            yield web
        finally:
            databases.point(before)
    assert web.troubles == []
