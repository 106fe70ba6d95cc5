"""What every page of the desk shows of announcements: the one that waits, and how many do."""

from typing import Any

from django import template

from people.models import Agent
from team.announcing.access import unread_by
from team.announcing.asking import MOST
from team.announcing.payloads import banner_data

register = template.Library()


@register.simple_tag(takes_context=True)
def unread_announcements(context: template.Context) -> list[dict[str, Any]]:
    """Return what waits for who reads this page, the most urgent first; asked of the database once a page."""
    request = context.get("request")
    agent = getattr(request, "user", None)
    if not isinstance(agent, Agent):
        return []
    found: list[dict[str, Any]] | None = getattr(request, "_unread_announcements", None)
    if found is None:
        found = [banner_data(one) for one in unread_by(agent)[:MOST]]
        request._unread_announcements = found  # type: ignore[union-attr]
    return found
