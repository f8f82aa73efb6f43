"""The sentence that opens a report: it answers the report's question, and its figures are links."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.queries.reports import answer, labels
from cases.queries.reports.answer import Answer, Table
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
    n = table.total.counts.get(figure, 0)
    return figures.link(figures.number(n), figures.behind_url(table, figure) if n else "")


def _of(found: Answer, name: str) -> Table | None:
    return next((table for table in found.tables if table.section.name == name), None)


def _flow(found: Answer) -> Sentence:
    table = found.tables[0]
    if table.section.name != "movements":
        return format_html(_("{received} complaints came in."), received=_n(table, "received"))
    came, went = (table.total.counts.get(name, 0) for name in ("flow_in", "flow_out"))
    given = {"came": _n(table, "flow_in"), "went": _n(table, "flow_out"), "gap": figures.number(abs(came - went))}
    if came > went:
        return format_html(_("{came} came in and {went} went out: <b>{gap} more are open</b> than before."), **given)
    if came < went:
        return format_html(_("{came} came in and {went} went out: <b>{gap} fewer are open</b> than before."), **given)
    return format_html(_("{came} came in and as many went out."), **given)


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
    names = ("actions", "done", "proven", "overdue")
    return format_html(
        _("Of {actions} actions {done} are done, {proven} of them proven; {overdue} are overdue."),
        **{name: _n(table, name) for name in names},
    )


def _authority(found: Answer) -> Sentence:
    table = found.tables[0]
    return format_html(
        _("{awaiting} of {actions} actions wait for somebody with the authority; {done} are done."),
        **{name: _n(table, name) for name in ("actions", "awaiting", "done")},
    )


def _deadlines(found: Answer) -> Sentence:
    said: list[Sentence] = []
    if (table := _of(found, "deadlines")) is not None:
        given = {name: _n(table, name) for name in ("deadlines", "met", "missed")}
        said.append(format_html(_("{met} of {deadlines} deadlines were met in time, {missed} are missed."), **given))
    if (table := _of(found, "promises")) is not None:
        given = {name: _n(table, name) for name in ("promises", "kept", "broken")}
        said.append(
            format_html(_("{kept} of {promises} promises were kept by their day, {broken} are broken."), **given)
        )
    return SafeString(" ".join(said))


def _public(found: Answer) -> Sentence:
    table = _of(found, "posts")
    if table is None:
        return ""
    given = {name: _n(table, name) for name in ("public_posts", "replied_public", "hidden")}
    if table.total.counts.get("hidden"):
        return format_html(
            _("Our answer stands under {replied_public} of {public_posts} public posts. We hid {hidden} of them."),
            **given,
        )
    return format_html(
        _("Our answer stands under {replied_public} of {public_posts} public posts. We hid none of them."), **given
    )


def _causes(found: Answer) -> Sentence:
    table = found.tables[0]
    said: list[Sentence] = []
    if len(table.splits) == 1 and table.splits[0] not in OF_TIME and table.rows:
        counts = {row.keys: row.counted.counts.get("received", 0) for row in table.rows}
        first = table.rows[0]
        so_far = pareto.pareto(counts, len(counts))
        few = next((n for n, each in enumerate(so_far, 1) if each.so_far >= MOST_OF_IT), len(so_far))
        share = first.counted.counts.get("received", 0) / max(table.total.counts.get("received", 0), 1)
        name = figures.link(first.labels[0], figures.behind_url(table, "received", first))
        given = {"name": name, "share": figures.percent(share), "few": few, "all": len(so_far)}
        said.append(
            format_html(_("“{name}” is behind {share} of complaints; {few} of {all} make four fifths."), **given)
        )
    given = {name: _n(table, name) for name in ("received", "repeat", "back")}
    said.append(
        format_html(
            _("{repeat} of {received} had complained before; {back} complained again after theirs was handled."),
            **given,
        )
    )
    return SafeString(" ".join(said))


def _people(found: Answer) -> Sentence:
    table = found.tables[0]
    given = {name: _n(table, name) for name in ("received", "handled", "open")}
    return format_html(_("{received} complaints: {handled} handled, {open} still need work."), **given)


def _channels(found: Answer) -> Sentence:
    table = _of(found, "channels")
    if table is None:
        return ""
    given = {name: _n(table, name) for name in ("received", "handled")}
    if len(table.splits) == 1 and table.rows and table.splits[0] not in OF_TIME:
        first = table.rows[0]
        n = first.counted.counts.get("received", 0)
        given["n"] = figures.link(figures.number(n), figures.behind_url(table, "received", first))
        given["name"] = first.labels[0]
        return format_html(_("{n} of {received} complaints came through {name}; {handled} are handled."), **given)
    return format_html(_("{received} complaints came in; {handled} are handled."), **given)


def _praise(found: Answer) -> Sentence:
    table = found.tables[0]
    given = {name: _n(table, name) for name in ("posts", "praise", "praise_answered")}
    return format_html(_("{praise} of {posts} posts were praise; {praise_answered} of them were answered."), **given)


def _quality(found: Answer) -> Sentence:
    table = found.tables[0]
    names = ("handled", "confirmed", "said_no", "reopened", "back")
    return format_html(
        _(
            "Of {handled} handled cases {confirmed} were confirmed. {said_no} said no, {reopened} were reopened, and "
            "{back} complained again within 30 days."
        ),
        **{name: _n(table, name) for name in names},
    )


def _escalations(found: Answer) -> Sentence:
    table = found.tables[0]
    names = ("escalations", "useful", "useless", "unsaid")
    return format_html(
        _("Rules stepped in {escalations} times: {useful} were useful, {useless} not, of {unsaid} nobody said."),
        **{name: _n(table, name) for name in names},
    )


def _imported(found: Answer) -> Sentence:
    table = found.tables[0]
    given = {name: _n(table, name) for name in ("received", "upheld", "rejected", "handled")}
    return format_html(_("{received} complaints: {upheld} upheld, {rejected} rejected, {handled} handled."), **given)


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
