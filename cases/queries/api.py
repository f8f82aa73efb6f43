"""What the REST API's answers need of posts and cases, each in a number of queries that no row adds to."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.search import SearchQuery
from django.db import OperationalError, connection, transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject
from psycopg.errors import QueryCanceled

from cases import errors
from cases.models import (
    Action,
    Answer,
    Approval,
    Attachment,
    Authorisation,
    Case,
    CasePost,
    Category,
    Confirmation,
    Decision,
    Invitation,
    Kind,
    Membership,
    Message,
    Note,
    Observation,
    Post,
    Promise,
    PublicReply,
    Raw,
    SearchEntry,
    Seer,
    Thread,
)
from cases.queries import merging
from cases.queries.api_confirmation import confirmation_lines, promise_lines
from cases.queries.api_handling import answer_lines, decision_lines
from cases.queries.search import PATIENCE_MS
from cases.rules import gate
from cases.rules import text as texts
from cases.vocabulary import ActionStatus, AnswerStatus

_REFERENCE = re.compile(r"[A-Za-z]{2,4}-\d{1,10}", re.ASCII)


@dataclass(frozen=True, slots=True)
class WholeCase:
    """A case with everything that belongs to it, and what is missing before it can be handled."""

    case: Case
    posts: list[Post]
    threads: list[Thread]
    actions: list[Action]
    gaps: list[gate.Gap]


def _lines(rows: QuerySet[Any], *order: str, **fields: Any) -> QuerySet[Any, dict[str, Any]]:
    """Rows as small objects, to be read by themselves or inside another row's query."""
    return rows.order_by(*order).values_list(JSONObject(**fields), flat=True)


def _files(**of: OuterRef) -> ArraySubquery:
    rows = Attachment.objects.filter(**of)
    return ArraySubquery(_lines(rows, "pk", id="public_id", name="name", media_type="media_type", size="size"))


def posts(seer: Seer) -> QuerySet[Post]:
    """The posts this person may open, each with its triage, its case and its observations."""
    live = CasePost.objects.filter(post=OuterRef("pk"), left_at__isnull=True)
    suggested = Case.objects.filter(pk=OuterRef("triage__suggested_case_id")).visible_to(seer)
    return (
        Post.objects.visible_to(seer)
        .select_related("brand", "channel", "handle", "triage__category", "triage__passed_to")
        .annotate(
            reference=Subquery(live.values("case__reference")[:1]),
            suggested=Subquery(suggested.values("reference")[:1]),
            seen=ArraySubquery(observation_lines(Observation.objects.filter(post=OuterRef("pk")))),
        )
    )


def observation_lines(rows: QuerySet[Observation]) -> QuerySet[Any, dict[str, Any]]:
    """What was seen of a post."""
    return _lines(
        rows,
        "at",
        "pk",
        kind="kind",
        at="at",
        views="views",
        shares="shares",
        text="text",
        reason="reason",
        by="by__username",
        recorded_at="recorded_at",
    )


def whole_posts(seer: Seer) -> QuerySet[Post]:
    """The same with what was said under each post and the files it came with."""
    return posts(seer).annotate(
        said=ArraySubquery(reply_lines(PublicReply.objects.filter(post=OuterRef("pk")))),
        files=_files(post=OuterRef("pk")),
    )


def reply_lines(rows: QuerySet[PublicReply]) -> QuerySet[Any, dict[str, Any]]:
    """What was said in public."""
    return _lines(
        rows,
        "pk",
        id="public_id",
        post="post__public_id",
        author="author__username",
        text="text",
        url="url",
        status="status",
        final="is_final",
        written_at="written_at",
        posted_at="posted_at",
        invitation_status="invitation__status",
    )


def post_row(seer: Seer, public_id: UUID) -> tuple[int, int] | None:
    """The key and the brand of a post this person may open."""
    return Post.objects.visible_to(seer).filter(public_id=public_id).values_list("pk", "brand_id").first()


def observation(seer: Seer, key: int) -> dict[str, Any] | None:
    """One observation, by its key."""
    rows = Observation.objects.filter(pk=key, post__in=Post.objects.visible_to(seer))
    return observation_lines(rows).first()


def first_received_at(channel_id: int, external_ids: Iterable[str]) -> dict[str, datetime]:
    """When each of these arrived on the channel for the first time, as far as they have."""
    rows = Raw.objects.filter(channel_id=channel_id, external_id__in=set(external_ids)).order_by("-pk")
    return dict(rows.values_list("external_id", "received_at"))


def raw_reasons(raw_ids: Iterable[int | None]) -> dict[int, str]:
    """Why these arrivals could not be processed."""
    return dict(Raw.objects.filter(pk__in=[key for key in raw_ids if key]).values_list("pk", "reason"))


