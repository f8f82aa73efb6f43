"""The figures of complaints, and of what came in and went out."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.queries.reports.figure import Duration, Figure, Words
from cases.vocabulary import Population

STUCK_DAYS = 3
_STANDS_STILL = f"f.moved_on_at < %(now)s - interval '{STUCK_DAYS} days'"


def _case(name: str, label: Words, definition: Words, sql: str, good: int = 0) -> Figure:
    return Figure(name, Population.CASES, label, definition, sql, good=good)


def _span(name: str, label: Words, definition: Words, column: str, holder: str) -> Figure:
    since = "floor(greatest(date_part('epoch', %(now)s - f.counted_to), 0))::bigint"
    goes_on = f"f.is_running AND f.holder = '{holder}'"
    sql = f"f.{column} + CASE WHEN {goes_on} THEN {since} ELSE 0 END"
    return Figure(
        name,
        Population.CASES,
        label,
        definition,
        sql,
        is_sum=True,
        kept=f"f.{column}",
        live=f"CASE WHEN f.holder = '{holder}' THEN {since} ELSE 0 END",
        among="f.is_running",
    )


CASES = (
    _case(
        "received",
        pgettext_lazy("a figure", "Received"),
        _("Complaints whose first post was received in the period."),
        "true",
    ),
    _case(
        "answered",
        pgettext_lazy("a figure", "Answered"),
        _("A person answered at least once, in public or in private. An answer is not a solution."),
        "f.replied_at IS NOT NULL",
        good=1,
    ),
    _case(
        "answered_public",
        _("Answered in public"),
        _("A person's answer stands under a post of the case, for everyone to read."),
        "f.public_at IS NOT NULL",
        good=1,
    ),
    _case(
        "private",
        _("Moved to private"),
        _("The complainant has come to a private thread: accepted the invitation, was confirmed, or wrote there."),
        "f.private_at IS NOT NULL",
        good=1,
    ),
    _case(
        "declined",
        _("Private declined"),
        _("The complainant did not want to go on in private."),
        "f.declined_at IS NOT NULL",
    ),
    _case("decided", _("Decided"), _("A decision was recorded at least once."), "f.decided_at IS NOT NULL", good=1),
    _case(
        "upheld",
        pgettext_lazy("a figure", "Upheld"),
        _("The standing decision is upheld or partly upheld."),
        "f.outcome IN ('upheld', 'partly_upheld')",
    ),
    _case(
        "rejected",
        pgettext_lazy("a figure", "Rejected"),
        _("The standing decision is rejected."),
        "f.outcome = 'rejected'",
    ),
    _case("settled", _("Settled"), _("The standing decision is settled without admission."), "f.outcome = 'settled'"),
    _case(
        "handled",
        pgettext_lazy("a figure", "Handled"),
        _(
            "The required actions are done with proof or waived, the complainant has been told, and the case has not "
            "been reopened since."
        ),
        "f.status = 'handled'",
        good=1,
    ),
    _case(
        "confirmed",
        _("Confirmed"),
        _("Handled, and the complainant said that it is settled. Silence is not a yes."),
        "f.satisfaction = 'settled'",
        good=1,
    ),
    _case(
        "partly",
        _("Settled in part"),
        _("Handled, and the complainant said that it is settled in part."),
        "f.satisfaction = 'partly'",
    ),
    _case(
        "said_no",
        _("Said no"),
        _("The complainant said at least once, after it was handled, that it is not settled."),
        "f.said_no > 0",
        good=-1,
    ),
    _case(
        "reopened",
        pgettext_lazy("a figure", "Reopened"),
        _("The case was reopened at least once."),
        "f.reopened > 0",
        good=-1,
    ),
    _case("open", pgettext_lazy("a figure", "Open"), _("The case still needs work."), "f.is_running", good=-1),
    _case(
        "dismissed",
        pgettext_lazy("a figure", "Dismissed"),
        _("The case was found not to be a complaint, with a reason."),
        "f.status = 'dismissed'",
    ),
    _case(
        "withdrawn",
        pgettext_lazy("a figure", "Withdrawn"),
        _("The complainant withdrew it. Never counted as handled."),
        "f.status = 'withdrawn'",
    ),
    _case("merged", pgettext_lazy("a figure", "Merged"), _("The case went on in another one."), "f.status = 'merged'"),
    _case(
        "repeat",
        _("Complained before"),
        _("The same complainant had complained to this brand before."),
        "f.is_repeat",
        good=-1,
    ),
    _case(
        "back",
        _("Complained again"),
        _("The same complainant complained again within 30 days after the case was handled."),
        "f.back_at <= f.handled_at + interval '30 days'",
        good=-1,
    ),
    _span("in_queue", _("In the queue"), _("Time without an owner, on average per complaint."), "in_queue", "queue"),
    _span(
        "with_owner",
        _("With the owner"),
        _("Time with its owner, nothing else being waited for, on average per complaint."),
        "with_owner",
        "owner",
    ),
    _span(
        "in_approval",
        _("In approval"),
        _("Time in which an approval was waited for, on average per complaint."),
        "in_approval",
        "approval",
    ),
    _span(
        "with_complainant",
        _("With the complainant"),
        _("Time in which the complainant's answer was waited for, on average per complaint."),
        "with_complainant",
        "complainant",
    ),
    _span(
        "with_system",
        _("In a connected system"),
        _("Time in which a connected system was waited for, on average per complaint."),
        "with_system",
        "system",
    ),
    Figure(
        "stuck",
        Population.CASES,
        _("Stuck"),
        _("Still open, and for three days neither we nor the complainant has done anything about it."),
        f"f.is_running AND {_STANDS_STILL}",
        good=-1,
        kept="false",
        live=f"({_STANDS_STILL})::int",
        among="f.is_running",
    ),
)


def _move(name: str, label: Words, definition: Words, sql: str) -> Figure:
    return Figure(name, Population.MOVEMENTS, label, definition, sql)


MOVEMENTS = (
    _move(
        "flow_received",
        pgettext_lazy("a figure", "Received"),
        _("Complaints received in the period."),
        "m.kind = 'received'",
    ),
    _move(
        "flow_reopened",
        pgettext_lazy("a figure", "Reopened"),
        _("Cases reopened in the period, each time."),
        "m.kind = 'reopened'",
    ),
    _move(
        "flow_handled",
        pgettext_lazy("a figure", "Handled"),
        _("Cases handled in the period, each time."),
        "m.kind = 'handled'",
    ),
    _move(
        "flow_dismissed",
        pgettext_lazy("a figure", "Dismissed"),
        _("Cases dismissed in the period."),
        "m.kind = 'dismissed'",
    ),
    _move(
        "flow_withdrawn",
        pgettext_lazy("a figure", "Withdrawn"),
        _("Cases withdrawn in the period."),
        "m.kind = 'withdrawn'",
    ),
    _move("flow_merged", pgettext_lazy("a figure", "Merged"), _("Cases merged in the period."), "m.kind = 'merged'"),
    _move("flow_in", _("Came in"), _("Received or reopened in the period."), "m.kind IN ('received', 'reopened')"),
    _move(
        "flow_out",
        _("Went out"),
        _("Handled, dismissed, withdrawn or merged in the period."),
        "m.kind NOT IN ('received', 'reopened')",
    ),
)

# What no period adds up: it is counted where its rows are listed, and no cell holds it.
BALANCES = (
    _move(
        "outstanding",
        _("Open at the end"),
        _("Received or reopened in the period and not ended again within it: open at the end of it."),
        "m.kind IN ('received', 'reopened') AND NOT EXISTS (SELECT 1 FROM cases_casemovement x WHERE"
        " x.case_id = m.case_id AND x.seq > m.seq AND x.at < %(end)s)",
    ),
)


def _since(name: str, label: Words, definition: Words, column: str) -> Duration:
    return Duration(name, Population.CASES, label, definition, column, "coalesce(f.handled_at, f.ended_at, %(now)s)")


DURATIONS = (
    _since(
        "to_reply",
        _("First human reply"),
        _("From the public post to a person's first answer, in public or in private."),
        "f.replied_at",
    ),
    _since("to_decision", _("Decision"), _("From the public post to the first decision."), "f.decided_at"),
    _since(
        "to_handled",
        pgettext_lazy("a time", "Handled"),
        _("From the public post to the moment the case came to stand as handled; reopened, the clock runs on."),
        "f.handled_at",
    ),
)


def _still(of: Duration, label: Words, definition: Words) -> Figure:
    return Figure(f"{of.name}_open", Population.CASES, label, definition, f"{of.happened} IS NULL")


# Whom a span still waits for: what its curve counts in by the time that has passed.
WAITING = (
    _still(
        DURATIONS[0],
        _("No human reply yet"),
        _("Nobody has answered so far, or it ended without an answer. Counted in with the time that it waited."),
    ),
    _still(
        DURATIONS[1],
        _("No decision yet"),
        _("Nothing was decided so far, or it ended without a decision. Counted in with the time that it waited."),
    ),
    _still(
        DURATIONS[2],
        _("Not handled yet"),
        _("It is not handled so far, or ended otherwise. Counted in with the time that it waited."),
    ),
)
