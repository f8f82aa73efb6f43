"""The words of returns to regulators: which there are, what they count, and what each figure means."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Words(NamedTuple):
    """What a figure is called and what exactly it counts."""

    label: str | Promise
    definition: str | Promise


class ReturnName(StrEnum):
    """The regulator's return that is made from the same cases."""

    DISP = "disp"
    CFPB = "cfpb"
    ACPR = "acpr"


class ClosedBy(StrEnum):
    """What closed a complaint in the sense of a return; whether its actions are done is another question."""

    FINAL_RESPONSE = "by_final_response"
    ACCEPTED = "by_acceptance"
    SILENCE = "by_silence"
    WITHDRAWN = "by_withdrawal"
    HANDLED = "by_handling"


class Counted(StrEnum):
    """A figure of a return; each has its words in ``FIGURES``."""

    OUTSTANDING_AT_START = "outstanding_at_start"
    RECEIVED = "received"
    REOPENED = "reopened"
    CLOSED = "closed"
    OUTSTANDING_AT_END = "outstanding_at_end"

    FORWARDED = "forwarded"
    MERGED = "merged"
    DISMISSED = "dismissed"

    CLOSED_IN_3_DAYS = "closed_in_3_days"
    CLOSED_IN_8_WEEKS = "closed_in_8_weeks"
    CLOSED_LATER = "closed_later"
    UPHELD = "upheld"
    NOT_UPHELD = "not_upheld"
    NO_DECISION = "no_decision"
    REDRESS = "redress"

    TIMELY = "timely"
    UNTIMELY = "untimely"
    NOT_YET_DUE = "not_yet_due"

    ACKNOWLEDGED_IN_TIME = "acknowledged_in_time"
    ANSWERED_INSTEAD = "answered_instead"
    ACKNOWLEDGED_LATE = "acknowledged_late"
    NOT_ACKNOWLEDGED = "not_acknowledged"
    ACKNOWLEDGEMENT_DUE = "acknowledgement_due"
    ANSWERED = "answered"
    ANSWERED_IN_TIME = "answered_in_time"
    ANSWERED_LATE_TOLD = "answered_late_told"
    ANSWERED_LATE_UNTOLD = "answered_late_untold"
    OVERDUE_TOLD = "overdue_told"
    OVERDUE_UNTOLD = "overdue_untold"
    ACCEPTED = "accepted"
    PARTLY_ACCEPTED = "partly_accepted"
    REFUSED = "refused"
    SETTLED = "settled"
    UNDECIDED = "undecided"
    MEDIATOR_NAMED = "mediator_named"
    REFUSED_WITH_MEDIATOR = "refused_with_mediator"
    REFUSED_WITHOUT_MEDIATOR = "refused_without_mediator"


class Table(StrEnum):
    """A section of a return; each has its words in ``TABLES``."""

    BALANCE = "balance"
    LEFT_OUT = "left_out"
    TOTAL = "total"
    BY_CATEGORY = "by_category"
    BY_CAUSE = "by_cause"
    BY_CATEGORY_AND_CAUSE = "by_category_and_cause"
    BY_CLOSING = "by_closing"
    BY_PRODUCT = "by_product"
    BY_SUB_PRODUCT = "by_sub_product"
    BY_ISSUE = "by_issue"
    BY_PRODUCT_AND_ISSUE = "by_product_and_issue"
    BY_RESPONSE = "by_response"
    BY_PUBLIC_RESPONSE = "by_public_response"
    BY_SUBMITTED_VIA = "by_submitted_via"
    BY_STATE = "by_state"
    BY_TAGS = "by_tags"
    BY_CONSENT = "by_consent"


class Response(StrEnum):
    """How a company answered, in the CFPB's own words: they are names, and not translated."""

    EXPLANATION = "Closed with explanation"
    MONETARY_RELIEF = "Closed with monetary relief"
    NON_MONETARY_RELIEF = "Closed with non-monetary relief"
    CLOSED = "Closed"
    IN_PROGRESS = "In progress"
    UNTIMELY = "Untimely response"


class PublicField(StrEnum):
    """The public fields of a complaint, named and ordered as the CFPB publishes them; not translated."""

    DATE_RECEIVED = "Date received"
    PRODUCT = "Product"
    SUB_PRODUCT = "Sub-product"
    ISSUE = "Issue"
    SUB_ISSUE = "Sub-issue"
    NARRATIVE = "Consumer complaint narrative"
    PUBLIC_RESPONSE = "Company public response"
    COMPANY = "Company"
    STATE = "State"
    ZIP_CODE = "ZIP code"
    TAGS = "Tags"
    CONSENT = "Consumer consent provided?"
    SUBMITTED_VIA = "Submitted via"
    DATE_SENT = "Date sent to company"
    RESPONSE = "Company response to consumer"
    TIMELY = "Timely response?"
    DISPUTED = "Consumer disputed?"
    COMPLAINT_ID = "Complaint ID"


