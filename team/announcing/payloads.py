"""Announcements as pages and programs are told of them."""

from typing import Any

from django.urls import reverse

from events import topics
from events.record import Push
from helpdesk.lib.times import iso
from knowledge.markdown import to_text
from people.models import Agent
from team.announcing.models import Announcement

IN_A_BANNER = 160  # characters of a text that stands whole in one


def banner_data(one: Announcement) -> dict[str, Any]:
    """Return what a banner shows. `whole`: nothing of the text is left out, so who sees the banner has read it."""
    lines = to_text(one.body).split("\n")
    text = " · ".join(filter(None, lines))
    # What has marks says more than its words: where a link leads, what a table puts side by side.
    whole = len(text) <= IN_A_BANNER and text == " ".join(one.body.split())
    return {
        "id": str(one.pk),
        "version": one.version,
        "title": one.title,
        "text": text if whole or len(text) <= IN_A_BANNER else text[: IN_A_BANNER - 1].rstrip() + "…",
        "whole": whole,
        "importance": one.importance,
        "author": {"id": str(one.author_id), "name": one.author.name},
        "published_at": iso(one.published_at),
        "expires_at": iso(one.expires_at),
        "url": reverse("team-room:announcement", args=[one.pk]),
    }


# -- Frames


def told_to(one: Announcement, readers: list[Any]) -> list[Push]:
    """Return the frame that puts it before `readers` (ids), with all that their pages need for it."""
    if not readers:
        return []
    return [Push(_topics(readers), {"type": "announcement", "announcement": banner_data(one)})]


def gone_for(one: Announcement, readers: list[Any]) -> list[Push]:
    if not readers:
        return []
    return [Push(_topics(readers), {"type": "announcement.gone", "id": str(one.pk)})]


def read_by(one: Announcement, agent: Agent, version: int, *, settled: bool) -> Push:
    """Return what the other pages of who read it hear."""
    frame = {"type": "announcement.read", "id": str(one.pk), "version": version, "settled": settled}
    return Push((topics.agent(agent.pk),), frame)


def counted(one: Announcement, watchers: list[Any]) -> list[Push]:
    """Return the frame that says to those who may look that somebody has read it: not who."""
    if not watchers:
        return []
    frame = {"type": "announcement.counted", "id": str(one.pk)}
    return [Push(_topics(watchers), frame, latest=f"announcement.{one.pk}")]


def _topics(agents: list[Any]) -> tuple[str, ...]:
    return tuple(topics.agent(pk) for pk in agents)
