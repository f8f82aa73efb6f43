"""What the CFPB publishes of a complaint, and how it is counted."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given

from cases.rules.returns import Complaint, Paid, Period, Source
from cases.rules.returns_cfpb import COLUMNS, cfpb, is_timely, public, public_fields, published_on, response
from cases.rules.returns_tables import Return
from cases.vocabulary import ChannelKind, Outcome, Status
from cases.vocabulary.returns import Counted, PublicField, Response, Table
from tests.complaints import LATER, LONDON, at, complaint, histories, months
from tests.guards.sources import ROOT

PERIOD = months(2026, 1, 6, LONDON)
TIMELINESS = (Counted.TIMELY, Counted.UNTIMELY, Counted.NOT_YET_DUE)
FILE = ROOT.parent / "shared" / "data" / "cfpb" / "complaints_2020_sample.csv"


@pytest.mark.parametrize(
    ("fields", "as_of", "timely"),
    [
        ({"final_answer_at": "2026-03-17T23:59"}, "2026-06-01T10:00", True),
        ({"final_answer_at": "2026-03-18T00:00"}, "2026-06-01T10:00", False),
        ({"sent_on": date(2026, 3, 5), "final_answer_at": "2026-03-20T10:00"}, "2026-06-01T10:00", True),
        ({}, "2026-03-17T23:59", None),
        ({}, "2026-03-18T00:00", False),
        ({"first_answer_at": "2026-03-10T10:00"}, "2026-05-01T23:59", True),
        ({"first_answer_at": "2026-03-10T10:00"}, "2026-05-02T00:00", False),
        ({"first_answer_at": "2026-03-10T10:00", "final_answer_at": "2026-05-01T10:00"}, "2026-06-01T10:00", True),
        ({"first_answer_at": "2026-03-10T10:00", "final_answer_at": "2026-05-02T10:00"}, "2026-06-01T10:00", False),
        ({"first_answer_at": "2026-03-18T10:00", "final_answer_at": "2026-03-19T10:00"}, "2026-06-01T10:00", False),
        ({"ended_at": "2026-03-10T10:00", "ended_as": Status.WITHDRAWN}, "2026-06-01T10:00", None),
    ],
)
def test_fifteen_days_from_the_sending_and_sixty_when_in_progress(
    fields: dict, as_of: str, timely: bool | None
) -> None:
    assert is_timely(complaint("2026-03-02T10:00", **fields), LONDON, at(as_of)) is timely


def test_what_was_late_stays_late_after_it_is_closed() -> None:
    one = complaint(final_answer_at="2026-04-20T10:00", ended_at="2026-04-21T10:00", ended_as=Status.HANDLED)
    assert cfpb([one], PERIOD, LATER).section(Table.TOTAL).rows[0].figure(Counted.UNTIMELY).references == ("C-1",)


def test_what_the_file_says_of_timeliness_stands() -> None:
    assert is_timely(complaint(is_timely=False, final_answer_at="2026-03-03T10:00"), LONDON, LATER) is False


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"final_answer_at": "2026-03-10T10:00"}, Response.EXPLANATION),
        ({"final_answer_at": "2026-03-10T10:00", "other_relief": True}, Response.NON_MONETARY_RELIEF),
        ({"final_answer_at": "2026-03-10T10:00", "paid": True, "other_relief": True}, Response.MONETARY_RELIEF),
        ({"ended_at": "2026-03-10T10:00", "ended_as": Status.WITHDRAWN}, Response.CLOSED),
        ({"first_answer_at": "2026-05-20T10:00"}, Response.UNTIMELY),
        ({}, Response.UNTIMELY),
        ({"source": Source(response="Closed with relief")}, "Closed with relief"),
    ],
)
def test_a_response_is_what_was_decided_paid_and_done(fields: dict, expected: str) -> None:
    if fields.get("paid"):
        fields = {**fields, "paid": (Paid(Decimal(5), "USD", at("2026-03-10T10:00")),)}
    assert response(complaint(**fields), LONDON, LATER) == expected


def test_what_is_not_due_is_in_progress() -> None:
    assert response(complaint(), LONDON, at("2026-03-03T10:00")) == Response.IN_PROGRESS
    interim = complaint(first_answer_at="2026-03-03T10:00")
    assert response(interim, LONDON, at("2026-04-03T10:00")) == Response.IN_PROGRESS


def test_there_are_eighteen_public_fields_in_their_order() -> None:
    found = public_fields(complaint(category_label="Loans", cause_label="Late"), LONDON, LATER)
    assert list(found) == list(PublicField)
    assert len(found) == 18
    assert (found[PublicField.PRODUCT], found[PublicField.ISSUE]) == ("Loans", "Late")
    assert (found[PublicField.DATE_RECEIVED], found[PublicField.DATE_SENT]) == ("2026-03-02", "2026-03-02")
    assert (found[PublicField.COMPLAINT_ID], found[PublicField.DISPUTED]) == ("C-1", "N/A")


def test_the_words_of_the_file_are_kept_before_ours() -> None:
    source = Source(product="Mortgage", issue="Closing", submitted_via="Fax", complaint_id="77")
    found = public_fields(complaint(category_label="Loans", source=source), LONDON, LATER)
    kept = (PublicField.PRODUCT, PublicField.ISSUE, PublicField.SUBMITTED_VIA, PublicField.COMPLAINT_ID)
    assert [found[field] for field in kept] == ["Mortgage", "Closing", "Fax", "77"]


@pytest.mark.parametrize(
    ("consent", "published"),
    [("Consent provided", "Words"), ("Consent not provided", ""), ("Consent withdrawn", ""), ("Other", ""), ("", "")],
)
def test_words_are_published_with_consent_only(consent: str, published: str) -> None:
    one = complaint(source=Source(narrative="Words", consent=consent))
    assert public_fields(one, LONDON, LATER)[PublicField.NARRATIVE] == published


@pytest.mark.parametrize(
    ("channel", "via"), [(ChannelKind.MAILBOX, "Email"), (ChannelKind.WEB_FORM, "Web"), (None, "Web")]
)
def test_a_channel_of_ours_is_a_way_of_theirs(channel: ChannelKind | None, via: str) -> None:
    assert public_fields(complaint(channel=channel), LONDON, LATER)[PublicField.SUBMITTED_VIA] == via


def test_a_complaint_is_public_when_answered_and_at_the_latest_after_fifteen_days() -> None:
    silent, answered = complaint(), complaint(final_answer_at="2026-03-05T10:00")
    assert [published_on(one, LONDON) for one in (silent, answered)] == [date(2026, 3, 17), date(2026, 3, 5)]
    assert [reference for reference, _ in public([silent], PERIOD, at("2026-03-16T10:00"))] == []
    assert [reference for reference, _ in public([silent], PERIOD, at("2026-03-17T10:00"))] == ["C-1"]


def test_what_was_forwarded_in_full_is_not_public() -> None:
    assert list(public([complaint(forwarded_in_full=True)], PERIOD, LATER)) == []


@given(histories())
def test_timeliness_parts_the_received_and_every_table_adds_up(complaints: list[Complaint]) -> None:
    made = cfpb(complaints, PERIOD, LATER)
    for table in made.sections[1:-1]:
        columns = {key: sorted(one for row in table.rows for one in row.figure(key).references) for key in COLUMNS}
        assert sorted(one for key in TIMELINESS for one in columns[key]) == columns[Counted.RECEIVED]
        assert len(columns[Counted.RECEIVED]) == made.balance.received


NEW_YORK = ZoneInfo("America/New_York")
OUTCOMES = {
    Response.MONETARY_RELIEF: Outcome.UPHELD,
    Response.NON_MONETARY_RELIEF: Outcome.UPHELD,
    Response.EXPLANATION: Outcome.REJECTED,
}


def rows() -> list[dict[str, str]]:
    """The lines of the published file."""
    with FILE.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def of_file(lines: list[dict[str, str]]) -> Iterator[Complaint]:
    """The complaints of the file."""
    for line in lines:
        source = Source(
            complaint_id=line["Complaint ID"], product=line["Product"], sub_product=line["Sub-product"],
            issue=line["Issue"], sub_issue=line["Sub-issue"], narrative=line["Consumer complaint narrative"],
            company=line["Company"], state=line["State"], zip_code=line["ZIP code"], tags=line["Tags"],
            consent=line["Consumer consent provided?"], submitted_via=line["Submitted via"],
            response=line["Company response to consumer"], public_response=line["Company public response"],
            disputed=line["Consumer disputed?"],
        )  # fmt: skip
        yield Complaint(
            reference=line["Complaint ID"],
            received_at=datetime.fromisoformat(line["Date received"]).replace(tzinfo=NEW_YORK),
            sent_on=date.fromisoformat(line["Date sent to company"]),
            outcome=OUTCOMES.get(Response(line["Company response to consumer"])),
            is_timely=line["Timely response?"] == "Yes",
            source=source,
        )


def counts(made: Return, table: Table, key: str = Counted.RECEIVED) -> dict[tuple[str, ...], int]:
    """A column of a table."""
    return {row.keys: row.figure(key).count for row in made.section(table).rows if row.figure(key).count}


@pytest.mark.skipif(not FILE.exists(), reason="the published CFPB file is not on this machine")
def test_a_published_file_is_counted_as_it_stands() -> None:
    lines = rows()
    everything = Period(datetime(2010, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC), NEW_YORK)
    made = cfpb(of_file(lines), everything, datetime(2021, 1, 1, tzinfo=UTC))
    for table, names in {
        Table.BY_PRODUCT: ("Product",),
        Table.BY_SUB_PRODUCT: ("Product", "Sub-product"),
        Table.BY_ISSUE: ("Issue",),
        Table.BY_PRODUCT_AND_ISSUE: ("Product", "Issue"),
        Table.BY_RESPONSE: ("Company response to consumer",),
        Table.BY_PUBLIC_RESPONSE: ("Company public response",),
        Table.BY_SUBMITTED_VIA: ("Submitted via",),
        Table.BY_STATE: ("State",),
        Table.BY_TAGS: ("Tags",),
        Table.BY_CONSENT: ("Consumer consent provided?",),
    }.items():
        assert counts(made, table) == Counter(tuple(line[name] for name in names) for line in lines)
        late = Counter(tuple(line[name] for name in names) for line in lines if line["Timely response?"] == "No")
        assert counts(made, table, Counted.UNTIMELY) == late


@pytest.mark.skipif(not FILE.exists(), reason="the published CFPB file is not on this machine")
def test_a_published_file_comes_out_as_it_went_in() -> None:
    blank = ("Consumer consent provided?", "Consumer disputed?")
    for line, one in zip(rows(), of_file(rows()), strict=True):
        found = {field.value: words for field, words in public_fields(one, NEW_YORK, LATER).items()}
        assert found == line | {name: line[name] or "N/A" for name in blank}
