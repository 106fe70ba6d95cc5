"""Passwords: changed, forgotten, set for the first time."""

import re

import pytest
from django.core import mail
from django.test import Client

from people import services
from people.tasks import password_link, send_invitation
from tests.people.conftest import PASSWORD, closed, is_logged_in

pytestmark = pytest.mark.django_db

NEW = "a-longer-battery-staple"


def change(client: Client, old: str = PASSWORD, new: str = NEW):
    data = {"oldpassword": old, "password1": new, "password2": new}
    return client.post("/accounts/password/change/", data)


def set_by_link(client: Client, link: str, password: str = NEW):
    page = client.get(re.sub(r"^https?://[^/]+", "", link), follow=True)
    return client.post(page.redirect_chain[-1][0], {"password1": password, "password2": password})


def test_a_new_password_logs_the_other_devices_out_and_this_one_not(people, log_in, pushed):
    here, there = log_in(people.ann), log_in(people.ann)

    answer = change(here)

    assert answer.url == "/settings/security/"
    assert is_logged_in(here)
    assert not is_logged_in(there)
    assert (f"agent.{people.ann.id}", 4401) in closed(pushed)
    assert is_logged_in(log_in(people.ann, NEW))
    assert not is_logged_in(log_in(people.ann, PASSWORD))


def test_the_old_password_is_asked_for(people, log_in):
    client = log_in(people.ann)

    assert change(client, old="wrong").status_code == 200
    assert is_logged_in(log_in(people.ann, PASSWORD))


@pytest.mark.parametrize("weak", ["short", "password1234", "123456789012345", "ann@desk.test"])
def test_a_weak_password_is_refused(people, log_in, weak):
    assert change(log_in(people.ann), new=weak).context["form"].errors


def test_a_forgotten_password_is_set_by_a_link_that_works_once(people, log_in, settings, pushed):
    settings.PUBLIC_URL = "https://desk.example"
    there = log_in(people.ann)
    Client().post("/accounts/password/reset/", {"email": "Ann@Desk.test"})
    [letter] = mail.outbox
    [link] = re.findall(r"https?://\S+", str(letter.body))
    assert letter.to == [people.ann.email]
    assert link.startswith("https://desk.example/"), "the desk's own address, whatever Host was asked"

    answer = set_by_link(Client(), link)

    assert answer.url == "/accounts/password/reset/key/done/"
    assert is_logged_in(log_in(people.ann, NEW))
    assert not is_logged_in(there)
    again = Client().get(link.removeprefix("https://desk.example"))
    assert b"no longer works" in again.content


def test_a_stranger_hears_the_same_and_gets_no_mail(people):
    known = Client().post("/accounts/password/reset/", {"email": people.ann.email}, follow=True)
    unknown = Client().post("/accounts/password/reset/", {"email": "nobody@example.test"}, follow=True)

    assert known.redirect_chain == unknown.redirect_chain
    assert [letter.to for letter in mail.outbox] == [[people.ann.email]]


def test_a_disabled_agent_gets_no_link(people, pushed):
    services.disable_agent(actor=people.eve, agent=people.ann)

    Client().post("/accounts/password/reset/", {"email": people.ann.email})

    assert mail.outbox == []


def test_an_invitation_is_mailed_in_the_language_of_who_is_invited(people, log_in, monkeypatch, pushed):
    jobs = []
    monkeypatch.setattr("people.services.enqueue", lambda task, *args: jobs.append((task, args)))
    agent = services.create_agent(
        actor=people.eve,
        email="New@Desk.test",
        name="Nia",
        role="agent",
        teams=[people.team],
        language="zh-hans",
    )
    assert jobs == [(send_invitation, (str(agent.id),))]

    assert send_invitation(*jobs[0][1])
    [letter] = mail.outbox
    assert letter.to == ["new@desk.test"]
    set_by_link(Client(), re.findall(r"https?://\S+", str(letter.body))[0])

    assert is_logged_in(log_in(agent, NEW))
    assert not send_invitation(str(agent.id)), "who has a password needs no invitation"


def test_a_link_for_one_account_is_none_for_another(people):
    token = password_link(people.ann).rstrip("/").rpartition("/")[2].partition("-")[2]

    answer = Client().get(f"/accounts/password/reset/key/{people.bob.id.hex}-{token}/")

    assert b"no longer works" in answer.content
