"""Rules as JSON for programs: people by their user names, everything else by the numbers it has in the set-up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cases.rules.escalation import Kept
from cases.vocabulary import Fact, RuleLimits

Turn = Callable[[Any, str], Any]
# Below that nothing is looked at: a condition that deep is refused.
_DEEPEST = RuleLimits.DEPTH + 2


def condition(tree: Any, turn: Turn, path: str = "condition", depth: int = 0) -> Any:
    """The condition with every owner in it turned."""
    if not isinstance(tree, dict) or depth > _DEEPEST:
        return tree
    if tree.get("fact") == Fact.OWNER and "value" in tree:
        value, here = tree["value"], f"{path}.value"
        turned = [turn(one, here) for one in value] if isinstance(value, list) else turn(value, here)
        return {**tree, "value": turned}
    return {
        key: [condition(one, turn, f"{path}.{key}.{place}", depth + 1) for place, one in enumerate(inside)]
        if isinstance(inside, list)
        else inside
        for key, inside in tree.items()
    }


def steps(tree: Sequence[Any], turn: Turn) -> list[Any]:
    """The steps with every person in them turned."""
    return [
        {**one, "person": turn(one["person"], f"steps.{place}.person")} if "person" in one else one
        for place, one in enumerate(tree)
    ]


def told(kept: Kept, names: Mapping[int, str]) -> dict[str, Any]:
    """A rule as an answer shows it."""

    def named(key: Any, _path: str) -> Any:
        return names.get(key) if key else None

    return {
        "when": {"when": kept.when, **kept.trigger},
        "condition": condition(kept.condition, named),
        "steps": steps(kept.steps, named),
        "stop": kept.stop,
        "missed": kept.missed,
    }
