"""Whether somebody wants to be written to, address by address."""

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.models import Agent, Store


class Consent(models.Model):
    """What was said last about writing to an address on one kind of channel.

    Without a row: who wrote to us from there may be answered there, and nobody else is written to. By address and
    not by buyer, so that a "stop" outlives whatever is merged, split or made anew. Earlier words are Events.
    """

    class State(models.TextChoices):
        ALL = "all", _("Agreed")
        ANSWERS = "answers", _("Answers only")
        NONE = "none", _("Wants no messages")

    class Source(models.TextChoices):
        FORM = "form", _("By a form")
        AGENT = "agent", _("By an agent")
        API = "api", _("By the store")
        WORD = "word", _("By a message")  # STOP, START
        PROVIDER = "provider", _("By the provider")
        LINK = "link", _("By the unsubscribe link")

    id = models.BigAutoField(primary_key=True)
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=20)  # of channel
    address = models.CharField(max_length=200)
    state = models.CharField(max_length=8, choices=State)
    source = models.CharField(max_length=10, choices=Source)
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["store", "kind", "address"], name="consent_once_per_address"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.address} {self.state}"
