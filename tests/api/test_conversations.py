"""One conversation: reading it, writing into it, and what agents do with it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from events.models import Event
from inbox.models import Draft, Message, Tag
from inbox.services import resolve
from tests import factories
from tests.api.conftest import BASE, Api


@pytest.fixture
def said(world):
    return factories.buyer_says(world.kim, "Where is my order?").conversation


@pytest.fixture
def one(said) -> str:
    return f"conversations/{said.id}/"


def test_it_shows_the_conversation_with_what_is_one_s_own(world, said, one):
    Draft.objects.create(agent=world.ann, conversation=said, body="It is", private=False)

    detail = Api(world.ann).get(one).data
    assert (detail["preview"], detail["draft"]) == (
        "Where is my order?",
        {"body": "It is", "private": False},
    )
    assert Api(world.bob).get(one).data["draft"] is None, "another's draft is theirs"


# -- Messages


def test_messages_come_from_the_end_and_in_order(world, said, one):
    for n in range(2, 8):
        factories.buyer_says(world.kim, f"{n}")
    ann = Api(world.ann)

    def seqs(query: str) -> tuple[list[int], bool]:
        page = ann.get(f"{one}messages/?{query}").data
        return [message["seq"] for message in page["results"]], page["has_more"]

    assert seqs("") == ([1, 2, 3, 4, 5, 6, 7], False)
    assert seqs("limit=3") == ([5, 6, 7], True)
    assert seqs("before=5&limit=3") == ([2, 3, 4], True)
    assert seqs("before=2&limit=3") == ([1], False)
    assert seqs("after=5") == ([6, 7], False)
    assert seqs("after=0&limit=2") == ([1, 2], True)
    assert seqs("after=99") == ([], False)


def test_reading_messages_costs_the_same_however_many(world, said, one):
    ann = Api(world.ann)
    factories.agent_says(world.ann, said, "an answer")

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            ann.get(f"{one}messages/")
        return len(queries)

    ann.get("me/")  # what is asked once is asked now
    few = cost()
    for n in range(30):
        factories.agent_says(world.ann, said, f"{n}")
    assert cost() == few


def test_the_same_client_id_is_one_message(world, said, one):
    ann, message = Api(world.ann), {"client_id": "c-1", "body": "It left this morning."}

    first, again = ann.post(f"{one}messages/", message), ann.post(f"{one}messages/", message)

    assert (first.status, again.status) == (201, 200)
    assert first.data == again.data
    assert Message.objects.filter(conversation=said, kind="text").count() == 2


def test_another_agent_s_client_id_is_refused(world, one):
    Api(world.ann).post(f"{one}messages/", {"client_id": "c-1", "body": "Mine"})

    refused = Api(world.bob).post(f"{one}messages/", {"client_id": "c-1", "body": "Mine"})

    assert (refused.status, refused.code) == (409, "conflict")


def test_an_answer_to_what_is_no_longer_the_last_word_is_stale(world, one):
    ann = Api(world.ann)
    factories.buyer_says(world.kim, "Never mind, it came")
    answer = {"client_id": "c-1", "body": "Soon!", "reply_after": 1}

    refused = ann.post(f"{one}messages/", answer)

    assert (refused.status, refused.code) == (409, "stale")
    assert [message["body"] for message in refused.data["messages"]] == ["Never mind, it came"]
    assert ann.post(f"{one}messages/", answer | {"force": True}).status == 201


def test_a_note_is_private(world, said, one):
    note = Api(world.ann).post(f"{one}messages/", {"client_id": "n", "body": "Careful", "private": True})

    assert note.data["private"] is True
    assert note.data["deliveries"] == []


def test_nothing_to_send_is_told(world, one):
    refused = Api(world.ann).post(f"{one}messages/", {"client_id": "n", "body": "  "})

    assert (refused.status, refused.code, refused.attr) == (400, "empty", "body")


def test_a_card_is_sent_to_the_buyer_of_its_order_only(world, one):
    ann, lou = Api(world.ann), factories.make_buyer(world.store, name="Lou")
    foreign = factories.make_order(lou, "100777")
    card = {"kind": "order", "ref": str(world.order.id), "client_id": "card"}

    sent, again = ann.post(f"{one}cards/", card), ann.post(f"{one}cards/", card)

    assert (sent.status, again.status) == (201, 200)
    assert sent.data["card"]["order"]["number"] == "100234"
    assert ann.post(f"{one}cards/", card | {"ref": str(foreign.id), "client_id": "x"}).status == 404
    assert ann.post(f"{one}cards/", card | {"ref": "nothing", "client_id": "y"}).status == 404
    unknown = ann.post(f"{one}cards/", card | {"kind": "voucher", "client_id": "z"})
    assert (unknown.status, unknown.code, unknown.attr) == (400, "unknown_card", "kind")


# -- Files


def upload(agent, file, name: str = "file"):
    return Api(agent).client.post(f"{BASE}attachments/", {name: file})


def test_a_file_is_uploaded_and_sent_once(world, one, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    answer = upload(world.ann, SimpleUploadedFile("note.txt", b"hello"))
    assert answer.status_code == 201
    assert answer.json()["media_type"] == "text/plain"
    ann, message = Api(world.ann), {"client_id": "f", "attachments": [answer.json()["id"]]}

    assert ann.post(f"{one}messages/", message).data["attachments"][0]["name"] == "note.txt"
    again = ann.post(f"{one}messages/", message | {"client_id": "g"})
    assert (again.status, again.code, again.attr) == (400, "unknown_attachment", "attachments")


def test_another_agent_s_file_cannot_be_sent(world, one, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    answer = upload(world.bob, SimpleUploadedFile("note.txt", b"hello"))

    refused = Api(world.ann).post(f"{one}messages/", {"client_id": "f", "attachments": [answer.json()["id"]]})

    assert refused.code == "unknown_attachment"


def test_files_that_are_not_taken(world, settings, tmp_path):
    settings.MEDIA_ROOT, settings.MAX_UPLOAD_BYTES = tmp_path, 1000

    def told(answer) -> tuple[int, str]:
        return answer.status_code, answer.json()["errors"][0]["code"]

    assert told(upload(world.ann, SimpleUploadedFile("a.svg", b"<svg/>"))) == (400, "unsupported_type")
    assert told(upload(world.ann, SimpleUploadedFile("a.txt", b""))) == (400, "empty")
    assert told(upload(world.ann, SimpleUploadedFile("a.txt", b"x" * 2000))) == (413, "too_large")
    assert told(upload(world.ann, SimpleUploadedFile("a.txt", b"x" * 99_000))) == (413, "too_large")
    assert told(upload(world.ann, SimpleUploadedFile("a.txt", b"x"), name="other")) == (400, "required")
    client = Api(world.ann).client
    broken = client.post(f"{BASE}attachments/", b"--x", content_type="multipart/form-data; boundary=x")
    assert broken.status_code == 400
    assert client.post(f"{BASE}attachments/", "{}", content_type="application/json").status_code == 415


# -- Actions


def test_assigning(world, one):
    ann = Api(world.ann)

    assert ann.post(f"{one}assign/", {"agent": "me"}).data["assignee"]["name"] == "Ann"
    assert ann.post(f"{one}assign/", {"agent": str(world.bob.id)}).data["assignee"]["name"] == "Bob"
    row = ann.post(f"{one}assign/", {"team": str(world.team.id)}).data
    assert (row["assignee"]["name"], row["team"]["name"]) == ("Bob", "Desk")
    row = ann.post(f"{one}assign/", {"agent": None}).data
    assert (row["assignee"], row["team"]["name"]) == (None, "Desk")
    assert ann.post(f"{one}assign/", {"team": None}).data["team"] is None
    for body, attr in (
        ({"agent": str(world.zoe.id)}, "agent"),
        ({"agent": str(uuid4())}, "agent"),
        ({"team": str(world.other_team.id)}, "team"),
        ({}, "agent"),
        ({"agent": "me", "team": None}, "agent"),
        ({"agent": "you"}, "agent"),
        ({"agent": 1}, "agent"),
    ):
        refused = ann.post(f"{one}assign/", body)
        assert (refused.status, refused.attr) == (400, attr), body


def test_resolving_and_opening_again(world, said, one):
    ann = Api(world.ann)

    assert ann.post(f"{one}resolve/").data["status"] == "resolved"
    assert ann.post(f"{one}resolve/").status == 200, "twice is once"
    assert ann.post(f"{one}snooze/", {"until": "2040-01-01T00:00:00Z"}).status == 409
    assert ann.post(f"{one}reopen/").data["status"] == "open"

    resolve(agent=world.ann, conversation_id=said.id)
    said.refresh_from_db()
    said.resolved_at = timezone.now() - timedelta(days=30)
    said.save()
    factories.buyer_says(world.kim, "Something new")
    refused = ann.post(f"{one}reopen/")
    assert (refused.status, refused.code) == (409, "other_is_open")


def test_snoozing(world, one):
    ann = Api(world.ann)

    row = ann.post(f"{one}snooze/", {"until": "2040-01-01T08:00:00+08:00"}).data
    assert (row["status"], row["snoozed_until"]) == ("snoozed", "2040-01-01T00:00:00.000Z")
    for until in (
        "2001-01-01T00:00:00Z",
        "2040-01-01T00:00:00",
        "tomorrow",
        "",
        1,
        None,
        True,
        "9999-12-31T23:59:59-23:00",
        "0001-01-01T00:00:00+23:00",
    ):
        refused = ann.post(f"{one}snooze/", {"until": until})
        assert (refused.status, refused.attr) == (400, "until"), until


def test_priority(world, one):
    assert Api(world.ann).post(f"{one}priority/", {"priority": 2}).data["priority"] == 2


def test_tags(world, one):
    ann = Api(world.ann)
    made = ann.post("tags/", {"name": "  Lost   parcel "})
    assert (made.status, made.data["name"]) == (201, "Lost parcel")
    again = ann.post("tags/", {"name": "lost PARCEL", "color": "red"})
    assert (again.status, again.data) == (200, made.data)
    tag = made.data["id"]

    assert [t["id"] for t in ann.post(f"{one}tags/", {"add": [tag]}).data["tags"]] == [tag]
    assert ann.post(f"{one}tags/", {"remove": [tag]}).data["tags"] == []
    assert ann.post(f"{one}tags/", {}).status == 200
    refused = ann.post(f"{one}tags/", {"add": [str(uuid4())]})
    assert (refused.status, refused.code) == (400, "unknown_tag")
    assert ann.get("tags/").ids == [tag]
    assert Tag.objects.count() == 1


def test_reading_to_a_place(world, said, one):
    factories.buyer_says(world.kim)
    ann = Api(world.ann)

    row = ann.post(f"{one}read/", {"seq": 1}).data
    assert (row["read_seq"], row["inbound_seen"], row["agent_read_seq"]) == (1, 1, 1)
    assert ann.post(f"{one}read/", {"seq": 0}).data["read_seq"] == 1, "never backwards"
    assert ann.post(f"{one}read/", {"seq": 2**31 - 1}).data["read_seq"] == 2, "nor past the end"


def test_drafts_are_kept_and_forgotten(world, one):
    ann = Api(world.ann)

    assert ann.put(f"{one}draft/", {"body": "It left", "private": True}).status == 204
    assert ann.get(one).data["draft"] == {"body": "It left", "private": True}
    assert ann.put(f"{one}draft/", {"body": ""}).status == 204
    assert ann.get(one).data["draft"] is None
    assert Draft.objects.count() == 0


def test_what_was_done_is_recorded_with_who_did_it(world, one):
    Api(world.bob).post(f"{one}priority/", {"priority": 1})

    event = Event.objects.get(name="conversation.priority")
    assert (event.actor_name, event.data["priority"]) == ("Bob", 1)
