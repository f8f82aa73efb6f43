"""Who may read which reports: the brands they oversee, and of people only what a manager may know."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from cases import errors
from cases.models import Seer
from cases.rules import permission
from cases.vocabulary import Dimension, Permission

# What splits figures by person is not for everybody who reads reports.
OF_PEOPLE = frozenset({Dimension.OWNER, Dimension.PERSON, Dimension.APPROVER})


def reader(seer: Seer, asked_by: Collection[Dimension] = ()) -> Seer:
    """The same person with the brands whose figures they may read so; raises NotAllowed, SplitNotAllowed."""
    brands = {brand: role for brand, role in seer.roles.items() if permission.may(role, Permission.SEE_REPORTS)}
    if not brands:
        raise errors.NotAllowed
    if OF_PEOPLE & set(asked_by):
        brands = {brand: role for brand, role in brands.items() if permission.may(role, Permission.SEE_PEOPLE)}
        if not brands:
            raise errors.SplitNotAllowed
    return replace(seer, roles=brands)


def may_read(seer: Seer) -> bool:
    """Whether there is any brand whose reports this person may read."""
    return any(permission.may(role, Permission.SEE_REPORTS) for role in seer.roles.values())


def may_see_people(seer: Seer) -> bool:
    """Whether there is any brand of which this person may read figures by person."""
    return any(permission.may(role, Permission.SEE_PEOPLE) for role in seer.roles.values())
