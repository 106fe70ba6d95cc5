"""What buyers may ask of whoever holds their data: all of it as a file, and that it is gone."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.lib.ids import new_id
from people.models import Agent, Buyer


class BuyerExport(models.Model):
    """Everything that is held about a buyer, as a file: for who asked for it, and not for long."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Being gathered")
        READY = "ready", _("Ready")
        EXPIRED = "expired", _("Deleted")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer = models.ForeignKey(Buyer, on_delete=models.CASCADE, related_name="+")
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    # Named before it is written, so that whatever happens in between, it is found and deleted.
    file = models.FileField(upload_to="exports", max_length=200, blank=True)
    size = models.PositiveBigIntegerField(default=0)  # bytes
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True, blank=True)  # past it, its worker is presumed dead
    asked_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("data export")
        verbose_name_plural = _("data exports")
        indexes: ClassVar = [
            models.Index(fields=["buyer", "agent", "asked_at"], name="export_by_buyer"),
            models.Index(fields=["state"], name="export_open", condition=Q(state__in=["queued", "ready"])),
        ]

    def __str__(self) -> str:
        return f"{self.buyer_id} {self.state}"


class Erasure(models.Model):
    """That a buyer is to be erased: from when somebody asked for it until nothing of them is left.

    It says who asked, when and why, and never who it was.
    """

    class State(models.TextChoices):
        HELD = "held", _("On hold")  # can still be taken back
        CHECKING = "checking", _("Erased, being checked")  # what was on its way when it ran goes as well
        DONE = "done", _("Erased")
        STOPPED = "stopped", _("Stopped")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    buyer = models.ForeignKey(Buyer, on_delete=models.PROTECT, related_name="+")
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=8, choices=State, default=State.HELD)
    run_at = models.DateTimeField()  # the end of the hold; later, when it is tried or looked at again
    claimed_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    waits_for = models.CharField(max_length=200, blank=True)  # why it could not be done yet
    files = models.JSONField(default=list)  # that are still to be deleted from the disk
    events = models.PositiveIntegerField(default=0)  # that were redacted
    asked_at = models.DateTimeField(default=timezone.now)
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["buyer"], condition=Q(state__in=["held", "checking"]), name="one_erasure_under_way"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["run_at"], name="erasure_due", condition=Q(state__in=["held", "checking"])),
            models.Index(fields=["-asked_at"], name="erasure_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.buyer_id} {self.state}"


# Announcements, figures and tasks are subjects of their own; Django finds models here.
from team.announcing.models import Announcement, AnnouncementReceipt  # noqa: E402
from team.performance.models import CaseFigures, DayFigures, Memory, Rollup  # noqa: E402
from team.todo.models import Mark, Task  # noqa: E402

__all__ = [
    "Announcement",
    "AnnouncementReceipt",
    "BuyerExport",
    "CaseFigures",
    "DayFigures",
    "Erasure",
    "Mark",
    "Memory",
    "Rollup",
    "Task",
]
