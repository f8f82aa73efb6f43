"""Requests for approval: whose they are to answer, whom they wait for, and what has to move on."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum

from cases import errors
from cases.models import Approval, Asked, Authorisation, Seer
from cases.rules.permission import may_own
from cases.vocabulary import UNHANDLED, ApprovalStatus, AuthorityHours, Passed, Reply

PAGE = 20
COUNTED = 100
_OPEN = {"reply": "", "passed": ""}


def may_look(seer: Seer) -> bool:
    """Whether this person asks or answers anywhere."""
    return any(may_own(role) for role in seer.roles.values())


def visible(seer: Seer) -> QuerySet[Approval]:
    """The requests about cases this person may open, with what a page says of each."""
    rows = Asked.objects.select_related("person", "holder", "grant").order_by("pk")
    given = (
        Authorisation.objects.filter(
            complainant_id=OuterRef("case__complainant_id"), released_at__isnull=True, charged__gt=0
        )
        .order_by()
        .values("complainant_id")
    )
    return (
        Approval.objects.filter(seer.cases("case__"))
        .annotate(given=Subquery(given.annotate(total=Sum("charged")).values("total")))
        .select_related("case__brand", "case__complainant", "case__owner", "action__kind", "kind")
        .select_related("requested_by", "decided_by")
        .prefetch_related(Prefetch("asked", rows, to_attr="history"))
    )


def _for_me(seer: Seer) -> Q:
    asked = Asked.objects.filter(approval=OuterRef("pk"), person_id=seer.person_id, **_OPEN)
    return Q(Exists(asked), status=ApprovalStatus.WAITING, case__status__in=UNHANDLED)


def _for_others(seer: Seer) -> Q:
    """What waits for somebody else in brands where this person decides; nobody takes on what they asked for."""
    brands = sorted(brand for brand, role in seer.roles.items() if may_own(role))
    said_yes = Asked.objects.filter(approval=OuterRef("pk"), person_id=seer.person_id, reply=Reply.APPROVED)
    return (
        Q(status=ApprovalStatus.WAITING, case__status__in=UNHANDLED, brand_id__in=brands)
        & ~Q(requested_by_id=seer.person_id)
        & ~_asks_me(seer)
        & ~Q(Exists(said_yes))
    )


def _asks_me(seer: Seer) -> Q:
    return Q(Exists(Asked.objects.filter(approval=OuterRef("pk"), person_id=seer.person_id, **_OPEN)))


def _answered(seer: Seer) -> Q:
    theirs = Asked.objects.filter(approval=OuterRef("pk"), person_id=seer.person_id)
    is_mine = Q(requested_by_id=seer.person_id) | Q(Exists(theirs))
    return is_mine & ~Q(status=ApprovalStatus.WAITING)


VIEWS = {
    "me": _for_me,
    "asked": lambda seer: Q(status=ApprovalStatus.WAITING, requested_by_id=seer.person_id),
    "others": _for_others,
    "answered": _answered,
}


def page(seer: Seer, view: str, after: int | None, at: datetime) -> tuple[list[Any], int | None]:
    """One page of a view and the key after which the next begins: what waits, oldest first; what is answered, newest.

    Of what waits for others, only what this person could decide themselves.
    """
    rows = listed(seer, view, at)
    if view == "answered":
        rows = (rows.filter(pk__lt=after) if after else rows).order_by("-pk")
    else:
        rows = (rows.filter(pk__gt=after) if after else rows).order_by("pk")
    found = list(rows[: PAGE + 1])
    return found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None


def listed(seer: Seer, view: str | None, at: datetime) -> QuerySet[Approval]:
    """The requests of a view, or all about cases this person may open."""
    rows = visible(seer)
    if view is not None:
        rows = rows.filter(VIEWS[view](seer))
    if view == "others":
        rows = rows.filter(pk__in=decidable(seer.person_id or 0, seer.brand_ids, at))
    return rows


def one(seer: Seer, public_id: UUID) -> Any:
    """One request; raises NotFound."""
    found = visible(seer).filter(public_id=public_id).first()
    if found is None:
        raise errors.NotFound
    return found


def waiting_for_me(seer: Seer) -> QuerySet[Approval]:
    """What this person is asked now, to be counted."""
    return Approval.objects.filter(seer.cases("case__")).filter(_for_me(seer)).order_by()


_DECIDABLE = """
SELECT p.id
  FROM cases_approval p
  JOIN cases_case c ON c.id = p.case_id
 WHERE p.status = 'waiting' AND p.brand_id = ANY (%(brands)s::bigint[]) AND p.requested_by_id <> %(person)s
   AND c.about_id IS DISTINCT FROM %(person)s
   AND EXISTS (
     SELECT 1 FROM casedesk_candidates(p.brand_id, p.kind_id, c.category_id,
              (%(at)s::timestamptz AT TIME ZONE casedesk_zone(p.brand_id))::date) k,
            LATERAL casedesk_judge(k.person_id, k.holder_id, k.grant_id, p.kind_id, c.category_id, c.complainant_id,
              p.amount, p.currency, %(at)s::timestamptz) j
      WHERE k.person_id = %(person)s AND k.holder_id IS DISTINCT FROM c.about_id AND j.gap IS NULL)
 ORDER BY p.id
 LIMIT 500
