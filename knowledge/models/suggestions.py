"""What agents were offered to say to a buyer's message, and whether they said it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.lib.ids import new_id
from inbox.models import Message
from people.models import Agent, Store


class Suggestion(models.Model):
    """One thing that was offered for one message (inbox/suggesting.py). Of its conversation the message knows."""

    class State(models.TextChoices):
        SHOWN = "shown", _("Shown")
        USED = "used", _("Used")
        IGNORED = "ignored", _("Ignored")  # an agent answered the message without it

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+", db_index=False)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=20)
    ref = models.CharField(max_length=100)
    about = models.CharField(max_length=64)  # what is learned by it: the article, the reply, the kind of card
    place = models.PositiveSmallIntegerField()  # where it stood when it was first shown, from 1
    state = models.CharField(max_length=8, choices=State, default=State.SHOWN)
    agent = models.ForeignKey(
        Agent, on_delete=models.SET_NULL, null=True, related_name="+"
    )  # saw, then used it
    shown_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message", "kind", "ref"], name="suggested_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["store", "kind", "about", "shown_at"], name="suggestion_by_what"),
            models.Index(fields=["shown_at"], name="suggestion_open", condition=Q(state="shown")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.ref} {self.state}"
