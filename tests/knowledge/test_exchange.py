"""Articles out and in again: folders, tables, and what is wrong with them."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from events.models import Event
from helpdesk.lib.sheets import safe
from inbox.errors import Invalid, NotFound
from knowledge.access import public_texts
from knowledge.exchange import tables
from knowledge.exchange.documents import Unreadable, read_document, write_document
from knowledge.exchange.folders import Bundle, read_folder, read_zip
from knowledge.exchange.writing import documents_of, zip_of
from knowledge.models import Article, Category, SynonymGroup, Text, Version
from knowledge.services import change_article, save_text
from knowledge.services.importing import Imported, ImportRefused, import_bundle
from people.models import Agent
from tests.knowledge.conftest import Shelf

DELIVERY = """---
title: How long does delivery take?
audience: public
topic: questions
products: [MUG-1]
keywords: [ETA]
review: 2027-03-01
---

Two days. See [fees](article:fees).
"""
TOIMITUS = "---\ntitle: Kauanko toimitus kestää?\n---\n\nKaksi päivää.\n"
CATEGORIES = "- key: delivery\n  names: {en: Delivery, fi: Toimitus}\n  about: {en: When and how}\n"


def packed(files: dict[str, str | bytes]) -> Bundle:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    out.seek(0)
    return read_zip(out)


FOLDER: dict[str, str | bytes] = {
    "categories.yaml": CATEGORIES,
    "synonyms.yaml": "- [parcel, package]\n",
    "delivery/delivery-time.en.md": DELIVERY,
    "delivery/delivery-time.fi.md": TOIMITUS,
}


def take(shelf: Shelf, bundle: Bundle, **how: Any) -> Imported:
    how = {"agent": shelf.supervisor, "store": shelf.store, "publishing": True} | how
    return import_bundle(bundle=bundle, **how)


def test_a_folder_is_taken_in_once_however_often(shelf: Shelf) -> None:
    done = take(shelf, packed(FOLDER))
    assert (done.new, done.changed, done.unchanged, done.published) == (2, 0, 0, 2)
    article = Article.objects.get()
    assert (article.slug, article.audience, article.topic) == ("delivery-time", "public", "questions")
    assert article.category is not None
    assert article.category.names == {"en": "Delivery", "fi": "Toimitus"}
    assert [text.title for text in article.texts.order_by("locale")] == [
        "How long does delivery take?",
        "Kauanko toimitus kestää?",
    ]
    assert SynonymGroup.objects.get().words == ["parcel", "package"]
    again = take(shelf, packed(FOLDER))
    assert (again.new, again.changed, again.unchanged, again.published) == (0, 0, 2, 0)
    assert Version.objects.count() == 2
    assert Event.objects.filter(name="articles.imported").count() == 1


def test_what_changed_is_changed_and_published_anew(shelf: Shelf) -> None:
    take(shelf, packed(FOLDER))
    files = FOLDER | {"delivery/delivery-time.en.md": DELIVERY.replace("Two days", "Three days")}
    done = take(shelf, packed(files))
    assert (done.changed, done.unchanged, done.published) == (1, 1, 1)
    assert public_texts(shelf.store).get(locale="en").live.body.startswith("Three days.")  # type: ignore[union-attr]


def test_without_publishing_they_are_drafts(shelf: Shelf) -> None:
    take(shelf, packed(FOLDER), publishing=False)
    assert not public_texts(shelf.store).exists()
    draft = DELIVERY.replace("title:", "state: draft\ntitle:")
    take(shelf, packed({"delivery/other.en.md": draft}))
    assert Text.objects.get(article__slug="other").live is None


def test_a_try_changes_nothing(shelf: Shelf) -> None:
    assert take(shelf, packed(FOLDER), only_try=True).new == 2
    assert not Article.objects.exists()
    assert not Event.objects.filter(name__startswith="article").exists()


def test_one_mistake_and_nothing_is_taken_in(shelf: Shelf) -> None:
    files = FOLDER | {
        "delivery/empty-title.en.md": "---\ntitle: ''\n---\nx",
        "delivery/no-front.en.md": "Just words",
        "delivery/tlh.tlh.md": TOIMITUS,
        "delivery/latin.en.md": "---\ntitle: é\n---\n".encode("latin-1"),
        "stray.txt.md": TOIMITUS,
    }
    with pytest.raises(ImportRefused) as refused:
        take(shelf, packed(files))
    assert {fault.where for fault in refused.value.faults} == {
        "delivery/empty-title.en.md",
        "delivery/no-front.en.md",
        "delivery/tlh.tlh.md",
        "delivery/latin.en.md",
        "stray.txt.md",
    }
    assert not Article.objects.exists()
    assert Category.objects.get().names == {"en": "Delivery"}


def test_the_same_article_twice_is_a_mistake(shelf: Shelf) -> None:
    with pytest.raises(ImportRefused) as refused:
        take(shelf, packed(FOLDER | {"home/delivery-time.en.md": DELIVERY}))
    assert [fault.where for fault in refused.value.faults] == ["home/delivery-time.en.md"]
    assert not Article.objects.exists()


def test_agents_and_other_stores_supervisors_import_nothing(shelf: Shelf) -> None:
    for agent in (shelf.agent, shelf.stranger):
        with pytest.raises((Invalid, NotFound)):
            take(shelf, packed(FOLDER), agent=agent)
    assert not Article.objects.exists()


def test_a_store_goes_out_as_a_folder_and_comes_in_the_same(shelf: Shelf) -> None:
    take(shelf, packed(FOLDER))
    text = shelf.draft("A draft", "Not yet.\n", keywords=["=cmd()"])
    assert text.live is None
    again = read_zip(zip_of(shelf.store, Article.objects.all()))
    assert again.faults == []
    assert again.synonyms == [["parcel", "package"]]
    before = list(documents_of(Article.objects.all()))
    Article.objects.all().delete()
    take(shelf, again)
    assert list(documents_of(Article.objects.all())) == before


def picture(color: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 6), color).save(out, "PNG")
    return out.getvalue()


def test_pictures_go_along_and_are_kept_once(shelf: Shelf, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    shown = DELIVERY + "\n![map](delivery-time.files/map.png) ![same](delivery-time.files/map.png)\n"
    files = FOLDER | {
        "delivery/delivery-time.en.md": shown,
        "delivery/delivery-time.files/map.png": picture("red"),
        "delivery/delivery-time.files/unused.png": picture("blue"),
        "delivery/other.files/map.png": picture("green"),
    }
    take(shelf, packed(files), only_try=True)
    broken = files | {"delivery/delivery-time.fi.md": "no"}
    with pytest.raises(ImportRefused):
        take(shelf, packed(broken))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    take(shelf, packed(files))
    kept = Article.objects.get().files.get()
    assert (kept.name, kept.width, kept.file.read()) == ("map.png", 8, picture("red"))
    assert Text.objects.get(locale="en").body.count(f"(file:{kept.id})") == 2
    assert take(shelf, packed(files)).unchanged == 2
    again = read_zip(zip_of(shelf.store, Article.objects.all()))
    assert take(shelf, again).unchanged == 2
    Article.objects.all().delete()
    take(shelf, again)
    assert Article.objects.get().files.get().file.read() == picture("red")


def test_a_picture_that_is_none_is_a_mistake(shelf: Shelf, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    shown = DELIVERY + "\n![map](delivery-time.files/map.html)\n"
    files = FOLDER | {
        "delivery/delivery-time.en.md": shown,
        "delivery/delivery-time.files/map.html": b"<script>alert(1)</script>",
    }
    with pytest.raises(ImportRefused):
        take(shelf, packed(files))
    assert not Article.objects.exists()


def test_a_table_goes_out_and_comes_in_the_same(shelf: Shelf) -> None:
    take(shelf, packed(FOLDER))
    shelf.draft("=HYPERLINK(1)", '- a list\n- of words, "quoted"\n', keywords=["+1", "a b"])
    before = list(documents_of(Article.objects.all()))
    cells = [[safe(cell) for cell in row] for row in tables.rows(before)]
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in cells for cell in row)
    out = io.StringIO()
    tables.csv.writer(out).writerows([tables.COLUMNS, *cells])
    Article.objects.all().delete()
    for encoded in (out.getvalue().encode("utf-8-sig"), out.getvalue().encode("utf-16")):
        bundle = tables.read_table(encoded)
        assert bundle.faults == []
        take(shelf, bundle)
        assert list(documents_of(Article.objects.all())) == before


def test_what_is_live_goes_out_not_what_is_being_written(shelf: Shelf) -> None:
    text = shelf.live()
    save_text(
        agent=shelf.agent, article_id=text.article_id, locale="en", title="T", body="Half a sent", revision=1
    )
    assert [d.body for d in documents_of(Article.objects.all())] == ["Two days.\n"]


def test_a_file_that_says_nothing_of_it_leaves_it_as_it_is(shelf: Shelf) -> None:
    take(shelf, packed(FOLDER))
    article = Article.objects.get()
    change_article(agent=shelf.admin, article_id=article.id, topic="care", products=["MUG-9"])
    take(shelf, packed({"delivery/delivery-time.en.md": "---\ntitle: New\n---\nNew words.\n"}))
    article.refresh_from_db()
    assert (article.topic, article.audience) == ("care", "public")
    assert [product.sku for product in article.products.all()] == ["MUG-9"]
    assert article.texts.get(locale="en").keywords == ["ETA"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\x01\x02",
        b"slug,locale,title\na,en,b\n",
        b"slug,locale,title,body,colour\na,en,b,c,d\n",
        b"slug,locale,title,body\na,en,b\n",
        b'slug,locale,title,body\na,en,"b,c\n',
        b'slug,locale,title,body\na,en,"b"x,c\n',
        b"slug,locale,title,body\nA B,en,b,c\n",
        b"slug,locale,title,body\na,en,\xff\xfe,c\n",
        b"\xff\xfes",
        b"slug,locale,title,body,review\na,en,b,c,soon\n",
        b"slug,locale,title,body,audience\na,en,b,c,all\n",
        b"slug,locale,title,body\n",
    ],
)
def test_a_broken_table_says_what_is_wrong(content: bytes) -> None:
    bundle = tables.read_table(content)
    assert bundle.faults
    assert all(fault.detail for fault in bundle.faults)


def test_semicolons_and_tabs_are_tables_too() -> None:
    for sign in (";", "\t"):
        head = sign.join(["slug", "locale", "title", "body"])
        bundle = tables.read_table(f"{head}\na{sign}en{sign}b{sign}c\n".encode())
        assert [(d.slug, d.body) for d in bundle.documents] == [("a", "c\n")]


@pytest.mark.parametrize(
    "text",
    [
        "no front matter",
        "---\ntitle: x\n",
        "---\n[1, 2]\n---\nx",
        "---\ntitle: [x]\n---\nx",
        "---\ntitle: x\nreview: yesterday\n---\nx",
        "---\ntitle: x\nproducts: MUG-1\n---\nx",
        "---\ntitle: x\ncolour: red\n---\nx",
        "---\ntitle: x\nstate: live\n---\nx",
        "---\na: &a [x]\nb: *a\n---\nx",
        "---\n!!python/object/apply:os.system ['id']\n---\nx",
        "---\ntitle: " + "[" * 5000 + "\n---\nx",
        "---\ntitle: x\n---\na\x00b",
    ],
)
def test_a_file_that_is_no_article_says_why(text: str) -> None:
    with pytest.raises(Unreadable):
        read_document(text, slug="a", locale="en", category=None, where="a.en.md")


def test_no_zip_and_a_zip_bomb_are_refused() -> None:
    assert read_zip(io.BytesIO(b"PK\x03\x04 not really")).faults
    bomb = packed({"a/b.en.md": "---\ntitle: x\n---\n" + "a" * 20_000_000})
    assert [fault.where for fault in bomb.faults] == ["a/b.en.md"]
    assert packed({"../../etc/passwd.en.md": DELIVERY}).faults


def test_the_folder_around_a_packed_folder_is_no_category(tmp_path: Path) -> None:
    inside = {f"shop/{name}": content for name, content in FOLDER.items()} | {"__MACOSX/x": b""}
    assert {d.category for d in packed(inside).documents} == {"delivery"}
    for name, content in FOLDER.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(str(content), encoding="utf-8")
    assert read_folder(tmp_path).documents == packed(FOLDER).documents


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60)
@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_no_upload_is_an_error(content: bytes) -> None:
    tables.read_table(content)
    read_zip(io.BytesIO(content))
    tables.read_table(b"slug,locale,title,body\n" + content)


@settings(max_examples=60)
@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"), max_size=80),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40).filter(str.strip),
)
def test_what_is_written_is_read_again(body: str, title: str) -> None:
    said = f"---\ntitle: x\n---\n{body}"
    one = read_document(said, slug="a", locale="en", category="c", where="")
    again = read_document(write_document(one), slug="a", locale="en", category="c", where="")
    assert again == one


def upload(agent: Agent, name: str, content: bytes, **more: str) -> Any:
    client = Client()
    client.force_login(agent)
    data = {"store": "shop", "file": SimpleUploadedFile(name, content), **more}
    return client.post("/knowledge/exchange/", data)


def test_a_supervisor_tries_imports_and_downloads(shelf: Shelf) -> None:
    take(shelf, packed(FOLDER))
    client = Client()
    client.force_login(shelf.supervisor)
    assert client.get("/knowledge/exchange/").status_code == 200
    packed_up = b"".join(client.get("/knowledge/exchange/articles/?store=shop&form=zip").streaming_content)
    table = b"".join(client.get("/knowledge/exchange/articles/?store=shop&form=csv").streaming_content)
    Article.objects.all().delete()
    assert "can be imported" in upload(shelf.supervisor, "a.csv", table, **{"try": "1"}).content.decode()
    assert not Article.objects.exists()
    assert "2 new" in upload(shelf.supervisor, "a.csv", table).content.decode()
    again = upload(shelf.supervisor, "a.ZIP", packed_up, publishing="on").content.decode()
    assert "2 unchanged" in again
    assert "2 published" in again


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.zip", b"no"), ("a.csv", b"no"), ("a.exe", b"MZ"), ("a.csv", b""), ("a.csv", b"x" * 11_000_000)],
)
def test_a_bad_upload_is_answered_in_words(shelf: Shelf, name: str, content: bytes) -> None:
    answer = upload(shelf.supervisor, name, content)
    assert answer.status_code == 422
    assert "Nothing was imported." in answer.content.decode()


def test_only_supervisors_import_and_only_their_stores(shelf: Shelf) -> None:
    assert upload(shelf.agent, "a.csv", b"").status_code == 404
    assert upload(shelf.stranger, "a.csv", b"slug,locale,title,body\na,en,b,c\n").status_code == 422
    client = Client()
    assert client.get("/knowledge/exchange/").status_code == 302
    client.force_login(shelf.stranger)
    assert client.get("/knowledge/exchange/articles/?store=shop&form=csv").status_code == 400


def test_a_folder_is_taken_in_by_command(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "delivery").mkdir()
    (tmp_path / "delivery/delivery-time.en.md").write_text(DELIVERY, encoding="utf-8")
    said = ["import_articles", "shop", str(tmp_path), "--by", shelf.supervisor.email]
    out = io.StringIO()
    call_command(*said, "--publish", stdout=out)
    assert out.getvalue() == "1 new, 0 changed, 0 unchanged, 1 published\n"
    for wrong in (["import_articles", "nowhere", *said[2:]], [*said[:-1], "nobody@desk.test"],
                  [*said[:-1], shelf.agent.email], [*said[:2], "/nowhere", *said[3:]]):  # fmt: skip
        with pytest.raises(CommandError):
            call_command(*wrong)
