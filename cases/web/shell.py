"""What every page shows around its own content: navigation, the chosen colours, the live stream."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from cases.models import Seer
from cases.queries import approval as approvals
from cases.queries import case as cases
from cases.queries import delivery as deliveries
from cases.queries import grants, people, sweeping
from cases.queries import rule as rules
from cases.queries.reports import choices, reading, saved, schedule_words
from cases.queries.reports.catalogue import REPORTS
from cases.queries.rule import Shelf
from cases.vocabulary import Inbox
from cases.web.tags import lasting

THEMES = ("light", "dark")
THEME_COOKIE = "theme"

VIEWS = (
    (Inbox.TRIAGE, "message-question", "g t"),
    (Inbox.NEW, "st-new", "g n"),
    (Inbox.MINE, "user", "g m"),
    (Inbox.TEAM, "users", "g e"),
    (Inbox.WAITING, "st-waiting", "g w"),
    (Inbox.HANDLED, "st-handled", "g h"),
    (Inbox.ALL, "list", "g a"),
)
AREAS = (
    ("inbox", "inbox", _("Desk"), "g d"),
    ("approvals", "scale", _("Approvals"), "g p"),
    ("tray", "inbox-off", _("Tray"), "g y"),
    ("report-front", "chart-bar", _("Reports"), "g o"),
    ("authority-missing", "shield-check", _("Authority"), "g u"),
    ("rules", "stairs-up", _("Rules"), "g r"),
    ("settings", "settings", _("Settings"), "g s"),
    ("help", "help", _("Help"), ""),
)
SHELVES = (
    (Shelf.LIVE, "player-play", pgettext_lazy("rules", "Live")),
    (Shelf.DRAFTS, "pencil", pgettext_lazy("rules", "Drafts")),
    (Shelf.PAUSED, "player-pause", pgettext_lazy("rules", "Paused")),
    (Shelf.RETIRED, "archive", pgettext_lazy("rules", "Retired")),
)
AUTHORITY = (
    ("authority-missing", "shield-question", _("Where it is missing")),
    ("authority-grants", "list-details", _("Grants")),
    ("authority-budgets", "wallet", _("Budgets")),
    ("authority-absences", "umbrella", _("Deputies and absences")),
    ("authority-waivers", "clipboard-check", _("Waivers, the ledger")),
    ("authority-rates", "currency-euro", _("Rates")),
)
# Beside the named reports.
BESIDE_REPORTS = (
    ("returns", "gavel", _("Regulator returns")),
    ("frozen-periods", "snowflake", _("Frozen periods")),
    ("saved-reports", "star", _("Saved reports")),
    ("report-exports", "file-export", _("Exports")),
)


@dataclass(frozen=True, slots=True)
class Link:
    """One line of the side navigation."""

    href: str
    icon: str
    label: str | Promise
    current: bool = False
    count: str | None = None
    keys: str = ""
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Some lines of the side navigation under one title."""

    title: str | Promise
    links: list[Link]
    shown: bool = True


def _behind(late: sweeping.Lateness) -> str:
    if late.seconds == float("inf"):
        return gettext("Evaluator, not running")
    if late.is_alarming:
        return gettext("Evaluator, %(gap)s behind") % {"gap": lasting(timedelta(seconds=late.seconds))}
    return gettext("Evaluator, %(n)d s behind") % {"n": round(late.seconds)}


def _href(name: str, *args: str) -> str:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


