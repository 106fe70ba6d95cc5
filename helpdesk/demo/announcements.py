"""What the people of the demo were told: by whom, to whom, and who has read it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from events.models import Event
from helpdesk.lib.times import iso
from people.models import Agent, Team
from team.announcing import services
from team.announcing.models import Announcement, AnnouncementReceipt
from team.announcing.services import Wording


@dataclass(frozen=True)
class Told:
    """One announcement. Times are before `now`; `read` and `confirmed` say after how long somebody did."""

    by: str
    teams: tuple[str, ...]  # none: everybody
    title: str
    body: str
    ago: timedelta | None = None  # None: not published yet
    confirm: bool = False
    lasts: timedelta | None = None  # from when it was published
    ended: timedelta | None = None
    due_in: timedelta | None = None
    read: tuple[tuple[str, timedelta], ...] = ()
    confirmed: tuple[tuple[str, timedelta], ...] = ()


HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TOLD = (
    Told(
        "daniel", ("Shop support", "Orders & returns"),
        "Warehouse in Portland closed Thursday and Friday",
        "Stocktaking: **nothing leaves Portland** on Thursday and Friday. Orders paid after Wednesday noon go out on"
        " Monday.\n\n"
        "- Do not promise a parcel for the weekend, express included.\n"
        "- Orders that wait already: offer to hold them, or the shipping fee back.\n"
        "- Whoever asks where the parcel is gets the words from [late parcels](article:late-parcel-script).\n\n"
        "Please confirm, so that I know nobody is caught out.\n",
        3 * HOUR, confirm=True, lasts=5 * DAY,
        read=(("priya", HOUR), ("chen", 2 * HOUR)), confirmed=(("jonas", HOUR / 2), ("olivia", HOUR)),
    ),
    Told(
        "olivia", (), "Card payments pause on Sunday, 02:00 to 04:00 UTC",
        "The payment provider moves house. Buyers who pay then see an error: ask them to try again after four.",
        20 * HOUR, lasts=5 * DAY,
        read=(("mia", HOUR), ("daniel", HOUR), ("priya", 4 * HOUR), ("lin", 9 * HOUR), ("zhou", 10 * HOUR)),
    ),
    Told(
        "zhou", ("茶器客服",), "中通暂停发往新疆、西藏，预计三天",
        "因天气原因，**中通暂停收寄新疆、西藏的包裹**，预计三天后恢复。\n\n"
        "- 已付款未发货的：联系买家，改发顺丰（运费由店里补）或等恢复后再发。\n"
        "- 已在途的：按快递公司的说法答复，不要承诺具体日期。\n\n"
        "看完请确认。\n",
        5 * HOUR, confirm=True, lasts=4 * DAY, confirmed=(("lin", HOUR / 3),),
    ),
    Told(
        "daniel", ("Shop support",), "The autumn sale has ended: codes SAVE15 are over",
        "Whoever still asks for one gets the usual goodwill, not a new code.",
        13 * DAY, ended=5 * DAY,
        read=(("mia", HOUR), ("jonas", 2 * HOUR), ("priya", 20 * HOUR)),
    ),
    Told(
        "daniel", ("Shop support", "Orders & returns"), "Holiday deadlines stand in the help centre",
        "From today every page of the shop links to them. Say the day, not “in time for the holidays”.",
        due_in=2 * DAY,
    ),
    Told("zhou", ("茶器客服",), "春节值班意向登记", "请在本周内告诉我春节期间可以值班的日期，先到先得。\n"),
)  # fmt: skip
NAMES = {
    "mia": "agent@demo.test", "daniel": "supervisor@demo.test", "olivia": "admin@demo.test",
    **{name: f"{name}@demo.test" for name in ("priya", "jonas", "lin", "chen", "zhou")},
}  # fmt: skip


def announce(agents: dict[str, Agent], teams: dict[str, Team], now: datetime) -> None:
    """Tell them, date it to when it is said to have happened, and have some of them read it."""
    for told in TOLD:
        author = agents[NAMES[told.by]]
        one = services.draft(agent=author, wording=_wording(told, teams))
        if told.due_in is not None:
            _schedule(told.due_in, one, author, now)
        if told.ago is None:
            continue
        services.publish(agent=author, announcement_id=one.pk)
        if told.ended is not None:
            services.end(agent=author, announcement_id=one.pk)
        _let_time_pass(told, one, agents, now)


def _wording(told: Told, teams: dict[str, Team]) -> Wording:
    return Wording(
        title=told.title,
        body=told.body,
        everybody=not told.teams,
        teams=frozenset(teams[name].pk for name in told.teams),
        importance=Announcement.Importance.CONFIRM if told.confirm else Announcement.Importance.NORMAL,
    )


def _schedule(due_in: timedelta, one: Announcement, author: Agent, now: datetime) -> None:
    """Schedule it by the clock of this world, which need not be today's."""
    at = now + due_in
    Announcement.objects.filter(pk=one.pk).update(created_at=now - 2 * HOUR, publish_at=at)
    _happened("announcement.scheduled", one, author, now - 2 * HOUR, publish_at=iso(at))


def _let_time_pass(told: Told, one: Announcement, agents: dict[str, Agent], now: datetime) -> None:
    assert told.ago is not None
    at = now - told.ago
    Announcement.objects.filter(pk=one.pk).update(
        created_at=at,
        published_at=at,
        expires_at=at + told.lasts if told.lasts is not None else None,
        ended_at=now - told.ended if told.ended is not None else None,
    )
    _date(one, "announcement.published", at)
    if told.ended is not None:
        _date(one, "announcement.ended", now - told.ended)
    rows = [(name, after, False) for name, after in told.read]
    rows += [(name, after, True) for name, after in told.confirmed]
    for name, after, is_confirmed in rows:
        agent, moment = agents[NAMES[name]], at + after
        AnnouncementReceipt.objects.create(
            announcement=one,
            agent=agent,
            version=1,
            read_at=moment,
            confirmed_at=moment if is_confirmed else None,
        )
        if is_confirmed:
            _happened("announcement.confirmed", one, agent, moment, version=1)


def _happened(name: str, one: Announcement, agent: Agent, at: datetime, **data: Any) -> None:
    said = {"announcement": str(one.pk), "title": one.title, **data}
    Event.objects.create(
        name=name, at=at, actor_kind="agent", actor_id=agent.pk, actor_name=agent.name, data=said
    )


def _date(one: Announcement, name: str, at: datetime) -> None:
    """Date what was recorded. (Only here: events are never changed.)"""
    QuerySet.update(Event.objects.filter(name=name, data__announcement=str(one.pk)), at=at)