RETURNS: dict[ReturnName, Words] = {
    ReturnName.DISP: Words(
        _("UK · FCA complaints return"),
        _("The figures that DISP 1.10 asks for twice a year, or once from small firms."),
    ),
    ReturnName.CFPB: Words(
        _("US · CFPB complaints"),
        _("The complaints received in the period, with the fields and categories that the CFPB publishes."),
    ),
    ReturnName.ACPR: Words(
        _("France · ACPR complaints"),
        _("How complaints were acknowledged, answered and decided, as recommendation 2024-R-02 asks."),
    ),
}

FIGURES: dict[Counted | ClosedBy, Words] = {
    Counted.OUTSTANDING_AT_START: Words(
        _("Outstanding at the start"),
        _("Complaints received before the period that were not closed when it began."),
    ),
    Counted.RECEIVED: Words(
        pgettext_lazy("complaints in a return", "Received"),
        _("Complaints received in the period, without those that were forwarded in full, merged or dismissed."),
    ),
    Counted.REOPENED: Words(
        pgettext_lazy("complaints in a return", "Reopened"),
        _("Complaints that were closed when the period began and were reopened in it; each counts once."),
    ),
    Counted.CLOSED: Words(
        pgettext_lazy("complaints in a return", "Closed"),
        _(
            "Complaints closed in the period and not open again at its end: the final answer was sent, the "
            "complainant accepted in writing, or withdrew; in the UK return also those who did not reply within eight "
            "weeks to an earlier answer, on the day of that answer. What could be told to nobody is closed when it "
            "is handled."
        ),
    ),
    Counted.OUTSTANDING_AT_END: Words(
        _("Outstanding at the end"),
        _("Complaints received before the end of the period that were not closed at its end."),
    ),
    Counted.FORWARDED: Words(
        _("Forwarded in full"),
        _("Received in the period and passed on as a whole to the firm it is about; counted nowhere else."),
    ),
    Counted.MERGED: Words(
        pgettext_lazy("complaints in a return", "Merged"),
        _("Received in the period and merged into another case, where the complaint is counted."),
    ),
    Counted.DISMISSED: Words(
        pgettext_lazy("complaints in a return", "Dismissed"),
        _("Received in the period and found to be no complaint; counted nowhere else."),
    ),
    Counted.CLOSED_IN_3_DAYS: Words(
        _("Closed within 3 business days"),
        _("Closed by the end of the third business day after the day of receipt."),
    ),
    Counted.CLOSED_IN_8_WEEKS: Words(
        _("Closed in more than 3 business days, up to 8 weeks"),
        _("Closed after the third business day, and at the latest 8 weeks after the day of receipt."),
    ),
    Counted.CLOSED_LATER: Words(
        _("Closed after more than 8 weeks"),
        _("Closed more than 8 weeks after the day of receipt."),
    ),
    Counted.UPHELD: Words(
        pgettext_lazy("complaints in a return", "Upheld"),
        _(
            "Closed and upheld, in full or in part; also settled without admission, and where something was paid as "
            "goodwill without enough information to decide."
        ),
    ),
    Counted.NOT_UPHELD: Words(
        _("Not upheld"),
        _("Closed and rejected, even where something was paid as goodwill."),
    ),
    Counted.NO_DECISION: Words(
        _("Closed without a decision"),
        _("Closed before anything was decided, as a complaint that was withdrawn."),
    ),
    Counted.REDRESS: Words(
        _("Redress paid"),
        _(
            "What was really paid in the period on complaints of any age, with money for distress, goodwill, "
            "interest and charges that were waived; each currency by itself. The number is that of the complaints."
        ),
    ),
    Counted.TIMELY: Words(
        _("Answered in time"),
        _(
            "Received in the period and answered within 15 calendar days of being sent to the company, and finally "
            "within 60 where that answer said that it is in progress."
        ),
    ),
    Counted.UNTIMELY: Words(
        _("Not answered in time"),
        _("Received in the period and answered later than that, or not at all although it was due."),
    ),
    Counted.NOT_YET_DUE: Words(
        _("Answer not yet due"),
        _("Received in the period, without an answer, and its time had not run out; or withdrawn before."),
    ),
    Counted.ACKNOWLEDGED_IN_TIME: Words(
        _("Acknowledged within 10 working days"),
        _("Received in the period and acknowledged at the latest 10 working days after it was sent to us."),
    ),
    Counted.ANSWERED_INSTEAD: Words(
        _("Answered at once"),
        _("Received in the period and answered within those 10 working days, so that no acknowledgement was due."),
    ),
    Counted.ACKNOWLEDGED_LATE: Words(
        _("Acknowledged late"),
        _("Received in the period and acknowledged more than 10 working days after it was sent to us."),
    ),
    Counted.NOT_ACKNOWLEDGED: Words(
        _("Not acknowledged"),
        _("Received in the period and neither acknowledged nor answered, although the 10 working days had passed."),
    ),
    Counted.ACKNOWLEDGEMENT_DUE: Words(
        _("Acknowledgement not yet due"),
        _("Received in the period, not acknowledged yet, and the 10 working days had not passed."),
    ),
    Counted.ANSWERED: Words(
        pgettext_lazy("complaints in a return", "Answered"),
        _("Complaints whose first final answer was sent in the period."),
    ),
    Counted.ANSWERED_IN_TIME: Words(
        _("Answered within 2 months"),
        _("Answered in the period, at the latest 2 calendar months after the day the complaint was sent to us."),
    ),
    Counted.ANSWERED_LATE_TOLD: Words(
        _("Answered late, with notice"),
        _("Answered in the period after the 2 months, and the complainant had been told before they were over."),
    ),
    Counted.ANSWERED_LATE_UNTOLD: Words(
        _("Answered late, without notice"),
        _("Answered in the period after the 2 months, and the complainant had not been told before they were over."),
    ),
    Counted.OVERDUE_TOLD: Words(
        _("Overdue at the end, with notice"),
        _("Outstanding and unanswered at the end, past the 2 months, and told before they were over."),
    ),
    Counted.OVERDUE_UNTOLD: Words(
        _("Overdue at the end, without notice"),
        _("Outstanding and unanswered at the end, past the 2 months, and not told before they were over."),
    ),
    Counted.ACCEPTED: Words(
        pgettext_lazy("complaints in a return", "Accepted"),
        _("Answered in the period and upheld in full."),
    ),
    Counted.PARTLY_ACCEPTED: Words(_("Accepted in part"), _("Answered in the period and upheld in part.")),
    Counted.REFUSED: Words(
        pgettext_lazy("complaints in a return", "Refused"),
        _("Answered in the period and rejected."),
    ),
    Counted.SETTLED: Words(
        _("Settled without admission"),
        _("Answered in the period and settled without saying who was right."),
    ),
    Counted.UNDECIDED: Words(_("Without a decision"), _("Answered in the period without a recorded decision.")),
    Counted.MEDIATOR_NAMED: Words(
        _("Mediator named"),
        _("Answered in the period, and the answer named the mediator."),
    ),
    Counted.REFUSED_WITH_MEDIATOR: Words(
        _("Refusals that named the mediator"),
        _("Answered in the period and rejected in full or in part, and the answer named the mediator."),
    ),
    Counted.REFUSED_WITHOUT_MEDIATOR: Words(
        _("Refusals that did not name the mediator"),
        _("Answered in the period and rejected in full or in part, and the answer did not name the mediator."),
    ),
    ClosedBy.FINAL_RESPONSE: Words(_("Final answer sent"), _("Closed when the final answer was sent.")),
    ClosedBy.ACCEPTED: Words(_("Accepted in writing"), _("Closed when the complainant accepted in writing.")),
    ClosedBy.SILENCE: Words(
        _("No reply for 8 weeks"),
        _("Closed on the day of an earlier answer to which the complainant did not reply within 8 weeks."),
    ),
    ClosedBy.WITHDRAWN: Words(_("Withdrawn by the complainant"), _("Closed when the complainant withdrew it.")),
    ClosedBy.HANDLED: Words(
        _("Handled, with nobody to tell"),
        _("Closed when it was handled, because the complainant could not be reached."),
    ),
}

TABLES: dict[Table, str | Promise] = {
    Table.BALANCE: _("Balance of the period"),
    Table.LEFT_OUT: _("Not counted"),
    Table.TOTAL: _("All complaints"),
    Table.BY_CATEGORY: _("By category"),
    Table.BY_CAUSE: _("By cause"),
    Table.BY_CATEGORY_AND_CAUSE: _("By category and cause"),
    Table.BY_CLOSING: _("By what closed them"),
    Table.BY_PRODUCT: _("By product"),
    Table.BY_SUB_PRODUCT: _("By product and sub-product"),
    Table.BY_ISSUE: _("By subject"),
    Table.BY_PRODUCT_AND_ISSUE: _("By product and subject"),
    Table.BY_RESPONSE: _("By company response"),
    Table.BY_PUBLIC_RESPONSE: _("By public response"),
    Table.BY_SUBMITTED_VIA: _("By the way they were submitted"),
    Table.BY_STATE: _("By state"),
    Table.BY_TAGS: _("By tags"),
    Table.BY_CONSENT: _("By consent to publish"),
}
