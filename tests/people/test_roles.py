"""What a role may do: changed by admins, known everywhere within seconds, and never the end of a desk."""

import subprocess
import sys
import threading
import time
from typing import Any

import pytest
from django.conf import settings as conf
from django.db import connection, connections

from events import wording
from events.models import Event
from helpdesk.lib.kept import KeptWhole
from people import abilities, roles
from people.role_models import RoleAbility
from people.roles import RoleRefused, set_abilities
from tests.api.conftest import Api

pytestmark = pytest.mark.django_db

PAGE = "/settings/roles/"


def change(actor: Any, role: str = "agent", **wanted: bool | None) -> None:
    """`ledger_read=True` for `ledger.read`."""
    keys = {name.replace("_", "."): allowed for name, allowed in wanted.items()}
    set_abilities(actor=actor, role=role, wanted=keys)
    abilities.changed.forget()  # as the commit does, which does not come here


# -- Changed


def test_what_an_admin_changes_holds_is_recorded_and_told(world, pushed):
    assert not world.ann.may("ledger.read")
    change(world.eve, ledger_read=True, buyers_block=False)

    assert world.ann.may("ledger.read")
    assert not world.ann.may("buyers.block")
    assert world.sue.may("buyers.block"), "another role"
    event = Event.objects.get(name="role.changed")
    assert (event.actor_id, event.data["role"]) == (world.eve.pk, "agent")
    assert event.data["before"] == {"buyers.block": True, "ledger.read": False}
    assert event.data["after"] == {"buyers.block": False, "ledger.read": True}
    told = wording.tell(event, {})
    assert told.text == "changed what this role may do: Agent"
    assert sorted((c.label, c.before, c.after) for c in told.changes) == [
        ("Block buyers", "Yes", "No"),
        ("Read everybody's actions", "No", "Yes"),
    ]
    told_now = {"buyers.block": False, "ledger.read": True}
    assert pushed.of("role.changed") == [{"type": "role.changed", "role": "agent", "abilities": told_now}]


def test_set_back_it_is_as_shipped_and_what_changes_nothing_says_nothing(world, pushed):
    change(world.eve, ledger_read=True)
    change(world.eve, ledger_read=True)
    assert Event.objects.filter(name="role.changed").count() == 1
    change(world.eve, ledger_read=False)
    assert RoleAbility.objects.get().allowed is None, "as shipped is no change"
    change(world.eve, ledger_read=None)
    assert Event.objects.filter(name="role.changed").count() == 2
    assert not world.ann.may("ledger.read")


@pytest.mark.parametrize(
    ("who", "role", "key", "status"),
    [
        ("ann", "agent", "ledger.read", 403),
        ("sue", "agent", "ledger.read", 403),
        ("eve", "boss", "ledger.read", 404),
        ("eve", "agent", "no.such", 400),
        ("eve", "admin", "ledger.read", 400),
    ],
)
def test_what_cannot_be_changed_is_refused_whole(world, who, role, key, status):
    with pytest.raises(RoleRefused) as refused:
        set_abilities(actor=getattr(world, who), role=role, wanted={"buyers.block": False, key: False})
    assert refused.value.status == status
    assert not RoleAbility.objects.exists()
    assert not Event.objects.filter(name="role.changed").exists()


def test_an_admin_who_was_disabled_changes_nothing(world):
    world.eve.is_active = False
    with pytest.raises(RoleRefused):
        set_abilities(actor=world.eve, role="agent", wanted={"ledger.read": True})


@pytest.mark.django_db(transaction=True)
def test_of_two_who_change_the_same_at_once_each_knows_what_it_was(world):
    """Eight at once, by turns on and off: what the record says goes from one to the next, without a gap."""
    barrier = threading.Barrier(8)

    def one(n: int) -> None:
        try:
            barrier.wait()
            set_abilities(actor=world.eve, role="agent", wanted={"ledger.read": n % 2 == 0})
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    told = Event.objects.filter(name="role.changed").order_by("id").values_list("data", flat=True)
    steps = [(data["before"]["ledger.read"], data["after"]["ledger.read"]) for data in told]
    assert steps
    assert steps[0][0] is False
    assert all(before != after for before, after in steps)
    assert [after for _, after in steps[:-1]] == [before for before, _ in steps[1:]]
    assert world.ann.may("ledger.read") == steps[-1][1], "and what holds is the last one"
    assert RoleAbility.objects.count() == 1


# -- Known


def test_asking_costs_no_query(world, django_assert_num_queries):
    change(world.eve, ledger_read=True)
    with django_assert_num_queries(1):
        assert world.ann.may("ledger.read")
    with django_assert_num_queries(0):
        assert world.ann.may("ledger.read")
        assert "ledger.read" in world.ann.abilities
        assert not world.bob.may("wall.read")


