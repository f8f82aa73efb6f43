"""A journal as sentences: one for every kind of event, with its icon; names are looked up, never stored in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from cases.models import Event, Seer
from cases.queries import journal
from cases.vocabulary import (
    ActorKind,
    AnswerRoute,
    EventKind,
    Goal,
    ObservationKind,
    Outcome,
    PostKind,
    Reason,
    Role,
    Satisfaction,
    Severity,
    StepKind,
    StepStatus,
    Stream,
    SystemStatus,
    Told,
)
from cases.web.tags import catalogue_text, money

E = EventKind
SENTENCES: dict[str, tuple[str, str | Promise]] = {
    E.POST_RECEIVED: ("inbox", lazy("A post arrived")),
    E.POST_TRIAGED: ("message-question", lazy("%(actor)s triaged the post: %(kind)s")),
    E.POST_OBSERVED: ("eye", lazy("%(actor)s noted what was seen of the post: %(kind)s")),
    E.POST_JOINED: ("git-merge", lazy("%(actor)s: a post of the same author joined the case")),
    E.POST_LEFT: ("arrow-forward-up", lazy("A post left the case; it goes on in %(case)s")),
    E.PRAISE_PASSED_ON: ("heart", lazy("%(actor)s passed the praise on to %(person)s")),
    E.RAW_FAILED: ("alert-triangle", lazy("An arrival could not be processed")),
    E.RAW_REPLAYED: ("repeat", lazy("%(actor)s processed an arrival again")),
    E.RAW_SET_ASIDE: ("archive", lazy("%(actor)s set an arrival aside")),
    E.IMPORT_RUN: ("file-import", lazy("%(actor)s imported a file")),
    E.CASE_OPENED: ("plus", lazy("%(actor)s opened the case")),
    E.CASE_ASSIGNED: ("user-check", lazy("%(actor)s gave the case to %(owner)s")),
    E.CASE_WAITING: ("st-waiting", lazy("%(actor)s asked the complainant for something; the case waits")),
    E.CASE_RESUMED: ("player-play", lazy("%(actor)s took the case up again")),
    E.CASE_DISMISSED: ("ban", lazy("%(actor)s dismissed the case; the post and the reason stay")),
    E.CASE_MERGED: ("git-merge", lazy("%(actor)s merged the case: it goes on in %(case)s")),
    E.CASE_JOINED: ("git-merge", lazy("%(actor)s merged another case into this one: %(case)s")),
    E.CASE_SPLIT_OFF: ("arrow-forward-up", lazy("%(actor)s split the case off from %(case)s")),
    E.CASE_WITHDRAWN: ("arrow-back-up", lazy("%(actor)s recorded that the complaint was withdrawn")),
    E.CASE_HANDLED: ("st-handled", lazy("%(actor)s marked the case handled")),
    E.CASE_REOPENED: ("rotate", lazy("%(actor)s opened the case again; %(owner)s owns it")),
    E.CASE_RESTRICTED: ("shield-lock", lazy("%(actor)s restricted the case to its owner, the lead and managers")),
    E.CASE_UNRESTRICTED: ("lock-open", lazy("%(actor)s opened the case to the whole brand")),
    E.CASE_CLASSIFIED: ("tag", lazy("%(actor)s classified the case: %(category)s, severity %(severity)s")),
    E.CASE_TAGGED: ("tag", lazy("%(actor)s put a tag on the case: %(tag)s")),
    E.CASE_UNTAGGED: ("tag", lazy("%(actor)s took a tag off the case: %(tag)s")),
    E.COMPLAINANT_CHANGED: ("user", lazy("%(actor)s changed what is known of the complainant")),
    E.PRIVATE_DECLINED: ("user-off", lazy("%(actor)s recorded that the complainant wants no private thread")),
    E.REPLY_WRITTEN: ("eye", lazy("%(actor)s wrote a public reply")),
    E.REPLY_POSTED: ("eye-check", lazy("%(actor)s noted where the public reply stands")),
    E.INVITATION_SENT: ("send", lazy("%(actor)s invited the complainant to a private thread")),
    E.INVITATION_ACCEPTED: ("mail-opened", lazy("The invitation was accepted")),
    E.INVITATION_EXPIRED: ("clock", lazy("The invitation ran out without an answer")),
    E.THREAD_OPENED: ("messages", lazy("A private thread began")),
    E.THREAD_CONFIRMED: ("user-check", lazy("%(actor)s confirmed who the person in the thread is")),
    E.THREAD_REFUSED: ("user-x", lazy("%(actor)s refused a claimant: it is somebody else")),
    E.CODE_MADE: ("key", lazy("%(actor)s made a code to send to the public account")),
    E.CODE_WRONG: ("alert-circle", lazy("A wrong code was typed in")),
    E.LINK_SENT: ("link", lazy("%(actor)s sent a new private link")),
    E.LINK_ASKED: ("link", lazy("%(actor)s asked for a new private link")),
    E.LINK_REVOKED: ("unlink", lazy("%(actor)s ended the private links")),
    E.MESSAGE_SENT: ("lock", lazy("%(actor)s wrote to the complainant in private")),
    E.MESSAGE_RECEIVED: ("message-2", lazy("The complainant wrote in private")),
    E.MESSAGES_READ: ("checks", lazy("The complainant read what we wrote")),
    E.MESSAGE_MISDIRECTED: ("mail-forward", lazy("%(actor)s reported a message that went to the wrong person")),
    E.NOTE_WRITTEN: ("note", lazy("%(actor)s wrote a note")),
    E.DECISION_RECORDED: ("gavel", lazy("%(actor)s decided: %(outcome)s")),
    E.ACTION_ADDED: ("plus", lazy("%(actor)s planned: %(action)s")),
    E.ACTION_STARTED: ("player-play", lazy("%(actor)s started: %(action)s")),
    E.ACTION_COMPLETED: ("check", lazy("%(actor)s completed, with proof: %(action)s")),
    E.ACTION_FAILED: ("circle-x", lazy("%(actor)s: it did not work: %(action)s")),
    E.ACTION_PROPOSED_AGAIN: ("refresh", lazy("%(actor)s proposed again: %(action)s")),
    E.ACTION_WAIVED: ("hand-stop", lazy("%(actor)s waived, with a reason: %(action)s")),
    E.ACTION_CHANGED: ("pencil", lazy("%(actor)s changed: %(action)s")),
    E.PROMISE_MADE: ("calendar-due", lazy("%(actor)s promised, for %(due)s: %(action)s")),
    E.PROMISE_MOVED: ("calendar-event", lazy("%(actor)s promised anew, for %(due)s: %(action)s")),
    E.PROMISE_WARNED: ("clock", lazy("A promised day comes near; whoever does it was told: %(action)s")),
    E.PROMISE_BROKEN: ("due-over", lazy("A promise was not kept on its day: %(action)s")),
    E.PROMISE_KEPT: ("checks", lazy("The promise is kept: %(action)s")),
    E.PROMISE_DROPPED: ("circle-minus", lazy("What was promised is no longer planned: %(action)s")),
    E.ACTION_AUTHORISED: ("shield-check", lazy("%(actor)s decided: %(action)s")),
    E.APPROVAL_REQUESTED: ("scale", lazy("%(actor)s asked for approval: %(action)s")),
    E.APPROVAL_PASSED_ON: ("arrow-right", lazy("The request went on from %(before)s to %(after)s: %(action)s")),
    E.APPROVAL_CONSENTED: ("circle-half-2", lazy("%(actor)s approved as the first of two: %(action)s")),
    E.APPROVAL_GRANTED: ("circle-check", lazy("%(actor)s approved: %(action)s")),
    E.APPROVAL_REFUSED: ("circle-x", lazy("%(actor)s refused: %(action)s")),
    E.APPROVAL_RETURNED: ("arrow-back-up", lazy("%(actor)s changed and returned: %(action)s")),
    E.APPROVAL_WITHDRAWN: ("x", lazy("%(actor)s took the request back: %(action)s")),
    E.APPROVAL_VOIDED: ("ban", lazy("The request is void, it was changed: %(action)s")),
    E.ACTION_SENT: ("plug-connected", lazy("%(actor)s sent it to %(target)s: %(action)s")),
    E.ACTION_CANCEL_ASKED: ("hand-stop", lazy("%(actor)s asked %(target)s to cancel: %(action)s")),
    E.CALLBACK_RECEIVED: ("webhook", lazy("%(target)s says “%(said)s”: %(action)s")),
    E.TARGET_CHANGED: ("plug", lazy("%(actor)s changed a connected system")),
    E.ANSWER_SENT: ("send", lazy("%(actor)s sent the final answer: %(route)s")),
    E.ANSWER_REACHED: ("mail-opened", lazy("The final answer reached the complainant")),
    E.ANSWER_BOUNCED: ("mail-off", lazy("The final answer came back")),
    E.UNREACHABLE_RECORDED: ("user-question", lazy("%(actor)s recorded that the complainant cannot be reached")),
    E.CONFIRMATION_GIVEN: ("mood-smile", lazy("The complainant said: %(answer)s")),
    E.CAUSE_NAMED: ("zoom-question", lazy("%(actor)s named the cause: %(cause)s")),
    E.CONFIRMATION_ASKED: ("help", lazy("The complainant was asked whether it is settled")),
    E.CLOSING_AGREED: ("speakerphone", lazy("The complainant lets us say in public that it is settled")),
    E.DELIVERY_QUEUED: ("clock", lazy("A mail was queued")),
    E.DELIVERY_CLAIMED: ("hourglass", lazy("A mail is being sent")),
    E.DELIVERY_SENT: ("mail", lazy("A mail was accepted by the mail server")),
    E.DELIVERY_FAILED: ("mail-off", lazy("A mail could not be delivered")),
    E.DELIVERY_UNKNOWN: ("question-mark", lazy("Nobody knows whether a mail went out")),
    E.DELIVERY_SETTLED: ("checkbox", lazy("%(actor)s settled what became of a mail")),
    E.FILE_DROPPED: ("trash", lazy("Files that belonged to nothing were removed")),
    E.BRAND_CHANGED: ("building-store", lazy("%(actor)s changed the brand")),
    E.CHANNEL_CHANGED: ("route", lazy("%(actor)s changed a channel")),
    E.TEAM_CHANGED: ("users", lazy("%(actor)s changed a team")),
    E.CATEGORY_CHANGED: ("category", lazy("%(actor)s changed a category")),
    E.CATEGORY_MERGED: ("git-merge", lazy("%(actor)s merged the category %(category)s into %(into)s")),
    E.KIND_CHANGED: ("list-details", lazy("%(actor)s changed a kind of action")),
    E.PLAYBOOK_CHANGED: ("book", lazy("%(actor)s changed a playbook")),
    E.CAUSE_CHANGED: ("zoom-question", lazy("%(actor)s changed a cause")),
    E.CALENDAR_CHANGED: ("clock", lazy("%(actor)s changed a calendar")),
    E.POLICY_CHANGED: ("hourglass", lazy("%(actor)s changed the deadlines of cases")),
    E.DEADLINE_NEAR: ("clock", lazy("A date that the complainant waits for comes near; the owner was told: %(goal)s")),
    E.DEADLINE_MISSED: ("due-over", lazy("A deadline was missed: %(goal)s")),
    E.DEADLINE_EXTENDED: ("calendar-event", lazy("%(actor)s gave a deadline a later date, %(until)s: %(goal)s")),
    E.DEADLINES_DIFFERED: ("alert-triangle", lazy("The nightly check found deadlines that come out differently")),
    E.TAG_CHANGED: ("tags", lazy("%(actor)s changed the tag %(tag)s")),
    E.RULE_MATCHED: ("stairs-up", lazy("%(actor)s began to act on the case")),
    E.RULE_STEPPED: ("stairs-up", lazy("%(actor)s took step %(step)s: %(kind)s")),
    E.RULE_STOPPED: ("stairs-up", lazy("%(actor)s went no further: %(reason)s")),
    E.RULE_CHANGED: ("stairs-up", lazy("%(actor)s changed the rule %(rule)s")),
    E.RULE_REPLAYED: ("player-play", lazy("%(actor)s ran the rule %(rule)s through the past")),
    E.REPORT_COMPUTED: ("chart-bar", lazy("A long report was counted in the background")),
    E.FIGURES_DIFFERED: ("alert-triangle", lazy("The nightly check found figures of reports that differ")),
    E.FIGURES_REBUILT: ("refresh", lazy("%(actor)s computed the figures of reports anew")),
    E.REPORT_SAVED: ("star", lazy("%(actor)s saved a report, or changed, shared or scheduled a saved one")),
    E.REPORT_MAILED: ("mail", lazy("A saved report was sent by mail")),
    E.EXPORT_STARTED: ("file-export", lazy("%(actor)s asked for an export of a report")),
    E.EXPORT_MADE: ("file-export", lazy("An export of a report was written")),
    E.EXPORT_ENDED: ("file-export", lazy("An export of a report was called off, or failed")),
    E.PERIOD_FROZEN: ("snowflake", lazy("%(actor)s froze the figures of a period")),
    E.PERIOD_SIGNED: ("rosette-discount-check", lazy("%(actor)s signed the figures of a frozen period")),
    E.REGIME_CHANGED: ("gavel", lazy("%(actor)s changed what a final answer must hold")),
    E.GRANT_GIVEN: ("shield-check", lazy("%(actor)s gave authority to %(to)s")),
    E.GRANT_ENDED: ("shield-question", lazy("%(actor)s ended the authority of %(to)s")),
    E.ABSENCE_NOTED: ("umbrella", lazy("%(actor)s noted that %(person)s is away; deputy: %(deputy)s")),
    E.ABSENCE_ENDED: ("umbrella", lazy("%(actor)s noted that %(person)s is not away any more")),
    E.RATE_SET: ("currency-euro", lazy("%(actor)s set the rate of %(currency)s")),
    E.PERSON_INVITED: ("user-plus", lazy("%(actor)s invited %(person)s")),
    E.PERSON_CHANGED: ("user", lazy("%(actor)s changed %(person)s")),
    E.PERSON_DEACTIVATED: ("user-minus", lazy("%(actor)s deactivated %(person)s")),
    E.MEMBERSHIP_CHANGED: ("users-group", lazy("%(actor)s changed what %(person)s may do: %(role)s")),
    E.CASES_HANDED_OVER: ("arrows-exchange", lazy("%(actor)s handed over the cases of %(person)s")),
    E.TOKEN_MADE: ("key", lazy("%(actor)s made an API token")),
    E.TOKEN_REVOKED: ("key", lazy("%(actor)s revoked an API token")),
}
# The same kinds of event about a request to a connected system.
CALLS: dict[str, tuple[str, str | Promise]] = {
    E.DELIVERY_QUEUED: ("clock", lazy("A request to %(target)s was queued: %(action)s")),
    E.DELIVERY_CLAIMED: ("hourglass", lazy("A request goes to %(target)s: %(action)s")),
    E.DELIVERY_SENT: ("plug-connected", lazy("%(target)s answered “%(said)s”: %(action)s")),
    E.DELIVERY_UNKNOWN: ("question-mark", lazy("Nobody knows what %(target)s did: %(action)s")),
    E.DELIVERY_SETTLED: ("checkbox", lazy("%(actor)s settled what became of a request to %(target)s: %(action)s")),
    E.ACTION_COMPLETED: ("check", lazy("%(target)s has it done, with proof: %(action)s")),
    E.ACTION_FAILED: ("circle-x", lazy("It did not work at %(target)s: %(action)s")),
}
# And about a word that a rule sends to one.
HOOKS: dict[str, tuple[str, str | Promise]] = {
    E.DELIVERY_CLAIMED: ("hourglass", lazy("A rule tells a connected system")),
    E.DELIVERY_SENT: ("plug-connected", lazy("A connected system heard what a rule told it")),
    E.DELIVERY_FAILED: ("plug", lazy("A connected system did not hear what a rule told it")),
    E.DELIVERY_QUEUED: ("clock", lazy("What a rule tells a connected system goes again later")),
    E.DELIVERY_SETTLED: ("checkbox", lazy("%(actor)s settled what became of a word to a connected system")),
}
NOT_STEPPED = lazy("%(actor)s did not take step %(step)s, %(kind)s: %(reason)s")
STEPPED_LATE = lazy("%(actor)s took step %(step)s late: %(kind)s")
# A person's word about what a connected system did is theirs.
BY_WORD = frozenset({E.ACTION_COMPLETED, E.ACTION_FAILED})
# What became of a rule, by the first of its fields that changed.
RULE_MOVES: dict[str, str | Promise] = {
    "created": lazy("%(actor)s drafted the rule %(rule)s"),
    "draft": lazy("%(actor)s changed the draft of the rule %(rule)s, version %(number)s"),
    "discarded": lazy("%(actor)s threw the draft of the rule %(rule)s away, version %(number)s"),
    "name": lazy("%(actor)s renamed the rule %(rule)s"),
    "live": lazy("%(actor)s put the rule %(rule)s live, version %(number)s"),
    "paused": lazy("%(actor)s paused the rule %(rule)s"),
    "resumed": lazy("%(actor)s let the rule %(rule)s act again"),
    "retired": lazy("%(actor)s retired the rule %(rule)s"),
    "order": lazy("%(actor)s put the rules in another order"),
    "useful": lazy("%(actor)s said whether it helped that the rule %(rule)s acted"),
}
TOOK = lazy("%(actor)s took the case")
ASKED_AGAIN = lazy("The complainant was asked whether it lasted")
SAID_OF_PROMISE = lazy("The complainant said of a promise whether it was kept: %(answer)s")
TOLD_US = lazy("%(actor)s wrote down what the complainant said %(told)s: %(answer)s")
# Codes in a payload that have a word.
LABELS: dict[str, Any] = {
    "outcome": Outcome,
    "route": AnswerRoute,
    "answer": Satisfaction,
    "told": Told,
    "role": Role,
    "severity": Severity,
    "said": SystemStatus,
    "goal": Goal,
    "reason": Reason,
}
KINDS: dict[str, Any] = {E.POST_TRIAGED: PostKind, E.POST_OBSERVED: ObservationKind, E.RULE_STEPPED: StepKind}


@dataclass(frozen=True, slots=True)
class Sentence:
    """One line of a journal as a person reads it."""

    seq: int
    icon: str
    words: str
    small: str
    at: datetime


def facts(request: HttpRequest, case: Any, seer: Seer) -> dict[str, Any]:
    """The journal's part of a case page."""
    asked = request.GET.get("before", "")
    before = int(asked) if asked.isdecimal() and len(asked) < 10 else None
    page = journal.page(Stream.CASE, case.pk, before, seer=seer)
    return {"journal": sentences(page), "before": page.before}


