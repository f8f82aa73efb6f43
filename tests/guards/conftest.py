"""What the guards share."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Without a page of traceback for each answer that a test reports in a line."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
