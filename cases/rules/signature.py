"""Signs what goes to a connected system and checks what comes from it: HMAC-SHA256 over a time and the content."""

from __future__ import annotations

import hashlib
import hmac
import re

HEADER = "Casedesk-Signature"
TOLERANCE_SECONDS = 300
_SIGNATURE = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})", re.ASCII)


def sign(secret: str, content: bytes, *, at: int) -> str:
    """The header's value for this content at this second (Unix time)."""
    return f"t={at},v1={_digest(secret, content, at)}"


def is_valid(secret: str, content: bytes, header: str, *, at: int) -> bool:
    """Whether whoever knows the secret signed exactly this content, at most five minutes from now."""
    found = _SIGNATURE.fullmatch(header.strip())
    if found is None:
        return False
    signed_at = int(found[1])
    is_genuine = hmac.compare_digest(found[2], _digest(secret, content, signed_at))
    return is_genuine and abs(at - signed_at) <= TOLERANCE_SECONDS


def _digest(secret: str, content: bytes, at: int) -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + content, hashlib.sha256).hexdigest()
