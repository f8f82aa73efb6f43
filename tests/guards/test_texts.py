"""No word of a page stands in a template without a translation."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.template.base import Lexer, TokenType

from tests.guards.sources import named, template_files

PAGES = [path for path in template_files() if path.suffix == ".html"]
SPOKEN = {"title", "aria-label", "aria-description", "placeholder", "alt", "label", "data-key-label"}
SILENT = {"code", "kbd", "script", "style"}
NAMES = re.compile(r"https?://|\b(casedesk|Français|English|BW-\d+|CSV|TSV|JSONL|JSON|REST|API|OpenAPI|ID|URL)\b")
LETTERS = re.compile(r"[^\W\d_]{2,}")
# A word given to one of our own tags or to an include, without _().
GIVEN = re.compile(r"\b(label|title|text|hint|words|kind_label|empty)=(\"[^\"]*\"|'[^']*')")
HOLE = "\N{OBJECT REPLACEMENT CHARACTER}"


def _without_tags(source: str) -> str:
    """The template with a hole where a tag or a translated sentence stands, line for line."""
    parts: list[str] = []
    within = ""
    for token in Lexer(source).tokenize():
        lines = "\n" * token.contents.count("\n")
        name = token.contents.split()[0] if token.contents.split() else ""
        if within:
            within = "" if token.token_type == TokenType.BLOCK and name == f"end{within}" else within
            parts.append(lines)
        elif token.token_type == TokenType.TEXT:
            parts.append(token.contents)
        else:
            # Where a tag chooses the name of an element, some name must stand.
            parts.append(("x" if parts and parts[-1].endswith(("<", "</")) else HOLE) + lines)
            if token.token_type == TokenType.BLOCK and name in {"blocktranslate", "blocktrans", "comment"}:
                within = name
    return "".join(parts)


class Reader(HTMLParser):
    """Collects what a person would read or hear."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the words of its attributes."""
        if tag not in {"br", "img", "input", "meta", "link", "hr", "use", "path", "rect", "line", "circle"}:
            self._open.append(tag)
        is_seen = tag == "input" and ("type", "hidden") not in attrs
        for name, value in attrs:
            if name in SPOKEN or (is_seen and name == "value"):
                self._note(f'{name}="', value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the words of its attributes; it holds no text."""
        for name, value in attrs:
            if name in SPOKEN:
                self._note(f'{name}="', value or "")

    def handle_endtag(self, tag: str) -> None:
        """Leave the element."""
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        """Note the words between tags."""
        if not SILENT & set(self._open):
            self._note("", data)

    def _note(self, where: str, words: str) -> None:
        if LETTERS.search(NAMES.sub("", words)):
            self.found.append(f"{self.getpos()[0]}: {where}{words.strip()[:60]}")


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_every_word_of_a_page_is_translatable(path: Path) -> None:
    reader = Reader()
    reader.feed(_without_tags(path.read_text()))
    assert reader.found == []


def test_every_word_given_to_a_tag_is_translatable() -> None:
    given = [
        f"{named(path)}:{token.lineno}: {found[0]}={found[1]}"
        for path in PAGES
        for token in Lexer(path.read_text()).tokenize()
        if token.token_type == TokenType.BLOCK and not token.contents.startswith(("blocktrans", "if", "elif"))
        for found in GIVEN.findall(token.contents)
        if LETTERS.search(found[1])
    ]
    assert given == []