"""


def decidable(person_id: int, brand_ids: Collection[int], at: datetime) -> list[int]:
    """The waiting requests of these brands that this person's authority suffices for."""
    with connection.cursor() as cursor:
        cursor.execute(_DECIDABLE, {"person": person_id, "brands": sorted(brand_ids), "at": at})
        return [key for (key,) in cursor.fetchall()]


def by_link(digest: bytes) -> Any:
    """Whom a mailed link was sent to, with the request; raises LinkDead for a link that never was."""
    found = (
        Asked.objects.filter(digest=digest)
        .select_related("person", "holder", "approval__case__brand", "approval__case__complainant")
        .select_related("approval__action__kind", "approval__kind", "approval__requested_by", "approval__decided_by")
        .first()
    )
    if found is None:
        raise errors.LinkDead
    return found


def is_link_over(asked: Asked, at: datetime) -> bool:
    """Whether a link has had its days."""
    return at >= asked.asked_at + timedelta(hours=AuthorityHours.MAIL_LINK)


_STUCK = """
SELECT p.id, CASE
    WHEN q.id IS NULL THEN 'no_longer_able'
    WHEN q.answer_by <= %(at)s::timestamptz THEN 'too_late'
    WHEN NOT u.is_active OR a.id IS NOT NULL THEN 'gone'
    ELSE 'no_longer_able' END AS why
  FROM cases_approval p
  JOIN cases_case c ON c.id = p.case_id AND c.status IN ('new', 'open', 'waiting')
  LEFT JOIN cases_asked q ON q.approval_id = p.id AND q.reply = '' AND q.passed = ''
  LEFT JOIN cases_user u ON u.id = q.person_id
  LEFT JOIN LATERAL (
    SELECT n.id FROM cases_absence n
     WHERE n.brand_id = p.brand_id AND n.person_id = q.person_id AND n.ended_at IS NULL
       AND (%(at)s::timestamptz AT TIME ZONE casedesk_zone(p.brand_id))::date BETWEEN n.starts_on AND n.ends_on LIMIT 1
  ) a ON true
  LEFT JOIN LATERAL casedesk_judge(q.person_id, q.holder_id, q.grant_id, p.kind_id, c.category_id, c.complainant_id,
    p.amount, p.currency, %(at)s::timestamptz) j ON q.id IS NOT NULL
 WHERE p.status = 'waiting' AND CASE WHEN q.id IS NULL THEN (
     SELECT r.person_id FROM casedesk_route(p.case_id, p.kind_id, p.amount, p.currency, %(at)s::timestamptz,
       p.requested_by_id || ARRAY(
         SELECT y.person_id FROM cases_asked y WHERE y.approval_id = p.id AND y.reply = 'approved')) r) IS NOT NULL
   ELSE q.answer_by <= %(at)s::timestamptz OR NOT u.is_active OR a.id IS NOT NULL OR j.gap IS NOT NULL END
 ORDER BY q.answer_by NULLS FIRST, p.id
 LIMIT %(most)s
"""


def to_pass_on(at: datetime, most: int) -> list[tuple[int, Passed]]:
    """Requests nobody answered in time, or whose person left, is away or can no longer decide them; with the reason.

    Also those nobody is asked for any more, as soon as somebody can; all in one query.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STUCK, {"at": at, "most": most})
        return [(key, Passed(why)) for key, why in cursor.fetchall()]
