"""What somebody is to do, until when, and what it is about."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.lib.ids import new_id
from inbox.models import Conversation
from orders.models import Order
from people.models import Agent, Store, Team

OPEN = Q(status="open")


class Task(models.Model):
    """Work that outlives a chat: somebody's, or a team's, or whoever's of the store.

    What a machine makes has a `kind`, whose words are made for each reader (words.py), and a `source`, by which it is
    made once. `remind_at` stands until the reminder has rung; `overdue_at` says when somebody was told of being late.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")

    class Priority(models.IntegerChoices):
        LOW = -1, _("Low")
        NORMAL = 0, _("Normal")
        HIGH = 1, _("High")
        URGENT = 2, _("Urgent")

    class Kind(models.TextChoices):
        TYPED = "", _("Written by somebody")
        LOW_RATING = "low_rating", _("Low rating")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=20, choices=Kind, blank=True, default=Kind.TYPED)
    title = models.CharField(_("title"), max_length=200, blank=True)  # empty: what its kind says
    note = models.TextField(_("note"), blank=True)
    data = models.JSONField(default=dict)  # what the words of its kind are made of
    # Null, not empty: what people make has no source, and the constraint would count empty ones as the same.
    source = models.CharField(max_length=80, unique=True, null=True, blank=True)
    assignee = models.ForeignKey(
        Agent, on_delete=models.PROTECT, null=True, blank=True, related_name="tasks", db_index=False
    )
    team = models.ForeignKey(Team, on_delete=models.SET_NULL, null=True, blank=True, related_name="tasks")
    priority = models.SmallIntegerField(choices=Priority, default=Priority.NORMAL)
    status = models.CharField(max_length=9, choices=Status, default=Status.OPEN)
    due_at = models.DateTimeField(null=True, blank=True)
    # Where it stands in lists: `due_at`, or the end of all times where it has none.
    sort_at = models.DateTimeField(editable=False)
    remind_at = models.DateTimeField(null=True, blank=True)
    overdue_at = models.DateTimeField(null=True, blank=True, editable=False)
    conversation = models.ForeignKey(
        Conversation, on_delete=models.SET_NULL, null=True, blank=True, related_name="tasks", db_index=False
    )
    order = models.ForeignKey(
        Order, on_delete=models.SET_NULL, null=True, blank=True, related_name="tasks", db_index=False
    )
    created_by = models.ForeignKey(Agent, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    done_by = models.ForeignKey(Agent, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)  # done or cancelled

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        indexes: ClassVar = [
            models.Index(fields=["assignee", "sort_at", "id"], name="task_mine", condition=OPEN),
            models.Index(fields=["store", "sort_at", "id"], name="task_by_store", condition=OPEN),
            models.Index(F("done_at").desc(), F("id").desc(), name="task_over", condition=~OPEN),
            models.Index(
                fields=["conversation", "sort_at"],
                name="task_of_conversation",
                condition=Q(conversation__isnull=False),
            ),
            models.Index(fields=["order", "sort_at"], name="task_of_order", condition=Q(order__isnull=False)),
            # What the sweeps look for: nothing else is in there.
            models.Index(
                fields=["remind_at"], name="task_to_remind", condition=OPEN & Q(remind_at__isnull=False)
            ),
            models.Index(
                fields=["due_at"],
                name="task_to_tell_late",
                condition=OPEN & Q(due_at__isnull=False, overdue_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title or self.kind} {self.status}"


class Mark(models.Model):
    """How far somebody who reads the events has come."""

    key = models.CharField(primary_key=True, max_length=40)
    event = models.BigIntegerField()  # the id of the last one

    def __str__(self) -> str:
        return f"{self.key} up to {self.event}"
