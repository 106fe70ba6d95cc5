"""The only door for writes to what stores know."""

from knowledge.services.articles import (
    archive_article,
    change_article,
    create_article,
    unarchive_article,
)
from knowledge.services.categories import delete_category, order_categories, save_category
from knowledge.services.files import add_file, delete_file
from knowledge.services.synonyms import save_synonyms
from knowledge.services.texts import publish, restore, save_text, withdraw
from knowledge.services.voices import close_reports, report, vote

__all__ = [
    "add_file",
    "archive_article",
    "change_article",
    "close_reports",
    "create_article",
    "delete_category",
    "delete_file",
    "order_categories",
    "publish",
    "report",
    "restore",
    "save_category",
    "save_synonyms",
    "save_text",
    "unarchive_article",
    "vote",
    "withdraw",
]
