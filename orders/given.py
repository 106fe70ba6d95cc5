"""What comes with a request or a decision, read and refused in one place: reasons, keys, and who may decide."""

import re
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from helpdesk.lib.text import is_storable
from inbox.access import check_may
from orders.errors import Forbidden, InvalidParams
from people.models import Agent

MAX_REASON = 200
_KEY = re.compile(r"[\x21-\x7e]{1,64}\Z")


def clean_reason(reason: Any) -> str:
    """Return a reason without the spaces around it. Raises InvalidParams."""
    if not isinstance(reason, str) or len(reason) > MAX_REASON or not is_storable(reason):
        raise InvalidParams(_("A reason has at most 200 characters."), attr="reason")
    return reason.strip()


def clean_key(key: Any) -> str:
    """Return an idempotency key. Raises InvalidParams."""
    if not isinstance(key, str) or not _KEY.match(key):
        words = _("An idempotency key is 1 to 64 visible ASCII characters.")
        raise InvalidParams(words, attr="Idempotency-Key")
    return key


def check_second_person(agent: Agent, asked_id: UUID | None) -> None:
    """Raise Forbidden where `agent` cannot decide on what the agent with that id asked for (None: a rule did)."""
    check_may(agent, "approvals.decide")
    if agent.pk == asked_id:
        raise Forbidden(_("Nobody approves what they asked for themselves."))
