"""Who may see what: every kind of agent against everything that belongs to a store."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from inbox.access import attachments_for, conversations_for, store_ids_for
from inbox.models import Attachment
from people.access import agents_for, buyers_for, stores_for
from people.models import Agent
from tests.factories import World, buyer_says, make_agent, make_buyer, make_store, make_team

pytestmark = pytest.mark.django_db


def lee(world: World) -> Any:
    """A buyer of the other store."""
    return make_buyer(world.other_store, external_id="7", name="Lee")


def matrix(world: World) -> dict[str, tuple[Agent, set[str]]]:
    """Every kind of agent, with the keys of the stores they serve."""
    both = make_agent("Both", world.team, world.other_team)
    return {
        "agent": (world.ann, {"shop"}),
        "supervisor": (world.sue, {"shop"}),
        "stranger": (world.zoe, {"other"}),
        "in both teams": (both, {"shop", "other"}),
        "in no team": (make_agent("None"), set()),
        "supervisor in no team": (make_agent("Nosue", role="supervisor"), set()),
        "in a team without stores": (make_agent("Bare", make_team("Bare")), set()),
        "admin": (world.eve, {"shop", "other"}),
        "disabled": (make_agent("Off", world.team, is_active=False), set()),
        "disabled admin": (make_agent("Offadmin", role="admin", is_active=False), set()),
    }


KINDS = [
    "agent",
    "supervisor",
    "stranger",
    "in both teams",
    "in no team",
    "supervisor in no team",
    "in a team without stores",
    "admin",
    "disabled",
    "disabled admin",
]


@pytest.mark.parametrize("kind", KINDS)
def test_an_agent_sees_what_belongs_to_the_stores_of_their_teams(world: World, kind: str) -> None:
    other = lee(world)
    for buyer in (world.kim, other):
        buyer_says(buyer)
    agent, keys = matrix(world)[kind]
    seen: dict[str, Callable[[], set[str]]] = {
        "stores": lambda: {store.key for store in stores_for(agent)},
        "buyers": lambda: {buyer.store.key for buyer in buyers_for(agent)},
        "conversations": lambda: {conversation.store.key for conversation in conversations_for(agent)},
    }
    for what, look in seen.items():
        assert look() == keys, what
    ids = store_ids_for(agent)
    assert ids is None or ids == frozenset(stores_for(agent).values_list("id", flat=True))
    assert (ids is None) == (keys == {"shop", "other"})


def test_the_matrix_has_every_kind(world: World) -> None:
    assert list(matrix(world)) == KINDS
    assert stores_for(AnonymousUser()).count() == 0 if hasattr(AnonymousUser(), "role") else True


def test_a_store_that_is_added_is_not_seen_by_who_saw_all_there_were(world: World) -> None:
    """`None` means every store there is, so it must not outlive the moment."""
    both = make_agent("Both", world.team, world.other_team)
    assert store_ids_for(both) is None
    third = make_store("third")
    assert store_ids_for(both) == {world.store.id, world.other_store.id}
    assert third not in stores_for(both)
    assert third in stores_for(world.eve)


def test_a_store_in_two_of_ones_teams_is_seen_once(world: World) -> None:
    second = make_team("Second", world.store)
    world.ann.teams.add(second)
    buyer_says(world.kim)
    assert (
        stores_for(world.ann).count()
        == buyers_for(world.ann).count()
        == conversations_for(world.ann).count()
        == 1
    )


def test_colleagues_are_those_who_share_a_store_and_the_admins(world: World) -> None:
    make_agent("Off", world.team, is_active=False)
    assert {agent.name for agent in agents_for(world.ann)} == {"Ann", "Bob", "Sue", "Eve"}
    assert {agent.name for agent in agents_for(world.zoe)} == {"Zoe", "Eve"}
    assert {agent.name for agent in agents_for(world.eve)} == {"Ann", "Bob", "Sue", "Zoe", "Eve"}
    assert {agent.name for agent in agents_for(make_agent("None"))} == {"Eve"}


def test_files_follow_their_conversations(world: World) -> None:
    conversation = buyer_says(world.kim).conversation
    message = conversation.messages.get()
    fields = {"file": "x", "name": "a", "media_type": "image/png", "size": 1}
    Attachment.objects.create(uploader="buyer:x", conversation=conversation, message=message, **fields)
    Attachment.objects.create(uploader=f"agent:{world.zoe.id}", **fields)
    assert attachments_for(world.ann).count() == 1
    assert [file.uploader for file in attachments_for(world.zoe)] == [f"agent:{world.zoe.id}"]
    disabled = make_agent("Off", world.team, is_active=False)
    assert not attachments_for(disabled).exists()
