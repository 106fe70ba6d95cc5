from knowledge.models.articles import (
    MAX_BODY,
    Article,
    ArticleProduct,
    Category,
    Text,
    Version,
)
from knowledge.models.files import ArticleFile
from knowledge.models.search import ArticleEntry
from knowledge.models.synonyms import SynonymGroup
from knowledge.models.voices import Report, Vote

__all__ = [
    "MAX_BODY",
    "Article",
    "ArticleEntry",
    "ArticleFile",
    "ArticleProduct",
    "Category",
    "Report",
    "SynonymGroup",
    "Text",
    "Version",
    "Vote",
]
