"""Settings: keys of the API, made and revoked in a browser."""

import re
from typing import Any

from django.test import Client

from people import keys
from people.models import Agent, ApiKey
from tests.api.conftest import Api
from tests.factories import World

SOME = {"name": "Warehouse", "access": "some", "days": "90", "area-orders": "read"}


def browser(agent: Agent) -> Client:
    return Api(agent).client


def make(client: Client, **form: str) -> Any:
    return client.post("/settings/keys/new/", {**SOME, **form})


def test_a_key_is_shown_once_and_works(world: World) -> None:
    ann = browser(world.ann)

    answer = make(ann)

    [shown] = re.findall(r"desk_[\w-]{40,}", answer.content.decode())
    assert "no-store" in answer.headers["Cache-Control"]
    key = keys.authenticate(shown, address="::1")
    assert (key.agent, key.name, key.scopes) == (world.ann, "Warehouse", ["orders:read"])
    assert key.expires_at is not None
    page = ann.get("/settings/keys/").content.decode()
    assert "Warehouse" in page
    assert key.prefix in page
    assert shown not in page


def test_everything_for_ever_has_to_be_chosen(world: World) -> None:
    make(browser(world.ann), access="everything", days="never")
    key = ApiKey.objects.get()
    assert (key.scopes, key.expires_at) == (["*"], None)


def test_a_key_for_nothing_or_for_what_there_is_not_is_refused(world: World) -> None:
    ann = browser(world.ann)
    wrong: list[dict[str, str]] = [
        {"area-orders": ""},
        {"area-orders": "fly"},
        {"area-events": "write"},
        {"name": ""},
        {"name": "x" * 61},
        {"name": "a\x00b"},
        {"days": "36500"},
        {"days": ""},
        {"access": "root"},
    ]
    for form in wrong:
        assert make(ann, **form).status_code == 422, form
    assert ApiKey.objects.count() == 0


def test_one_sees_and_revokes_one_s_own_and_an_admin_everybody_s(world: World) -> None:
    (mine, _), (bobs, _) = (
        keys.create_key(agent=a, name=f"{a.name}'s", scopes=["*"]) for a in (world.ann, world.bob)
    )
    ann, eve = browser(world.ann), browser(world.eve)

    page = ann.get("/settings/keys/").content.decode()
    assert (mine.prefix in page, bobs.prefix in page) == (True, False)
    assert ann.post(f"/settings/keys/{bobs.pk}/revoke/").status_code == 404
    assert ann.get(f"/settings/keys/{mine.pk}/revoke/").status_code == 405
    everybody = eve.get("/settings/keys/").content.decode()
    assert mine.prefix in everybody
    assert bobs.prefix in everybody

    ann.post(f"/settings/keys/{mine.pk}/revoke/")
    eve.post(f"/settings/keys/{bobs.pk}/revoke/")
    assert ApiKey.objects.filter(revoked_at=None).count() == 0
    assert mine.prefix not in ann.get("/settings/keys/").content.decode()


def test_a_key_opens_no_page_and_makes_no_key(world: World) -> None:
    shown = keys.create_key(agent=world.eve, name="Root", scopes=["*"])[1]
    program = Client(headers={"Authorization": f"Bearer {shown}"})
    assert program.get("/settings/keys/").status_code == 302
    make(program)
    assert ApiKey.objects.count() == 1
