"""SMS by Twilio: what only Twilio does. What it has in common with the others is in conformance/."""

from collections.abc import Iterator
from typing import Any

import pytest

from helpdesk.demo.phone import twilio
from helpdesk.demo.phone.base import Hook, Photo
from inbox import inbound, outbox
from inbox.models import Attachment, Channel, Consent, Delivery, Message, Payload
from inbox.transports.base import Later, Media, Receipt, Refused, Request, Said, Unreadable
from inbox.transports.twilio_sms import TwilioForm, TwilioSms, sign
from people.models import BuyerIdentity
from tests.factories import World
from tests.inbox.channels.conformance.conftest import Line, line_to
from tests.inbox.channels.provider import Call, serve

transport = TwilioSms()
PIXEL = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff"
    b",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
PICTURE = Photo("cat.gif", "image/gif", PIXEL)


@pytest.fixture
def line(world: World, settings: Any) -> Iterator[Line]:
    settings.OUTGOING_TO_PRIVATE = True
    with line_to("sms", world) as line:
        yield line


@pytest.fixture
def asked(line: Line) -> Line:
    line.hear(line.says())
    return line


def told(**fields: str) -> list[Said | Receipt]:
    """Parse a form of Twilio's with these fields."""
    hook = twilio.hook(
        {}, "", {"MessageSid": "SM1", "SmsStatus": "received", "From": "+14155550123", **fields}
    )
    return transport.parse(Channel(), Request("POST", {}, {}, hook.body))


def refused(line: Line, code: int, status: int = 400) -> Delivery:
    delivery = line.answers()
    body = f'{{"code": {code}, "message": "Twilio says so", "status": {status}}}'.encode()
    line.provider.faults = [(status, {}, body)]
    line.send()
    delivery.refresh_from_db()
    return delivery


# -- Signatures


@pytest.mark.parametrize(
    ("caller", "signature"),
    [("+14158675309", "RSOYDt4T1cUTdK1PDd93/VVr8B8="), ("+12349013030", "0/KCTR6DLpKmkAf8muzZqo1nDgQ=")],
)
def test_the_signature_is_that_of_twilios_own_examples(caller: str, signature: str) -> None:
    fields = [
        ("Digits", "1234"),
        ("To", "+18005551212"),
        ("From", caller),
        ("Caller", caller),
        ("CallSid", "CA1234567890ABCDE"),
    ]
    assert sign("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", fields) == signature


@pytest.mark.parametrize(
    ("called", "ours", "fits"),
    [
        ("https://desk.example/h/", "https://desk.example/h/", True),
        ("https://desk.example:443/h/", "https://desk.example/h/", True),
        ("https://desk.example/h/", "https://desk.example:8443/h/", True),
        ("https://desk.example:8443/h/", "https://desk.example:8443/h/", True),
        ("https://desk.example:444/h/", "https://desk.example/h/", False),
        ("http://desk.example/h/", "https://desk.example/h/", False),
        ("https://desk.example/h/?a=1", "https://desk.example/h/", False),
    ],
)
def test_the_address_is_signed_with_its_port_or_without(called: str, ours: str, fits: bool) -> None:
    channel = Channel(secrets={"token": "t"})
    hook = twilio.hook({"token": "t"}, called, {"A": "1"})
    headers = {"x-twilio-signature": hook.headers["X-Twilio-Signature"]}
    assert transport.verify(channel, Request("POST", headers, {}, hook.body, ours)) is fits


def test_what_twilio_may_add_one_day_is_signed_too() -> None:
    channel = Channel(secrets={"token": "t"})
    hook = twilio.hook(
        {"token": "t"}, "https://d/", {"Body": "Hi", "New": "ü ", "Empty": "", "a": "1", "B": "2"}
    )
    headers = {"x-twilio-signature": hook.headers["X-Twilio-Signature"]}
    assert transport.verify(channel, Request("POST", headers, {}, hook.body, "https://d/"))


# -- What comes in


@pytest.mark.parametrize(
    ("given", "sender", "proven"),
    [
        ("+14155550123", "+14155550123", True),
        (" 14155550123", "+14155550123", True),  # a plus that was not quoted
        ("14155550123", "+14155550123", True),
        ("72727", "72727", True),
        ("AMAZON", "AMAZON", False),
    ],
)
def test_a_sender_is_in_one_form(given: str, sender: str, proven: bool) -> None:
    [said] = told(From=given)
    assert isinstance(said, Said)
    assert (said.sender, said.proven) == (sender, proven)


