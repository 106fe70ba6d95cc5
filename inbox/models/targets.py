"""Within which time buyers are to be answered."""

from typing import ClassVar

from django.db import models

from inbox.models.conversations import Conversation
from people.models import Store


class ReplyTargets(models.Model):
    """What holds for all reply targets of a store. A store without a row has none."""

    store = models.OneToOneField(
        Store, on_delete=models.CASCADE, primary_key=True, related_name="reply_targets"
    )
    # An answer is due soon when so much of its time has passed.
    warn_percent = models.PositiveSmallIntegerField(default=75)
    # Since when targets or hours are others, until everybody who waits has their moment by them for sure.
    unsettled_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["unsettled_since"],
                name="targets_unsettled",
                condition=models.Q(unsettled_since__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"targets of {self.store_id}"


class ReplyTarget(models.Model):
    """How many minutes of opening hours an answer may take at a priority. Null: there is no target."""

    id = models.BigAutoField(primary_key=True)
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+", db_index=False)
    priority = models.SmallIntegerField(choices=Conversation.Priority)
    first_minutes = models.PositiveIntegerField(null=True, blank=True)
    next_minutes = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["store", "priority"], name="one_target_a_priority"),
        ]

    def __str__(self) -> str:
        return f"{self.store_id} {self.priority}"
