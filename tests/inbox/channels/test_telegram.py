"""Telegram: what only Telegram does. What it has in common with the others is in conformance/."""

import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from django.utils import timezone
from PIL import Image

from helpdesk.demo.phone import telegram
from helpdesk.demo.phone.base import Hook, Photo
from inbox.models import Attachment, Channel, Consent, Conversation, Delivery, Message, Payload
from inbox.transports.base import Later, Media, OptedOut, Refused, Request, Said, Unreadable
from inbox.transports.telegram import UPDATES, Telegram
from tests.factories import World
from tests.inbox.channels.conformance.conftest import Line, line_to

pytestmark = pytest.mark.django_db(transaction=True)
transport = Telegram()
LEE = "5551234"


@pytest.fixture
def line(world: World, settings: Any) -> Iterator[Line]:
    settings.OUTGOING_TO_PRIVATE = True
    with line_to("telegram", world) as line:
        yield line


@pytest.fixture
def asked(line: Line) -> Line:
    line.hear(line.says())
    return line


def bot(line: Line) -> telegram.Telegram:
    assert isinstance(line.vendor, telegram.Telegram)
    return line.vendor


def tell(line: Line, **what: Any) -> str:
    """Let a message with whatever in it come; return how it reads."""
    line.hear(bot(line).tell(line.channel.secrets, LEE, what))
    return line.heard[-1].body


def picture(wide: int, high: int) -> Photo:
    out = BytesIO()
    Image.new("RGB", (wide, high), "green").save(out, "PNG")
    return Photo("cup.png", "image/png", out.getvalue())


# -- In


PLACE = {"latitude": 60.17, "longitude": 24.94}
FILE = {"file_id": "F1", "file_unique_id": "u1"}


@pytest.mark.parametrize(
    ("what", "reads"),
    [
        ({"text": "Hello"}, "Hello"),
        ({"text": "/start order-7"}, "/start order-7"),
        ({"location": PLACE}, "https://maps.google.com/?q=60.17,24.94"),
        (
            {"location": PLACE, "venue": {"location": PLACE, "title": "Cafe", "address": "Street 1"}},
            "Cafe\nStreet 1\nhttps://maps.google.com/?q=60.17,24.94",
        ),
        ({"contact": {"first_name": "Bo", "phone_number": "+4670"}}, "Bo +4670"),
        ({"dice": {"emoji": "🎲", "value": 4}}, "🎲 4"),
        ({"poll": {"question": "Tea?", "options": [{"text": "Yes"}, {"text": "No"}]}}, "Tea?\n- Yes\n- No"),
        ({"sticker": {**FILE, "emoji": "👍", "is_animated": True}}, "👍"),
        ({"story": {"id": 7}}, "… (story)"),
        ({"forward_origin": {"type": "user"}, "text": "They said so"}, "They said so"),
        ({"location": {"latitude": "north"}}, "…"),
        ({"text": ["a"]}, "…"),
    ],
)
def test_every_sort_of_message_can_be_read(line: Line, what: dict[str, Any], reads: str) -> None:
    assert tell(line, **what) == reads


@pytest.mark.parametrize(
    "kind", ["document", "video", "audio", "voice", "animation", "video_note", "sticker"]
)
def test_every_sort_of_file_is_fetched(line: Line, kind: str) -> None:
    bot(line).files["F1"] = ("files/f", Photo("f", "", b"OggS what was sent"))
    animation = {"document": FILE} if kind == "animation" else {}  # it is told as both
    line.hear(bot(line).tell(line.channel.secrets, LEE, {kind: {**FILE, "mime_type": "x/y"}, **animation}))
    assert Attachment.objects.get().file.read() == b"OggS what was sent"


def test_of_a_picture_the_largest_size_is_taken(line: Line) -> None:
    green = picture(60, 40)
    line.hear(line.says("See", files=[green]))
    assert Attachment.objects.get().file.read() == green.content


def test_a_file_that_telegram_gives_to_no_bot_is_said_so(line: Line, monkeypatch: Any) -> None:
    monkeypatch.setattr(telegram, "MAX_DOWNLOAD", 10)
    line.hear(line.says("See", files=[picture(60, 40)]))
    assert line.heard[0].body == "See\n[photo.jpg: larger than the 20 MB that Telegram gives to bots]"


