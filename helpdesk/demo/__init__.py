"""The demo world: two shops with their buyers, orders, agents and three months of conversations.

`build` makes it; it is always the same for a seed, counted back from now. Everything stands in plain files:
what is sold in catalogue_*.toml, what is said in scripts/, who works there in people.py.
"""

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.utils import timezone

MAX_SCALE = 100


class DemoRefused(Exception):
    """The demo world must not be made here; the text is one sentence for a person."""


def build(
    seed: int = 7,
    scale: int = 1,
    *,
    now: datetime | None = None,
    tell: Callable[[str], None] = lambda text: None,
) -> None:
    """Fill an empty database with the demo world. Raises DemoRefused outside of demo and debug mode.

    Its accounts have a password that everybody knows: that is why.
    """
    from helpdesk.demo.world import make_world  # models are loaded by whoever really makes one
    from people.models import Agent, Store

    if not (settings.DEMO or settings.DEBUG):
        raise DemoRefused(
            "The demo world has known passwords and is made in demo mode only: set HELPDESK_DEMO=1."
        )
    if not 1 <= scale <= MAX_SCALE:
        raise DemoRefused(f"The scale is a whole number from 1 to {MAX_SCALE}.")
    if Store.objects.exists() or Agent.objects.exists():
        raise DemoRefused(
            "The demo world needs an empty database, and this one holds stores or agents already."
        )
    make_world(seed=seed, scale=scale, now=now or timezone.now(), tell=tell)
