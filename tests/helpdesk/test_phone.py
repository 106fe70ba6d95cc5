"""The demo's phone: there in the demo and nowhere else, and everything between it and the desk is real HTTP."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from PIL import Image

from events.record import Actor
from helpdesk.demo.phone import channels, network
from helpdesk.demo.phone.models import PhoneMessage
from inbox import inbound, outbox
from inbox.models import Attachment, Channel, Conversation, Delivery, Message
from inbox.services import Draft, post_message
from people.models import Agent, Store

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/demo/phone/"
WHO = {
    "email": "robin.ash@example.com",
    "sms": "+12025550143",
    "whatsapp": "+12025550143",
    "telegram": "700000143",
    "http": "robin-ash",
    "wechat": "oDemo0143_zhouxiaoman_xxxxxx",
}
KINDS = sorted(set(network.PLAYED) & set(WHO))

ANY_ID = "01a20000-0000-7000-8000-000000000000"  # the same in every process that collects these tests


@pytest.fixture
def demo(settings: Any, live_server: Any) -> Store:
    """A desk that really listens, with the demo's two stores and all their channels."""
    settings.DEMO = settings.OUTGOING_TO_PRIVATE = True
    settings.PUBLIC_URL = live_server.url
    cache.clear()
    network.vendors.cache_clear()
    network.reminded.clear()
    for key, language in (("demo", "en"), ("demo-cn", "zh-hans")):
        channels.make_channels(Store.objects.create(key=key, name=key, language=language))
    Agent.objects.create(email="agent@demo.test", name="Ann", role=Agent.Role.ADMIN)
    return Store.objects.get(key="demo")


class Phone:
    """One app in somebody's hand, and the desk's jobs, done when they are told to be."""

    def __init__(self, kind: str) -> None:
        self.client, self.kind = Client(), kind
        self.store = "demo-cn" if kind == "wechat" else "demo"
        self.channel = Channel.objects.get(kind=kind, store__key=self.store)

    def post(self, where: str, **given: Any) -> Any:
        return self.client.post(
            f"{PAGE}{where}/", {"store": self.store, "app": self.kind, "who": WHO[self.kind], **given}
        )

    def write(self, text: str = "", **more: Any) -> Message:
        """Write to the desk; return the message as it arrived there."""
        answer = self.post("write", text=text, **more)
        assert answer.status_code == 200, answer.content
        for payload_id in inbound.new_payloads(now=timezone.now() + timedelta(minutes=5)):
            inbound.read_payload(payload_id)
        message = Message.objects.filter(author_kind="buyer").latest("created_at")
        assert message.channel_kind == self.kind
        return message

    def sync(self, *, looking: bool = True, later: bool = True) -> list[dict[str, Any]]:
        if later:  # half a second passes
            PhoneMessage.objects.update(at=timezone.now() - timedelta(seconds=2))
        shown = self.post("sync", **({"looking": "1"} if looking else {})).json()["messages"]
        for payload_id in inbound.new_payloads(now=timezone.now() + timedelta(minutes=5)):
            inbound.read_payload(payload_id)
        return [message for message in shown if not message["mine"]]

    def answer(self, text: str, files: tuple[Attachment, ...] = ()) -> Delivery:
        conversation = Conversation.objects.get(channel=self.channel)
        agent = Agent.objects.get()
        message = post_message(
            Draft(
                actor=Actor.agent(agent),
                client_id=uuid4().hex,
                body=text,
                conversation_id=conversation.id,
                attachments=tuple(file.id for file in files),
            )
        ).message
        outbox.send_due(self.channel.id)
        return Delivery.objects.get(message=message)


@pytest.fixture
def phone(demo: Store) -> Callable[[str], Phone]:
    return Phone


def picture() -> BytesIO:
    data = BytesIO()
    Image.new("RGB", (30, 20), "teal").save(data, "PNG")
    data.name = "mug.png"
    data.seek(0)
    return data


def state(delivery: Delivery) -> str:
    delivery.refresh_from_db()
    return delivery.state


@pytest.mark.parametrize(
    "path", ["", "write/", "sync/", "line/", "files/1/", f"api/{ANY_ID}/", f"api/{ANY_ID}/x"]
)
def test_there_is_no_phone_outside_the_demo(client: Client, settings: Any, path: str) -> None:
    settings.DEMO = False
    assert client.get(PAGE + path).status_code == 404
    assert client.post(PAGE + path).status_code == 404


def test_the_vendors_of_a_real_desk_are_not_played(demo: Store, client: Client, settings: Any) -> None:
    channel = Channel.objects.get(kind="http", store=demo)
    assert client.post(f"{PAGE}api/{channel.id}/", "{}", content_type="application/json").status_code == 401
    settings.DEMO = False
    assert client.post(f"{PAGE}api/{channel.id}/", "{}", content_type="application/json").status_code == 404


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_arrives_and_the_answer_comes_back(phone: Any, kind: str) -> None:
    hand = phone(kind)
    message = hand.write("Where is my order 100234?")
    assert "Where is my order 100234?" in message.body
    delivery = hand.answer("On its way.")
    assert (delivery.state, delivery.detail) == ("sent", "")
    [shown] = hand.sync()
    assert "On its way." in shown["text"]
    told = network.tells(hand.channel)
    assert state(delivery) == (told[-1] if told else "sent")


@pytest.mark.parametrize("kind", KINDS)
def test_a_photo_arrives_with_its_words(phone: Any, kind: str) -> None:
    hand = phone(kind)
    hand.write("It is chipped", photo=picture())
    assert Attachment.objects.get().media_type == "image/png"
    assert "It is chipped" in "".join(Message.objects.values_list("body", flat=True))
    [shown] = hand.post("sync").json()["messages"]
    assert hand.client.get(shown["files"][0]["url"]).headers["Content-Type"] == "image/png"


