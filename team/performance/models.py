"""Figures, and what they are made with."""

from typing import ClassVar

from django.db import models

from people.models import Agent, Store
from team.performance.counters import COUNTERS, OF_A_DAY


class DayFigures(models.Model):
    """What an agent did on a day (by the store's clock) over a kind of channel: nothing but the sum of CaseFigures."""

    id = models.BigAutoField(primary_key=True)
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+", db_index=False)
    channel = models.CharField(max_length=20, blank=True)  # empty: it was done outside of a conversation
    currency = models.CharField(max_length=3, blank=True)  # of the money in it; empty: of everything else

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["store", "day", "agent", "channel", "currency"], name="figures_once_a_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agent_id} {self.day}"


class CaseFigures(models.Model):
    """The same for one conversation or order: what is behind a number.

    Kept, rather than found again in the events when somebody asks: what counts depends on all that came before, so
    asking for one day would mean to walk through the whole past. It is a row for each agent, day and conversation, and
    not for each fact, so there are about as many as conversations.
    """

    class Kind(models.TextChoices):
        CONVERSATION = "c", "conversation"
        ORDER = "o", "order"
        CODE = "k", "coupon code"  # that was given outside of a conversation

    id = models.BigAutoField(primary_key=True)
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+", db_index=False)
    channel = models.CharField(max_length=20, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    kind = models.CharField(max_length=1, choices=Kind)
    case_id = models.UUIDField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["agent", "day", "store", "channel", "currency", "kind", "case_id"],
                name="figures_once_a_case",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["store", "day"], name="cases_by_day")]

    def __str__(self) -> str:
        return f"{self.agent_id} {self.day} {self.case_id}"


for _name in OF_A_DAY:
    DayFigures.add_to_class(_name, models.BigIntegerField(default=0))
for _name in COUNTERS:
    CaseFigures.add_to_class(_name, models.BigIntegerField(default=0))


class Memory(models.Model):
    """What the rules remember between events of a conversation, a buyer, an action or a store: see rules.py."""

    id = models.UUIDField(primary_key=True)
    data = models.JSONField()

    def __str__(self) -> str:
        return str(self.id)


class Rollup(models.Model):
    """How far the events have been counted, and by what. One row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    mark = models.BigIntegerField(default=0)  # the id of the last event
    upto = models.DateTimeField(null=True)  # when that one happened
    made_with = models.JSONField(
        default=dict
    )  # what else figures depend on; where it changes all is counted anew

    def __str__(self) -> str:
        return f"up to {self.mark}"
