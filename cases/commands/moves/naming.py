"""What things of the set-up may be called: names, codes and catalogue texts in several languages."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.utils.translation import gettext as _

from cases import errors
from cases.rules import text as texts

_CODE = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z]{2,4})?", re.ASCII)


def checked_name(name: str, *, field: str = "name", limit: int = 80) -> str:
    """A name on one line, not empty and not too long; raises Invalid."""
    line = " ".join(texts.clean(name).split())
    if not line:
        raise errors.Invalid(_("Give it a name."), field)
    if len(line) > limit:
        raise errors.Invalid(_("Use at most %(limit)d characters.") % {"limit": limit}, field)
    return line


def checked_code(code: str, *, field: str = "code") -> str:
    """A code for addresses, files and programs: small letters, digits, and single hyphens between them."""
    short = code.strip()
    if not _CODE.fullmatch(short) or len(short) > 40:
        raise errors.Invalid(
            _("Use small letters, digits and single hyphens, 40 at most, for example late-delivery."), field
        )
    return short


def checked_texts(
    given: Mapping[str, str], *, field: str, default: str, limit: int = 120, is_required: bool = True
) -> dict[str, str]:
    """A catalogue text by language, at least in the brand's own; empty ones are left out."""
    kept = {}
    for language, words in given.items():
        line = " ".join(texts.clean(words).split())
        if not _LANGUAGE.fullmatch(language):
            raise errors.Invalid(_("“%(code)s” is not the code of a language.") % {"code": language[:20]}, field)
        if len(line) > limit:
            raise errors.Invalid(_("Use at most %(limit)d characters.") % {"limit": limit}, field)
        if line:
            kept[language] = line
    if default not in kept and (is_required or kept):
        raise errors.Invalid(_("Say it at least in the brand’s own language (%(code)s).") % {"code": default}, field)
    return kept
