"""The second step of a log-in: set up, used, used up, guessed at, taken away."""

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.test import Client

from people import services
from people.tasks import password_link
from tests.people.conftest import PASSWORD, closed, is_logged_in

pytestmark = pytest.mark.django_db


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def set_up(client: Client) -> tuple[str, list[str]]:
    """Turn the second step on; return its secret and the recovery codes."""
    page = client.get("/accounts/2fa/totp/activate/", follow=True)
    if "account/reauthenticate.html" in [template.name for template in page.templates]:
        path = page.redirect_chain[-1][0]
        page = client.post(path, {"password": PASSWORD}, follow=True)
    secret = page.context["form"].secret
    page = client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)}, follow=True)
    assert page.redirect_chain[-1][0] == "/accounts/2fa/recovery-codes/"
    return secret, page.context["unused_codes"]


def start(email: str) -> Client:
    """Give the password, and stand before the second step."""
    client = Client()
    answer = client.post("/accounts/login/", {"login": email, "password": PASSWORD})
    assert answer.headers["Location"] == "/accounts/2fa/authenticate/"
    return client


def test_setting_it_up_asks_for_the_password_and_shows_a_code_to_scan(people, log_in):
    client = log_in(people.ann)
    page = client.get("/accounts/2fa/totp/activate/")
    assert page.url.startswith("/accounts/reauthenticate/")

    wrong = client.post(page.url, {"password": "wrong"})
    assert wrong.status_code == 200

    page = client.post(page.url, {"password": PASSWORD}, follow=True)
    assert b"data:image/svg+xml;base64," in page.content


def test_the_password_alone_no_longer_opens_the_desk(people, log_in):
    set_up(log_in(people.ann))
    client = start(people.ann.email)

    assert not is_logged_in(client)
    answer = client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert answer.status_code == 200
    assert not is_logged_in(client)


def test_the_code_of_the_moment_opens_it_once(people, log_in, time_machine):
    time_machine.move_to("2026-01-02 10:00:00Z")
    secret, _ = set_up(log_in(people.ann))
    time_machine.move_to("2026-01-02 10:05:00Z")

    first = start(people.ann.email)
    first.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert is_logged_in(first)

    second = start(people.ann.email)
    second.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert not is_logged_in(second), "whoever looked over the shoulder"


def test_a_recovery_code_opens_it_once(people, log_in):
    _, codes = set_up(log_in(people.ann))

    first = start(people.ann.email)
    first.post("/accounts/2fa/authenticate/", {"code": codes[0]})
    assert is_logged_in(first)
    assert b"9 codes are left" in first.get("/settings/security/").content

    second = start(people.ann.email)
    second.post("/accounts/2fa/authenticate/", {"code": codes[0]})
    assert not is_logged_in(second)


def test_codes_cannot_be_guessed_one_after_the_other(people, log_in):
    _, codes = set_up(log_in(people.ann))
    client = start(people.ann.email)
    for guess in range(5):
        client.post("/accounts/2fa/authenticate/", {"code": f"00000{guess}"})

    client.post("/accounts/2fa/authenticate/", {"code": codes[0]})

    assert not is_logged_in(client), "after five guesses even a good one has to wait"


def test_it_can_be_turned_off_by_who_knows_the_password(people, log_in):
    client = log_in(people.ann)
    set_up(client)

    answer = client.post("/accounts/2fa/totp/deactivate/")

    assert answer.url == "/accounts/2fa/"
    assert is_logged_in(log_in(people.ann))


def test_an_admin_helps_who_lost_phone_and_codes(people, log_in, pushed):
    set_up(log_in(people.ann))

    services.remove_second_factor(actor=people.eve, agent=people.ann)

    assert is_logged_in(log_in(people.ann))
    assert (f"agent.{people.ann.id}", 4401) in closed(pushed)


def test_an_invited_agent_can_set_it_up_too(people, log_in, pushed):
    """allauth keeps a table of confirmed addresses, which here stays empty: nothing must depend on it."""
    people.bob.set_unusable_password()
    people.bob.save()
    client = Client()
    page = client.get(password_link(people.bob).removeprefix("http://127.0.0.1:8000"), follow=True)
    client.post(page.redirect_chain[-1][0], {"password1": PASSWORD, "password2": PASSWORD})

    set_up(log_in(people.bob))
