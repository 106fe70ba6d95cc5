"""The pages of orders, and the buyer's side of a conversation."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inbox.models import Message
from inbox.search import index_buyer
from orders import running, services
from orders.models import Order, OrderAction, Product
from orders.stores.demo import DemoStore
from people.models import Agent, Buyer
from tests.orders.conftest import World, after_the_hold
from tests.orders.test_request import ask

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
Login = Callable[[Agent], Client]


@pytest.fixture
def login() -> Login:
    def log_in(agent: Agent) -> Client:
        client = Client()
        client.force_login(agent, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return log_in


@pytest.fixture
def client(world: World, login: Login) -> Client:
    return login(world.agent)


def read(client: Client, path: str, expect: int = 200, **query: str) -> str:
    response = client.get(path, query, headers=HTMX)
    assert response.status_code == expect, response.content[:500]
    return response.content.decode()


def form_path(world: World) -> str:
    return f"/orders/{world.order.id}/act/change_shipping_fee/"


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, f"no field {name}"
    return found.group(1)


# -- The list


def numbers(html: str) -> list[str]:
    return re.findall(r'<a class="strong num" href="[^"]+">([^<]+)</a>', html)


def test_the_list_shows_the_newest_first_and_goes_on_by_pages(world: World, client: Client) -> None:
    now = timezone.now()
    for n in range(120):
        # Many at one moment: a page must not lose or repeat those that share it.
        world.new_order(f"3{n:03}", placed_at=now - timedelta(minutes=n // 50))
    seen = numbers(page := read(client, "/orders/"))
    assert len(seen) == 50
    while found := re.search(r'hx-get="(/orders/\?[^"]*cursor=[^"]+)"', page):
        page = read(client, found.group(1).replace("&amp;", "&"))
        seen += numbers(page)
    assert len(seen) == 121
    expected = Order.objects.order_by("-placed_at", "-id").values_list("number", flat=True)
    assert seen == list(expected)


def test_a_cursor_that_is_none_shows_the_first_page(world: World, client: Client) -> None:
    for cursor in ("x", "é", "AAAA", "bm90IGEgZGF0ZSAx", "a" * 500):
        assert numbers(read(client, "/orders/", cursor=cursor)) == ["100234"]


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("100234", ["100234"]),
        ("#1002", ["100234"]),
        ("Ada", ["100234"]),
        ("ada buyer", ["100234"]),
        ("0100", ["100234"]),
        ("+1 555", ["100234"]),
        ("mug-1", ["100234", "777"]),
        ("0234", []),
        ("nobody", []),
        ("%", []),
        ("'; DROP TABLE orders_order; --", []),
        ("x" * 5000, []),
        ("李小", ["777"]),
    ],
)
def test_an_order_is_found_by_number_buyer_phone_and_sku(
    world: World, client: Client, q: str, found: list[str]
) -> None:
    index_buyer(world.buyer)
    chinese = Buyer.objects.create(store=world.store, external_id="2", name="李小明")
    index_buyer(chinese)
    world.new_order("777", buyer=chinese, placed_at=timezone.now() - timedelta(days=1))
    assert numbers(read(client, "/orders/", q=q)) == found


def test_the_list_can_be_narrowed_by_status_and_store(world: World, login: Login) -> None:
    world.new_order("777", status="paid")
    client = login(world.admin)
    assert numbers(read(client, "/orders/", status="paid")) == ["777"]
    assert numbers(read(client, "/orders/", status="unpaid", store="shop")) == ["100234"]
    assert numbers(read(client, "/orders/", store="other")) == []
    assert len(numbers(read(client, "/orders/", status="nonsense"))) == 2


def test_an_agent_sees_the_orders_of_their_own_stores_only(world: World, login: Login) -> None:
    index_buyer(world.buyer)
    stranger = login(world.stranger)
    assert numbers(read(stranger, "/orders/")) == []
    assert numbers(read(stranger, "/orders/", q="100234")) == []
    assert numbers(read(stranger, "/orders/", q="Ada")) == []
    action = ask(world)
    conversation = world.conversation.id
    for path in (
        f"/orders/{world.order.id}/",
        f"/orders/{world.order.id}/act/",
        form_path(world),
        form_path(world) + "preview/",
        f"/inbox/{conversation}/panel/orders/",
        f"/inbox/{conversation}/panel/orders/{world.order.id}/",
        f"/inbox/{conversation}/panel/buyer/",
        f"/inbox/{conversation}/panel/products/",
        f"/orders/{uuid4()}/",
    ):
        read(stranger, path, 404)
    for path in (
        form_path(world),
        f"/orders/actions/{action.id}/take-back/",
        f"/orders/actions/{action.id}/run-now/",
        f"/orders/actions/{action.id}/undo/",
        f"/inbox/{conversation}/panel/orders/{world.order.id}/card/",
        f"/inbox/{conversation}/panel/buyer/note/",
    ):
        assert stranger.post(path, {"note": "x"}).status_code == 404
    assert OrderAction.objects.get().state == "held"


def test_nobody_sees_anything_without_a_log_in(world: World) -> None:
    for path in ("/orders/", f"/orders/{world.order.id}/", f"/inbox/{world.conversation.id}/panel/orders/"):
        assert Client().get(path).status_code == 302
        assert Client().get(path, headers=HTMX).status_code == 401


# -- Numbers of queries


def count(work: Callable[[], Any]) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        work()
    return len(queries)


def test_what_is_bounded_is_the_newest_and_the_nearest(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More people have such a number, and more products begin so, than are looked at."""
    monkeypatch.setattr("orders.listing.NEWEST", 2)
    monkeypatch.setattr("orders.listing.PRODUCTS", 2)
    for n in range(5):
        buyer = Buyer.objects.create(store=world.store, name=f"Caller {n}", phone=f"+4930 55512{n}")
        world.new_order(f"5{n:03}", buyer=buyer)
    assert set(numbers(read(client, "/orders/", q="30 5551"))) == {"5004", "5003"}
    for n, sku in enumerate(("CUP-30", "CUP-31", "CUP-3")):
        product = Product.objects.create(store=world.store, sku=sku, name=sku, price=100, currency="USD")
        world.new_order(f"6{n:03}").lines.update(product=product)
    assert set(numbers(read(client, "/orders/", q="CUP-3"))) == {"6002", "6000"}


