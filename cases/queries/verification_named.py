"""Which events must name which rows: what is there without its event was put in past the journal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cases.vocabulary import EventKind


@dataclass(frozen=True, slots=True)
class Named:
    """Rows that an event must name: its stream, its kinds and the key of its payload (none: once a stream)."""

    what: str
    table: str
    stream: str
    stream_id: str
    kinds: Sequence[EventKind]
    key: str = ""
    where: str = "TRUE"
    row_id: str = "x.id"


_OF_CASE = {"stream": "'case'", "stream_id": "x.case_id"}
_K = EventKind
_OF_CASES = (
    Named("the case", "cases_case", "'case'", "x.id", [_K.CASE_OPENED]),
    Named("the post", "cases_post", "'post'", "x.id", [_K.POST_RECEIVED]),
    Named("observation", "cases_observation", "'post'", "x.post_id", [_K.POST_OBSERVED], "observation"),
    Named("post", "cases_casepost", **_OF_CASE, kinds=[_K.CASE_OPENED, _K.POST_JOINED], key="post", row_id="x.post_id"),
    Named(
        "the leaving of post",
        "cases_casepost",
        **_OF_CASE,
        kinds=[_K.POST_LEFT],
        key="post",
        where="x.left_at IS NOT NULL",
        row_id="x.post_id",
    ),
    Named("the merging", "cases_case", "'case'", "x.id", [_K.CASE_MERGED], where="x.status = 'merged'"),
    Named("message", "cases_message", **_OF_CASE, kinds=[_K.MESSAGE_SENT, _K.MESSAGE_RECEIVED], key="message"),
    Named("note", "cases_note", **_OF_CASE, kinds=[_K.NOTE_WRITTEN], key="note"),
    Named("invitation", "cases_invitation", **_OF_CASE, kinds=[_K.INVITATION_SENT], key="invitation"),
    Named(
        "public reply",
        "cases_publicreply",
        "CASE WHEN x.case_id IS NULL THEN 'post' ELSE 'case' END",
        "coalesce(x.case_id, x.post_id)",
        [_K.REPLY_WRITTEN, _K.REPLY_POSTED],
        "reply",
    ),
    Named("decision", "cases_decision", **_OF_CASE, kinds=[_K.DECISION_RECORDED], key="decision"),
    Named(
        "a decision on so many points:",
        "cases_decision",
        **_OF_CASE,
        kinds=[_K.DECISION_RECORDED],
        key="points",
        where="EXISTS (SELECT 1 FROM cases_point p WHERE p.decision_id = x.id)",
        row_id="(SELECT count(*) FROM cases_point p WHERE p.decision_id = x.id)",
    ),
    Named(
        "cause",
        "cases_case",
        "'case'",
        "x.id",
        [_K.CAUSE_NAMED],
        "cause",
        where="x.cause_id IS NOT NULL",
        row_id="x.cause_id",
    ),
    Named(
        "action",
        "cases_action",
        **_OF_CASE,
        kinds=[_K.ACTION_ADDED],
        key="action",
        # What a playbook brings is part of the opening.
        where="x.created_by_id IS NOT NULL",
    ),
    Named(
        "the proof of action",
        "cases_action",
        **_OF_CASE,
        kinds=[_K.ACTION_COMPLETED],
        key="action",
        where="x.status = 'done'",
    ),
    Named(
        "the waiver of action",
        "cases_action",
        **_OF_CASE,
        kinds=[_K.ACTION_WAIVED],
        key="action",
        where="x.status = 'waived'",
    ),
    Named("request for approval", "cases_approval", **_OF_CASE, kinds=[_K.APPROVAL_REQUESTED], key="approval"),
    Named(
        "the answer to request",
        "cases_approval",
        **_OF_CASE,
        kinds=[_K.APPROVAL_GRANTED, _K.APPROVAL_REFUSED, _K.APPROVAL_RETURNED],
        key="approval",
        where="x.status IN ('granted', 'refused', 'returned')",
    ),
    Named("final answer", "cases_answer", **_OF_CASE, kinds=[_K.ANSWER_SENT, _K.UNREACHABLE_RECORDED], key="answer"),
    Named("confirmation", "cases_confirmation", **_OF_CASE, kinds=[_K.CONFIRMATION_GIVEN], key="confirmation"),
    Named(
        "the consent to a public closing of confirmation",
        "cases_confirmation",
        **_OF_CASE,
        kinds=[_K.CLOSING_AGREED],
        key="confirmation",
        where="x.may_say_publicly",
    ),
    Named("promise", "cases_promise", **_OF_CASE, kinds=[_K.PROMISE_MADE, _K.PROMISE_MOVED], key="promise"),
    Named(
        "the keeping of promise",
        "cases_promise",
        **_OF_CASE,
        kinds=[_K.PROMISE_KEPT],
        key="promise",
        where="x.kept_at IS NOT NULL",
    ),
    Named(
        "the dropping of promise",
        "cases_promise",
        **_OF_CASE,
        kinds=[_K.PROMISE_DROPPED],
        key="promise",
        where="x.dropped_at IS NOT NULL",
    ),
    Named(
        "the missing of deadline",
        "cases_deadline",
        **_OF_CASE,
        kinds=[_K.DEADLINE_MISSED],
        key="deadline",
        where="x.missed_at IS NOT NULL",
    ),
    Named(
        "extension",
        "cases_extension",
        "'case'",
        "(SELECT d.case_id FROM cases_deadline d WHERE d.id = x.deadline_id)",
        [_K.DEADLINE_EXTENDED],
        "extension",
    ),
    Named("escalation", "cases_escalation", **_OF_CASE, kinds=[_K.RULE_MATCHED, _K.RULE_STOPPED], key="escalation"),
    Named(
        "the taking of a step of escalation",
        "cases_escalationstep",
        "'case'",
        "(SELECT o.case_id FROM cases_escalation o WHERE o.id = x.escalation_id)",
        [_K.RULE_STEPPED, _K.RULE_STOPPED],
        "escalation",
        where="x.status <> 'pending'",
        row_id="x.escalation_id",
    ),
    Named("tag", "cases_casetag", **_OF_CASE, kinds=[_K.CASE_TAGGED], key="tag", row_id="x.tag_id"),
    Named(
        "what the complainant said of promise",
        "cases_promise",
        **_OF_CASE,
        kinds=[_K.CONFIRMATION_GIVEN],
        key="promise",
        where="x.said <> ''",
    ),
    Named(
        "the sending of delivery",
        "cases_delivery",
        "CASE WHEN x.case_id IS NULL THEN 'setup' ELSE 'case' END",
        "coalesce(x.case_id, 0)",
        [_K.DELIVERY_SENT, _K.DELIVERY_SETTLED],
        "delivery",
        where="x.status = 'sent'",
    ),
    Named("connected system", "cases_target", "'brand'", "x.brand_id", [_K.TARGET_CHANGED], "target"),
    Named(
        "order",
        "cases_delivery",
        **_OF_CASE,
        kinds=[_K.ACTION_SENT, _K.DELIVERY_QUEUED],
        key="delivery",
        where="x.ask = 'do'",
    ),
    Named(
        "callback",
        "cases_callback",
        "'case'",
        "(SELECT a.case_id FROM cases_action a WHERE a.id = x.action_id)",
        [_K.CALLBACK_RECEIVED],
        "callback",
        where="x.action_id IS NOT NULL",
    ),
    Named(
        "the failure of arrival", "cases_raw", "'brand'", "x.brand_id", [_K.RAW_FAILED], "raw", "x.status = 'failed'"
    ),
)

_OF_BRAND = {"stream": "'brand'", "stream_id": "x.brand_id"}
_OF_BRANDS = (
    # What a migration gave stands in no journal.
    Named("grant", "cases_grant", **_OF_BRAND, kinds=[_K.GRANT_GIVEN], key="grant", where="x.given_by_id IS NOT NULL"),
    Named(
        "the end of grant",
        "cases_grant",
        **_OF_BRAND,
        kinds=[_K.GRANT_ENDED],
        key="grant",
        where="x.ended_at IS NOT NULL",
    ),
    # What a migration set up stands in no journal either.
    Named(
        "the change of calendar",
        "cases_calendar",
        **_OF_BRAND,
        kinds=[_K.CALENDAR_CHANGED],
        key="calendar",
        where="x.revision > 1",
    ),
    Named(
        "policy", "cases_policy", **_OF_BRAND, kinds=[_K.POLICY_CHANGED], key="policy", where="x.made_by_id IS NOT NULL"
    ),
    Named(
        "the differences of check",
        "cases_deadlinecheck",
        "'setup'",
        "0",
        [_K.DEADLINES_DIFFERED],
        "check",
        where="x.differed > 0",
    ),
    Named("report run", "cases_reportrun", "'setup'", "0", [_K.REPORT_COMPUTED], "run"),
    Named("export", "cases_export", "'setup'", "0", [_K.EXPORT_STARTED], "export"),
    Named("saved report", "cases_savedreport", "'setup'", "0", [_K.REPORT_SAVED], "saved"),
    Named(
        "the file of export", "cases_export", "'setup'", "0", [_K.EXPORT_MADE], "export", where="x.digest IS NOT NULL"
    ),
    Named(
        "the merging of category",
        "cases_category",
        **_OF_BRAND,
        kinds=[_K.CATEGORY_MERGED],
        key="category",
        where="x.merged_into_id IS NOT NULL",
    ),
    Named("frozen period", "cases_frozenperiod", **_OF_BRAND, kinds=[_K.PERIOD_FROZEN], key="frozen"),
    Named(
        "the signature under frozen period",
        "cases_frozenperiod",
        **_OF_BRAND,
        kinds=[_K.PERIOD_SIGNED],
        key="frozen",
        where="x.signed_at IS NOT NULL",
    ),
    Named("absence", "cases_absence", **_OF_BRAND, kinds=[_K.ABSENCE_NOTED], key="absence"),
    Named("rate", "cases_rate", **_OF_BRAND, kinds=[_K.RATE_SET], key="rate"),
)

NAMED = (*_OF_CASES, *_OF_BRANDS)
