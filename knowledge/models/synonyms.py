"""Words of a store that mean one thing: who looks for one of them finds the others."""

from typing import ClassVar

from django.db import models

from helpdesk.lib.ids import new_id
from people.models import Store


class SynonymGroup(models.Model):
    """What buyers call it and what the articles call it, e.g. ["sneakers", "trainers", "运动鞋"]."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+")
    words = models.JSONField(default=list)

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return " = ".join(self.words)
