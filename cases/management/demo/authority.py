"""Who may decide what at the demo's brands: grants, who is away and who decides for them, and rates."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from cases.commands import authority
from cases.commands.authority import To
from cases.management.demo.people import Stage
from cases.management.demo.screenplay import Clock
from cases.models import Category, Grant, Kind
from cases.rules.authority import Terms
from cases.vocabulary import Actor, Role, Window


def set_authority(stage: Stage, clock: Clock) -> None:
    """Every grant, absence and rate, the oldest first."""
    giving = _Giving(stage, clock)
    _of_brindlewick(giving, clock)
    _of_orvelle(giving, clock)
    _of_kestrelle(giving)
    giving.away(5, "OR", "claire", deputy="sofia", first=clock.day(-1), last=clock.day(4), by="claire")
    giving.away(1, "BW", "karim", deputy="agent", first=clock.day(5), last=clock.day(9), by="karim")
    giving.away(0, "KM", "jonas", deputy="agent", first=clock.day(0), last=clock.day(2), by="manager")
    giving.rate(95, "BW", "GBP", "1.152")
    giving.rate(95, "KM", "CHF", "1.041")
    giving.rate(30, "BW", "GBP", "1.1685")


def _of_brindlewick(giving: _Giving, clock: Clock) -> None:
    giving.grant(99, "BW", person="dora", per_action="5000", per_complainant="15000", days=365, waives=True)
    giving.grant(
        98,
        "BW",
        person="karim",
        by="manager",
        kinds="refund voucher",
        reason="Leads Care, and answers the requests of his team.",
        per_action="250",
        per_complainant="750",
        each="1500",
        window=Window.WEEK,
    )
    giving.grant(
        96,
        "BW",
        team="Care",
        by="manager",
        kinds="voucher",
        reason="Small gestures on the same day, without asking anybody.",
        per_action="40",
        per_complainant="80",
        shared="200",
        window=Window.DAY,
    )
    giving.grant(60, "BW", person="mark", by="manager", kinds="voucher", per_action="150", per_complainant="300")
    giving.grant(
        45,
        "BW",
        team="Delivery",
        by="manager",
        kinds="voucher",
        category="delivery",
        reason="The drivers’ strike: up to 120 for whoever waited in vain.",
        per_action="120",
        per_complainant="240",
        shared="2000",
        window=Window.WEEK,
        first=clock.day(-45),
        last=clock.day(-24),
    )


def _of_orvelle(giving: _Giving, clock: Clock) -> None:
    giving.replace(98, "OR", Role.AGENT, per_action="60", per_complainant="180", days=90)
    giving.grant(
        97,
        "OR",
        team="Qualité",
        category="reaction",
        kinds="refund investigation replacement",
        reason="Whoever reacts to a product gets product and pharmacy back at once.",
        per_action="150",
        per_complainant="300",
        each="1000",
        window=Window.MONTH,
    )
    giving.grant(
        2,
        "OR",
        team="Relation client",
        by="manager",
        category="parcel",
        kinds="refund",
        reason="Up to 80 for late parcels until Friday: the carrier’s depot in Tours stands still.",
        per_action="80",
        per_complainant="160",
        shared="1200",
        window=Window.DAY,
        last=clock.friday,
    )


def _of_kestrelle(giving: _Giving) -> None:
    giving.grant(99, "KM", person="dora", per_action="5000", per_complainant="15000", days=365, waives=True)
    giving.grant(
        97,
        "KM",
        team="Billing",
        kinds="refund voucher correction",
        reason="What was billed wrongly goes back the same day.",
        per_action="120",
        per_complainant="360",
        shared="500",
        window=Window.DAY,
    )
    giving.grant(
        97,
        "KM",
        person="jonas",
        by="manager",
        kinds="refund voucher",
        category="network",
        reason="Days without a network.",
        per_action="180",
        per_complainant="360",
        each="900",
        window=Window.MONTH,
    )
    storm = giving.grant(
        40,
        "KM",
        role=Role.AGENT,
        by="manager",
        kinds="voucher",
        category="network",
        per_action="40",
        per_complainant="80",
        each="400",
    )
    giving.end(33, storm, by="manager")


class _Giving:
    """Gives, replaces and ends as people of the brand do."""

    def __init__(self, stage: Stage, clock: Clock) -> None:
        self._stage, self._clock = stage, clock

    def grant(
        self,
        ago: int,
        prefix: str,
        *,
        role: str = "",
        team: str = "",
        person: str = "",
        by: str = "admin",
        reason: str = "",
        **terms: Any,
    ) -> Grant:
        """A grant given so many days ago."""
        to = To(
            role,
            self._stage.teams[prefix, team].pk if team else None,
            self._stage.crew[person].pk if person else None,
        )
        return authority.give_grant(
            brand_id=self._stage.brands[prefix].pk,
            to=to,
            terms=self._terms(prefix, **terms),
            reason=reason,
            at=self._clock.ago(ago),
            actor=self._actor(by),
        )

    def replace(self, ago: int, prefix: str, role: str, **terms: Any) -> None:
        """The grant a role started with is replaced by another."""
        old = Grant.objects.get(brand=self._stage.brands[prefix], role=role, ended_at=None)
        authority.replace_grant(
            grant_id=old.pk,
            terms=self._terms(prefix, **terms),
            reason="Small amounts, as the basket is small.",
            at=self._clock.ago(ago),
            actor=self._actor("admin"),
        )

    def end(self, ago: int, grant: Grant, *, by: str) -> None:
        """A grant is ended before its time."""
        authority.end_grant(grant_id=grant.pk, at=self._clock.ago(ago), actor=self._actor(by))

    def away(self, ago: int, prefix: str, person: str, *, deputy: str, first: date, last: date, by: str) -> None:
        """Somebody is away, and somebody else decides for them."""
        authority.note_absence(
            brand_id=self._stage.brands[prefix].pk,
            person_id=self._stage.crew[person].pk,
            deputy_id=self._stage.crew[deputy].pk,
            starts_on=first,
            ends_on=last,
            at=self._clock.ago(ago),
            actor=self._actor(by),
        )

    def rate(self, ago: int, prefix: str, currency: str, worth: str) -> None:
        """What a unit of a currency is worth in euros from that day on."""
        authority.set_rate(
            brand_id=self._stage.brands[prefix].pk,
            currency=currency,
            into="EUR",
            rate=Decimal(worth),
            starts_on=self._clock.day(-ago),
            at=self._clock.ago(ago),
            actor=self._actor("admin"),
        )

    def _terms(
        self,
        prefix: str,
        *,
        kinds: str = "",
        category: str = "",
        per_action: str | None = None,
        per_complainant: str | None = None,
        days: int = 90,
        each: str | None = None,
        shared: str | None = None,
        window: str = Window.MONTH,
        waives: bool = False,
        first: date | None = None,
        last: date | None = None,
    ) -> Terms:
        brand = self._stage.brands[prefix]
        chosen = Kind.objects.filter(brand=brand, code__in=kinds.split()).values_list("pk", flat=True)
        return Terms(
            currency="EUR",
            kind_ids=frozenset(chosen),
            category_id=Category.objects.get(brand=brand, code=category).pk if category else None,
            per_action=_amount(per_action),
            per_complainant=_amount(per_complainant),
            complainant_days=days,
            budget_each=_amount(each),
            budget_shared=_amount(shared),
            window=window,
            may_waive=waives,
            starts_on=first,
            ends_on=last,
        )

    def _actor(self, username: str) -> Actor:
        return Actor.person(self._stage.crew[username].pk)


def _amount(written: str | None) -> Decimal | None:
    return Decimal(written) if written else None
