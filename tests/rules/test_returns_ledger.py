"""The file beside a long return: for each figure exactly the complaints that a return made at once keeps behind it."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from cases.rules import returns_cfpb, returns_disp, returns_ledger
from cases.rules.returns import Complaint, Period, Reopening, Source, weekdays
from cases.rules.returns_tables import Counting, Return, Tally, made
from cases.vocabulary import Outcome, Status
from cases.vocabulary.returns import Counted

PARIS = ZoneInfo("Europe/Paris")
PERIOD = Period(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC), PARIS)
AS_OF = datetime(2027, 1, 1, tzinfo=UTC)
COUNTINGS = (
    returns_disp.counting(PERIOD, AS_OF, weekdays(PARIS)),
    returns_cfpb.counting(PERIOD, AS_OF),
)
_AT = st.integers(0, 400).map(lambda days: datetime.fromtimestamp(1_762_000_000 + days * 86_400, UTC))


@st.composite
def _complaints(draw: st.DrawFn) -> list[Complaint]:
    found = []
    for number in range(draw(st.integers(0, 12))):
        answered = draw(st.none() | _AT)
        found.append(
            Complaint(
                reference=f"C-{number}",
                received_at=draw(_AT),
                category=draw(st.sampled_from(["", "late", "lost"])),
                cause=draw(st.sampled_from(["", "van"])),
                outcome=draw(st.none() | st.sampled_from(list(Outcome))),
                final_answer_at=answered,
                reopened=(Reopening(draw(_AT)),) if answered and draw(st.booleans()) else (),
                ended_as=draw(st.sampled_from([None, Status.MERGED, Status.DISMISSED])),
                source=Source(product=draw(st.sampled_from(["", "Card", "Loan"]))),
            )
        )
    return sorted(found, key=lambda one: (one.received_at, one.reference))


def _tallied(counting: Counting, complaints: list[Complaint]) -> tuple[Return, list[bytes]]:
    tally, ledger = Tally(counting), [returns_ledger.heading()]
    for each in complaints:
        one, numbers = tally.add(each)
        ledger.append(returns_ledger.line(each.reference, one.marks, numbers))
    return tally.made(PERIOD, AS_OF), ledger


@given(_complaints())
def test_names_those_behind_every_figure_of_the_same_return(complaints: list[Complaint]) -> None:
    for counting in COUNTINGS:
        whole = made(counting, PERIOD, AS_OF, complaints)
        tallied, ledger = _tallied(counting, complaints)
        assert (tallied.complaints, tallied.balance) == (whole.complaints, whole.balance)
        for place, (mine, theirs) in enumerate(zip(tallied.sections, whole.sections, strict=True)):
            assert (mine.key, mine.columns) == (theirs.key, theirs.columns)
            for row, other in zip(mine.rows, theirs.rows, strict=True):
                assert (row.keys, row.labels, row.number) == (other.keys, other.labels, other.number)
                for figure, wanted in zip(row.figures, other.figures, strict=True):
                    assert (figure.key, figure.count, figure.money, figure.references) == (
                        wanted.key,
                        wanted.count,
                        wanted.money,
                        (),
                    )
                    found = returns_ledger.behind(ledger, table=place, number=row.number, figure=figure.key)
                    assert tuple(found) == wanted.references
                    assert len(found) == figure.count


def test_is_read_a_part_at_a_time_and_by_the_places_it_was_written_by() -> None:
    ledger = [b"closed received\n", *(f"C-{n}\t2\t0,{n % 2}\n".encode() for n in range(9))]
    asked = {"table": 1, "number": 1, "figure": Counted.RECEIVED}
    assert returns_ledger.behind(ledger, **asked) == ["C-1", "C-3", "C-5", "C-7"]
    assert returns_ledger.behind(ledger, **asked, start=1, most=2) == ["C-3", "C-5"]
    assert returns_ledger.behind(ledger, **asked | {"figure": Counted.CLOSED}) == []
    assert returns_ledger.behind(ledger, **asked | {"figure": Counted.REDRESS}) == []
