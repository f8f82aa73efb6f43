"""A file is imported: how far it got is written in the same transaction as the posts it brought."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from cases import errors
from cases.commands import moves
from cases.commands.moves import Received
from cases.models import Category, Channel, ImportRun
from cases.queries import importing as queries
from cases.rules import import_registers
from cases.rules.arrival import Arrival
from cases.vocabulary import Actor, EventKind, Permission, Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some rows of a file: where they begin and end, the line that follows, what they say, and how many say nothing."""

    offset: int
    end: int
    next_line: int
    arrivals: Sequence[Arrival]
    rejected: int
    is_last: bool


@dataclass(frozen=True, slots=True)
class Imported:
    """How far the run is now, and what became of each arrival; None when somebody else had imported this part."""

    run: ImportRun
    outcomes: list[Received] | None


@transaction.atomic(durable=True)
def start_run(
    *, channel_id: int, file_digest: bytes, file_name: str, offset: int, line: int, at: datetime, actor: Actor
) -> ImportRun:
    """The unfinished run of this file on this channel, to go on with; else a new one that begins at this place."""
    # An empty batch: refused as a full one would be, and nobody else starts a run of the brand meanwhile.
    moves.receive_batch(channel_id, [], at, actor)
    unfinished = ImportRun.objects.filter(channel_id=channel_id, file_digest=file_digest, finished_at__isnull=True)
    run = unfinished.order_by("-id").first()
    if run is None:
        run = ImportRun.objects.create(
            channel_id=channel_id,
            file_digest=file_digest,
            file_name=file_name[:255],
            offset=offset,
            line=line,
            started_at=at,
        )
        _record(run, at, actor)
    return run


@transaction.atomic(durable=True)
def import_batch(*, run_id: int, part: Part, at: datetime, actor: Actor) -> Imported:
    """Take in a part of a file and move its run on, both or neither; a part behind the run is left alone."""
    run = ImportRun.objects.select_for_update(no_key=True).filter(pk=run_id).first()
    if run is None:
        raise errors.NotFound
    brand_id = Channel.objects.values_list("brand_id", flat=True).get(pk=run.channel_id)
    moves.require_in_brand(actor, Permission.INTAKE, brand_id)
    if run.finished_at or run.offset != part.offset:
        return Imported(run, None)
    outcomes = moves.receive_batch(run.channel_id, part.arrivals, at, actor)
    run.offset, run.line = part.end, part.next_line
    run.read += len(part.arrivals) + part.rejected
    run.new += sum(outcome.is_new for outcome in outcomes)
    run.known += sum(outcome.post is not None and not outcome.is_new for outcome in outcomes)
    run.rejected += part.rejected + sum(outcome.post is None for outcome in outcomes)
    run.finished_at = at if part.is_last else None
    run.save(update_fields=["offset", "line", "read", "new", "known", "rejected", "finished_at"])
    _record(run, at, actor)
    return Imported(run, outcomes)


@transaction.atomic(durable=True)
def make_categories(*, channel_id: int, labels: Iterable[str], actor: Actor) -> list[Category]:
    """Categories for those of a register's labels that the brand has none for; it is a change of its set-up."""
    brand_id = Channel.objects.values_list("brand_id", flat=True).get(pk=channel_id)
    brand = moves.lock_brand(brand_id, actor)
    codes = set(brand.categories.values_list("code", flat=True))
    made = []
    for label in queries.missing_categories(brand.pk, filter(None, map(import_registers.label_of, labels))):
        code = import_registers.code_of(label, codes)
        # A register has one language; the brand's own has to be there, and nothing is translated by guess.
        category = Category(brand=brand, code=code, label={import_registers.LANGUAGE: label, brand.language: label})
        category.save()
        moves.record_row(category, EventKind.CATEGORY_CHANGED, actor, brand_id=brand.pk, fields=["created"])
        codes.add(code)
        made.append(category)
    return made


def _record(run: ImportRun, at: datetime, actor: Actor) -> None:
    brand_id = Channel.objects.values_list("brand_id", flat=True).get(pk=run.channel_id)
    moves.record(
        Stream.BRAND,
        brand_id,
        EventKind.IMPORT_RUN,
        actor,
        at=at,
        run=run.pk,
        channel=run.channel_id,
        read=run.read,
        new=run.new,
        known=run.known,
        rejected=run.rejected,
        finished=run.finished_at is not None,
    )
