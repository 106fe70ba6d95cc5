"""`manage.py demo`: the demo desk, in one process."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Serve pages, sockets and jobs in one process, and say where and as whom to look."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The demo runs in demo mode only; start it with `make demo`.")
        from helpdesk import embedded
        from helpdesk.asgi import application
        from helpdesk.demo.phone.channels import point_here

        port = options["port"]
        address = f"http://127.0.0.1:{port}"
        point_here()
        self.stdout.write(
            f"""
  Console    {address}/inbox/
  Demo shop  {address}/demo-shop/
  The phone  {address}/demo/phone/   (write as a buyer by WhatsApp, WeChat, Telegram, SMS or e-mail)
  API docs   {address}/api/v1/docs/

  Log in as  agent@demo.test, supervisor@demo.test or admin@demo.test
  Password   demo-demo-demo

  Stop with Ctrl-C. Your data is kept; `make demo` goes on where you left off.
"""
        )
        self.stdout.flush()  # also where it is a file that is read
        embedded.serve(application, port=port)