def sentences(page: journal.JournalPage) -> list[Sentence]:
    """The lines of a page of a journal."""
    return [sentence(event, page.names) for event in page.events]


def sentence(event: Event, names: Mapping[tuple[str, int], Any]) -> Sentence:
    """One event in words."""
    icon, template = SENTENCES.get(event.kind, ("history", event.kind.replace("_", " ")))
    if event.payload.get("target") and not (event.person_id and event.kind in BY_WORD):
        icon, template = CALLS.get(event.kind, (icon, template))
    elif event.payload.get("purpose") == "hook":
        icon, template = HOOKS.get(event.kind, (icon, template))
    words = _words(event, names)
    if event.kind == E.RULE_STEPPED:
        template = _step(event, template)
    elif event.kind == E.RULE_CHANGED:
        template = RULE_MOVES.get(next(iter(event.payload.get("fields", ())), ""), template)
        words["number"] = str(event.payload.get("number", ""))
    elif event.kind == E.CASE_ASSIGNED and event.payload.get("owner") == event.person_id:
        template = TOOK
    elif event.kind == E.CONFIRMATION_ASKED and event.payload.get("again"):
        template = ASKED_AGAIN
    elif event.kind == E.CONFIRMATION_GIVEN:
        template = _confirmation(event, template)
    return Sentence(event.seq, icon, str(template) % words, _small(event), event.occurred_at)