@pytest.mark.parametrize("path", ["/orders/", "/orders/?q=1", "panel"])
def test_the_number_of_queries_does_not_grow_with_what_is_shown(
    world: World, client: Client, path: str
) -> None:
    path = f"/inbox/{world.conversation.id}/panel/orders/" if path == "panel" else path
    read(client, path)
    one = count(lambda: read(client, path))
    for n in range(15):
        order = world.new_order(f"1{n:03}")
        action = ask(world, order_id=order.id, key=f"k{n}")
        OrderAction.objects.filter(pk=action.pk).update(state="done", finished_at=timezone.now())
    assert count(lambda: read(client, path)) == one
    assert one <= 22


# -- The page of one order


@pytest.mark.django_db(transaction=True)
def test_the_page_tells_who_changed_what_from_what_to_what_and_when(world: World, client: Client) -> None:
    action = ask(world, 190, reason="Late <b>parcel</b>")
    running.run_action(action.id, now=after_the_hold(action))
    html = read(client, f"/orders/{world.order.id}/")
    trail = html[html.index('class="trail"') :]
    for words in ("Agent", "$6.90", "$1.90", "$54.90", "$49.90", "Late &lt;b&gt;parcel&lt;/b&gt;"):
        assert words in trail


@pytest.mark.parametrize("field", ["name", "line1", "city"])
def test_what_people_typed_is_shown_and_never_run(world: World, client: Client, field: str) -> None:
    evil = "<script>alert(1)</script>"
    world.order.address = {field: evil, "country": "FI"}
    world.order.buyer_note = evil
    world.order.save()
    world.order.lines.update(name=evil, variant=evil, sku=evil)
    Buyer.objects.update(name=evil, note=evil)
    Product.objects.update(name=evil, category=evil, color='"/><b>')
    panel = f"/inbox/{world.conversation.id}/panel/"
    paths = (
        "/orders/",
        f"/orders/{world.order.id}/",
        f"{panel}orders/",
        f"{panel}buyer/",
        f"{panel}products/",
    )
    for path in paths:
        html = read(client, path)
        assert "<script>alert" not in html
        assert "&lt;script&gt;" in html


# -- Actions


