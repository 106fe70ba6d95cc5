"""The demo store's own tables: no part of the desk, but the shop on the other side."""

from typing import ClassVar

from django.db import models

from people.models import Store


class DemoShopOrder(models.Model):
    """The demo store's own database: the other side of its connector, as a real shop would keep it."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+")
    number = models.CharField(max_length=40)
    shipping_fee = models.BigIntegerField()
    shipping_method = models.CharField(max_length=60, blank=True)
    dispatched = models.BooleanField(default=False)
    paid = models.BooleanField(default=False)
    cancelled = models.BooleanField(default=False)
    on_hold = models.BooleanField(default=False)
    refunded = models.BigIntegerField(default=0)
    discount = models.BigIntegerField(null=True)  # null: as the desk first heard it
    address = models.JSONField(null=True)
    lines = models.JSONField(null=True)  # [{"sku", "name", "variant", "quantity", "unit_price"}]

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["store", "number"], name="demo_order_once")]

    def __str__(self) -> str:
        return self.number


class DemoShopCommand(models.Model):
    """A command that the demo store has carried out, by the key it came with."""

    key = models.CharField(max_length=80, primary_key=True)
    store = models.ForeignKey(Store, on_delete=models.CASCADE, null=True, related_name="+")
    order = models.ForeignKey(DemoShopOrder, on_delete=models.CASCADE, null=True, related_name="+")
    result = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.key


class DemoShopCoupon(models.Model):
    """A code that the demo store takes once."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+")
    code = models.CharField(max_length=40)
    terms = models.JSONField(default=dict)
    redeemed_by = models.CharField(max_length=40, blank=True)  # an order's number

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["store", "code"], name="demo_coupon_once")]

    def __str__(self) -> str:
        return self.code
