"""Files people send: what they are, who gets them back, and that nothing in them runs on our pages."""

import gzip
import io
import struct
import zlib
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from inbox.files import UploadRefused, safe_name, store_upload
from inbox.models import Attachment, Conversation, Message
from inbox.payloads import message_data
from inbox.tasks import discard_unclaimed_files
from inbox.transports.email import Email
from inbox.wording import worded
from people.models import Agent
from tests.factories import World, agent_says, buyer_says, make_buyer, visit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


def picture(kind: str = "PNG", size: tuple[int, int] = (8, 6)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "red").save(file, kind)
    return file.getvalue()


def claims_to_be(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is this large."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    size = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + size + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")


def store(name: str, content: bytes, uploader: str = "buyer:x") -> Attachment:
    return store_upload(SimpleUploadedFile(name, content, "image/png"), uploader=uploader)


# -- What it is


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("a.png", picture("PNG"), "image/png"),
        ("a.png", picture("JPEG"), "image/jpeg"),
        ("a.txt", picture("GIF"), "image/gif"),
        ("a", picture("WEBP"), "image/webp"),
        ("a.png", picture("BMP"), "application/octet-stream"),
        ("a.png", picture("PNG")[:60], "image/png"),
        ("a.pdf", b"%PDF-1.7 ...", "application/pdf"),
        ("a.docx", b"PK\x03\x04....", "application/zip"),
        ("a.mp4", b"\0\0\0 ftypisom....", "video/mp4"),
        ("a.png", "Grüße 你好".encode(), "text/plain"),
        ("a.png", b"x" + "好".encode() * 3_000, "text/plain"),  # cut within a character where we look
        ("a.png", b"just words", "text/plain"),
        ("a.txt", b"\x00\x01\x02", "application/octet-stream"),
        ("a.html.gz", gzip.compress(b"<html>", mtime=0), "application/octet-stream"),
        ("a.txt", "<html>".encode("utf-16"), "application/octet-stream"),
    ],
)
def test_a_file_is_what_its_bytes_are(name: str, content: bytes, media_type: str) -> None:
    file = store(name, content)
    assert (file.media_type, file.size) == (media_type, len(content))
    assert (file.width, file.height) == ((8, 6) if media_type.startswith("image/") else (None, None))
    with file.file.open() as kept:
        assert kept.read() == content


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
        ("a.png", b"\n\n  <SVG onload=alert(1)>"),
        ("a.png", b"<!-- hello --><svg onload=alert(1)>"),
        ("a.jpg", b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"),
        ("a.txt", b"< script src=//evil.test></script>"),
        ("a.pdf", b"<iframe src=javascript:alert(1)>"),
        ("a.html", b"words"),
        ("a.XHTML", b"words"),
        ("a.xml", b"words"),
        ("a.svgz", gzip.compress(b"<svg/>", mtime=0)),
        ("a.js", b"words"),
        ("a.exe", b"MZ"),
        ("../a.hta", b"words"),
        ("a.html.", b"words"),
        ("a.html\x00.png", b"<body onload=alert(1)>"),
        ("gif.png", b"GIF89a/*<svg onload=alert(1)>*/=1;"),
    ],
)
def test_what_a_browser_would_run_is_refused_whatever_it_is_called(
    name: str, content: bytes, folder: Path
) -> None:
    with pytest.raises(UploadRefused) as refused:
        store(name, content)
    assert (refused.value.code, refused.value.status) == ("unsupported_type", 400)
    assert not Attachment.objects.exists()
    assert not [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize(("width", "height"), [(20_000, 20_000), (9_000, 9_000), (2**31 - 1, 2**31 - 1)])
def test_a_picture_that_unpacks_to_too_much_is_refused_and_never_unpacked(width: int, height: int) -> None:
    with pytest.raises(UploadRefused) as refused:
        store("bomb.png", claims_to_be(width, height))
    assert refused.value.status == 413


def test_too_large_and_empty_files_are_refused(settings: Any) -> None:
    settings.MAX_UPLOAD_BYTES = 100
    assert store("a.txt", b"x" * 100).size == 100
    for content, status in ((b"x" * 101, 413), (b"", 400)):
        with pytest.raises(UploadRefused) as refused:
            store("a.txt", content)
        assert refused.value.status == status


# -- What it is called


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("/etc/passwd", "passwd"),
        ("C:\\Users\\kim\\a.png", "a.png"),
        ("....", "file"),
        ("", "file"),
        ("..", "file"),
        (".htaccess", "htaccess"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("a\x00b\r\n.png", "ab.png"),
        ("发票 2026.pdf", "发票 2026.pdf"),
        ("x" * 300 + ".tar.gz", "x" * 100 + ".gz"),
    ],
)
def test_a_name_is_a_name_and_no_path(said: str, kept: str) -> None:
    assert safe_name(said) == kept


@given(st.text(max_size=400))
def test_no_name_is_a_path_too_long_or_empty(name: str) -> None:
    kept = safe_name(name)
    assert 0 < len(kept) <= 120
    assert not set(kept) & set("/\\\x00\r\n\u202e")
    assert kept not in (".", "..")
    kept.encode()


def test_where_a_file_lies_says_nothing_of_who_sent_it(folder: Path) -> None:
    file = store("../../secret plans.pdf", b"%PDF-")
    path = Path(file.file.path).resolve()
    assert folder.resolve() in path.parents
    assert "secret" not in str(path.relative_to(folder.resolve()))
    assert file.name == "secret plans.pdf"


