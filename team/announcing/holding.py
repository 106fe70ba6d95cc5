"""Where a buyer is named in what colleagues were told: by their whole name, or by where they are reached."""

import re

from django.db.models import Q, QuerySet

from events import names
from events.models import TOLD, Event
from events.redacting import MARK
from people.personal import Erasing
from team.announcing.models import MAX_TITLE, Announcement

NAMES = [name for name in sorted(names.NAMES) if name.startswith("announcement.")]


def announcements_naming(words: list[str]) -> QuerySet[Announcement]:
    named = Q()
    for word in _known(words):
        named |= Q(title__icontains=word) | Q(body__icontains=word)
    return Announcement.objects.filter(named) if named else Announcement.objects.none()


def erase(erasing: Erasing) -> None:
    """Take a buyer's name and addresses out; the rest of an announcement is not about them."""
    if not (known := _known(erasing.names)):
        return
    pattern = re.compile("|".join(map(re.escape, known)), re.IGNORECASE)
    for one in announcements_naming(known).select_for_update():
        title = pattern.sub(MARK, one.title)[:MAX_TITLE]
        Announcement.objects.filter(pk=one.pk).update(title=title, body=pattern.sub(MARK, one.body))


def events(words: list[str]) -> list[QuerySet[Event]]:
    named = Q()
    for word in _known(words):
        for place in ("title", "before__title", "before__body", "after__title", "after__body"):
            named |= Q(**{f"data__{place}__icontains": word})
    return [Event.objects.filter(TOLD, named, name__in=NAMES)] if named else []


def _known(words: list[str]) -> list[str]:
    """Return words that say who somebody is, the longest first: of a whole name no part is left."""
    return sorted((word for word in words if len(word) > 1), key=len, reverse=True)
