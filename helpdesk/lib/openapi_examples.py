"""Examples for whatever answer of the API has none of its own: put together from one table, field by field.

A shape that has an example (`extend_schema_serializer`) is shown by it wherever it occurs; the rest is made of VALUES.
"""

import hashlib
import re
from typing import Any

Node = dict[str, Any]

MOMENT = "2026-11-21T09:30:00.000Z"
# What a field of that name holds, in a shop that sells mugs; None where it mostly holds nothing.
VALUES: dict[str, Any] = {
    "account": "@northlight_bot",
    "about": "Ticked at checkout",
    "address": "kim@example.com",
    "address_lines": ["Kim Larsen", "12 Harbour Street", "Portland, ME 04101", "United States"],
    "agents_online": 2,
    "after": "6.90 USD",
    "amount": 690,
    "answer": "It has left our warehouse already.",
    "attr": None,
    "author": "Kim",
    "before": "9.90 USD",
    "body": "It left this morning.",
    "by": "Ann",
    "carrier": "UPS",
    "category": "Mugs",
    "city": "Portland",
    "client_id": "c-7f0e",
    "code": "invalid",
    "color": "#2f6fed",
    "comment": "Seen in the shop's admin.",
    "block": None,
    "buyer": "1001",
    "channel": "widget",
    "checks": {},
    "config": {"address": "help@northlight.example"},
    "country": "US",
    "coupon_code": "",
    "currency": "USD",
    "data": {"before": {"assignee": None}, "after": {"assignee": "0199f3a2-0000-7000-8000-00000000000a"}},
    "card": None,
    "decided_at": None,
    "decision": "",
    "approver": None,
    "held_until": None,
    "finished_at": None,
    "fields": ["number"],
    "order": "100234",
    "over": [],
    "paused_until": None,
    "presence": "online",
    "priority": 0,
    "redeemed_at": None,
    "resolved_at": None,
    "restock": True,
    "snoozed_until": None,
    "suggested": [],
    "undone_at": None,
    "undoes": None,
    "max_text": 10000,
    "max_file": None,
    "mood": 4,
    "deliveries": [],
    "detail": "",
    "email": "kim@example.com",
    "error": "",
    "event": None,
    "expected_wait_s": 40,
    "external_id": "1001",
    "file": "(the bytes of cup.png)",
    "final": "",
    "given_name": "Kim Larsen",
    "agent_read_seq": 3,
    "buyer_read_seq": 3,
    "count": 7,
    "greeting": "Hello! How can we help?",
    "hidden_reason": "",
    "icon": "mail",
    "image": "https://northlight.example/mug.jpg",
    "instead": "",
    "instructions": "Put the number of the order on the parcel.",
    "key": "demo",
    "kind": "widget",
    "label": "Website chat",
    "label_url": "https://northlight.example/label.pdf",
    "language": "en",
    "last_seq": 4,
    "line1": "12 Harbour Street",
    "line2": "",
    "media_type": "image/png",
    "method": "Visa",
    "missing": [],
    "name": "Kim Larsen",
    "next": None,
    "note": "Prefers e-mail.",
    "number": "100234",
    "pay_url": "https://northlight.example/pay/100234",
    "percent": 10,
    "phone": "+12075550123",
    "place": "Portland, ME",
    "postcode": "04101",
    "prefix": "desk_Ab3dE6",
    "preview": "Where is my order 100234?",
    "quantity": 2,
    "rating": 5,
    "reason": "The parcel is late.",
    "reference": "ch_3PkQ",
    "region": "ME",
    "rendered": "Hello Kim, thank you for waiting.",
    "reply": "Thank you! We have sent you a new one.",
    "secrets": ["token"],
    "seq": 5,
    "shipping_method": "Standard",
    "shortcut": "hello",
    "size": 48213,
    "sku": "MUG-1",
    "snippet": "Where is my order 100234?",
    "source": "api",
    "stock": 12,
    "subject": "Order 100234",
    "text": "Left the warehouse",
    "time_zone": "America/New_York",
    "title": "Bright",
    "token": "q0Zb…",
    "tracking_number": "1Z999AA10123456784",
    "trouble": "",
    "url": "https://northlight.example/mug",
    "value": 500,
    "variant": "Blue",
    "visitor_token": "vT4m…",
    "webhook": "https://desk.example/hooks/channels/q0Zb/",
    "why": "",
    "width": 640,
    "height": 480,
}
VALUES |= {  # and of a certain thing
    "attachment.name": "cup.png",
    "attachment.url": "/files/0199f3a2-602a-75e6-99c3-021bdbd3d251/",
    "agent.name": "Ann",
    "agent.email": "ann@northlight.example",
    "channel.name": "Website chat",
    "channel.trouble": "",
    "code.code": "MUG5-7K2Q",
    "code.order": "",
    "code.state": "active",
    "consent.kind": "email",
    "coupon.name": "Sorry for the wait",
    "discount.amount": 0,
    "event.name": "conversation.assigned",
    "event.order": None,
    "reply.title": "Greeting",
    "reply.body": "Hello {{buyer.name}}, thank you for waiting.",
    "due.amount": 5490,
    "field.label": "Fee",
    "item.name": "Blue mug",
    "items_total.amount": 4800,
    "line.name": "Blue mug",
    "paid.amount": 0,
    "product.name": "Blue mug",
    "price.amount": 2400,
    "refunded.amount": 0,
    "request.kind": "cancel",
    "request.label": {"en": "Cancel order"},
    "review.body": "Does what it should.",
    "review.reply": "Thank you!",
    "row.label": "Shipping fee",
    "row.before": "6.90 USD",
    "row.after": "0.00 USD",
    "store.name": "Northlight",
    "tag.name": "shipping",
    "tag.color": "blue",
    "tax.amount": 0,
    "team.name": "Support",
    "template.name": "order_shipped",
    "template.text": "Your order {{number}} is on its way.",
    "total.amount": 5490,
    "unit_price.amount": 2400,
    "way.kind": "email",
    "way.label": "E-mail",
    "way.name": "help@northlight.example",
    "way.reason": "",
}
NOUNS = {  # what is another word for it
    "approver": "agent",
    "assignee": "agent",
    "author": "agent",
    "colleague": "agent",
    "file": "attachment",
    "hidden_by": "agent",
    "items_total": "items_total",
    "me": "agent",
    "merged": "other buyer",
    "other": "other buyer",
    "kept": "buyer",
    "photo": "attachment",
    "replied_by": "agent",
    "unit_price": "unit_price",
    "summary": "conversation",
    "viewer": "agent",
    "visitor": "buyer",
}
ERRORS: dict[str, tuple[str, str, str, str | None]] = {  # by status: type, code, detail, attr
    "400": ("validation_error", "invalid", "A valid integer is required.", "seq"),
    "401": ("client_error", "not_authenticated", "Authentication credentials were not provided.", None),
    "403": ("client_error", "missing_scope", "This key lacks the scope orders:write.", None),
    "404": ("client_error", "not_found", "It is not there, or not yours to see.", None),
    "409": ("client_error", "conflict", "That is not possible as things are now.", None),
    "413": ("client_error", "too_large", "The request is too large.", None),
    "415": (
        "client_error",
        "unsupported_media_type",
        'Unsupported media type "text/plain" in request.',
        None,
    ),
    "429": ("client_error", "throttled", "Request was throttled. Expected available in 12 seconds.", None),
}


