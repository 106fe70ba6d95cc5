"""`manage.py apikey EMAIL`: a new key of the API for one agent, alone on its line, so that a script can read it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from helpdesk.lib.scopes import EVERYTHING, SCOPES
from people.keys import create_key
from people.models import Agent


class Command(BaseCommand):
    help = "Print a new API key of an agent. It acts as them, within its scopes, until it is revoked."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="manage.py apikey", help="What it is for.")
        parser.add_argument(
            "--scope",
            action="append",
            choices=[EVERYTHING, *SCOPES],
            help="What it may do; give it more than once for several. Without any: all that the agent may.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        agent = Agent.objects.filter(email__iexact=options["email"], is_active=True).first()
        if agent is None:
            raise CommandError(f"There is no active agent with the address {options['email']}.")
        _key, shown = create_key(
            agent=agent, name=options["name"][:60], scopes=options["scope"] or [EVERYTHING]
        )
        self.stdout.write(shown)
