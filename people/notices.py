"""Telling agents: one row for each of them, which every page and device of theirs reads, and a frame that rings.

Rows are the truth: a page that was away reads them again. What they say is made when it is read, out of the words of
the app that tells (settings.NOTICE_WORDS) and of `params`, in the language of its reader.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from string import Formatter
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.module_loading import import_string

from events import topics
from events.record import Push, push
from events.wording import NOTHING
from helpdesk.lib.ids import parse_id
from helpdesk.lib.times import iso
from people.models import Agent, Notice

Text = str | Promise

READ_KEPT = timedelta(days=30)
UNREAD_KEPT = timedelta(days=90)
LONGEST_PARAM = 200  # characters
_ID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True)
class NoticeWords:
    """How one kind of notice is worded. `{name}` is a place for a param; one that is missing is a dash.

    `label` stands alone, in the settings of who is told; `icon` is one of tools/icons.txt. What is `urgent` has a
    sound of its own, and passes "do not disturb" where the agent lets it. Words must not repeat what a reader could
    not see by themselves: whoever tells somebody knows that they may see it.
    """

    title: Text
    body: Text
    icon: str
    label: Text
    urgent: bool = False
    # Which sound it is given (people/telling.py).
    sound: str = "notice"
    # Pages make it themselves, out of frames that they hear anyway: it has no row, and lasts as long as they do.
    by_page: bool = False


@cache
def vocabulary() -> dict[str, NoticeWords]:
    """Return the words of all kinds that are installed. Raises ValueError where two apps word the same one."""
    found: dict[str, NoticeWords] = {}
    for path in settings.NOTICE_WORDS:
        words: Mapping[str, NoticeWords] = import_string(path)
        if twice := found.keys() & words.keys():
            raise ValueError(f"{path}: {', '.join(sorted(twice))} has words already")
        found |= words
    return found


def faults(words: NoticeWords) -> list[str]:
    """Return what is wrong with the words of a kind."""
    found = [f"no {name}" for name in ("title", "icon", "label") if not str(getattr(words, name))]
    for text in (words.title, words.body):
        try:
            places = [place for _, place, _, _ in Formatter().parse(str(text)) if place is not None]
        except ValueError as error:
            found.append(f"{text}: {error}")
        else:
            found += [f"{{{place}}} is no name" for place in places if not place.isidentifier()]
    return found


class _Params(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return NOTHING


def _filled(text: Text, params: Mapping[str, str]) -> str:
    return str(text).format_map(_Params(params))


def notice_data(notice: Notice) -> dict[str, Any]:
    """Return a notice as pages and frames have it, worded in the active language."""
    words = vocabulary().get(notice.kind)
    if words is None:  # of an app that is not installed any more
        words = NoticeWords(notice.kind, "", "bell", notice.kind)
    return {
        "id": str(notice.id),
        "kind": notice.kind,
        "title": _filled(words.title, notice.params),
        "body": _filled(words.body, notice.params),
        "icon": words.icon,
        "href": notice.href,
        "at": iso(notice.at),
        "about": str(notice.about) if notice.about else None,
        "urgent": words.urgent,
        "sound": "urgent" if words.urgent else words.sound,
        "read": notice.read_at is not None,
    }


# -- Telling


def notify(agent_ids: Iterable[UUID], *, kind: str, key: str, params: Mapping[str, str], href: str) -> None:
    """Tell agents, in the caller's transaction: a row for each of them, and a frame after the commit.

    `key` names what it is about (at most 120 characters): told again it is unread again, in the same row. `params`
    are texts for the places in the words of `kind`, cut at 200 characters. `href` is a path of the desk; the first id
    in it is what the notice is about: it counts as read when that page is opened, and goes with what is erased
    (`forget`). Agents who are not active are left out. Three statements, however many agents.

    Raises ValueError for a kind without words and RuntimeError outside a transaction.
    """
    if kind not in vocabulary() or vocabulary()[kind].by_page:
        raise ValueError(f"no app has words for notices of the kind {kind!r}")
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("notify() belongs inside the transaction of what it tells of")
    # In one order for everybody, so that two who tell the same agents never wait for each other.
    found = Agent.objects.filter(pk__in=set(agent_ids), is_active=True).order_by("id")
    languages = dict(found.values_list("id", "language"))
    if not languages:
        return
    said = {name: _cut(str(text)) for name, text in params.items()}
    about, at = _about(href), now()
    Notice.objects.bulk_create(
        [
            Notice(agent_id=pk, kind=kind, key=key, params=said, href=href, about=about, at=at)
            for pk in languages
        ],
        update_conflicts=True,
        unique_fields=["agent", "key"],
        update_fields=["kind", "params", "href", "about", "at", "read_at"],
    )
    rows = Notice.objects.filter(key=key, agent__in=languages)
    push(_rung(row, languages[row.agent_id]) for row in rows)


def now() -> datetime:
    """Return now in whole milliseconds: what a page says it has seen is exactly what the row says."""
    moment = timezone.now()
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _about(href: str) -> UUID | None:
    found = _ID.search(href)
    return parse_id(found.group()) if found else None


def _cut(text: str) -> str:
    return text[: LONGEST_PARAM - 1] + "…" if len(text) > LONGEST_PARAM else text


def _rung(notice: Notice, language: str) -> Push:
    with translation.override(language):
        frame = {"type": "notice", **notice_data(notice)}
    return Push((topics.agent(notice.agent_id),), frame)


# -- Reading


def newest(agent: Agent, most: int) -> list[Notice]:
    """Return the notices of a bell: what is unread first, each part from the newest on."""
    mine = Notice.objects.filter(agent=agent).order_by("-at", "-id")
    unread = list(mine.filter(read_at=None)[:most])
    read = mine.filter(read_at__isnull=False)[: most - len(unread)] if len(unread) < most else []
    return [*unread, *read]


def mark_read(
    *, agent: Agent, until: datetime, ids: Iterable[UUID] | None = None, about: UUID | None = None
) -> int:
    """Mark notices of an agent read: those named, those about something, or else all; return how many.

    `until`: the newest moment that their page has shown. What was told again since stays unread.
    """
    rows = Notice.objects.filter(agent=agent, read_at=None, at__lte=until)
    if ids is not None:
        rows = rows.filter(pk__in=list(ids))
    if about is not None:
        rows = rows.filter(about=about)
    with transaction.atomic():
        # Locked in the order in which they are told, so that neither waits for the other for ever.
        read = list(rows.select_for_update().order_by("id").values_list("id", flat=True))
        if read:
            Notice.objects.filter(pk__in=read).update(read_at=timezone.now())
            frame = {"type": "notice.read", "ids": [str(pk) for pk in read], "until": iso(until)}
            push([Push((topics.agent(agent.id),), frame)])
    return len(read)


# -- Forgetting


def forget(about: Iterable[UUID]) -> None:
    """Delete the notices that link to something that is no more: for what erases or deletes it."""
    _delete(Notice.objects.filter(about__in=list(about)))


def forget_words(words: Iterable[str]) -> None:
    """Delete the notices in whose texts any of the words stands (case-folded): they are kept for days, not for ever."""
    _delete(Notice.objects.filter(pk__in=[row.pk for row in holding(words)]))


def holding(words: Iterable[str]) -> list[Notice]:
    """Return the notices in whose texts any of the words stands (case-folded)."""
    wanted = list(words)
    if not wanted:
        return []
    texts = Notice.objects.order_by("pk").values_list("pk", "params").iterator(chunk_size=2_000)
    found = [
        pk for pk, params in texts if any(w in str(t).casefold() for w in wanted for t in params.values())
    ]
    return list(Notice.objects.filter(pk__in=found).order_by("pk"))


def _delete(rows: Any) -> None:
    gone: dict[UUID, list[str]] = {}
    for agent_id, pk in rows.values_list("agent_id", "id"):
        gone.setdefault(agent_id, []).append(str(pk))
    rows.delete()
    push(Push((topics.agent(agent),), {"type": "notice.gone", "ids": ids}) for agent, ids in gone.items())


def discard_old() -> int:
    """Delete what was read 30 days ago or told 90 days ago; return how many."""
    moment = timezone.now()
    old = Notice.objects.filter(at__lt=moment - UNREAD_KEPT)
    read = Notice.objects.filter(at__lt=moment - READ_KEPT, read_at__lt=moment - READ_KEPT)
    return old.delete()[0] + read.delete()[0]
