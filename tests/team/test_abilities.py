"""Each ability does what it says: who has it may, who has it not is refused, page, service and API alike."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as conf
from django.test import Client
from django.urls import reverse

from inbox.services import merge_buyers
from knowledge.services import create_article
from orders import notes, services
from orders.coupons import issuing
from orders.models import Coupon, OrderAction
from people import abilities
from people.keys import create_key
from people.role_models import RoleAbility
from tests import factories
from tests.api.conftest import Api
from tests.inbox.test_joining import ended
from tests.inbox.test_splitting import said

pytestmark = pytest.mark.django_db

REFUSED = {403, 404}
ROOT = Path(conf.BASE_DIR)


def let(role: str, key: str, allowed: bool | None) -> None:
    RoleAbility.objects.update_or_create(role=role, ability=key, defaults={"allowed": allowed})
    abilities.changed.forget()


def browser(agent: Any) -> Client:
    client = Client()
    client.cookies["sessionid"] = factories.log_in(agent)
    return client


# -- What is done to see whether one may: by ability, the status of the answer to Ann


def opened(name: str, *args: Any, **more: Any) -> Callable[[Any], int]:
    """The page of that name."""
    return lambda world: browser(world.ann).get(reverse(name, args=args), **more).status_code


def bobs_action(world: Any, **fields: Any) -> OrderAction:
    action = services.request_action(
        agent=world.bob,
        order_id=world.order.pk,
        kind="change_shipping_fee",
        params={"shipping_fee": 0},
        idempotency_key="k1",
    )
    OrderAction.objects.filter(pk=action.pk).update(**fields)
    return action


def merged(world: Any) -> int:
    other = factories.make_buyer(world.store, name="Kimmy")
    return Api(world.ann).post(f"buyers/{world.kim.pk}/merge/", {"other": str(other.pk)}).status


def blocked(world: Any) -> int:
    return Api(world.ann).post(f"buyers/{world.kim.pk}/block/", {"reason": "Shouts"}).status


def joined(world: Any) -> int:
    mug, hat = ended(world, "My mug is broken", "We send another"), said(world, "Where is my hat?")
    return Api(world.ann).post(f"conversations/{hat.conversation.id}/merge/", {"other": str(mug.id)}).status


def done_to_many(world: Any) -> int:
    ids = [str(said(world, "Where is my hat?").conversation.id)]
    body = {"action": "resolve", "params": {}, "ids": ids}
    return Api(world.ann).post("conversations/bulk/", body, Idempotency_Key="k1").status


def looked_after(world: Any) -> int:
    """A task that is Bob's, made by Sue."""
    body = {"title": "Call back", "store": "shop", "assignee": str(world.bob.pk)}
    task = Api(world.sue).post("tasks/", body, Idempotency_Key="k1").data["id"]
    return Api(world.ann).get(f"tasks/{task}/").status


def read_the_feed(world: Any) -> int:
    page = browser(world.ann).get(reverse("team:audit")).status_code
    feed = Api(world.ann).get("events/").status
    assert (page in REFUSED) == (feed in REFUSED)
    return feed


def approved(world: Any) -> int:
    action = bobs_action(world, state="waiting", over=["order"])
    path = f"orders/{world.order.pk}/actions/{action.pk}/approve/"
    return Api(world.ann).post(path, {"comment": "Fine"}).status


def settled(world: Any) -> int:
    action = bobs_action(world, state="unknown")
    path = f"orders/{world.order.pk}/actions/{action.pk}/settle/"
    return Api(world.ann).post(path, {"done": True, "comment": "Seen"}).status


def hurried(world: Any) -> int:
    action = bobs_action(world)
    path = reverse("orders:run-now", args=[action.pk])
    browser(world.ann).post(path, headers={"HX-Request": "true"})
    before, action = action.run_at, OrderAction.objects.get(pk=action.pk)
    return 200 if action.run_at < before else 403


def noted(world: Any) -> int:
    note = notes.add_note(agent=world.bob, order_id=world.order.pk, text="Hm")
    return Api(world.ann).call("DELETE", f"orders/{world.order.pk}/notes/{note.pk}/").status


def given_much(world: Any) -> int:
    action = services.request_action(
        agent=world.ann,
        order_id=world.order.pk,
        kind="discount",
        params={"discount": 900},
        reason="A friend",
        idempotency_key="k1",
    )
    return 403 if action.state == "waiting" else 200


