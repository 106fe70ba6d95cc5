"""Reviews of products, and what the store answers."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.lib.ids import new_id
from people.models import Agent, Buyer, Store


class Review(models.Model):
    """What a buyer wrote about a product at the store."""

    class Sync(models.TextChoices):
        DONE = "done", _("At the store")
        QUEUED = "queued", _("On its way to the store")
        UNKNOWN = "unknown", _("The store has not answered")  # it may have it: asked, never told twice as new
        FAILED = "failed", _("Refused by the store")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="reviews")
    external_id = models.CharField(max_length=80)
    product = models.ForeignKey("Product", on_delete=models.CASCADE, related_name="reviews")
    buyer = models.ForeignKey(Buyer, on_delete=models.PROTECT, null=True, blank=True, related_name="reviews")
    order = models.ForeignKey(
        "Order", on_delete=models.SET_NULL, null=True, blank=True, related_name="reviews"
    )
    author = models.CharField(max_length=120, blank=True)
    rating = models.PositiveSmallIntegerField()  # 1 to 5
    title = models.CharField(max_length=160, blank=True)
    body = models.TextField(blank=True)
    written_at = models.DateTimeField(default=timezone.now)
    synced_at = models.DateTimeField(default=timezone.now)  # what we have of the store's, by its clock
    reply = models.CharField(max_length=2000, blank=True)
    replied_by = models.ForeignKey(Agent, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    replied_at = models.DateTimeField(null=True, blank=True)
    hidden = models.BooleanField(default=False)
    hidden_reason = models.CharField(max_length=200, blank=True)
    hidden_by = models.ForeignKey(Agent, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    hidden_at = models.DateTimeField(null=True, blank=True)
    conversation_id = models.UUIDField(null=True)  # that a low rating opened
    version = models.PositiveIntegerField(default=1)  # of the reply and of being hidden: the store's key
    sync = models.CharField(max_length=8, choices=Sync, default=Sync.DONE)
    run_at = models.DateTimeField(null=True, blank=True)  # when the store is to be told next
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["store", "external_id"], name="review_once_per_store"),
        ]
        indexes: ClassVar = [
            models.Index(F("store"), F("written_at").desc(), F("id").desc(), name="review_by_store"),
            models.Index(F("written_at").desc(), F("id").desc(), name="review_by_time"),
            models.Index(F("product"), F("written_at").desc(), name="review_by_product"),
            models.Index(F("buyer"), F("written_at").desc(), name="review_by_buyer"),
            models.Index(fields=["run_at"], name="review_due", condition=Q(sync__in=["queued", "unknown"])),
        ]

    def __str__(self) -> str:
        return f"{self.rating} {self.title}"
