"""Orders as we know them from the stores, and the ledger of what agents did to them.

Amounts are integer minor units of the order's currency. The store's own system is the truth about an order;
these rows are our copy, changed only by a sync or by a finished action.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.lib.ids import new_id
from people.models import Agent, Buyer, Store


class Connection(models.Model):
    """How we reach a store's own system. `kind` names the connector (settings.STORE_CONNECTORS)."""

    store = models.OneToOneField(Store, on_delete=models.CASCADE, primary_key=True, related_name="connection")
    kind = models.CharField(max_length=20)
    config = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return f"{self.store} {self.kind}"


class Product(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="products")
    sku = models.CharField(_("SKU"), max_length=40)
    name = models.CharField(_("name"), max_length=160)
    category = models.CharField(_("category"), max_length=60, blank=True)
    price = models.BigIntegerField(_("price"))
    currency = models.CharField(max_length=3)
    stock = models.IntegerField(_("stock"), default=0)
    url = models.URLField(max_length=300, blank=True)
    image = models.CharField(max_length=300, blank=True)  # a URL, or the name of a drawing of the demo
    color = models.CharField(max_length=7, blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["store", "sku"], name="sku_once_per_store")]

    def __str__(self) -> str:
        return self.name


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
    delivered_at = models.DateTimeField(null=True, blank=True)
    events = models.JSONField(default=list)  # [{"at": ISO 8601, "text", "place"}], oldest first

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.carrier} {self.tracking_number}"


class OrderAction(models.Model):
    """One command to a store's system, in the ledger from before it is tried until its result is known."""

    class State(models.TextChoices):
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
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="+")
    idempotency_key = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State, default=State.HELD)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
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
            # Two changes of one order at a time would each be computed from what the other is about to undo.
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(state__in=["held", "running", "unknown"]),
                name="one_action_under_way",
            ),
            # An undo that failed or was taken back leaves the way open for another.
            models.UniqueConstraint(
                fields=["undoes"], condition=~Q(state__in=["failed", "taken_back"]), name="undone_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["run_at"], name="action_due", condition=Q(state__in=["held", "running", "unknown"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class DemoShopOrder(models.Model):
    """The demo store's own database: the other side of its connector, as a real shop would keep it."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+")
    number = models.CharField(max_length=40)
    shipping_fee = models.BigIntegerField()
    dispatched = models.BooleanField(default=False)
    paid = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["store", "number"], name="demo_order_once")]

    def __str__(self) -> str:
        return self.number


class DemoShopCommand(models.Model):
    """A command that the demo store has carried out, by the key it came with."""

    key = models.CharField(max_length=80, primary_key=True)
    order = models.ForeignKey(DemoShopOrder, on_delete=models.CASCADE, related_name="+")
    result = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.key
