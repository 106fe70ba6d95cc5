"""What buyers think of how they were served: when they are asked, that they were, and what they said."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.lib.ids import new_id
from inbox.models.channels import Channel
from inbox.models.conversations import Conversation
from inbox.models.messages import Message
from people.models import Agent, Store


class RatingRule(models.Model):
    """When the buyers of a store are asked outside of its pages, and whom bad ratings concern."""

    store = models.OneToOneField(
        Store, on_delete=models.CASCADE, primary_key=True, related_name="rating_rule"
    )
    active = models.BooleanField(default=False)
    delay = models.PositiveIntegerField(default=30)  # minutes for which a conversation has stayed resolved
    channels = models.ManyToManyField(Channel, related_name="+", blank=True)  # over which buyers are asked
    # Who came by the page and has left it is asked by e-mail, where the store or a provider proved the address.
    mails_visitors = models.BooleanField(default=False)
    every_days = models.PositiveSmallIntegerField(default=30)  # a buyer is asked once in so many days
    # By language {"subject", "greeting"}; what is not there is said in words of our own.
    words = models.JSONField(default=dict, blank=True)
    low = models.PositiveSmallIntegerField(default=2)  # so many stars or fewer are bad; 0: none are
    tells_agent = models.BooleanField(default=True)
    tells_supervisors = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"ratings of {self.store_id}"


class RatingAsk(models.Model):
    """That the buyer of a conversation is to be asked, or was: one row for each time that it was resolved.

    `round` is when that was. Whoever posts the question moves the row from waiting to asked in the same transaction.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        ASKED = "asked", _("Asked")
        DROPPED = "dropped", _("Not asked")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="rating_asks", db_index=False
    )
    round = models.DateTimeField()
    due_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    why = models.CharField(max_length=20, blank=True)  # it was dropped
    message = models.ForeignKey(Message, on_delete=models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(null=True, blank=True)
    # The place of the last message that was taken as an answer: another digit right after it is one, too.
    answer_seq = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["conversation", "round"], name="rating_asked_once_a_round"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], name="rating_ask_due", condition=Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.state}"


class Rating(models.Model):
    """How a buyer found it, once for each time that the conversation was resolved. The last one changes it."""

    class Way(models.TextChoices):
        WIDGET = "widget", _("In the widget")
        LINK = "link", _("By the link")
        REPLY = "reply", _("By a message")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="ratings", db_index=False
    )
    round = models.DateTimeField()  # when it was resolved
    # Repeated from the conversation, as they were: lists are read by them.
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+", db_index=False)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+", db_index=False)
    # Whose work it was: who resolved it.
    agent = models.ForeignKey(Agent, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    value = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(5)])
    comment = models.CharField(max_length=1000, blank=True)
    way = models.CharField(max_length=6, choices=Way, default=Way.WIDGET)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("rating")
        verbose_name_plural = _("ratings")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["conversation", "round"], name="rated_once_a_round"),
            models.CheckConstraint(condition=Q(value__gte=1, value__lte=5), name="rated_1_to_5"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-created_at", "-id"], name="rating_newest"),
            models.Index(fields=["store", "-created_at", "-id"], name="rating_newest_of_store"),
            models.Index(fields=["agent", "-created_at", "-id"], name="rating_newest_of_agent"),
            models.Index(fields=["value", "-created_at", "-id"], name="rating_newest_by_value"),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.value}"
