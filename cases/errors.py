"""Every refusal, one class each; the docstring is the message, the attributes fill it in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.utils.translation import gettext


def sentence(refusal: type[Exception]) -> str:
    """A refusal's message in English: its docstring on one line."""
    return " ".join(str(refusal.__doc__).split())


class Refused(Exception):  # noqa: N818 - a refusal is an answer, not an error
    """This cannot be done."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        super().__init__(sentence(self.__class__))

    @property
    def message(self) -> str:
        """The sentence a person reads, in their language."""
        return gettext(sentence(self.__class__)) % self.facts


class NotFound(Refused):
    """There is nothing here, or it is not yours to see."""

    code = "not_found"
    status = 404


class NotAllowed(Refused):
    """Your role does not allow this. Nothing was changed; a manager of the brand can do it."""

    code = "not_allowed"
    status = 403


class Invalid(Refused):
    """%(reason)s"""

    code = "invalid"
    status = 422

    def __init__(self, reason: str, field: str | None = None) -> None:
        super().__init__(reason=reason)
        self.field = field

    @property
    def message(self) -> str:
        """The reason as given."""
        return str(self.facts["reason"])


class NotARule(Invalid):
    """%(reason)s"""

    def __init__(self, reason: str, fault: str, path: str) -> None:
        super().__init__(reason, path)
        self.fault = fault


class GateClosed(Refused):
    """The case cannot be handled yet: some things are still missing. Nothing was changed."""

    code = "gate_closed"

    def __init__(self, missing: Sequence[Any]) -> None:
        super().__init__()
        self.missing = list(missing)


class IllegalMove(Refused):
    """This is not possible while the case is %(status)s. Nothing was changed."""

    code = "illegal_move"


class IllegalActionMove(Refused):
    """This is not possible while the action is %(status)s. Nothing was changed."""

    code = "illegal_action_move"


class AlreadyTaken(Refused):
    """%(owner)s has just taken this case. Nothing was changed; you can still write a note."""

    code = "already_taken"


class ChangedMeanwhile(Refused):
    """Somebody changed this while you were looking at it. What you wrote is kept; look again and repeat it if it still
    fits.
    """

    code = "changed_meanwhile"


class Frozen(Refused):
    """The case is handled. Reopen it first; its actions, its decision and its answer stay as they are until then."""

    code = "handled_is_frozen"


class ProofMissing(Refused):
    """The action needs proof: %(demand)s. Nothing was changed."""

    code = "proof_missing"
    status = 422


class AboveAuthority(Refused):
    """You may not decide this: %(why)s. Nothing was changed; ask for approval, or change the action."""

    code = "above_authority"
    status = 403


class NobodyMayDecide(Refused):
    """Nobody at the brand may decide this: %(kinds)s. Nothing was changed; an admin can give somebody the authority."""

    code = "nobody_may_decide"
    status = 422


class BudgetExhausted(Refused):
    """What you may decide is used up for now: %(why)s. Nothing was changed; somebody else may have some left."""

    code = "budget_exhausted"


class SelfApproval(Refused):
    """Nobody approves what they asked for themselves. Nothing was changed; it waits for somebody else."""

    code = "self_approval"
    status = 403


class SelfGrant(Refused):
    """Nobody gives themselves authority, neither alone nor with their role or their team. Nothing was changed; somebody
    above you, or an admin, can give it.
    """

    code = "self_grant"
    status = 403


class BeyondOwn(Refused):
    """You can only give what you may decide yourself: %(why)s. Nothing was changed; an admin can give more."""

    code = "above_authority"
    status = 403


class ApprovalVoid(Refused):
    """This request no longer stands: it is answered already, or what it was for has changed. Nothing was done; look at
    the case.
    """

    code = "approval_void"


class NoRate(Refused):
    """There is no rate from %(currency)s to %(into)s yet, so nobody knows what this is worth. Nothing was changed; an
    admin can add the rate.
    """

    code = "no_rate"
    status = 422


class SentAlready(Refused):
    """%(target)s has this already. Nothing was changed; ask it to cancel, and wait for its answer."""

    code = "sent_already"


class AnswerIncomplete(Refused):
    """The answer cannot go yet, %(regime)s demands more of it: %(missing)s. Nothing is lost."""

    code = "answer_incomplete"
    status = 422


class NotOwnable(Refused):
    """%(person)s cannot own this case: not an active agent or manager of the brand, or the complaint is about them."""

    code = "not_ownable"
    status = 422


class Unreachable(Refused):
    """There is no way to reach the complainant in private yet: no thread, no mail address. Invite them, or record that
    they cannot be reached.
    """

    code = "unreachable"


class LinkDead(Refused):
    """This link is no longer valid. Nothing is lost: ask for a new link below, or write to the brand again."""

    code = "link_dead"
    status = 404


class CodeWrong(Refused):
    """This code is not right, or it has run out. You can ask for a new one by writing to us on this page."""

    code = "code_wrong"
    status = 422


class FileRefused(Refused):
    """The file “%(name)s” was not kept: %(reason)s. Everything else you wrote is kept."""

    code = "file_refused"
    status = 422


class KeyReused(Refused):
    """This Idempotency-Key was used before with another body. Nothing was done; use a new key."""

    code = "key_reused"
    status = 422


class Inherits(Refused):
    """%(count)s cases would be left without an owner. Say who inherits them."""

    code = "heir_needed"
    status = 422


class LastAdmin(Refused):
    """There would be no organisation admin left. Make somebody else an admin first."""

    code = "last_admin"


class InUse(Refused):
    """Open cases still need this (%(count)s), so it stays switched on. Finish them or move them first."""

    code = "in_use"


class CannotBeExtended(Refused):
    """This deadline cannot have a later date: %(why)s. Nothing was changed, and what you wrote is kept."""

    code = "cannot_be_extended"
    status = 422


class MatchesMany(Refused):
    """The rule would act on %(count)s cases at once. Nothing was changed; repeat the number, and it does."""

    code = "matches_many"

    @property
    def count(self) -> int:
        """How many cases it would act on."""
        return int(self.facts["count"])


class RulesLoop(Refused):
    """These rules would set each other off for ever: %(rules)s. Nothing was changed; change what one of them does or
    looks for.
    """

    code = "rules_loop"
    status = 422


class RuleNamesGone(Refused):
    """The rule names what is no longer there: %(names)s. Nothing was changed; choose something else in its place."""

    code = "rule_names_gone"
    status = 422


class ReplayRunning(Refused):
    """Another replay of this brand is going on. Wait until it is done, or cancel it."""

    code = "replay_running"


class Leaks(Refused):
    """The reply would tell everybody something private. Look at the marked words, change them, or say that they may be
    public.
    """

    code = "leaks"
    status = 422

    def __init__(self, leaks: Sequence[Any]) -> None:
        super().__init__()
        self.leaks = list(leaks)


class TooSlow(Refused):
    """The search took too long and was stopped. Add a word, or choose a brand."""

    code = "search_too_slow"
    status = 503


class NotADate(Refused):
    """“%(given)s” is not a date that can be asked for. Write it as 2026-11-23, between the years 1900 and 2199."""

    code = "not_a_date"
    status = 422


class UnknownZone(Refused):
    """There is no time zone called “%(zone)s”. Write it as Europe/Paris or UTC."""

    code = "unknown_zone"
    status = 422


class UnknownPeriod(Refused):
    """There is no period called “%(name)s”. Choose one from the list, or say from when to when."""

    code = "unknown_period"
    status = 422


class PeriodEndsBeforeItBegins(Refused):
    """The period ends before it begins, or holds no time at all. Choose a later end."""

    code = "period_ends_before_it_begins"
    status = 422


class PeriodTooLong(Refused):
    """The period is longer than %(years)s years. Choose a shorter one."""

    code = "period_too_long"
    status = 422


class TooManySteps(Refused):
    """That would be more than %(most)s steps of time. Choose a longer step or a shorter period."""

    code = "too_many_steps"
    status = 422


class SplitNotAllowed(Refused):
    """Figures of single people are for the managers of a brand. Choose another split; all other figures stay open."""

    code = "split_not_allowed"
    status = 403


class NoSuchSplit(Refused):
    """“%(given)s” is nothing that these figures can be filtered or split by. Choose one from the list."""

    code = "no_such_split"
    status = 422


class TooManySplits(Refused):
    """Figures are split by two things at most. Take one away."""

    code = "too_many_splits"
    status = 422


class TooManyExports(Refused):
    """%(most)s of your exports are still going on. Wait until one is done, or cancel one."""

    code = "too_many_exports"
    status = 429


class NoSuchBeat(Refused):
    """Choose an hour from 0 to 23, a day of the week, and a day of the month from 1 to 28 or its last."""

    code = "no_such_beat"
    status = 422


class TooManySaved(Refused):
    """You keep %(most)s saved reports already. Delete one that you no longer need."""

    code = "too_many_saved"
