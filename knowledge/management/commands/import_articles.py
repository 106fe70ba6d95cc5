"""`manage.py import_articles STORE FOLDER`: take in a folder of Markdown files, of whatever size."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from inbox.errors import InboxError
from knowledge.exchange.folders import read_folder
from knowledge.services.importing import ImportRefused, import_bundle
from people.models import Agent, Store


class Command(BaseCommand):
    help = "Take in a folder of articles: category/address.language.md."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("store", help="the store's key")
        parser.add_argument("folder", type=Path)
        parser.add_argument("--by", required=True, metavar="EMAIL", help="the supervisor in whose name")
        parser.add_argument("--publish", action="store_true", help="publish at once")
        parser.add_argument("--try", action="store_true", dest="only_try", help="say what would come of it")

    def handle(
        self, *, store: str, folder: Path, by: str, publish: bool, only_try: bool, **options: Any
    ) -> None:
        agent = Agent.objects.filter(email__iexact=by, is_active=True).first()
        if agent is None:
            raise CommandError(f"There is no agent {by}.")
        if not folder.is_dir():
            raise CommandError(f"There is no folder {folder}.")
        try:
            done = import_bundle(
                agent=agent,
                store=Store.objects.get(key=store),
                bundle=read_folder(folder),
                publishing=publish,
                only_try=only_try,
            )
        except Store.DoesNotExist:
            raise CommandError(f"There is no store {store}.") from None
        except ImportRefused as refused:
            faults = "\n".join(f"{fault.where}: {fault.detail}" for fault in refused.faults)
            raise CommandError(f"{refused.detail}\n{faults}") from None
        except InboxError as refusal:
            raise CommandError(refusal.detail) from None
        self.stdout.write(
            f"{done.new} new, {done.changed} changed, {done.unchanged} unchanged, {done.published} published"
        )
