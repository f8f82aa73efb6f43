"""An export that is done, its file written here and not by a worker."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from cases.commands import export as commands
from cases.jobs.export import new_key
from cases.models import Export
from cases.queries.people import seer_of
from cases.queries.reports import exports
from cases.queries.reports.reading import reader
from cases.vocabulary import SYSTEM

CONTENT = b"one,two\n"


def written(export: Export, at: datetime, content: bytes = CONTENT) -> Export:
    """The same with its file there."""
    claimed = commands.claim(export_id=export.pk, at=at, actor=SYSTEM)
    assert claimed is not None
    assert claimed.started_at is not None
    assert commands.finish(
        export_id=export.pk,
        claimed_at=claimed.started_at,
        key=default_storage.save(new_key(), ContentFile(content)),
        rows=1,
        size=len(content),
        digest=hashlib.sha256(content).digest(),
        rights=exports.rights_of(reader(seer_of(export.person_id))),
        at=at,
        actor=SYSTEM,
    )
    export.refresh_from_db()
    return export
