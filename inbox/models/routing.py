"""Who gets new conversations, and when a store is open."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from people.models import Agent, Store, Team


class RoutingRule(models.Model):
    """Who gets the conversations of a store; with a team, those that were given to that team.

    The rule of a team overrides its store's where it says something. These rows are also what routing locks.
    """

    class Method(models.TextChoices):
        MANUAL = "manual", _("By hand")
        ROUND_ROBIN = "round_robin", _("In turn")
        LEAST_BUSY = "least_busy", _("Least busy first")

    id = models.BigAutoField(primary_key=True)
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="routing_rules")
    team = models.ForeignKey(
        Team, on_delete=models.CASCADE, null=True, blank=True, related_name="routing_rules"
    )
    # Empty, of a team: as the store.
    method = models.CharField(max_length=12, choices=Method, blank=True, default=Method.MANUAL)
    last_agent_first = models.BooleanField(default=False)  # of a store, for its teams too
    # Open conversations that an agent has at most. Null, of a team: as the store.
    capacity = models.PositiveSmallIntegerField(null=True, blank=True)
    # Seconds after which the conversations of somebody who left, or who is away, are handed on. (Of a store.)
    left_grace = models.PositiveIntegerField(default=120)
    away_grace = models.PositiveIntegerField(default=900)
    # Whose turn it was last.
    turn = models.ForeignKey(Agent, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["store"], condition=Q(team=None), name="one_rule_of_a_store"),
            models.UniqueConstraint(fields=["store", "team"], name="one_rule_of_a_team"),
        ]

    def __str__(self) -> str:
        return f"{self.store_id} {self.team_id or ''} {self.method}"


class StoreHours(models.Model):
    """When a store is open, in its own time zone, and what its widget says while it is not."""

    store = models.OneToOneField(Store, on_delete=models.CASCADE, primary_key=True, related_name="hours")
    # Seven lists of [from, to] in minutes from midnight, Monday first; null: always open.
    weekly = models.JSONField(null=True, blank=True)
    away = models.JSONField(default=dict, blank=True)  # what is said while it is closed, by language

    def __str__(self) -> str:
        return f"hours of {self.store_id}"


class SpecialDay(models.Model):
    """A date with hours of its own: a holiday (none at all), or a long Saturday."""

    id = models.BigAutoField(primary_key=True)
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="special_days")
    date = models.DateField(_("date"))
    name = models.CharField(_("name"), max_length=60, blank=True)
    intervals = models.JSONField(default=list, blank=True)  # as a day of `weekly`; empty: closed

    class Meta:
        ordering: ClassVar = ["date"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["store", "date"], name="one_special_day_a_date")
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.name}"
