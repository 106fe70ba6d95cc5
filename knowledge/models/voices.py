"""What people say about an article: agents that it is out of date, readers whether it helped."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from knowledge.models.articles import Text
from people.models import Agent


class Report(models.Model):
    """An agent says that a text is out of date. Open until somebody has looked after it."""

    id = models.BigAutoField(primary_key=True)
    text = models.ForeignKey(Text, on_delete=models.CASCADE, related_name="reports")
    agent = models.ForeignKey(Agent, on_delete=models.SET_NULL, null=True, related_name="+")
    words = models.CharField(_("what is wrong"), max_length=1000)
    reported_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(Agent, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["text", "agent"], condition=Q(closed_at__isnull=True), name="one_open_report"
            ),
        ]

    def __str__(self) -> str:
        return self.words[:60]


class Vote(models.Model):
    """Whether a text helped a reader of the help centre. `voter` is a random token that their browser keeps."""

    id = models.BigAutoField(primary_key=True)
    text = models.ForeignKey(Text, on_delete=models.CASCADE, related_name="votes")
    voter = models.CharField(max_length=64)
    helped = models.BooleanField()
    words = models.CharField(max_length=1000, blank=True)  # what was missing
    voted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["text", "voter"], name="one_vote_per_reader")
        ]

    def __str__(self) -> str:
        return "helped" if self.helped else "did not help"