def _step(event: Event, usual: str | Promise) -> str | Promise:
    if event.payload.get("became") != StepStatus.DONE:
        return NOT_STEPPED
    return STEPPED_LATE if event.payload.get("late") else usual


def _confirmation(event: Event, usual: str | Promise) -> str | Promise:
    if event.payload.get("promise"):
        return SAID_OF_PROMISE
    return TOLD_US if event.person_id else usual


_WORDS = (
    "person",
    "owner",
    "action",
    "case",
    "category",
    "into",
    "cause",
    "target",
    "tag",
    "rule",
    "kind",
    "due",
    "until",
)


def _words(event: Event, names: Mapping[tuple[str, int], Any]) -> dict[str, str]:
    words = dict.fromkeys((*_WORDS, *LABELS), _("unknown"))
    words |= {
        "step": str(event.payload.get("step", "")),
        "actor": _actor(event, names),
        "before": _("nobody"),
        "after": _("nobody"),
    }
    for what, keys in journal.NAMED:
        for key in keys:
            if isinstance(event.payload.get(key), int):
                words[key] = catalogue_text(names.get((what, event.payload[key]))) or (
                    # What the reader may not open is not named.
                    _("another case") if what == "case" else _("unknown")
                )
    for key, labels in LABELS.items():
        if event.payload.get(key) in labels.values:
            words[key] = str(labels(event.payload[key]).label).lower()
    words |= _authority_words(event, words)
    if event.payload.get("said") == "refused":
        words["said"] = _("no")
    labels = KINDS.get(event.kind)
    if labels and event.payload.get("kind") in labels.values:
        words["kind"] = str(labels(event.payload["kind"]).label).lower()
    for key in ("due", "until"):
        if isinstance(event.payload.get(key), str):
            words[key] = date_format(localtime(datetime.fromisoformat(event.payload[key])), "j F Y")
    if event.payload.get("category", 0) is None:
        words["category"] = _("no category")
    if event.payload.get("cause", 0) is None:
        words["cause"] = _("none yet")
    return words


