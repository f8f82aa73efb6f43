"""Why complaints come about: the tree every new brand starts with, and how deep a tree may grow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# More levels than this and nobody finds the right one.
DEEPEST = 3


@dataclass(frozen=True, slots=True)
class Starter:
    """One cause of the starting tree; a parent stands before its children."""

    code: str
    label: dict[str, str]
    parent: str = ""


CAUSES = (
    Starter("product", {"en": "Product or service", "fr": "Produit ou service"}),
    Starter("product-faulty", {"en": "Faulty", "fr": "Défectueux"}, "product"),
    Starter("product-not-as-told", {"en": "Not as described", "fr": "Pas comme décrit"}, "product"),
    Starter("delivery", {"en": "Delivery", "fr": "Livraison"}),
    Starter("delivery-late", {"en": "Late", "fr": "En retard"}, "delivery"),
    Starter("delivery-lost", {"en": "Lost or damaged", "fr": "Perdu ou abîmé"}, "delivery"),
    Starter("billing", {"en": "Price or bill", "fr": "Prix ou facture"}),
    Starter("contact", {"en": "How we deal with people", "fr": "Relation avec le client"}),
    Starter("contact-silence", {"en": "Nobody answered", "fr": "Personne n’a répondu"}, "contact"),
    Starter("contact-no-power", {"en": "Nobody could decide", "fr": "Personne ne pouvait décider"}, "contact"),
    Starter("contact-wrong", {"en": "Wrongly informed", "fr": "Mal renseigné"}, "contact"),
    Starter("system", {"en": "Website or system", "fr": "Site ou système"}),
    Starter("no-fault", {"en": "No fault of ours", "fr": "Sans faute de notre part"}),
)


def depth(parents: Mapping[int, int | None], parent_id: int | None) -> int:
    """How deep something would stand below this parent: 1 without one."""
    level = 1
    while parent_id is not None:
        level += 1
        parent_id = parents.get(parent_id)
    return level


def height(parents: Mapping[int, int | None], cause_id: int) -> int:
    """How many levels a cause has from itself down: 1 without children."""
    children = [key for key, parent in parents.items() if parent == cause_id]
    return 1 + max((height(parents, child) for child in children), default=0)


def is_below(parents: Mapping[int, int | None], cause_id: int, above_id: int) -> bool:
    """Whether a cause is this one, or stands anywhere below it."""
    step: int | None = cause_id
    while step is not None:
        if step == above_id:
            return True
        step = parents.get(step)
    return False
