"""WhatsApp: what only WhatsApp does. What it has in common with the others is in conformance/."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image

from events.record import Actor
from helpdesk.demo.phone import whatsapp
from helpdesk.demo.phone.base import Hook, Photo
from inbox.models import Attachment, Delivery, Message, Payload
from inbox.services import Draft, post_message
from inbox.templating import filled_in
from inbox.transports.base import (
    Later,
    Media,
    NoAnswer,
    Outgoing,
    Receipt,
    Refused,
    Request,
    Said,
    Template,
    Unreadable,
)
from inbox.transports.whatsapp import WhatsApp
from inbox.transports.whatsapp_errors import WINDOW_CLOSED
from people.models import BuyerIdentity
from tests.factories import World
from tests.inbox.channels.conformance.conftest import Line, line_to
from tests.inbox.channels.conformance.kinds import KINDS

pytestmark = pytest.mark.django_db(transaction=True)
transport = WhatsApp()
LEE = KINDS["whatsapp"].sender


@pytest.fixture
def line(world: World, settings: Any) -> Iterator[Line]:
    settings.OUTGOING_TO_PRIVATE = True
    with line_to("whatsapp", world) as line:
        yield line


@pytest.fixture
def asked(line: Line) -> Line:
    line.hear(line.says())
    line.provider.calls.clear()
    return line


def meta(line: Line) -> whatsapp.WhatsApp:
    assert isinstance(line.vendor, whatsapp.WhatsApp)
    return line.vendor


def hook_of(line: Line, **what: Any) -> Hook:
    return meta(line).tell(line.channel.config, line.channel.secrets, LEE, what, name="Lee")


def tell(line: Line, **what: Any) -> str:
    """Let a message of any type come; return how it reads."""
    line.hear(hook_of(line, **what))
    return line.heard[-1].body


def parsed(line: Line, hook: Hook) -> list[Said | Receipt]:
    return transport.parse(line.channel, Request("POST", {}, {}, hook.body))


def said(line: Line, **what: Any) -> Said:
    [found] = parsed(line, hook_of(line, **what))
    assert isinstance(found, Said)
    return found


# -- In


CHOICE = {"id": "c1", "title": "Size M", "description": "Blue"}
PLACE = {"latitude": 60.17, "longitude": 24.94}
UNSUPPORTED = [{"code": 131051, "title": "Message type unknown"}]


@pytest.mark.parametrize(
    ("what", "reads"),
    [
        ({"type": "text", "text": {"body": "Hello"}}, "Hello"),
        ({"type": "button", "button": {"text": "Yes", "payload": "y"}}, "Yes"),
        (
            {
                "type": "interactive",
                "interactive": {"type": "button_reply", "button_reply": {"id": "b", "title": "No"}},
            },
            "No",
        ),
        (
            {"type": "interactive", "interactive": {"type": "list_reply", "list_reply": CHOICE}},
            "Size M\nBlue",
        ),
        (
            {
                "type": "interactive",
                "interactive": {"type": "nfm_reply", "nfm_reply": {"body": "Sent", "response_json": "{}"}},
            },
            "Sent",
        ),
        ({"type": "location", "location": PLACE}, "https://maps.google.com/?q=60.17,24.94"),
        (
            {"type": "location", "location": {**PLACE, "name": "Cafe", "address": "Street 1"}},
            "Cafe\nStreet 1\nhttps://maps.google.com/?q=60.17,24.94",
        ),
        (
            {
                "type": "contacts",
                "contacts": [{"name": {"formatted_name": "Bo"}, "phones": [{"phone": "+4670"}]}],
            },
            "Bo +4670",
        ),
        (
            {
                "type": "order",
                "order": {
                    "text": "Please",
                    "product_items": [
                        {"product_retailer_id": "MUG", "quantity": 2, "item_price": 9.5, "currency": "EUR"}
                    ],
                },
            },
            "Please\n2 × MUG 9.5 EUR",
        ),
        ({"type": "system", "system": {"body": "Lee changed from 1 to 2"}}, "Lee changed from 1 to 2"),
        (
            {"type": "unsupported", "unsupported": {"type": "poll_creation"}, "errors": UNSUPPORTED},
            "… (poll_creation)",
        ),
        ({"type": "unsupported", "errors": UNSUPPORTED}, "… (Message type unknown)"),
        ({"type": "hologram"}, "… (hologram)"),
        ({"type": "location", "location": {"latitude": "north"}}, "…"),
        ({"type": "image"}, "…"),
        (
            {
                "type": "text",
                "text": {"body": "How much?"},
                "referral": {"source_url": "https://fb.me/ad", "headline": "Sale"},
            },
            "How much?\n↗ https://fb.me/ad",
        ),
        (
            {
                "type": "text",
                "text": {"body": "Is it in stock?"},
                "context": {"referred_product": {"catalog_id": "1", "product_retailer_id": "MUG"}},
            },
            "Is it in stock?\n(MUG)",
        ),
    ],
)
def test_every_type_of_message_can_be_read(line: Line, what: dict[str, Any], reads: str) -> None:
    assert tell(line, **what) == reads
    assert Payload.objects.get().state == "done"


@pytest.mark.parametrize("kind", ["image", "document", "audio", "video", "sticker"])
def test_every_type_of_file_is_fetched(line: Line, kind: str) -> None:
    meta(line).media["77"] = Photo("f", "audio/ogg", b"OggS what was sent")
    line.hear(hook_of(line, type=kind, **{kind: {"id": "77", "mime_type": "audio/ogg; codecs=opus"}}))
    assert Attachment.objects.get().file.read() == b"OggS what was sent"


@pytest.mark.parametrize("kind", ["reaction", "request_welcome"])
def test_a_heart_and_an_opened_chat_are_no_messages(line: Line, kind: str) -> None:
    line.hear(hook_of(line, type=kind, **{kind: {"message_id": "wamid.1", "emoji": "❤️"}}))
    assert line.heard == []
    assert Payload.objects.get().state == "done"


def test_an_answer_to_a_message_names_it(line: Line) -> None:
    found = said(line, type="text", text={"body": "that one"}, context={"from": "1", "id": "wamid.first"})
    assert (found.answers, found.name, found.sender) == (("wamid.first",), "Lee", f"+{LEE}")


def test_who_has_taken_a_username_is_known_by_an_id_and_answered_there(line: Line) -> None:
    value = {
        "contacts": [{"profile": {"name": "Lee", "username": "lee.chan"}, "user_id": "FI.1349"}],
        "messages": [
            {
                "from_user_id": "FI.1349",
                "id": "wamid.9",
                "timestamp": str(int(time.time())),
                "type": "text",
                "text": {"body": "Hi"},
            }
        ],
    }
    line.hear(meta(line).hook(line.channel.config, line.channel.secrets, value))
    assert line.conversation.buyer.name == "Lee"
    assert BuyerIdentity.objects.get(buyer=line.conversation.buyer).value == "FI.1349"
    assert line.conversation.buyer.phone == "", "it is no number"
    line.answers("Hello Lee")
    line.send()
    [call] = [call for call in line.provider.calls if call.path.endswith("/messages")]
    assert call.json["recipient"] == "FI.1349"
    assert "to" not in call.json


def test_what_is_for_another_number_of_the_same_app_is_not_taken(line: Line) -> None:
    config = {**line.channel.config, "phone_number_id": "999999"}
    line.hear(meta(line).message(config, line.channel.secrets, url=line.url, sender=LEE, text="Hi"))
    assert line.heard == []


def test_many_changes_in_one_call_are_all_taken_in_their_order(line: Line) -> None:
    first, second = (json.loads(hook_of(line, type="text", text={"body": body}).body) for body in ("1", "2"))
    first["entry"] += second["entry"]
    first["entry"][0]["changes"].append({"field": "account_update", "value": {"event": "VERIFIED"}})
    found = parsed(line, Hook(json.dumps(first).encode()))
    assert [item.text for item in found if isinstance(item, Said)] == ["1", "2"]


def test_only_the_signature_of_today_is_one(line: Line) -> None:
    """Meta sends an older one, too (SHA-1): it is not looked at, and neither is one without its name."""
    hook = line.says()
    key = line.channel.secrets["app_secret"].encode()
    old = {"X-Hub-Signature": f"sha1={hmac.new(key, hook.body, hashlib.sha1).hexdigest()}"}
    bare = {"X-Hub-Signature-256": hmac.new(key, hook.body, hashlib.sha256).hexdigest()}
    for headers in (old, bare):
        answer = Client().post(line.path, hook.body, content_type="application/json", headers=headers)
        assert answer.status_code == 401


@pytest.mark.parametrize(
    "body", [b"5", b"{}", b'{"entry": 5}', b'{"entry": [{"changes": [{"field": "messages"}]}]}']
)
def test_what_is_no_webhook_is_kept_as_unreadable(line: Line, body: bytes) -> None:
    with pytest.raises(Unreadable):
        transport.parse(line.channel, Request("POST", {}, {}, body))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (131026, "no WhatsApp"),
        (131047, "only a template"),
        (131049, "many messages of this sort"),
        (99, "Something of its own (99)"),
    ],
)
def test_why_a_message_failed_is_said_in_words(asked: Line, code: int, words: str) -> None:
    delivery = asked.answers()
    asked.send()
    error = {"code": code, "title": "Something", "error_data": {"details": "Something of its own"}}
    status = {"id": asked.seen[0].external_id, "status": "failed", "timestamp": "1", "errors": [error]}
    asked.hear(meta(asked).hook(asked.channel.config, asked.channel.secrets, {"statuses": [status]}))
    delivery.refresh_from_db()
    assert delivery.state == "failed"
    assert words in delivery.detail


def test_a_voice_message_that_was_played_was_read(asked: Line) -> None:
    asked.answers()
    asked.send()
    for state, expected in (("played", "read"), ("deleted", "read"), ("warning", "read")):
        status = {"id": asked.seen[0].external_id, "status": state, "timestamp": "1"}
        asked.hear(meta(asked).hook(asked.channel.config, asked.channel.secrets, {"statuses": [status]}))
        assert Delivery.objects.get().state == expected


# -- Files


def test_a_reference_stays_one_step_of_the_path(line: Line) -> None:
    with pytest.raises((Refused, Later)):
        transport.fetch(line.channel, Media("x", ref="../106540352242922?fields=secrets#"), 100)
    [call] = line.provider.calls
    assert call.path == "/..%2F106540352242922%3Ffields%3Dsecrets%23"


def test_an_old_file_is_said_to_be_gone(line: Line) -> None:
    """Meta keeps them for some days; a payload that is read again later asks in vain."""
    line.hear(
        hook_of(line, type="image", image={"id": "404404", "mime_type": "image/jpeg", "caption": "See"})
    )
    for _ in range(6):
        line.read()
    assert line.heard[0].body.startswith("See\n[photo.jpg: ")


def picture(media_type: str = "PNG") -> Photo:
    out = BytesIO()
    Image.new("RGB", (20, 20), "green").save(out, media_type)
    return Photo(f"cup.{media_type.lower()}", f"image/{media_type.lower()}", out.getvalue())


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        (picture("PNG"), "image"),
        (Photo("terms.pdf", "application/pdf", b"%PDF-1.4"), "document"),
        (Photo("list.xlsx", "application/zip", b"PK\x03\x04 a table"), "document"),
        (Photo("note.txt", "text/plain", b"Hello"), "document"),
        (Photo("song.ogg", "application/ogg", b"OggS a song"), "audio"),
        (Photo("film.mp4", "video/mp4", b"\x00\x00\x00\x18ftypmp42"), "video"),
    ],
)
def test_a_file_goes_as_what_it_is(asked: Line, file: Photo, kind: str) -> None:
    delivery = asked.answers("See", files=(file,))
    asked.send()
    delivery.refresh_from_db()
    assert delivery.state == "sent", delivery.detail
    [shown] = [seen for seen in asked.seen if seen.files]
    assert (shown.extra["type"], asked.bytes_of(shown.files[0])) == (kind, file.content)
    assert "See" in [seen.text for seen in asked.seen]
    assert delivery.external_id == asked.seen[0].external_id


@pytest.mark.parametrize("file", [picture("GIF"), Photo("all.zip", "application/zip", b"PK\x03\x04 many")])
def test_a_file_that_whatsapp_does_not_take_goes_as_a_link(asked: Line, file: Photo) -> None:
    delivery = asked.answers("See", files=(file,))
    asked.send()
    delivery.refresh_from_db()
    [seen] = asked.seen
    assert (delivery.state, seen.files) == ("sent", ())
    words, _newline, link = seen.text.partition("\n")
    assert (words, asked.bytes_of(link.rpartition(" ")[2])) == ("See", file.content)


@pytest.mark.parametrize("fault", [500, "cut after", b"{}"])
def test_an_upload_that_fails_has_said_nothing_and_is_tried_again(asked: Line, fault: Any) -> None:
    delivery = asked.answers("See", files=(picture(),))
    asked.provider.faulty, asked.provider.faults = "/media", [fault]
    asked.send()
    delivery.refresh_from_db()
    assert (delivery.state, asked.seen) == ("queued", [])
    asked.send_later()
    delivery.refresh_from_db()
    assert (delivery.state, len(asked.seen)) == ("sent", 1)


# -- What Meta says no to


def error(status: int, code: int, subcode: int = 0) -> tuple[int, dict[str, str], bytes]:
    told = {"message": f"(#{code}) As documented", "code": code, "error_subcode": subcode}
    return status, {}, json.dumps({"error": told}).encode()


@pytest.mark.parametrize(
    ("answer", "state", "troubled"),
    [
        (error(400, 130429), "queued", True),
        (error(429, 80007), "queued", True),
        (error(503, 131016), "queued", True),
        (error(500, 133004), "queued", True),
        (error(400, 131056), "queued", False),
        (error(401, 190), "queued", True),
        (error(403, 10), "queued", True),
        (error(403, 299), "queued", True),
        (error(400, 131042), "queued", True),
        (error(400, 100, 33), "queued", True),
        (error(400, 100), "failed", False),
        (error(400, 131047), "failed", False),
        (error(400, 131026), "failed", False),
        (error(500, 131000), "unknown", False),
        (error(500, 1), "unknown", False),
    ],
)
def test_an_error_is_judged_by_its_code(asked: Line, answer: Any, state: str, troubled: bool) -> None:
    delivery = asked.answers()
    asked.provider.faulty, asked.provider.faults = "/messages", [answer]
    asked.send()
    delivery.refresh_from_db()
    asked.channel.refresh_from_db()
    assert (delivery.state, bool(asked.channel.trouble)) == (state, troubled)
    assert len(delivery.detail) > 10


# -- The window, and templates


def test_past_24_hours_meta_takes_no_free_words(asked: Line) -> None:
    delivery = asked.answers()
    meta(asked).wrote[LEE] = time.time() - 25 * 3600
    asked.send()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.detail, asked.seen) == ("failed", WINDOW_CLOSED, [])


def test_past_24_hours_meta_is_not_even_asked(line: Line) -> None:
    late = timezone.now() - timedelta(hours=24, seconds=1)
    with pytest.raises(Refused, match="24 hours"):
        transport.send(line.channel, Outgoing("k", f"+{LEE}", "Hi", last_inbound_at=late))
    assert line.provider.calls == []


def test_approved_templates_are_listed_from_all_pages_and_others_are_not(line: Line) -> None:
    found = {(one.name, one.language): one for one in transport.templates(line.channel)}
    assert set(found) == {
        ("may_we_help", "en_US"),
        ("order_on_its_way", "en_US"),
        ("order_on_its_way", "zh_CN"),
        ("ready_to_fetch", "en_US"),
    }
    assert len(line.provider.calls) > 1
    way = found["order_on_its_way", "en_US"]
    assert way.fields == ("header 1", "1", "2")
    assert way.text.startswith("Order {{header 1}}\nHello {{1}}, your order")


@pytest.mark.parametrize(
    ("name", "language", "values", "reads"),
    [
        (
            "order_on_its_way",
            "en_US",
            {"header 1": "#7", "1": "Lee", "2": "Friday"},
            "Order #7\nHello Lee, your order is on its way. It arrives on Friday.\nYou can answer this message.",
        ),
        ("order_on_its_way", "zh_CN", {"1": "李", "2": "周五"}, "李，您好！您的订单已发货，预计周五送达。"),
        ("may_we_help", "en_US", {}, "Is there anything else that we can help with?"),
        ("ready_to_fetch", "en_US", {"name": "Lee", "place": "the desk"}, "Lee, your parcel is at the desk."),
    ],
)
def test_a_template_reaches_the_buyer_as_it_was_filled_in_also_when_the_window_is_closed(
    asked: Line, name: str, language: str, values: dict[str, str], reads: str
) -> None:
    meta(asked).wrote[LEE] = time.time() - 50 * 3600
    text, template = filled_in(asked.channel, name, language, values)
    assert text == reads
    old = timezone.now() - timedelta(hours=50)
    outgoing = Outgoing("k", f"+{LEE}", text, template=template, last_inbound_at=old)
    sent = transport.send(asked.channel, outgoing)
    [seen] = asked.seen
    assert (seen.text, seen.external_id, seen.extra["type"]) == (reads, sent.external_id, "template")
    assert json.loads(json.dumps(template)) == template, "it is kept with its message"


def test_a_template_that_meta_has_taken_back_has_failed_in_words(asked: Line) -> None:
    gone = transport.template_data(Template("gone", "en_US", "Hi"), {})
    with pytest.raises(Refused, match="no such template"):
        transport.send(asked.channel, Outgoing("k", f"+{LEE}", "Hi", template=gone))
    wrong = transport.template_data(Template("may_we_help", "en_US", "Hi", ("1",)), {"1": "x"})
    with pytest.raises(Refused, match="another number of places"):
        transport.send(asked.channel, Outgoing("k", f"+{LEE}", "Hi", template=wrong))


def test_without_the_accounts_number_templates_cannot_be_asked_for(line: Line) -> None:
    del line.channel.config["business_account_id"]
    with pytest.raises(Refused, match="Business Account ID"):
        transport.templates(line.channel)


@pytest.mark.parametrize("body", [b"{}", b'{"data": 5}', b'{"data": [{"name": 5}]}', b"not json"])
def test_a_list_of_templates_that_is_none_is_said_to_be_broken(line: Line, body: bytes) -> None:
    line.provider.faults = [body]
    with pytest.raises(NoAnswer):
        transport.templates(line.channel)


@pytest.mark.parametrize(
    "component",
    [
        {"type": "HEADER", "format": "IMAGE"},
        {"type": "CAROUSEL"},
        {"type": "BUTTONS", "buttons": [{"type": "URL", "url": "https://shop.test/{{1}}"}]},
        {"type": "BUTTONS", "buttons": [{"type": "OTP"}]},
    ],
)
def test_a_template_that_needs_more_than_words_is_not_offered(
    line: Line, component: dict[str, Any], monkeypatch: Any
) -> None:
    body = {"type": "BODY", "text": "Look"}
    one = {"name": "a", "language": "en", "status": "APPROVED", "components": [component, body]}
    plain = {
        **one,
        "name": "b",
        "components": [body, {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY"}]}],
    }
    monkeypatch.setattr(whatsapp, "TEMPLATES", [one, plain])
    assert [template.name for template in transport.templates(line.channel)] == ["b"]


def test_a_template_of_an_agents_goes_out_by_the_outbox(asked: Line) -> None:
    """From the message's row to the buyer's phone."""
    text, template = filled_in(asked.channel, "order_on_its_way", "zh_CN", {"1": "李", "2": "周五"})
    posted = post_message(
        Draft(
            actor=Actor.agent(asked.world.ann),
            client_id="t",
            body=text,
            conversation_id=asked.conversation.id,
            data={"template": dict(template)},
        )
    )
    asked.send()
    assert Delivery.objects.get(message=posted.message).state == "sent"
    assert [(seen.text, seen.extra["type"]) for seen in asked.seen] == [(text, "template")]
    assert Message.objects.get(pk=posted.message.pk).body == text
