"""What a brand's final answers must hold: set by its admin, from a ready-made regime or in their own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from cases import errors
from cases.commands import moves
from cases.models import Brand, Regime
from cases.rules import answer
from cases.rules import text as texts
from cases.vocabulary import Actor, AnswerPart, EventKind

LONGEST = 4000


@transaction.atomic(durable=True)
def set_regime(
    *,
    brand_id: int,
    name: str,
    source: str = "",
    demands: Sequence[str],
    recourse: Mapping[str, str],
    opening: Mapping[str, str],
    recourse_always: bool,
    answers_first: bool,
    actor: Actor,
) -> Regime:
    """From now on the brand's final answers hold these parts; raises Invalid with what is still to be filled in."""
    brand = moves.lock_brand(brand_id, actor)
    wanted = {
        "name": moves.checked_name(name),
        "source": _checked_source(source),
        "demands": _checked_demands(demands),
        "recourse": _checked_recourse(recourse, brand),
        "template": {"opening": _checked_texts(opening, "opening")},
        "recourse_always": recourse_always,
        "answers_first": answers_first,
    }
    standing = Regime.objects.filter(brand=brand).first()
    if standing is not None:
        moves.change_row(standing, wanted, EventKind.REGIME_CHANGED, actor, brand_id=brand.pk)
        return standing
    regime = Regime.objects.create(brand=brand, **wanted)
    moves.record_row(regime, EventKind.REGIME_CHANGED, actor, brand_id=brand.pk, fields=["created"])
    return regime


@transaction.atomic(durable=True)
def remove_regime(*, brand_id: int, actor: Actor) -> Brand:
    """From now on the brand's final answers are one text; those that went stay as they are. Twice is once."""
    brand = moves.lock_brand(brand_id, actor)
    regime = Regime.objects.filter(brand=brand).first()
    if regime is not None:
        moves.record_row(regime, EventKind.REGIME_CHANGED, actor, brand_id=brand.pk, fields=["removed"])
        regime.delete()
    return brand


def _checked_source(source: str) -> str:
    return moves.checked_name(source, field="source", limit=200) if source.strip() else ""


def _checked_demands(demands: Sequence[str]) -> list[str]:
    if not demands or not set(demands) <= set(AnswerPart.values):
        raise errors.Invalid(_("Choose at least one part that a final answer must hold."), "demands")
    return [part.value for part in AnswerPart if part in demands]


def _checked_recourse(recourse: Mapping[str, str], brand: Brand) -> dict[str, str]:
    kept = _checked_texts(recourse, "recourse")
    if brand.language not in kept:
        said = _("Say it at least in the brand’s own language (%(code)s).") % {"code": brand.language}
        raise errors.Invalid(said, "recourse")
    for language, text in kept.items():
        left = answer.marks(text)
        if left:
            said = _("Fill in what is marked (%(code)s): %(marks)s.")
            raise errors.Invalid(said % {"code": language, "marks": ", ".join(left)}, "recourse")
    return kept


def _checked_texts(given: Mapping[str, Any], field: str) -> dict[str, str]:
    kept = {}
    for language, words in given.items():
        text = texts.clean(str(words)).strip()
        if language not in answer.LANGUAGES:
            raise errors.Invalid(_("Answers can be prepared in English (en) and in French (fr)."), field)
        if len(text) > LONGEST:
            raise errors.Invalid(_("Use at most %(limit)d characters.") % {"limit": LONGEST}, field)
        if not texts.is_blank(text):
            kept[language] = text
    return kept
