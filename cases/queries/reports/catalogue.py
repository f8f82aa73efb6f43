"""The named reports: what each answers, out of which figures, split by what, and how it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.queries.reports.figure import Words
from cases.vocabulary import Dimension, Population

D, P = Dimension, Population


@dataclass(frozen=True, slots=True)
class Section:
    """One table of a report: figures of one population, by its first named split where nothing else is asked."""

    name: str
    title: Words
    population: Population
    figures: tuple[str, ...]
    splits: tuple[Dimension, ...]
    money: tuple[str, ...] = ()
    durations: tuple[str, ...] = ()
    chart: str = ""
    charted: tuple[str, ...] = ()

    @property
    def counted(self) -> tuple[str, ...]:
        """The names of all that is counted for it."""
        return (*self.figures, *self.money)


@dataclass(frozen=True, slots=True)
class Report:
    """A report by its name: the question it answers, and its tables."""

    name: str
    title: Words
    question: Words
    icon: str
    sections: tuple[Section, ...]

    @property
    def splits(self) -> tuple[Dimension, ...]:
        """By what its tables are split without counting row by row."""
        return tuple(dict.fromkeys(each for section in self.sections for each in section.splits))


_OF_CASES = (
    D.BRAND,
    D.CHANNEL,
    D.TEAM,
    D.CATEGORY,
    D.CATEGORY_THEN,
    D.SEVERITY,
    D.LANGUAGE,
    D.CAUSE,
    D.OUTCOME,
    D.OWNER,
)
_SPANS = ("in_queue", "with_owner", "in_approval", "with_complainant", "with_system")
_SINCE = ("to_reply", "to_decision", "to_handled")

_ALL = (
    Report(
        "flow",
        pgettext_lazy("a report", "Flow"),
        _("Does more come in than goes out?"),
        "arrows-right-left",
        (
            Section(
                "movements",
                _("Received against handled"),
                P.MOVEMENTS,
                (
                    "flow_received",
                    "flow_reopened",
                    "flow_handled",
                    "flow_dismissed",
                    "flow_withdrawn",
                    "flow_merged",
                    "flow_in",
                    "flow_out",
                ),
                (D.WEEK, D.DAY, D.MONTH, D.QUARTER, D.BRAND),
                chart="lines",
                charted=("flow_in", "flow_out"),
            ),
            Section(
                "hours",
                _("When people complain"),
                P.CASES,
                ("received", "answered", "handled"),
                (D.HOUR, D.WEEKDAY),
                chart="bars",
                charted=("received",),
            ),
        ),
    ),
    Report(
        "speed",
        _("Speed by stage"),
        _("How long do people wait, and with whom does the time go by?"),
        "clock",
        (
            Section(
                "speed",
                _("From the public post"),
                P.CASES,
                ("received", "answered", "decided", "handled", "open"),
                _OF_CASES,
                durations=_SINCE,
                chart="range",
            ),
            Section(
                "stages",
                _("Where the time goes, on average per complaint"),
                P.CASES,
                ("received", *_SPANS),
                _OF_CASES,
                chart="stacked",
                charted=_SPANS,
            ),
        ),
    ),
    Report(
        "actions",
        _("Actions and money"),
        _("What was promised, what was done, and what did it cost?"),
        "checklist",
        (
            Section(
                "actions",
                _("Actions"),
                P.ACTIONS,
                (
                    "actions",
                    "required",
                    "promised",
                    "done",
                    "proven",
                    "confirmed_kept",
                    "denied",
                    "done_late",
                    "overdue",
                    "awaiting",
                    "failed",
                    "waived",
                ),
                (D.KIND, D.BAND, D.BRAND),
                money=("budgeted", "granted", "paid"),
                chart="stacked",
                charted=("done", "overdue", "awaiting", "waived"),
            ),
        ),
    ),
    Report(
        "authority",
        pgettext_lazy("a report", "Authority"),
        _("Could whoever answered also decide?"),
        "shield-check",
        (
            Section(
                "authority",
                _("Actions by amount"),
                P.ACTIONS,
                ("actions", "awaiting", "done", "waived"),
                (D.BAND, D.KIND, D.BRAND),
                money=("budgeted", "granted", "paid"),
                chart="bars",
                charted=("actions", "awaiting"),
            ),
        ),
    ),
    Report(
        "deadlines",
        _("Deadlines and promises"),
        _("Was everything done by when it was due?"),
        "calendar-due",
        (
            Section(
                "deadlines",
                _("Deadlines"),
                P.DEADLINES,
                ("deadlines", "met", "met_late", "missed", "to_meet", "ended"),
                (D.POLICY, D.GOAL, D.BRAND),
                chart="stacked",
                charted=("met", "met_late", "missed"),
            ),
            Section(
                "promises",
                pgettext_lazy("a report", "Promises"),
                P.PROMISES,
                ("promises", "kept", "kept_late", "broken", "to_keep", "moved", "dropped"),
                (D.KIND, D.BRAND),
                chart="stacked",
                charted=("kept", "kept_late", "broken"),
            ),
        ),
    ),
    Report(
        "public",
        _("Public behaviour"),
        _("Did we answer where people complained, and was anything hidden?"),
        "eye",
        (
            Section(
                "posts",
                _("Public posts"),
                P.POSTS,
                ("posts", "public_posts", "replied_public", "hidden", "gone", "edited", "untriaged"),
                (D.CHANNEL, D.BRAND),
                chart="bars",
                charted=("public_posts", "replied_public"),
            ),
            Section(
                "moved",
                _("From public to private"),
                P.CASES,
                ("received", "answered_public", "private", "declined"),
                (D.CHANNEL, D.BRAND, D.TEAM, D.CATEGORY),
                chart="bars",
                charted=("received", "answered_public", "private"),
            ),
        ),
    ),
    Report(
        "causes",
        _("Causes"),
        _("Why do people complain, and what comes back?"),
        "chart-bar",
        (
            Section(
                "causes",
                _("Why people complain"),
                P.CASES,
                ("received", "upheld", "handled", "reopened", "repeat", "back"),
                (D.CATEGORY, D.CATEGORY_THEN, D.CAUSE, D.SEVERITY, D.BRAND),
                chart="pareto",
                charted=("received",),
            ),
        ),
    ),
    Report(
        "people",
        _("People and workload"),
        _("Who carries how much, and what comes of it?"),
        "users",
        (
            Section(
                "people",
                _("Workload and outcomes"),
                P.CASES,
                ("received", "open", "answered", "decided", "handled", "confirmed", "reopened", "said_no"),
                (D.OWNER, D.TEAM, D.BRAND),
                durations=_SINCE,
            ),
        ),
    ),
    Report(
        "channels",
        pgettext_lazy("a report", "Channels"),
        _("Where do people speak, and what comes of it there?"),
        "message-reply",
        (
            Section(
                "channels",
                _("Complaints"),
                P.CASES,
                ("received", "answered", "answered_public", "private", "decided", "handled", "confirmed", "open"),
                (D.CHANNEL, D.LANGUAGE, D.BRAND),
                durations=_SINCE,
                chart="bars",
                charted=("received", "handled"),
            ),
            Section(
                "said",
                _("What is said there"),
                P.POSTS,
                ("posts", "complaints", "praise", "questions", "untriaged"),
                (D.CHANNEL, D.BRAND),
                chart="stacked",
                charted=("complaints", "praise", "questions", "untriaged"),
            ),
        ),
    ),
    Report(
        "praise",
        pgettext_lazy("a report", "Praise"),
        _("Who was glad, and did we thank them?"),
        "star",
        (
            Section(
                "praise",
                pgettext_lazy("a report", "Praise"),
                P.POSTS,
                ("posts", "praise", "praise_answered"),
                (D.CHANNEL, D.BRAND),
                chart="bars",
                charted=("praise", "praise_answered"),
            ),
        ),
    ),
    Report(
        "quality",
        pgettext_lazy("a report", "Quality"),
        _("Does it stay settled?"),
        "rosette-discount-check",
        (
            Section(
                "quality",
                _("After it was handled"),
                P.CASES,
                ("received", "handled", "confirmed", "partly", "said_no", "reopened", "back", "repeat"),
                (D.CATEGORY, D.CAUSE, D.TEAM, D.CHANNEL, D.OUTCOME, D.BRAND, D.SEVERITY, D.OWNER),
                chart="bars",
                charted=("handled", "confirmed", "reopened"),
            ),
        ),
    ),
    Report(
        "escalations",
        _("Escalations"),
        _("How often did rules step in, and was it of use?"),
        "stairs-up",
        (
            Section(
                "escalations",
                _("Escalations"),
                P.ESCALATIONS,
                ("escalations", "useful", "useless", "unsaid"),
                (D.RULE, D.BRAND),
                chart="stacked",
                charted=("useful", "useless", "unsaid"),
            ),
        ),
    ),
    Report(
        "imported",
        _("As the source said"),
        _("What did the register say that these complaints came from?"),
        "table",
        (
            Section(
                "imported",
                _("Imported complaints"),
                P.CASES,
                ("received", "decided", "upheld", "rejected", "handled"),
                (D.PRODUCT, D.ISSUE, D.RESPONSE, D.TIMELY),
                chart="bars",
                charted=("received", "upheld"),
            ),
        ),
    ),
)

REPORTS: Final = {each.name: each for each in _ALL}
