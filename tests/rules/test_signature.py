"""Signatures: only who knows the secret, only this content, only now."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from cases.rules import signature

NOW = 1_790_000_000


@given(some.binary(max_size=300), some.text(max_size=40))
def test_what_was_signed_is_valid(content: bytes, secret: str) -> None:
    secret = secret.encode(errors="ignore").decode()
    assert signature.is_valid(secret, content, signature.sign(secret, content, at=NOW), at=NOW)


def test_refuses_another_content_another_secret_and_another_time() -> None:
    header = signature.sign("secret", b"content", at=NOW)
    assert not signature.is_valid("secret", b"Content", header, at=NOW)
    assert not signature.is_valid("Secret", b"content", header, at=NOW)
    assert not signature.is_valid("secret", b"content", header.replace(f"t={NOW}", f"t={NOW + 1}"), at=NOW)


@pytest.mark.parametrize(("later", "is_valid"), [(300, True), (301, False), (-300, True), (-301, False)])
def test_holds_for_five_minutes(later: int, is_valid: bool) -> None:
    header = signature.sign("secret", b"content", at=NOW)
    assert signature.is_valid("secret", b"content", header, at=NOW + later) is is_valid


@pytest.mark.parametrize(
    "header", ["", "t=1", "v1=ab", "t=x,v1=" + "a" * 64, "t=1,v1=" + "A" * 64, "t=1,v1=é", "t=²,v1="]
)
def test_refuses_what_is_no_signature(header: str) -> None:
    assert not signature.is_valid("secret", b"content", header, at=1)