def test_a_shipping_fee_is_waived_in_two_steps(world: World, client: Client) -> None:
    form = read(client, form_path(world), preset="waive", conversation=str(world.conversation.id))
    assert "$6.90" in form
    assert "$0.00" in form
    assert "$48.00" in form
    said = {
        "fee": "0",
        "reason": "",
        "key": hidden(form, "key"),
        "seen": hidden(form, "seen"),
        "conversation": hidden(form, "conversation"),
    }
    for _ in range(2):  # a double click
        response = client.post(form_path(world), said, headers=HTMX)
        assert response.status_code == 200
        assert "Take back" in response.content.decode()
    action = OrderAction.objects.get()
    assert (action.state, action.params) == ("held", {"shipping_fee": 0})
    assert action.conversation_id == world.conversation.id


@pytest.mark.parametrize(
    ("fee", "words"),
    [
        ("", "required"),
        ("abc", "such as 5.00"),
        ("NaN", "such as 5.00"),
        ("Infinity", "such as 5.00"),
        ("1e400", "such as 5.00"),
        ("0.001", "such as 5.00"),
        ("-1", "below zero"),
        ("999999", "too large"),
        ("6.90", "already"),
    ],
)
def test_what_cannot_be_is_said_in_the_form(world: World, client: Client, fee: str, words: str) -> None:
    preview = read(client, form_path(world) + "preview/", fee=fee)
    said = {"fee": fee, "key": "k1", "seen": "1", "reason": ""}
    response = client.post(form_path(world), said, headers=HTMX)
    assert words in preview
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not OrderAction.objects.exists()


def test_a_limit_is_said_before_and_after_it_is_hit(world: World, client: Client, settings: Any) -> None:
    settings.ORDER_LIMITS = {"agent": {"change_shipping_fee": {"per_order": 500}}}
    preview = read(client, form_path(world) + "preview/", fee="0")
    assert "$5.00" in preview
    assert "Ask for approval" in preview
    response = client.post(form_path(world), {"fee": "0", "key": "k1", "seen": "1"}, headers=HTMX)
    assert response.status_code == 422
    assert "Say why" in response.content.decode()
    assert not OrderAction.objects.exists()
    said = {"fee": "0", "key": "k1", "seen": "1", "reason": "Late parcel"}
    assert "Waits for a supervisor" in client.post(form_path(world), said, headers=HTMX).content.decode()


def test_a_form_that_shows_an_order_of_before_is_shown_again(world: World, client: Client) -> None:
    Order.objects.update(version=2, items_total=9900)
    response = client.post(form_path(world), {"fee": "0", "key": "k1", "seen": "1"}, headers=HTMX)
    html = response.content.decode()
    assert response.status_code == 422
    assert "changed meanwhile" in html
    assert "$99.00" in html
    assert hidden(html, "key") == "k1"
    assert not OrderAction.objects.exists()


def test_a_fee_is_written_as_people_write_it(world: World, client: Client) -> None:
    client.post(form_path(world), {"fee": "5,90", "key": "k1", "seen": "1"}, headers=HTMX)
    assert OrderAction.objects.get().params == {"shipping_fee": 590}


@pytest.mark.django_db(transaction=True)
def test_the_block_goes_from_held_to_done_to_undo(world: World, client: Client) -> None:
    action = ask(world)
    act = f"/orders/{world.order.id}/act/"
    assert "Take back" in read(client, act)
    assert client.post(f"/orders/actions/{action.id}/run-now/").status_code == 200
    running.run_action(action.id)
    html = read(client, act)
    assert "Undo" in html
    response = client.post(f"/orders/actions/{action.id}/undo/", {"key": hidden(html, "key")})
    assert response.status_code == 200
    back = OrderAction.objects.get(undoes=action)
    services.take_back(agent=world.agent, action_id=back.id)
    assert client.post(f"/orders/actions/{back.id}/run-now/").status_code == 422


def test_too_late_is_said_in_the_block(world: World, client: Client) -> None:
    action = ask(world)
    OrderAction.objects.update(state="running")
    response = client.post(f"/orders/actions/{action.id}/take-back/")
    assert response.status_code == 422
    assert "too late" in response.content.decode()


