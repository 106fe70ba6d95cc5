"""Questions over the live connection: answered beside messages, the newest of a burst, and by HTTP where need be."""

import json
import threading
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils.translation import get_language

from events.sockets import db
from inbox import asking
from inbox.errors import Invalid
from people.keys import create_key
from people.models import Agent
from tests.factories import World, buyer_says
from tests.sockets import Connect

ALONE = f"{__name__}."


class Echo:
    """`echo {words, conversation?}`: says it back."""

    what, scope = "echo", "knowledge:read"

    def answer(self, *, agent: Agent, given: Mapping[str, Any]) -> dict[str, Any]:
        conversation = asking.conversation_in(agent, given)
        return {
            "words": asking.text_in(given, "words", longest=10_000),
            "by": agent.name,
            "language": get_language(),
            "buyer": conversation.buyer.name if conversation else None,
        }


class Slow:
    """`slow {words}`: is answered when `may_go` is set."""

    what, scope = "slow", "*"
    begun, may_go = threading.Event(), threading.Event()
    answered: list[str] = []

    def answer(self, *, agent: Agent, given: Mapping[str, Any]) -> dict[str, Any]:
        Slow.begun.set()
        assert Slow.may_go.wait(10)
        Slow.answered.append(given["words"])
        return {"words": given["words"]}


class Broken:
    what, scope = "broken", "*"

    def answer(self, *, agent: Agent, given: Mapping[str, Any]) -> dict[str, Any]:
        raise ZeroDivisionError


@pytest.fixture(autouse=True)
def questions(settings: Any) -> Iterator[None]:
    settings.CONSOLE_ASKS = [f"{ALONE}{name}" for name in ("Echo", "Slow", "Broken")]
    asking.all_asks.cache_clear()
    Slow.begun.clear()
    Slow.may_go.clear()
    Slow.answered.clear()
    yield
    Slow.may_go.set()
    asking.all_asks.cache_clear()


@pytest.mark.django_db(transaction=True)
async def test_a_question_is_answered_by_its_id_in_the_agents_language(
    connect: Connect, world: World
) -> None:
    world.ann.language = "zh-hans"
    await db(world.ann.save)
    conversation = (await db(buyer_says, world.kim)).conversation
    line = await connect.console(world.ann)
    answer = await line.ask(type="ask", id="q1", what="echo", words="你好", conversation=str(conversation.id))
    assert answer == {
        "type": "answer",
        "id": "q1",
        "words": "你好",
        "by": "Ann",
        "language": "zh-hans",
        "buyer": "Kim Buyer",
    }


@pytest.mark.django_db(transaction=True)
async def test_what_cannot_be_asked_is_told_and_the_socket_stays(connect: Connect, world: World) -> None:
    theirs = (await db(buyer_says, world.kim)).conversation
    stranger = await connect.console(world.zoe)
    wrong: list[tuple[dict[str, Any], str, str | None]] = [
        ({"what": "echo"}, "invalid", None),
        ({"id": "", "what": "echo"}, "invalid", None),
        ({"id": "x" * 65, "what": "echo"}, "invalid", None),
        ({"id": ["a"], "what": "echo"}, "invalid", None),
        ({"id": "a"}, "unknown_ask", "a"),
        ({"id": "b", "what": "__class__"}, "unknown_ask", "b"),
        ({"id": "c", "what": ["echo"]}, "unknown_ask", "c"),
        ({"id": "d", "what": "echo", "words": 5}, "invalid", "d"),
        ({"id": "e", "what": "echo", "words": "x" * 10_001}, "invalid", "e"),
        ({"id": "f", "what": "echo", "conversation": "nonsense"}, "invalid", "f"),
        ({"id": "g", "what": "echo", "conversation": str(uuid4())}, "not_found", "g"),
        ({"id": "h", "what": "echo", "conversation": str(theirs.id)}, "not_found", "h"),
        ({"id": "i", "what": "broken"}, "internal", "i"),
    ]
    for frame, code, name in wrong:
        answer = await stranger.ask(type="ask", **frame)
        assert (answer["type"], answer["code"], answer.get("id")) == ("error", code, name), frame
    assert (await stranger.ask(type="ask", id="z", what="echo", words="x" * 10_000))["type"] == "answer"


