"""Outside the window only what a provider has approved is said, filled in, and the timeline shows how it reads."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from inbox import inbound, outbox, templating
from inbox.errors import Invalid
from inbox.models import Channel, Delivery, Message
from inbox.templating import filled_in, templates_of
from inbox.transports.base import Later, Outgoing, Refused, Sent, Template
from inbox.transports.signed_http import SignedHttp
from tests.api.conftest import Api
from tests.inbox.channels.conftest import Line

pytestmark = pytest.mark.django_db(transaction=True)
SHIPPED = Template(
    "order_shipped", "en_US", "Hello {{1}}, your order {{2}} has left us. Bye, {{1}}!", ("1", "2")
)
THANKS = Template("thanks", "zh_CN", "谢谢惠顾！")


class Approved(SignedHttp):
    """The signed HTTP channel with a window and templates, which it has not; asked how often, and what went."""

    window = timedelta(hours=24)
    has_templates = True
    asked = 0
    away = False
    sent: list[Outgoing] = []

    def templates(self, channel: Channel) -> list[Template]:
        type(self).asked += 1
        if self.away:
            raise Later("The provider cannot be reached: told to fail")
        return [SHIPPED, THANKS]

    def template_data(self, template: Template, values: Mapping[str, str]) -> Mapping[str, Any]:
        return {"name": template.name, "parameters": [values[field] for field in template.fields]}

    def send(self, channel: Channel, outgoing: Outgoing) -> Sent:
        last = outgoing.last_inbound_at
        if not outgoing.template and (last is None or last < timezone.now() - self.window):
            raise Refused("only a template")
        self.sent.append(outgoing)
        return super().send(channel, outgoing)


@pytest.fixture
def late(line: Line, monkeypatch: pytest.MonkeyPatch) -> Line:
    """A buyer who wrote a day and an hour ago, on a channel that takes only templates then."""
    cache.clear()
    transport = Approved()
    Approved.asked, Approved.sent, Approved.away = 0, [], False
    monkeypatch.setattr("inbox.transports.get", lambda kind: transport)
    inbound.take_in(line.channel, inbound.Said(external_id="in-1", sender="buyer-7", text="Hello"))
    Message.objects.update(created_at=timezone.now() - timedelta(hours=25))
    return line


def post(line: Line, **body: Any) -> Any:
    ann = Api(line.world.ann)
    return ann.post(f"conversations/{line.conversation.id}/messages/", {"client_id": "c"} | body)


def test_a_template_goes_out_and_reads_in_the_timeline_as_the_buyer_reads_it(late: Line) -> None:
    refused = post(late, body="Hi")
    assert (refused.status, refused.code) == (409, "window_closed")
    values = {"1": "Lee", "2": "100234"}
    answer = post(late, template={"name": "order_shipped", "language": "en_US", "values": values})
    assert answer.status == 201
    assert answer.data["body"] == "Hello Lee, your order 100234 has left us. Bye, Lee!"
    outbox.send_due(late.channel.id)
    assert Delivery.objects.get().state == "sent"
    [outgoing] = Approved.sent
    assert outgoing.template == {"name": "order_shipped", "parameters": ["Lee", "100234"]}
    assert outgoing.text == answer.data["body"]


@pytest.mark.parametrize(
    ("name", "values", "code"),
    [
        ("order_shipped", {"1": "Lee"}, "required"),
        ("order_shipped", {"1": "Lee", "2": "\n"}, "blank"),
        ("order_shipped", {"1": "Lee", "2": "x" * 301}, "too_long"),
        ("order_shipped", {"1": "Lee", "2": "5", "3": "?"}, "invalid"),
        ("unheard_of", {}, "unknown_template"),
    ],
)
def test_a_template_is_filled_in_wholly_or_not_sent(late: Line, name: str, values: Any, code: str) -> None:
    answer = post(late, template={"name": name, "language": "en_US", "values": values})
    assert (answer.status, answer.code, answer.attr[:8]) == (400, code, "template")
    assert not Delivery.objects.exists()


def test_values_come_in_one_line_as_providers_want_them(late: Line) -> None:
    text, _ = filled_in(late.channel, "order_shipped", "en_US", {"1": " Lee\nBuyer ", "2": "1    2"})
    assert text == "Hello Lee Buyer, your order 1 2 has left us. Bye, Lee Buyer!"


def test_what_a_value_says_is_no_place_for_another(late: Line) -> None:
    text, _ = filled_in(late.channel, "order_shipped", "en_US", {"1": "{{2}}", "2": "100234"})
    assert text == "Hello {{2}}, your order 100234 has left us. Bye, {{2}}!"


def test_a_language_is_part_of_which_template_it_is(late: Line) -> None:
    assert filled_in(late.channel, "thanks", "zh_CN", {})[0] == "谢谢惠顾！"
    with pytest.raises(Invalid):
        filled_in(late.channel, "thanks", "en_US", {})


def test_the_provider_is_not_asked_for_each_message(late: Line) -> None:
    for _ in range(3):
        assert templates_of(late.channel) == [SHIPPED, THANKS]
    assert Approved.asked == 1
    assert templating.templates_of(late.channel, fresh=True) == [SHIPPED, THANKS]
    assert Approved.asked == 2


def test_the_api_lists_them_and_says_when_the_provider_does_not(late: Line) -> None:
    ann, path = (
        Api(late.world.ann),
        f"conversations/{late.conversation.id}/channels/{late.channel.id}/templates/",
    )
    Approved.away = True
    answer = ann.get(path)
    assert (answer.status, answer.code) == (409, "provider_away")
    Approved.away = False
    listed = ann.get(path).data
    assert [one["name"] for one in listed] == ["order_shipped", "thanks"]
    assert listed[0]["fields"] == ["1", "2"]
    assert ann.get(f"conversations/{late.conversation.id}/channels/").data[0]["state"] == "template"


def test_a_window_that_closes_while_a_message_waits_shows_as_a_failure(late: Line) -> None:
    Message.objects.update(created_at=timezone.now())
    assert post(late, body="In time").status == 201
    Message.objects.filter(author_kind="buyer").update(created_at=timezone.now() - timedelta(hours=25))
    outbox.send_due(late.channel.id)
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.detail) == ("failed", "only a template")
    assert late.provider.calls == []
