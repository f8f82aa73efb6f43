"""What goes with a mail: the file of its export, or one sentence that says why it does not."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils import translation
from django.utils.translation import gettext as _

from cases.models import Export
from cases.queries.reports import exports
from cases.vocabulary import RunStatus

# Larger mails are refused by many servers.
LARGEST = 15 * 1024 * 1024
# Where a mail that was written before its file says what became of it.
PLACE = "<!-- file -->"


@dataclass(frozen=True, slots=True)
class Attached:
    """What the mail says of its file, and where that lies; without a key none goes with it."""

    sentence: str
    key: str = ""
    name: str = ""
    media_type: str = ""


def attached(export: Export) -> Attached:
    """What goes with a mail now that its export has ended."""
    with translation.override(export.language):
        return _attached(export)


def _attached(export: Export) -> Attached:
    link = f"{settings.SITE_URL}/reports/exports/#export-{export.public_id}"
    if export.status != RunStatus.DONE:
        return Attached(
            _("The file could not be written, so this mail comes without it. Export it from the report instead.")
        )
    if not export.key:
        return Attached(_("The file was kept for two weeks and is gone. Export it from the report again."))
    if export.size > LARGEST:
        words = _("The file is too large for a mail (%(size)s). It can be downloaded for two weeks: %(link)s")
        return Attached(words % {"size": filesizeformat(export.size), "link": link})
    name = exports.file_name(export)
    words = _("Attached: %(name)s, SHA-256 of its rows in its footer.")
    if exports.ending(export) == exports.ZIP:
        words = _("Attached: %(name)s, a file for each table, SHA-256 of its rows in the footer of each.")
    return Attached(words % {"name": name}, export.key, name, exports.media_type(export).partition(";")[0])
