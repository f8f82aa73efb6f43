"""Attachments, as downloads only; images also as a small picture that we drew ourselves."""

from __future__ import annotations

import io
import uuid

from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe
from PIL import Image, ImageOps, UnidentifiedImageError

from cases import errors
from cases.models import Attachment
from cases.queries import files
from cases.web import desk

PREVIEW = (640, 640)


@require_safe
@login_required
def file(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    """One attachment, for whoever may see what it belongs to."""
    found = files.visible(desk.seer_of(request), public_id)
    return sent(found, is_preview=bool(request.GET.get("preview")))


def sent(found: Attachment, *, is_preview: bool = False) -> HttpResponseBase:
    """The file as a download with headers that let no browser run it, or its small picture."""
    if not default_storage.exists(found.key):
        raise errors.NotFound
    response: HttpResponseBase
    if is_preview:
        response = HttpResponse(preview(found), content_type="image/jpeg")
    else:
        # Whole, not streamed: it is at most a few megabytes, and under ASGI Django reads a file's stream whole anyway.
        with default_storage.open(found.key) as stored:
            response = HttpResponse(stored.read(), content_type=found.media_type)
        response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=found.name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-store"
    return response


def preview(found: Attachment) -> bytes:
    """A small picture of an image, drawn anew: nothing but its dots is kept."""
    if not found.is_image:
        raise errors.NotFound
    try:
        with default_storage.open(found.key) as stored, Image.open(stored) as image:
            image.draft("RGB", PREVIEW)
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail(PREVIEW)
            small = io.BytesIO()
            upright.convert("RGB").save(small, "JPEG", quality=80)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        raise errors.NotFound from error
    return small.getvalue()
