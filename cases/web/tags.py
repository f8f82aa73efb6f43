"""Template tags and filters of every page: marks, times, money, form fields; builtins, so no page loads them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import forms, template
from django.forms.boundfield import BoundField
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, ngettext, pgettext

from cases.rules.money import DEFAULT_MINOR_UNITS, SYMBOLS, minor_units
from cases.vocabulary import Severity, Status, Window

register = template.Library()

STATUS_ICONS = {
    Status.NEW: "st-new",
    Status.OPEN: "st-open",
    Status.WAITING: "st-waiting",
    Status.HANDLED: "st-handled",
    Status.MERGED: "git-merge",
    Status.DISMISSED: "ban",
    Status.WITHDRAWN: "arrow-back-up",
}
SOON = timedelta(hours=4)


@lru_cache(maxsize=1024)
def _icon(name: str, label: str, css: str) -> SafeString:
    said = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="icon{}" viewBox="0 0 24 24" {}><use href="{}#{}"/></svg>',
        f" {css}" if css else "",
        said,
        static("sprite.svg"),
        name,
    )


@register.simple_tag
def icon(name: str, label: str | Promise = "", css: str = "") -> SafeString:
    """One symbol of the sprite; with a label it is an image that says so, without it is decoration."""
    return _icon(name, str(label), css)


def initials(name: str) -> str:
    """The first letters of the first and last word of a name, or a question mark."""
    words = [word for word in re.split(r"[\s.@_-]+", name) if word[:1].isalnum()]
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


@register.simple_tag
def who(person: Any, css: str = "", them: bool = False) -> SafeString:
    """The mark of a person: a filled disc for one of us, an outlined square for one of them."""
    name = person if isinstance(person, str) else str(getattr(person, "name", "") or "")
    classes = " ".join(filter(None, ["who", "who-them" if them else "", css]))
    return format_html('<span class="{}" aria-hidden="true">{}</span>', classes, initials(name))


def _day(value: date, today: date) -> str:
    if value.year == today.year:
        return date_format(value, pgettext("day of this year", "D j M"))
    return date_format(value, pgettext("day of another year", "j M Y"))


def day_words(value: date) -> str:
    """A day in plain words: Tue 8 Sep."""
    return _day(value, timezone.localdate())


def _clock(value: datetime) -> str:
    return date_format(value, pgettext("time of day", "H:i"))


def span(gap: timedelta) -> str:
    """How long, in one unit: 41 min, 3 h, 2 d."""
    minutes = max(int(gap.total_seconds() // 60), 0)
    if minutes < 60:
        return gettext("%(n)d min") % {"n": minutes}
    if minutes < 24 * 60:
        return gettext("%(n)d h") % {"n": minutes // 60}
    days = minutes // (24 * 60)
    return ngettext("%(n)d d", "%(n)d d", days) % {"n": days}


def shown_span(gap: timedelta) -> timedelta:
    """As much of a gap as ``lasting`` says: whole hours from ten of them on, whole days from two."""
    minutes = max(round(gap.total_seconds() / 60), 0)
    step = 1 if minutes < 600 else 60 if minutes < 48 * 60 else 24 * 60
    return timedelta(minutes=minutes - minutes % step)


@register.filter
def lasting(gap: timedelta | None) -> str:
    """How long something took, as people say it: 41 min, 5 h 40, 31 h, 4 d; nothing for None."""
    if gap is None:
        return ""
    minutes = max(round(gap.total_seconds() / 60), 0)
    if minutes < 60:
        return gettext("%(n)d min") % {"n": minutes}
    hours, rest = divmod(minutes, 60)
    if hours < 10 and rest:
        return gettext("%(h)d h %(min)02d") % {"h": hours, "min": rest}
    if hours < 48:
        return gettext("%(n)d h") % {"n": hours}
    days = hours // 24
    return ngettext("%(n)d d", "%(n)d d", days) % {"n": days}


def _words(local: datetime, now: datetime, style: str) -> str:
    today = timezone.localdate(now)
    if style == "day":
        return _day(local.date(), today)
    if style == "relative" and abs(now - local) < timedelta(hours=24):
        if abs(now - local) < timedelta(minutes=1):
            return gettext("now")
        if local < now:
            return gettext("%(span)s ago") % {"span": span(now - local)}
        return gettext("in %(span)s") % {"span": span(local - now)}
    if local.date() == today:
        return gettext("today, %(time)s") % {"time": _clock(local)}
    return gettext("%(day)s, %(time)s") % {"day": _day(local.date(), today), "time": _clock(local)}


@register.simple_tag
def when(value: datetime | date | None, style: str = "relative") -> SafeString:
    """A moment in words, its exact form in the title; ``style`` is relative, exact or day."""
    if value is None:
        return SafeString("")
    if not isinstance(value, datetime):
        words, full, machine = _day(value, timezone.localdate()), date_format(value, "j F Y"), value.isoformat()
    else:
        local = timezone.localtime(value)
        words = _words(local, timezone.now(), style)
        full = f"{date_format(local, 'j F Y')}, {_clock(local)} {local.tzname()}"
        machine = local.isoformat(timespec="seconds")
    return format_html('<time class="num" datetime="{}" title="{}">{}</time>', machine, full, words)


def _near(local: datetime, now: datetime) -> str:
    """An instant as short as it is clear: 12:00, Tue 18:00, Tue 17 Nov."""
    if local.date() == now.date():
        return _clock(local)
    if abs(local.date() - now.date()) < timedelta(days=7):
        return date_format(local, pgettext("weekday and time", "D H:i"))
    return _day(local.date(), now.date())


@register.simple_tag
def due(value: datetime | None, *, is_paused: bool = False, is_exact: bool = False) -> SafeString:
    """How urgent something is: empty circle, half circle when soon, filled triangle when late, bars when paused.

    The exact time stands in the title, and beside it where that is wanted.
    """
    if is_paused:
        return format_html('<span class="due">{}{}</span>', icon("player-pause"), gettext("paused"))
    if value is None:
        return SafeString("")
    left = value - timezone.now()
    if left < timedelta(0):
        css, mark, words = "due due-late", "due-over", gettext("%(span)s late") % {"span": span(-left)}
    else:
        soon = left < SOON
        css, mark = ("due due-soon", "due-half") if soon else ("due", "due-ok")
        words = gettext("in %(span)s") % {"span": span(left)}
    local = timezone.localtime(value)
    full = f"{date_format(local, 'j F Y')}, {_clock(local)}"
    if is_exact:
        words = gettext("%(words)s, %(at)s") % {"words": words, "at": _near(local, timezone.localtime())}
    return format_html('<span class="{}" title="{}">{}{}</span>', css, full, icon(mark), words)


@register.simple_tag
def reference(case: Any) -> SafeString:
    """The reference of a case, kept from translation and line breaks."""
    text = case if isinstance(case, str) else case.reference
    return format_html('<span class="num" translate="no">{}</span>', text)


@register.simple_tag
def severity(value: int | None, words: bool = False) -> SafeString:
    """Four bars that say how bad it is; with words beside them if wanted."""
    if not value:
        return SafeString("")
    level = Severity(value)
    bars = icon(f"sev-{level.value}", label=gettext("severity %(n)d of 4") % {"n": level.value})
    return format_html('<span class="row-line">{}<span>{}</span></span>', bars, level.label) if words else bars


@register.simple_tag
def status_pill(status: str) -> SafeString:
    """Where a case stands, for the head of a page."""
    value = Status(status)
    css = "pill pill-done" if value is Status.HANDLED else "pill"
    return format_html('<span class="{}">{}{}</span>', css, icon(STATUS_ICONS[value]), str(value.label).lower())


@register.filter
def catalogue_text(texts: Mapping[str, str] | str | None) -> str:
    """A catalogue text in the reader's language, else in English, else in whatever there is."""
    if not texts:
        return ""
    if isinstance(texts, str):
        return texts
    language = (get_language() or "en").split("-")[0]
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")


