"""A frozen period that somebody changed past every guard of the database is found, said aloud, and never signed."""

from __future__ import annotations

import pytest

from cases.commands import frozen as commands
from cases.models import FrozenPeriod
from cases.queries.reports import frozen as queries
from tests.conftest import Connect
from tests.desk import signed_in
from tests.people import Stage, actor, set_stage
from tests.returned import Life, on

FROZEN_AT = on("2026-04-02T09:00")


@pytest.fixture
def stage(own_database: str) -> Stage:
    """A case, really committed."""
    stage = set_stage()
    Life.begins(stage, "sofa", "2026-03-02T10:00")
    return stage


def test_a_changed_row_is_found_and_cannot_be_signed(stage: Stage, raw_owner: Connect) -> None:
    frozen = commands.freeze(brand_id=stage.brand.pk, period="2026-03", at=FROZEN_AT, actor=actor(stage.manager))
    client = signed_in(stage.manager)
    page = f"/reports/frozen/{frozen.public_id}/"
    assert "The figures are those that were frozen" in client.get(page).content.decode()
    owner = raw_owner()
    owner.execute("ALTER TABLE cases_frozenperiod DISABLE TRIGGER USER")
    owner.execute("UPDATE cases_frozenperiod SET figures = jsonb_set(figures, '{counts,received}', '7')")
    owner.execute("ALTER TABLE cases_frozenperiod ENABLE TRIGGER USER")
    frozen = FrozenPeriod.objects.get()
    assert not queries.is_intact(frozen, queries.recorded(frozen))
    with pytest.raises(commands.FrozenDamaged):
        commands.sign(frozen_id=frozen.pk, at=FROZEN_AT, actor=actor(stage.manager))
    shown = client.get(page).content.decode()
    assert "The figures are not those that were frozen" in shown
    assert 'id="sign"' not in shown
    # Not even with a sum that fits: the journal has another.
    frozen.digest = queries.digest(frozen.figures)
    assert not queries.is_intact(frozen, queries.recorded(frozen))
