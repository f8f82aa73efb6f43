"""The application as people meet it: a web server of its own on the demo, and browsers that report what went wrong."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from cases import queue
from cases.jobs.delivery import send_delivery
from cases.management.commands.load_demo import PASSWORD
from cases.models import Delivery
from cases.vocabulary import DeliveryStatus
from tests import databases
from tests.faults import parts

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
HOW = "no Chromium: `apt install chromium`, or `playwright install chromium`, or name one in CHROMIUM"
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--force-color-profile=srgb"]
WIDE, PHONE, NARROW = (1440, 900), (390, 844), (320, 640)
# Chromium says this of every answer that is not 200; which ones those may be, each test says itself.
HARMLESS = ("Failed to load resource",)


def chromium(playwright: Playwright) -> str | None:
    """The program to run, if this machine has one."""
    named = [os.environ.get("CHROMIUM", ""), "/usr/bin/chromium", playwright.chromium.executable_path]
    return next((path for path in named if path and Path(path).exists()), None)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Stack:
    """A running application, its address and its database."""

    url: str
    database: str
    redis_url: str
    browser: Browser | None = None
    troubles: list[str] = field(default_factory=list)

    @contextlib.contextmanager
    def person(self, username: str | None = None, **options: Any) -> Iterator[Page]:
        """A browser of this person, signed in, or of a stranger; whatever its console complains about is a trouble."""
        assert self.browser is not None
        width, height = options.pop("size", WIDE)
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, reduced_motion="reduce", base_url=self.url, **options
        )
        context.set_default_timeout(15_000)
        try:
            page = self.watched(context)
            if username:
                sign_in(page, username)
            yield page
        finally:
            context.close()

    def watched(self, context: BrowserContext) -> Page:
        """A new page whose errors are kept."""
        page = context.new_page()
        page.on("console", lambda line: self._note(page, line.type, line.text))
        page.on("pageerror", lambda error: self._note(page, "error", str(error)))
        return page

    def _note(self, page: Page, sort: str, text: str) -> None:
        if sort == "error" and not text.startswith(HARMLESS):
            self.troubles.append(f"{page.url}: {text[:300]}")

    def is_listening(self) -> bool:
        """Whether the web server hears what is announced, which it does for an open browser."""
        with redis.Redis.from_url(self.redis_url) as client:
            return dict(client.pubsub_numsub(queue.LIVE)).get(queue.LIVE.encode(), 0) > 0

    def worker(self) -> int:
        """Send every mail that is due, as a worker would; how many there were."""
        due = list(Delivery.objects.filter(status=DeliveryStatus.QUEUED, due_at__lte=timezone.now()))
        for row in due:
            send_delivery(delivery_id=row.pk)
        return len(due)


def sign_in(page: Page, username: str) -> None:
    """Through the form, as everybody."""
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(username)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("form[action$='/login/'] button[type=submit]").click()
    page.wait_for_url(lambda url: "/accounts/" not in url)


@contextlib.contextmanager
def running(folder: Path, redis_url: str) -> Iterator[Stack]:
    """A web server on a database of its own, filled with the demo."""
    home, port = str(settings.DATABASES["default"]["NAME"]), _free_port()
    url, name = f"http://127.0.0.1:{port}", databases.copy(databases.demo().name)
    databases.point(name)
    web = parts.web(redis_url, folder / "web.log", port, SITE_URL=url)
    try:
        with web:
            databases.point(home)
            yield Stack(url, name, redis_url)
    finally:
        databases.point(home)
        databases.drop(name)
