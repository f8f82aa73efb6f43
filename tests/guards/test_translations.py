"""Every sentence exists in French, with the same places to fill, and the compiled catalogue is the written one."""

from __future__ import annotations

import pytest

from tests.guards import messages
from tests.guards.messages import CATALOGUE, PLACES

# Where the words come from somewhere else, and are marked there.
TRANSLATED_ELSEWHERE = ("cases/errors.py",)


@pytest.fixture(scope="module")
def french() -> dict[tuple[str | None, str], list[str]]:
    return {
        (entry.msgctxt, entry.msgid): list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
        for entry in messages.catalogue()
    }


def test_every_sentence_is_translated(french: dict[tuple[str | None, str], list[str]]) -> None:
    missing = [one.text for one in messages.everything() if not all(french.get(one.key, [""]))]
    assert missing == [], "DJANGO_SETTINGS_MODULE=casedesk.settings python -m tests.guards.messages update"


def test_a_translation_fills_the_same_places(french: dict[tuple[str | None, str], list[str]]) -> None:
    wrong = []
    for one in messages.everything():
        for translated in french.get(one.key, []):
            asked, filled = set(PLACES.findall(one.text + one.plural)), set(PLACES.findall(translated))
            # One of two forms may leave the number out; a sentence with one form leaves nothing out.
            if translated and not (filled <= asked if one.plural else filled == asked):
                wrong.append((one.text, translated))
    assert wrong == []


def test_a_translation_begins_and_ends_like_its_sentence(french: dict[tuple[str | None, str], list[str]]) -> None:
    wrong = [
        one.text
        for one in messages.everything()
        for translated in french.get(one.key, [])
        if translated
        and (
            one.text.startswith("\n") != translated.startswith("\n")
            or one.text.endswith("\n") != translated.endswith("\n")
        )
    ]
    assert wrong == []


def test_nothing_is_fuzzy_or_left_over(french: dict[tuple[str | None, str], list[str]]) -> None:
    wanted = {one.key for one in messages.everything()}
    catalogue = messages.catalogue()
    assert [entry.msgid for entry in catalogue if entry.fuzzy or entry.obsolete] == []
    assert sorted(text for context, text in french if (context, text) not in wanted) == []


def test_what_is_read_is_compiled_from_what_is_written() -> None:
    assert CATALOGUE.with_suffix(".mo").read_bytes() == messages.catalogue().to_binary()


def test_words_stand_where_they_can_be_found() -> None:
    assert [place for place in messages.dynamic() if not place.startswith(TRANSLATED_ELSEWHERE)] == []