def test_nothing_is_told_before_the_phone_has_it_and_nothing_read_unless_looked_at(phone: Any) -> None:
    hand = phone("http")
    hand.write("Hello")
    delivery = hand.answer("Hi")
    assert hand.sync(later=False) == []
    assert state(delivery) == "sent"
    hand.sync(looking=False)
    assert state(delivery) == "delivered"
    hand.sync()
    assert state(delivery) == "read"


def test_a_phone_that_is_off_gets_it_when_it_is_on_again(phone: Any) -> None:
    hand = phone("http")
    hand.write("Hello")
    hand.post("line", line="off")
    delivery = hand.answer("Hi")
    assert hand.sync() == []
    assert state(delivery) == "sent"
    hand.post("line", line="works")
    assert len(hand.sync()) == 1
    assert state(delivery) == "read"


def test_what_cannot_be_delivered_fails_at_the_desk(phone: Any) -> None:
    hand = phone("sms")
    hand.write("Hello")
    hand.post("line", line="fails")
    delivery = hand.answer("Hi")
    assert hand.sync() == []
    assert state(delivery) == "failed"
    assert phone("telegram").post("line", line="fails").status_code == 400  # it would not tell


def test_a_provider_that_is_down_gets_it_later(phone: Any) -> None:
    hand = phone("telegram")
    hand.write("Hello")
    hand.post("line", line="down")
    delivery = hand.answer("Hi")
    hand.channel.refresh_from_db()
    assert (delivery.state, bool(hand.channel.trouble)) == ("queued", True)
    hand.post("line", line="works")
    outbox.send_due(hand.channel.id, now=timezone.now() + timedelta(minutes=5))
    assert state(delivery) == "sent"
    assert len(hand.sync()) == 1


def test_an_answer_that_gets_lost_leaves_the_message_unknown_and_it_arrives_once(phone: Any) -> None:
    hand = phone("telegram")
    hand.write("Hello")
    hand.post("line", line="lost")
    delivery = hand.answer("Hi")
    assert delivery.state == "unknown"
    assert [message["text"] for message in hand.sync()] == ["Hi"]
    known = phone("http")  # a provider that knows keys is asked again, and has it once
    known.write("Hello")
    known.post("line", line="lost")
    delivery = known.answer("Hey")
    assert delivery.state == "queued"
    known.post("line", line="works")
    outbox.send_due(known.channel.id, now=timezone.now() + timedelta(minutes=5))
    assert state(delivery) == "sent"
    assert [message["text"] for message in known.sync()] == ["Hey"]


def test_a_thread_outlives_the_process(phone: Any) -> None:
    hand = phone("wechat")
    hand.write("在吗？")
    hand.answer("在的")
    network.vendors.cache_clear()  # as after a restart: what the vendor itself kept is gone
    network.reminded.clear()
    assert hand.answer("还在的").state == "sent"
    assert [message["text"] for message in hand.sync()] == ["在的", "还在的"]


def test_the_same_number_on_two_apps_is_one_buyer_in_one_conversation(phone: Any) -> None:
    phone("sms").write("Hello")
    second = phone("whatsapp").write("It is me again")
    assert Conversation.objects.count() == 1
    assert second.conversation.channel.kind == "whatsapp"


def test_channels_lead_to_the_port_on_which_the_demo_runs_now(demo: Store, settings: Any) -> None:
    Channel.objects.filter(store=demo, kind="telegram").delete()
    settings.PUBLIC_URL = "http://127.0.0.1:9999"
    channels.point_here()
    for channel in Channel.objects.filter(store=demo):
        where = channel.config.get("api") or channel.config.get("url")
        assert where is None or where.startswith("http://127.0.0.1:9999/demo/phone/api/")
    assert Channel.objects.filter(store=demo, kind="telegram").count() == 1
    assert not Channel.objects.filter(kind="widget").exists()


def test_the_page_says_who_one_can_be_in_the_stores_language(demo: Store, client: Client) -> None:
    html = client.get(f"{PAGE}?store=demo&app=telegram").content.decode()
    assert "Robin Ash" in html
    assert 'data-app="telegram"' in html
    chinese = client.get(f"{PAGE}?store=demo-cn&app=wechat").content.decode()
    assert "周小满" in chinese
    assert 'lang="zh-hans"' in chinese
    assert client.get(f"{PAGE}?store=nowhere").status_code == 404


def test_nobody_writes_as_somebody_whom_the_phone_does_not_show(phone: Any) -> None:
    hand = phone("http")
    assert hand.post("write", who="somebody", text="Hello").status_code == 404
    assert hand.post("write", text=" ").status_code == 400
    assert not Message.objects.exists()


def test_the_demo_starts_in_demo_mode_only(settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(Exception, match="demo mode only"):
        call_command("demo")


def test_a_thread_stays_open_when_others_have_written_since(phone: Any) -> None:
    hand = phone("http")
    hand.write("Hello")
    for number in range(5):
        said = inbound.Said(external_id=f"other-{number}", sender=f"other-{number}", text="Hello")
        inbound.take_in(hand.channel, said)
        PhoneMessage.objects.create(channel=hand.channel, who=f"other-{number}", by_buyer=True, state="read")
    assert hand.post("sync", who="other-0").status_code == 200
    html = hand.client.get(f"{PAGE}?store=demo&app=http&who=other-0").content.decode()
    assert 'data-address="other-0"' in html
