"""Who works here: made, changed, shut out; and who may do that."""

import pytest
from django.core.exceptions import ValidationError

from events.models import Event
from people import services
from people.access import stores_for
from people.models import Agent
from tests.people.conftest import closed, is_logged_in

pytestmark = pytest.mark.django_db

ADMIN_PAGES = ["/settings/agents/", "/settings/teams/", "/settings/stores/"]


@pytest.mark.parametrize("path", [*ADMIN_PAGES, "/settings/agents/new/", "/settings/teams/new/"])
def test_only_admins_see_the_pages_about_others(people, log_in, path):
    for agent in (people.ann, people.sue, people.zoe):
        assert log_in(agent).get(path).status_code == 404
    assert log_in(people.eve).get(path).status_code == 200


def test_the_menu_shows_only_what_one_may_open(people, log_in):
    agent, supervisor, admin = (
        log_in(who).get("/settings/").content.decode() for who in (people.ann, people.sue, people.eve)
    )

    assert "/settings/canned/" in agent
    assert "/settings/tags/" not in agent
    assert "/settings/tags/" in supervisor
    assert "/settings/agents/" not in supervisor
    assert all(path in admin for path in ADMIN_PAGES)


@pytest.mark.parametrize("what", ["disable", "enable", "invite", "end-sessions", "remove-second-factor"])
def test_only_admins_change_others(people, log_in, what):
    for agent in (people.bob, people.sue, people.zoe):
        assert log_in(agent).post(f"/settings/agents/{people.ann.id}/{what}/").status_code == 404
    people.ann.refresh_from_db()
    assert people.ann.is_active


def test_an_admin_invites_an_agent(people, log_in, monkeypatch):
    jobs = []
    monkeypatch.setattr("people.services.enqueue", lambda task, *args: jobs.append(args))
    form = {
        "name": "Nia",
        "email": "Nia@Desk.test",
        "role": "agent",
        "language": "zh-hans",
        "teams": [str(people.team.id)],
    }

    answer = log_in(people.eve).post("/settings/agents/new/", form)

    agent = Agent.objects.get(email="nia@desk.test")
    assert answer.headers["HX-Refresh"] == "true"
    assert not agent.has_usable_password()
    assert list(stores_for(agent)) == [people.store]
    assert jobs == [(str(agent.id),)]
    assert Event.objects.filter(name="agent.created", actor_id=people.eve.id).exists()


def test_an_address_belongs_to_one_account(people, log_in):
    form = {"name": "Ann II", "email": "ANN@desk.test", "role": "agent", "language": "en"}

    answer = log_in(people.eve).post("/settings/agents/new/", form)

    assert answer.status_code == 422
    assert "email" in answer.context["form"].errors


def test_a_role_changes_with_its_record_and_open_consoles_hear_it(people, log_in, pushed):
    form = {"name": "Ann", "role": "supervisor", "teams": [str(people.team.id), str(people.other_team.id)]}

    log_in(people.eve).post(f"/settings/agents/{people.ann.id}/", form)

    people.ann.refresh_from_db()
    assert people.ann.role == "supervisor"
    assert set(stores_for(people.ann)) == {people.store, people.other_store}
    event = Event.objects.get(name="agent.changed")
    assert event.data["before"]["role"] == "agent"
    assert event.data["after"]["role"] == "supervisor"
    assert closed(pushed) == [(f"agent.{people.ann.id}", 4012)]


def test_a_new_name_disturbs_nobody(people, pushed):
    services.update_agent(actor=people.eve, agent=people.ann, name="Anna", role="agent", teams=[people.team])

    assert closed(pushed) == []


def test_a_disabled_agent_is_out_at_once(people, log_in, pushed):
    client = log_in(people.ann)

    log_in(people.eve).post(f"/settings/agents/{people.ann.id}/disable/")

    assert not is_logged_in(client)
    assert not is_logged_in(log_in(people.ann))
    assert (f"agent.{people.ann.id}", 4401) in closed(pushed)
    assert not stores_for(Agent.objects.get(pk=people.ann.pk))

    log_in(people.eve).post(f"/settings/agents/{people.ann.id}/enable/")
    assert is_logged_in(log_in(people.ann))


def test_nobody_saws_off_the_branch_they_sit_on(people, log_in, pushed):
    admin = log_in(people.eve)
    admin.post(f"/settings/agents/{people.eve.id}/disable/")
    answer = admin.post(f"/settings/agents/{people.eve.id}/", {"name": "Eve", "role": "agent"})

    assert "role" in answer.context["form"].errors
    people.eve.refresh_from_db()
    assert (people.eve.role, people.eve.is_active) == ("admin", True)


def test_somebody_remains_an_admin(people, pushed):
    other = Agent.objects.create_user("x@desk.test", None, name="X", role="admin")
    services.disable_agent(actor=other, agent=people.eve)

    with pytest.raises(ValidationError):
        services.update_agent(actor=other, agent=other, name="X", role="agent", teams=[])


def test_an_invitation_goes_again_only_to_who_has_no_password(people, log_in, monkeypatch):
    jobs = []
    monkeypatch.setattr("people.services.enqueue", lambda task, *args: jobs.append(args))
    services.invite_again(agent=Agent.objects.create_user("x@desk.test", None, name="X"))
    assert len(jobs) == 1

    with pytest.raises(ValidationError):
        services.invite_again(agent=people.ann)


def test_the_list_of_agents_asks_as_much_for_many_as_for_few(people, log_in, django_assert_max_num_queries):
    client = log_in(people.eve)
    client.get("/settings/")  # where she was last seen is written now, and not for a while
    for number in range(30):
        agent = Agent.objects.create_user(f"a{number}@desk.test", None, name=f"Agent {number}")
        agent.teams.add(people.team)

    with django_assert_max_num_queries(5):
        client.get("/settings/agents/")
