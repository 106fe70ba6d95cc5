"""One's own account: name, language, time zone, presence."""

import pytest

from people.models import Agent

pytestmark = pytest.mark.django_db


def test_a_profile_is_saved(people, log_in):
    client = log_in(people.ann)

    client.post("/settings/", {"name": "Ann B.", "language": "zh-hans", "time_zone": "Asia/Shanghai"})

    ann = Agent.objects.get(pk=people.ann.pk)
    assert (ann.name, ann.language, ann.time_zone) == ("Ann B.", "zh-hans", "Asia/Shanghai")
    assert ann.role == "agent"


def test_nobody_makes_themselves_an_admin(people, log_in):
    form = {"name": "Ann", "language": "en", "time_zone": "UTC", "role": "admin", "is_superuser": "on"}

    log_in(people.ann).post("/settings/", form)

    ann = Agent.objects.get(pk=people.ann.pk)
    assert (ann.role, ann.is_superuser) == ("agent", False)


@pytest.mark.parametrize("wrong", [{"language": "xx"}, {"time_zone": "Mars/Olympus"}, {"name": ""}])
def test_nonsense_is_refused(people, log_in, wrong):
    form = {"name": "Ann", "language": "en", "time_zone": "UTC"} | wrong

    answer = log_in(people.ann).post("/settings/", form)

    assert set(answer.context["form"].errors) == set(wrong)


def test_a_language_takes_effect_at_once_and_one_stays_where_one_was(people, log_in):
    client = log_in(people.ann)

    answer = client.post("/settings/language/", {"language": "zh-hans", "next": "/settings/security/"})

    assert answer.url == "/settings/security/"
    assert b'<html lang="zh-hans"' in client.get(answer.url).content


def test_the_language_switch_leads_to_no_other_site(people, log_in):
    client = log_in(people.ann)

    answer = client.post("/settings/language/", {"language": "en", "next": "https://evil.test/"})

    assert answer.url == "/settings/"
    assert client.post("/settings/language/", {"language": "xx"}).status_code == 400


def test_presence_is_chosen_from_any_page_and_colleagues_see_it(people, log_in, pushed):
    client = log_in(people.ann)

    assert client.post("/settings/presence/", {"state": "busy"}).status_code == 204

    assert Agent.objects.get(pk=people.ann.pk).presence == "busy"
    assert [frame["agent"]["name"] for frame in pushed.of("presence") if "agent" in frame] == ["Ann"]
    assert client.post("/settings/presence/", {"state": "asleep"}).status_code == 400


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_chosen_theme_is_in_the_page_before_any_script_runs(people, log_in, theme):
    client = log_in(people.ann)
    client.cookies["desk_theme"] = theme

    assert f'data-theme="{theme}"'.encode() in client.get("/settings/").content


def test_a_forged_theme_is_no_markup(people, log_in):
    client = log_in(people.ann)
    client.cookies["desk_theme"] = 'dark"><script>'

    assert b'data-theme="auto"' in client.get("/settings/").content


@pytest.mark.parametrize("path", ["/settings/language/", "/settings/presence/"])
def test_strangers_to_the_desk_change_nothing(people, client, path):
    assert client.post(path, {"language": "en", "state": "busy"}).url.startswith("/accounts/login/")
