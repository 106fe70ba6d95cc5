"""Published articles as terms, for the database's own full-text engine, and how many of them hold each term."""

from typing import ClassVar

from django.db import models

from knowledge.models.articles import Article, Text
from people.models import Store


class ArticleEntry(models.Model):
    """What is live of a text, as the search reads it (knowledge/finding/lexemes.py says what the terms are).

    `terms` is what the database's engine indexes; `title`, `head` and `body` are sequences of stems, which ranking
    counts in; `plain` is what snippets are cut from.
    """

    id = models.BigAutoField(primary_key=True)
    text = models.OneToOneField(Text, on_delete=models.CASCADE, related_name="entry")
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="+")
    # Not indexed: the store is a term as well, and an engine that had the choice would now and then take this.
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+", db_index=False)
    locale = models.CharField(max_length=20)
    is_public = models.BooleanField()
    terms = models.TextField()
    title = models.TextField()
    head = models.TextField()  # keywords, SKUs
    body = models.TextField()
    plain = models.TextField()
    length = models.PositiveIntegerField()  # of the body, in words

    def __str__(self) -> str:
        return self.title[:60]


class ArticleTerm(models.Model):
    """How many entries of a store hold a term, the public ones apart: what nobody may read says nothing about words.

    The search learns from it which words are rare, how a beginning goes on, and what a typo was to be.
    """

    id = models.BigAutoField(primary_key=True)
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+", db_index=False)
    is_public = models.BooleanField()
    term = models.CharField(max_length=80)
    entries = models.IntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["store", "term", "is_public"], name="term_once_per_store")
        ]

    def __str__(self) -> str:
        return self.term
