"""Logging in and out, and what happens to those who guess."""

import pytest
from django.test import Client

from events.models import Event
from people.models import Agent
from people.sessions import digest
from tests.people.conftest import PASSWORD, closed, is_logged_in

pytestmark = pytest.mark.django_db


def test_a_password_opens_the_desk_and_is_recorded(people, log_in):
    client = log_in(people.ann)

    assert is_logged_in(client)
    event = Event.objects.get(name="agent.logged_in")
    assert (event.actor_id, event.data) == (people.ann.id, {"ip": "127.0.0.1"})


def test_the_address_is_the_same_in_any_case(people, client):
    client.post("/accounts/login/", {"login": " ANN@Desk.TEST ", "password": PASSWORD})

    assert is_logged_in(client)


def test_who_is_not_logged_in_is_led_to_the_log_in_and_back(people, client):
    answer = client.get("/settings/security/")
    assert answer.url == "/accounts/login/?next=/settings/security/"

    answer = client.post(answer.url, {"login": people.ann.email, "password": PASSWORD})
    assert answer.url == "/settings/security/"


def test_the_log_in_leads_to_no_other_site(people, client):
    answer = client.post(
        "/accounts/login/?next=https://evil.test/", {"login": people.ann.email, "password": PASSWORD}
    )
    assert answer.url == "/inbox/"


def test_a_wrong_password_says_no_more_than_that(people, client):
    known = client.post("/accounts/login/", {"login": people.ann.email, "password": "wrong"})
    unknown = client.post("/accounts/login/", {"login": "nobody@example.test", "password": "wrong"})

    assert known.status_code == unknown.status_code == 200
    assert known.context["form"].non_field_errors() == unknown.context["form"].non_field_errors()


def test_the_ninth_wrong_password_meets_a_locked_door(people, client):
    for _ in range(8):
        client.post("/accounts/login/", {"login": people.ann.email, "password": "wrong"})

    answer = client.post("/accounts/login/", {"login": people.ann.email, "password": "wrong"})

    assert answer.status_code == 429
    assert "account/locked.html" in [template.name for template in answer.templates]
    assert b"Too many wrong passwords" in answer.content


def test_behind_a_locked_door_the_right_password_is_no_key(people, client):
    for spelling in ("ann@desk.test", "ANN@desk.test") * 4:
        client.post("/accounts/login/", {"login": spelling, "password": "wrong"})

    answer = client.post("/accounts/login/", {"login": people.ann.email, "password": PASSWORD})

    assert answer.status_code == 429
    assert not is_logged_in(client)


def test_a_locked_door_shuts_out_only_who_rattled_at_it(people, client, log_in):
    for _ in range(9):
        client.post("/accounts/login/", {"login": people.ann.email, "password": "wrong"})

    assert is_logged_in(log_in(people.bob)), "a colleague at the same address"
    assert is_logged_in(log_in(people.ann, REMOTE_ADDR="192.0.2.7")), "the owner at another address"


def test_a_success_forgets_the_failures_before_it(people, client):
    for _ in range(2):
        for _ in range(7):
            client.post("/accounts/login/", {"login": people.ann.email, "password": "wrong"})
        client.post("/accounts/login/", {"login": people.ann.email, "password": PASSWORD})
        assert is_logged_in(client)
        client.post("/accounts/logout/")


def test_behind_a_proxy_it_is_the_client_who_is_counted(people, log_in, settings):
    settings.PROXY_COUNT = 1
    guesser = Client(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="1.1.1.1, 192.0.2.9")
    for _ in range(9):
        guesser.post("/accounts/login/", {"login": people.ann.email, "password": "wrong"})

    assert is_logged_in(log_in(people.ann, REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="192.0.2.10"))
    # What the client itself wrote into the header is not believed.
    claimed = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "192.0.2.10, 192.0.2.9"}
    assert not is_logged_in(log_in(people.ann, **claimed))


def test_a_disabled_agent_cannot_log_in_and_hears_why(people, client):
    Agent.objects.filter(pk=people.ann.pk).update(is_active=False)

    answer = client.post("/accounts/login/", {"login": people.ann.email, "password": PASSWORD}, follow=True)

    assert "account/account_inactive.html" in [template.name for template in answer.templates]
    assert not is_logged_in(client)


def test_logging_out_is_recorded_and_closes_the_sockets_of_that_log_in(people, log_in, pushed):
    client = log_in(people.ann)
    key = client.session.session_key

    answer = client.post("/accounts/logout/")

    assert answer.url == "/accounts/login/"
    assert not is_logged_in(client)
    assert closed(pushed) == [(f"session.{digest(key)}", 4401)]
    assert Event.objects.filter(name="agent.logged_out", actor_id=people.ann.id).count() == 1


def test_nobody_signs_up_here(client):
    assert client.get("/accounts/signup/").status_code == 404
    assert client.get("/accounts/email/").status_code == 404


@pytest.mark.parametrize("demo", [True, False])
def test_the_demo_passwords_are_shown_in_the_demo_only(demo, client, settings):
    settings.DEMO = demo
    assert (b"demo-demo-demo" in client.get("/accounts/login/").content) is demo


def test_the_page_speaks_the_language_chosen_at_the_door(client):
    client.post("/accounts/language/", {"language": "zh-hans", "next": "/accounts/login/"})

    assert b'<html lang="zh-hans"' in client.get("/accounts/login/").content
