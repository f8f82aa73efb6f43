"""Log lines a machine can read: one JSON object each, with the part that wrote it."""

from __future__ import annotations

import re
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

_SECRET = re.compile(r"(/(?:p|i|approve)/)[\w-]{20,}")


def processors() -> list[Processor]:
    """What a log entry passes through before the standard library's handler formats it."""
    return [*_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter]


def config(level: str, *, readable: bool, colors: bool) -> dict[str, object]:
    """The standard library's logging: our own entries and everybody else's in the same form."""
    renderer: Processor = structlog.processors.JSONRenderer(ensure_ascii=False)
    if readable:
        # Without the values of variables: they hold people's words and the secrets of links.
        plain = structlog.dev.RichTracebackFormatter(show_locals=False)
        renderer = structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=plain)
    chain: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    chain += [renderer] if readable else [structlog.processors.format_exc_info, renderer]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": chain,
                "foreign_pre_chain": _shared(),
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"level": level, "propagate": True, "handlers": []},
            # Every 404 and 403 is a line of the access log already.
            "django.request": {"level": "ERROR"},
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            "uvicorn.error": {"level": "WARNING"},
            "uvicorn.access": {"level": "WARNING"},
            "celery": {"level": "WARNING"},
            "psycopg.pool": {"level": "ERROR"},
        },
    }


def without_secrets(_logger: Any, _method: str, line: EventDict) -> EventDict:
    """The line without the secret of a private link, an invitation or an approval: who reads a log may not open it."""
    line["event"] = _SECRET.sub(r"\1...", str(line["event"]))
    return line


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        without_secrets,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.UnicodeDecoder(),
    ]
