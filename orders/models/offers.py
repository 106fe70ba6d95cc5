"""What a store gives or reminds of: coupons and their codes, payment reminders."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.lib.ids import new_id
from orders.models.shops import Product
from people.models import Agent, Buyer, Store


class Coupon(models.Model):
    """An offer of a store, of which single-use codes are given out one by one."""

    class Kind(models.TextChoices):
        AMOUNT = "amount", _("Amount off")  # `value` in minor units
        PERCENT = "percent", _("Percent off")  # `value` in percent

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="coupons")
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.AMOUNT)
    value = models.BigIntegerField(_("value"))
    currency = models.CharField(max_length=3)
    most = models.BigIntegerField(_("at most"), null=True, blank=True)  # what a percentage may come to
    min_spend = models.BigIntegerField(_("minimum spend"), default=0)
    products: "models.ManyToManyField[Product, models.Model]" = models.ManyToManyField(
        Product, related_name="coupons", blank=True
    )  # none: the whole store
    budget = models.BigIntegerField(_("budget"), null=True, blank=True)
    committed = models.BigIntegerField(default=0)  # what the codes given out may come to
    valid_days = models.PositiveSmallIntegerField(_("days a code is valid"), default=30)
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)
    per_buyer = models.PositiveSmallIntegerField(_("codes per buyer"), default=1)
    active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar = ["name", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(budget__isnull=True) | Q(committed__lte=F("budget")), name="coupon_within_budget"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CouponCode(models.Model):
    """One code for one buyer: from before the store is told of it until it is redeemed or over."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting for approval")
        CREATING = "creating", _("Being made")  # the store is told, or may have been
        ACTIVE = "active", _("Valid")
        REVOKING = "revoking", _("Being revoked")  # the store is told, or may have been
        REDEEMED = "redeemed", _("Redeemed")
        EXPIRED = "expired", _("Expired")
        REVOKED = "revoked", _("Revoked")
        REJECTED = "rejected", _("Rejected")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    coupon = models.ForeignKey(Coupon, on_delete=models.PROTECT, related_name="codes")
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+")
    code = models.CharField(max_length=40)
    buyer = models.ForeignKey(Buyer, on_delete=models.PROTECT, related_name="coupon_codes")
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="+")
    conversation_id = models.UUIDField(null=True)
    message_id = models.UUIDField(null=True)
    idempotency_key = models.CharField(max_length=64)
    value = (
        models.BigIntegerField()
    )  # the most it may come to, in minor units; once redeemed, what it came to
    currency = models.CharField(max_length=3)
    # What was promised, whatever the offer says later: orders.coupons.terms.Terms.
    terms = models.JSONField(default=dict)
    reason = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.CREATING)
    over = models.JSONField(default=list)
    approver = models.ForeignKey(Agent, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField(max_length=200, blank=True)
    order = models.ForeignKey("Order", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    order_number = models.CharField(max_length=40, blank=True)  # the order may be told of later than its code
    redeemed_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()
    run_at = models.DateTimeField(default=timezone.now)  # when the store is to be told, or asked, next
    claimed_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["store", "code"], name="coupon_code_once"),
            models.UniqueConstraint(fields=["agent", "idempotency_key"], name="coupon_code_asked_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["buyer", "created_at"], name="coupon_code_by_buyer"),
            models.Index(fields=["agent", "created_at"], name="coupon_code_by_agent"),
            models.Index(
                fields=["run_at"], name="coupon_code_due", condition=Q(state__in=["creating", "revoking"])
            ),
            models.Index(
                fields=["expires_at"],
                name="coupon_code_ending",
                condition=Q(state__in=["waiting", "creating", "active"]),
            ),
            models.Index(fields=["created_at"], name="coupon_code_waiting", condition=Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return self.code


class Ladder(models.Model):
    """How far a store gives way when a buyer bargains, step by step; without one settings.ORDER_LADDER holds."""

    store = models.OneToOneField(Store, on_delete=models.CASCADE, primary_key=True, related_name="ladder")
    steps = models.JSONField(default=list)  # percents of the items, each above the one before

    def __str__(self) -> str:
        return f"{self.store_id} {self.steps}"


class PaymentReminder(models.Model):
    """That a buyer was reminded of an unpaid order, and what came of it."""

    id = models.BigAutoField(primary_key=True)
    order = models.ForeignKey("Order", on_delete=models.CASCADE, related_name="reminders")
    buyer = models.ForeignKey(Buyer, on_delete=models.CASCADE, related_name="+")
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="+")
    conversation_id = models.UUIDField()
    message_id = models.UUIDField()
    sent_at = models.DateTimeField(default=timezone.now)
    recovered_at = models.DateTimeField(null=True, blank=True)
    recovered = models.BigIntegerField(default=0)  # minor units that were paid after it
    currency = models.CharField(max_length=3)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["order", "sent_at"], name="reminder_by_order"),
            models.Index(fields=["buyer", "sent_at"], name="reminder_by_buyer"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.sent_at}"