def _authority_words(event: Event, words: Mapping[str, str]) -> dict[str, str]:
    said, kind = event.payload, event.kind
    if kind in {E.GRANT_GIVEN, E.GRANT_ENDED}:
        whose = words["person"] if said.get("person") else _("a team") if said.get("team") else words["role"]
        return {"to": whose}
    if kind == E.RATE_SET:
        return {"currency": str(said.get("currency", ""))}
    if kind == E.ABSENCE_NOTED and said.get("deputy") is None:
        return {"deputy": _("nobody")}
    return {}


def _actor(event: Event, names: Mapping[tuple[str, int], Any]) -> str:
    person = names.get(("person", event.person_id or 0), _("unknown"))
    return {
        ActorKind.PERSON: str(person),
        ActorKind.TOKEN: _("A program of %(person)s") % {"person": person},
        ActorKind.COMPLAINANT: _("The complainant"),
        ActorKind.RULE: _("The rule “%(rule)s”") % {"rule": names.get(("rule", event.actor_id or 0), _("unknown"))},
        ActorKind.SYSTEM: "casedesk",
    }[ActorKind(event.actor_kind)]


def _small(event: Event) -> str:
    amount = event.payload.get("amount")
    return money(amount, str(event.payload.get("currency") or "")) if amount else ""
