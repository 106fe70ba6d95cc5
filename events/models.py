"""The append-only record of everything that happened."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F
from django.utils import timezone

_NEWEST = (F("at").desc(), F("id").desc())
TOLD = ~models.Q(name="message.created")  # whoever wants to read messages reads the conversation


class AppendOnly(models.QuerySet["Event"]):
    """Events can be found and added, one by one or many."""

    def update(self, **fields: Any) -> int:
        raise TypeError("events are never changed")

    def delete(self) -> Any:
        raise TypeError("events are never deleted")


class Event(models.Model):
    """One thing that happened: the audit entry, and what was pushed to the screens.

    Rows are never changed or deleted by code; who, what, when and the values before and after stay. (One door takes
    what is personal out of the events of a buyer who is erased, and leaves word of it: events/redacting.py.)
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(default=timezone.now)
    name = models.CharField(max_length=40)
    actor_kind = models.CharField(max_length=8)  # agent, buyer, bot, system
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=120)  # as it was then
    store_id = models.UUIDField(null=True)
    conversation_id = models.UUIDField(null=True)
    order_id = models.UUIDField(null=True)
    data = models.JSONField(default=dict)

    objects = AppendOnly.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["conversation_id", "id"], name="event_by_conversation"),
            models.Index(
                fields=["order_id", "id"], name="event_by_order", condition=models.Q(order_id__isnull=False)
            ),
            # What the audit trail is read by (events/finding.py). Most events are messages, and those cost it nothing.
            models.Index(*_NEWEST, name="event_by_time", condition=TOLD),
            models.Index(F("store_id"), *_NEWEST, name="event_by_store", condition=TOLD),
            models.Index(F("name"), *_NEWEST, name="event_by_name", condition=TOLD),
            models.Index(F("store_id"), F("name"), *_NEWEST, name="event_by_store_name", condition=TOLD),
            models.Index(F("actor_kind"), F("actor_id"), *_NEWEST, name="event_by_actor", condition=TOLD),
        ]

    def __str__(self) -> str:
        return f"{self.name} #{self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("an event is never changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("an event is never deleted")