def offered(world: Any) -> int:
    page = browser(world.ann).get(reverse("orders:coupons")).status_code
    made = Api(world.ann).post("coupons/", {"store": "shop", "name": "Five", "value": 500}).status
    assert (page in REFUSED) == (made in REFUSED)
    return made


def revoked(world: Any) -> int:
    offer = Coupon.objects.create(name="Sorry", value=500, currency="USD", store=world.store)
    code = issuing.issue_code(
        agent=world.bob, coupon_id=offer.pk, buyer_id=world.kim.pk, idempotency_key="k1"
    )
    type(code).objects.filter(pk=code.pk).update(state="active")
    return Api(world.ann).post(f"coupons/codes/{code.pk}/revoke/").status


def published(world: Any) -> int:
    text = create_article(agent=world.bob, store=world.store, locale="en", title="Washing", body="Cold.")
    path = f"articles/{text.article_id}/texts/en/publish/"
    return Api(world.ann).post(path, {"revision": text.revision}).status


def figured(world: Any) -> int:
    assert browser(world.ann).get("/team/performance/me/").status_code == 200
    page = browser(world.ann).get("/team/performance/").status_code
    file = browser(world.ann).get("/team/performance/export/").status_code
    assert (page == 302) == (file in REFUSED)
    return file


def trail_taken(world: Any) -> int:
    let("agent", "audit.read", True)
    client = browser(world.ann)
    page = client.get(reverse("team:audit")).content.decode()
    status = client.post(reverse("team:audit-export")).status_code
    assert (reverse("team:audit-export") in page) == (status == 200)
    return status


def exported(world: Any) -> int:
    return Api(world.ann).post(f"buyers/{world.kim.pk}/export/").status


def erased(world: Any) -> int:
    body = {"name": "Kim Buyer", "reason": "Asked for it"}
    return Api(world.ann).post(f"buyers/{world.kim.pk}/erase/", body).status


def told_all(world: Any) -> int:
    let("agent", "announcements.write", True)
    return Api(world.ann).post("announcements/", {"title": "Tea", "teams": []}).status


TRIED: dict[str, Callable[[Any], int]] = {
    "conversations.merge": joined,
    "conversations.bulk": done_to_many,
    "tasks.others": looked_after,
    "canned.write": opened("setup:canned-new"),
    "tags.write": opened("setup:tags"),
    "buyers.merge": merged,
    "buyers.block": blocked,
    "audit.read": read_the_feed,
    "approvals.decide": approved,
    "actions.settle": settled,
    "actions.hurry": hurried,
    "ledger.read": opened("orders:ledger"),
    "notes.others": noted,
    "requests.rules": opened("orders:request-rules"),
    "discounts.free": given_much,
    "offers.write": offered,
    "codes.revoke": revoked,
    "articles.publish": published,
    "shelves.write": opened("knowledge:categories"),
    "articles.import": opened("exchange:page"),
    "figures.read": figured,
    "wall.read": opened("team-room:wall"),
    "announcements.write": opened("team-room:announcement-new"),
    "announcements.everybody": told_all,
    "audit.export": trail_taken,
    "buyers.export": exported,
    "buyers.erase": erased,
    "roles.read": opened("settings:roles"),
}


def test_each_ability_is_tried_here():
    assert sorted(TRIED) == sorted(abilities.known())


@pytest.mark.parametrize("key", sorted(TRIED))
def test_who_has_it_may_and_who_has_it_not_is_refused(world, settings, key):
    settings.ORDER_LIMITS = {"agent": {}, "supervisor": {}, "admin": {}}
    let("agent", key, True)
    assert TRIED[key](world) < 300, "given, and refused"


@pytest.mark.parametrize("key", sorted(TRIED))
def test_who_has_it_not_is_refused(world, settings, key):
    settings.ORDER_LIMITS = {"agent": {}, "supervisor": {}, "admin": {}}
    let("agent", key, False)
    assert TRIED[key](world) in REFUSED, "taken, and not refused"


# -- No name stands anywhere that is none

_NAMED = re.compile(r"""(?:\bmay|who_may|check_may|needs)\((?:agent, )?((?:"[a-z]+\.[a-z]+"(?:, )?)+)\)""")
_SHOWN = re.compile(r""""([a-z]+\.[a-z]+)" in (?:may|request\.user\.abilities)""")
_SCRIPT = re.compile(r"""includes\("([a-z]+\.[a-z]+)"\)""")
_ROOMS = ("inbox", "orders", "knowledge", "team", "people")


