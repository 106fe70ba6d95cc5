"""Handing over, merging and bulk actions over the API."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from inbox.models import BulkAction, Conversation, Message
from tests import factories
from tests.api.conftest import Api
from tests.factories import World
from tests.inbox.test_joining import ended
from tests.inbox.test_splitting import said

pytestmark = pytest.mark.django_db


def test_a_conversation_is_handed_over_with_a_note(world: World) -> None:
    ann, conversation = Api(world.ann), said(world, "Where is my hat?").conversation
    one = f"conversations/{conversation.id}/"
    asked = ann.get(f"{one}receivers/")
    assert {"Bob", "Sue"} <= {agent["name"] for agent in asked.data["agents"]}
    body = {"agent": str(world.bob.id), "note": "She wants the blue one.", "client_id": "once"}
    for _ in range(2):
        given = ann.post(f"{one}assign/", body)
        assert (given.status, given.data["assignee"]["name"]) == (200, "Bob")
    assert Message.objects.filter(private=True, kind="text").count() == 1
    team = ann.post(f"{one}assign/", {"team": str(world.team.id), "note": "For one of you"})
    assert (team.data["team"]["name"], team.data["assignee"]["name"]) == (world.team.name, "Bob")
    assert ann.post(f"{one}assign/", {"note": "To whom?"}).status == 400
    assert ann.post(f"{one}assign/", {"agent": "me", "note": "x" * 10_001}).status == 400


def test_conversations_are_merged_and_separated(world: World) -> None:
    ann, mug = Api(world.ann), ended(world, "My mug is broken", "We send another")
    hat = said(world, "Where is my hat?").conversation
    one = f"conversations/{hat.id}/"
    assert [row["id"] for row in ann.get(f"{one}merge/").data["results"]] == [str(mug.id)]
    merged: Any = ann.post(f"{one}merge/", {"other": str(mug.id)})
    assert (merged.status, merged.data["id"], merged.data["inbound_count"]) == (200, str(hat.id), 2)
    assert ann.get(f"conversations/{mug.id}/").data["merged_into"] == str(hat.id)
    assert ann.get(f"{one}merge/").data["results"] == []
    assert ann.post(f"{one}merge/", {"other": str(mug.id)}).status == 409
    assert ann.post(f"conversations/{mug.id}/reopen/").status == 409
    back = ann.post(f"{one}separate/", {"merge": merged.data["merge"]})
    assert (back.status, back.data["inbound_count"]) == (200, 1)
    assert ann.get(f"conversations/{mug.id}/").data["merged_into"] is None
    assert ann.post(f"conversations/{mug.id}/separate/", {"merge": merged.data["merge"]}).status == 404


def test_many_are_changed_by_one_request_and_back(world: World) -> None:
    buyers = [factories.make_buyer(world.store, name=f"Buyer {n}") for n in range(3)]
    ids = [str(factories.buyer_says(buyer).conversation.id) for buyer in buyers]
    foreign = factories.buyer_says(factories.make_buyer(world.other_store, name="Far")).conversation
    ann, key = Api(world.ann), "k1"
    body = {"ids": [*ids, str(foreign.id)], "action": "resolve"}
    done = ann.post("conversations/bulk/", body, Idempotency_Key=key)
    assert (done.status, done.data["done"], done.data["failed"], done.data["undoable"]) == (200, 3, 1, True)
    assert done.data["results"][3]["code"] == "not_found"
    assert ann.post("conversations/bulk/", body, Idempotency_Key=key).data == done.data
    assert ann.post("conversations/bulk/", {**body, "action": "reopen"}, Idempotency_Key=key).status == 409
    back = ann.post(f"conversations/bulk/{done.data['id']}/undo/")
    assert (back.status, back.data["done"], back.data["undoable"]) == (200, 3, False)
    assert set(Conversation.objects.filter(pk__in=ids).values_list("status", flat=True)) == {"open"}
    assert Api(world.bob).post(f"conversations/bulk/{done.data['id']}/undo/").status == 404


def test_the_params_of_many_are_those_of_one(world: World) -> None:
    conversation = said(world, "Where is my hat?").conversation
    ann, number = Api(world.ann), iter(range(99))

    def do(action: str, params: Any) -> Any:
        body = {"ids": [str(conversation.id)], "action": action, "params": params}
        return ann.post("conversations/bulk/", body, Idempotency_Key=f"k{next(number)}")

    assert do("assign", {"agent": "me"}).data["done"] == 1
    assert do("assign", {"team": str(world.team.id)}).data["done"] == 1
    assert do("assign", {"agent": None}).data["done"] == 1
    assert do("priority", {"priority": 2}).data["done"] == 1
    later = (timezone.now() + timedelta(days=1)).isoformat()
    assert do("snooze", {"until": later}).data["done"] == 1
    assert do("read", {}).data["undoable"] is False
    for action, params in (
        ("assign", {}),
        ("priority", {"priority": 9}),
        ("snooze", {"until": "soon"}),
        ("tag", {"add": ["x"]}),
        ("delete", {}),
    ):
        assert do(action, params).status == 400, action
    body = {"ids": [str(conversation.id)], "action": "read"}
    assert ann.post("conversations/bulk/", body).status == 400  # no key
    assert BulkAction.objects.count() == 6
