"""An announcement, and that somebody has read it."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from helpdesk.lib.ids import new_id
from people.models import Agent, Team

MAX_TITLE = 120
MAX_BODY = 8_000  # characters: what is longer is an article


class Announcement(models.Model):
    """What colleagues are told: a draft, then due at some time or published, then over."""

    class Importance(models.TextChoices):
        NORMAL = "normal", pgettext_lazy("importance", "Normal")
        CONFIRM = "confirm", _("Must be confirmed")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    title = models.CharField(_("title"), max_length=MAX_TITLE)
    body = models.TextField(_("text"), max_length=MAX_BODY, blank=True)
    # Said, and not read off an empty list: where its last team is deleted, it is not everybody's at once.
    everybody = models.BooleanField(_("everybody"), default=False)
    teams: "models.ManyToManyField[Team, models.Model]" = models.ManyToManyField(
        Team, related_name="announcements", blank=True, verbose_name=_("teams")
    )
    author = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="+")
    importance = models.CharField(
        _("importance"), max_length=8, choices=Importance, default=Importance.NORMAL
    )
    # Which text is to be read: a change that is to be read anew makes it the next one.
    version = models.PositiveIntegerField(default=1)
    revision = models.PositiveIntegerField(default=1)  # every change: two who write do not undo each other
    publish_at = models.DateTimeField(_("publish at"), null=True, blank=True)  # null, unpublished: a draft
    published_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(_("ends at"), null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    edited_at = models.DateTimeField(null=True, blank=True)  # the text, since it was published
    reminded_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("announcement")
        verbose_name_plural = _("announcements")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(importance__in=["normal", "confirm"]), name="announcement_importance"
            ),
        ]
        indexes: ClassVar = [
            # What every page asks for: the few that are not over.
            models.Index(
                fields=["-published_at"],
                name="announcement_live",
                condition=Q(published_at__isnull=False, ended_at__isnull=True),
            ),
            models.Index(
                fields=["publish_at"],
                name="announcement_due",
                condition=Q(published_at__isnull=True, publish_at__isnull=False, ended_at__isnull=True),
            ),
            models.Index(fields=["-created_at", "-id"], name="announcement_by_time"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def must_be_confirmed(self) -> bool:
        return self.importance == self.Importance.CONFIRM

    def state(self, now: datetime | None = None) -> str:
        """Return draft, scheduled, live or over."""
        now = now or timezone.now()
        if self.ended_at is not None or (self.published_at and self.expires_at and self.expires_at <= now):
            return "over"
        if self.published_at is not None:
            return "live"
        return "scheduled" if self.publish_at is not None else "draft"


class AnnouncementReceipt(models.Model):
    """That somebody had one text of an announcement on their screen, and whether they confirmed it.

    Those of earlier texts stay: who had read what before it was changed.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    announcement = models.ForeignKey(Announcement, on_delete=models.CASCADE, related_name="receipts")
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField()
    read_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["announcement", "agent", "version"], name="announcement_read_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agent_id} has read {self.announcement_id}"
