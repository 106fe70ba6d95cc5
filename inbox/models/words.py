"""Answers that are kept, and the words by which things are found."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from helpdesk.lib.ids import new_id
from inbox.models.messages import Message
from people.models import Buyer, Store


class CannedReply(models.Model):
    """A reply that is written once and used often; `{{buyer.name}}` and its like are filled in when used."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    store = models.ForeignKey(Store, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    shortcut = models.SlugField(_("shortcut"), max_length=40, allow_unicode=True)
    title = models.CharField(_("title"), max_length=80)
    body = models.TextField(_("text"))
    language = models.CharField(_("language"), max_length=10, default="en")
    used_count = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("canned reply")
        verbose_name_plural = _("canned replies")
        ordering: ClassVar = ["shortcut"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["store", "shortcut", "language"], name="shortcut_once_per_store"),
            models.UniqueConstraint(
                fields=["shortcut", "language"], condition=Q(store__isnull=True), name="shortcut_once_for_all"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class SearchEntry(models.Model):
    """The words of a message or a buyer as terms (helpdesk.lib.text), indexed by the database's own engine."""

    id = models.BigAutoField(primary_key=True)
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+")
    message = models.OneToOneField(Message, on_delete=models.CASCADE, null=True, related_name="+")
    buyer = models.OneToOneField(Buyer, on_delete=models.CASCADE, null=True, related_name="+")
    terms = models.TextField()

    def __str__(self) -> str:
        return self.terms[:60]
