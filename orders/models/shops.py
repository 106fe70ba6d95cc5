"""A store's own system: how we reach it, what it tells us, and what it sells."""

import secrets
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.lib.ids import new_id
from helpdesk.lib.sealed import SealedJSONField
from people.models import Store


def new_hook_key() -> str:
    return secrets.token_urlsafe(32)


class Connection(models.Model):
    """How we reach a store's own system. `kind` names the connector (settings.STORE_CONNECTORS)."""

    store = models.OneToOneField(Store, on_delete=models.CASCADE, primary_key=True, related_name="connection")
    kind = models.CharField(max_length=20)
    config = models.JSONField(default=dict, blank=True)  # addresses and choices: what may be shown
    secrets = SealedJSONField(default=dict, blank=True)  # keys and tokens: written, never shown
    hook_key = models.CharField(max_length=43, unique=True, default=new_hook_key)  # /hooks/stores/<key>/
    # Up to here the store's orders are known, by the store's own word for it (a time, a cursor).
    synced_to = models.CharField(max_length=200, blank=True)
    synced_at = models.DateTimeField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)  # a catch-up is under way
    trouble = models.CharField(max_length=300, blank=True)  # why the last catch-up failed, in English

    def __str__(self) -> str:
        return f"{self.store} {self.kind}"


class StoreHook(models.Model):
    """A webhook as it came, stored before it is answered. `delivery` is the sender's id for it, so that one
    that comes again is the same row."""

    class State(models.TextChoices):
        NEW = "new", _("New")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    id = models.BigAutoField(primary_key=True)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="hooks")
    delivery = models.CharField(max_length=100)
    topic = models.CharField(max_length=60, blank=True)
    body = models.BinaryField()
    state = models.CharField(max_length=6, choices=State, default=State.NEW)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["connection", "delivery"], name="store_hook_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["id"], name="store_hook_new", condition=Q(state="new"))]

    def __str__(self) -> str:
        return f"{self.topic} {self.delivery}"


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
    synced_at = models.DateTimeField(null=True, blank=True)  # the newest that the store told, by its clock

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["store", "sku"], name="sku_once_per_store")]

    def __str__(self) -> str:
        return self.name
