"""Files that buyers send: fetched and kept, or a line in words where that cannot be. The message is there."""

from typing import Any

import pytest
from PIL import Image

from helpdesk.demo.phone.base import Hook, Photo
from helpdesk.lib import http
from inbox import inbound
from inbox.models import Attachment, Payload
from tests.inbox.channels.conformance.conftest import Line
from tests.inbox.channels.conformance.kinds import KINDS
from tests.inbox.channels.provider import serve

pytestmark = pytest.mark.django_db(transaction=True)

# Of the others a file's bytes come with the message.
fetched = pytest.mark.parametrize(
    "line", sorted(name for name, kind in KINDS.items() if not kind.files_inside), indirect=True
)
PAGE = Photo(
    "page.jpg", "image/jpeg", b"<html><script>alert(1)</script></html>"
)  # a name and a type that lie


@pytest.fixture(scope="session")
def picture() -> Photo:
    import io

    out = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(out, "JPEG")
    return Photo("cup.jpg", "image/jpeg", out.getvalue())


def faulty(line: Line, *faults: Any) -> None:
    line.provider.faulty, line.provider.faults = line.kind.file_path, list(faults)


def shows(line: Line, file: Photo) -> Hook:
    """Return the vendor's call for a file, with words where the vendor has a place for both."""
    return line.says("See" if line.kind.captions else "", files=[file])


def said_of_it(line: Line) -> str:
    """Return the line that stands for the file: there is one message, without files, whose payload is done."""
    [message] = line.heard
    assert not Attachment.objects.exists()
    assert Payload.objects.get().state == "done"
    words, bracket, rest = message.body.partition("[")
    assert (words.strip(), bracket) == ("See" if line.kind.captions else "", "[")
    return rest


def test_a_picture_is_fetched_and_kept(line: Line, picture: Photo) -> None:
    line.hear(shows(line, picture))
    [message] = line.heard
    attachment = Attachment.objects.get()
    assert message.body == ("See" if line.kind.captions else "")
    assert (attachment.message, attachment.media_type, attachment.file.read()) == (
        message,
        "image/jpeg",
        picture.content,
    )


def test_a_picture_without_words_is_a_message(line: Line, picture: Photo) -> None:
    line.hear(line.says("", files=[picture]))
    [message] = line.heard
    assert Attachment.objects.get().message == message


def test_the_same_picture_five_times_is_one(line: Line, picture: Photo) -> None:
    line.hear(*[shows(line, picture)] * 5)
    assert Attachment.objects.count() == len(line.heard) == 1


def test_a_file_that_is_too_large_is_said_so(line: Line, picture: Photo, monkeypatch: Any) -> None:
    monkeypatch.setattr(inbound, "MAX_MEDIA", 100)
    line.hear(shows(line, picture))
    assert "too large" in said_of_it(line)


@fetched
def test_a_file_that_is_gone_is_said_so(line: Line, picture: Photo) -> None:
    faulty(line, 404)
    line.hear(shows(line, picture))
    assert len(said_of_it(line)) > 15


def test_what_a_browser_would_run_is_not_kept(line: Line) -> None:
    """Its name may be lost on its way, and its declared type is no proof: the bytes say what it is."""
    line.hear(shows(line, PAGE))
    assert said_of_it(line)


@pytest.mark.parametrize("fault", [500, 503, "cut", "cut after", "garbage", (429, {"Retry-After": "1"}, b"")])
@fetched
def test_a_file_that_cannot_be_had_now_is_fetched_later(line: Line, picture: Photo, fault: Any) -> None:
    faulty(line, fault)
    line.hear(shows(line, picture))
    assert Payload.objects.get().state == "new"
    assert line.heard == [], "the words wait for the picture"
    line.read()
    assert Attachment.objects.get().message == line.heard[0]
    assert Payload.objects.get().state == "done"


@fetched
def test_a_file_that_can_never_be_had_does_not_hold_up_the_words_for_ever(line: Line, picture: Photo) -> None:
    faulty(line, *[503] * 50)
    line.hear(shows(line, picture))
    for _ in inbound.PAUSES[1:]:
        line.read()
    assert said_of_it(line)


@fetched
def test_a_file_may_have_moved(line: Line, picture: Photo) -> None:
    """And what logs us in at the vendor does not go along."""
    with serve(lambda call: (200, {}, picture.content)) as elsewhere:
        faulty(line, (302, {"Location": f"{elsewhere.url}/there"}, b""))
        line.hear(shows(line, picture))
        assert Attachment.objects.get().file.read() == picture.content
        [call] = elsewhere.calls
        assert call.path == "/there"
        assert not {"authorization", "cookie"} & call.headers.keys()


@fetched
def test_a_file_that_has_moved_in_a_circle_is_said_so(line: Line, picture: Photo) -> None:
    faulty(line, *[(302, {"Location": f"{line.provider.url}{line.kind.file_path}round"}, b"")] * 20)
    line.hear(shows(line, picture))
    assert "its address leads nowhere" in said_of_it(line)


@fetched
def test_a_redirect_leads_into_no_private_network(
    line: Line, picture: Photo, settings: Any, monkeypatch: Any
) -> None:
    settings.OUTGOING_TO_PRIVATE = False
    monkeypatch.setattr(http, "is_public", lambda address: address == "127.0.0.1")  # the vendor alone
    with serve(lambda call: (200, {}, b"the keys to the house"), host="127.0.0.2") as inside:
        faulty(line, (302, {"Location": f"{inside.url}/latest/meta-data"}, b""))
        line.hear(shows(line, picture))
        assert inside.calls == []
    assert "not on the open internet" in said_of_it(line)


@fetched
def test_a_name_that_changes_where_it_leads_to_leads_into_no_private_network(
    line: Line, picture: Photo, settings: Any, monkeypatch: Any
) -> None:
    """Each connection goes to an address that was looked at, not to a name that was looked up before."""
    import socket

    settings.OUTGOING_TO_PRIVATE = False
    monkeypatch.setattr(http, "is_public", lambda address: address == "127.0.0.1")
    with serve(lambda call: (200, {}, b"the keys to the house"), host="127.0.0.2") as inside:
        port = int(inside.url.rpartition(":")[2])
        real, answers = socket.getaddrinfo, ["127.0.0.1", *["127.0.0.2"] * 20]

        def changing(host: Any, *args: Any, **kwargs: Any) -> Any:
            return real(answers.pop(0) if host == "rebind.test" else host, *args, **kwargs)

        monkeypatch.setattr(socket, "getaddrinfo", changing)
        # Nobody listens at that port of the first address; at the next hop the name leads inside.
        faulty(line, *[(302, {"Location": f"http://rebind.test:{port}/"}, b"")] * 20)
        line.call(shows(line, picture))
        for _ in inbound.PAUSES:
            line.read()
        assert inside.calls == []
    assert "not on the open internet" in said_of_it(line)
