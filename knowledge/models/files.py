"""Pictures and attachments of articles."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from helpdesk.lib.ids import new_id
from knowledge.models.articles import Article
from people.models import Agent


class ArticleFile(models.Model):
    """A file that an article's Markdown shows (`![…](file:<id>)`) or offers (`[…](file:<id>)`)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="files")
    file = models.FileField(upload_to="articles/%Y/%m", max_length=200)
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()  # bytes
    width = models.PositiveIntegerField(null=True)  # of a picture, in pixels
    height = models.PositiveIntegerField(null=True)
    uploaded_by = models.ForeignKey(Agent, on_delete=models.SET_NULL, null=True, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["uploaded_at", "id"]

    def __str__(self) -> str:
        return self.name
