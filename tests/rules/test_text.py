"""Words keep what their author wrote, and take nothing along that a database or a page could trip over."""

from __future__ import annotations

import time
import unicodedata

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from cases.rules import text

ANY_TEXT = st.text(st.characters(codec=None))


class TestProject:
    @pytest.mark.parametrize(
        ("raw", "charset", "expected"),
        [
            (b"d\xc3\xa9\xc3\xa7u", None, "déçu"),
            (b"d\xe9\xe7u", None, "déçu"),
            (b"\xef\xbb\xbfd\xc3\xa9\xc3\xa7u", None, "déçu"),
            ("déçu".encode("utf-16"), None, "déçu"),
            ("déçu".encode("utf-16-le"), "utf-16-le", "déçu"),
            ("обман".encode("koi8-r"), "koi8-r", "обман"),
            (b"100 \x80", "no-such-charset", "100 €"),
            (b"d\xe9", "utf-8", "dé"),
            (b"\\u0041", "unicode_escape", "\\u0041"),
            (b"a\x81b", None, "a\x81b"),
            (b"a\x00b", None, "a\ufffdb"),
            (b"one\r\ntwo\rthree\n", None, "one\ntwo\nthree\n"),
            (b"\xed\xa0\xbd\xed\xb8\xa1", None, "😡"),
            (b"\xed\xa0\xbd!", None, "\ufffd!"),
            (b"", None, ""),
        ],
    )
    def test_reads_bytes(self, raw: bytes, charset: str | None, expected: str) -> None:
        assert text.project(raw, charset) == expected

    @pytest.mark.parametrize("kept", ["\u200b\u200d\ufeff", "\u202eabc\u202c", "👩‍👩‍👧 🇫🇷", "مرحبا", "e\u0301"])
    def test_keeps_zero_width_directions_emoji_and_marks(self, kept: str) -> None:
        assert text.project(f"x{kept}".encode()) == f"x{kept}"

    @given(st.binary(), st.sampled_from([None, "utf-8", "latin-1", "utf-16", "ascii", "\x00", "utf-7"]))
    def test_never_fails_and_is_always_storable(self, raw: bytes, charset: str | None) -> None:
        projected = text.project(raw, charset)
        assert "\x00" not in projected
        assert "\r" not in projected
        projected.encode("utf-8")


class TestClean:
    @given(ANY_TEXT)
    def test_is_settled_after_once_and_loses_nothing_else(self, words: str) -> None:
        once = text.clean(words)
        assert text.clean(once) == once
        if words.isprintable():
            assert once == words

    def test_replaces_lone_surrogates_one_by_one(self) -> None:
        assert text.clean("a\ud83db\ude21c") == "a\ufffdb\ufffdc"
        assert text.clean("\ud83d\ude21") == "😡"


class TestFold:
    @pytest.mark.parametrize(
        ("words", "folded"),
        [
            ("RÉCLAMATION", "reclamation"),
            ("Straße", "straße"),
            ("ΣΊΣΥΦΟΣ", "σισυφοσ"),
            ("İstanbul", "istanbul"),
            ("ﬁ", "fi"),
        ],
    )
    def test_takes_case_and_accents_away(self, words: str, folded: str) -> None:
        assert text.fold(words) == folded

    @pytest.mark.database
    @pytest.mark.django_db
    def test_agrees_with_the_database(self) -> None:
        samples = [
            "RÉCLAMATION Œuvre ﬁn ½ ²",
            "Straße ẞ",
            "Łódź Ñandú Åse Ø",
            "ΣΊΣΥΦΟΣ ς",
            "İıIi",
            "Дети ЁЖ",
            "ＦＵＬＬ ™ № 𝐀",
            "e\u0301",
        ]
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT casedesk_fold(words) FROM unnest(%s::text[]) WITH ORDINALITY AS t(words, n) ORDER BY n",
                [samples],
            )
            assert [row[0] for row in cursor.fetchall()] == [text.fold(each) for each in samples]


class TestDifference:
    def test_tells_kept_gone_and_added_words(self) -> None:
        assert text.difference("The parcel is late", "The blue parcel was late") == [
            ("same", "The"),
            ("added", " blue"),
            ("same", " parcel "),
            ("gone", "is"),
            ("added", "was"),
            ("same", " late"),
        ]

    @given(st.text(), st.text())
    def test_holds_both_texts_whole(self, old: str, new: str) -> None:
        pieces = text.difference(old, new)
        assert "".join(words for op, words in pieces if op != "added") == old
        assert "".join(words for op, words in pieces if op != "gone") == new

    def test_takes_no_time_for_very_long_texts(self) -> None:
        old = "start " + " ".join(str(n % 7) for n in range(60_000)) + " end"
        new = "start " + " ".join(str(n % 5) for n in range(60_000)) + " end"
        began = time.process_time()
        pieces = text.difference(old, new)
        assert time.process_time() - began < 5
        assert "".join(words for op, words in pieces if op != "added") == old


class TestExcerpt:
    def test_cuts_between_words(self) -> None:
        assert text.excerpt("My parcel\n never  arrived", 16) == "My parcel never…"
        assert text.excerpt("short", 16) == "short"
        assert text.excerpt("Donaudampfschifffahrt", 8) == "Donauda…"

    @given(st.text(), st.integers(1, 60))
    def test_is_never_too_long(self, words: str, length: int) -> None:
        assert len(text.excerpt(words, length)) <= length

    def test_does_not_cut_a_letter_from_its_accent_or_a_family_apart(self) -> None:
        assert not unicodedata.combining(text.excerpt("abcde\u0301fgh", 6)[-2])
        assert text.excerpt("ab👩‍👩‍👧cd", 5) == "ab…"


class TestIsBlank:
    @pytest.mark.parametrize("words", ["", " \n\t", "\u200b\u200d\ufeff", "\u202e\u2069", "\ufffd", "\u3164", "\x07"])
    def test_sees_that_nothing_can_be_read(self, words: str) -> None:
        assert text.is_blank(words)

    @pytest.mark.parametrize("words", [".", "😡", "\u200bx", "ا", "0"])
    def test_sees_that_something_can(self, words: str) -> None:
        assert not text.is_blank(words)


class TestDisplaySafe:
    def test_leaves_plain_words_alone(self) -> None:
        assert text.display_safe("Two\nlines, é") == "Two\nlines, é"

    def test_closes_what_a_text_opens_and_drops_stray_closings(self) -> None:
        assert text.display_safe("a\u202eb") == "\u2068a\u202eb\u202c\u2069"
        assert text.display_safe("a\u2069b") == "\u2068ab\u2069"
        assert text.display_safe("אב") == "\u2068אב\u2069"

    @given(st.text(st.sampled_from("ab\n\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069א")))
    def test_is_balanced_on_every_line(self, words: str) -> None:
        for line in text.display_safe(words).split("\n"):
            assert sum(line.count(c) for c in "\u2066\u2067\u2068") == line.count("\u2069")
            assert sum(line.count(c) for c in "\u202a\u202b\u202d\u202e") == line.count("\u202c")

    def test_says_which_texts_change_direction(self) -> None:
        assert text.has_bidi_override("x\u202ey")
        assert not text.has_bidi_override("مرحبا")