def test_what_was_changed_is_told_as_one_more_that_answers_the_first(line: Line) -> None:
    line.hear(line.says("to 5 High Street"))
    first = line.heard[0]
    hook = bot(line).tell(line.channel.secrets, LEE, {"text": "to 6 High Street", "edit_date": 1700000000})
    edited = {"edited_message": _message(hook)}
    line.hear(*[bot(line).update(line.channel.secrets, edited)] * 2)
    assert [message.body for message in line.heard] == ["to 5 High Street", "✎ to 6 High Street"]
    assert line.heard[0].body == first.body


def test_a_place_that_moves_is_no_new_message(asked: Line) -> None:
    hook = bot(asked).tell(asked.channel.secrets, LEE, {"location": PLACE, "edit_date": 1700000000})
    asked.hear(bot(asked).update(asked.channel.secrets, {"edited_message": _message(hook)}))
    assert len(asked.heard) == 1


def _message(hook: Hook) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(hook.body)["message"]
    return found


@pytest.mark.parametrize(
    "update",
    [
        {"poll": {"id": "1"}},
        {"message_reaction": {}},
        {"some_update_of_next_year": {}},
        {"message": {"message_id": 1, "date": 1, "chat": {"id": -5, "type": "group"}, "text": "Hi all"}},
        {
            "message": {
                "message_id": 1,
                "date": 1,
                "chat": {"id": 5, "type": "private"},
                "from": {"id": 9, "is_bot": True},
                "text": "beep",
            }
        },
        {
            "message": {
                "message_id": 1,
                "date": 1,
                "chat": {"id": 5, "type": "private"},
                "pinned_message": {"text": "Hi"},
            }
        },
    ],
)
def test_what_nobody_said_to_the_store_is_no_message(line: Line, update: dict[str, Any]) -> None:
    line.hear(bot(line).update(line.channel.secrets, update))
    assert line.heard == []
    assert Payload.objects.get().state == "done"


def test_an_answer_to_a_message_names_it(asked: Line) -> None:
    conversation = asked.conversation
    first = transport.parse(
        asked.channel, _request(bot(asked).tell(asked.channel.secrets, LEE, {"text": "a"}))
    )
    [said] = first
    assert isinstance(said, Said)
    number = int(said.external_id.partition(":")[2])
    hook = bot(asked).tell(
        asked.channel.secrets, LEE, {"text": "that one", "reply_to_message": {"message_id": number}}
    )
    [answer] = transport.parse(asked.channel, _request(hook))
    assert isinstance(answer, Said)
    assert answer.answers == (said.external_id,)
    asked.hear(hook)
    assert Conversation.objects.get(channel=asked.channel) == conversation


def _request(hook: Hook) -> Request:
    return Request("POST", {}, {}, hook.body)


@pytest.mark.parametrize(
    "body",
    [
        b"5",
        b"[]",
        b'{"message": 5}',
        b'{"message": {"chat": {"type": "private"}}}',
        b'{"message": {"chat": 1}}',
    ],
)
def test_what_is_no_update_is_kept_as_unreadable(line: Line, body: bytes) -> None:
    with pytest.raises(Unreadable):
        transport.parse(line.channel, _request(Hook(body)))


def test_a_name_is_the_persons_or_else_what_they_call_themselves(line: Line) -> None:
    line.hear(line.says(name="Lee Chan Wu"))
    assert line.conversation.buyer.name == "Lee Chan Wu"
    hook = bot(line).tell(
        line.channel.secrets, "77", {"from": {"id": 77, "username": "lee_chan"}, "text": "Hi"}
    )
    [said] = transport.parse(line.channel, _request(hook))
    assert isinstance(said, Said)
    assert said.name == "lee_chan"


def test_who_blocks_the_bot_wants_nothing_more_and_who_unblocks_it_does_again(asked: Line) -> None:
    def change(status: str) -> None:
        what = {
            "chat": {"id": int(LEE), "type": "private"},
            "from": {"id": int(LEE), "first_name": "Lee"},
            "date": 1700000000,
            "new_chat_member": {"status": status},
        }
        asked.hear(bot(asked).update(asked.channel.secrets, {"my_chat_member": what}))

    change("kicked")
    assert Consent.objects.get(address=LEE).state == Consent.State.NONE
    change("member")
    assert Consent.objects.get(address=LEE).state != Consent.State.NONE
    assert len(asked.heard) == 1, "neither is a message"


# -- Out


def test_a_blocked_bot_is_told_apart_from_other_refusals(asked: Line) -> None:
    asked.provider.faults = [
        (403, {}, b'{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}')
    ]
    delivery = asked.answers()
    asked.send()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.detail) == ("failed", "The buyer has blocked the bot.")
    assert Consent.objects.get(address=LEE).state == Consent.State.NONE
    assert issubclass(OptedOut, Refused)


