"""The only door for writes to what stores know."""

from knowledge.services.articles import (
    archive_article,
    change_article,
    create_article,
    unarchive_article,
)
from knowledge.services.texts import publish, restore, save_text, withdraw
from knowledge.services.voices import close_reports, report, vote

__all__ = [
    "archive_article",
    "change_article",
    "close_reports",
    "create_article",
    "publish",
    "report",
    "restore",
    "save_text",
    "unarchive_article",
    "vote",
    "withdraw",
]
