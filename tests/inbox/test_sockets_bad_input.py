"""Whatever a client sends: a clear answer or the end of that socket, and of no other."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest

from events import sockets
from events.sockets import db
from inbox.models import Conversation, Message
from tests.factories import World, agent_says, buyer_says, log_in, make_buyer, visit
from tests.sockets import Connect, Line

pytestmark = pytest.mark.django_db(transaction=True)


async def assert_works(line: Line) -> None:
    assert (await line.ask(type="ping"))["type"] == "pong"


RAW: dict[str, tuple[str | bytes, str]] = {
    "nothing": ("", "invalid"),
    "not JSON": ("hello", "invalid"),
    "half of JSON": ('{"type": "pi', "invalid"),
    "a number": ("5", "invalid"),
    "null": ("null", "invalid"),
    "a list": ('[{"type": "ping"}]', "invalid"),
    "no type": ("{}", "invalid"),
    "a type that is no text": ('{"type": ["ping"]}', "invalid"),
    "an unknown type": ('{"type": "drop tables"}', "unknown_type"),
    "an order that is ours to give": ('{"type": "_close", "code": 4401}', "unknown_type"),
    "a method's name": ('{"type": "__init__"}', "unknown_type"),
    "bytes": (b'{"type": "ping"}', "invalid"),
    "bytes that are no text": (b"\xff\xfe\x00", "invalid"),
    "deep lists": ("[" * 30_000 + "]" * 30_000, "invalid"),
    "deep objects": ('{"type":' * 5_000 + '"ping"' + "}" * 5_000, "invalid"),
    "a bit too deep": ('{"type": "ping", "a": ' + "[" * 25 + "]" * 25 + "}", "invalid"),
    "a number without end": ('{"type": "ping", "n": ' + "9" * 50_000 + "}", "invalid"),
    "half a character": (r'{"type": "message.send", "client_id": "\ud800", "body": "x"}', "invalid"),
    "half a character for a name": (r'{"type": "ping", "\udfff": 1}', "invalid"),
    "hello once more": ('{"type": "hello"}', "invalid"),
}


@pytest.mark.parametrize("name", RAW)
async def test_a_frame_that_is_none_is_told_and_forgiven(connect: Connect, world: World, name: str) -> None:
    raw, code = RAW[name]
    for line in (await connect.console(world.ann), await connect.widget(world.kim)):
        await line.send(raw)
        assert (await line.hear("error"))["code"] == code
        await assert_works(line)


ODD_VALUES: list[Any] = [
    None,
    True,
    -1,
    1.5,
    10**30,
    float("nan"),
    float("inf"),
    "",
    "\x00",
    "x" * 30_000,
    "null",
    [],
    [[]],
    [None, {}],
    {},
    {"a": []},
    "00000000-0000-0000-0000-000000000000",
    "{" + str(uuid4()) + "}",
    "' OR 1=1 --",
    "<script>alert(1)</script>",
]
CONSOLE_FRAMES: dict[str, list[str]] = {
    "subscribe": ["conversation", "after"],
    "unsubscribe": ["conversation"],
    "message.send": ["conversation", "client_id", "body", "private", "reply_after", "attachments", "force"],
    "typing": ["conversation", "on", "private"],
    "read": ["conversation", "seq"],
    "viewing": ["conversation", "composing"],
    "presence": ["state"],
}
WIDGET_FRAMES: dict[str, list[str]] = {
    "message.send": ["client_id", "body", "attachments"],
    "typing": ["on"],
    "received": ["seq"],
    "read": ["seq"],
    "resume": ["after"],
}


async def send_odd_frames(line: Line, frames: dict[str, list[str]], good: dict[str, Any]) -> None:
    """Each field of each frame once with each odd value, the other fields being good ones."""
    for type_, fields in frames.items():
        for field in fields:
            for value in ODD_VALUES:
                frame = {"type": type_, **{name: good[name] for name in fields if name in good}, field: value}
                await line.send(json.dumps(frame))
    await line.send(type="ping")
    await line.until(lambda: line.of("pong") or line.code is not None, "pong", within=60)


async def test_no_value_of_any_field_ends_a_socket_or_fails_inside(
    connect: Connect, world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sockets, "BURST", 10_000.0)
    conversation = (await db(buyer_says, world.kim)).conversation
    console, widget = await connect.console(world.ann), await connect.widget(world.kim)
    await console.ask(type="subscribe", conversation=str(conversation.id), after=0)
    before = await db(Message.objects.count)
    good = {"conversation": str(conversation.id), "client_id": "odd", "body": ""}  # an empty body is refused
    for line in (console, widget):
        line.frames.clear()
    await send_odd_frames(console, CONSOLE_FRAMES, good)
    await send_odd_frames(widget, WIDGET_FRAMES, good)
    for line in (console, widget):
        assert line.code is None
        codes = {frame["code"] for frame in line.of("error")}
        assert codes <= {"invalid", "not_found", "empty", "too_long", "unknown_attachment", "conflict"}
        await assert_works(line)
    assert "a frame failed" not in caplog.text
    for message in await db(lambda: list(Message.objects.filter(kind="text"))):
        assert "\x00" not in message.body
    assert await db(Message.objects.count) - before < 15  # what was good in it: words in `body`


async def test_odd_values_of_hello_are_refused_and_hello_may_be_said_again(
    connect: Connect, world: World
) -> None:
    cookie, token = await db(log_in, world.ann), await db(visit, world.kim)
    for path, good in (("/ws/console/", {}), ("/ws/widget/", {"token": token})):
        line = await connect.line(path, cookie=cookie)
        wrong: list[Any] = [
            [1],
            "x",
            5,
            {"x": 1},
            {str(uuid4()): "1"},
            {str(uuid4()): -1},
            {str(uuid4()): None},
        ]
        wrong.append({str(uuid4()): 1 for _ in range(60)})
        for resume in wrong:
            answer = await line.ask(type="hello", resume=resume, **good)
            assert (answer["type"], answer["code"]) == ("error", "invalid")
        assert (await line.ask(type="hello", **good))["type"] == "welcome"


async def test_resume_names_only_what_one_may_see(connect: Connect, world: World) -> None:
    mine = (await db(buyer_says, world.kim, "secret")).conversation
    other = await db(make_buyer, world.other_store)
    theirs = (await db(buyer_says, other, "their secret")).conversation
    resume = {str(mine.id): 0, str(theirs.id): 0, str(uuid4()): 0}
    console = await connect.console(world.ann, resume=resume)
    assert {f["message"]["body"] for f in console.of("message.created")} == {"secret"}
    refused = [f for f in console.of("error") if f["code"] == "not_found"]
    assert {f["conversation"] for f in refused} == set(resume) - {str(mine.id)}
    widget = await connect.widget(other, resume=resume)
    assert {f["message"]["body"] for f in widget.of("message.created")} == {"their secret"}


# -- Too much


async def test_a_frame_that_is_too_large_ends_its_socket(connect: Connect, world: World) -> None:
    line, other = await connect.widget(world.kim), await connect.console(world.ann)
    await line.send(type="message.send", client_id="1", body="x" * 70_000)
    assert (await line.hear("error"))["code"] == "too_large"
    assert await line.closed() == 4413
    await assert_works(other)
    assert not await db(Message.objects.exists)


async def test_somebody_who_sends_without_end_is_cut_off_and_nobody_else(
    connect: Connect, world: World
) -> None:
    line, other = await connect.widget(world.kim), await connect.console(world.ann)
    for _ in range(10_000):
        await line.send('{"type":"typing"}')
    assert await line.closed() == 4429
    assert line.of("error")[-1]["code"] == "rate_limited"
    await assert_works(other)


async def test_somebody_who_writes_as_fast_as_people_do_is_not(connect: Connect, world: World) -> None:
    line = await connect.widget(world.kim)
    for n in range(25):
        await line.send(type="message.send", client_id=str(n), body="quick")
        await line.send(type="typing")
    await line.until(lambda: len(line.of("ack")) == 25, "each acknowledgement")
    assert line.code is None


async def test_an_agent_cannot_subscribe_to_everything_at_once(
    connect: Connect, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inbox.console_socket.MOST_SUBSCRIBED", 2)
    ids = []
    for _ in range(3):
        ids.append(str((await db(buyer_says, await db(make_buyer, world.store))).conversation.id))
    line = await connect.console(world.ann)
    answers = [(await line.ask(type="subscribe", conversation=c, after=0)).get("code") for c in ids]
    assert answers == [None, None, "invalid"]
    await line.send(type="unsubscribe", conversation=ids[0])
    assert (await line.ask(type="subscribe", conversation=ids[2], after=0))["type"] == "subscribed"


# -- Not yet, or never, let in


async def test_nothing_works_before_hello(connect: Connect, world: World) -> None:
    for path in ("/ws/console/", "/ws/widget/"):
        line = await connect.line(path, cookie=await db(log_in, world.ann))
        for type_ in ("subscribe", "message.send", "typing", "read"):
            assert (await line.ask(type=type_))["code"] == "unauthenticated"
        assert line.code is None


async def test_somebody_who_never_says_hello_is_let_go(
    connect: Connect, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "HELLO_WITHIN_S", 0.2)
    line = await connect.line("/ws/widget/")
    await line.send(type="ping")
    assert await line.closed() == 4401
    line = await connect.line("/ws/widget/")
    assert (await line.ask(type="hello", resume=5))["code"] == "invalid"  # no good: the time runs on
    assert await line.closed() == 4401


@pytest.mark.parametrize("cookie", ["", "nonsense", "x" * 4000, '"a b"', "%00", "é", "a; sessionid=b"])
async def test_a_console_without_a_log_in_is_closed(connect: Connect, world: World, cookie: str) -> None:
    line = await connect.line("/ws/console/", cookie=cookie)
    assert (await line.ask(type="hello"))["code"] == "unauthenticated"
    assert await line.closed() == 4401


@pytest.mark.parametrize("token", ["", "nonsense", None, 5, ["a"], "x" * 300, "\x00", "é"])
async def test_a_widget_without_a_token_is_closed(connect: Connect, world: World, token: Any) -> None:
    line = await connect.line("/ws/widget/")
    answer = await line.ask(type="hello", token=token)
    assert answer["code"] in ("unauthenticated", "invalid")
    if answer["code"] == "unauthenticated":
        assert await line.closed() == 4401


async def test_an_agents_cookie_opens_no_widget_and_a_visitors_token_no_console(
    connect: Connect, world: World
) -> None:
    line = await connect.line("/ws/widget/", cookie=await db(log_in, world.ann))
    assert (await line.ask(type="hello"))["code"] == "unauthenticated"
    line = await connect.line("/ws/console/", cookie=await db(visit, world.kim))
    assert (await line.ask(type="hello", token=await db(visit, world.kim)))["code"] == "unauthenticated"


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "https://evil.test",
        "http://127.0.0.1:8001",
        "https://127.0.0.1:8000",
        "http://127.0.0.1:8000.evil.test",
        "http://evil.test/http://127.0.0.1:8000",
        "http://user@127.0.0.1:8000@evil.test",
        "http://[",
        "é://\x00",
    ],
)
async def test_a_page_of_another_origin_is_refused_at_the_handshake(
    connect: Connect, world: World, origin: str
) -> None:
    for path in ("/ws/console/", "/ws/widget/"):
        line = await connect.line(path, cookie=await db(log_in, world.ann), origin=origin)
        assert not line.accepted
        assert line.code == 403


async def test_who_names_no_origin_is_no_page_and_a_cookie_of_theirs_counts_for_nothing(
    connect: Connect, world: World
) -> None:
    line = await connect.line("/ws/console/", cookie=await db(log_in, world.ann), origin=None)
    assert (await line.ask(type="hello"))["code"] == "unauthenticated"


# -- What is not theirs


async def test_a_foreign_conversation_does_not_exist_and_nobody_else_notices(
    connect: Connect, world: World
) -> None:
    conversation = (await db(buyer_says, world.kim, "secret")).conversation
    zoe, ann = await connect.console(world.zoe), await connect.console(world.ann)
    await ann.ask(type="subscribe", conversation=str(conversation.id), after=0)
    for frame in (
        {"type": "subscribe", "after": 0},
        {"type": "message.send", "client_id": "1", "body": "Hi"},
        {"type": "typing"},
        {"type": "read", "seq": 1},
        {"type": "viewing", "composing": True},
    ):
        for wanted in (str(conversation.id), str(uuid4()), "nonsense", None):
            answer = await zoe.ask(**frame, conversation=wanted)
            assert (answer["type"], answer["code"]) == ("error", "not_found")
    await db(agent_says, world.ann, conversation, "more secrets", private=True)
    await ann.hear("message.created", lambda f: f["message"]["body"] == "more secrets")
    await zoe.settled()
    assert "secret" not in str(zoe.frames)
    assert not zoe.of("conversation.updated")
    assert not ann.of("typing", "viewing")
    assert zoe.code is None
    assert await db(Conversation.objects.count) == 1


async def test_a_buyer_cannot_write_into_the_conversation_of_another(connect: Connect, world: World) -> None:
    conversation = (await db(buyer_says, world.kim, "secret")).conversation
    other = await connect.widget(await db(make_buyer, world.store))
    frame = {"conversation": str(conversation.id), "private": True, "author": "agent", "kind": "system"}
    ack = await other.ask(type="message.send", client_id="1", body="Hi", **frame)
    assert ack["conversation"] != str(conversation.id)
    message = await db(lambda: Message.objects.get(body="Hi"))
    assert (message.private, message.kind, message.author_kind) == (False, "text", "buyer")
    await other.send(type="resume", after=0, conversation=str(conversation.id))
    await other.settled()
    assert "secret" not in str(other.frames)


async def test_what_fails_inside_one_socket_is_told_and_leaves_it_and_the_others_open(
    connect: Connect, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    line, other = await connect.widget(world.kim), await connect.console(world.ann)

    async def fail(*args: Any) -> None:
        raise RuntimeError("secret detail")

    with monkeypatch.context() as patch:
        patch.setattr("inbox.writer.Writer.post", fail)
        answer = await line.ask(type="message.send", client_id="1", body="Hi")
    assert (answer["code"], answer["client_id"]) == ("internal", "1")
    assert "secret detail" not in str(answer)
    assert (await line.ask(type="message.send", client_id="1", body="Hi"))["type"] == "ack"
    await assert_works(other)
    await asyncio.sleep(0)
