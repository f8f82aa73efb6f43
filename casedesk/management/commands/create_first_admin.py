"""Let the first person in, who invites everybody else."""

from __future__ import annotations

import secrets
from typing import Any

from django.core.management import BaseCommand, CommandError

from cases.commands import people
from cases.errors import Refused
from cases.vocabulary import SYSTEM


class Command(BaseCommand):
    """The organisation admin of an empty casedesk."""

    help = "Create the user admin and print the password, once; refused when anybody is there already."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Create, print."""
        password = secrets.token_urlsafe(12)
        try:
            people.create_first_admin(username="admin", password=password, actor=SYSTEM)
        except Refused:
            raise CommandError("There are people already: ask one of them for an invitation.") from None
        self.stdout.write(f"sign in as admin with the one-time password {password}")