@pytest.mark.django_db(transaction=True)
def test_another_process_hears_of_it_within_seconds(world):
    """The change is made by a process that can tell us nothing; we read it again by ourselves."""
    abilities.changed.forget()
    assert not world.ann.may("ledger.read")
    _in_another_process(
        "from people.role_models import RoleAbility as R;"
        "R.objects.create(role='agent', ability='ledger.read', allowed=True)"
    )
    ends = time.monotonic() + abilities.changed.seconds + 1
    while not world.ann.may("ledger.read"):
        assert time.monotonic() < ends, "it did not hear"
        time.sleep(0.05)


def _in_another_process(code: str) -> None:
    """Run something with Django and the database of this test."""
    name = connection.settings_dict["NAME"]
    begin = (
        "import django; from django.conf import settings; settings.SECRET_KEY = 'x' * 60;"
        f"settings.DATABASES['default']['NAME'] = {str(name)!r}; django.setup();"
    )
    subprocess.run([sys.executable, "-c", begin + code], cwd=conf.BASE_DIR, check=True, timeout=60)


def test_what_was_read_while_it_changed_is_not_kept():
    """A reader who began before the change and ends after it must not bring the old state back."""
    state = {"now": "old"}
    reads, go_on = threading.Event(), threading.Event()

    def slow() -> str:
        found = state["now"]
        reads.set()
        go_on.wait(5)
        return found

    kept = KeptWhole(slow, seconds=60)
    reader = threading.Thread(target=kept.get)
    reader.start()
    reads.wait(5)
    state["now"] = "new"
    kept.forget()
    go_on.set()
    reader.join()
    assert kept.get() == "new"


# -- The page


def test_admins_change_it_on_the_page_supervisors_read_it_agents_do_not(people, log_in, pushed):
    assert log_in(people.ann).get(PAGE).status_code == 404
    read = log_in(people.sue).get(PAGE).content.decode()
    assert 'role="switch"' not in read
    assert "/settings/agents/" not in read
    client = log_in(people.eve)
    assert 'role="switch"' in client.get(PAGE).content.decode()

    answer = client.post(f"{PAGE}agent/ledger.read/", {"allowed": "yes"})
    assert answer.status_code == 200
    page = answer.content.decode()
    assert 'id="switch-agent-ledgerread" aria-checked="true"' in page
    assert "Set back" in page
    assert roles.lines()["ledger.read"].cells[0].is_changed
    back = client.post(f"{PAGE}agent/ledger.read/", {"allowed": "shipped"}).content.decode()
    assert "Set back" not in back


@pytest.mark.parametrize(
    "path", ["agent/no.such/", "admin/ledger.read/", "boss/ledger.read/", "agent/ledger.read/?x"]
)
def test_what_is_forged_does_nothing(people, log_in, path):
    client = log_in(people.eve)
    answer = client.post(PAGE + path, {"allowed": "perhaps" if "?" in path else "yes"})
    assert answer.status_code == 404
    assert log_in(people.sue).post(f"{PAGE}agent/ledger.read/", {"allowed": "yes"}).status_code == 404
    assert client.get(f"{PAGE}agent/ledger.read/").status_code == 405
    assert not RoleAbility.objects.filter(allowed__isnull=False).exists()


def test_the_page_says_who_has_a_role_and_how_far_it_may_go(people, log_in):
    page = log_in(people.eve).get(PAGE).content.decode()
    assert '/settings/agents/?role=agent"' in page
    assert "3 people" in page
    assert "Order limits · Shop" in page
    assert "$100.00 an order" in page
    only = log_in(people.eve).get("/settings/agents/?role=supervisor").content.decode()
    assert ("sue@desk.test" in only, "ann@desk.test" in only) == (True, False)


# -- The API


def test_programs_read_and_change_it(world):
    me = Api(world.ann).get("me/").data["abilities"]
    assert "buyers.block" in me
    assert "ledger.read" not in me
    assert Api(world.ann).get("roles/").status == 403
    found = {one["role"]: one for one in Api(world.sue).get("roles/").data}
    assert found["agent"]["people"] == 3
    assert all(one["allowed"] for one in found["admin"]["abilities"])
    body = {"abilities": {"ledger.read": True, "buyers.block": None}}
    assert Api(world.sue).patch("roles/agent/", body).code == "forbidden"
    after = {one["key"]: one for one in Api(world.eve).patch("roles/agent/", body).data["abilities"]}
    assert (after["ledger.read"]["allowed"], after["ledger.read"]["shipped"]) == (True, False)
    assert Api(world.eve).patch("roles/admin/", body).status == 400
    assert Api(world.eve).patch("roles/boss/", body).status == 404
    assert Api(world.eve).get("roles/boss/").status == 404
    for wrong in ({}, {"abilities": 1}, {"abilities": {"ledger.read": "yes"}}, {"abilities": {"x": True}}):
        assert Api(world.eve).patch("roles/agent/", wrong).status == 400, wrong
