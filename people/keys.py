"""Keys of the API: made, used, revoked. A key acts as its agent, narrowed by its scopes; it is shown once.

The push key of a store (orders/stores/push.py) is something else: it belongs to a shop and no person, and lets it
tell of its own orders, products and reviews, nothing more.
"""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from events import names, topics
from events.record import Actor, Happening, record
from helpdesk.lib import tally
from helpdesk.lib.scopes import EVERYTHING, SCOPES
from people import sessions
from people.access import may_enter
from people.models import Agent, ApiKey

MARK = "desk_"  # so that a scanner of secrets, and a person, know one when they see it
SHOWN = len(MARK) + 6
LONGEST = 100
USED_EVERY = timedelta(minutes=1)


class KeyRefused(Exception):
    """A key that lets nobody in. What is wrong with it is told: whoever has all of it may know."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


class TooManyGuesses(KeyRefused):
    def __init__(self) -> None:
        super().__init__("throttled", _("Too many keys were tried from this address; wait a minute."))


# -- Made and revoked


@transaction.atomic
def create_key(
    *, agent: Agent, name: str, scopes: Iterable[str], expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """Return a new key of `agent`, and what is shown of it this once."""
    asked = set(scopes)
    if unknown := asked - {EVERYTHING, *SCOPES}:
        raise ValueError(f"unknown scopes: {', '.join(sorted(unknown))}")
    shown = MARK + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        agent=agent,
        name=name,
        prefix=shown[:SHOWN],
        digest=_digest(shown),
        scopes=sorted(asked),
        expires_at=expires_at,
    )
    record(Happening(names.KEY_CREATED, Actor.agent(agent), data=_facts(key)))
    return key, shown


@transaction.atomic
def revoke_key(*, actor: Agent, key: ApiKey) -> None:
    """End a key for good; what was opened with it closes. Once is enough."""
    if not ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
        return
    record(Happening(names.KEY_REVOKED, Actor.agent(actor), data=_facts(key)))
    sessions.end_sockets([topics.key(key.pk)])


def keys_for(agent: Agent) -> QuerySet[ApiKey]:
    """Return the keys that `agent` may see and revoke: their own; an admin's are everybody's."""
    rows = ApiKey.objects.filter(revoked_at=None).select_related("agent")
    return rows if agent.role == Agent.Role.ADMIN else rows.filter(agent=agent)


def _facts(key: ApiKey) -> dict[str, str | list[str] | None]:
    return {
        "key": str(key.pk),
        "agent": str(key.agent_id),
        "name": key.name,
        "prefix": key.prefix,
        "scopes": key.scopes,
        "expires_at": key.expires_at.isoformat() if key.expires_at else None,
    }


def _digest(shown: str) -> str:
    # 256 random bits need no slow hash, which every request would pay for.
    return hashlib.sha256(shown.encode()).hexdigest()


# -- Used


def authenticate(shown: str, *, address: str) -> ApiKey:
    """Return the key, with its agent. Raises KeyRefused.

    Only what was never a key counts as a guess: a program that goes on with a revoked one hinders nobody beside it.
    """
    refuse_guesses("key", address)
    key = None
    if shown.startswith(MARK) and len(shown) <= LONGEST and shown.isascii():
        key = ApiKey.objects.select_related("agent").filter(digest=_digest(shown)).first()
    if key is None:
        count_guess("key", address)
        raise KeyRefused("invalid_key", _("There is no such key."))
    if key.revoked_at is not None:
        raise KeyRefused("revoked_key", _("This key was revoked."))
    if key.is_expired:
        raise KeyRefused("expired_key", _("This key has expired."))
    if not may_enter(key.agent):
        raise KeyRefused("disabled_account", _("The account of this key is disabled."))
    note_use([key])
    return key


def refuse_guesses(sort: str, address: str) -> None:
    """Raise TooManyGuesses where an address has tried too many keys of a sort in this minute that there are not."""
    if tally.counted(f"{sort}-guesses:{address}") >= settings.KEY_GUESSES_PER_MINUTE:
        raise TooManyGuesses


def count_guess(sort: str, address: str) -> None:
    tally.count(f"{sort}-guesses:{address}")


def usable(ids: Iterable[UUID]) -> dict[UUID, ApiKey]:
    """Return, by id, those of the keys that let somebody in now, with their agents."""
    rows = ApiKey.objects.filter(pk__in=ids, revoked_at=None).select_related("agent")
    return {key.pk: key for key in rows if not key.is_expired and may_enter(key.agent)}


def note_use(keys: Iterable[ApiKey]) -> None:
    """Write down that keys are in use, each at most once a minute."""
    now = timezone.now()
    stale = [key.pk for key in keys if key.last_used_at is None or key.last_used_at <= now - USED_EVERY]
    if stale:
        ApiKey.objects.filter(pk__in=stale).update(last_used_at=now)
