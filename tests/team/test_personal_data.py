"""Everything that is held about a buyer, as a file: complete, for who asked for it, and not for ever."""

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as conf
from django.core.files.storage import default_storage
from django.db import models
from django.test import Client
from django.utils import timezone
from django.utils.dateparse import parse_date

from events import names
from events.models import Event
from helpdesk.lib.ids import parse_id
from inbox import transports
from orders.errors import Forbidden, NotFound
from people.models import Agent, Buyer
from people.personal import marks, pattern_of, sources
from team import erasing, exporting, tasks
from team.models import BuyerExport, Erasure
from team.performance import rollup
from team.performance.models import CaseFigures, DayFigures, Memory, Rollup
from tests import factories
from tests.api.conftest import Api
from tests.team import somebody
from tests.team.somebody import EMAIL, NAME, Somebody
from tests.team.test_audit import browser

OURS = {"helpdesk", "people", "events", "inbox", "orders", "knowledge", "team"}


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


@pytest.fixture
def kim(world: Any) -> Somebody:
    return somebody.make(world)


# -- Every model is accounted for


def test_every_model_says_whether_it_holds_something_of_buyers():
    """A new model belongs into its app's holding.py: under `handles`, gathered and erased there; or, where nothing of
    a buyer can stand in it, under `holds_nothing`."""
    ours = {model._meta.label for model in apps.get_models() if model._meta.app_label in OURS}
    ours -= {model._meta.label for model in apps.get_models() if model._meta.auto_created}
    handled = [label for source in sources() for label in source.handles]
    nothing = [label for source in sources() for label in source.holds_nothing]
    assert sorted(ours - {*handled, *nothing}) == [], "these say nothing"
    assert sorted({*handled, *nothing} - ours) == [], "these do not exist"
    assert len({*handled, *nothing}) == len(handled) + len(nothing), "these say two things"


def test_what_hangs_on_buyers_cannot_be_declared_to_hold_nothing():
    buyers = {"people.Buyer", "inbox.Conversation", "orders.Order"}
    nothing = {label for source in sources() for label in source.holds_nothing}
    guilty = {}
    for label in nothing:
        fields = apps.get_model(label)._meta.concrete_fields
        related = {f.related_model._meta.label for f in fields if isinstance(f, models.ForeignKey)}
        texts = [
            f.name for f in fields if isinstance(f, models.TextField | models.JSONField | models.FileField)
        ]
        if related & buyers and texts:
            guilty[label] = texts
    assert guilty == {}


def test_what_figures_are_counted_from_names_nobody(world, kim):
    """It has JSON, and what buyers said passes by it: of all that, ids and numbers stay, and a few words of ours."""
    rollup.count_on()
    kept = list(Memory.objects.values_list("data", flat=True))
    assert {key for one in kept for key in one} >= {"buyer", "advice", "rated"}, "all sorts of it"
    ours = {"open", "resolved", "snoozed", *transports.all_transports()}
    texts = {text for one in kept for text in _texts(one)} - ours
    assert [text for text in texts if not (parse_id(text) or parse_date(text))] == []
    tables = {model._meta.db_table for model in (Memory, CaseFigures, DayFigures, Rollup)}
    assert {table for table, _ in somebody.dump()} >= tables
    assert {trace for trace in somebody.traces(kim.words) if trace[0] in tables} == set()


