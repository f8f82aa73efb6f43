"""The tags of a brand, as a form offers them."""

from __future__ import annotations

from cases.models import Case, CaseTag, Tag


def offered(case: Case) -> list[str]:
    """The brand's tags that are in use and not on the case yet, by name, in one query."""
    on_it = CaseTag.objects.filter(case=case).values("tag_id")
    rows = Tag.objects.filter(brand_id=case.brand_id, is_active=True).exclude(pk__in=on_it)
    return list(rows.order_by("name").values_list("name", flat=True))
