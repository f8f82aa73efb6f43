"""Reports under a name: kept, shared, scheduled, sent to those who may read them, and put away."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from cases import errors
from cases.commands import moves
from cases.models import Delivery, SavedReport, User
from cases.queries import people
from cases.queries.reports import exports, whole
from cases.queries.reports import saved as queries
from cases.queries.reports.asked import Asked
from cases.queries.reports.mailed import Letter
from cases.queries.reports.reading import reader
from cases.rules.rhythm import Beat, following
from cases.vocabulary import Actor, EventKind, Format, Rhythm, Stream

MOST_SAVED, MOST_RECIPIENTS = 200, 50


@transaction.atomic(durable=True)
def save_report(*, asked: Asked, name: str, is_shared: bool = False, at: datetime, actor: Actor) -> SavedReport:
    """Keep what is asked of a report under a name; a preset moves with the days.

    Raises NotAllowed, SplitNotAllowed, NotFound, Invalid, TooManySaved.
    """
    person_id = moves.person_of(actor)
    moves.lock_exports_of(person_id)
    if SavedReport.objects.filter(owner_id=person_id, is_active=True).count() >= MOST_SAVED:
        raise errors.TooManySaved(most=MOST_SAVED)
    found = SavedReport.objects.create(
        name=moves.checked_name(name),
        owner_id=person_id,
        report=asked.report,
        asked=_kept(asked, actor),
        is_shared=is_shared,
        zone=asked.period.zone,
        created_at=at,
    )
    _record(found, "saved", actor, at, report=asked.report, shared=is_shared)
    return found


@transaction.atomic(durable=True)
def change_report(
    *, saved_id: int, name: str, is_shared: bool, asked: Asked | None = None, at: datetime, actor: Actor
) -> SavedReport:
    """Call it otherwise, share it or no longer, and keep another question under its name where one is given."""
    found = _own(saved_id, actor)
    found.name, found.is_shared = moves.checked_name(name), is_shared
    if asked is not None:
        found.report, found.zone, found.asked = asked.report, asked.period.zone, _kept(asked, actor)
    elif is_shared:
        # It is shared with the readers of the brands that its owner reads now.
        found.asked = _kept(queries.asked_of(found, at), actor)
    if found.next_at is not None:
        found.next_at = following(_beat_of(found), at)
    found.save(update_fields=["name", "is_shared", "report", "zone", "asked", "next_at"])
    _record(found, "changed", actor, at, report=found.report, shared=is_shared)
    return found


@transaction.atomic(durable=True)
def schedule(
    *, saved_id: int, beat: Beat, written_as: Format, recipient_ids: Collection[int], at: datetime, actor: Actor
) -> SavedReport:
    """Have it sent at every beat, each recipient with what they may see; the zone becomes that of its days.

    Raises NotAllowed, and Invalid for a recipient who may not read it, or where there is none.
    """
    found = _own(saved_id, actor)
    found.zone = beat.zone
    able = queries.candidates(moves.seer(actor), queries.asked_of(found, at))
    chosen = _checked_recipients({*recipient_ids}, {*able.values_list("pk", flat=True)})
    found.rhythm, found.weekday, found.day, found.hour = beat.rhythm, beat.weekday, beat.day, beat.hour
    found.format, found.next_at = written_as, following(beat, at)
    found.save(update_fields=["zone", "rhythm", "weekday", "day", "hour", "format", "next_at"])
    found.recipients.set(chosen)
    _record(
        found, "scheduled", actor, at, rhythm=str(found.rhythm), format=str(found.format), recipients=sorted(chosen)
    )
    return found


@transaction.atomic(durable=True)
def unschedule(*, saved_id: int, at: datetime, actor: Actor) -> SavedReport:
    """Have it sent no more; one that is not is left as it is."""
    found = _own(saved_id, actor)
    if found.rhythm:
        found.rhythm, found.next_at = "", None
        found.save(update_fields=["rhythm", "next_at"])
        found.recipients.clear()
        _record(found, "unscheduled", actor, at)
    return found


@transaction.atomic(durable=True)
def leave_report(*, saved_id: int, at: datetime, actor: Actor) -> SavedReport:
    """Get it no more by mail, whoever it is of; raises NotFound for whom it is not sent to."""
    found = _locked(saved_id)
    person_id = moves.person_of(actor)
    if not found.recipients.filter(pk=person_id).exists():
        raise errors.NotFound
    found.recipients.remove(person_id)
    _record(found, "left", actor, at, person=person_id)
    return found


@transaction.atomic(durable=True)
def drop_report(*, saved_id: int, at: datetime, actor: Actor) -> None:
    """Put it away for everybody: it is found no more, and sent no more."""
    found = _own(saved_id, actor)
    found.is_active, found.next_at = False, None
    found.save(update_fields=["is_active", "next_at"])
    _record(found, "dropped", actor, at)


@transaction.atomic(durable=True)
def send_now(*, saved_id: int, letter: Letter, at: datetime, actor: Actor) -> Delivery:
    """Have one sent to whoever asks, now; raises NotFound for what they do not see, NotAllowed for anybody else's."""
    found = _locked(saved_id)
    seer = moves.seer(actor)
    if letter.person_id != moves.person_of(actor):
        raise errors.NotAllowed
    queries.one(seer, found.public_id)
    moves.refuse_too_many_exports(letter.person_id)
    delivery = _mail(found, letter, at, actor)
    _record_mailed(found, [delivery], [], at, actor)
    return delivery