@pytest.mark.django_db(transaction=True)
async def test_nothing_is_answered_before_hello_nor_to_a_buyer(connect: Connect, world: World) -> None:
    line = await connect.line("/ws/console/")
    assert (await line.ask(type="ask", id="1", what="echo"))["code"] == "unauthenticated"
    widget = await connect.widget(world.kim)
    assert (await widget.ask(type="ask", id="1", what="echo"))["code"] == "unknown_type"


@pytest.mark.django_db(transaction=True)
async def test_of_a_burst_the_newest_is_answered_and_messages_do_not_wait(
    connect: Connect, world: World
) -> None:
    conversation = (await db(buyer_says, world.kim)).conversation
    line = await connect.console(world.ann)
    await line.send(type="ask", id="first", what="slow", words="s")
    await db(Slow.begun.wait, 10)
    for n in range(30):
        await line.send(type="ask", id=f"n{n}", what="slow", words=f"s{n}")
    ack = await line.ask(type="message.send", conversation=str(conversation.id), client_id="m", body="Hello")
    while ack["type"] != "ack":  # the superseded ones are told meanwhile
        ack = await line.hear("ack")
    assert Slow.answered == []
    Slow.may_go.set()
    await line.hear("answer", lambda frame: frame["id"] == "n29")
    assert Slow.answered == ["s", "s29"]
    told = {frame["id"] for frame in line.of("error") if frame["code"] == "superseded"}
    assert told == {f"n{n}" for n in range(29)}


@pytest.mark.django_db(transaction=True)
async def test_questions_count_as_frames_do(connect: Connect, world: World) -> None:
    line = await connect.console(world.ann)
    for n in range(100):
        await line.send(type="ask", id=str(n), what="echo", words="x")
    assert await line.closed() == 4429


@pytest.mark.django_db(transaction=True)
async def test_a_key_asks_what_its_scopes_let_it(connect: Connect, world: World) -> None:
    _key, shown = await db(lambda: create_key(agent=world.ann, name="k", scopes=["knowledge:read"]))
    line = await connect.line("/ws/console/", origin=None)
    await line.send(type="hello", token=shown)
    await line.hear("welcome")
    assert (await line.ask(type="ask", id="1", what="echo", words="x"))["words"] == "x"
    assert (await line.ask(type="ask", id="2", what="slow", words="x"))["code"] == "missing_scope"


def post(client: Client, body: Any) -> Any:
    text = body if isinstance(body, bytes | str) else json.dumps(body)
    return client.post("/inbox/ask/", text, content_type="application/json")


@pytest.mark.django_db
def test_the_same_is_asked_over_http(world: World) -> None:
    client = Client()
    assert post(client, {"what": "echo"}).status_code == 302
    client.force_login(world.ann, backend="allauth.account.auth_backends.AuthenticationBackend")
    answer = post(client, {"what": "echo", "words": "hello"})
    assert (answer.status_code, answer.json()["words"]) == (200, "hello")
    assert "no-store" in answer["Cache-Control"]
    for body, status, code in [
        ({"what": "nothing"}, 404, "unknown_ask"),
        ({"what": "echo", "conversation": str(uuid4())}, 404, "not_found"),
        ({"what": "echo", "words": "x" * 10_001}, 400, "invalid"),
        ("[]", 400, "invalid"),
        ("{", 400, "invalid"),
        (b"\xff", 400, "invalid"),
        (r'{"what": "echo", "words": "\ud800"}', 400, "invalid"),
        ('{"a":' * 2000, 400, "invalid"),
        ("x" * 70_000, 400, "too_large"),
    ]:
        answer = post(client, body)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (status, code), body[:50]
    assert client.get("/inbox/ask/").status_code == 405


def test_one_says_what_is_wrong_with_what_was_given() -> None:
    with pytest.raises(Invalid) as refused:
        asking.text_in({"q": "abc"}, "q", longest=2)
    assert refused.value.attr == "q"