@register.simple_tag
def money(amount: Decimal | str | None, currency: str) -> str:
    """An amount as its reader writes it, the symbol after the number: 180.00 €, 180,00 €."""
    if amount is None:
        return ""
    places = minor_units(currency) if currency else DEFAULT_MINOR_UNITS
    value = number_format(Decimal(amount), decimal_pos=places, use_l10n=True, force_grouping=True)
    return f"{value}\N{NO-BREAK SPACE}{SYMBOLS.get(currency, currency)}"


@register.simple_tag
def short_money(amount: Decimal | str | None, currency: str) -> str:
    """A limit as people say it: 80 €, 12.50 €; cents only where there are some."""
    if amount is None:
        return ""
    value = Decimal(amount)
    if value != value.to_integral_value():
        return money(value, currency)
    whole = number_format(value, decimal_pos=0, use_l10n=True, force_grouping=True)
    return f"{whole}\N{NO-BREAK SPACE}{SYMBOLS.get(currency, currency)}"


@register.filter
def plain_number(value: Decimal) -> str:
    """A number with all the decimals it has and no more, as its reader writes it: 0.92, 157.3125."""
    return number_format(f"{value.normalize():f}", use_l10n=True)


@register.simple_tag
def left_words(left: Any) -> str:
    """What is left of a budget in the window that runs now: 3,600 € left this month."""
    words = {
        Window.DAY: gettext("%(amount)s left today"),
        Window.WEEK: gettext("%(amount)s left this week"),
        Window.MONTH: gettext("%(amount)s left this month"),
    }
    return words[Window(left.window)] % {"amount": short_money(left.amount, left.currency)}


