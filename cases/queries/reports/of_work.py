"""The figures of what was done: actions with their money, promises, deadlines, public posts, escalations."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.queries.reports.figure import Figure, Money, Words
from cases.vocabulary import Population


def _action(name: str, label: Words, definition: Words, sql: str, good: int = 0) -> Figure:
    return Figure(name, Population.ACTIONS, label, definition, sql, good=good)


# Looked up action by action: of few rows that is far less than reading all promises once. OFFSET keeps it so.
_ONE_BY_ONE = " OFFSET 0)"
_PROMISED = "EXISTS (SELECT 1 FROM cases_promise p WHERE p.action_id = a.id"
_OVERDUE = "a.status NOT IN ('done', 'waived') AND a.due_at < %(now)s"
ACTIONS = (
    _action("actions", _("Actions"), _("Resolution actions added in the period."), "true"),
    _action(
        "required",
        pgettext_lazy("a figure", "Required"),
        _("Without them the case cannot be handled."),
        "a.is_required",
    ),
    _action(
        "promised",
        _("Promised"),
        _("The complainant was told that it will be done, and by when."),
        _PROMISED + _ONE_BY_ONE,
    ),
    _action(
        "done", pgettext_lazy("a figure", "Done"), _("Done, with an outcome in words."), "a.status = 'done'", good=1
    ),
    _action(
        "proven",
        _("Proven"),
        _("Done by hand with what its kind demands, or reported by the connected system with its reference."),
        "a.status = 'done' AND (a.proof_reference <> '' OR a.proof_amount IS NOT NULL OR a.proof_on IS NOT NULL"
        " OR EXISTS (SELECT 1 FROM cases_attachment t WHERE t.action_id = a.id OFFSET 0)"
        " OR EXISTS (SELECT 1 FROM cases_kind k WHERE k.id = a.kind_id AND k.proof = 'outcome'))",
        good=1,
    ),
    _action(
        "done_late",
        _("Done late"),
        _("Done after the date it was due."),
        "a.status = 'done' AND a.done_at > a.due_at",
        good=-1,
    ),
    _action(
        "confirmed_kept",
        _("Confirmed"),
        _("The complainant said that what was promised was kept."),
        _PROMISED + " AND p.said = 'settled'" + _ONE_BY_ONE,
        good=1,
    ),
    _action(
        "denied",
        _("Said not kept"),
        _("The complainant said that what was promised was not kept, or only in part."),
        _PROMISED + " AND p.said IN ('no', 'partly')" + _ONE_BY_ONE,
        good=-1,
    ),
    Figure(
        "overdue",
        Population.ACTIONS,
        _("Overdue"),
        _("Not done yet, and its date has passed."),
        _OVERDUE,
        good=-1,
        kept="false",
        live="1",
        among=_OVERDUE,
    ),
    _action(
        "awaiting",
        _("Awaiting approval"),
        _("Somebody with the authority has been asked and has not answered."),
        "a.status = 'awaiting_approval'",
    ),
    _action(
        "failed",
        pgettext_lazy("a figure", "Failed"),
        _("Tried, and it did not work; to be proposed again or waived."),
        "a.status = 'failed'",
        good=-1,
    ),
    _action(
        "waived",
        pgettext_lazy("a figure", "Waived"),
        _("Given up with a reason, by somebody who may."),
        "a.status = 'waived'",
    ),
)

_STANDS = "EXISTS (SELECT 1 FROM cases_authorisation x WHERE x.action_id = a.id AND x.released_at IS NULL OFFSET 0)"
MONEY = (
    Money(
        "budgeted", Population.ACTIONS, _("Budgeted"), _("The amounts of all actions added in the period."), "a.amount"
    ),
    Money(
        "granted",
        Population.ACTIONS,
        _("Granted"),
        _("The amounts that somebody with the authority decided, and that still stand."),
        f"CASE WHEN {_STANDS} THEN a.amount END",
    ),
    Money(
        "paid",
        Population.ACTIONS,
        _("Paid"),
        _("The amounts that were really paid, out of the proof of done actions."),
        "CASE WHEN a.status = 'done' THEN a.proof_amount END",
    ),
)


def _promise(
    name: str, label: Words, definition: Words, sql: str, good: int = 0, kept: str = "", live: str = ""
) -> Figure:
    among = _JUST_BROKEN if live else ""
    return Figure(name, Population.PROMISES, label, definition, sql, good=good, kept=kept, live=live, among=among)


_DUE = "p.dropped_at IS NULL AND (p.moved_at IS NULL OR p.broken_at IS NOT NULL)"
_PAST = "(p.broken_at IS NOT NULL OR p.due_at < %(now)s)"
_STANDING = "p.kept_at IS NULL AND p.moved_at IS NULL AND p.dropped_at IS NULL"
# Broken, and not yet noted by who looks every minute.
_JUST_BROKEN = f"{_STANDING} AND p.broken_at IS NULL AND p.due_at < %(now)s"
_NOT_BEGUN = "a.status NOT IN ('in_progress', 'done', 'waived')"
PROMISES = (
    _promise(
        "promises",
        _("Promises due"),
        _("Promises whose date was in the period, without those dropped, or moved with word to them in time."),
        _DUE,
    ),
    _promise(
        "kept",
        _("Kept"),
        _("Done by the date that was promised."),
        "p.kept_at IS NOT NULL AND p.broken_at IS NULL",
        good=1,
    ),
    _promise(
        "kept_late",
        _("Kept, but late"),
        _("Done after the date that was promised. A promise that was broken stays broken."),
        "p.kept_at IS NOT NULL AND p.broken_at IS NOT NULL",
        good=-1,
    ),
    _promise(
        "broken",
        _("Broken"),
        _("The date has passed, and it is not done."),
        f"p.kept_at IS NULL AND {_PAST} AND {_DUE}",
        good=-1,
        kept=f"p.kept_at IS NULL AND p.broken_at IS NOT NULL AND {_DUE}",
        live="1",
    ),
    _promise(
        "to_keep",
        _("Still to keep"),
        _("Its date is still to come."),
        f"p.kept_at IS NULL AND NOT {_PAST} AND {_DUE}",
        kept=f"{_STANDING} AND p.broken_at IS NULL",
        live="-1",
    ),
    _promise("moved", _("Moved"), _("Given a later date, and the complainant was told."), "p.moved_at IS NOT NULL"),
    _promise("dropped", _("Dropped"), _("Its action was waived or the case ended."), "p.dropped_at IS NOT NULL"),
    Figure(
        "not_begun",
        Population.PROMISES,
        _("Not begun"),
        _("Its date is still to come, and nobody has begun to do it."),
        f"p.kept_at IS NULL AND NOT {_PAST} AND {_DUE} AND {_NOT_BEGUN}",
        good=-1,
        kept="false",
        live=f"({_NOT_BEGUN})::int",
        among=f"{_STANDING} AND p.broken_at IS NULL AND p.due_at >= %(now)s",
    ),
)


def _deadline(
    name: str, label: Words, definition: Words, sql: str, good: int = 0, kept: str = "", live: str = ""
) -> Figure:
    among = _JUST_MISSED if live else ""
    return Figure(name, Population.DEADLINES, label, definition, sql, good=good, kept=kept, live=live, among=among)


# Missed, and not yet noted by who looks every minute.
_JUST_MISSED = (
    "d.met_at IS NULL AND d.ended_at IS NULL AND d.paused_at IS NULL AND d.missed_at IS NULL AND d.due_at <= %(now)s"
)
_MISSED = f"(d.missed_at IS NOT NULL OR ({_JUST_MISSED}))"
DEADLINES = (
    _deadline(
        "deadlines",
        _("Deadlines due"),
        _("Deadlines whose date was in the period, without those that ended before it came."),
        "d.ended_at IS NULL OR d.missed_at IS NOT NULL",
    ),
    _deadline(
        "met",
        _("Met"),
        _("What was asked for happened by the date."),
        "d.met_at IS NOT NULL AND d.missed_at IS NULL",
        good=1,
    ),
    _deadline(
        "met_late",
        _("Met late"),
        _("What was asked for happened after the date."),
        "d.met_at IS NOT NULL AND d.missed_at IS NOT NULL",
        good=-1,
    ),
    _deadline(
        "missed",
        _("Missed"),
        _("The date has passed, and it has not happened."),
        f"d.met_at IS NULL AND {_MISSED}",
        good=-1,
        kept="d.met_at IS NULL AND d.missed_at IS NOT NULL",
        live="1",
    ),
    _deadline(
        "to_meet",
        _("Still to meet"),
        _("Its date is still to come, or it is paused."),
        f"d.met_at IS NULL AND d.ended_at IS NULL AND NOT {_MISSED}",
        kept="d.met_at IS NULL AND d.ended_at IS NULL AND d.missed_at IS NULL",
        live="-1",
    ),
    _deadline(
        "ended",
        _("Ended before"),
        _("It was no longer asked for before its date."),
        "d.ended_at IS NOT NULL AND d.missed_at IS NULL",
    ),
)


def _post(name: str, label: Words, definition: Words, sql: str, good: int = 0) -> Figure:
    return Figure(name, Population.POSTS, label, definition, sql, good=good)


_SEEN = "EXISTS (SELECT 1 FROM cases_observation b WHERE b.post_id = p.id AND b.kind = "
_UNDER = "EXISTS (SELECT 1 FROM cases_publicreply y WHERE y.post_id = p.id AND y.status = 'posted')"
_PUBLIC = "h.kind NOT IN ('web_form', 'mailbox')"
POSTS = (
    _post("posts", _("Posts"), _("Posts received in the period, public or not."), "true"),
    _post("public_posts", _("Public posts"), _("Posts that an audience reads."), _PUBLIC),
    _post("complaints", _("Complaints"), _("Posts that triage found to be complaints."), "t.kind = 'complaint'"),
    _post(
        "praise",
        pgettext_lazy("a figure", "Praise"),
        _("Posts that triage found to be praise."),
        "t.kind = 'praise'",
        good=1,
    ),
    _post("questions", _("Questions"), _("Posts that triage found to be questions."), "t.kind = 'question'"),
    _post("untriaged", _("Not triaged"), _("Posts that nobody has looked at."), "t.kind IS NULL", good=-1),
    _post(
        "replied_public",
        _("Answered in public"),
        _("Public posts under which our answer stands."),
        f"{_PUBLIC} AND {_UNDER}",
        good=1,
    ),
    _post(
        "praise_answered",
        _("Praise answered"),
        _("Praise that somebody answered."),
        "t.kind = 'praise' AND (t.answered_at IS NOT NULL OR " + _UNDER + ")",
        good=1,
    ),
    _post(
        "hidden",
        pgettext_lazy("a figure", "Hidden by us"),
        _("Posts that our side hid or removed on the platform. Nothing said in public should be."),
        _SEEN + "'hidden_by_us')",
        good=-1,
    ),
    _post(
        "gone",
        _("Deleted by their author"),
        _("Posts that are gone from the platform, and not by our hand."),
        _SEEN + "'gone')",
    ),
    _post(
        "edited", _("Edited by their author"), _("Posts whose words their author changed later."), _SEEN + "'edited')"
    ),
)


def _escalation(name: str, label: Words, definition: Words, sql: str, good: int = 0) -> Figure:
    return Figure(name, Population.ESCALATIONS, label, definition, sql, good=good)


ESCALATIONS = (
    _escalation("escalations", _("Escalations"), _("Times a rule acted on a case in the period."), "true"),
    _escalation("useful", _("Useful"), _("Somebody said that it was useful."), "x.was_useful", good=1),
    _escalation("useless", _("Not useful"), _("Somebody said that it was not useful."), "NOT x.was_useful", good=-1),
    _escalation("unsaid", _("Nobody said"), _("Nobody said whether it was useful."), "x.was_useful IS NULL"),
)
