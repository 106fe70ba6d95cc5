"""What is said, what became of it on its way, and who has read it."""

import secrets
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.lib.ids import new_id
from inbox.models.channels import Channel
from inbox.models.conversations import Conversation
from people.models import Agent


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


_OUTBOX = Q(state__in=["queued", "sending"])


class Delivery(models.Model):
    """What became of a message on its way to the buyer, over one channel. The row is the outbox."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        SENDING = "sending", _("Sending")  # claimed by a worker: the provider may have heard of it
        SENT = "sent", _("Sent")
        DELIVERED = "delivered", _("Delivered")
        READ = "read", _("Read")
        FAILED = "failed", _("Failed")
        UNKNOWN = "unknown", _("Unknown")
        CANCELLED = "cancelled", _("Cancelled")  # not handed over: it was not needed any more

    id = models.BigAutoField(primary_key=True)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    detail = models.CharField(max_length=200, blank=True)
    external_id = models.CharField(max_length=200, blank=True)  # the provider's, for receipts
    # Repeated from the message: deliveries of one conversation leave in its order.
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, null=True, related_name="+", db_index=False
    )
    seq = models.PositiveIntegerField(default=0)
    to = models.CharField(max_length=200, blank=True)  # the buyer's address on the channel
    run_at = models.DateTimeField(null=True, blank=True)  # when it is tried (again)
    deadline = models.DateTimeField(null=True, blank=True)  # past it, it has failed
    claimed_until = models.DateTimeField(null=True, blank=True)  # past it, its worker is presumed dead
    attempts = models.PositiveSmallIntegerField(default=0)
    unasked = models.BooleanField(default=False)  # no answer to anything: it waits for the buyer's day
    held_until = models.DateTimeField(null=True, blank=True)  # the buyer's night; nothing else waits for it
    # It goes because another channel did not reach the buyer (inbox/failover.py).
    instead = models.BooleanField(default=False)
    check_at = models.DateTimeField(null=True, blank=True)  # when it is to have arrived
    stays = models.BooleanField(default=False)  # it goes this way or not at all, whatever the channel's rule
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message", "channel"], name="delivery_once_per_channel"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["channel", "run_at"], name="delivery_due", condition=_OUTBOX),
            models.Index(fields=["conversation", "seq"], name="delivery_in_order", condition=_OUTBOX),
            models.Index(
                fields=["channel", "external_id"], name="delivery_by_receipt", condition=~Q(external_id="")
            ),
            models.Index(fields=["check_at"], name="delivery_to_check", condition=Q(check_at__isnull=False)),
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