def named() -> dict[str, set[str]]:
    """Return which names of abilities are asked about, by the sort of file."""
    code = [path for room in _ROOMS for path in (ROOT / room).rglob("*.py") if path.name != "abilities.py"]
    texts = [path.read_text() for path in code]
    return {
        "py": {key for text in texts for some in _NAMED.findall(text) for key in re.findall(r"[\w.]+", some)},
        "html": _all(_SHOWN, (ROOT / "templates").rglob("*.html")),
        "js": _all(_SCRIPT, (ROOT / "static" / "js").rglob("*.js")),
    }


def _all(pattern: re.Pattern[str], paths: Any) -> set[str]:
    return {key for path in paths for key in pattern.findall(path.read_text())}


def test_every_ability_is_asked_about_where_something_is_done_and_nothing_else_is():
    found = named()
    assert found["py"] == set(abilities.known()), "of the server's own questions"
    assert found["html"] <= set(abilities.known())
    assert found["js"] <= set(abilities.known())
    assert {"ledger.read", "approvals.decide"} <= found["html"], "the pattern finds them"
    with pytest.raises(KeyError):
        abilities.has("admin", "no.such")


def test_the_documentation_tells_of_each_with_who_has_it_as_shipped():
    text = (ROOT / "docs" / "roles.md").read_text()
    rows = re.findall(r"^\| `([a-z]+\.[a-z]+)` \| [^|]+ \|([^|]*)\|([^|]*)\|$", text, re.MULTILINE)
    told = {key: (bool(agent.strip()), bool(supervisor.strip())) for key, agent, supervisor in rows}
    shipped = {
        key: ("agent" in one.roles, "supervisor" in one.roles) for key, one in abilities.known().items()
    }
    assert told == shipped


# -- What stays as it is


def test_an_admin_may_everything_whatever_is_written_down(world):
    for key in abilities.known():
        let("admin", key, False)
    assert world.eve.abilities == abilities.known().keys()
    world.eve.is_active = False
    assert not world.eve.may("ledger.read")
    assert world.eve.abilities == frozenset()


def test_an_ability_opens_no_other_store(world):
    """Access is a query: whoever may erase, erases at their stores."""
    for key in abilities.known():
        let("agent", key, True)
    other = Api(world.zoe)
    assert other.post(f"buyers/{world.kim.pk}/export/").status == 404
    assert other.post(f"buyers/{world.kim.pk}/erase/", {"name": "Kim", "reason": "x"}).status == 404
    assert other.post(f"buyers/{world.kim.pk}/block/", {"reason": "x"}).status == 404
    assert other.get("events/").data["results"] == [
        event for event in other.get("events/").data["results"] if event["store"] != str(world.store.pk)
    ]
    assert other.get(f"orders/{world.order.pk}/").status == 404


def test_what_the_desk_does_by_itself_asks_no_role(world):
    let("agent", "buyers.merge", False)
    other = factories.make_buyer(world.store, name="Kimmy")
    assert merge_buyers(agent=None, buyer_id=world.kim.pk, other_id=other.pk, reason="proven").agent is None


def test_pages_hide_what_is_refused(world):
    client = browser(world.sue)
    before = client.get("/settings/").content.decode()
    for key, path in {
        "tags.write": "setup:tags",
        "requests.rules": "orders:request-rules",
        "offers.write": "orders:coupons",
        "audit.read": "team:audit",
    }.items():
        assert reverse(path) in before
        let("supervisor", key, False)
        assert reverse(path) not in client.get("/settings/").content.decode()
        assert client.get(reverse(path)).status_code == 404
    assert reverse("orders:ledger") in client.get("/orders/").content.decode()
    let("supervisor", "ledger.read", False)
    assert reverse("orders:ledger") not in client.get("/orders/").content.decode()


def test_a_key_reaches_as_far_as_its_scopes_and_its_agent_together(world):
    shown = create_key(agent=world.ann, name="Program", scopes=["events:read"])[1]
    asked = {"headers": {"Authorization": f"Bearer {shown}"}}
    assert Client().get("/api/v1/events/", **asked).status_code == 403
    let("agent", "audit.read", True)
    assert Client().get("/api/v1/events/", **asked).status_code == 200
    let("agent", "roles.read", True)
    assert Client().get("/api/v1/roles/", **asked).status_code == 403, "the scope is missing"
