"""Every refusal as a problem detail of RFC 9457, with a code that stays."""

from __future__ import annotations

import math
from http import HTTPStatus
from typing import Any

from django import db
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings

from cases import errors
from cases.api.gate import gap_lines

MEDIA_TYPE = "application/problem+json"
# What the invariants' triggers raise; the code stands in the hint.
REFUSED_BY_DATABASE = "CD001"
UNIQUE = "23505"
# What the parts of a rule are called outside.
_PARTS = {"if": "condition", "then": "steps"}


class Unusable(errors.Refused):
    """This could not be processed: %(reason)s It is kept as it came, in the tray of what could not be processed, and
    can be replayed from there.
    """

    code = "could_not_process"
    status = 422


class TooLarge(errors.Refused):
    """The request is too large: at most %(most)s bytes. Send files as multipart/form-data, or less at once."""

    code = "too_large"
    status = 413


class BadKey(errors.Refused):
    """An Idempotency-Key is 1 to 255 visible ASCII characters. Nothing was done."""

    code = "bad_key"
    status = 400


class BadQuestion(errors.Invalid):
    """%(reason)s"""

    code = "bad_question"
    status = 400


class TakesTooLong(errors.Refused):
    """This takes longer than a call may: it counts many rows one by one. POST the same question to the `runs/` of the
    report, and ask for it again when the run is done.
    """

    code = "takes_too_long"
    status = 409


class Unreadable(errors.Refused):
    """The body is not JSON that can be read: %(reason)s. Nothing was done."""

    code = "unreadable"
    status = 400


def problem(exception: Exception, context: dict[str, Any]) -> Response | None:  # noqa: ARG001 - DRF's signature
    """The answer to a refusal; None for what is a fault of ours."""
    if isinstance(exception, errors.Refused):
        return _refused(exception)
    if isinstance(exception, db.Error):
        return _database(exception)
    if isinstance(exception, exceptions.ValidationError):
        return _invalid(exception)
    if isinstance(exception, Http404):
        return _refused(errors.NotFound())
    if isinstance(exception, PermissionDenied):
        return _refused(errors.NotAllowed())
    if isinstance(exception, exceptions.APIException):
        return _protocol(exception)
    if isinstance(exception, SuspiciousOperation):
        # Django's own limits on a form: too many fields, too many files, fields that are too large.
        return _answer(413, TooLarge.code, _("The form is too large. Send fewer fields, or their words as files."))
    return None


def document(status: int, code: str, detail: str, **more: Any) -> dict[str, Any]:
    """The members of a problem: type, title, status, detail, code, and what belongs to this code."""
    title = HTTPStatus(status).phrase
    return {"type": f"urn:casedesk:{code}", "title": title, "status": status, "detail": detail, "code": code, **more}


def line(refusal: errors.Refused) -> dict[str, Any]:
    """A refusal as a problem inside another answer, as of one line of a batch."""
    return document(refusal.status, refusal.code, refusal.message, **_facts(refusal))


@csrf_exempt
def unknown(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 - a view
    """The answer under every address that does not exist."""
    refusal = document(404, "not_found", _("There is nothing at this address. Addresses end with a slash."))
    return JsonResponse(refusal, status=404, content_type=MEDIA_TYPE)


def _refused(refusal: errors.Refused) -> Response:
    return _answer(refusal.status, refusal.code, refusal.message, **_facts(refusal))


def _facts(refusal: errors.Refused) -> dict[str, Any]:
    if isinstance(refusal, errors.GateClosed):
        return {"missing": gap_lines(refusal.missing)}
    if isinstance(refusal, errors.Leaks):
        found = [{"kind": leak.kind.value, "excerpt": leak.excerpt, "source": leak.source} for leak in refusal.leaks]
        return {"leaks": found}
    if isinstance(refusal, errors.AnswerIncomplete):
        return {"errors": {f"parts.{part}": [refusal.message] for part in refusal.facts.get("parts", ())}}
    if isinstance(refusal, errors.MatchesMany):
        return {"count": refusal.count}
    if isinstance(refusal, errors.Invalid) and refusal.field:
        part, dot, rest = refusal.field.partition(".")
        field = _PARTS.get(part, part) if isinstance(refusal, errors.NotARule) else part
        return {"errors": {f"{field}{dot}{rest}": [refusal.message]}}
    return {}


def _database(error: db.Error) -> Response | None:
    state = getattr(error.__cause__, "sqlstate", None)
    if state == REFUSED_BY_DATABASE:
        said = error.__cause__.diag  # type: ignore[union-attr]  # only psycopg's errors have a sqlstate
        return _answer(409, said.message_hint or errors.Refused.code, said.message_primary or "")
    if state == UNIQUE:
        return _answer(409, "conflict", _("Somebody made the same at this moment. Look again, then repeat it."))
    if isinstance(error, db.OperationalError | db.InterfaceError):
        answer = _answer(503, "unavailable", _("The database is away for a moment. Nothing was done; try again."))
        answer["Retry-After"] = "5"
        return answer
    return None


def _invalid(error: exceptions.ValidationError) -> Response:
    found = error.detail if isinstance(error.detail, dict) else {"body": error.detail}
    fields = {("body" if field == api_settings.NON_FIELD_ERRORS_KEY else field): found[field] for field in found}
    return _answer(422, "invalid", _("Some fields cannot be used. Nothing was done."), errors=fields)


def _protocol(error: exceptions.APIException) -> Response:
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        said = _("Send a token that is valid: Authorization: Bearer …")
        answer = _answer(error.status_code, "not_authenticated", said)
        answer["WWW-Authenticate"] = getattr(error, "auth_header", "Bearer")
        return answer
    code = error.get_codes()
    answer = _answer(error.status_code, code if isinstance(code, str) else errors.Refused.code, str(error.detail))
    if isinstance(error, exceptions.Throttled):
        answer["Retry-After"] = str(math.ceil(getattr(error, "wait", None) or 1))
    return answer


def _answer(status: int, code: str, detail: str, **more: Any) -> Response:
    return Response(document(status, code, detail, **more), status=status, content_type=MEDIA_TYPE)
