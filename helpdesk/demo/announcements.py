"""What the people of the demo were told: by whom, to whom, and who has read it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from events import names
from events.record import Actor
from helpdesk.demo.rows import Rows
from helpdesk.lib.times import iso
from people.models import Agent, Team
from team.announcing import services
from team.announcing.access import audience
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
    """Write down what they were told, when it is said to have happened, and who of them has read it."""
    rows = Rows()
    for told in TOLD:
        author = agents[NAMES[told.by]]
        one = services.draft(agent=author, wording=_wording(told, teams))
        if told.due_in is not None:
            one.created_at, one.publish_at = now - 2 * HOUR, now + told.due_in
            _happened(
                rows,
                names.ANNOUNCEMENT_SCHEDULED,
                one,
                author,
                one.created_at,
                publish_at=iso(one.publish_at),
            )
        elif told.ago is not None:
            one.created_at = one.published_at = now - told.ago
            _publish(rows, told, one, author, now)
            _read(rows, told, one, agents)
        one.save()
    rows.write()


def _wording(told: Told, teams: dict[str, Team]) -> Wording:
    return Wording(
        title=told.title,
        body=told.body,
        everybody=not told.teams,
        teams=frozenset(teams[name].pk for name in told.teams),
        importance=Announcement.Importance.CONFIRM if told.confirm else Announcement.Importance.NORMAL,
    )


def _publish(rows: Rows, told: Told, one: Announcement, author: Agent, now: datetime) -> None:
    people = audience(one).count()
    at = one.created_at
    _happened(rows, names.ANNOUNCEMENT_PUBLISHED, one, author, at, people=people, importance=one.importance)
    one.expires_at = at + told.lasts if told.lasts is not None else None
    if told.ended is not None:
        one.ended_at = now - told.ended
        _happened(rows, names.ANNOUNCEMENT_ENDED, one, author, one.ended_at)


def _read(rows: Rows, told: Told, one: Announcement, agents: dict[str, Agent]) -> None:
    for name, after in [*told.read, *told.confirmed]:
        agent, at = agents[NAMES[name]], one.created_at + after
        is_confirmed = (name, after) in told.confirmed
        AnnouncementReceipt.objects.create(
            announcement=one, agent=agent, version=1, read_at=at, confirmed_at=at if is_confirmed else None
        )
        if is_confirmed:
            _happened(rows, names.ANNOUNCEMENT_CONFIRMED, one, agent, at, version=1)


def _happened(rows: Rows, name: str, one: Announcement, agent: Agent, at: datetime, **data: Any) -> None:
    said = {"announcement": str(one.pk), "title": one.title, **data}
    rows.add_event(name, Actor.agent(agent), at, None, None, None, said)
