"""What is suggested for a buyer's message: when somebody looks, by what was used before, and free for who writes."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inbox.cards import send_card
from inbox.errors import NotFound
from inbox.models import Conversation, Message
from inbox.suggesting import all_suggesters
from knowledge.models import Article, Suggestion
from knowledge.services.suggestions import Shown, settle, suggest, use
from knowledge.tasks import settle_suggestions
from orders.models import Order, Shipment
from tests.factories import World, agent_says, buyer_says, make_buyer, make_order
from tests.knowledge.beside import asks, canned, live, logged_in, shelf

pytestmark = pytest.mark.django_db


def shown(world: World, conversation: Conversation, message: Message, **more: Any) -> list[Shown]:
    return suggest(agent=more.get("agent", world.ann), conversation_id=conversation.id, message_id=message.id)


def labels(found: list[Shown]) -> list[str]:
    return [one.offer.label for one in found]


def test_a_question_gets_articles_replies_and_facts_of_the_order(world: World) -> None:
    shelf(world)
    live(world, "Where is my delayed parcel?", "Look at the tracking.\n")
    canned("parcel", "Your parcel", "Hello {{buyer.name}}, your parcel is on its way.")
    canned("size", "Sizes", "Our sizes run large.")
    Shipment.objects.create(order=world.order, carrier="DHL", tracking_number="T1", shipped_at=timezone.now())
    found = shown(world, *asks(world, "Hello, where is my delayed parcel?"))
    assert {one.offer.kind for one in found} == {"article", "canned", "order"}
    by_kind = {one.offer.kind: one.offer for one in found}
    assert by_kind["order"].card == ("tracking", str(world.order.id))
    assert by_kind["canned"].insert == "Hello Kim Buyer, your parcel is on its way."
    assert by_kind["article"].label == "Where is my delayed parcel?"
    assert labels(found).count("Sizes") == 0


def test_what_is_suggested_can_be_sent(world: World) -> None:
    conversation, message = asks(world, "How do I pay?")
    Order.objects.update(pay_url="https://shop.test/pay")
    found = [one.offer.card for one in shown(world, conversation, message) if one.offer.card]
    assert found == [("payment", str(world.order.id))]
    for number, (kind, ref) in enumerate(found):
        send_card(
            agent=world.ann,
            stores=None,
            conversation_id=conversation.id,
            kind=kind,
            ref=ref,
            client_id=f"c{number}",
        )


def test_a_greeting_suggests_nothing(world: World) -> None:
    live(world, "Hello from our shop")
    canned("hello", "Hello", "Hello! How can we help you?")
    assert shown(world, *asks(world, "Hello")) == []
    assert not Suggestion.objects.exists()


def test_a_fresh_store_has_replies_and_facts_of_orders_alone(world: World) -> None:
    canned("address", "Change of address", "We have changed the address.")
    Order.objects.update(address={"line1": "1 Street", "city": "Town", "country": "US"})
    found = shown(world, *asks(world, "The address is wrong"))
    assert {one.offer.kind for one in found} == {"canned", "order"}


def test_looked_at_again_and_by_others_it_was_shown_once(world: World) -> None:
    shelf(world)
    live(world, "Where is my delayed parcel?")
    conversation, message = asks(world, "Where is my delayed parcel?")
    first = shown(world, conversation, message)
    second = shown(world, conversation, message, agent=world.bob)
    assert [one.id for one in first] == [one.id for one in second]
    row = Suggestion.objects.get()
    assert (row.state, row.agent, row.place, row.store) == ("shown", world.ann, 1, world.store)


def test_what_is_used_rises_and_what_is_ignored_sinks(world: World) -> None:
    # Two replies that fit equally well; without a past the order is that of their ids.
    one, two = canned("a", "Express parcel", "One."), canned("b", "Express parcel", "Two.")
    for n in range(3):
        conversation, message = asks(world, f"Is the express parcel fast? {n}")
        found = {row.offer.ref: row for row in shown(world, conversation, message)}
        use(agent=world.ann, suggestion_id=found[str(two.id)].id)
        agent_says(world.ann, conversation, "Yes")
    conversation, message = asks(world, "Is the express parcel fast?")
    assert [row.offer.ref for row in shown(world, conversation, message)] == [str(two.id), str(one.id)]
    states = (
        Suggestion.objects.exclude(state="shown").order_by("about", "state").values_list("about", "state")
    )
    assert set(states) == {(str(one.id), "ignored"), (str(two.id), "used")}

    # And the other way round, once that is what agents do.
    for n in range(12):
        agent_says(world.ann, conversation, "Yes")
        conversation, message = asks(world, f"Is the express parcel fast? again {n}")
        found = {row.offer.ref: row for row in shown(world, conversation, message)}
        use(agent=world.ann, suggestion_id=found[str(one.id)].id)
    agent_says(world.ann, conversation, "Yes")
    assert [row.offer.ref for row in shown(world, *asks(world, "Express parcel?"))] == [
        str(one.id),
        str(two.id),
    ]


def test_what_another_store_learned_is_its_own(world: World) -> None:
    one, two = canned("a", "Express parcel", "One."), canned("b", "Express parcel", "Two.")
    conversation, message = asks(world, "Express parcel?")
    found = {row.offer.ref: row for row in shown(world, conversation, message)}
    use(agent=world.ann, suggestion_id=found[str(two.id)].id)
    elsewhere = buyer_says(make_buyer(world.other_store), "Express parcel?")
    there = suggest(
        agent=world.zoe, conversation_id=elsewhere.conversation.id, message_id=elsewhere.message.id
    )
    assert [row.offer.ref for row in there] == sorted([str(one.id), str(two.id)])


def test_an_old_past_is_forgotten(world: World) -> None:
    canned("a", "Express parcel", "One.")
    two = canned("b", "Express parcel", "Two.")
    conversation, message = asks(world, "Express parcel?")
    found = {row.offer.ref: row for row in shown(world, conversation, message)}
    use(agent=world.ann, suggestion_id=found[str(two.id)].id)
    assert labels_first(world, "Express parcel again?") == str(two.id)
    Suggestion.objects.update(shown_at=timezone.now() - timedelta(days=91))
    assert labels_first(world, "Express parcel once more?") != str(two.id)


def labels_first(world: World, question: str) -> str:
    return shown(world, *asks(world, question))[0].offer.ref


def test_used_is_counted_once_and_the_article_knows(world: World) -> None:
    shelf(world)
    text = live(world, "Where is my delayed parcel?")
    [row] = shown(world, *asks(world, "Where is my delayed parcel?"))
    for _ in range(3):
        use(agent=world.bob, suggestion_id=row.id)
    assert Article.objects.get(pk=text.article_id).solved_count == 1
    assert Suggestion.objects.get().agent == world.bob


def test_ignored_is_what_the_buyer_was_answered_without(world: World) -> None:
    shelf(world)
    live(world, "Where is my delayed parcel?")
    conversation, message = asks(world, "Where is my delayed parcel?")
    [row] = shown(world, conversation, message)
    agent_says(world.ann, conversation, "Asking the depot", private=True)
    assert settle() == 0  # a note is no answer
    agent_says(world.bob, conversation, "It is on its way")
    settle_suggestions()
    found = Suggestion.objects.get()
    assert (found.state, found.settled_at is not None) == ("ignored", True)
    assert settle() == 0
    # Who clicks after all has used it.
    use(agent=world.ann, suggestion_id=row.id)
    assert Suggestion.objects.get().state == "used"
    settle()
    assert Suggestion.objects.get().state == "used"


def test_what_is_answered_suggests_nothing_more(world: World) -> None:
    shelf(world)
    live(world, "Where is my delayed parcel?")
    conversation, message = asks(world, "Where is my delayed parcel?")
    agent_says(world.ann, conversation, "On its way")
    assert shown(world, conversation, message) == []
    assert not Suggestion.objects.exists()


def test_strangers_and_forged_ids_find_nothing(world: World) -> None:
    shelf(world)
    live(world, "Where is my delayed parcel?")
    conversation, message = asks(world, "Where is my delayed parcel?")
    [row] = shown(world, conversation, message)
    own = agent_says(world.ann, conversation, "Hm", private=True).message
    elsewhere = buyer_says(make_buyer(world.store), "Where is my delayed parcel?").message
    for agent, of in [(world.zoe, message), (world.ann, own), (world.ann, elsewhere)]:
        with pytest.raises(NotFound):
            shown(world, conversation, of, agent=agent)
    with pytest.raises(NotFound):
        use(agent=world.zoe, suggestion_id=row.id)
    address = f"/knowledge/suggestions/{row.id}/used/"
    assert logged_in(world.zoe).post(address).status_code == 404
    assert logged_in(world.ann).get(address).status_code == 405
    assert logged_in(world.ann).post(address).status_code == 204
    assert Suggestion.objects.get().state == "used"


@pytest.mark.parametrize(
    "body",
    [
        "x" * 10_000,
        "地址" * 5_000,
        "AND OR NOT ( * \" '",
        "🙂🙂🙂",
        "parcel " * 1_400,
        "%_\\{{order.number}}",
    ],
)
def test_whatever_a_buyer_writes_nothing_breaks(world: World, body: str) -> None:
    shelf(world)
    live(world, "Where is my delayed parcel?")
    canned("parcel", "Your parcel", "It is on its way.")
    shown(world, *asks(world, body))


def test_who_writes_pays_nothing_for_it(world: World) -> None:
    shelf(world)
    live(world, "Where is my delayed parcel?")
    canned("parcel", "Your parcel", "It is on its way.")
    conversation, message = asks(world, "Where is my delayed parcel?")
    shown(world, conversation, message)
    for say in (
        lambda: buyer_says(world.kim, "Where is my delayed parcel?"),
        lambda: agent_says(world.ann, conversation, "On its way"),
    ):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            say()
        assert not [query["sql"] for query in asked if "knowledge_" in query["sql"]]
        assert not [query["sql"] for query in asked if "cannedreply" in query["sql"]]


def test_a_look_costs_a_bounded_number_of_queries(world: World) -> None:
    def cost(question: str) -> int:
        conversation, message = asks(world, question)
        with CaptureQueriesContext(connection) as asked:
            shown(world, conversation, message)
        agent_says(world.ann, conversation, "Yes")
        return len(asked)

    for n in range(2):
        live(world, f"Where is my delayed parcel {n}?")
        canned(f"parcel{n}", f"Your parcel {n}", "It is on its way, {{order.number}}.")
    cost("Where is my delayed parcel?")
    few = cost("Where is my delayed parcel?")
    for n in range(10):
        live(world, f"Where is my other delayed parcel {n}?")
        canned(f"other{n}", f"Your other parcel {n}", "It is on its way, {{order.number}}.")
        make_order(world.kim, f"2000{n}")
    assert cost("Where is my delayed parcel?") <= few + 2


def test_every_suggester_has_a_kind_of_its_own() -> None:
    kinds = [suggester.kind for suggester in all_suggesters()]
    assert sorted(kinds) == ["article", "canned", "order"]
