"""A post arrives, by a channel, an import or the form; what could not be processed is replayed or set aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext

from cases import errors
from cases.commands import moves
from cases.commands.moves import Received
from cases.models import Case, Channel, Complainant, Raw
from cases.rules import text as texts
from cases.rules.arrival import Arrival
from cases.vocabulary import Actor, ActorKind, EventKind, Permission, RawStatus, Stream, Wish


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a complainant wrote into the form of a brand."""

    text: str
    wish: str = ""
    wanted: str = ""
    name: str = ""
    email: str = ""
    phone: str = ""
    language: str = ""
    category: str = ""
    on_behalf_of: str = ""
    mandate: str = ""
    is_anonymous: bool = False
    once: str = ""


@dataclass(frozen=True, slots=True)
class Filed:
    """A complaint that was filed: its case, and the private link that is shown once."""

    case: Case
    link: str


@transaction.atomic(durable=True)
def receive(*, channel_id: int, arrival: Arrival, at: datetime, actor: Actor) -> Received:
    """Take in one statement; the same one again, however often, is the same post."""
    return moves.receive_batch(channel_id, [arrival], at, actor)[0]


@transaction.atomic(durable=True)
def receive_many(*, channel_id: int, batch: Sequence[Arrival], at: datetime, actor: Actor) -> list[Received]:
    """Take in a batch with a constant number of statements; one that fails is kept apart and blocks no other."""
    return moves.receive_batch(channel_id, batch, at, actor)


@transaction.atomic(durable=True)
def receive_on_channels(
    *, batches: Mapping[int, Sequence[Arrival]], at: datetime, actor: Actor
) -> dict[int, list[Received]]:
    """Take in a batch on each of several channels, in one transaction."""
    # One order for everybody, so that two such batches never wait for each other.
    brands = dict(Channel.objects.filter(pk__in=batches).values_list("pk", "brand_id"))
    order = sorted(batches, key=lambda channel_id: (brands.get(channel_id, 0), channel_id))
    return {channel_id: moves.receive_batch(channel_id, batches[channel_id], at, actor) for channel_id in order}


@transaction.atomic(durable=True)
def replay(*, raw_id: int, at: datetime, actor: Actor) -> Received:
    """Process again what could not be processed."""
    raw = _lock_raw(raw_id, actor)
    channel = Channel.objects.select_related("brand", "default_category").get(pk=raw.channel_id)
    moves.lock_opening(channel.brand_id)
    arrival = Arrival.from_body(bytes(raw.body or b""), undated=raw.received_at)
    outcome = moves.process_safely(channel, [(raw, arrival)], at, actor)[0]
    moves.record(
        Stream.BRAND,
        raw.brand_id,
        EventKind.RAW_REPLAYED,
        actor,
        raw=raw.pk,
        post=outcome.post.pk if outcome.post else None,
    )
    return outcome


@transaction.atomic(durable=True)
def set_aside(*, raw_id: int, reason: str, actor: Actor) -> None:
    """Take something out of the tray for good, with a reason; what arrived is kept."""
    raw = _lock_raw(raw_id, actor)
    if not reason.strip():
        raise errors.Invalid(gettext("Say why this is set aside."), "reason")
    Raw.objects.filter(pk=raw.pk).update(status=RawStatus.SET_ASIDE, reason=reason.strip())
    moves.record(Stream.BRAND, raw.brand_id, EventKind.RAW_SET_ASIDE, actor, raw=raw.pk)


@transaction.atomic(durable=True)
def file_complaint(
    *, channel_id: int, complaint: Complaint, uploads: Sequence[moves.Upload], at: datetime, actor: Actor
) -> Filed:
    """Take in what was written into the form, open its case and a private thread, and mail a dated copy.

    The same form posted twice (its ``once``) is one complaint; the repeat gets a link of its own.
    """
    channel = Channel.objects.select_related("brand").get(pk=channel_id)
    if complaint.wanted not in {"", *Wish.values}:
        raise errors.Invalid(gettext("Choose one of the wishes, or leave it open."), "wanted")
    arrival = Arrival(
        external_id=complaint.once,
        text=complaint.text,
        posted_at=at,
        author=f"form:{complaint.once}",
        name="" if complaint.is_anonymous else complaint.name,
        language=complaint.language,
        wish=complaint.wish,
        wanted=complaint.wanted,
        category=complaint.category,
    )
    received = moves.receive_batch(channel_id, [arrival], at, actor)[0]
    if received.post is None:
        raise errors.Invalid(received.reason, "text")
    case = Case.objects.get(links__post=received.post, links__left_at__isnull=True)
    moves.lock(case.pk)
    if not received.is_new:
        return Filed(case, moves.make_link(case.threads.order_by("id")[0], at=at))
    _describe(case.complainant, complaint)
    # A telephone number or an address is known only now.
    moves.judge_again(case, at=at, actor=actor)
    moves.keep_files(channel.brand_id, uploads, post=received.post)
    thread = moves.open_thread(
        case, at=at, complainant=case.complainant, contact=complaint.email, language=complaint.language
    )
    link = moves.make_link(thread, at=at)
    writer = Actor(ActorKind.COMPLAINANT, case.complainant_id)
    moves.record_case(case, EventKind.THREAD_OPENED, writer, at=at, thread=thread.pk)
    if complaint.email:
        _mail_copy(case, complaint, link, at)
    return Filed(case, link)


def _describe(person: Complainant, complaint: Complaint) -> None:
    name = "" if complaint.is_anonymous else texts.clean(complaint.name)[:200]
    Complainant.objects.filter(pk=person.pk).update(
        name=name,
        folded_name=texts.fold(name)[:200],
        email=complaint.email,
        phone=complaint.phone[:40],
        is_anonymous=complaint.is_anonymous,
        on_behalf_of=texts.clean(complaint.on_behalf_of)[:200],
        mandate=texts.clean(complaint.mandate)[:200],
    )
    person.refresh_from_db()


def _mail_copy(case: Case, complaint: Complaint, link: str, at: datetime) -> None:
    with translation.override(case.language or case.brand.language):
        moves.post_mail(
            purpose="copy",
            recipient=complaint.email,
            subject=gettext("%(brand)s has your complaint: %(reference)s")
            % {"brand": case.brand.name, "reference": case.reference},
            body=gettext(
                "Your complaint reached %(brand)s on %(date)s. Its reference is %(reference)s.\n\n"
                "You wrote:\n\n%(text)s\n\n"
                "On your private page you see what is promised and done, and you can write to us:\n%(link)s\n\n"
                "Keep this link for yourself: whoever has it can read the page."
            )
            % {
                "brand": case.brand.name,
                "date": moves.said_date(at, case.brand.zone),
                "reference": case.reference,
                "text": complaint.text,
                "link": link,
            },
            case=case,
            at=at,
        )


def _lock_raw(raw_id: int, actor: Actor) -> Raw:
    raw = Raw.objects.select_for_update(no_key=True).filter(pk=raw_id).first()
    if raw is None:
        raise errors.NotFound
    moves.require_in_brand(actor, Permission.REPLAY_INTAKE, raw.brand_id)
    if raw.status == RawStatus.PROCESSED:
        raise errors.ChangedMeanwhile
    return raw
