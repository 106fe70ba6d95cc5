"""Who gets the conversations of the two shops, and when they are open.

One is taken by hand and always open, the other keeps its hours and has its conversations routed: so that a desk that
nobody works at yet has something to take, and one who logs in there is given something.
"""

from datetime import date, datetime, timedelta

from events import names
from events.record import SYSTEM
from helpdesk.demo.rows import Rows
from helpdesk.demo.shops import Shop
from inbox.models import RoutingRule, SpecialDay, StoreHours
from inbox.services.hours import hours_data
from people.models import Store

CAPACITY = 6
LEFT_GRACE = 600  # whoever looks around is not to find everything in other hands
# A holiday that is here already would close a shop that somebody wants to look at.
FROM = timedelta(days=3)
SINCE = timedelta(days=200)  # it has had these hours


def open_shop(shop: Shop, store: Store, now: datetime) -> None:
    always = shop.is_open == "always"
    weekly = None if always else [[[h * 60 for h in day]] if day else [] for day in shop.hours]
    hours = StoreHours.objects.create(store=store, weekly=weekly, away=shop.away)
    first = (now.astimezone(shop.zone_info) + FROM).date()
    SpecialDay.objects.bulk_create(
        SpecialDay(store=store, date=_next(month, day, first), name=name)
        for month, day, name in shop.holidays
    )
    data = {"before": {}, "after": hours_data(store, hours)}
    rows = Rows()
    rows.add_event(names.HOURS_CHANGED, SYSTEM, now - SINCE, store.id, None, None, data)
    rows.write()
    RoutingRule.objects.create(
        store=store, method=shop.routing, last_agent_first=True, capacity=CAPACITY, left_grace=LEFT_GRACE
    )


def _next(month: int, day: int, first: date) -> date:
    """Return the first such day of a year that is not before `first`."""
    this_year = date(first.year, month, day)
    return this_year if this_year >= first else date(first.year + 1, month, day)
