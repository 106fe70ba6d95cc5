"""What a visitor may upload, and what becomes of what they may not."""

import io
import zipfile
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from inbox.models import Attachment, Message
from tests.factories import World
from tests.inbox.widget import API, Widget, error_of

pytestmark = pytest.mark.django_db

MB = 1024 * 1024


@pytest.fixture(autouse=True)
def folder(tmp_path: Any, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    cache.clear()


@pytest.fixture
def visitor(world: World) -> Widget:
    widget = Widget()
    widget.start()
    return widget


def png(width: int = 8, height: int = 6) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, "PNG")
    return file.getvalue()


def a_file(name: str, content: bytes, claimed: str = "image/png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, claimed)


def test_a_picture_is_taken_sent_and_given_back_to_its_visitor_alone(world: World, visitor: Widget) -> None:
    answer = visitor.upload(a_file("lamp.png", png()))
    assert answer.status_code == 201
    file = answer.json()["attachment"]
    assert (file["media_type"], file["width"], file["height"]) == ("image/png", 8, 6)
    message = visitor.say("", attachments=[file["id"]]).json()["message"]
    assert message["kind"] == "file"
    given: Any = visitor.client.get(file["url"], headers=visitor.headers)
    assert b"".join(given.streaming_content) == png()
    assert given["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in given["Content-Security-Policy"]
    other = Widget()
    other.start()
    assert other.client.get(file["url"], headers=other.headers).status_code == 404
    assert other.client.get(file["url"]).status_code == 404


def test_a_file_belongs_to_who_uploaded_it_and_to_one_message(visitor: Widget, world: World) -> None:
    file_id = visitor.upload(a_file("lamp.png", png())).json()["attachment"]["id"]
    other = Widget()
    other.start()
    assert error_of(other.say("mine now", attachments=[file_id]))[2] == "unknown_attachment"
    assert visitor.say("mine", attachments=[file_id]).status_code == 201
    assert error_of(visitor.say("again", attachments=[file_id]))[2] == "unknown_attachment"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
        ("x.png", b'<?xml version="1.0"?><svg onload="alert(1)"/>'),
        ("x.html", b"<script>alert(1)</script>"),
        ("x.png", b"  \n<!DOCTYPE html><script>alert(1)</script>"),
        ("x.txt", b"\xef\xbb\xbf<html><body onload=alert(1)>"),
        ("X.HTM", b"hello"),
        ("x.js", b"alert(1)"),
        ("x.svg ", b"<svg/>"),
    ],
)
def test_documents_that_a_browser_would_run_are_refused(visitor: Widget, name: str, content: bytes) -> None:
    answer = visitor.upload(a_file(name, content))
    assert error_of(answer) == (400, "validation_error", "unsupported_type")
    assert not Attachment.objects.exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("polyglot.png", png(600, 600) + b"x" * 5000 + b"<script>alert(1)</script>"),
        ("note.txt", b"plain words, then <b>no document</b>"),
        ("late.txt", b"x" * 5000 + b"<html><script>alert(1)</script>"),
        ("unknown.bin", bytes(range(256))),
    ],
)
def test_whatever_else_is_taken_is_given_back_inert(visitor: Widget, name: str, content: bytes) -> None:
    answer = visitor.upload(a_file(name, content, "text/html"))
    assert answer.status_code == 201
    file = answer.json()["attachment"]
    given = visitor.client.get(file["url"], headers=visitor.headers)
    assert given["Content-Type"] in ("image/png", "application/octet-stream")
    if given["Content-Type"] != "image/png":
        assert given["Content-Disposition"].startswith("attachment")
    assert given["X-Content-Type-Options"] == "nosniff"
    assert given["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "..\\boot.ini", "a\u202egnp.exe.txt", "\x00.txt", "n" * 400 + ".txt"]
)
def test_a_name_is_only_a_name(visitor: Widget, name: str, tmp_path: Any) -> None:
    answer = visitor.upload(a_file(name, b"words"))
    if answer.status_code == 201:
        kept = answer.json()["attachment"]["name"]
        assert len(kept) <= 120
        assert not set("/\\\u202e\x00") & set(kept)
    assert not (tmp_path.parent / "etc").exists()


def test_a_file_that_is_too_large_is_refused_before_it_is_read(visitor: Widget) -> None:
    answer = visitor.client.generic(
        "POST",
        API + "attachments",
        b"",
        content_type="multipart/form-data; boundary=x",
        headers=visitor.headers,
        CONTENT_LENGTH=str(100 * MB),
    )
    assert error_of(answer) == (413, "client_error", "too_large")


def test_a_file_a_little_over_the_limit_is_refused_too(visitor: Widget, settings: Any) -> None:
    settings.MAX_UPLOAD_BYTES = 1000
    assert error_of(visitor.upload(a_file("x.bin", b"x" * 1001))) == (413, "client_error", "too_large")
    assert visitor.upload(a_file("x.bin", b"x" * 1000)).status_code == 201


def test_a_small_file_that_unpacks_to_a_huge_picture_is_not_decoded(visitor: Widget) -> None:
    file = io.BytesIO()
    Image.new("1", (9_000, 9_000)).save(file, "PNG", optimize=True)
    assert error_of(visitor.upload(a_file("large.png", file.getvalue())))[0] == 413
    file = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(file, "PNG", optimize=True)
    # At which Pillow itself will not look.
    assert error_of(visitor.upload(a_file("bomb.png", file.getvalue())))[0] == 413
    with zipfile.ZipFile(archive := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("zeros", b"\0" * 5 * MB)
    answer = visitor.upload(a_file("z.zip", archive.getvalue()))
    assert answer.json()["attachment"]["media_type"] == "application/zip"


def test_what_is_no_upload_is_refused(visitor: Widget) -> None:
    assert visitor.upload("just text").status_code == 400
    assert visitor.upload(a_file("empty.txt", b"")).status_code == 400
    assert visitor.post("attachments", {"file": "x"}).status_code == 415
    assert not Message.objects.exists()
