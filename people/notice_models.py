"""What an agent is told of, and how they want to be told. Imported by people/models.py, where Django looks."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from helpdesk.lib.ids import new_id


class Notice(models.Model):
    """That something happened which concerns one agent: a line of their bell. Words are made as it is read, in the
    language of whoever reads them."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=120)  # what it is about: told again it is news again, not a second line
    params = models.JSONField(default=dict)  # what stands in the words' places, as texts
    href = models.CharField(max_length=300)
    # The first id in `href`: what a page shows that has been gone to, and whose erasure takes this along.
    about = models.UUIDField(null=True, blank=True)
    at = models.DateTimeField(default=timezone.now)  # in whole milliseconds, as pages are told
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["agent", "key"], name="notice_once_per_key"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["agent", "-at"], name="notice_newest"),
            models.Index(fields=["agent", "-at"], name="notice_unread", condition=Q(read_at=None)),
            models.Index(fields=["about"], name="notice_about", condition=Q(about__isnull=False)),
            models.Index(fields=["at"], name="notice_oldest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.agent_id}"


class NoticePreferences(models.Model):
    """How an agent wants to be told, on every device. No row: as it comes (people/telling.py)."""

    agent: "models.OneToOneField[Any, Any]" = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    volume = models.PositiveSmallIntegerField(default=50)  # percent; 0: no sound at all
    tones = models.JSONField(default=dict)  # which sound, by what it is for
    silent = models.JSONField(default=list)  # kinds without a sound
    undisplayed = models.JSONField(default=list)  # kinds without a notice of the desktop
    # Do not disturb. By hand: since when, and until when (null: until it is turned off).
    quiet_since = models.DateTimeField(null=True, blank=True)
    quiet_until = models.DateTimeField(null=True, blank=True)
    # By the week: seven days from Monday on, each a list of [first, last] minutes; empty: never.
    quiet_hours = models.JSONField(default=list)
    # Turned off by hand in such an hour: the week says nothing before then.
    heard_until = models.DateTimeField(null=True, blank=True)
    urgent_passes = models.BooleanField(default=True)  # what is urgent is heard all the same

    def __str__(self) -> str:
        return f"of {self.agent_id}"
