"""Every row that a rule of a brand can name, in one query: teams, people, tags, kinds, systems and more."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import NamedTuple

from django.db import connection
from django.db.models import Count, Q

from cases.models import Escalation, Rule, RuleVersion, Seer
from cases.vocabulary import StepStatus

PAGE = 50

# What is no longer in use is read too: a rule that names it says so.
_ROWS = """
SELECT 'team', id, jsonb_build_object('en', name), is_active FROM cases_team WHERE brand_id = %(brand)s
UNION ALL SELECT 'tag', id, jsonb_build_object('en', name), is_active FROM cases_tag WHERE brand_id = %(brand)s
UNION ALL SELECT 'target', id, jsonb_build_object('en', name), is_active FROM cases_target WHERE brand_id = %(brand)s
UNION ALL SELECT 'channel', id, jsonb_build_object('en', name), is_active FROM cases_channel WHERE brand_id = %(brand)s
UNION ALL SELECT 'kind', id, label, is_active FROM cases_kind WHERE brand_id = %(brand)s
UNION ALL SELECT 'amount', id, label, is_active FROM cases_kind WHERE brand_id = %(brand)s AND has_amount
UNION ALL SELECT 'category', id, label, is_active FROM cases_category WHERE brand_id = %(brand)s
UNION ALL SELECT CASE WHEN m.role IN ('agent', 'manager') THEN 'owner' ELSE 'person' END, u.id,
    jsonb_build_object('en', u.name), u.is_active
  FROM cases_membership m JOIN cases_user u ON u.id = m.person_id WHERE m.brand_id = %(brand)s
"""


class Row(NamedTuple):
    """A row, what it is called in each language, and whether it can still be chosen."""

    id: int
    label: dict[str, str]
    is_active: bool


def rows(brand_id: int) -> dict[str, list[Row]]:
    """The rows by what they are of; an ``owner`` is a ``person`` too."""
    found: dict[str, list[Row]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, {"brand": brand_id})
        for what, key, label, is_active in cursor.fetchall():
            found[what].append(Row(key, json.loads(label), is_active))
    found["person"] += found["owner"]
    return found


class Page(NamedTuple):
    """Some of the times a rule matched, each with how many steps were ``taken``; the key after which there are more."""

    rows: list[Escalation]
    after: int | None


def escalations(rule: Rule, seer: Seer, after: int | None = None) -> Page:
    """The times a rule matched a case that this person may open, the latest first."""
    rows = Escalation.objects.filter(seer.cases("case__"), rule=rule).select_related("case", "version")
    if after is not None:
        rows = rows.filter(pk__lt=after)
    taken = Count("steps", filter=Q(steps__status=StepStatus.DONE))
    found = list(rows.annotate(taken=taken).order_by("-pk")[: PAGE + 1])
    return Page(found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None)


def number_of(version_id: int) -> int | None:
    """The number of a version."""
    return RuleVersion.objects.filter(pk=version_id).values_list("number", flat=True).first()
