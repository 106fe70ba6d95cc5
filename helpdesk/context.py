"""What every page knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from people.models import LANGUAGES

# Written by static/js/base.js and read here, so that no page flashes in the wrong theme.
THEME_COOKIE = "desk_theme"
THEMES = ("light", "dark")


def site(request: HttpRequest) -> dict[str, Any]:
    theme = request.COOKIES.get(THEME_COOKIE, "")
    return {
        "DEMO": settings.DEMO,
        "THEME": theme if theme in THEMES else "auto",
        "LANGUAGES": LANGUAGES,
    }
