"""Orders as we know them from the stores.

Amounts are integer minor units of the order's currency. The store's own system is the truth about an order;
these rows are our copy, changed only by a sync or by a finished action.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.lib.ids import new_id
from orders.models.shops import Product
from people.models import Agent, Buyer, Store


class Order(models.Model):
    class Status(models.TextChoices):
        UNPAID = "unpaid", _("Unpaid")
        PAID = "paid", _("Paid")
        SHIPPED = "shipped", _("Shipped")
        DELIVERED = "delivered", _("Delivered")
        COMPLETED = "completed", _("Completed")
        CANCELLED = "cancelled", _("Cancelled")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="orders", db_index=False)
    number = models.CharField(_("number"), max_length=40)
    buyer = models.ForeignKey(Buyer, on_delete=models.PROTECT, related_name="orders", db_index=False)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.UNPAID)
    currency = models.CharField(max_length=3)
    items_total = models.BigIntegerField(default=0)
    shipping_fee = models.BigIntegerField(default=0)
    discount = models.BigIntegerField(default=0)
    tax = models.BigIntegerField(default=0)
    paid = models.BigIntegerField(default=0)
    refunded = models.BigIntegerField(default=0)
    # {"name", "phone", "line1", "line2", "city", "region", "postcode", "country"}
    address = models.JSONField(default=dict)
    shipping_method = models.CharField(max_length=60, blank=True)
    buyer_note = models.CharField(max_length=300, blank=True)
    pay_url = models.URLField(max_length=300, blank=True)
    pay_by = models.DateTimeField(null=True, blank=True)  # when the store calls it off if nobody has paid
    on_hold = models.BooleanField(default=False)  # the parcel waits: it must not be dispatched
    # The order that this one makes good, by sending it again or in exchange.
    replaces = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="replacements"
    )
    coupon_code = models.CharField(max_length=40, blank=True)
    placed_at = models.DateTimeField(default=timezone.now)
    version = models.PositiveIntegerField(default=1)  # grows with every change of our copy
    synced_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["store", "number"], name="order_once_per_store"),
            models.CheckConstraint(condition=Q(shipping_fee__gte=0), name="shipping_fee_not_negative"),
            models.CheckConstraint(condition=Q(refunded__lte=F("paid")), name="refunds_within_paid"),
        ]
        indexes: ClassVar = [
            models.Index(F("buyer"), F("placed_at").desc(), F("id").desc(), name="order_by_buyer"),
            models.Index(
                F("store"), F("status"), F("placed_at").desc(), F("id").desc(), name="order_by_store"
            ),
            models.Index(F("placed_at").desc(), F("id").desc(), name="order_by_time"),
            # Prefix search: PostgreSQL uses an index for LIKE only with this class; elsewhere it is ignored.
            models.Index(fields=["number"], opclasses=["varchar_pattern_ops"], name="order_by_number"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def total(self) -> int:
        return self.items_total + self.shipping_fee + self.tax - self.discount

    @property
    def due(self) -> int:
        """What is still to be paid: less than the total where a paid order was changed to cost more."""
        return max(0, self.total - (self.paid - self.refunded)) if self.status == self.Status.UNPAID else 0


class OrderLine(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, on_delete=models.SET_NULL, null=True, related_name="+")
    sku = models.CharField(max_length=40)
    name = models.CharField(max_length=160)
    variant = models.CharField(max_length=80, blank=True)
    quantity = models.PositiveIntegerField()
    unit_price = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.name}"

    @property
    def total(self) -> int:
        return self.quantity * self.unit_price


class Payment(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="payments")
    amount = models.BigIntegerField()
    method = models.CharField(max_length=40)
    reference = models.CharField(max_length=80, blank=True)
    paid_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.method} {self.amount}"


class Shipment(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="shipments")
    carrier = models.CharField(max_length=40)
    tracking_number = models.CharField(max_length=60)
    shipped_at = models.DateTimeField(default=timezone.now)
    expected_at = models.DateTimeField(null=True, blank=True)  # what the carrier promised
    delivered_at = models.DateTimeField(null=True, blank=True)
    events = models.JSONField(default=list)  # [{"at": ISO 8601, "text", "place"}], oldest first
    # From then on it is late or stuck if nothing more is heard of it (orders/tracking.py); null: delivered.
    trouble_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            # Parcels on their way only: how many were ever delivered makes no difference.
            models.Index(
                fields=["trouble_at"], name="shipment_in_trouble", condition=Q(trouble_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.carrier} {self.tracking_number}"


class OrderReturn(models.Model):
    """Goods that come back: which, how the buyer sends them, and whether they have arrived."""

    class State(models.TextChoices):
        AWAITED = "awaited", _("Awaited")
        RECEIVED = "received", _("Received")
        CANCELLED = "cancelled", _("Cancelled")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="returns")
    action = models.OneToOneField("OrderAction", on_delete=models.PROTECT, related_name="goods_back")
    lines = models.JSONField(default=list)  # [{"sku", "name", "quantity"}]
    instructions = models.CharField(max_length=500, blank=True)
    label_url = models.URLField(max_length=300, blank=True)
    restock = models.BooleanField(default=True)
    state = models.CharField(max_length=10, choices=State, default=State.AWAITED)
    created_at = models.DateTimeField(default=timezone.now)
    received_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.order_id} {self.state}"


class OrderNote(models.Model):
    """What agents tell each other about an order; a colour makes a flag of it. Buyers never see it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="notes")
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="+")
    text = models.CharField(_("note"), max_length=500)
    color = models.CharField(max_length=10, blank=True)  # helpdesk/lib/palette.py; empty: no flag
    created_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["created_at", "id"]

    def __str__(self) -> str:
        return self.text[:40]