def cases(seer: Seer) -> QuerySet[Case]:
    """The cases this person may open, with what a list shows of each."""
    return Case.objects.visible_to(seer).select_related(
        "brand", "owner", "team", "category", "cause", "channel", "complainant"
    )


def matches(seer: Seer, words: str) -> Q:
    """The condition on a case to have this reference, or to hold these words in one of its texts."""
    if _REFERENCE.fullmatch(words):
        return Q(reference=words.upper())
    folded = texts.fold(words)
    asked = SearchQuery(words, config="french", search_type="websearch")
    for config in ("french", "english", "simple"):
        asked |= SearchQuery(folded, config=config, search_type="websearch")
    entries = SearchEntry.objects.filter(brand_id__in=seer.brand_ids, case__isnull=False, document=asked)
    return Q(pk__in=entries.values("case_id"))


def case_page(seer: Seer, rows: QuerySet[Case], words: str | None, after: int | None, limit: int) -> list[Case]:
    """Some of these cases, newest first, from one on; brand by brand, so that each part walks an index and stops.

    Raises TooSlow when words are looked for and it takes longer than a search may.
    """
    if after is not None:
        rows = rows.filter(pk__lt=after)
    if words is None:
        return _case_page(seer, rows, limit)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {PATIENCE_MS}")
            return _case_page(seer, rows.filter(matches(seer, words)), limit)
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise errors.TooSlow from error
        raise


def _case_page(seer: Seer, rows: QuerySet[Case], limit: int) -> list[Case]:
    parts = [rows.filter(brand_id=brand).order_by("-pk").values("pk")[:limit] for brand in seer.brand_ids]
    if not parts:
        return []
    chosen = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    return list(cases(seer).filter(pk__in=chosen).order_by("-pk")[:limit])


def case_row(seer: Seer, reference: str) -> tuple[int, int] | None:
    """The key and the brand of a case this person may open."""
    return Case.objects.visible_to(seer).filter(reference=reference).values_list("pk", "brand_id").first()


def whole_case(seer: Seer, reference: str) -> WholeCase | None:
    """A case with everything that belongs to it, in four queries."""
    rows = _with_small_things(cases(seer)).annotate(merged_into=merging.goes_on_in(seer))
    case = rows.filter(reference=reference).first()
    if case is None:
        return None
    its_actions = list(actions(seer).filter(case=case).order_by("pk"))
    return WholeCase(
        case=case,
        posts=list(whole_posts(seer).filter(links__case=case, links__left_at__isnull=True).order_by("posted_at", "pk")),
        threads=list(threads(seer).filter(case=case)),
        actions=its_actions,
        gaps=gate.missing(_facts(case, its_actions)),
    )


def _with_small_things(rows: QuerySet[Case]) -> QuerySet[Case]:
    of_case = Q(case=OuterRef("pk"))
    return rows.annotate(
        replies_line=ArraySubquery(reply_lines(PublicReply.objects.filter(of_case))),
        notes_line=ArraySubquery(note_lines(Note.objects.filter(of_case))),
        decisions_line=ArraySubquery(decision_lines(Decision.objects.filter(of_case))),
        answers_line=ArraySubquery(answer_lines(Answer.objects.filter(of_case))),
        promises_line=ArraySubquery(promise_lines(Promise.objects.filter(of_case))),
        confirmations_line=ArraySubquery(confirmation_lines(Confirmation.objects.filter(of_case))),
        invitations_line=ArraySubquery(
            _lines(
                Invitation.objects.filter(of_case),
                "pk",
                status="status",
                reply="reply__public_id",
                sent_at="sent_at",
                answered_at="answered_at",
                expires_at="expires_at",
            )
        ),
    )


def _facts(case: Any, its_actions: list[Action]) -> gate.Facts:
    standing = [line for line in case.answers_line if line["superseded_at"] is None]
    return gate.Facts(
        has_owner=case.owner_id is not None,
        has_decision=any(line["superseded_at"] is None for line in case.decisions_line),
        required=[gate.Step(each.pk, ActionStatus(each.status)) for each in its_actions if each.is_required],
        answer=AnswerStatus(standing[0]["status"]) if standing else None,
    )


def note_lines(rows: QuerySet[Note]) -> QuerySet[Any, dict[str, Any]]:
    """What colleagues told each other."""
    return _lines(
        rows,
        "pk",
        id="public_id",
        author="author__username",
        text="text",
        written_at="written_at",
        files=_files(note=OuterRef("pk")),
    )