def _texts(value: Any) -> Iterator[str]:
    """Return all texts in a JSON value, but for the names of what it holds (where they are not ids themselves)."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from () if name.isidentifier() else (name,)
            yield from _texts(one)


# -- The file


def archive_of(export: BuyerExport) -> tuple[dict[str, Any], dict[str, bytes]]:
    export.refresh_from_db()
    assert export.state == BuyerExport.State.READY
    with export.file.open("rb") as file:
        archive = zipfile.ZipFile(io.BytesIO(file.read()))
    files = {name: archive.read(name) for name in archive.namelist()}
    data: dict[str, Any] = json.loads(files.pop("data.json"))
    return data, files


def test_the_file_holds_everything(world, kim):
    export = exporting.ask_for_export(agent=world.sue, buyer_id=kim.buyer.pk)
    tasks.gather_export(str(export.pk))

    data, files = archive_of(export)

    text = json.dumps(data).lower()
    not_there = {word for word in kim.words if word.lower() not in text}
    assert not_there == {
        "rawpayload",
        "wrappedcipher",
        "hookednote",
    }  # as they came, what is in them is there
    assert {buyer["name"] for buyer in data["buyers"]} == {NAME, "Mirabelle Incognito"}
    assert data["orders"][0]["number"] == "100234"
    assert any(event["name"] == names.BUYER_UPDATED for event in data["events"])
    assert sum(name.startswith("files/") for name in files) == 3
    (mail,) = [content for name, content in files.items() if name.startswith("originals/")]
    assert mail == f"From: {NAME}".encode()
    assert "token_digest" not in data["browsers"][0]


def test_nothing_of_anybody_else_is_in_it(world, kim):
    other = factories.make_buyer(world.store, name="Lee Other", email="lee@buyers.test")
    factories.buyer_says(other, "None of their business")
    export = exporting.ask_for_export(agent=world.sue, buyer_id=kim.buyer.pk)
    exporting.gather(export.pk)
    text = json.dumps(archive_of(export)[0])
    assert "Lee Other" not in text
    assert "None of their business" not in text


def test_supervisors_of_the_store_ask_and_only_who_asked_gets_it(world, kim):
    for agent, refusal in ((world.ann, Forbidden), (world.zoe, NotFound)):
        with pytest.raises(refusal):
            exporting.ask_for_export(agent=agent, buyer_id=kim.buyer.pk)
    Agent.objects.filter(pk=world.zoe.pk).update(role="supervisor")
    with pytest.raises(NotFound):
        exporting.ask_for_export(agent=Agent.objects.get(pk=world.zoe.pk), buyer_id=kim.buyer.pk)
    export = exporting.ask_for_export(agent=world.sue, buyer_id=kim.buyer.pk)
    assert exporting.ask_for_export(agent=world.sue, buyer_id=kim.buyer.pk).pk == export.pk  # a second click
    exporting.gather(export.pk)

    path = f"/settings/privacy/exports/{export.pk}/"
    assert browser(world.eve).get(path).status_code == 404
    assert Client().get(path).status_code == 302
    answer: Any = browser(world.sue).get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))).testzip() is None
    done = Event.objects.filter(name__startswith="buyer.export.").order_by("id")
    assert [(e.name, e.actor_id) for e in done] == [
        (names.BUYER_EXPORT_ASKED, world.sue.id),
        (names.BUYER_EXPORT_TAKEN, world.sue.id),
    ]
    # Who does not serve the store any more does not get it any more.
    world.team.stores.clear()
    assert browser(world.sue).get(path).status_code == 404


def test_the_file_is_deleted_when_its_time_is_over(world, kim, media):
    export = exporting.ask_for_export(agent=world.sue, buyer_id=kim.buyer.pk)
    exporting.gather(export.pk)
    export.refresh_from_db()
    path = media / str(export.file.name)
    assert path.exists()
    assert exporting.discard_expired() == 0
    BuyerExport.objects.update(expires_at=timezone.now())
    assert (
        browser(world.sue).get(f"/settings/privacy/exports/{export.pk}/").status_code == 404
    )  # before it is swept

    tasks.sweep_personal_data()

    export.refresh_from_db()
    assert (export.state, str(export.file), path.exists()) == ("expired", "", False)


class Killed(BaseException):
    pass


@pytest.mark.parametrize(
    "where", ["team.exporting.write_archive", "team.exporting.default_storage.save", "after"]
)
def test_whoever_is_killed_while_gathering_leaves_one_file_in_the_end(world, kim, media, monkeypatch, where):
    export = exporting.ask_for_export(agent=world.sue, buyer_id=kim.buyer.pk)
    save = default_storage.save

    def killed(*args: Any, **kwargs: Any) -> Any:
        if where == "after":
            save(*args, **kwargs)
        raise Killed

    target = "team.exporting.default_storage.save" if where == "after" else where
    with monkeypatch.context() as patch:
        patch.setattr(target, killed)
        with pytest.raises(Killed):
            exporting.gather(export.pk)
    exporting.gather(export.pk)  # a bell while the claim still stands
    export.refresh_from_db()
    assert export.state == "queued"
    BuyerExport.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert exporting.due_exports() == [export.pk]

    exporting.gather(export.pk)

    assert archive_of(export)[0]["buyers"]
    assert len([name for name in somebody.on_disk(media) if name.startswith("exports/")]) == 1


def test_an_export_that_ends_after_its_buyer_was_erased_leaves_no_file(world, kim, media, monkeypatch):
    export = exporting.ask_for_export(agent=world.sue, buyer_id=kim.buyer.pk)
    write = exporting.write_archive

    def meanwhile(buyer: Buyer, out: Any) -> None:
        write(buyer, out)
        erasure = erasing.ask_for_erasure(
            agent=world.eve, buyer_id=buyer.pk, name=NAME, reason="Now", hold=timedelta(0)
        )
        erasing.run(erasure.pk)

    monkeypatch.setattr(exporting, "write_archive", meanwhile)
    exporting.gather(export.pk)
    assert somebody.on_disk(media) == []


def test_a_file_that_was_lost_does_not_hold_up_the_rest(world, kim, media):
    (media / kim.files[0]).unlink()
    export = exporting.ask_for_export(agent=world.sue, buyer_id=kim.buyer.pk)
    exporting.gather(export.pk)
    assert len(archive_of(export)[1]) == 3


def test_names_are_found_in_whatever_form_a_body_has_them():
    found = pattern_of(["王小明", "kim@x.test", "+447700900123"])
    assert found is not None
    for body in (
        "王小明",
        json.dumps("王小明"),
        "from=kim%40x.test",
        "KIM@X.TEST",
        "wa_id:447700900123",
        "%2B447700900123",
    ):
        assert found.search(body.encode()), body
    assert not found.search(b"somebody else")
    assert pattern_of([]) is None


def test_a_mark_is_known_under_the_keys_of_before(settings):
    old = marks("buyer", "1001")[0]
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-than-before" * 3
    assert old in marks("buyer", "1001")
    assert marks("buyer", "1001")[0] != old
    assert conf.SECRET_KEY not in old


# -- Pages


def test_the_pages_are_for_those_who_may(world, kim):
    page = f"/settings/privacy/buyers/{kim.buyer.pk}/"
    for agent, status, erases in ((world.ann, 404, False), (world.sue, 200, False), (world.eve, 200, True)):
        for path in ("/settings/privacy/", page):
            assert browser(agent).get(path).status_code == status
        if status == 200:
            assert ("Erase this buyer" in browser(agent).get(page).content.decode()) is erases
    form = {"name": NAME, "reason": "Asked", "hold_hours": "0"}
    assert browser(world.sue).post(page + "erase/", form).status_code == 404
    assert browser(world.sue).post(page + "export/").status_code == 302
    assert not Erasure.objects.exists()


def test_a_buyer_is_erased_from_the_page_and_it_is_taken_back(world, kim):
    page, eve = f"/settings/privacy/buyers/{kim.buyer.pk}/", browser(world.eve)
    form = {"name": "Somebody else", "reason": "", "hold_hours": "24"}
    answer = eve.post(page + "erase/", form)
    assert "This field is required." in answer.content.decode()
    answer = eve.post(page + "erase/", form | {"reason": "Asked"})
    assert "not the buyer" in answer.content.decode()
    assert not Erasure.objects.exists()

    eve.post(page + "erase/", {"name": NAME, "reason": "Asked", "hold_hours": "24"})
    erasure = Erasure.objects.get()
    assert "Take back" in eve.get(page).content.decode()
    assert EMAIL in eve.get(page).content.decode()
    assert browser(world.sue).post(f"/settings/privacy/erasures/{erasure.pk}/take-back/").status_code == 404
    eve.post(f"/settings/privacy/erasures/{erasure.pk}/take-back/")
    assert Erasure.objects.get().state == "stopped"

    eve.post(page + "erase/", {"name": NAME, "reason": "Asked", "hold_hours": "0"})
    tasks.erase(str(Erasure.objects.get(state="held").pk))
    shown = eve.get(page).content.decode()
    assert "This buyer was erased" in shown
    assert NAME not in shown


# -- The API


def test_the_same_by_the_api(world, kim):
    path, sue, eve = f"buyers/{kim.buyer.pk}/", Api(world.sue), Api(world.eve)
    assert Api(world.ann).post(path + "export/").status == 403
    asked = sue.post(path + "export/")
    assert (asked.status, asked.data["state"], asked.data["url"]) == (202, "queued", None)
    tasks.gather_export(asked.data["id"])
    (ready,) = sue.get(path + "export/").data
    assert ready["url"] == f"/settings/privacy/exports/{asked.data['id']}/"
    assert eve.get(path + "export/").data == []

    body = {"name": NAME, "reason": "Asked", "hold_hours": 2}
    assert sue.post(path + "erase/", body).status == 403
    for wrong, attr in (
        ({"name": "x"}, "name"), ({"reason": ""}, "reason"), ({"hold_hours": -1}, "hold_hours"),
        ({"hold_hours": 10**9}, "hold_hours"), ({"hold_hours": "2"}, "hold_hours"), ({"reason": "a\x00"}, "reason"),
    ):  # fmt: skip
        answer = eve.post(path + "erase/", body | wrong)
        assert (answer.status, answer.attr) == (400, attr)
    held = eve.post(path + "erase/", body)
    assert (held.status, held.data["state"]) == (202, "held")
    assert eve.post(path + "erase/", body).status == 409
    assert eve.get(path + "erase/").data["id"] == held.data["id"]
    assert eve.call("DELETE", path + "erase/").data["state"] == "stopped"
    assert eve.call("DELETE", path + "erase/").status == 404
    assert eve.get(path + "erase/").status == 404
    stranger = factories.make_buyer(world.other_store)
    assert sue.post(f"buyers/{stranger.pk}/export/").status == 404
