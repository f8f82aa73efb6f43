"""Which complaints stand behind the figures of a long return: a line for each of them, in a file beside its figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from cases.vocabulary.returns import ClosedBy, Counted

# A mark is a bit, by its place here; the first line of the file says the places by which it was written.
MARKS: tuple[str, ...] = (*Counted, *ClosedBy)
_BITS = {key: 1 << place for place, key in enumerate(MARKS)}


def heading() -> bytes:
    """The first line."""
    return f"{' '.join(MARKS)}\n".encode()


def line(reference: str, marks: Iterable[str], numbers: Sequence[int]) -> bytes:
    """The line of one complaint: in which figures it counts, and the number of its line in each table."""
    return f"{reference}\t{sum(_BITS[key] for key in marks):x}\t{','.join(map(str, numbers))}\n".encode()


def behind(
    ledger: Iterable[bytes], *, table: int, number: int, figure: str, start: int = 0, most: int | None = None
) -> list[str]:
    """The references behind a figure of one line of a table, in their order, so many of them from a place on."""
    lines = iter(ledger)
    places = next(lines, b"").decode().split()
    if figure not in places:
        return []
    found = _behind(lines, 1 << places.index(figure), table, str(number).encode())
    return list(islice(found, start, None if most is None else start + most))


def _behind(lines: Iterator[bytes], bit: int, table: int, number: bytes) -> Iterator[str]:
    for each in lines:
        reference, marks, numbers = each.split(b"\t")
        if int(marks, 16) & bit and numbers.rstrip().split(b",")[table] == number:
            yield reference.decode()
