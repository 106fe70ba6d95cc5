"""What was put together and can be taken apart again; and what was done to many at once."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from helpdesk.lib.ids import new_id
from inbox.models.conversations import Conversation
from people.models import Agent


class ConversationMerge(models.Model):
    """That an earlier conversation became part of another one of the same buyer.

    `moved` names what went along, and `stood` what the row of the emptied one said, so that it can be taken apart:
    messages by id, in their order, which is their places; everything else by the id of its row.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kept = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="merges")
    other = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="+")
    moved = models.JSONField(default=dict)
    stood = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(Agent, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["other"], condition=Q(undone_at__isnull=True), name="merged_into_one"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.other_id} into {self.kept_id}"


class BulkAction(models.Model):
    """One thing that an agent does to many conversations. What became of each is written with its own change, so
    that a request which is repeated, or was cut off, goes on where it stopped and does nothing twice."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+")
    idempotency_key = models.CharField(max_length=64)
    action = models.CharField(max_length=12)
    params = models.JSONField(default=dict)
    conversations = models.JSONField(default=list)  # ids, in the order in which they were named
    results = models.JSONField(default=dict)  # by id: {"state", "code", "before"}
    undone = models.JSONField(default=dict)  # by id: what became of taking it back
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["agent", "idempotency_key"], name="bulk_asked_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["created_at"], name="bulk_by_time")]

    def __str__(self) -> str:
        return f"{self.action} {len(self.conversations)}"
