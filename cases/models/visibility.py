"""The one visibility rule (I11): what a person may not open they do not find."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Protocol

from django.db.models import Q

from cases.vocabulary import Role


class Seen(Protocol):
    """What the rule looks at in a case."""

    @property
    def brand_id(self) -> int: ...
    @property
    def is_restricted(self) -> bool: ...
    @property
    def owner_id(self) -> int | None: ...
    @property
    def team_id(self) -> int | None: ...
    @property
    def about_id(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Seer:
    """What one person may see: their brands by role, and the teams they lead; read once for a request."""

    person_id: int | None
    roles: dict[int, Role] = field(default_factory=dict)
    led_team_ids: frozenset[int] = frozenset()
    team_ids: frozenset[int] = frozenset()
    is_organisation_admin: bool = False

    @property
    def brand_ids(self) -> list[int]:
        """The brands this person belongs to, in a stable order."""
        return sorted(self.roles)

    @property
    def managed_brand_ids(self) -> list[int]:
        """The brands this person manages."""
        return sorted(brand for brand, role in self.roles.items() if role == Role.MANAGER)

    def within(self, brand_id: int) -> Seer:
        """The same person, looking at one of their brands only."""
        return replace(self, roles={brand_id: self.roles[brand_id]})

    def cases(self, prefix: str = "") -> Q:
        """The condition on a case, reached through ``prefix``."""
        open_to_me = Q(**{f"{prefix}is_restricted": False}) | Q(**{f"{prefix}owner_id": self.person_id})
        if self.managed_brand_ids:
            open_to_me |= Q(**{f"{prefix}brand_id__in": self.managed_brand_ids})
        if self.led_team_ids:
            open_to_me |= Q(**{f"{prefix}team_id__in": sorted(self.led_team_ids)})
        not_about_me = Q(**{f"{prefix}about_id__isnull": True}) | ~Q(**{f"{prefix}about_id": self.person_id})
        return Q(**{f"{prefix}brand_id__in": self.brand_ids}) & open_to_me & not_about_me

    def sees(self, case: Seen) -> bool:
        """The same rule for a case that is at hand already; a test holds the two together."""
        is_open_to_me = (
            not case.is_restricted
            or (case.owner_id is not None and case.owner_id == self.person_id)
            or self.roles.get(case.brand_id) == Role.MANAGER
            or case.team_id in self.led_team_ids
        )
        is_about_me = case.about_id is not None and case.about_id == self.person_id
        return case.brand_id in self.roles and is_open_to_me and not is_about_me


NOBODY = Seer(person_id=None)
