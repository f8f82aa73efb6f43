"""Who a program acts for: the person of its bearer token, and nobody else."""

from __future__ import annotations

import hashlib

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from cases.models import ApiToken, User

SCHEME = b"bearer"
# Ours have 47 characters; whatever is much longer is not looked up.
LONGEST = 200


class TokenAuthentication(BaseAuthentication):
    """A bearer token of an active person that nobody has revoked; a session's cookie opens nothing here."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """The person and the token, or None when no token came; raises AuthenticationFailed for a dead one."""
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != SCHEME:
            return None
        if len(words) != 2 or len(words[1]) > LONGEST:
            raise AuthenticationFailed
        token = (
            ApiToken.objects.select_related("person")
            .filter(digest=hashlib.sha256(words[1]).digest(), revoked_at__isnull=True, person__is_active=True)
            .first()
        )
        if token is None:
            raise AuthenticationFailed
        return token.person, token

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 - DRF's signature
        """What a 401 asks for."""
        return 'Bearer realm="casedesk"'


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # drf-spectacular is half typed
    """How the description of the API names it."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:  # noqa: ARG002 - its signature
        """A bearer token."""
        return {"type": "http", "scheme": "bearer"}
