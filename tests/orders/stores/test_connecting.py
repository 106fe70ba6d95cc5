"""The page of a store's connection: for admins, secrets go in and never out."""

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.test import Client

from events.models import Event
from orders.connecting import connect, disconnect
from orders.models import Connection, StoreHook
from orders.services import request_action
from orders.stores.woocommerce import WooCommerceStore
from people.models import Store
from tests.orders.conftest import World

pytestmark = pytest.mark.django_db
VALUES = {
    "url": "https://shop.test",
    "consumer_key": "ck_1",
    "consumer_secret": "cs_1",
    "webhook_secret": "",
    "refund_by_provider": True,
}


@pytest.fixture
def store(world: World) -> Store:
    return Store.objects.create(key="lamps", name="Lamps", currency="EUR")


@pytest.fixture
def admin(world: World) -> Client:
    client = Client()
    client.force_login(world.admin)
    return client


def path(store: Store, more: str = "") -> str:
    return f"/settings/stores/{store.pk}/connection/{more}"


def test_a_store_is_connected_by_its_form(admin: Client, store: Store) -> None:
    answer = admin.post(path(store) + "?kind=woocommerce", VALUES)
    assert (answer.status_code, answer["Location"]) == (302, path(store) + "?test=1")
    connection = Connection.objects.get(store=store)
    assert connection.config == {
        "url": "https://shop.test",
        "refund_by_provider": True,
        "shipping_methods": [],
    }
    assert connection.secrets == {"consumer_key": "ck_1", "consumer_secret": "cs_1"}
    event = Event.objects.get(name="connection.changed")
    assert event.data["after"]["new_secrets"] == ["consumer_key", "consumer_secret"]
    assert "cs_1" not in str(event.data)


def test_what_is_typed_as_ways_of_shipping_is_what_agents_choose_from(admin: Client, store: Store) -> None:
    typed = {**VALUES, "shipping_methods": "Standard \r\n\r\n Express  Saver\r\nStandard"}
    assert admin.post(path(store) + "?kind=woocommerce", typed).status_code == 302
    connector = WooCommerceStore(Connection.objects.get(store=store))
    assert [one.name for one in connector.shipping_methods()] == ["Standard", "Express Saver"]
    assert "Standard\nExpress Saver</textarea>" in admin.get(path(store)).content.decode()


@pytest.mark.parametrize("typed", ["x" * 81, "\n".join(map(str, range(21))), "a\x00b"])
def test_what_cannot_be_a_way_of_shipping_is_refused(admin: Client, store: Store, typed: str) -> None:
    answer = admin.post(path(store) + "?kind=woocommerce", {**VALUES, "shipping_methods": typed})
    assert answer.status_code == 200
    assert not Connection.objects.filter(store=store).exists()


def test_secrets_are_never_shown_and_stay_when_left_empty(admin: Client, world: World, store: Store) -> None:
    connect(actor=world.admin, store=store, connector=WooCommerceStore, values=VALUES)
    page = admin.get(path(store)).content.decode()
    assert "ck_1" not in page
    assert "cs_1" not in page
    again = {**VALUES, "consumer_key": "", "consumer_secret": "", "webhook_secret": "hook"}
    assert admin.post(path(store), again).status_code == 302
    secrets = Connection.objects.get(store=store).secrets
    assert secrets == {"consumer_key": "ck_1", "consumer_secret": "cs_1", "webhook_secret": "hook"}


def test_a_form_that_is_not_right_is_shown_again_without_its_secrets(admin: Client, store: Store) -> None:
    for url in ("", "nonsense", "http://shop.test", "https://user:pw@shop.test", "https://shop.test/?key=1"):
        answer = admin.post(path(store) + "?kind=woocommerce", {**VALUES, "url": url})
        assert answer.status_code == 200
        assert "cs_1" not in answer.content.decode()
    assert not Connection.objects.filter(store=store).exists()


def test_without_its_key_a_store_says_so_and_is_typed_in_anew(
    admin: Client, world: World, store: Store, settings: Any
) -> None:
    connect(actor=world.admin, store=store, connector=WooCommerceStore, values=VALUES)
    settings.CREDENTIALS_KEYS = [Fernet.generate_key().decode()]
    assert "No key of CREDENTIALS_KEYS" in admin.post(path(store, "test/")).content.decode()
    assert admin.get(path(store)).status_code == 200
    assert admin.post(path(store), VALUES).status_code == 302
    assert Connection.objects.get(store=store).secrets["consumer_key"] == "ck_1"


