"""The frames that announcements ring with, for those whom they concern."""

from typing import Any

from events import topics
from events.record import Push
from people.models import Agent
from team.announcing.models import Announcement
from team.announcing.payloads import banner_data


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
