"""One writer for each process: many at once, and whatever befalls one of them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest
from django.db import DatabaseError, OperationalError

from events.sockets import db
from inbox import writer as module
from inbox.errors import Invalid, NotFound
from inbox.models import Conversation, Message
from inbox.services import Draft, Posted, post_messages
from inbox.writer import writer
from tests.factories import World, buyer_draft, make_buyer
from tests.sockets import close_connections

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
async def clean_up(transactional_db: None) -> AsyncIterator[None]:
    yield
    close_connections()


async def outcomes(drafts: Sequence[Draft]) -> list[Any]:
    return await asyncio.gather(*(writer.post(draft) for draft in drafts), return_exceptions=True)


async def test_those_that_come_during_a_commit_share_the_next_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    monkeypatch.setattr(
        module, "post_messages", lambda drafts: sizes.append(len(drafts)) or post_messages(drafts)
    )
    buyers = [await db(make_buyer, world.store) for _ in range(module.MOST + 6)]
    drafts = [await db(buyer_draft, buyer) for buyer in buyers]
    results = await outcomes(drafts)
    assert all(isinstance(result, Posted) for result in results), results
    assert sum(sizes) == len(drafts)
    assert len(sizes) <= 3
    assert max(sizes) <= module.MOST


async def test_messages_of_one_sender_stay_in_order(world: World) -> None:
    drafts = [await db(buyer_draft, world.kim, str(n)) for n in range(40)]
    await outcomes(drafts)
    said = await db(lambda: list(Message.objects.order_by("seq").values_list("body", flat=True)))
    assert said == [str(n) for n in range(40)]


async def test_a_refused_draft_is_told_to_its_author_alone(world: World) -> None:
    good, empty = await db(buyer_draft, world.kim, "good"), await db(buyer_draft, world.kim, "")
    posted, refused = await outcomes([good, empty])
    assert isinstance(posted, Posted)
    assert isinstance(refused, Invalid)


async def test_a_visitor_who_is_gone_takes_no_others_along(world: World) -> None:
    gone = await db(make_buyer, world.store)
    drafts = [await db(buyer_draft, buyer) for buyer in (gone, world.kim)]
    await db(gone.delete)
    refused, posted = await outcomes(drafts)
    assert isinstance(refused, NotFound)
    assert isinstance(posted, Posted)


def failing_with(error: Exception, body: str) -> Callable[[Sequence[Draft]], Any]:
    """Post as ever, but for batches in which somebody says `body`."""

    def post(drafts: Sequence[Draft]) -> Any:
        if any(draft.body == body for draft in drafts):
            raise error
        return post_messages(drafts)

    return post


@pytest.mark.parametrize(
    "error", [DatabaseError("no"), ValueError("a mistake of ours"), OperationalError("deadlock")]
)
async def test_a_draft_that_fails_takes_no_others_along(
    world: World, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(module, "post_messages", failing_with(error, "bad"))
    buyers = [await db(make_buyer, world.store) for _ in range(9)]
    drafts = [await db(buyer_draft, buyer, "bad" if n == 4 else "good") for n, buyer in enumerate(buyers)]
    results = await outcomes(drafts)
    assert [isinstance(result, Posted) for result in results] == [n != 4 for n in range(9)]
    assert results[4] is error
    assert await db(Message.objects.count) == 8


async def test_a_database_that_is_down_is_not_waited_for_once_for_each_draft(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def down(drafts: Sequence[Draft]) -> Any:
        calls.append(len(drafts))
        raise OperationalError("down")

    drafts = [await db(buyer_draft, world.kim, str(n)) for n in range(20)]
    with monkeypatch.context() as patch:
        patch.setattr(module, "post_messages", down)
        results = await outcomes(drafts)
    assert all(isinstance(result, OperationalError) for result in results)
    assert len(calls) <= 6
    # And when it is back, the same messages go out once.
    assert all(isinstance(result, Posted) for result in await outcomes(drafts))
    assert await db(Message.objects.count) == 20


async def test_a_sender_who_leaves_is_posted_all_the_same(world: World) -> None:
    drafts = [await db(buyer_draft, world.kim, str(n)) for n in range(10)]
    tasks = [asyncio.ensure_future(writer.post(draft)) for draft in drafts]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, Posted) for result in results[1::2])
    assert await db(Message.objects.count) == 10


async def test_the_writer_goes_on_after_a_batch_was_cut_short(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(drafts: Sequence[Draft]) -> Any:
        raise MemoryError

    draft = await db(buyer_draft, world.kim)
    with monkeypatch.context() as patch:
        patch.setattr(module, "_post", fail)
        with pytest.raises(MemoryError):
            await writer.post(draft)
    assert (await writer.post(draft)).created


def test_the_writer_serves_a_new_loop_although_one_was_left_in_the_middle(world: World) -> None:
    """A server that is started again in the same process; otherwise everybody would wait for ever."""
    draft = buyer_draft(world.kim)

    async def leave() -> None:
        task = asyncio.ensure_future(writer.post(draft))
        await asyncio.sleep(0)
        task.cancel()

    for _ in range(2):
        loop = asyncio.new_event_loop()
        loop.run_until_complete(leave())
        loop.stop()  # neither closed nor waited for
    assert asyncio.run(asyncio.wait_for(writer.post(draft), 10)).message.body == "Hello"
    assert Conversation.objects.count() == 1
