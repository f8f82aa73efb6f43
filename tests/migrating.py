"""Migrations run quickly: each step renders the one model that it adds something to, not all that point at it too.

Django draws every related model anew for each added field, index and constraint, which takes most of the time and
changes no statement. That the tests' database is the one that `up` makes is tried in tests/ground/test_up.py.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

from django.db.migrations.state import ProjectState

ADDITIONS = ("add_model", "add_field", "add_index", "add_constraint", "remove_constraint")


def _render_alone(state: ProjectState, app_label: str, model_name: str, delay: bool = False) -> None:
    if "apps" in vars(state):
        state.apps.unregister_model(app_label, model_name)
        state.apps.render_multiple([state.models[app_label, model_name]])


def _render_all_later(state: ProjectState, *_args: object, **_options: object) -> None:
    vars(state).pop("apps", None)


def _alone(change: Callable[..., None]) -> Callable[..., None]:
    def changed(state: ProjectState, *args: Any, **options: Any) -> None:
        with mock.patch.object(ProjectState, "reload_model", _render_alone):
            change(state, *args, **options)

    return changed


@contextlib.contextmanager
def quickly() -> Iterator[None]:
    """Within it, `migrate` takes seconds."""
    with contextlib.ExitStack() as changes:
        for name in ADDITIONS:
            changes.enter_context(mock.patch.object(ProjectState, name, _alone(getattr(ProjectState, name))))
        # Whatever else happens to a model may concern all that point at it: everything is drawn once more.
        for name in ("reload_model", "reload_models"):
            changes.enter_context(mock.patch.object(ProjectState, name, _render_all_later))
        yield
