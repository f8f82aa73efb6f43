"""The gate as programs read it: a code that stays, a sentence, and the action it is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from cases.models import Action, Case
from cases.queries import handling
from cases.rules.gate import Gap
from cases.vocabulary import Missing

SENTENCES = {
    Missing.OWNER: _("Nobody owns the case."),
    Missing.DECISION: _("No decision is recorded."),
    Missing.NO_REQUIRED_ACTION: _("The case has no required action."),
    Missing.ACTION_OPEN: _("A required action is neither done nor waived."),
    Missing.NOTHING_DONE: _("Every required action was waived; at least one must be done."),
    Missing.FINAL_ANSWER: _("The final answer has not been sent."),
    Missing.ANSWER_ON_ITS_WAY: _("The final answer is on its way and has not arrived yet."),
    Missing.ANSWER_BOUNCED: _("The final answer came back; the complainant does not have it."),
}


def gap_lines(gaps: Sequence[Gap]) -> list[dict[str, Any]]:
    """What is missing, line by line; an open action is named by its id."""
    ids = [gap.action_id for gap in gaps if gap.action_id is not None]
    public = dict(Action.objects.filter(pk__in=ids).values_list("pk", "public_id")) if ids else {}
    return lines_of(gaps, public)


def lines_of(gaps: Sequence[Gap], public: dict[int, Any]) -> list[dict[str, Any]]:
    """The same when the ids of the actions are known already."""
    return [_line(gap, public) for gap in gaps]


def gate_of(case: Case) -> dict[str, Any]:
    """Whether the case can be handled, and what is missing."""
    lines = gap_lines(handling.missing(case))
    return {"open": not lines, "missing": lines}


def _line(gap: Gap, public: dict[int, Any]) -> dict[str, Any]:
    about = {"action": str(public[gap.action_id])} if gap.action_id in public else {}
    return {"code": gap.code.value, "text": str(SENTENCES[gap.code]), **about}
