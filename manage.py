#!/usr/bin/env python3
"""Django's entry point; whatever it runs finds a database, embedded when no URL names one."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

# `up` holds the embedded servers itself; the others need none.
WITHOUT_SERVERS = {"up", "help", "version", "--help", "--version", "makemessages", "compilemessages"}


def main(argv: list[str]) -> None:
    """Run one command; a set-up that cannot work is one line and an exit status."""
    from casedesk import embedded

    try:
        if argv[1:] and argv[1] not in WITHOUT_SERVERS:
            from django.conf import settings

            embedded.hold(settings.HOME, postgres=settings.EMBEDDED_POSTGRES, redis=settings.EMBEDDED_REDIS)
        execute_from_command_line(argv)
    except (embedded.EmbeddedError, ImproperlyConfigured) as error:
        sys.exit(f"casedesk: {error}")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "casedesk.settings")
    main(sys.argv)
