"""What a page asks once it is connected, and again whenever it was away: what is still to be read."""

from collections.abc import Mapping
from typing import Any, ClassVar

from people.models import Agent
from team.announcing.access import unread_by
from team.announcing.payloads import banner_data

MOST = 100


class Unread:
    what: ClassVar[str] = "announcements"
    scope: ClassVar[str] = "team:read"

    def answer(self, *, agent: Agent, given: Mapping[str, Any]) -> dict[str, Any]:
        return {"announcements": [banner_data(one) for one in unread_by(agent)[:MOST]]}
