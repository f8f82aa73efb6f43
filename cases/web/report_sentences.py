"""The sentence that opens a report: it answers the report's question, and its figures are links."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cases.queries.reports import answer, labels
from cases.queries.reports.answer import Answer, Row, Table
from cases.rules import pareto
from cases.vocabulary import OF_TIME
from cases.web import report_figures as figures

Sentence = SafeString | str
MOST_OF_IT = 0.8
# What half of all have after so long, and what they do not have yet.
_HALF: Final = {
    "to_reply": (gettext_lazy("hear from a person within {span}"), gettext_lazy("have not heard from a person")),
    "to_decision": (gettext_lazy("have a decision within {span}"), gettext_lazy("have no decision")),
    "to_handled": (gettext_lazy("are handled within {span}"), gettext_lazy("are not handled")),
}


def sentence(found: Answer) -> Sentence:
    """The answer in one sentence; nothing while it is not counted, or where there is nothing to say."""
    table = found.tables[0]
    if found.is_pending or not any(table.total.counts.values()):
        return ""
    return _SAID[found.report.name](found)


def _n(table: Table, figure: str) -> Sentence:
    n = _count(table, figure)
    return figures.link(figures.number(n), figures.behind_url(table, figure) if n else "")


def _count(table: Table, figure: str) -> int:
    """The number that decides between one and several."""
    return table.total.counts.get(figure, 0)


def _greatest(table: Table) -> Row:
    """The row of which there is most, in whatever order they stand."""
    return max(table.rows, key=lambda row: row.counted.counts.get("received", 0))


def _of(found: Answer, name: str) -> Table | None:
    return next((table for table in found.tables if table.section.name == name), None)


def _flow(found: Answer) -> Sentence:
    table = found.tables[0]
    if table.section.name != "movements":
        return _came(table)
    came, went = (_count(table, name) for name in ("flow_in", "flow_out"))
    given = {"came": _n(table, "flow_in"), "went": _n(table, "flow_out"), "gap": figures.number(abs(came - went))}
    if came > went:
        more = ngettext(
            "{came} came in and {went} went out: <b>{gap} more is open</b> than before.",
            "{came} came in and {went} went out: <b>{gap} more are open</b> than before.",
            came - went,
        )
        return format_html(more, **given)
    if came < went:
        fewer = ngettext(
            "{came} came in and {went} went out: <b>{gap} fewer is open</b> than before.",
            "{came} came in and {went} went out: <b>{gap} fewer are open</b> than before.",
            went - came,
        )
        return format_html(fewer, **given)
    return format_html(_("{came} came in and as many went out."), **given)


def _came(table: Table) -> Sentence:
    words = ngettext("{received} complaint came in.", "{received} complaints came in.", _count(table, "received"))
    return format_html(words, received=_n(table, "received"))


def _speed(found: Answer) -> Sentence:
    table = _of(found, "speed")
    if table is None:
        return ""
    reached, waiting = [], []
    for name, (said, not_yet) in _HALF.items():
        half = answer.curve(table.total, name).median
        if half is None:
            waiting.append(str(not_yet))
        else:
            reached.append(
                format_html(str(said), span=figures.link(labels.known(half), figures.behind_url(table, name)))
            )
    parts = [format_html(_("Half of all {reached}."), reached=_joined(reached))] if reached else []
    if waiting:
        parts.append(format_html(_("Half of all {waiting} yet."), waiting=_joined(waiting)))
    return SafeString(" ".join(parts))


def _joined(parts: Sequence[Sentence]) -> SafeString:
    """Parts of a sentence, one after the other."""
    if len(parts) == 1:
        return format_html("{}", parts[0])
    several = format_html_join(", ", "{}", ((part,) for part in parts[:-1]))
    return format_html(_("{several} and {last}"), several=several, last=parts[-1])


def _actions(found: Answer) -> Sentence:
    table = found.tables[0]
    given = {name: _n(table, name) for name in ("actions", "done", "proven", "overdue")}
    words = ngettext(
        "Of {actions} action {done} is done, {proven} proven;",
        "Of {actions} actions {done} are done, {proven} of them proven;",
        _count(table, "actions"),
    )
    late = ngettext("{overdue} is overdue.", "{overdue} are overdue.", _count(table, "overdue"))
    return format_html(f"{words} {late}", **given)


def _authority(found: Answer) -> Sentence:
    table = found.tables[0]
    given = {name: _n(table, name) for name in ("actions", "awaiting", "done")}
    words = ngettext(
        "{awaiting} of {actions} actions waits for somebody with the authority;",
        "{awaiting} of {actions} actions wait for somebody with the authority;",
        _count(table, "awaiting"),
    )
    done = ngettext("{done} is done.", "{done} are done.", _count(table, "done"))
    return format_html(f"{words} {done}", **given)


def _deadlines(found: Answer) -> Sentence:
    said: list[Sentence] = []
    if (table := _of(found, "deadlines")) is not None:
        given = {name: _n(table, name) for name in ("deadlines", "met", "missed")}
        met = ngettext(
            "{met} of {deadlines} deadlines was met in time,",
            "{met} of {deadlines} deadlines were met in time,",
            _count(table, "met"),
        )
        missed = ngettext("{missed} is missed.", "{missed} are missed.", _count(table, "missed"))
        said.append(format_html(f"{met} {missed}", **given))
    if (table := _of(found, "promises")) is not None:
        given = {name: _n(table, name) for name in ("promises", "kept", "broken")}
        kept = ngettext(
            "{kept} of {promises} promises was kept by its day,",
            "{kept} of {promises} promises were kept by their day,",
            _count(table, "kept"),
        )
        broken = ngettext("{broken} is broken.", "{broken} are broken.", _count(table, "broken"))
        said.append(format_html(f"{kept} {broken}", **given))
    return SafeString(" ".join(said))


def _public(found: Answer) -> Sentence:
    table = _of(found, "posts")
    if table is None:
        return ""
    given = {name: _n(table, name) for name in ("public_posts", "replied_public", "hidden")}
    answered = ngettext(
        "Our answer stands under {replied_public} of {public_posts} public post.",
        "Our answer stands under {replied_public} of {public_posts} public posts.",
        _count(table, "public_posts"),
    )
    hid = _("We hid {hidden} of them.") if _count(table, "hidden") else _("We hid none of them.")
    return format_html(f"{answered} {hid}", **given)


def _causes(found: Answer) -> Sentence:
    table = found.tables[0]
    said: list[Sentence] = []
    if len(table.splits) == 1 and table.splits[0] not in OF_TIME and table.rows:
        counts = {row.keys: row.counted.counts.get("received", 0) for row in table.rows}
        first = _greatest(table)
        so_far = pareto.pareto(counts, len(counts))
        few = next((n for n, each in enumerate(so_far, 1) if each.so_far >= MOST_OF_IT), len(so_far))
        share = first.counted.counts.get("received", 0) / max(table.total.counts.get("received", 0), 1)
        name = figures.link(first.labels[0], figures.behind_url(table, "received", first))
        given = {"name": name, "share": figures.percent(share), "few": few, "all": len(so_far)}
        words = ngettext(
            "“{name}” is behind {share} of complaints; {few} of {all} makes four fifths.",
            "“{name}” is behind {share} of complaints; {few} of {all} make four fifths.",
            few,
        )
        said.append(format_html(words, **given))
    given = {name: _n(table, name) for name in ("received", "repeat", "back")}
    again = _("{repeat} of {received} had complained before; {back} complained again after theirs was handled.")
    said.append(format_html(again, **given))
    return SafeString(" ".join(said))


def _people(found: Answer) -> Sentence:
    table = found.tables[0]
    given = {name: _n(table, name) for name in ("received", "handled", "open")}
    words = ngettext(
        "{received} complaint: {handled} handled,",
        "{received} complaints: {handled} handled,",
        _count(table, "received"),
    )
    rest = ngettext("{open} still needs work.", "{open} still need work.", _count(table, "open"))
    return format_html(f"{words} {rest}", **given)


def _channels(found: Answer) -> Sentence:
    table = _of(found, "channels")
    if table is None:
        return ""
    given = {name: _n(table, name) for name in ("received", "handled")}
    if len(table.splits) == 1 and table.rows and table.splits[0] not in OF_TIME:
        first = _greatest(table)
        n = first.counted.counts.get("received", 0)
        given["n"] = figures.link(figures.number(n), figures.behind_url(table, "received", first))
        given["name"] = first.labels[0]
        came = ngettext(
            "{n} of {received} complaint came through {name};",
            "{n} of {received} complaints came through {name};",
            _count(table, "received"),
        )
    else:
        came = ngettext("{received} complaint came in;", "{received} complaints came in;", _count(table, "received"))
    handled = ngettext("{handled} is handled.", "{handled} are handled.", _count(table, "handled"))
    return format_html(f"{came} {handled}", **given)


def _praise(found: Answer) -> Sentence:
    table = found.tables[0]
    given = {name: _n(table, name) for name in ("posts", "praise", "praise_answered")}
    words = ngettext(
        "{praise} of {posts} posts was praise;", "{praise} of {posts} posts were praise;", _count(table, "praise")
    )
    answered = ngettext(
        "{praise_answered} of them was answered.",
        "{praise_answered} of them were answered.",
        _count(table, "praise_answered"),
    )
    return format_html(f"{words} {answered}", **given)


def _quality(found: Answer) -> Sentence:
    table = found.tables[0]
    names = ("handled", "confirmed", "said_no", "reopened", "back")
    confirmed = ngettext(
        "{confirmed} of the cases that were handled ({handled}) was confirmed.",
        "{confirmed} of the cases that were handled ({handled}) were confirmed.",
        _count(table, "confirmed"),
    )
    rest = ngettext(
        "{said_no} said no, {reopened} was reopened, and {back} complained again within 30 days.",
        "{said_no} said no, {reopened} were reopened, and {back} complained again within 30 days.",
        _count(table, "reopened"),
    )
    return format_html(f"{confirmed} {rest}", **{name: _n(table, name) for name in names})


def _escalations(found: Answer) -> Sentence:
    table = found.tables[0]
    names = ("escalations", "useful", "useless", "unsaid")
    words = ngettext(
        "Rules stepped in {escalations} time: {useful} useful, {useless} not, of {unsaid} nobody said.",
        "Rules stepped in {escalations} times: {useful} useful, {useless} not, of {unsaid} nobody said.",
        _count(table, "escalations"),
    )
    return format_html(words, **{name: _n(table, name) for name in names})


def _imported(found: Answer) -> Sentence:
    table = found.tables[0]
    given = {name: _n(table, name) for name in ("received", "upheld", "rejected", "handled")}
    words = ngettext(
        "{received} complaint: {upheld} upheld, {rejected} rejected, {handled} handled.",
        "{received} complaints: {upheld} upheld, {rejected} rejected, {handled} handled.",
        _count(table, "received"),
    )
    return format_html(words, **given)


_SAID: Final[dict[str, Callable[[Answer], Sentence]]] = {
    "flow": _flow,
    "speed": _speed,
    "actions": _actions,
    "authority": _authority,
    "deadlines": _deadlines,
    "public": _public,
    "causes": _causes,
    "people": _people,
    "channels": _channels,
    "praise": _praise,
    "quality": _quality,
    "escalations": _escalations,
    "imported": _imported,
}