class Shell:
    """The frame of one page; what it needs is read only when the page shows it."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        chosen = request.COOKIES.get(THEME_COOKIE, "")
        self.theme = chosen if chosen in THEMES else ""

    @cached_property
    def live_url(self) -> str:
        """Where the event stream is, for somebody signed in."""
        return _href("live") if self._request.user.is_authenticated else ""

    @cached_property
    def groups(self) -> list[Group]:
        """The side navigation, the current line marked."""
        areas = Group(_("Areas"), self._areas(), shown=False)
        if self._request.path.startswith(_href("authority-missing") or "/authority/") and grants.may_look(self.seer):
            return [areas, Group(_("Authority"), self._authority())]
        if self._request.path.startswith("/reports/") and reading.may_read(self.seer):
            by_mail = self._sent()
            return [
                areas,
                Group(_("Reports"), self._reports()),
                *([Group(_("Sent by mail"), by_mail)] if by_mail else []),
            ]
        if self._is_at_rules() and grants.may_look(self.seer):
            return [areas, Group(_("Rules"), self._rules())]
        return [areas, Group(_("Views"), self._views())]

    @cached_property
    def seer(self) -> Seer:
        """What the person may see; a view that has read it already leaves it on the request."""
        return getattr(self._request, "seer", None) or people.seer_of(self._request.user.pk)

    def _areas(self) -> list[Link]:
        path = self._request.path
        links = []
        for name, icon, label, keys in AREAS:
            href = _href(name)
            if href and self._has(name):
                current = path == href if name == "inbox" else path.startswith(href)
                current = current or (name == "rules" and self._is_at_rules())
                links.append(Link(href, icon, label, current, self._count(name), keys))
        return links

    def _is_at_rules(self) -> bool:
        """Whether this is a page of rules: a replay is one of a rule."""
        return self._request.path.startswith((_href("rules") or "/rules/", "/replays/", "/escalations/"))

    def _reports(self) -> list[Link]:
        """Every report by its name, what regulators ask for, and what was kept."""
        shown = [each for each in REPORTS.values() if each.name != "imported" or choices.has_imports(self.seer)]
        named = [(_href("report", each.name), each.icon, each.title) for each in shown]
        beside = [(_href(name), icon, label) for name, icon, label in BESIDE_REPORTS]
        front = (_href("report-front"), "layout-dashboard", pgettext_lazy("a report", "Front page"))
        path = self._request.path
        return [
            Link(href, icon, label, path == href if href == front[0] else path.startswith(href))
            for href, icon, label in (front, *named, *beside)
            if href
        ]

    def _sent(self) -> list[Link]:
        """The reports that the person sends or gets by mail."""
        found = [(_href("saved-report", str(each.public_id)), each) for each in saved.sent(self.seer)]
        return [
            Link(href, "mail", schedule_words.short(each), self._request.path == href) for href, each in found if href
        ]

    def _rules(self) -> list[Link]:
        """Where the rules of the brand stand, their order, and how far behind their evaluator is."""
        brand = getattr(self._request, "brand", None)
        kept = {"brand": brand.slug} if brand else {}
        counts = rules.counts([brand.pk] if brand else rules.readable_brands(self.seer))
        here = getattr(self._request, "shelf", "")
        links = [
            Link(f"{_href('rules')}?{urlencode(kept | {'shelf': shelf.value})}", icon, label, shelf == here,
                 str(counts[shelf]))
            for shelf, icon, label in SHELVES
        ]  # fmt: skip
        order = f"{_href('rules-order')}?{urlencode(kept)}"
        links.append(Link(order, "arrows-sort", _("Order and conflicts"), self._request.path == _href("rules-order")))
        acted = _href("escalations")
        links.append(Link(acted, "history", _("Escalations"), self._request.path == acted))
        late = sweeping.lateness()
        return [
            *links,
            Link(f"{_href('rules')}?{urlencode(kept)}", "heartbeat", _behind(late), is_late=late.is_alarming),
        ]

    def _has(self, name: str) -> bool:
        look = {
            "approvals": approvals.may_look,
            "tray": deliveries.may_look,
            "authority-missing": grants.may_look,
            "rules": grants.may_look,
            "report-front": reading.may_read,
        }.get(name)
        return look is None or look(self.seer)

    def _authority(self) -> list[Link]:
        path, brand = self._request.path, self._request.GET.get("brand", "")
        kept = f"?{urlencode({'brand': brand})}" if brand else ""
        links = []
        for name, icon, label in AUTHORITY:
            href = _href(name)
            is_here = path == href if name == "authority-missing" else bool(href) and path.startswith(href)
            if href:
                links.append(Link(href + kept, icon, label, is_here))
        return links

    def _count(self, name: str) -> str | None:
        if name == "approvals":
            return self._capped(name) if self.counts[name] else None
        if name != "tray":
            return None
        waiting = sum(count for key, count in self.counts.items() if key.startswith("tray_"))
        return (f"{cases.COUNTED - 1}+" if waiting >= cases.COUNTED else str(waiting)) if waiting else None

    def _view(self) -> str:
        return self._request.GET.get("view", "")

    def _views(self) -> list[Link]:
        inbox = _href("inbox")
        here = (
            (self._view() or cases.usual_view(self.seer).value)
            if self._request.path == inbox or "/cases/" in self._request.path
            else ""
        )
        return [
            Link(f"{inbox}?view={view.value}", icon, view.label, view.value == here, self._capped(view.value), keys)
            for view, icon, keys in VIEWS
        ]

    @cached_property
    def counts(self) -> dict[str, Any]:
        """How many wait in each view and in the tray, and how many notifications are new."""
        tray = {f"tray_{n}": cases.counted(rows) for n, rows in enumerate(deliveries.waiting_in_tray(self.seer))}
        return cases.view_counts(self.seer, left=grants.left_now(self.seer, timezone.now()), **tray)

    @cached_property
    def unread(self) -> str:
        """How many notifications are new, or nothing."""
        return self._capped("unread") if self.counts["unread"] else ""

    @cached_property
    def left(self) -> grants.Left | None:
        """What this person can still decide in this window, of the largest rest of a budget."""
        return grants.left_of(self.counts["left"])

    def _capped(self, name: str) -> str:
        return f"{cases.COUNTED - 1}+" if self.counts[name] >= cases.COUNTED else str(self.counts[name])


def shell(request: HttpRequest) -> dict[str, Any]:
    """The frame for every template."""
    return {"shell": Shell(request)}
