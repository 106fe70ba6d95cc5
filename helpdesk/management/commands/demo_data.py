"""`manage.py demo_data`: fill an empty database with the demo world."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from helpdesk.demo import DemoRefused, build
from helpdesk.demo.together import work_together
from people.models import Store


class Command(BaseCommand):
    help = "Fill an empty database with the demo world (demo and debug mode only)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing where there is a store already"
        )
        parser.add_argument("--seed", type=int, default=7, help="another number gives another world")
        parser.add_argument("--scale", type=int, default=1, help="how many times as large, up to 100")

    def handle(self, *, if_empty: bool, seed: int, scale: int, **options: Any) -> None:
        if if_empty and Store.objects.exists():
            return
        try:
            build(seed, scale, tell=self.stdout.write)
        except DemoRefused as refusal:
            raise CommandError(str(refusal)) from None
        work_together()
        self.stdout.write("The demo world is ready.")