@pytest.mark.parametrize(
    "fields",
    [
        {"From": ""},
        {"From": "whatsapp:+14155550123"},
        {"From": "x" * 65},
        {"MessageSid": ""},
        {"MessageSid": "SM 1"},
        {"MessageSid": "\x00"},
    ],
)
def test_what_is_no_sms_is_not_read(fields: dict[str, str]) -> None:
    with pytest.raises(Unreadable):
        told(**fields)


@pytest.mark.parametrize(
    ("text", "kind", "wish"),
    [
        ("STOP", "", True),
        (" stop\n", "", True),
        ("Unsubscribe", "", True),
        ("OPTOUT", "", True),
        ("START", "", False),
        ("unstop", "", False),
        ("Please stop", "", None),
        ("HELP", "", None),
        ("ARRET", "STOP", True),  # a word of the messaging service's own
        ("GO", "START", False),
        ("AIDE", "HELP", None),
    ],
)
def test_who_writes_stop_wants_nothing_more(text: str, kind: str, wish: bool | None) -> None:
    [said] = told(Body=text, **({"OptOutType": kind} if kind else {}))
    assert isinstance(said, Said)
    assert (said.opted_out, said.text) == (wish, text)


@pytest.mark.parametrize(
    ("count", "known"), [("0", 0), ("2", 2), ("11", 10), ("9999999999", 0), ("-1", 0), ("٣", 0), ("", 0)]
)
def test_as_many_files_as_there_are(count: str, known: int) -> None:
    urls = {f"MediaUrl{n}": f"https://api.twilio.com/{n}" for n in range(12)}
    types = {f"MediaContentType{n}": "image/jpeg" for n in range(12)}
    [said] = told(NumMedia=count, **urls, **types)
    assert isinstance(said, Said)
    assert len(said.media) == known
    assert all(media.name.endswith(".jpg") and media.media_type == "image/jpeg" for media in said.media)


@pytest.mark.parametrize("status", ["accepted", "scheduled", "queued", "sending", "receiving", "a new one"])
def test_a_state_on_the_way_moves_nothing(status: str) -> None:
    assert told(MessageStatus=status) == []


@pytest.mark.parametrize(
    ("code", "detail", "opted_out"),
    [
        ("30007", "The carrier took it for spam.", False),
        ("21610", "The buyer has replied STOP: they want no more SMS.", True),
        ("39999", "Twilio 39999", False),
        ("", "", False),
        ("x", "", False),
    ],
)
def test_a_receipt_says_in_words_why_it_failed(code: str, detail: str, opted_out: bool) -> None:
    wanted = Receipt("SM1", "failed", detail, opted_out=opted_out)
    assert told(MessageStatus="undelivered", ErrorCode=code) == [wanted]


@pytest.mark.django_db(transaction=True)
def test_a_picture_is_fetched_from_where_twilio_keeps_it(line: Line) -> None:
    line.hear(line.says("Look", files=(PICTURE,)))
    attachment = Attachment.objects.get()
    assert (attachment.name, attachment.file.read()) == ("file-1.gif", PICTURE.content)
    assert line.heard[0].body == "Look"
    assert [call.path.split("/")[1] for call in line.provider.calls] == ["2010-04-01", "stored"]


@pytest.mark.django_db(transaction=True)
def test_our_password_goes_to_twilio_alone(line: Line) -> None:
    with serve(
        lambda call: (200, {"Content-Type": "image/gif"}, PICTURE.content), host="127.0.0.2"
    ) as stranger:
        assert transport.fetch(line.channel, Media("f", ref=f"{stranger.url}/f"), 1000) == PICTURE.content
        elsewhere = {"Location": f"{stranger.url}/moved"}
        line.provider.answer = lambda call: (307, elsewhere, b"")
        known = Media("f", ref=f"{line.provider.url}/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1")
        assert transport.fetch(line.channel, known, 1000) == PICTURE.content
    assert "authorization" in line.provider.calls[-1].headers
    assert [call.path for call in stranger.calls] == ["/f", "/moved"]
    assert not any("authorization" in call.headers for call in stranger.calls)


@pytest.mark.django_db(transaction=True)
def test_a_redirect_into_our_own_network_is_not_followed(line: Line, monkeypatch: Any) -> None:
    """The file's address is on the open internet, and leads to one that is not."""
    from helpdesk.lib import http

    def answer(call: Call) -> tuple[int, dict[str, str], bytes]:
        return 302, {"Location": "http://127.0.0.1:9/inside"}, b""

    line.provider.answer = answer
    port = int(line.provider.url.rpartition(":")[2])
    real = http._addresses
    monkeypatch.setattr(
        http, "_addresses", lambda host, to: real(host, to) if to == port else _closed(host, to)
    )
    with pytest.raises(Refused, match="open internet"):
        transport.fetch(line.channel, Media("f", ref=f"{line.provider.url}/f"), 1000)


