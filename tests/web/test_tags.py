"""The marks, times, amounts and fields that every page is made of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
import time_machine
from django import forms
from django.template import Context, Template
from django.utils import timezone, translation

from cases.web import tags


@pytest.fixture
def friday() -> Iterator[None]:
    """Friday 11 September 2026, 11:05 in Paris."""
    with time_machine.travel("2026-09-11T09:05:00+00:00", tick=False), timezone.override("Europe/Paris"):
        yield


def rendered(source: str, **context: object) -> str:
    return Template(source).render(Context(context)).strip()


class Example(forms.Form):
    name = forms.CharField(help_text="As they write it.")
    kind = forms.ChoiceField(choices=[("a", "Complaint"), ("b", "Praise")], widget=forms.RadioSelect)
    note = forms.CharField(required=False, widget=forms.Textarea)
    invite = forms.BooleanField(required=False)
    brand = forms.CharField(widget=forms.HiddenInput)


class TestIcon:
    def test_is_decoration_without_a_label(self) -> None:
        assert 'aria-hidden="true"' in rendered('{% icon "lock" %}')

    def test_says_its_label_escaped(self) -> None:
        markup = rendered('{% icon "lock" label=label %}', label='"><script>')
        assert 'role="img"' in markup
        assert "<script>" not in markup


class TestWho:
    @pytest.mark.parametrize(
        ("name", "letters"),
        [
            ("Léa Marchetti", "LM"),
            ("tom", "T"),
            ("Ana de la Cruz", "AC"),
            ("@tom@social.example", "TE"),
            ("🙂", "?"),
            ("", "?"),
        ],
    )
    def test_takes_the_first_and_last_initial(self, name: str, letters: str) -> None:
        assert tags.initials(name) == letters

    def test_tells_ours_from_theirs(self) -> None:
        person = SimpleNamespace(name="Tom Ashgrove")
        assert 'class="who"' in rendered("{% who person %}", person=person)
        assert 'class="who who-them who-sm"' in rendered('{% who person them=True css="who-sm" %}', person=person)


@pytest.mark.usefixtures("friday")
class TestWhen:
    @pytest.mark.parametrize(
        ("gap", "words"),
        [
            (timedelta(seconds=20), "now"),
            (timedelta(minutes=41), "41 min ago"),
            (timedelta(hours=5, minutes=50), "5 h ago"),
            (timedelta(minutes=-55), "in 55 min"),
            (timedelta(days=2, hours=20), "Tue 8 Sep, 15:05"),
            (timedelta(days=400), "7 Aug 2025, 11:05"),
        ],
    )
    def test_says_near_moments_by_their_distance(self, gap: timedelta, words: str) -> None:
        assert f">{words}</time>" in rendered("{% when at %}", at=timezone.now() - gap)

    def test_says_the_exact_moment_when_asked(self) -> None:
        assert ">today, 10:24</time>" in rendered('{% when at "exact" %}', at=timezone.now() - timedelta(minutes=41))

    def test_carries_the_full_moment_and_its_zone(self) -> None:
        markup = rendered("{% when at %}", at=timezone.now())
        assert 'datetime="2026-09-11T11:05:00+02:00"' in markup
        assert "11:05 CEST" in markup

    def test_takes_a_date(self) -> None:
        assert ">Tue 15 Sep</time>" in rendered("{% when on %}", on=date(2026, 9, 15))

    def test_is_nothing_for_nothing(self) -> None:
        assert rendered("{% when at %}", at=None) == ""


@pytest.mark.usefixtures("friday")
class TestDue:
    @pytest.mark.parametrize(
        ("left", "css", "words"),
        [
            (timedelta(minutes=-40), "due due-late", "40 min late"),
            (timedelta(minutes=55), "due due-soon", "in 55 min"),
            (timedelta(days=2, hours=1), "due", "in 2 d"),
        ],
    )
    def test_gets_louder_as_time_runs_out(self, left: timedelta, css: str, words: str) -> None:
        markup = rendered("{% due at %}", at=timezone.now() + left)
        assert f'class="{css}"' in markup
        assert words in markup


class TestMoney:
    def test_follows_the_readers_language(self) -> None:
        assert rendered('{% money amount "EUR" %}', amount=Decimal("1186.4")) == "1,186.40\N{NO-BREAK SPACE}€"
        with translation.override("fr"):
            assert rendered('{% money amount "EUR" %}', amount=Decimal("86.4")) == "86,40\N{NO-BREAK SPACE}€"

    def test_knows_currencies_without_cents_or_symbol(self) -> None:
        assert rendered('{% money amount "JPY" %}', amount=Decimal(1200)) == "1,200\N{NO-BREAK SPACE}¥"
        assert rendered('{% money amount "CHF" %}', amount=Decimal(5)) == "5.00\N{NO-BREAK SPACE}CHF"


class TestSaid:
    def test_escapes_and_keeps_the_lines(self) -> None:
        markup = rendered("{{ text|said }}", text="One <b>bold</b>\r\nline\r\n\r\n\r\ntwo & three\n")
        assert markup == (
            '<div class="said"><p dir="auto">One &lt;b&gt;bold&lt;/b&gt;<br>line</p>'
            '<p dir="auto">two &amp; three</p></div>'
        )

    def test_shows_an_entity_as_it_was_typed(self) -> None:
        assert "&amp;lt;" in rendered("{{ text|said }}", text="&lt;")

    def test_is_empty_for_nothing(self) -> None:
        assert rendered("{{ text|said }}", text=None) == '<div class="said"></div>'


class TestCatalogueText:
    def test_falls_back_to_english_then_to_anything(self) -> None:
        texts = {"en": "Refund", "fr": "Remboursement"}
        assert tags.catalogue_text(texts) == "Refund"
        with translation.override("fr"):
            assert tags.catalogue_text(texts) == "Remboursement"
            assert tags.catalogue_text({"en": "Refund"}) == "Refund"
            assert tags.catalogue_text({"pl": "Zwrot"}) == "Zwrot"
        assert tags.catalogue_text(None) == ""


class TestMarks:
    def test_severity_is_said(self) -> None:
        assert 'aria-label="severity 3 of 4"' in rendered("{% severity 3 %}")
        assert "High" in rendered("{% severity 3 words=True %}")

    @pytest.mark.parametrize("status", list(tags.STATUS_ICONS))
    def test_every_status_has_a_pill(self, status: str) -> None:
        assert str(status) in rendered("{% status_pill status %}", status=str(status)).lower()

    def test_a_reference_stays_one_word(self) -> None:
        assert 'translate="no">BW-2417<' in rendered("{% reference case %}", case=SimpleNamespace(reference="BW-2417"))


class TestField:
    def test_ties_hint_and_errors_to_the_control(self) -> None:
        markup = rendered("{% field form.name %}", form=Example({}))
        assert 'aria-describedby="id_name_hint id_name_error"' in markup
        assert 'aria-invalid="true"' in markup
        assert 'id="id_name_error"' in markup

    def test_says_what_is_optional(self) -> None:
        assert "optional" in rendered("{% field form.note %}", form=Example())
        assert "optional" not in rendered("{% field form.name %}", form=Example())

    def test_groups_choices_under_a_legend(self) -> None:
        markup = rendered("{% field form.kind %}", form=Example({"kind": "b"}))
        assert "<legend" in markup
        assert markup.count('type="radio"') == 2
        assert 'value="b" id="id_kind_1" checked' in markup

    def test_puts_the_words_of_a_check_mark_beside_it(self) -> None:
        assert 'class="form-check" for="id_invite"' in rendered("{% field form.invite %}", form=Example())

    def test_shows_nothing_of_a_hidden_field(self) -> None:
        assert rendered("{% field form.brand %}", form=Example()).startswith('<input type="hidden"')
