"""Frozen periods for programs: listed, read beside the figures of now, frozen, and signed."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cases.api.endpoint import Paged, found
from cases.api.fields import Code, Instant, Words
from cases.api.report_answer import Links, instant
from cases.api.report_asked import ReportEndpoint
from cases.api.schema import changes, reads
from cases.api.streaming import streamed
from cases.commands import frozen as commands
from cases.models import FrozenPeriod
from cases.queries import api_report
from cases.queries.reports import frozen as queries
from cases.queries.reports.complaints import ReturnTooLong
from cases.queries.reports.frozen import Compared, Subject
from cases.vocabulary.returns import ReturnName

_REGULATORS = [(each.value, each.value) for each in ReturnName]


class FreezeIn(serializers.Serializer[Any]):
    """Whose figures of which whole months, for the brand itself or for a regulator."""

    brand = Code(help_text="a slug")
    period = Code(max_length=20, help_text="2026-H1, 2026-Q3 or 2026-09; it must be over")
    regulator = serializers.ChoiceField(choices=_REGULATORS, required=False, allow_blank=True)


class SignIn(serializers.Serializer[Any]):
    """What whoever signs says of the figures."""

    remark = Words(max_length=commands.LONGEST_REMARK, required=False)


class FrozenShape(serializers.Serializer[Any]):
    """A period whose figures are kept as they stood."""

    id = serializers.UUIDField()
    brand = serializers.CharField()
    regulator = serializers.CharField(allow_blank=True)
    period = serializers.CharField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    zone = serializers.CharField()
    version = serializers.IntegerField(help_text="of the definitions by which it was counted")
    sha256 = serializers.CharField()
    frozen_at = Instant()
    frozen_by = serializers.CharField(help_text="a user name")
    signed_at = Instant(allow_null=True)
    signed_by = serializers.CharField(allow_null=True, help_text="a user name")
    remark = serializers.CharField(allow_blank=True)
    url = serializers.CharField()
    page = serializers.CharField()


class FrozenPage(serializers.Serializer[Any]):
    """A page of frozen periods, those frozen last first."""

    next = serializers.CharField(allow_null=True)
    results = FrozenShape(many=True)


class CorrectionShape(serializers.Serializer[Any]):
    """A figure that is another one now."""

    table = serializers.CharField(allow_blank=True)
    line = serializers.CharField(allow_blank=True)
    name = serializers.CharField()
    unit = serializers.CharField(help_text="count, seconds, minutes or money")
    currency = serializers.CharField(allow_blank=True)
    then = serializers.CharField(allow_null=True, help_text="a number; null: not known")
    now = serializers.CharField(allow_null=True)


class OneFrozenShape(FrozenShape):
    """With its figures as they were frozen, and what has changed since."""

    is_intact = serializers.BooleanField(help_text="the figures are still those that were frozen, byte for byte")
    later_events = serializers.IntegerField(help_text="lines recorded since that speak of an instant of the period")
    figures = serializers.DictField(help_text="as they were frozen, with the words of their definitions")
    corrections = CorrectionShape(many=True, allow_null=True, help_text="null: there are too many cases to count again")


class _Frozen(ReportEndpoint):
    def told(self, row: FrozenPeriod) -> dict[str, Any]:
        """A frozen period without its figures."""
        links = Links(self.request, "")
        plain = ("regulator", "zone", "remark")
        return {
            **{name: getattr(row, name) for name in plain},
            "id": str(row.public_id),
            "brand": row.brand.slug,
            "period": Subject.of(row).span.name,
            "starts_on": row.starts_on.isoformat(),
            "ends_on": row.ends_on.isoformat(),
            "version": row.definitions,
            "sha256": bytes(row.digest).hex(),
            "frozen_at": instant(row.frozen_at),
            "frozen_by": row.frozen_by.username,
            "signed_at": instant(row.signed_at) if row.signed_at else None,
            "signed_by": row.signed_by.username if row.signed_by else None,
            "url": links.root(f"frozen-periods/{row.public_id}/"),
            "page": links.page("frozen-period", row.public_id),
        }

    def shown(self, key: int) -> Any:
        """The same by its key."""
        return self.told(found(queries.visible(self.seer).filter(pk=key).first()))


class FrozenPeriods(_Frozen):
    """The frozen periods of one's brands."""

    @reads(
        FrozenPage,
        "The frozen periods of your brands, without their figures",
        operation_id="frozen_periods_list",
        takes=[Paged],
        refuses=[403, 422],
    )
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """One page of them."""
        asked = self.asked(Paged)
        rows = queries.visible(self.seer).defer("figures").order_by("-pk")
        rows = rows.filter(pk__lt=asked["cursor"]) if "cursor" in asked else rows
        several = list(rows[: asked["limit"] + 1])
        page = several[: asked["limit"]]
        following = self.following(page[-1].pk) if len(several) > len(page) else None
        return Response({"next": following, "results": [self.told(each) for each in page]})

    @changes(FrozenShape, "Freeze the figures of a brand's period, or a regulator's return", takes=FreezeIn, status=201)
    def post(self, request: Request) -> Response:  # noqa: ARG002
        """The frozen period."""
        given = self.given(FreezeIn)
        facts: dict[str, Any] = {
            "brand_id": found(api_report.brand(self.reading, given["brand"])).pk,
            "period": given["period"],
            "regulator": given.get("regulator", ""),
            "at": self.now,
        }
        return self.run(commands.freeze, lambda row: row.pk, self.shown, status=201, **facts)