def _closed(host: str, port: int) -> list[str]:
    from helpdesk.lib import http

    raise http._NotPublic(f"{host} is in a private network")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("status", "error"), [(404, Refused), (403, Later), (500, Later)])
def test_a_file_that_twilio_does_not_give(line: Line, status: int, error: type[Exception]) -> None:
    line.provider.faults = [status]
    with pytest.raises(error):
        transport.fetch(line.channel, Media("f", ref=f"{line.provider.url}/f"), 1000)


# -- What goes out


@pytest.mark.django_db(transaction=True)
def test_a_form_as_twilio_documents_it(asked: Line, settings: Any) -> None:
    from urllib.parse import parse_qsl

    asked.answers("Grüße & 100% 你好")
    asked.send()
    call = asked.provider.done[-1]
    assert call.path == "/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef/Messages.json"
    assert dict(parse_qsl(call.body.decode())) == {
        "To": "+14155550123",
        "From": "+15005550006",
        "Body": "Grüße & 100% 你好",
        "StatusCallback": f"{settings.PUBLIC_URL}{asked.path}?key=delivery-{Delivery.objects.get().pk}",
    }


@pytest.mark.django_db(transaction=True)
def test_the_state_of_a_part_says_nothing_of_the_whole(asked: Line) -> None:
    delivery = asked.answers("a " * 1000)
    asked.provider.faults = ["cut after"]
    asked.send()
    asked.hear(asked.receipt(asked.seen[0].external_id, "delivered"))
    delivery.refresh_from_db()
    assert (delivery.state, len(asked.seen)) == ("unknown", 1)


@pytest.mark.django_db(transaction=True)
def test_a_messaging_service_chooses_the_number(asked: Line) -> None:
    service = "MG0123456789abcdef0123456789abcdef"
    asked.channel.config = {**asked.channel.config, "sender": service}
    asked.channel.save()
    asked.accounts[0] = twilio.Account(asked.channel.config, asked.kind.secrets)
    asked.answers("Hi")
    asked.send()
    assert asked.seen[0].extra == {"sender": service}
    assert b"MessagingServiceSid=MG" in asked.provider.done[-1].body


@pytest.mark.django_db(transaction=True)
def test_what_is_said_counts_as_the_sms_that_it_is(asked: Line) -> None:
    one, many = asked.answers("a" * 160), asked.answers("你" * 141)
    asked.send()
    one.refresh_from_db()
    many.refresh_from_db()
    assert (one.detail, many.detail) == ("", "3 SMS")


@pytest.mark.django_db(transaction=True)
def test_a_name_as_sender_can_not_be_answered_and_is_not_tried(line: Line) -> None:
    line.hear(line.says(sender="AMAZON"))
    assert BuyerIdentity.objects.get(value="AMAZON").verified is False
    delivery = line.answers()
    line.send()
    delivery.refresh_from_db()
    assert (delivery.state, line.provider.calls) == ("failed", [])
    assert "cannot be answered" in delivery.detail


@pytest.mark.django_db(transaction=True)
def test_who_replied_stop_is_not_written_to_until_they_say_start(asked: Line) -> None:
    asked.hear(asked.says("STOP"))
    assert Consent.objects.get().state == "none"
    delivery = asked.answers("Are you sure?")
    asked.send()
    delivery.refresh_from_db()
    assert (delivery.state, bool(delivery.detail), asked.seen) == ("failed", True, [])
    asked.hear(asked.says("START"))
    asked.answers("Welcome back")
    asked.send()
    assert [seen.text for seen in asked.seen] == ["Welcome back"]


@pytest.mark.django_db(transaction=True)
def test_who_told_twilio_to_stop_is_known_to_want_no_more(asked: Line) -> None:
    """They wrote STOP while nobody listened: Twilio knows it, and we learn it with the next message."""
    asked.vendor.stopped.add(("+15005550006", "+14155550123"))  # type: ignore[attr-defined]
    delivery = asked.answers()
    asked.send()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.detail) == (
        "failed",
        "The buyer has replied STOP: they want no more SMS.",
    )
    consent = Consent.objects.get()
    assert (consent.state, consent.source, consent.address) == ("none", "provider", "+14155550123")


