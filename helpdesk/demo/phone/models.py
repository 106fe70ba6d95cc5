"""What the phone remembers, so that a restart of the demo leaves nobody's thread behind. Empty outside of it."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from inbox.models import Channel


class PhoneMessage(models.Model):
    """A message as the vendor knows it: written by the buyer, or taken from us. It is not looked up at the desk."""

    class State(models.TextChoices):
        TAKEN = "taken"  # by the vendor; it is not on the phone
        DELIVERED = "delivered"
        READ = "read"
        FAILED = "failed"  # the vendor gave up

    id = models.BigAutoField(primary_key=True)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+", db_index=False)
    who = models.CharField(max_length=200)  # the buyer's address
    by_buyer = models.BooleanField()
    external_id = models.CharField(max_length=200, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)
    links = models.JSONField(default=list)  # addresses of files that the vendor was given
    state = models.CharField(max_length=10, choices=State, default=State.TAKEN)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["channel", "who", "id"], name="phone_thread")]

    def __str__(self) -> str:
        return f"{self.who} {self.state}"


class PhoneFile(models.Model):
    """A file of a message whose bytes the vendor has."""

    id = models.BigAutoField(primary_key=True)
    message = models.ForeignKey(PhoneMessage, on_delete=models.CASCADE, related_name="kept")
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=80)
    content = models.BinaryField()

    def __str__(self) -> str:
        return self.name