def test_a_refusal_that_has_no_words_of_ours_is_told_in_telegrams(asked: Line) -> None:
    asked.provider.faults = [(400, {}, b'{"ok":false,"description":"Bad Request: something of next year"}')]
    delivery = asked.answers()
    asked.send()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.detail) == ("failed", "Bad Request: something of next year")


@pytest.mark.parametrize(
    ("wide", "high", "shown"),
    [(60, 40, "sendPhoto"), (2100, 10, "sendDocument"), (9000, 1500, "sendDocument")],
)
def test_a_picture_goes_as_one_where_telegram_shows_it(asked: Line, wide: int, high: int, shown: str) -> None:
    green = picture(wide, high)
    delivery = asked.answers("See", files=(green,))
    asked.provider.calls.clear()
    asked.send()
    delivery.refresh_from_db()
    [call] = asked.provider.calls
    assert (delivery.state, call.path.rpartition("/")[2]) == ("sent", shown)
    [seen] = asked.seen
    assert (seen.text, asked.bytes_of(seen.files[0])) == ("See", green.content)


def test_words_too_long_for_a_caption_go_before_the_file(asked: Line) -> None:
    asked.answers("word " * 300, files=(picture(60, 40),))
    asked.send()
    assert [bool(seen.files) for seen in asked.seen] == [False, True]


def test_a_name_in_any_script_reaches_the_buyer_whole(asked: Line) -> None:
    delivery = asked.answers("", files=(Photo('合同 "2".txt', "text/plain", b"ok"),))
    asked.send()
    delivery.refresh_from_db()
    assert delivery.state == "sent", delivery.detail
    assert bot(asked).shelf.files[0].name in ('合同 "2".txt', "合同 %222%22.txt")


def test_how_long_to_wait_stands_in_the_answer(asked: Line) -> None:
    asked.provider.faults = [
        (429, {"Retry-After": "1"}, b'{"ok":false,"description":"Too Many","parameters":{"retry_after":700}}')
    ]
    asked.answers()
    asked.send()
    delivery = Delivery.objects.get()
    assert delivery.run_at is not None
    assert (delivery.run_at - timezone.now()).total_seconds() > 690


def test_a_part_that_fails_after_another_went_out_is_unknown(asked: Line) -> None:
    delivery = asked.answers("word " * 1500)
    asked.provider.faulty = "/sendMessage"
    asked.provider.faults = [200, (400, {}, b'{"ok":false,"description":"Bad Request: no"}')]
    asked.provider.faults[0] = (200, {}, b'{"ok":true,"result":{"message_id":1}}')
    asked.send()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.detail) == ("unknown", "Only a part of it was sent.")


# -- Connecting


def test_telegram_is_told_where_to_bring_what_buyers_write(line: Line) -> None:
    transport.connect(line.channel, "https://desk.test/hooks/channels/k/")
    told = bot(line).hooks[line.channel.secrets["token"]]
    assert told["url"] == "https://desk.test/hooks/channels/k/"
    assert (told["secret_token"], told["allowed_updates"]) == (line.channel.secrets["secret"], UPDATES)
    assert transport.check(line.channel) == "@store_bot"


def test_an_address_without_tls_is_refused_in_words(line: Line) -> None:
    with pytest.raises(Refused, match="HTTPS"):
        transport.connect(line.channel, "http://desk.test/hooks/channels/k/")


def test_a_token_of_another_form_is_told_apart_from_a_network_that_is_away(line: Line) -> None:
    line.channel.secrets = {"token": "nonsense", "secret": "x" * 16}
    with pytest.raises(Later, match="does not let us in"):
        transport.check(line.channel)


def test_a_file_reference_leads_nowhere_else(line: Line) -> None:
    """Whatever stands in it, it is asked for by Telegram's own call, and never a path or an address of ours."""
    line.provider.calls.clear()
    with pytest.raises(Refused):
        transport.fetch(line.channel, Media("x", ref="../../getMe"), 100)
    assert [call.path.rpartition("/")[2] for call in line.provider.calls] == ["getFile"]


def test_one_bot_is_one_account_whatever_its_token() -> None:
    assert transport.account({}, {"token": "110:AAA"}) == transport.account({}, {"token": "110:BBB"}) == "110"
    assert Message.objects.count() == Channel.objects.filter(kind="telegram").count() == 0