@pytest.mark.django_db(transaction=True)
def test_that_they_want_no_more_may_come_with_a_receipt(asked: Line) -> None:
    asked.answers()
    asked.send()
    fields = {"MessageSid": asked.seen[0].external_id, "MessageStatus": "failed", "ErrorCode": "21610"}
    asked.hear(twilio.hook(asked.kind.secrets, asked.url, fields))
    assert Delivery.objects.get().state == "failed"
    assert Consent.objects.get().state == "none"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("code", [21611, 14107, 63038])
def test_too_much_at_once_waits(asked: Line, code: int) -> None:
    assert refused(asked, code).state == "queued"
    asked.channel.refresh_from_db()
    assert asked.channel.paused_until is not None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("code", [20003, 20005, 21606, 21703, 30002])
def test_what_holds_for_every_message_stops_the_channel_and_says_why(asked: Line, code: int) -> None:
    assert refused(asked, code).state == "queued"
    asked.channel.refresh_from_db()
    assert asked.channel.trouble == f"Twilio does not let us in: Twilio says so ({code})"


@pytest.mark.django_db(transaction=True)
def test_what_we_have_no_words_for_is_said_in_twilios(asked: Line) -> None:
    assert refused(asked, 21408).detail == "SMS to this country is not switched on at Twilio."
    assert refused(asked, 29999).detail == "Twilio says so (29999)"


@pytest.mark.django_db(transaction=True)
def test_a_picture_goes_as_mms_where_the_number_can(asked: Line) -> None:
    asked.channel.config = {**asked.channel.config, "sender": "+358451234567"}
    asked.channel.save()
    american, finn = asked.accounts[0], twilio.Account(asked.channel.config, asked.kind.secrets)
    asked.accounts[:] = [finn]
    asked.answers("See", files=(PICTURE,))
    asked.send()
    [seen] = asked.seen
    assert (seen.files, seen.text.splitlines()[0]) == ((), "See")
    assert asked.bytes_of(seen.text.split()[-1]) == PICTURE.content
    Channel.objects.update(config=american.config)
    asked.accounts[:] = [american]
    asked.answers("See", files=(PICTURE,))
    asked.send()
    assert (asked.seen[1].text, [asked.bytes_of(file) for file in asked.seen[1].files]) == (
        "See",
        [PICTURE.content],
    )


@pytest.mark.django_db(transaction=True)
def test_files_beyond_five_megabytes_go_as_links(asked: Line) -> None:
    asked.answers("Two", files=(PICTURE, Photo("b.pdf", "application/pdf", b"%PDF-1.4 b")))
    Attachment.objects.filter(name="b.pdf").update(size=5 * 1024 * 1024)
    asked.send()
    [seen] = asked.seen
    assert len(seen.files) == 1
    assert "b.pdf: http" in seen.text


# -- Setting it up


@pytest.mark.django_db(transaction=True)
def test_a_check_names_the_account_and_notices_a_number_that_is_not_its_own(line: Line) -> None:
    assert transport.check(line.channel) == "The store"
    line.channel.config = {**line.channel.config, "sender": "+15005550001"}
    with pytest.raises(Refused, match="not one of the account's"):
        transport.check(line.channel)
    line.provider.answer = lambda call: (200, {}, b'{"status": "suspended"}')
    with pytest.raises(Refused, match="suspended"):
        transport.check(line.channel)


@pytest.mark.parametrize(
    ("sender", "good"),
    [
        ("+15005550006", True),
        ("72727", True),
        ("My Shop", True),
        ("MG0123456789abcdef0123456789abcdef", True),
        ("+1500555 0006", False),
        ("My shop's name", False),
        ("", False),
    ],
)
def test_what_may_stand_as_the_sender(sender: str, good: bool) -> None:
    form = TwilioForm({"account": "AC0123456789abcdef0123456789abcdef", "token": "t", "sender": sender})
    assert form.is_valid() is good


@pytest.mark.django_db(transaction=True)
def test_twilio_hears_that_nothing_is_to_be_said_to_the_buyer(line: Line) -> None:
    from django.test import Client

    hook: Hook = line.says()
    answer = Client().post(line.path, hook.body, content_type=hook.content_type, headers=dict(hook.headers))
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/xml")
    assert answer.content == b"<Response/>"


@pytest.mark.django_db(transaction=True)
def test_whatsapp_on_the_same_number_is_kept_with_the_reason(line: Line) -> None:
    line.hear(line.says(sender="whatsapp:+14155550123"))
    payload = Payload.objects.get()
    assert (payload.state, payload.error) == ("failed", "It did not come by SMS.")
    assert not Message.objects.exists()
    assert inbound.new_payloads() == []
    assert outbox.due_channels() == []
