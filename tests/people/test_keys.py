"""Keys of the API: made, narrowed, used, revoked; and what they let nobody do."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from events.models import Event
from helpdesk.lib.scopes import EVERYTHING, SCOPES
from orders.push_shapes import ORDER_EXAMPLE
from people import keys, services
from people.models import Agent, ApiKey
from tests.api.conftest import BASE, Api
from tests.factories import World, buyer_says


class Program(Api):
    """Something that comes with a key; where Django would ask for a CSRF header, it is asked for."""

    def __init__(self, shown: str, *, address: str = "203.0.113.7") -> None:
        super().__init__(None, csrf=True)
        self.client.defaults |= {"HTTP_AUTHORIZATION": f"Bearer {shown}", "REMOTE_ADDR": address}


def make(agent: Agent, *scopes: str, **fields: Any) -> tuple[ApiKey, str]:
    return keys.create_key(agent=agent, name="Till", scopes=scopes or [EVERYTHING], **fields)


def program(agent: Agent, *scopes: str) -> Program:
    return Program(make(agent, *scopes)[1])


# -- What it is


def test_only_a_digest_and_the_first_characters_are_kept(world: World) -> None:
    key, shown = make(world.ann, "orders:read")

    row = ApiKey.objects.values().get(pk=key.pk)
    assert shown.startswith("desk_")
    assert len(shown) > 40
    assert shown.startswith(row["prefix"])
    assert shown[len(row["prefix"]) :] not in str(row)
    assert make(world.ann)[1] != shown


def test_making_and_revoking_are_recorded_without_the_key(world: World) -> None:
    key, shown = make(world.ann, "orders:read")
    keys.revoke_key(actor=world.eve, key=key)
    keys.revoke_key(actor=world.eve, key=key)  # twice changes nothing

    events = list(Event.objects.filter(name__startswith="key.").order_by("id"))
    assert [(e.name, e.actor_name) for e in events] == [("key.created", "Ann"), ("key.revoked", "Eve")]
    facts = {"key": str(key.pk), "agent": str(world.ann.pk), "name": "Till", "prefix": key.prefix}
    assert all(facts.items() <= e.data.items() for e in events)
    assert all(shown not in str(e.data) for e in events)


def test_a_scope_that_there_is_not_is_refused(world: World) -> None:
    with pytest.raises(ValueError, match="orders:fly"):
        make(world.ann, "orders:fly")


# -- What it lets one do


def test_a_key_acts_as_its_agent_without_csrf_and_sees_no_more(world: World) -> None:
    said = buyer_says(world.kim).conversation
    ann, zoe = program(world.ann), program(world.zoe)

    assert ann.get("me/").data["name"] == "Ann"
    assert ann.post(f"conversations/{said.id}/resolve/").data["status"] == "resolved"
    assert zoe.get(f"conversations/{said.id}/").status == 404
    assert zoe.post(f"conversations/{said.id}/reopen/").status == 404
    assert ann.get("events/").status == 403, "an agent's key is no supervisor's"
    assert program(world.sue).get("events/").status == 200


def test_a_key_that_may_read_changes_nothing(world: World) -> None:
    said = buyer_says(world.kim).conversation
    reader, writer = program(world.ann, "conversations:read"), program(world.ann, "conversations:write")
    one = f"conversations/{said.id}/"

    refused = reader.post(f"{one}resolve/")
    assert (reader.get(one).status, refused.status, refused.code) == (200, 403, "missing_scope")
    assert "conversations:write" in refused.data["errors"][0]["detail"]
    assert (writer.get(one).status, writer.post(f"{one}resolve/").status) == (200, 200)
    assert writer.get("orders/").code == "missing_scope"


def test_what_spans_several_areas_needs_them_all(world: World) -> None:
    some = program(world.ann, "conversations:read", "orders:read")
    assert some.get("search/?q=kim").code == "missing_scope"
    assert (
        program(world.ann, "conversations:read", "orders:read", "buyers:read").get("search/?q=kim").status
        == 200
    )


def test_who_brings_orders_in_cannot_move_money_nor_the_other_way_round(world: World) -> None:
    body = {**ORDER_EXAMPLE, "store": "shop"}
    action = f"orders/{world.order.id}/actions/", {"kind": "cancel", "params": {}}
    sync, desk = program(world.eve, "sync:write"), program(world.eve, "orders:write")

    assert sync.post("orders/", body).status == 201
    assert sync.post(*action, Idempotency_Key="1").code == "missing_scope"
    assert desk.post("orders/", body).code == "missing_scope"
    assert program(world.ann, "sync:write").post("orders/", body).status == 403, "admins only, key or no key"


def test_an_agent_without_any_scope_still_learns_who_they_are(world: World) -> None:
    bare = program(world.ann, "events:read")
    assert [bare.get(path).status for path in ("me/", "agents/", "teams/", "stores/")] == [200] * 4
    assert bare.client.get(f"{BASE}nothing/").status_code == 404


def test_errors_speak_the_language_of_the_agent_of_the_key(world: World) -> None:
    world.ann.language = "zh-hans"
    world.ann.save()
    assert "不是" in program(world.ann).get("conversations/?view=x").data["errors"][0]["detail"]


def test_a_key_goes_before_a_cookie_that_comes_with_it(world: World) -> None:
    both = Program("desk_nonsense")
    both.client.cookies["sessionid"] = Api(world.ann).client.cookies["sessionid"].value
    assert both.get("me/").code == "invalid_key"


# -- What ends it


def test_revoked_expired_and_disabled_keys_let_nobody_in(world: World) -> None:
    revoked, shown = make(world.ann)
    keys.revoke_key(actor=world.ann, key=revoked)
    late = make(world.ann, expires_at=timezone.now() - timedelta(seconds=1))[1]
    good = program(world.bob)
    assert good.get("me/").status == 200
    services.disable_agent(actor=world.eve, agent=world.bob)

    refused = [Program(shown).get("me/"), Program(late).get("me/"), good.get("me/")]
    assert [(a.status, a.code) for a in refused] == [
        (401, "revoked_key"),
        (401, "expired_key"),
        (401, "disabled_account"),
    ]
    assert refused[0].headers["WWW-Authenticate"].startswith("Bearer")


def test_a_demo_account_s_key_is_good_in_the_demo_only(world: World, settings: Any) -> None:
    Agent.objects.filter(pk=world.ann.pk).update(email="ann@demo.test")
    mine = program(world.ann)
    assert mine.get("me/").code == "disabled_account"
    settings.DEMO = True
    assert mine.get("me/").status == 200


@pytest.mark.parametrize(
    "shown", ["", "x", "desk_", "desk_é", "push_1_2", "desk_" + "a" * 43, "desk_" + "a" * 9000]
)
def test_what_is_no_key_is_a_401(world: World, shown: str) -> None:
    assert Program(shown).get("me/").code == "invalid_key"


def test_who_guesses_keys_has_to_wait_and_a_revoked_key_is_no_guess(
    world: World, settings: Any, time_machine: Any
) -> None:
    time_machine.move_to("2026-11-21T10:00:20Z", tick=False)
    settings.KEY_GUESSES_PER_MINUTE = 3
    gone, shown = make(world.ann)
    good = make(world.ann)[1]
    keys.revoke_key(actor=world.ann, key=gone)
    here, there = "198.51.100.1", "198.51.100.2"

    for _ in range(5):
        assert Program(shown, address=here).get("me/").status == 401
    for _ in range(3):
        assert Program("desk_guess", address=here).get("me/").status == 401
    refused = Program(good, address=here).get("me/")
    assert (refused.status, refused.code, refused.headers["Retry-After"]) == (429, "throttled", "40")
    assert Program(good, address=there).get("me/").status == 200
    time_machine.move_to("2026-11-21T10:01:01Z", tick=False)
    assert Program(good, address=here).get("me/").status == 200


def test_that_it_is_in_use_is_written_down_once_a_minute(
    world: World, time_machine: Any, django_assert_num_queries: Any
) -> None:
    time_machine.move_to("2026-11-21T10:00:00Z", tick=False)
    key, shown = make(world.ann)
    for after, kept in ((0, 0), (59, 0), (60, 60), (100, 60)):
        time_machine.move_to(f"2026-11-21T10:0{after // 60}:{after % 60:02}Z", tick=False)
        keys.authenticate(shown, address="::1")
        key.refresh_from_db()
        assert key.last_used_at is not None
        assert key.last_used_at.timestamp() % 3600 == kept
    with django_assert_num_queries(1):
        keys.authenticate(shown, address="::1")


# -- manage.py apikey


def run(*args: str) -> str:
    out = StringIO()
    call_command("apikey", *args, stdout=out)
    return out.getvalue()


def test_the_command_prints_a_key_and_nothing_else(world: World) -> None:
    shown = run("ANN@desk.test").strip()
    assert Program(shown).get("me/").data["email"] == "ann@desk.test"
    assert ApiKey.objects.get().scopes == [EVERYTHING]

    narrow = run(
        "ann@desk.test", "--scope", "orders:read", "--scope", "events:read", "--name", "Reports"
    ).strip()
    key = keys.authenticate(narrow, address="::1")
    assert (key.name, key.scopes) == ("Reports", ["events:read", "orders:read"])


def test_the_command_knows_only_agents_and_scopes_that_there_are(world: World) -> None:
    with pytest.raises(CommandError, match="no active agent"):
        run("nobody@desk.test")
    with pytest.raises(CommandError, match="invalid choice"):
        run("ann@desk.test", "--scope", "orders:fly")
    assert "sync:write" in SCOPES
