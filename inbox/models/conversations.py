"""Conversations, and the tags on them."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.lib.ids import new_id
from inbox.models.channels import Channel
from people.models import Agent, Buyer, Store, Team


class Tag(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=40, unique=True)
    color = models.CharField(
        _("colour"), max_length=10, default="slate"
    )  # a name of the palette, not a hex value

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


_NEWEST = (F("last_at").desc(), F("id").desc())
_UNASSIGNED = Q(assignee__isnull=True, status="open")
_WAITING = Q(waiting_since__isnull=False, status="open")


class Conversation(models.Model):
    """What one buyer and the store say to each other, over whatever channel, until it is resolved.

    The counters and times are kept by `services`, under the lock of this row.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        SNOOZED = "snoozed", _("Snoozed")
        RESOLVED = "resolved", _("Resolved")

    class Priority(models.IntegerChoices):
        LOW = -1, _("Low")
        NORMAL = 0, _("Normal")
        HIGH = 1, _("High")
        URGENT = 2, _("Urgent")

    class ReplyKind(models.TextChoices):
        FIRST = "first", _("First reply")
        NEXT = "next", _("Next reply")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+", db_index=False)
    buyer = models.ForeignKey(Buyer, on_delete=models.PROTECT, related_name="conversations")
    channel = models.ForeignKey(
        Channel, on_delete=models.PROTECT, related_name="conversations", db_index=False
    )
    status = models.CharField(max_length=8, choices=Status, default=Status.OPEN)
    priority = models.SmallIntegerField(choices=Priority, default=Priority.NORMAL)
    assignee = models.ForeignKey(
        Agent, on_delete=models.PROTECT, null=True, blank=True, related_name="conversations", db_index=False
    )
    team = models.ForeignKey(
        Team, on_delete=models.SET_NULL, null=True, blank=True, related_name="conversations", db_index=False
    )
    # Who said that it is not for them: it is given to somebody else.
    put_back_by = models.ForeignKey(
        Agent, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    tags = models.ManyToManyField(Tag, related_name="conversations", blank=True, through="Tagging")
    subject = models.CharField(max_length=200, blank=True)
    preview = models.CharField(max_length=160, blank=True)  # the last public words
    last_seq = models.PositiveIntegerField(default=0)
    # The last one that the buyer may see: places between are notes, so only this shows a buyer's gap.
    last_public_seq = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(default=timezone.now)
    # Buyer's messages so far; an agent's unread count is this less what their ReadMark says.
    inbound_count = models.PositiveIntegerField(default=0)
    waiting_since = models.DateTimeField(null=True, blank=True)  # the buyer's first unanswered message
    first_reply_at = models.DateTimeField(null=True, blank=True)
    # What the buyer who waits is to have, and by when (inbox/due.py, which every write of this row goes through).
    reply_kind = models.CharField(max_length=5, choices=ReplyKind, blank=True)  # empty: nobody waits
    reply_due_at = models.DateTimeField(null=True, blank=True)  # null: the store has no target for it
    reply_warn_at = models.DateTimeField(null=True, blank=True)  # from then on it is due soon
    # When there is something to tell: it is due soon, then overdue. Null: all was told, or there is nothing.
    reply_check_at = models.DateTimeField(null=True, blank=True)
    buyer_read_seq = models.PositiveIntegerField(default=0)
    agent_read_seq = models.PositiveIntegerField(default=0)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(  # last; a rating is of their work
        Agent, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    rating = models.PositiveSmallIntegerField(null=True, blank=True)  # 1 to 5
    rating_comment = models.CharField(max_length=1000, blank=True)
    # Where its messages are now (services/joining.py): such a one is empty, resolved, and in no list.
    merged_into = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="emptied", db_index=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        constraints: ClassVar = [
            # Whatever races: a buyer has one conversation that is not resolved.
            models.UniqueConstraint(
                fields=["buyer"], condition=~Q(status="resolved"), name="one_live_conversation"
            ),
        ]
        # Each list of inbox/lists.py is read in its order from one of these alone, from its first row on.
        indexes: ClassVar = [
            models.Index(F("status"), *_NEWEST, name="conv_by_status"),
            models.Index(F("store"), F("status"), *_NEWEST, name="conv_by_store"),
            models.Index(F("assignee"), F("status"), *_NEWEST, name="conv_by_assignee"),
            models.Index(F("team"), F("status"), *_NEWEST, name="conv_by_team"),
            models.Index(F("channel"), F("status"), *_NEWEST, name="conv_by_channel"),
            models.Index(
                F("priority"), F("status"), *_NEWEST, name="conv_by_priority", condition=~Q(priority=0)
            ),
            models.Index(F("store"), *_NEWEST, name="conv_unassigned", condition=_UNASSIGNED),
            # By when they are to be answered, then those without a target by their wait: two ranges of one index.
            models.Index(
                fields=["reply_due_at", "waiting_since", "id"], name="conv_waiting", condition=_WAITING
            ),
            models.Index(
                fields=["store", "reply_due_at", "waiting_since", "id"],
                name="conv_waiting_by_store",
                condition=_WAITING,
            ),
            models.Index(fields=["snoozed_until"], name="conv_snoozed", condition=Q(status="snoozed")),
            models.Index(fields=["merged_into"], name="conv_emptied", condition=Q(merged_into__isnull=False)),
            models.Index(
                fields=["reply_check_at"], name="conv_to_check", condition=Q(reply_check_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.buyer_id} {self.status}"


class TaggingQuerySet(models.QuerySet["Tagging"]):
    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Write taggings, with the place in the list that their conversations have."""
        taggings = list(objs)
        bare = [tagging for tagging in taggings if tagging.last_at is None]
        models.prefetch_related_objects(bare, "conversation")
        for tagging in bare:
            tagging.status, tagging.last_at = tagging.conversation.status, tagging.conversation.last_at
        return super().bulk_create(taggings, *args, **kwargs)


class Tagging(models.Model):
    """A tag on a conversation. It repeats what lists are ordered by, so that a tag is a list that has its index.

    `services.timeline` keeps the copies as it writes the conversation.
    """

    id = models.BigAutoField(primary_key=True)
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="taggings", db_index=False
    )
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="taggings", db_index=False)
    status = models.CharField(max_length=8)
    last_at = models.DateTimeField()
    objects = TaggingQuerySet.as_manager()

    class Meta:
        db_table = "inbox_conversation_tags"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["conversation", "tag"], name="tagged_once"),
        ]
        indexes: ClassVar = [
            models.Index(
                F("tag"), F("status"), F("last_at").desc(), F("conversation").desc(), name="conv_by_tag"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.tag_id}"