# -- Who gets it back


@pytest.fixture
def conversation(world: World) -> Conversation:
    return buyer_says(world.kim).conversation


def sent(world: World, conversation: Conversation, by: Agent | None = None, **fields: Any) -> Attachment:
    """A picture that was sent: by an agent, or by the buyer."""
    if by is None:
        file = store("a.png", picture(), f"buyer:{world.kim.id}")
        buyer_says(world.kim, "", attachments=(file.id,))
    else:
        file = store("a.png", picture(), f"agent:{by.id}")
        agent_says(by, conversation, "", attachments=(file.id,), **fields)
    file.refresh_from_db()
    return file


def get(file: Any, agent: Agent | None = None, token: str = "") -> Any:
    client = Client()
    if agent is not None:
        client.force_login(agent)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return client.get(f"/files/{getattr(file, 'id', file)}/", headers=headers)


def test_a_file_is_given_to_those_who_see_its_conversation(world: World, conversation: Conversation) -> None:
    token, other = visit(world.kim), visit(make_buyer(world.store))
    for file in (sent(world, conversation), sent(world, conversation, world.ann)):
        for agent in (world.ann, world.bob, world.sue, world.eve):
            assert get(file, agent).status_code == 200
        assert get(file, token=token).status_code == 200
        for refused in (get(file), get(file, world.zoe), get(file, token=other), get(file, token="x")):
            assert refused.status_code == 404


def test_files_stay_in_the_order_in_which_they_were_attached(world: World) -> None:
    files = [store(name, picture(), f"buyer:{world.kim.id}") for name in ("a.png", "b.png", "c.png")]
    message = buyer_says(world.kim, "", attachments=tuple(file.id for file in files)).message
    Attachment.objects.filter(pk=files[0].pk).update(
        width=9
    )  # PostgreSQL puts a changed row behind the others
    again = Message.objects.get(pk=message.pk)
    assert [file["name"] for file in message_data(again)["attachments"]] == ["a.png", "b.png", "c.png"]
    _, given = worded(again, Email())
    assert [file.name for file in given] == ["a.png", "b.png", "c.png"]


def test_a_file_in_a_note_is_not_the_buyers(world: World, conversation: Conversation) -> None:
    file = sent(world, conversation, world.ann, private=True)
    assert get(file, world.bob).status_code == 200
    assert get(file, token=visit(world.kim)).status_code == 404


def test_a_file_that_was_not_sent_yet_is_its_uploaders_alone(
    world: World, conversation: Conversation
) -> None:
    anns = store_upload(
        SimpleUploadedFile("a.png", picture()), uploader=f"agent:{world.ann.id}", conversation=conversation
    )
    kims = store("a.png", picture(), f"buyer:{world.kim.id}")
    assert get(anns, world.ann).status_code == 200
    assert get(kims, token=visit(world.kim)).status_code == 200
    for refused in (get(anns, world.bob), get(kims, world.ann), get(anns, token=visit(world.kim))):
        assert refused.status_code == 404


def test_a_token_decides_also_where_an_agent_is_logged_in(world: World, conversation: Conversation) -> None:
    """The widget in a browser in which an agent works too."""
    file = sent(world, conversation, world.ann, private=True)
    assert get(file, world.ann, token=visit(world.kim)).status_code == 404


def test_what_is_no_file_is_not_there(world: World, conversation: Conversation) -> None:
    assert get(uuid4(), world.eve).status_code == 404
    gone = sent(world, conversation)
    gone.file.storage.delete(gone.file.name)
    assert get(gone, world.eve).status_code == 404


# -- How it is given back


def test_a_picture_is_shown_and_all_else_is_downloaded(world: World, conversation: Conversation) -> None:
    shown = get(sent(world, conversation), world.ann)
    assert (shown["Content-Type"], shown["Content-Disposition"]) == ("image/png", 'inline; filename="a.png"')
    file = store("x.png", b"words, then <b>markup</b>", f"agent:{world.ann.id}")
    downloaded = get(file, world.ann)
    assert downloaded["Content-Type"] == "application/octet-stream"
    assert downloaded["Content-Disposition"] == 'attachment; filename="x.png"'
    for answer in (shown, downloaded):
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "private" in answer["Cache-Control"]


def test_a_name_cannot_write_headers(world: World) -> None:
    file = store('a"; filename="b.html\r\nX-Evil: 1.png', picture(), f"agent:{world.ann.id}")
    answer = get(file, world.ann)
    assert "X-Evil" not in answer.headers
    assert "\n" not in answer["Content-Disposition"]


# -- What nobody sent


def test_what_was_uploaded_and_never_sent_is_discarded_after_a_day(
    world: World, conversation: Conversation, folder: Path
) -> None:
    kept = [sent(world, conversation), store("new.png", picture())]
    old = store("old.png", picture())
    Attachment.objects.filter(pk__in=[old.pk, kept[0].pk]).update(
        created_at=timezone.now() - timedelta(hours=25)
    )
    assert [discard_unclaimed_files(), discard_unclaimed_files()] == [1, 0]
    assert set(Attachment.objects.all()) == set(kept)
    assert sum(path.is_file() for path in folder.rglob("*")) == 2