def test_what_is_not_possible_stands_in_the_menu_with_its_reason(world: World, client: Client) -> None:
    Order.objects.update(status="paid")
    html = read(client, f"/orders/{world.order.id}/act/")
    assert "act/change_shipping_fee/" not in html
    assert "act/change_address/" in html
    assert "its shipping fee cannot change any more" in html


def test_what_the_stores_system_cannot_do_is_not_offered(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DemoStore, "capabilities", frozenset({"change_address"}))
    html = read(client, f"/orders/{world.order.id}/act/")
    assert "act/change_address/" in html
    for label in ("Change shipping fee", "Refund", "Cancel order", "Edit items"):
        assert label not in html


def test_an_action_that_is_not_installed_is_not_found(world: World, client: Client) -> None:
    read(client, f"/orders/{world.order.id}/act/give_away/", 404)


# -- The buyer's side


def panel(world: World, tab: str) -> str:
    return f"/inbox/{world.conversation.id}/panel/{tab}/"


def test_the_panel_shows_the_orders_of_this_buyer_the_newest_open(world: World, client: Client) -> None:
    world.new_order("100300", placed_at=timezone.now() + timedelta(minutes=1))
    eve = Buyer.objects.create(store=world.store, external_id="666", name="Eve")
    world.new_order("100999", buyer=eve)
    html = read(client, panel(world, "orders"))
    assert re.findall(r'<details[^>]*id="order-[^"]+"[^>]*>', html)[0].endswith(" open>")
    assert html.index("100300") < html.index("100234")
    assert "100999" not in html
    theirs = Order.objects.get(number="100999")
    # Looked up by an agent who serves the store, it can be seen, and has no way into this chat.
    assert "/card/" not in read(client, f"{panel(world, 'orders')}{theirs.id}/")


def test_a_card_is_sent_with_one_click_and_once(world: World, client: Client) -> None:
    html = read(client, panel(world, "orders"))
    said = {"client_id": hidden(html, "client_id")}
    path = f"{panel(world, 'orders')}{world.order.id}/card/"
    for _ in range(2):
        response = client.post(path, said, headers=HTMX)
        assert response.status_code == 200
    card = Message.objects.get(kind="card")
    assert (card.data or {})["order"]["number"] == "100234"
    assert hidden(response.content.decode(), "client_id") != said["client_id"]


def test_the_buyer_tab_says_who_it_is(world: World, client: Client) -> None:
    Order.objects.update(status="paid", paid=5490)
    Buyer.objects.update(time_zone="Asia/Shanghai", country="CN", language="zh-hans")
    html = read(client, panel(world, "buyer"))
    for words in (
        "Ada Buyer",
        "+1 555 0100",
        "Verified",
        "$54.90",
        "Asia/Shanghai",
        "China",
        "Simplified Chinese",
    ):
        assert words in html


def test_a_note_is_kept_and_never_leaves_for_the_buyer(
    world: World, client: Client, frames: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    path = panel(world, "buyer") + "note/"
    with django_capture_on_commit_callbacks(execute=True):
        assert "Saved" in client.post(path, {"note": "Likes blue"}, headers=HTMX).content.decode()
    world.buyer.refresh_from_db()
    assert world.buyer.note == "Likes blue"
    assert [topics for topics, _ in frames] == [(f"store.{world.store.id}",)]
    assert client.post(path, {"note": "x" * 2001}, headers=HTMX).status_code == 422


@pytest.mark.parametrize(
    ("q", "found"), [("", 3), ("mug", 1), ("big tea", 1), ("tea-", 2), ("茶", 1), ("kitchen", 1), ("%", 0)]
)
def test_products_are_found_as_one_types(world: World, client: Client, q: str, found: int) -> None:
    fields = {"store": world.store, "price": 100, "currency": "USD"}
    Product.objects.create(sku="TEA-1", name="Big tea pot", category="Kitchen", **fields)
    Product.objects.create(sku="TEA-2", name="绿茶", stock=3, **fields)
    Product.objects.create(sku="OLD", name="Old mug", active=False, **fields)
    path = panel(world, "products")
    html = read(client, path, q=q) if q else read(client, path)
    assert html.count('class="product"') == found


def test_ids_that_are_none_are_not_found(client: Client) -> None:
    for path in ("/orders/x/", "/inbox/x/panel/orders/", f"/inbox/{UUID(int=0)}/panel/orders/"):
        assert client.get(path).status_code == 404
