"""Make a token with which a program acts for a person."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError

from cases.commands import tokens
from cases.errors import Refused
from cases.models import User
from cases.vocabulary import SYSTEM


class Command(BaseCommand):
    """A bearer token for the API, printed once and kept nowhere."""

    help = "Print a new API token of a person, with that person's rights. It is shown once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose, and what for."""
        parser.add_argument("username", help="whose rights the program gets")
        parser.add_argument("--label", default="command line", help="what it is for (default: %(default)s)")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make it, print it."""
        person = User.objects.filter(username__iexact=options["username"], is_active=True).first()
        if person is None:
            raise CommandError(f"Nobody active has the user name {options['username']}.")
        try:
            made = tokens.make_token(person_id=person.pk, label=options["label"], actor=SYSTEM)
        except Refused as refused:
            raise CommandError(refused.message) from None
        self.stdout.write(made.secret)
