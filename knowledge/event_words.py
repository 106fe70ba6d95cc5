"""What events of articles say."""

from django.utils.translation import gettext_lazy, pgettext_lazy

from events import names
from events.wording import Vocabulary, Words

WORDS = [
    Vocabulary(
        "knowledge",
        pgettext_lazy("room", "Knowledge"),
        "book",
        {
            names.ARTICLE_CREATED: Words(gettext_lazy("Article begun"), gettext_lazy("began an article")),
            names.ARTICLE_CHANGED: Words(gettext_lazy("Article changed"), gettext_lazy("changed an article")),
            names.ARTICLE_PUBLISHED: Words(
                gettext_lazy("Article published"), gettext_lazy("published an article")
            ),
            names.ARTICLE_WITHDRAWN: Words(
                gettext_lazy("Article withdrawn"), gettext_lazy("withdrew an article")
            ),
            names.ARTICLE_RESTORED: Words(
                gettext_lazy("Article restored"), gettext_lazy("went back to an older version of an article")
            ),
            names.ARTICLE_ARCHIVED: Words(
                gettext_lazy("Article archived"), gettext_lazy("archived an article")
            ),
            names.ARTICLE_UNARCHIVED: Words(
                gettext_lazy("Article brought back"), gettext_lazy("brought an article back")
            ),
            names.ARTICLE_REPORTED: Words(
                gettext_lazy("Article reported"), gettext_lazy("said that an article is out of date")
            ),
            names.ARTICLE_REPORTS_CLOSED: Words(
                gettext_lazy("Reports closed"), gettext_lazy("closed the reports about an article")
            ),
            names.ARTICLES_IMPORTED: Words(
                gettext_lazy("Articles imported"), gettext_lazy("imported articles")
            ),
            names.CATEGORY_CHANGED: Words(
                gettext_lazy("Category changed"), gettext_lazy("changed a category")
            ),
            names.SYNONYMS_CHANGED: Words(
                gettext_lazy("Synonyms changed"), gettext_lazy("changed the synonyms")
            ),
        },
    ),
]
