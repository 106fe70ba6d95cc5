"""Whatever is sent, the answer is a 4xx that names what is wrong, and nothing is stored."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from inbox.models import Message
from orders.models import OrderAction
from people.models import Buyer
from tests import factories
from tests.api.conftest import BASE, Api

LONG = "x" * 10_000
NOT_TEXT = [1, True, None, [], {}, 1.5]
NOT_NUMBER = ["1", True, None, [], {}, 1.5, -1, 2**31, 10**400]
NOT_FLAG = [1, 0, "true", "", None, [], {}]
NOT_ID = ["x", 1, True, None, [], {}, "0" * 31, LONG]
UNICODE = ["a\x00b", "\ud800", "\udfff tail"]


@pytest.fixture
def paths(world) -> dict[str, str]:
    said = factories.buyer_says(world.kim).conversation
    return {
        "one": f"conversations/{said.id}/",
        "buyer": f"buyers/{world.kim.id}/",
        "order": f"orders/{world.order.id}/",
    }


def refuse(world, method: str, path: str, body: Any, attr: str, **headers: str) -> None:
    answer = Api(world.ann).call(method, path, json.dumps(body), **headers)
    assert answer.status == 400, (body, answer.data)
    assert (answer.attr or "").split(".")[0] == attr, (body, answer.data)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("client_id", [*NOT_TEXT, "", "a b", "é", "x" * 65, LONG, *UNICODE]),
        ("body", [*NOT_TEXT, "\ud800", "x" * 10_001, "x" * 30_000]),
        ("private", NOT_FLAG),
        ("force", NOT_FLAG),
        ("attachments", ["x", 1, True, None, {}, [1], [None], ["x"], ["0" * 31], [True]]),
        ("reply_after", [v for v in NOT_NUMBER if v is not None]),
    ],
)
def test_messages(world, paths, field, values):
    for value in values:
        refuse(
            world, "POST", paths["one"] + "messages/", {"client_id": "c", "body": "b"} | {field: value}, field
        )
    assert Message.objects.filter(author_kind="agent").count() == 0


@pytest.mark.parametrize(
    ("path", "field", "values"),
    [
        ("priority/", "priority", ["true", "", None, [], {}, True, 3, -2, "2", 1.5]),
        ("read/", "seq", NOT_NUMBER),
        ("tags/", "add", ["x", 1, None, {}, [1], ["x"], [["x"]], [True]]),
        ("tags/", "remove", [[str(n) for n in range(60)]]),
        ("cards/", "kind", [*NOT_TEXT, "", LONG]),
        ("cards/", "ref", [*NOT_TEXT, "", LONG, *UNICODE]),
    ],
)
def test_actions(world, paths, path, field, values):
    rest = {"client_id": "c", "kind": "order", "ref": "x"} if path == "cards/" else {}
    for value in values:
        refuse(world, "POST", paths["one"] + path, rest | {field: value}, field)


def test_drafts(world, paths):
    for value in (*NOT_TEXT, *UNICODE, "x" * 10_001, "x" * 30_000):
        refuse(world, "PUT", paths["one"] + "draft/", {"body": value}, "body")
    for value in NOT_FLAG:
        refuse(world, "PUT", paths["one"] + "draft/", {"body": "x", "private": value}, "private")


def test_tags(world):
    for value in (*NOT_TEXT, "", "   ", "x" * 41, *UNICODE, "a\u0007b"):
        refuse(world, "POST", "tags/", {"name": value}, "name")
    for value in (*NOT_TEXT, "", "#ff0000", "mauve"):
        refuse(world, "POST", "tags/", {"name": "x", "color": value}, "color")


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("name", [*NOT_TEXT, "x" * 121, *UNICODE]),
        ("email", [*NOT_TEXT, "nobody", "a@b@c", "x" * 250 + "@example.com"]),
        ("phone", [*NOT_TEXT, "1" * 33]),
        ("language", [*NOT_TEXT, "xx", LONG]),
        ("note", [*NOT_TEXT, "x" * 2_001, *UNICODE]),
    ],
)
def test_buyers(world, paths, field, values):
    before = Buyer.objects.filter(pk=world.kim.pk).values().get()
    for value in values:
        refuse(world, "PATCH", paths["buyer"], {field: value}, field)
    assert Buyer.objects.filter(pk=world.kim.pk).values().get() == before


@pytest.mark.parametrize(
    ("body", "attr"),
    [
        ({}, "kind"),
        ({"kind": 1}, "kind"),
        ({"kind": "give_away"}, "kind"),
        ({"params": None}, "params"),
        ({"params": []}, "shipping_fee"),
        ({"params": {}}, "shipping_fee"),
        ({"params": {"shipping_fee": "0"}}, "shipping_fee"),
        ({"params": {"shipping_fee": True}}, "shipping_fee"),
        ({"params": {"shipping_fee": 1.0}}, "shipping_fee"),
        ({"params": {"shipping_fee": -1}}, "shipping_fee"),
        ({"params": {"shipping_fee": 10**30}}, "shipping_fee"),
        ({"params": {"shipping_fee": {"amount": 0, "currency": "EUR"}}}, "shipping_fee"),
        ({"params": {"shipping_fee": 0, "\ud800": 1}}, "\ud800"),
        ({"reason": 1}, "reason"),
        ({"reason": "x" * 201}, "reason"),
        ({"reason": "\x00"}, "reason"),
        ({"conversation": "x"}, "conversation"),
        ({"conversation": 7}, "conversation"),
        ({"conversation": "00000000-0000-7000-8000-000000000000"}, "conversation"),
    ],
)
def test_order_actions(world, paths, body, attr):
    whole = {"kind": "change_shipping_fee", "params": {"shipping_fee": 0}} | body if body else {}
    answer = Api(world.ann).call("POST", paths["order"] + "actions/", json.dumps(whole), Idempotency_Key="k")

    assert answer.status == 400
    assert answer.attr == attr.encode(errors="replace").decode()
    assert not OrderAction.objects.exists()


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 65, "é", "a\tb"])
def test_idempotency_keys(world, paths, key):
    body = {"kind": "change_shipping_fee", "params": {"shipping_fee": 0}}

    answer = Api(world.ann).call("POST", paths["order"] + "actions/", json.dumps(body), Idempotency_Key=key)

    assert (answer.status, answer.attr) == (400, "Idempotency-Key")


# -- Parameters of addresses


@pytest.mark.parametrize(
    ("path", "attr", "values"),
    [
        ("conversations/", "view", ["x", "Mine", LONG, "\x00"]),
        ("conversations/", "status", ["closed", "1", "\x00"]),
        ("conversations/", "assignee", ["x", "nobody", "1"]),
        ("conversations/", "team", ["x", "none"]),
        ("conversations/", "tag", ["refund"]),
        ("conversations/", "buyer", ["1001"]),
        ("conversations/", "priority", ["high", "3", "1.5", "true"]),
        ("conversations/", "waiting", ["1", "True", "yes"]),
        ("conversations/", "channel", ["x" * 21, "\x00"]),
        ("conversations/", "store", ["x" * 41, "\x00"]),
        ("conversations/", "q", [LONG, "a\x00b"]),
        (
            "conversations/",
            "cursor",
            ["x", "!!", "bnVsbA", "e30", "W10", "WzEsMiwzXQ", "é", "\x00", LONG, "a" * 299],
        ),
        ("buyers/", "q", [LONG, "\x00"]),
        ("buyers/", "cursor", ["x", LONG]),
        ("orders/", "status", ["lost"]),
        ("orders/", "buyer", ["1001"]),
        ("orders/", "store", ["x" * 41]),
        ("orders/", "q", [LONG, "\x00"]),
        ("orders/", "cursor", ["x", "bnVsbA", "é", LONG]),
        ("products/", "q", [LONG, "\x00"]),
        ("canned/", "q", [LONG, "\x00"]),
        ("canned/", "conversation", ["x"]),
        ("search/", "q", ["", "  ", LONG, "\x00"]),
    ],
)
def test_parameters(world, path, attr, values):
    for value in values:
        answer = Api(world.ann).get(f"{path}?{attr}={quote(value)}")
        assert (answer.status, answer.attr) == (400, attr), value


@pytest.mark.parametrize(
    "path", ["conversations/?view=&status=&assignee=&tag=&q=&cursor=", "orders/?status=&q=&cursor="]
)
def test_a_parameter_that_is_empty_is_none(world, paths, path):
    assert len(Api(world.ann).get(path).ids) == 1


def test_search_needs_something_to_look_for(world):
    assert Api(world.ann).get("search/").attr == "q"


@pytest.mark.parametrize(
    "query", ["after=x", "after=-1", "after=1.5", "after=2147483648", "limit=0", "limit=201"]
)
def test_windows_of_messages(world, paths, query):
    answer = Api(world.ann).get(f"{paths['one']}messages/?{query}")

    assert (answer.status, answer.attr) == (400, query.partition("=")[0])


def test_messages_are_after_or_before(world, paths):
    assert Api(world.ann).get(f"{paths['one']}messages/?after=1&before=3").attr == "before"


@pytest.mark.parametrize("after", ["x", "-1", str(2**63), "1.5"])
def test_places_of_events(world, after):
    assert Api(world.sue).get(f"events/?after={after}").attr == "after"


@pytest.mark.parametrize("value", ["%ED%A0%80", "%FF%FE", "%C0%80"])
def test_bytes_that_are_no_text(world, value):
    """They become signs of replacement, which nothing holds."""
    assert Api(world.ann).get(f"search/?q={value}").data == {"conversations": [], "buyers": [], "orders": []}
    assert Api(world.ann).get(f"conversations/?q={value}").ids == []


# -- Bodies that are none


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"12",
        b'{"client_id": NaN}',
        b'{"a": Infinity}',
        b"\xff\xfe",
        b'{"client_id": "\xff"}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"[" * 900 + b"]" * 900,
        b'{"n": ' + b"9" * 100_000 + b"}",
    ],
)
def test_bodies_that_are_no_object(world, paths, body):
    answer = Api(world.ann).client.post(
        f"{BASE}{paths['one']}messages/", body, content_type="application/json"
    )

    assert answer.status_code == 400
    assert answer.json()["type"] in ("client_error", "validation_error")


def test_a_deep_body_is_refused_or_read_without_harm(world, paths):
    deep: Any = "x"
    for _ in range(200):
        deep = {"a": deep}
    refuse(world, "POST", paths["one"] + "messages/", {"client_id": "c", "body": deep}, "body")
    whole = {"kind": "change_shipping_fee", "params": {"shipping_fee": deep}}
    refuse(world, "POST", paths["order"] + "actions/", whole, "shipping_fee", Idempotency_Key="deep")


def test_a_body_that_is_too_large(world, paths):
    answer = Api(world.ann).client.post(
        f"{BASE}{paths['one']}messages/",
        json.dumps({"client_id": "c", "body": "x" * 1_100_000}),
        content_type="application/json",
    )

    assert answer.status_code == 413
    assert answer.json()["errors"][0]["code"] == "too_large"


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x"]
)
def test_bodies_of_another_kind(world, paths, media_type):
    client = Api(world.ann).client

    answer = client.post(f"{BASE}{paths['one']}messages/", b'{"client_id": "c"}', content_type=media_type)

    assert answer.status_code == 415


def test_methods_that_are_none(world, paths):
    client = Api(world.ann).client

    assert client.delete(f"{BASE}{paths['one']}").status_code == 405
    assert client.post(f"{BASE}me/").status_code == 405


def test_markup_stays_text(world, paths):
    script = "<script>alert(1)</script>"
    ann = Api(world.ann)

    sent = ann.post(paths["one"] + "messages/", {"client_id": "c", "body": script})
    assert sent.data["body"] == script
    assert sent.headers["Content-Type"] == "application/json"
    assert ann.patch(paths["buyer"], {"note": script}).data["note"] == script
    assert ann.post("tags/", {"name": "<b>x</b>"}).data["name"] == "<b>x</b>"
