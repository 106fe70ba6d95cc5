"""Conversations and what is said in them."""

import secrets
from collections.abc import Iterable
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.lib.ids import new_id
from people.models import Agent, Buyer, Store, Team


class Channel(models.Model):
    """A way in which buyers of a store write to us. `kind` names the transport that handles it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="channels")
    kind = models.CharField(_("kind"), max_length=20)
    name = models.CharField(_("name"), max_length=60)
    active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        ordering: ClassVar = ["store", "name"]

    def __str__(self) -> str:
        return self.name


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
    buyer_read_seq = models.PositiveIntegerField(default=0)
    agent_read_seq = models.PositiveIntegerField(default=0)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    rating = models.PositiveSmallIntegerField(null=True, blank=True)  # 1 to 5
    rating_comment = models.CharField(max_length=1000, blank=True)
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
            models.Index(fields=["waiting_since", "id"], name="conv_waiting", condition=_WAITING),
            models.Index(
                fields=["store", "waiting_since", "id"], name="conv_waiting_by_store", condition=_WAITING
            ),
            models.Index(fields=["snoozed_until"], name="conv_snoozed", condition=Q(status="snoozed")),
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


class Message(models.Model):
    """One item of the timeline. `seq` is its place in the conversation, without gaps."""

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        CARD = "card", _("Card")
        FILE = "file", _("File")
        SYSTEM = "system", _("System")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="messages", db_index=False
    )
    seq = models.PositiveIntegerField()
    client_id = models.CharField(max_length=64)
    author_kind = models.CharField(max_length=8)  # buyer, agent, bot, system
    author_id = models.UUIDField(null=True)
    author_name = models.CharField(max_length=120)
    channel_kind = models.CharField(max_length=20)
    private = models.BooleanField(default=False)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.TEXT)
    body = models.TextField(blank=True)
    # kind=card: {"kind", "title", "fields", "choices", ...}; kind=system: {"event", ...params}
    data = models.JSONField(null=True, blank=True)
    indexed = models.BooleanField(default=False)  # its words are in the search index
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["conversation", "seq"], name="message_has_its_place"),
            models.UniqueConstraint(fields=["conversation", "client_id"], name="message_sent_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], name="message_unindexed", condition=Q(indexed=False)),
        ]

    def __str__(self) -> str:
        return f"#{self.seq} {self.body[:40]}"


def attachment_path(attachment: "Attachment", filename: str) -> str:
    """Where a file is kept: by id and a random part; what the sender called it is only a column."""
    return f"attachments/{attachment.id.hex[:4]}/{attachment.id.hex}-{secrets.token_hex(8)}"


class Attachment(models.Model):
    """A file. It is uploaded first and claimed by the message that is sent with it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, null=True, related_name="+")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, null=True, related_name="attachments")
    # Who may claim it: `agent:<id>` or `buyer:<id>`.
    uploader = models.CharField(max_length=60)
    file = models.FileField(upload_to=attachment_path, max_length=200)
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=80)  # what the bytes are, not what the sender said
    size = models.PositiveBigIntegerField()  # bytes
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """What became of a message on its way to the buyer, over one channel. The row is the outbox."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        SENT = "sent", _("Sent")
        DELIVERED = "delivered", _("Delivered")
        READ = "read", _("Read")
        FAILED = "failed", _("Failed")
        UNKNOWN = "unknown", _("Unknown")

    id = models.BigAutoField(primary_key=True)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    detail = models.CharField(max_length=200, blank=True)
    external_id = models.CharField(max_length=120, blank=True)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message", "channel"], name="delivery_once_per_channel"),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} {self.state}"


class ReadMark(models.Model):
    """How far an agent has read a conversation."""

    id = models.BigAutoField(primary_key=True)
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="read_marks")
    seq = models.PositiveIntegerField(default=0)
    inbound_seen = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["conversation", "agent"], name="one_read_mark"),
        ]

    def __str__(self) -> str:
        return f"{self.agent_id} {self.seq}"


class Mention(models.Model):
    """An agent was named in a note."""

    id = models.BigAutoField(primary_key=True)
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="mentions", db_index=False)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="mentions")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="mentions")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["agent", "message"], name="mentioned_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["agent", "-at", "-id"], name="mention_by_agent")]

    def __str__(self) -> str:
        return f"{self.agent_id} in {self.message_id}"


class Draft(models.Model):
    """What an agent has typed and not sent: the browser keeps it too; this copy survives the browser."""

    id = models.BigAutoField(primary_key=True)
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    body = models.TextField()
    private = models.BooleanField(default=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["agent", "conversation"], name="one_draft")]

    def __str__(self) -> str:
        return self.body[:40]


class CannedReply(models.Model):
    """A reply that is written once and used often; `{{buyer.name}}` and its like are filled in when used."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    store = models.ForeignKey(Store, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    shortcut = models.SlugField(_("shortcut"), max_length=40, allow_unicode=True)
    title = models.CharField(_("title"), max_length=80)
    body = models.TextField(_("text"))
    language = models.CharField(_("language"), max_length=10, default="en")
    used_count = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("canned reply")
        verbose_name_plural = _("canned replies")
        ordering: ClassVar = ["shortcut"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["store", "shortcut", "language"], name="shortcut_once_per_store"),
            models.UniqueConstraint(
                fields=["shortcut", "language"], condition=Q(store__isnull=True), name="shortcut_once_for_all"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class SearchEntry(models.Model):
    """The words of a message or a buyer as terms (helpdesk.lib.text), indexed by the database's own engine."""

    id = models.BigAutoField(primary_key=True)
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+")
    message = models.OneToOneField(Message, on_delete=models.CASCADE, null=True, related_name="+")
    buyer = models.OneToOneField(Buyer, on_delete=models.CASCADE, null=True, related_name="+")
    terms = models.TextField()

    def __str__(self) -> str:
        return self.terms[:60]
