"""Published articles as terms, for the database's own full-text engine."""

from typing import ClassVar

from django.db import models

from knowledge.models.articles import Text
from people.models import Store


class ArticleEntry(models.Model):
    """What is live of a text, as terms (helpdesk.lib.text): of what stands at its head, and of its body."""

    id = models.BigAutoField(primary_key=True)
    text = models.OneToOneField(Text, on_delete=models.CASCADE, related_name="entry")
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+")
    locale = models.CharField(max_length=20)
    is_public = models.BooleanField()
    head = models.TextField()  # title, keywords, SKUs
    body = models.TextField()

    class Meta:
        indexes: ClassVar = []

    def __str__(self) -> str:
        return self.head[:60]
