"""What stops the start: settings that production lacks or has unsafe, one clear sentence each."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured

from helpdesk.lib.sealed import keys_are_right


@register(Tags.security, deploy=True)
def production_settings(**kwargs: Any) -> list[CheckMessage]:
    """Checked by `check --deploy`, and by helpdesk.asgi before it serves anybody."""
    problems: list[CheckMessage] = []
    if settings.DEMO or settings.DEBUG:
        problems.append(Error("DEBUG and HELPDESK_DEMO must be off in production.", id="helpdesk.E001"))
    if settings.SECRET_KEY == settings.UNSAFE_SECRET_KEY or len(settings.SECRET_KEY) < 50:
        problems.append(
            Error(
                "SECRET_KEY is not set or too short; give a random one of 50 characters or more.",
                id="helpdesk.E002",
            )
        )
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        problems.append(
            Error("DATABASE_URL is not set; production keeps its rows in PostgreSQL.", id="helpdesk.E003")
        )
    if settings.EMBEDDED:
        problems.append(
            Error(
                "REDIS_URL is not set; without it a second process would never hear the first.",
                id="helpdesk.E004",
            )
        )
    if not settings.SECURE:
        problems.append(Error("PUBLIC_URL is not set to an https:// address.", id="helpdesk.E005"))
    if not keys_are_right():
        problems.append(
            Error(
                "CREDENTIALS_KEYS holds something that is no Fernet key; see docs/production.md.",
                id="helpdesk.E006",
            )
        )
    return problems


def refuse_unsafe_start() -> None:
    """Raise ImproperlyConfigured with the first problem, unless this is the embedded desk of one machine.

    The embedded desk has no Redis, so it can only ever be one process, on addresses of this machine.
    """
    if settings.DEMO or settings.DEBUG:
        return
    local = {"127.0.0.1", "localhost", "[::1]", "testserver"}
    if settings.EMBEDDED and set(settings.ALLOWED_HOSTS) <= local:
        return
    # An http:// address is a choice (a private network); the other problems are mistakes.
    for problem in production_settings():
        if problem.id != "helpdesk.E005":
            raise ImproperlyConfigured(problem.msg)
