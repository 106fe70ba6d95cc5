"""The settings pages of what the inbox works with: stores, tags, canned replies."""

import pytest
from django.test import Client

from events.models import Event
from inbox.canned import canned_for, fill_in
from inbox.models import CannedReply, Channel, Conversation, Tag
from people.models import Agent, Store
from tests import factories

pytestmark = pytest.mark.django_db

STORE = {
    "name": "North",
    "key": "north",
    "color": "#2F6FED",
    "greeting": "Hello!",
    "language": "en",
    "time_zone": "Europe/Helsinki",
    "currency": "eur",
    "country": "fi",
    "origins": "https://north.example/\nhttps://www.north.example:8443",
}


def browser(agent: Agent) -> Client:
    client = Client()
    client.cookies["sessionid"] = factories.log_in(agent)
    return client


# -- Stores


def test_a_new_store_can_be_written_to_at_once(world):
    answer = browser(world.eve).post("/settings/stores/new/", STORE)

    store = Store.objects.get(key="north")
    assert answer.headers["Location"] == f"/settings/stores/{store.id}/"
    assert (store.color, store.currency, store.country) == ("#2f6fed", "EUR", "FI")
    assert store.origins == ["https://north.example", "https://www.north.example:8443"]
    assert Channel.objects.filter(store=store, kind="widget", active=True).exists()
    assert Event.objects.filter(name="store.changed", store_id=store.id, actor_id=world.eve.id).exists()


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("color", "red"),
        ("color", "#12345g"),
        ("currency", "XYZW"),
        ("currency", "QQQ"),
        ("country", "Finland"),
        ("time_zone", "Mars/Olympus"),
        ("key", "two words"),
        ("key", "shop"),
        ("origins", "north.example"),
        ("origins", "https://north.example/shop"),
        ("origins", "javascript://north.example"),
        ("origins", "https://user@north.example"),
        ("origins", "https://north.example:99999"),
        ("origins", "https://*"),
    ],
)
def test_a_store_is_not_saved_with_nonsense(world, field, wrong):
    answer = browser(world.eve).post("/settings/stores/new/", STORE | {field: wrong})

    assert list(answer.context["form"].errors) == [field]
    assert not Store.objects.filter(name="North").exists()


def test_the_key_of_a_store_never_changes(world):
    browser(world.eve).post(f"/settings/stores/{world.store.id}/", STORE | {"key": "another"})

    world.store.refresh_from_db()
    assert (world.store.name, world.store.key) == ("North", "shop")
    changed = Event.objects.get(name="store.changed").data
    assert changed["before"]["name"] == "Shop"
    assert "key" not in changed["after"]


def test_the_snippet_stands_ready_to_be_copied(world, settings):
    settings.PUBLIC_URL = "https://desk.example"

    page = browser(world.eve).get(f"/settings/stores/{world.store.id}/").content.decode()

    assert "&lt;script async src=&quot;https://desk.example/widget.js&quot;".replace("&quot;", '"') in page
    assert world.store.identity_secret not in page


def test_a_secret_is_shown_once_and_the_old_one_is_void(world):
    old = world.store.identity_secret

    answer = browser(world.eve).post(f"/settings/stores/{world.store.id}/secret/")

    world.store.refresh_from_db()
    assert world.store.identity_secret != old
    assert world.store.identity_secret in answer.content.decode()
    assert answer.headers["Cache-Control"] == "no-store"
    assert world.store.identity_secret not in str(list(Event.objects.values_list("data", flat=True)))


@pytest.mark.parametrize("path", ["", "new/", "{id}/", "{id}/secret/"])
def test_only_admins_set_up_stores(world, path):
    path = "/settings/stores/" + path.format(id=world.store.id)
    for agent in (world.ann, world.sue, world.zoe):
        assert browser(agent).post(path, STORE).status_code == 404
    assert Client().get(path).headers["Location"].startswith("/accounts/login/")


# -- Tags