def complete(result: Node, generator: Any, request: Any, public: bool) -> Node:
    """Give every body of the schema an example that has none. (A postprocessing hook of drf-spectacular.)"""
    maker = _Maker(result["components"]["schemas"])
    contents = [found for path in result["paths"].values() for op in path.values() for found in _contents(op)]
    for _status, content in contents:
        for example in content.get("examples", {}).values():
            if "value" in example:
                maker.known.setdefault(content["schema"].get("$ref", ""), example["value"])
                break
    for status, content in contents:
        for example in content.get("examples", {}).values() if status != "request" else ():
            maker.fill_in(example, content["schema"])
    for status, content in contents:
        if status in ERRORS and not content.get("examples"):
            content["examples"] = {"Refused": {"value": _error(status)}}
        elif not content.get("examples") and "schema" in content:
            whole = status != "request"
            content["examples"] = {"Example": {"value": maker.value(content["schema"], whole=whole)}}
    return result


def _contents(operation: Node) -> list[tuple[str, Node]]:
    """Return every body of an operation, with its status, or `request`."""
    found = [("request", content) for content in operation.get("requestBody", {}).get("content", {}).values()]
    for status, response in operation["responses"].items():
        found += [(status, content) for content in response.get("content", {}).values()]
    return found


def _error(status: str) -> Node:
    kind, code, detail, attr = ERRORS[status]
    return {"type": kind, "errors": [{"code": code, "detail": detail, "attr": attr}]}


