"""Announcements on open pages: by a frame that carries all that a banner needs, and by one question."""

import pytest
from asgiref.sync import sync_to_async

from inbox.asking import answer_to
from inbox.errors import Invalid
from people.keys import create_key
from team.announcing import services
from team.announcing.receipts import confirm
from tests.factories import World
from tests.sockets import Connect
from tests.team.test_announcements import published, to_team

pytestmark = pytest.mark.django_db(transaction=True)


async def test_what_is_published_stands_on_open_pages_at_once_and_goes_when_it_is_over(
    connect: Connect, world: World
) -> None:
    ann, zoe = await connect.console(world.ann), await connect.console(world.zoe)
    one = await sync_to_async(published)(world.sue, to_team(world, importance="confirm"))
    frame = await ann.hear("announcement")
    assert {name: frame["announcement"][name] for name in ("id", "version", "title", "text", "whole")} == {
        "id": str(one.pk), "version": 1, "title": "Warehouse closed", "text": "Until Friday.", "whole": True,
    }  # fmt: skip
    await sync_to_async(confirm)(agent=world.ann, announcement_id=one.pk, version=1)
    read = await ann.hear("announcement.read")
    assert (read["id"], read["settled"]) == (str(one.pk), True)
    await sync_to_async(services.end)(agent=world.sue, announcement_id=one.pk)
    await ann.hear("announcement.gone")
    assert [frame for frame in zoe.frames if frame["type"].startswith("announcement")] == []


async def test_who_wrote_it_hears_that_it_is_read(connect: Connect, world: World) -> None:
    sue = await connect.console(world.sue)
    one = await sync_to_async(published)(world.sue, to_team(world, importance="confirm"))
    await sync_to_async(confirm)(agent=world.ann, announcement_id=one.pk, version=1)
    frame = await sue.hear("announcement.counted")
    assert frame == {"type": "announcement.counted", "id": str(one.pk)}


async def test_a_page_that_was_away_asks_what_waits(connect: Connect, world: World) -> None:
    await sync_to_async(published)(world.sue, to_team(world))
    ann = await connect.console(world.ann)
    await ann.send(type="ask", id="1", what="announcements")
    answer = await ann.hear("answer")
    assert [one["title"] for one in answer["announcements"]] == ["Warehouse closed"]


async def test_a_key_hears_of_announcements_where_it_may_read_of_the_team(
    connect: Connect, world: World
) -> None:
    def key(*scopes: str) -> str:
        return create_key(agent=world.ann, name="Screen", scopes=list(scopes))[1]

    lines = {}
    for scope in ("team:read", "orders:read"):
        line = lines[scope] = await connect.line("/ws/console/", origin=None)
        await line.send(type="hello", token=await sync_to_async(key)(scope))
        await line.hear("welcome")
        await line.handled()
    await sync_to_async(published)(world.sue, to_team(world))
    await lines["team:read"].hear("announcement")
    other = lines["orders:read"]
    await other.handled()
    assert "announcement" not in {frame["type"] for frame in other.frames}


def test_the_question_asks_for_a_scope(world: World) -> None:
    with pytest.raises(Invalid):
        answer_to(agent=world.ann, may=lambda scope: scope != "team:read", given={"what": "announcements"})