def test_a_tag_is_made_changed_and_deleted_by_a_supervisor(world):
    client = browser(world.sue)
    assert client.post("/settings/tags/new/", {"name": "refund", "color": "red"}).headers["HX-Refresh"]
    tag = Tag.objects.get(name="refund")

    client.post(f"/settings/tags/{tag.id}/", {"name": "refunds", "color": "amber"})
    tag.refresh_from_db()
    assert (tag.name, tag.color) == ("refunds", "amber")

    client.post(f"/settings/tags/{tag.id}/delete/")
    assert not Tag.objects.exists()


def test_a_tag_has_a_name_of_its_own_and_a_colour_of_the_palette(world):
    Tag.objects.create(name="refund")
    client = browser(world.sue)

    assert client.post("/settings/tags/new/", {"name": "Refund", "color": "red"}).status_code == 422
    assert client.post("/settings/tags/new/", {"name": "x", "color": "#ff0000"}).status_code == 422


@pytest.mark.parametrize("path", ["/settings/tags/", "/settings/tags/new/", "/settings/canned/new/"])
def test_agents_read_and_supervisors_write(world, path):
    assert browser(world.ann).get(path).status_code == 404
    assert browser(world.sue).get(path).status_code == 200


# -- Canned replies


def reply(**fields) -> CannedReply:
    given = {"shortcut": "hello", "title": "Greeting", "body": "Hi {{buyer.name}}"} | fields
    return CannedReply.objects.create(**given)


def test_a_canned_reply_is_for_every_store_or_for_those_one_serves(world):
    everywhere, here = reply(), reply(store=world.store, shortcut="here")
    there = reply(store=world.other_store, shortcut="there")

    assert set(canned_for(world.ann)) == {everywhere, here}
    assert set(canned_for(world.zoe)) == {everywhere, there}
    assert set(canned_for(world.eve)) == {everywhere, here, there}
    assert "/there" not in browser(world.ann).get("/settings/canned/").content.decode()


def test_a_supervisor_touches_no_reply_of_a_store_they_do_not_serve(world):
    there = reply(store=world.other_store)
    client = browser(world.sue)
    form = {
        "title": "Mine",
        "shortcut": "x",
        "language": "en",
        "body": "x",
        "store": str(world.other_store.id),
    }

    assert client.post(f"/settings/canned/{there.id}/", form).status_code == 404
    assert client.post(f"/settings/canned/{there.id}/delete/").status_code == 404
    assert client.post("/settings/canned/new/", form).status_code == 422, "nor makes one there"


def test_a_shortcut_is_taken_once(world):
    reply()
    form = {"title": "Again", "shortcut": "hello", "language": "en", "body": "Hi"}
    client = browser(world.sue)

    assert "shortcut" in client.post("/settings/canned/new/", form).context["form"].errors
    assert client.post("/settings/canned/new/", form | {"language": "zh-hans"}).headers["HX-Refresh"]


def test_a_variable_that_nobody_knows_is_refused(world):
    form = {"title": "X", "shortcut": "x", "language": "en", "body": "Hi {{ buyer.secret }}"}

    answer = browser(world.sue).post("/settings/canned/new/", form)

    assert "{{buyer.secret}}" in str(answer.context["form"].errors["body"])


def test_variables_are_filled_in_and_nothing_else(world):
    posted = factories.buyer_says(world.kim)
    conversation = Conversation.objects.select_related("buyer", "store").get(pk=posted.conversation.id)
    canned = reply(body="Hi {{ buyer.name }}, {{agent.name}} of {{store.name}}; {{other}} {% now %} {buyer}")

    text = fill_in(canned, conversation=conversation, agent=world.ann)

    assert text == "Hi Kim Buyer, Ann of Shop; {{other}} {% now %} {buyer}"


def test_a_visitor_without_a_name_is_not_called_by_a_number(world):
    world.kim.name = ""
    world.kim.save()
    posted = factories.buyer_says(world.kim)
    conversation = Conversation.objects.select_related("buyer", "store").get(pk=posted.conversation.id)

    assert fill_in(reply(), conversation=conversation, agent=world.ann) == "Hi there"


def test_markup_in_a_reply_stays_text(world):
    reply(title="<script>alert(1)</script>", body="<img src=x onerror=alert(1)>")

    page = browser(world.ann).get("/settings/canned/").content.decode()

    assert "<script>alert" not in page
    assert "<img src=x" not in page