@transaction.atomic(durable=True)
def mail_report(
    *, saved_id: int, due_at: datetime, letters: Sequence[Letter], at: datetime, actor: Actor
) -> list[Delivery]:
    """Write down the mails of one due date and move on to the next, both or neither; none where that was done already.

    However many dates went by unsent, there is one mail. Whoever was told nothing could not read it.
    """
    found = _locked(saved_id)
    if not found.is_active or found.next_at != due_at:
        return []
    found.next_at = following(_beat_of(found), at)
    found.save(update_fields=["next_at"])
    wanted = {*found.recipients.filter(is_active=True).values_list("pk", flat=True)}
    # In the order of their keys, because each of them is locked for their export.
    sent = [
        _mail(found, each, at, actor)
        for each in sorted(letters, key=lambda one: one.person_id)
        if each.person_id in wanted
    ]
    missed = sorted(wanted - {each.person_id for each in letters})
    _record_mailed(found, sent, missed, at, actor, due=due_at.isoformat())
    return sent


@transaction.atomic(durable=True)
def stop_sending(*, saved_id: int, due_at: datetime, at: datetime, actor: Actor) -> bool:
    """Its owner left, or may no longer read reports: nothing is sent in their name; False where it was not due."""
    found = _locked(saved_id)
    if not found.is_active or found.next_at != due_at or queries.senders([found.owner_id]):
        return False
    found.next_at = None
    found.save(update_fields=["next_at"])
    _record(found, "stopped", actor, at)
    return True


def _beat_of(found: SavedReport) -> Beat:
    return Beat(Rhythm(found.rhythm), found.hour, found.zone, found.weekday, found.day)


def _kept(asked: Asked, actor: Actor) -> dict[str, object]:
    """What is kept of a question that its owner may ask; raises NotFound, NotAllowed, and NoSuchSplit."""
    if not queries.known(asked.report):
        raise errors.NotFound
    seer = moves.seer(actor)
    reader(seer, asked.dimensions)
    whole.refuse_other_splits(asked)
    return queries.kept(asked, reader(seer).brand_ids)


def _checked_recipients(chosen: set[int], able: set[int]) -> set[int]:
    if not chosen:
        raise errors.Invalid(_("Choose who gets it."), "recipients")
    if len(chosen) > MOST_RECIPIENTS:
        raise errors.Invalid(_("At most %(most)s people get one report.") % {"most": MOST_RECIPIENTS}, "recipients")
    if chosen - able:
        names = User.objects.filter(pk__in=chosen - able).order_by("name").values_list("name", flat=True)
        words = _("%(names)s may not read this report. Everybody who gets it must be able to.")
        raise errors.Invalid(words % {"names": ", ".join(names)}, "recipients")
    return chosen


def _locked(saved_id: int) -> SavedReport:
    rows = SavedReport.objects.select_for_update(no_key=True, of=("self",)).select_related("owner")
    found = rows.filter(pk=saved_id, is_active=True).first()
    if found is None:
        raise errors.NotFound
    return found


def _own(saved_id: int, actor: Actor) -> SavedReport:
    """One's own, which nobody else changes, as long as one may read reports; raises NotFound, NotAllowed."""
    seer = moves.seer(actor)
    found = _locked(saved_id)
    if found.owner_id != moves.person_of(actor):
        queries.one(seer, found.public_id)
        raise errors.NotAllowed
    reader(seer)
    return found


def _mail(found: SavedReport, letter: Letter, at: datetime, actor: Actor) -> Delivery:
    """One mail with its export, both written down; raises ChangedMeanwhile where its figures are for other rights."""
    seer = people.seer_of(letter.person_id)
    if exports.rights_of(reader(seer, letter.asked.dimensions)) != letter.rights:
        raise errors.ChangedMeanwhile
    moves.lock_exports_of(letter.person_id)
    export = moves.begin_export(
        seer,
        asked=letter.asked,
        of=exports.WHOLE,
        part="",
        written_as=Format(found.format),
        language=letter.language,
        at=at,
        actor=actor,
    )
    delivery = moves.post_mail(
        purpose="report",
        recipient=letter.recipient,
        subject=letter.subject,
        body=letter.text,
        html=letter.html,
        export=export,
        at=at,
    )
    moves.record_delivery(delivery, EventKind.DELIVERY_QUEUED, actor, at=at)
    return delivery


def _record(found: SavedReport, change: str, actor: Actor, at: datetime, **said: Any) -> None:
    moves.record(Stream.SETUP, 0, EventKind.REPORT_SAVED, actor, at=at, saved=found.pk, change=change, **said)


def _record_mailed(
    found: SavedReport, sent: Sequence[Delivery], missed: Sequence[int], at: datetime, actor: Actor, **said: Any
) -> None:
    said |= {"deliveries": [each.pk for each in sent], "missed": list(missed)}
    moves.record(Stream.SETUP, 0, EventKind.REPORT_MAILED, actor, at=at, saved=found.pk, **said)