class OneFrozen(_Frozen):
    """One frozen period."""

    @reads(OneFrozenShape, "A frozen period: its figures, and what has changed since", refuses=[403, 404])
    def get(self, request: Request, frozen: UUID) -> Response:  # noqa: ARG002
        """The figures of then, and those that are others now."""
        row = queries.to_see(self.seer, frozen)
        line = queries.recorded(row)
        return Response(
            {
                **self.told(row),
                "is_intact": queries.is_intact(row, line),
                "later_events": queries.later_lines(row, line, self.now) if line else 0,
                "figures": row.figures,
                "corrections": self._corrections(row),
            }
        )

    def _corrections(self, row: FrozenPeriod) -> list[dict[str, Any]] | None:
        try:
            now = queries.figures(Subject.of(row), self.now)
        except ReturnTooLong:
            return None
        return [_correction(each) for each in queries.compared(row.figures, now) if each.is_corrected]


def _correction(each: Compared) -> dict[str, Any]:
    return {
        "table": each.table,
        "line": each.line,
        "name": each.name,
        "unit": each.what,
        "currency": each.currency,
        "then": None if each.then is None else str(each.then),
        "now": None if each.now is None else str(each.now),
    }


class FrozenFile(_Frozen):
    """The figures of a frozen period as a file."""

    @reads(
        {(200, "application/json"): OpenApiTypes.OBJECT},
        "The frozen figures byte for byte as their SHA-256 was taken of them",
        refuses=[403, 404],
    )
    def get(self, request: Request, frozen: UUID) -> StreamingHttpResponse:
        """The same file as the page offers."""
        row = queries.to_see(self.seer, frozen)
        content = queries.canonical(row.figures)
        name = f"{row.regulator or 'figures'}-{row.brand.slug}-{Subject.of(row).span.name}.json"
        return streamed(request, lambda: BytesIO(content), name=name, media_type="application/json", size=len(content))


class SignFrozen(_Frozen):
    """A signature."""

    @changes(FrozenShape, "Sign for the figures of a frozen period", takes=SignIn)
    def post(self, request: Request, frozen: UUID) -> Response:  # noqa: ARG002
        """The frozen period."""
        row = queries.to_see(self.seer, frozen)
        remark = self.given(SignIn).get("remark", "")
        return self.run(commands.sign, lambda each: each.pk, self.shown, frozen_id=row.pk, remark=remark, at=self.now)
