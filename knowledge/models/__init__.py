from knowledge.models.articles import (
    MAX_BODY,
    Article,
    ArticleProduct,
    Category,
    Text,
    Version,
)
from knowledge.models.files import ArticleFile
from knowledge.models.search import ArticleEntry, ArticleTerm
from knowledge.models.suggestions import Suggestion
from knowledge.models.synonyms import SynonymGroup
from knowledge.models.voices import Report, Vote

__all__ = [
    "MAX_BODY",
    "Article",
    "ArticleEntry",
    "ArticleFile",
    "ArticleProduct",
    "ArticleTerm",
    "Category",
    "Report",
    "Suggestion",
    "SynonymGroup",
    "Text",
    "Version",
    "Vote",
]
