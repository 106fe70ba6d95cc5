"""The ledger of what was done to orders, what buyers ask for, and how far each role may go."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.lib.ids import new_id
from orders.models.orders import Order
from people.models import Agent, Buyer, Store


class OrderAction(models.Model):
    """One command to a store's system, in the ledger from before it is tried until its result is known."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting for approval")  # above the limits of who asked: somebody else decides
        REJECTED = "rejected", _("Rejected")
        HELD = "held", _("On hold")  # can still be taken back
        RUNNING = "running", _("Running")  # claimed by a worker
        UNKNOWN = "unknown", _("Unknown")  # the store may have done it: to be asked, never repeated blindly
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        TAKEN_BACK = "taken_back", _("Taken back")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="actions")
    conversation_id = models.UUIDField(null=True)  # where it was done from
    kind = models.CharField(max_length=40)  # settings.ORDER_ACTIONS
    params = models.JSONField(default=dict)
    reason = models.CharField(max_length=200, blank=True)
    # Null: no agent but a rule of the store asked for it, on the buyer's own request.
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    request = models.ForeignKey(
        "BuyerRequest", on_delete=models.PROTECT, null=True, blank=True, related_name="actions"
    )
    idempotency_key = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State, default=State.HELD)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    cost = models.BigIntegerField(default=0)  # minor units that the store gives away; below zero: takes back
    over = models.JSONField(default=list)  # the limits it is above: "order", "share", "day"
    approver = models.ForeignKey(Agent, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField(max_length=200, blank=True)  # what the approver said
    undoes = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="undos")
    run_at = models.DateTimeField()  # the end of the hold
    claimed_until = models.DateTimeField(null=True)  # past this its worker is presumed dead
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("order action")
        verbose_name_plural = _("order actions")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["agent", "idempotency_key"], name="action_requested_once"),
            models.UniqueConstraint(
                fields=["idempotency_key"],
                condition=Q(agent__isnull=True),
                name="action_by_rule_once",
            ),
            # Two changes of one order at a time would each be computed from what the other is about to undo.
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(state__in=["held", "running", "unknown"]),
                name="one_action_under_way",
            ),
            # An undo that failed or was taken back leaves the way open for another.
            models.UniqueConstraint(
                fields=["undoes"],
                condition=~Q(state__in=["failed", "taken_back", "rejected"]),
                name="undone_once",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["run_at"], name="action_due", condition=Q(state__in=["held", "running", "unknown"])
            ),
            models.Index(fields=["created_at"], name="action_waiting", condition=Q(state="waiting")),
            models.Index(F("created_at").desc(), F("id").desc(), name="action_by_time"),
            # What an agent has given away today.
            models.Index(fields=["agent", "created_at"], name="action_by_agent"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class Limit(models.Model):
    """What a role may give away at a store by one kind of action, in minor units of the store's currency.

    None is no limit. Where a store has no row for a kind and role, settings.ORDER_LIMITS holds.
    """

    id = models.BigAutoField(primary_key=True)
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="limits")
    role = models.CharField(max_length=12, choices=Agent.Role)
    kind = models.CharField(max_length=40)
    per_order = models.BigIntegerField(null=True, blank=True)  # all actions of the kind on one order
    share = models.PositiveSmallIntegerField(null=True, blank=True)  # the same, in percent of the order
    per_day = models.BigIntegerField(null=True, blank=True)  # all of one agent in one day of the store
    needs_reason = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["store", "role", "kind"], name="limit_once"),
        ]

    def __str__(self) -> str:
        return f"{self.store_id} {self.role} {self.kind}"


class BuyerRequest(models.Model):
    """What a buyer asks for on an order of theirs. Accepting it makes an action of it, with that agent's limits."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="requests")
    buyer = models.ForeignKey(Buyer, on_delete=models.PROTECT, related_name="+")
    conversation_id = models.UUIDField(null=True)
    message_id = models.UUIDField(null=True)  # the card that shows it
    kind = models.CharField(max_length=40)  # settings.ORDER_ACTIONS
    params = models.JSONField(default=dict)  # as the action takes them
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    reason = models.CharField(max_length=500, blank=True)
    photos = models.JSONField(default=list)  # ids of attachments
    client_id = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    decided_by = models.ForeignKey(Agent, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=300, blank=True)  # said to the buyer
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["buyer", "client_id"], name="buyer_asked_once"),
            # To ask again is to change one's mind, not to have two of it.
            models.UniqueConstraint(
                fields=["order", "kind"], condition=Q(state="open"), name="one_open_request_of_a_kind"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["created_at"], name="buyer_request_open", condition=Q(state="open")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class RequestRule(models.Model):
    """When a store says yes to a buyer's request by itself: a kind, and up to how much it may cost."""

    id = models.BigAutoField(primary_key=True)
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="request_rules")
    kind = models.CharField(max_length=40)
    up_to = models.BigIntegerField(default=0)  # minor units of the store's currency
    within_hours = models.PositiveIntegerField(null=True, blank=True)  # since the order was placed
    active = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["store", "kind"], name="request_rule_once")]

    def __str__(self) -> str:
        return f"{self.store_id} {self.kind}"