def threads(seer: Seer) -> QuerySet[Thread]:
    """The private threads of cases this person may open, each with its messages."""
    return (
        Thread.objects.filter(seer.cases("case__"))
        .annotate(said=ArraySubquery(message_lines(Message.objects.filter(thread=OuterRef("pk")))))
        .order_by("pk")
    )


def message_lines(rows: QuerySet[Message]) -> QuerySet[Any, dict[str, Any]]:
    """What was said in private."""
    return _lines(
        rows,
        "pk",
        key="pk",
        id="public_id",
        thread="thread__public_id",
        author="author__username",
        text="text",
        sent_at="sent_at",
        read_at="read_at",
        misdirected_at="misdirected_at",
        files=_files(message=OuterRef("pk")),
    )


def reply(seer: Seer, key: int) -> dict[str, Any] | None:
    """One public reply, by its key."""
    return reply_lines(PublicReply.objects.filter(pk=key, post__in=Post.objects.visible_to(seer))).first()


def message(seer: Seer, key: int) -> dict[str, Any] | None:
    """One private message, by its key."""
    return message_lines(Message.objects.filter(seer.cases("case__"), pk=key)).first()


def messages(case_id: int, after: int, limit: int) -> list[dict[str, Any]]:
    """The private messages of a case, oldest first, from one on."""
    return list(message_lines(Message.objects.filter(case_id=case_id, pk__gt=after))[:limit])


def note(seer: Seer, key: int) -> dict[str, Any] | None:
    """One note, by its key."""
    return note_lines(Note.objects.filter(seer.cases("case__"), pk=key)).first()


def decision(seer: Seer, key: int) -> dict[str, Any] | None:
    """One decision, by its key."""
    return decision_lines(Decision.objects.filter(seer.cases("case__"), pk=key)).first()


def answer(seer: Seer, key: int) -> dict[str, Any] | None:
    """One final answer, by its key."""
    return answer_lines(Answer.objects.filter(seer.cases("case__"), pk=key)).first()


def actions(seer: Seer) -> QuerySet[Action]:
    """The actions of cases this person may open, with who decided each, and what was asked for it last."""
    decided = Authorisation.objects.filter(action=OuterRef("pk"), released_at__isnull=True)
    asked = Approval.objects.filter(action=OuterRef("pk"))
    return (
        Action.objects.filter(seer.cases("case__"))
        .select_related("case", "kind", "owner", "team", "done_by", "waived_by", "target")
        .annotate(
            files=_files(action=OuterRef("pk")),
            decided_by=Subquery(decided.values("person__username")[:1]),
            approval=Subquery(asked.order_by("-pk").values("public_id")[:1]),
        )
    )


def action_row(seer: Seer, public_id: UUID) -> Action | None:
    """An action of a case this person may open."""
    return Action.objects.filter(seer.cases("case__"), public_id=public_id).first()


def reply_id(seer: Seer, public_id: UUID) -> int | None:
    """The key of a public reply under a post this person may open."""
    rows = PublicReply.objects.filter(public_id=public_id, post__in=Post.objects.visible_to(seer))
    return rows.values_list("pk", flat=True).first()


def thread_id(seer: Seer, public_id: UUID) -> int | None:
    """The key of a thread of a case this person may open."""
    return Thread.objects.filter(seer.cases("case__"), public_id=public_id).values_list("pk", flat=True).first()


def category_id(brand_id: int, code: str) -> int | None:
    """The brand's category of that code."""
    return Category.objects.filter(brand_id=brand_id, code=code).values_list("pk", flat=True).first()


def kind_ids(brand_id: int, codes: Iterable[str]) -> dict[str, int]:
    """The brand's kinds of action of these codes."""
    return dict(Kind.objects.filter(brand_id=brand_id, code__in=set(codes)).values_list("code", "pk"))


def colleague_id(brand_id: int, username: str) -> int | None:
    """The person of that user name who works for the brand."""
    rows = Membership.objects.filter(brand_id=brand_id, person__username__iexact=username)
    return rows.values_list("person_id", flat=True).first()


def post_in_case(case_id: int, public_id: UUID) -> int | None:
    """The key of a post that is in the case."""
    links = CasePost.objects.filter(case_id=case_id, left_at__isnull=True, post__public_id=public_id)
    return links.values_list("post_id", flat=True).first()


def public_post_of(case_id: int) -> int | None:
    """The newest post of a case that an audience reads, else its newest."""
    links = CasePost.objects.filter(case_id=case_id, left_at__isnull=True).select_related("post__channel")
    newest = sorted(links, key=lambda link: (link.post.channel.is_public, link.post_id))
    return newest[-1].post_id if newest else None
