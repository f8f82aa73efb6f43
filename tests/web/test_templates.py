"""What every template keeps: no inline code under the strict policy, and only icons that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

from cases.web import shell, tags

TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))
STATIC = settings.BASE_DIR / "casedesk" / "static"
SPRITE = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "sprite.svg").read_text()))
INLINE = re.compile(
    r"<style|\sstyle=|\son[a-z]+\s*=|hx-on|javascript:|hx-vals=['\"]js:|<script(?![^>]*\ssrc=)", re.IGNORECASE
)
FOREIGN = re.compile(r"(?:src|href|action)=\"(?:https?:)?//", re.IGNORECASE)


def named(template: Path) -> str:
    return str(template.relative_to(settings.BASE_DIR))


@pytest.mark.parametrize("template", TEMPLATES, ids=named)
class TestTemplates:
    def test_has_no_inline_script_style_or_handler(self, template: Path) -> None:
        found = INLINE.findall(template.read_text())
        # A mail has no policy and no style sheet: what it looks like stands in it.
        is_mail = template.parent.name == "mail"
        assert not [each for each in found if not (is_mail and each == " style=")]

    def test_loads_nothing_from_elsewhere(self, template: Path) -> None:
        assert not FOREIGN.findall(template.read_text())

    def test_uses_only_icons_of_the_sprite(self, template: Path) -> None:
        assert set(re.findall(r'{% icon "([^"]+)"', template.read_text())) <= SPRITE


def test_icons_named_in_code_are_in_the_sprite() -> None:
    used = {icon for _, icon, _ in shell.VIEWS} | {icon for _, icon, _, _ in shell.AREAS}
    used |= set(tags.STATUS_ICONS.values()) | {f"sev-{level}" for level in range(1, 5)}
    assert used <= SPRITE


def test_every_vendored_file_is_explained_with_its_licence() -> None:
    explained = (STATIC / "vendor" / "README.md").read_text()
    missing = [file.name for file in (STATIC / "vendor").iterdir() if file.name not in explained]
    assert missing == ["README.md"]


def test_no_vendored_file_points_at_a_source_map_that_is_not_there() -> None:
    assert not [file.name for file in (STATIC / "vendor").iterdir() if b"sourceMappingURL" in file.read_bytes()]
