"""A WeChat Official Account: what only WeChat does. What it has in common with the others is in conformance/."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache

from helpdesk.demo.phone import wechat
from helpdesk.demo.phone.base import Photo
from inbox.models import Attachment, Channel, Consent, Conversation, Delivery, Payload
from inbox.transports.base import Later, Request, Said, TransportError, Unreadable
from inbox.transports.wechat import WeChat, access_token
from people.models import Buyer
from tests.factories import World
from tests.inbox.channels.conformance.conftest import Line, line_to
from tests.inbox.channels.conformance.kinds import KINDS

transport = WeChat()
PIXEL = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff"
    b",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
PICTURE = Photo("cat.gif", "image/gif", PIXEL)
VIDEO = Photo("v.mp4", "video/mp4", b"\x00\x00\x00\x18ftypmp42")
LEE = KINDS["wechat"].sender
DB = pytest.mark.django_db(transaction=True)


@pytest.fixture
def line(world: World, settings: Any) -> Iterator[Line]:
    settings.OUTGOING_TO_PRIVATE = True
    with line_to("wechat", world) as line:
        yield line


@pytest.fixture
def asked(line: Line) -> Line:
    line.hear(line.says())
    line.provider.calls.clear()
    return line


def vendor(line: Line) -> wechat.WeChat:
    assert isinstance(line.vendor, wechat.WeChat)
    return line.vendor


def push(line: Line, **fields: str) -> None:
    line.hear(vendor(line).push(line.channel.config, line.channel.secrets, LEE, fields))


def told(**fields: str) -> Said:
    whole = {"FromUserName": LEE, "CreateTime": "1700000000", "MsgId": "7", **fields}
    [said] = transport.parse(Channel(), Request("POST", {}, {}, wechat.xml(whole)))
    assert isinstance(said, Said)
    return said


def answered(line: Line, told: dict[str, Any]) -> Delivery:
    """Answer, and let WeChat say this of it."""
    delivery = line.answers()
    line.provider.faulty = "/custom/send"
    line.provider.faults = [(200, {}, json.dumps(told).encode())]
    line.send()
    delivery.refresh_from_db()
    return delivery


# -- Everything that may come


@pytest.mark.parametrize(
    ("fields", "text", "files"),
    [
        (
            {"MsgType": "voice", "MediaId": "m", "Format": "speex", "Recognition": "在吗"},
            "在吗",
            ["voice.speex"],
        ),
        ({"MsgType": "voice", "MediaId": "m", "Format": "../x"}, "", ["voice.amr"]),
        ({"MsgType": "image", "MediaId": "m", "PicUrl": "http://x/"}, "", ["photo.jpg"]),
        ({"MsgType": "shortvideo", "MediaId": "m", "ThumbMediaId": "t"}, "", ["video.mp4"]),
        (
            {"MsgType": "link", "Title": "A lamp", "Description": "Bright", "Url": "https://shop.example/l"},
            "A lamp\nBright\nhttps://shop.example/l",
            [],
        ),
        (
            {"MsgType": "location", "Location_X": "39.9", "Location_Y": "116.3", "Label": "北京 1 号"},
            "北京 1 号\nhttps://apis.map.qq.com/uri/v1/marker?marker=coord:39.900000,116.300000"
            ";title:%E5%8C%97%E4%BA%AC%201%20%E5%8F%B7&referer=helpdesk",
            [],
        ),
        ({"MsgType": "location", "Location_X": "here", "Location_Y": "", "Label": ""}, "… (location)", []),
        ({"MsgType": "hologram"}, "… (hologram)", []),
    ],
)
def test_each_sort_of_message_is_shown(fields: dict[str, str], text: str, files: list[str]) -> None:
    said = told(**fields)
    assert (said.text, [media.name for media in said.media]) == (text, files)


@pytest.mark.parametrize("stamp", ["", "soon", "9" * 40, "-1"])
def test_a_message_without_a_time_is_a_message(stamp: str) -> None:
    assert told(MsgType="text", Content="Hi", CreateTime=stamp).at is None


@pytest.mark.parametrize("fields", [{"FromUserName": ""}, {"MsgId": ""}, {"FromUserName": "x" * 101}])
def test_what_names_nobody_is_no_message(fields: dict[str, str]) -> None:
    with pytest.raises(Unreadable):
        told(MsgType="text", Content="Hi", **fields)


@DB
def test_a_picture_is_fetched_by_its_id_and_a_video_from_where_wechat_says(line: Line) -> None:
    line.hear(line.says("", files=(PICTURE,)), line.says("", files=(VIDEO,)))
    assert [a.file.read() for a in Attachment.objects.order_by("created_at")] == [
        PICTURE.content,
        VIDEO.content,
    ]
    paths = [call.path.split("?")[0] for call in line.provider.calls]
    assert paths == ["/cgi-bin/stable_token", "/cgi-bin/media/get", "/cgi-bin/media/get", *paths[3:]]
    assert paths[3].startswith("/video/")


@DB
def test_a_file_that_wechat_has_thrown_away_is_said_so(line: Line) -> None:
    hook = line.says("", files=(PICTURE,))
    vendor(line).media.clear()  # after three days
    line.hear(hook)
    assert [message.body for message in line.heard] == ["[photo.jpg: invalid media_id (40007)]"]


# -- Events


@DB
def test_who_only_follows_is_no_buyer_yet(line: Line) -> None:
    line.hear(vendor(line).event(line.channel.config, line.channel.secrets, LEE, "subscribe"))
    assert Payload.objects.get().state == "done"
    assert not Buyer.objects.filter(identities__kind="wechat").exists()
    assert not Conversation.objects.exists()


@DB
def test_an_event_is_known_by_who_and_when(asked: Line) -> None:
    hook = vendor(asked).event(asked.channel.config, asked.channel.secrets, LEE, "CLICK", "my orders")
    asked.hear(hook, hook, hook)
    assert [message.body for message in asked.heard] == ["Hello there", "[Menu: my orders]"]


@DB
def test_who_follows_no_more_is_not_written_to_until_they_do_again(asked: Line) -> None:
    event = vendor(asked).event
    asked.hear(event(asked.channel.config, asked.channel.secrets, LEE, "unsubscribe"))
    assert Consent.objects.get().state == "none"
    delivery = asked.answers()
    asked.send()
    delivery.refresh_from_db()
    assert (delivery.state, asked.provider.calls) == ("failed", [])
    asked.hear(event(asked.channel.config, asked.channel.secrets, LEE, "subscribe"))
    asked.answers("Again")
    asked.send()
    assert [seen.text for seen in asked.seen] == ["Again"]


@pytest.mark.parametrize(
    "event", ["LOCATION", "VIEW", "SCAN", "TEMPLATESENDJOBFINISH", "kf_create_session", ""]
)
def test_an_event_that_tells_an_agent_nothing_is_nothing(event: str) -> None:
    fields = {"FromUserName": LEE, "CreateTime": "1", "MsgType": "event", "Event": event}
    assert transport.parse(Channel(), Request("POST", {}, {}, wechat.xml(fields))) == []


# -- The access token


def tokens(line: Line) -> int:
    return sum(call.path == "/cgi-bin/stable_token" for call in line.provider.calls)


@DB
def test_one_token_serves_all_workers_until_it_is_over(asked: Line) -> None:
    for _ in range(3):
        asked.answers()
        asked.send()
    assert (len(asked.seen), tokens(asked)) == (3, 1)


@DB
@pytest.mark.parametrize("over", ["expired", "not latest"])
def test_a_token_that_is_over_is_renewed_once_and_nothing_is_sent_twice(asked: Line, over: str) -> None:
    asked.answers("one")
    asked.send()
    app_id = asked.channel.config["app_id"]
    token, until = vendor(asked).tokens[app_id]
    vendor(asked).tokens[app_id] = (token, 0.0) if over == "expired" else ("T_of_somebody_else", until)
    delivery = asked.answers("two")
    asked.send()
    delivery.refresh_from_db()
    assert (delivery.state, [seen.text for seen in asked.seen]) == ("sent", ["one", "two"])
    assert tokens(asked) == 2


@DB
@pytest.mark.parametrize("code", [40001, 40014, 42001])
def test_a_token_that_is_never_good_stops_the_channel_and_not_the_message(asked: Line, code: int) -> None:
    delivery = asked.answers()
    bad = (200, {}, json.dumps({"errcode": code, "errmsg": "invalid credential"}).encode())
    asked.provider.faulty = "/custom/send"
    asked.provider.faults = [bad, bad, bad]
    asked.send()
    delivery.refresh_from_db()
    asked.channel.refresh_from_db()
    assert (delivery.state, len(asked.provider.faults)) == ("queued", 1), "tried twice, and no more"
    assert asked.channel.trouble == f"WeChat does not let us in: invalid credential ({code})"


@DB
def test_a_worker_that_hears_it_late_takes_the_new_token_of_another(asked: Line) -> None:
    old = access_token(asked.channel)
    vendor(asked).tokens.clear()
    new = access_token(asked.channel, stale=old)
    assert access_token(asked.channel, stale=old) == new != old
    assert tokens(asked) == 2


@DB
def test_without_a_cache_it_is_slower_and_nothing_else(asked: Line, monkeypatch: Any) -> None:
    monkeypatch.setattr(cache, "get", lambda *args, **kwargs: None)
    for text in ("one", "two"):
        asked.answers(text)
        asked.send()
    assert ([seen.text for seen in asked.seen], tokens(asked)) == (["one", "two"], 2)


@DB
def test_new_credentials_do_not_meet_the_token_of_the_old_ones(asked: Line) -> None:
    access_token(asked.channel)
    asked.channel.secrets = {**asked.channel.secrets, "app_secret": "f" * 32}
    with pytest.raises(Later, match="invalid appsecret"):
        access_token(asked.channel)


@DB
@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"errcode": 40164, "errmsg": "invalid ip 198.51.100.7, not in whitelist"}, "198.51.100.7"),
        ({"errcode": 40125, "errmsg": "invalid appsecret"}, "invalid appsecret"),
    ],
)
def test_a_check_says_in_wechats_words_why_it_does_not_let_us_in(
    line: Line, told: dict[str, Any], words: str
) -> None:
    line.provider.faults = [(200, {}, json.dumps(told).encode())]
    with pytest.raises(TransportError, match=words):
        transport.check(line.channel)
    assert transport.check(line.channel) == "wx0123456789abcdef"


# -- What goes out


@DB
def test_letters_go_out_as_they_are(asked: Line) -> None:
    """WeChat shows what is escaped in JSON as it stands."""
    asked.answers("亲，已发货 👍")
    asked.send()
    assert "亲，已发货 👍".encode() in asked.provider.done[-1].body
    assert b"\\u" not in asked.provider.done[-1].body


@DB
def test_five_answers_and_then_the_buyer_has_to_write_again(asked: Line) -> None:
    deliveries = [asked.answers(f"{n}") for n in range(6)]
    asked.send()
    last = deliveries[5]
    last.refresh_from_db()
    assert [seen.text for seen in asked.seen] == ["0", "1", "2", "3", "4"]
    assert (last.state, "five answers" in last.detail) == ("failed", True)
    asked.channel.refresh_from_db()
    assert asked.channel.paused_until is None, "it is this buyer alone"
    asked.hear(asked.says("And?"))
    asked.answers("Yes")
    asked.send()
    assert asked.seen[-1].text == "Yes"


@DB
def test_a_long_answer_is_counted_in_bytes_and_takes_as_few_messages_as_it_can(asked: Line) -> None:
    text = "订单已发货。" * 200
    asked.answers(text)
    asked.send()
    assert "".join(seen.text for seen in asked.seen) == text
    assert [len(seen.text.encode()) for seen in asked.seen] == [2046, 1554]


@DB
def test_after_48_hours_it_has_failed_in_words(asked: Line) -> None:
    for follower in vendor(asked).followers.values():
        follower.wrote_at -= 48 * 3600 + 1
    delivery = asked.answers()
    asked.send()
    delivery.refresh_from_db()
    assert delivery.state == "failed"
    assert "48 hours" in delivery.detail


@DB
def test_pictures_are_uploaded_before_anything_is_said(asked: Line) -> None:
    delivery = asked.answers("Here", files=(PICTURE, Photo("terms.pdf", "application/pdf", b"%PDF-1.4 x")))
    asked.send()
    delivery.refresh_from_db()
    assert delivery.state == "sent", delivery.detail
    text, picture = asked.seen
    assert text.text.startswith("Here\nterms.pdf: http")
    assert asked.bytes_of(picture.files[0]) == PICTURE.content
    paths = [call.path.split("?")[0].rpartition("/")[2] for call in asked.provider.calls]
    assert paths == ["stable_token", "upload", "send", "send"]


@DB
@pytest.mark.parametrize("fault", ["cut after", 500, b"{}", b'{"errcode":-1,"errmsg":"system error"}'])
def test_an_upload_that_fails_has_sent_nothing_and_is_tried_again(asked: Line, fault: Any) -> None:
    delivery = asked.answers("Here", files=(PICTURE,))
    asked.provider.faulty = "/media/upload"
    asked.provider.faults = [fault]
    asked.send()
    delivery.refresh_from_db()
    assert (delivery.state, asked.seen) == ("queued", [])
    asked.send_later()
    assert [seen.text for seen in asked.seen] == ["Here", ""]


@DB
@pytest.mark.parametrize("code", [-1, 45009, 45011])
def test_busy_waits(asked: Line, code: int) -> None:
    assert answered(asked, {"errcode": code, "errmsg": "system error"}).state == "queued"
    asked.channel.refresh_from_db()
    assert asked.channel.paused_until is not None


@DB
@pytest.mark.parametrize("code", [40013, 40164, 48001, 48004, 50002])
def test_what_holds_for_every_message_stops_the_channel(asked: Line, code: int) -> None:
    assert answered(asked, {"errcode": code, "errmsg": "no"}).state == "queued"
    asked.channel.refresh_from_db()
    assert asked.channel.trouble == f"WeChat does not let us in: no ({code})"


@DB
@pytest.mark.parametrize("code", [43004, 48002])
def test_who_switched_our_messages_off_is_known_to_want_none(asked: Line, code: int) -> None:
    assert answered(asked, {"errcode": code, "errmsg": "no"}).state == "failed"
    assert (Consent.objects.get().state, Consent.objects.get().source) == ("none", "provider")


@DB
def test_what_we_have_no_words_for_is_said_in_wechats(asked: Line) -> None:
    assert answered(asked, {"errcode": 87014, "errmsg": "risky content"}).detail == "risky content (87014)"
    assert answered(asked, {"errcode": "odd", "errmsg": "odd"}).state == "failed"