@register.filter
def said(text: str | None) -> SafeString:
    """Somebody's words as paragraphs: always escaped, line breaks kept, each paragraph in its own direction."""
    plain = re.sub(r"\r\n?", "\n", text or "").strip("\n")
    paragraphs = [part for part in re.split(r"\n\s*\n", plain) if part.strip()]
    lines = (format_html_join(mark_safe("<br>"), "{}", ((line,) for line in part.split("\n"))) for part in paragraphs)
    body = format_html_join("", '<p dir="auto">{}</p>', ((line,) for line in lines))
    return format_html('<div class="said">{}</div>', body)


def _control(bound: BoundField, described: str) -> SafeString:
    widget = bound.field.widget
    attrs: dict[str, Any] = {}
    if isinstance(widget, forms.CheckboxInput | forms.RadioSelect | forms.CheckboxSelectMultiple):
        attrs["class"] = "form-check-input"
    else:
        attrs["class"] = "form-select" if isinstance(widget, forms.Select) else "form-control"
    own = widget.attrs.get("class")
    if own:
        attrs["class"] += f" {own}"
    if described:
        attrs["aria-describedby"] = described
    if bound.errors:
        attrs["aria-invalid"] = "true"
    return bound.as_widget(attrs=attrs)


@register.inclusion_tag("parts/field.html")
def field(bound: BoundField, label: str = "", *, is_asked: bool = False) -> dict[str, Any]:
    """A form field with its label, control, hint and errors, tied together for screen readers.

    What ``is_asked`` for by something else than the form is not called optional.
    """
    widget = bound.field.widget
    ids = [f"{bound.auto_id}_hint"] if bound.help_text else []
    ids += [f"{bound.auto_id}_error"] if bound.errors else []
    many = isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple)
    one = isinstance(widget, forms.CheckboxInput)
    return {
        "bound": bound,
        "label": label or bound.label,
        "shape": "hidden" if bound.is_hidden else "many" if many else "one" if one else "line",
        "control": "" if many else _control(bound, " ".join(ids)),
        "described": " ".join(ids),
        "optional": not bound.field.required and not one and not is_asked,
    }