def test_another_shop_is_asked_for_everything_anew(world: World, store: Store) -> None:
    connect(actor=world.admin, store=store, connector=WooCommerceStore, values=VALUES)
    Connection.objects.filter(store=store).update(synced_to="m", trouble="t")
    connect(actor=world.admin, store=store, connector=WooCommerceStore, values=VALUES)
    assert Connection.objects.get(store=store).synced_to == "m"
    connect(
        actor=world.admin,
        store=store,
        connector=WooCommerceStore,
        values={**VALUES, "url": "https://new.test"},
    )
    assert Connection.objects.get(store=store).synced_to == ""


@pytest.mark.parametrize("who", ["agent", "supervisor"])
def test_to_all_but_admins_it_is_not_there(world: World, store: Store, who: str) -> None:
    client = Client()
    client.force_login(getattr(world, who))
    assert client.get(path(store)).status_code == 404
    for more in ("test/", "sync/", "end/", "keys/push_key/", "hooks/1/"):
        assert client.post(path(store, more)).status_code == 404


def test_what_does_not_exist_is_not_there(admin: Client, store: Store) -> None:
    for more in ("test/", "sync/", "keys/push_key/", "hooks/1/"):
        assert admin.post(path(store, more)).status_code == 404
    assert admin.get(path(store) + "?kind=nonsense").status_code == 200
    Connection.objects.create(store=store, kind="woocommerce")
    assert admin.post(path(store, "keys/push_key/")).status_code == 404
    assert admin.post(path(store, "hooks/999/")).status_code == 404


def test_a_test_says_in_words_what_is_wrong(admin: Client, world: World, store: Store) -> None:
    connect(
        actor=world.admin,
        store=store,
        connector=WooCommerceStore,
        values={**VALUES, "url": "https://127.0.0.1:1"},
    )
    answer = admin.post(path(store, "test/"))
    assert "The store cannot be reached at this address." in answer.content.decode()


def test_failed_webhooks_are_shown_and_tried_again(admin: Client, world: World, store: Store) -> None:
    connection = connect(actor=world.admin, store=store, connector=WooCommerceStore, values=VALUES)
    hook = StoreHook.objects.create(
        connection=connection, delivery="1", topic="order.updated", body=b"{", state="failed", error="No <b>."
    )
    page = admin.get(path(store)).content.decode()
    assert "order.updated" in page
    assert "No &lt;b&gt;." in page
    assert admin.post(path(store, f"hooks/{hook.pk}/")).status_code == 302
    hook.refresh_from_db()
    assert hook.state == "new"


def test_a_store_is_disconnected_but_not_under_an_action(world: World) -> None:
    request_action(
        agent=world.agent,
        order_id=world.order.pk,
        kind="change_shipping_fee",
        params={"shipping_fee": 0},
        idempotency_key="1",
    )
    assert disconnect(actor=world.admin, store=world.store) is False
    world.order.actions.all().delete()
    assert disconnect(actor=world.admin, store=world.store) is True
    assert not Connection.objects.filter(store=world.store).exists()
    assert disconnect(actor=world.admin, store=world.store) is True


def test_stores_without_a_connection_are_told(
    admin: Client, store: Store, django_assert_max_num_queries: Any
) -> None:
    for index in range(5):
        Store.objects.create(key=f"s{index}", name=f"S{index}", currency="EUR")
    with django_assert_max_num_queries(13):
        page = admin.get("/settings/stores/").content.decode()
    assert page.count("Not connected") == 6
    assert "Not connected" in admin.get(f"/settings/stores/{store.pk}/").content.decode()


def test_a_new_key_is_shown_once(admin: Client, world: World, store: Store) -> None:
    admin.post(path(store) + "?kind=push", {"url": ""})
    answer = admin.post(path(store, "keys/push_key/"))
    shown = answer.content.decode()
    assert f"push_{store.pk.hex}_" in shown
    assert answer["Cache-Control"] == "no-store"
    assert f"push_{store.pk.hex}_" not in admin.get(path(store)).content.decode()
