"""Pictures and attachments of articles: what is taken, who gets it, and when it may go."""

import io
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from inbox.errors import Conflict, NotFound
from knowledge.models import ArticleFile, Text
from knowledge.services import add_file, delete_file, publish, save_text
from people.models import Agent
from tests.knowledge.conftest import Shelf


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def log_in(agent: Agent) -> Client:
    client = Client()
    client.force_login(agent)
    return client


def picture(size: tuple[int, int] = (40, 30), kind: str = "PNG") -> bytes:
    held = io.BytesIO()
    Image.new("L", size).save(held, kind)
    return held.getvalue()


def send(client: Client, text: Text, name: str, content: bytes) -> Any:
    upload = SimpleUploadedFile(name, content, "image/png")
    return client.post(f"/knowledge/articles/{text.article_id}/files/", {"file": upload})


def test_a_picture_is_shown_in_the_article_and_a_document_offered(shelf: Shelf) -> None:
    text, agent = shelf.draft(), log_in(shelf.agent)
    shown = send(agent, text, "a [map].png", picture()).json()
    offered = send(agent, text, "sizes.pdf", b"%PDF-1.7 sizes").json()
    assert re.fullmatch(r"!\[a \\\[map\\\]\.png\]\(file:[0-9a-f-]{36}\)", shown["markdown"])
    assert offered["markdown"] == f"[sizes.pdf](file:{offered['id']})"
    kept = ArticleFile.objects.get(pk=shown["id"])
    assert (kept.width, kept.height, kept.uploaded_by) == (40, 30, shelf.agent)
    answer = agent.get(f"/knowledge/files/{shown['id']}/")
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "attachment" in agent.get(f"/knowledge/files/{offered['id']}/").headers["Content-Disposition"]
    body = f"{shown['markdown']} {offered['markdown']}"
    page = agent.post(f"/knowledge/articles/{text.article_id}/preview/", {"body": body}).content.decode()
    assert f'src="/knowledge/files/{shown["id"]}/"' in page
    assert f'href="/knowledge/files/{offered["id"]}/"' in page


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [
        ("page.html", b"<!doctype html><script>", 400),
        ("drawing.svg", b"<svg onload=alert(1)>", 400),
        ("picture.png", b"<html><script>alert(1)</script>", 400),
        ("empty.png", b"", 400),
        ("long.bin", b"x" * (3 * 1024 * 1024), 413),
    ],
)
def test_what_is_not_taken_is_said_so(
    shelf: Shelf, settings: Any, name: str, content: bytes, status: int
) -> None:
    settings.MAX_UPLOAD_BYTES = 1024 * 1024
    answer = send(log_in(shelf.agent), shelf.draft(), name, content)
    assert answer.status_code == status
    assert answer.json()["errors"][0]["detail"]
    assert not ArticleFile.objects.exists()


def test_a_bomb_of_pixels_is_not_taken(shelf: Shelf) -> None:
    answer = send(log_in(shelf.agent), shelf.draft(), "bomb.png", picture((20_000, 20_000)))
    assert answer.status_code == 413
    assert (
        log_in(shelf.agent).post(f"/knowledge/articles/{shelf.draft('B').article_id}/files/").status_code
        == 400
    )


def test_files_are_given_to_agents_of_the_store_alone(shelf: Shelf) -> None:
    kept = send(log_in(shelf.agent), shelf.draft(), "map.png", picture()).json()["id"]
    address = f"/knowledge/files/{kept}/"
    assert log_in(shelf.stranger).get(address).status_code == 404
    assert log_in(shelf.stranger).post(address + "delete/").status_code == 404
    assert Client().get(address).status_code == 302
    assert log_in(shelf.admin).get(f"/knowledge/files/{uuid4()}/").status_code == 404
    Path(ArticleFile.objects.get().file.path).unlink()
    assert log_in(shelf.admin).get(address).status_code == 404


def test_a_file_goes_when_neither_the_working_copy_nor_what_is_live_shows_it(
    shelf: Shelf, django_capture_on_commit_callbacks: Any
) -> None:
    text = shelf.draft()
    kept = add_file(
        agent=shelf.agent, article_id=text.article_id, upload=SimpleUploadedFile("m.png", picture())
    )
    path = Path(kept.file.path)

    def write(body: str) -> None:
        text.refresh_from_db()
        save_text(
            agent=shelf.agent,
            article_id=text.article_id,
            locale="en",
            title="T",
            body=body,
            revision=text.revision,
        )

    write(f"![m](file:{kept.id})")
    text.refresh_from_db()
    publish(agent=shelf.admin, article_id=text.article_id, locale="en", revision=text.revision)
    write("Nothing to see")
    with pytest.raises(Conflict):  # readers still see it
        delete_file(agent=shelf.agent, file_id=kept.id)
    text.refresh_from_db()
    publish(agent=shelf.admin, article_id=text.article_id, locale="en", revision=text.revision)
    with django_capture_on_commit_callbacks(execute=True):
        assert log_in(shelf.agent).post(f"/knowledge/files/{kept.id}/delete/").status_code == 200
    assert not path.exists()
    with pytest.raises(NotFound):
        delete_file(agent=shelf.agent, file_id=kept.id)
