"""Teams decide who sees what."""

import pytest

from events.models import Event
from people import services
from people.access import stores_for
from people.models import Agent, Team
from tests.people.conftest import closed

pytestmark = pytest.mark.django_db


def test_a_team_opens_its_stores_to_its_members(people, log_in, pushed):
    form = {"name": "Nights", "agents": [str(people.zoe.id)], "stores": [str(people.store.id)]}

    log_in(people.eve).post("/settings/teams/new/", form)

    assert set(stores_for(people.zoe)) == {people.store, people.other_store}
    assert closed(pushed) == [(f"agent.{people.zoe.id}", 4012)]
    assert Event.objects.get(name="team.changed").data["before"] == {}


def test_who_leaves_a_team_hears_it_as_who_joins(people, log_in, pushed):
    form = {
        "name": "Desk",
        "agents": [str(people.bob.id), str(people.zoe.id)],
        "stores": [str(people.store.id)],
    }

    log_in(people.eve).post(f"/settings/teams/{people.team.id}/", form)

    assert not stores_for(people.ann)
    told = {topic for topic, _ in closed(pushed)}
    assert {f"agent.{who.id}" for who in (people.ann, people.bob, people.sue, people.zoe)} == told


def test_a_disabled_member_stays_one(people, pushed):
    Agent.objects.filter(pk=people.ann.pk).update(is_active=False)

    services.save_team(actor=people.eve, team=people.team, agents=[people.bob], stores=[people.store])

    assert set(people.team.agents.all()) == {people.ann, people.bob}


def test_two_teams_of_one_name_would_be_one_too_many(people, log_in):
    answer = log_in(people.eve).post("/settings/teams/new/", {"name": "Desk"})

    assert answer.status_code == 422
    assert Team.objects.filter(name="Desk").count() == 1


def test_a_deleted_team_shuts_its_stores_to_its_members(people, log_in, pushed):
    log_in(people.eve).post(f"/settings/teams/{people.team.id}/delete/")

    assert not Team.objects.filter(pk=people.team.pk).exists()
    assert not stores_for(people.ann)
    assert (f"agent.{people.ann.id}", 4012) in closed(pushed)


@pytest.mark.parametrize("path", ["", "delete/"])
def test_only_admins_touch_a_team(people, log_in, path):
    for agent in (people.ann, people.sue, people.zoe):
        answer = log_in(agent).post(f"/settings/teams/{people.team.id}/{path}", {"name": "Mine"})
        assert answer.status_code == 404
    people.team.refresh_from_db()
    assert people.team.name == "Desk"
