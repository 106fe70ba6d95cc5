"""Ways in which buyers write, and what came in by them."""

import secrets
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.lib.ids import new_id
from helpdesk.lib.sealed import SealedJSONField
from people.models import Store


def new_hook_key() -> str:
    return secrets.token_urlsafe(32)


class Channel(models.Model):
    """A way in which buyers of a store write to us. `kind` names the transport that handles it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="channels")
    kind = models.CharField(_("kind"), max_length=20)
    name = models.CharField(_("name"), max_length=60)
    active = models.BooleanField(_("active"), default=True)
    config = models.JSONField(default=dict, blank=True)  # addresses and choices: what may be shown
    secrets = SealedJSONField(default=dict, blank=True)  # keys and tokens: written, never shown
    hook_key = models.CharField(max_length=43, unique=True, default=new_hook_key)  # /hooks/channels/<key>/
    # Where a mailbox is read on from, by the provider's own word for it.
    mark = models.CharField(max_length=200, blank=True)
    fetched_at = models.DateTimeField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)  # somebody is fetching
    trouble = models.CharField(max_length=300, blank=True)  # why it does not work at present, in English
    paused_until = models.DateTimeField(
        null=True, blank=True
    )  # the provider is away: nothing is sent until then
    # What is not read here, or failed, for so many minutes goes over the next channel; null: it stays.
    unread_after = models.PositiveSmallIntegerField(null=True, blank=True)
    # Its place among the channels that take over from others; null: it takes over from none.
    takes_over = models.PositiveSmallIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        ordering: ClassVar = ["store", "name"]

    def __str__(self) -> str:
        return self.name

    def state(self) -> str:
        """Return "off", "paused" (the provider is away), "trouble" or "works"."""
        if not self.active:
            return "off"
        if self.paused_until and self.paused_until > timezone.now():
            return "paused"
        return "trouble" if self.trouble else "works"


class Payload(models.Model):
    """What a provider sent, as it came: stored before it is answered, and read afterwards."""

    class State(models.TextChoices):
        NEW = "new", _("New")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    id = models.BigAutoField(primary_key=True)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="payloads")
    headers = models.JSONField(default=dict)  # by lower-case name, without what logs us in
    body = models.BinaryField()
    state = models.CharField(max_length=6, choices=State, default=State.NEW)
    attempts = models.PositiveSmallIntegerField(default=0)
    run_at = models.DateTimeField(default=timezone.now)
    error = models.CharField(max_length=300, blank=True)
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["run_at"], name="payload_new", condition=Q(state="new")),
            models.Index(fields=["channel", "id"], name="payload_failed", condition=Q(state="failed")),
        ]

    def __str__(self) -> str:
        return f"{self.channel_id} {self.state}"


class Received(models.Model):
    """That a provider's message was taken in, by the provider's id for it: however often it comes, it is one."""

    id = models.BigAutoField(primary_key=True)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+", db_index=False)
    external_id = models.CharField(max_length=200)
    message = models.ForeignKey("Message", on_delete=models.CASCADE, null=True, related_name="received")
    # What is needed to answer it in its thread: an e-mail's Message-ID and References, say.
    context = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "external_id"], name="received_once"),
        ]

    def __str__(self) -> str:
        return self.external_id