class _Maker:
    def __init__(self, shapes: Node) -> None:
        self.shapes = shapes
        self.known: dict[str, Any] = {}  # examples that shapes have, by reference

    def value(self, node: Node, name: str = "", noun: str = "", *, whole: bool = True) -> Any:
        """Return an example of what `node` describes: the field `name` of something that is a `noun`."""
        if node.get("nullable") and name in VALUES and VALUES[name] is None:
            return None
        if ref := node.get("$ref"):
            if ref in self.known:
                return self.known[ref]
            shape = ref.rpartition("/")[2]
            return self.value(
                self.shapes[shape], name, noun_of(shape if name == "result" else name or shape), whole=whole
            )
        for several in ("allOf", "oneOf", "anyOf"):
            if several in node:
                return self.value(node[several][0], name, noun, whole=whole)
        if (found := self._said(node, name, noun)) is not None:
            return found
        if node.get("type") == "object":
            return self._object(node, name, noun, whole)
        if node.get("type") == "array":
            return [self.value(node["items"], _singular(name), noun)]
        return self._made_up(node, name, noun)

    def fill_in(self, example: Node, node: Node) -> None:
        """Add to the example of a shape what another shape, which is based on it, has more."""
        whole = self.shapes.get(node.get("$ref", "").rpartition("/")[2], {})
        if not isinstance(example.get("value"), dict):
            return
        if missing := set(whole.get("required", ())) - set(example["value"]):
            noun = noun_of(node["$ref"].rpartition("/")[2])
            more = {key: self.value(whole["properties"][key], key, noun) for key in sorted(missing)}
            example["value"] = {**example["value"], **more}

    def _said(self, node: Node, name: str, noun: str) -> Any:
        """Return what the table says, where it is of the right kind."""
        for key in (f"{noun}.{name}", name):
            if key in VALUES and _fits(VALUES[key], node):
                return VALUES[key]
        return None

    def _object(self, node: Node, name: str, noun: str, whole: bool) -> Any:
        if "properties" in node:
            needed = node["properties"] if whole else node.get("required", [])
            return {key: self.value(node["properties"][key], key, noun) for key in needed}
        inner = node.get("additionalProperties")
        if node.get("nullable"):
            return None
        return {"en": self.value(inner, name, noun)} if isinstance(inner, dict) and inner else {}

    def _made_up(self, node: Node, name: str, noun: str) -> Any:
        if "enum" in node:
            return node["enum"][0]
        kind, form = node.get("type"), node.get("format")
        if form == "uuid":
            return example_id(noun if name == "id" else name)
        if form in ("date-time", "date"):
            return MOMENT[: 10 if form == "date" else None]
        if kind in ("integer", "number"):
            return node.get("minimum", 1)
        if kind == "boolean":
            return False
        return name.replace("_", " ").capitalize()


def noun_of(name: str) -> str:
    """Return what a shape, or a field that holds one, is about: `store` of `OrderStore`, `agent` of `assignee`."""
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)
    said = [
        word.lower() for word in words if word not in ("Answer", "Detail", "Ref", "Request", "With", "Config")
    ]
    noun = _singular(said[-1]) if said else ""
    return NOUNS.get(name) or NOUNS.get(noun, noun)


def example_id(noun: str) -> str:
    """Return the id that a thing has in every example: an order the same where it is `order` and where it is `id`."""
    digits = hashlib.sha256(noun_of(noun).encode()).hexdigest()
    return f"0199f3a2-{digits[:4]}-7{digits[4:7]}-9{digits[7:10]}-{digits[10:22]}"


def _fits(value: Any, node: Node) -> bool:
    if value is None:
        return bool(node.get("nullable"))
    if "enum" in node:
        return value in node["enum"]
    kinds: dict[str, type | tuple[type, ...]] = {
        "string": str,
        "integer": int,
        "array": list,
        "boolean": bool,
        "object": dict,
    }
    fits = isinstance(value, kinds.get(node.get("type", ""), ()))
    return fits and not (isinstance(value, str) and len(value) > node.get("maxLength", len(value)))


def _singular(name: str) -> str:
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name
