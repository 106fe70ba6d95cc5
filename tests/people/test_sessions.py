"""Where an agent is logged in: seen, and ended."""

import pytest

from people import sessions
from people.browsers import describe
from tests.people.conftest import closed, is_logged_in

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)


def test_each_device_is_listed_with_what_it_is(people, log_in):
    log_in(people.ann, HTTP_USER_AGENT=FIREFOX, REMOTE_ADDR="192.0.2.7")
    here = log_in(people.ann, HTTP_USER_AGENT=IPHONE)
    log_in(people.bob)

    page = here.get("/settings/security/").content.decode()

    assert "Firefox on Windows" in page
    assert "192.0.2.7" in page
    assert page.count("This device") == 1
    assert len(sessions.sessions_of(people.ann)) == 2


@pytest.mark.parametrize(
    ("header", "browser", "system"),
    [
        (FIREFOX, "Firefox", "Windows"),
        (IPHONE, "Safari", "iPhone"),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36",
            "Chrome",
            "Linux",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/142.0 Safari/537.36 Edg/142.0",
            "Edge",
            "macOS",
        ),
        ("<script>", "", ""),
    ],
)
def test_a_browser_is_named_as_people_name_it(header, browser, system):
    assert (describe(header).browser, describe(header).system) == (browser, system)


def test_one_device_is_logged_out_from_another(people, log_in, pushed):
    there, here = log_in(people.ann), log_in(people.ann)
    key = there.session.session_key
    row = next(s for s in sessions.sessions_of(people.ann) if s.session_key == key)

    here.post(f"/settings/security/sessions/{row.pk}/end/")

    assert not is_logged_in(there)
    assert is_logged_in(here)
    assert closed(pushed) == [(f"session.{sessions.digest(key)}", 4401)]


def test_all_others_are_logged_out_at_once(people, log_in, pushed):
    others = [log_in(people.ann) for _ in range(2)]
    here = log_in(people.ann)

    here.post("/settings/security/sessions/end-others/")

    assert is_logged_in(here)
    assert not any(is_logged_in(other) for other in others)
    assert len(closed(pushed)) == 2


def test_nobody_ends_the_session_of_another(people, log_in):
    bob = log_in(people.bob)
    [row] = sessions.sessions_of(people.bob)

    for intruder in (people.ann, people.zoe, people.eve):
        assert log_in(intruder).post(f"/settings/security/sessions/{row.pk}/end/").status_code == 404
    assert is_logged_in(bob)


def test_the_key_of_a_session_is_nowhere_in_the_page(people, log_in):
    client = log_in(people.ann)

    assert client.session.session_key not in client.get("/settings/security/").content.decode()


def test_where_one_was_last_seen_is_not_written_at_every_request(people, log_in, django_assert_num_queries):
    client = log_in(people.ann)
    client.get("/settings/presence/")

    with django_assert_num_queries(2):  # the session and its agent
        client.get("/settings/presence/")


def test_where_one_was_last_seen_follows_the_device(people, log_in, monkeypatch):
    client = log_in(people.ann, REMOTE_ADDR="192.0.2.7")
    monkeypatch.setattr("people.middleware.SEEN_EVERY_S", 0)

    client.get("/settings/", REMOTE_ADDR="192.0.2.8")

    [row] = sessions.sessions_of(people.ann)
    assert row.ip == "192.0.2.8"
