"""manage.py reseal: seal all credentials anew with the newest key of CREDENTIALS_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from helpdesk.lib.sealed import Unreadable, reseal_all


class Command(BaseCommand):
    help = "Seal all credentials anew with the newest key, so that the older ones can be taken away."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            counts = reseal_all()
        except Unreadable as error:
            raise CommandError(
                f"{error} Put the key that sealed them back there, and run this again."
            ) from None
        for label, count in counts.items():
            self.stdout.write(f"{label}: {count}")
