"""Splitting a conversation over the API, and undoing it."""

from typing import Any

import pytest

from inbox.models import Message
from tests.api.conftest import Api
from tests.factories import World
from tests.inbox.test_splitting import said

pytestmark = pytest.mark.django_db


def test_a_conversation_is_split_and_joined_again(world: World) -> None:
    ann, conversation = Api(world.ann), said(world, "My mug is broken").conversation
    hat = said(world, "And where is my hat?")
    one = f"conversations/{conversation.id}/"
    made: Any = ann.post(f"{one}split-off/", {"seq": hat.seq})
    assert (made.status, made.data["status"], made.data["preview"]) == (200, "open", "And where is my hat?")
    assert made.data["id"] != str(conversation.id)
    assert ann.get(one).data["status"] == "resolved"
    back = ann.post(f"conversations/{made.data['id']}/join-back/")
    assert (back.status, back.data["id"], back.data["status"]) == (200, str(conversation.id), "open")
    hat.refresh_from_db()
    assert hat.conversation == conversation


def test_what_cannot_be_split_or_joined_is_refused(world: World) -> None:
    ann, zoe = Api(world.ann), Api(world.zoe)
    conversation = said(world, "My mug is broken").conversation
    one = f"conversations/{conversation.id}/"
    assert ann.post(f"{one}split-off/", {"seq": 1}).status == 400
    assert ann.post(f"{one}split-off/", {"seq": "x"}).status == 400
    assert ann.post(f"{one}split-off/", {}).status == 400
    assert ann.post(f"{one}join-back/").status == 409
    said(world, "And where is my hat?")
    assert zoe.post(f"{one}split-off/", {"seq": 2}).status == 404
    assert zoe.post(f"{one}join-back/").status == 404
    assert Message.objects.filter(conversation=conversation, kind="text").count() == 2
