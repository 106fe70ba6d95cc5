"""How often one may ask, and what holds for every answer."""

import pytest
from django.core.cache import cache
from redis.exceptions import ConnectionError as RedisGone

from tests import factories
from tests.api.conftest import BASE, Api


@pytest.fixture(autouse=True)
def counted_anew():
    cache.clear()
    yield
    cache.clear()


def test_too_many_requests_of_one_agent_are_refused(world, settings, time_machine):
    time_machine.move_to("2026-11-21T10:00:20Z", tick=False)
    settings.API_REQUESTS_PER_MINUTE = 3
    first, second = Api(world.ann), Api(world.ann)

    assert [api.get("me/").status for api in (first, second, first)] == [200, 200, 200]
    refused = second.get("me/")
    assert (refused.status, refused.code) == (429, "throttled")
    assert refused.headers["Retry-After"] == "40"
    assert Api(world.bob).get("me/").status == 200, "each agent has their own"

    time_machine.move_to("2026-11-21T10:01:00Z", tick=False)
    assert first.get("me/").status == 200


def test_without_a_cache_nobody_is_limited(world, settings, monkeypatch):
    settings.API_REQUESTS_PER_MINUTE = 0

    def gone(*args, **kwargs):
        raise RedisGone

    monkeypatch.setattr("helpdesk.lib.tally.cache.add", gone)

    assert Api(world.ann).get("me/").status == 200


def test_answers_are_kept_by_nobody(world):
    answer = Api(world.ann).client.get(f"{BASE}me/")

    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Content-Type"] == "application/json"


def test_errors_speak_the_agent_s_language(world):
    world.ann.language = "zh-hans"
    world.ann.save()

    refused = Api(world.ann).get("conversations/?view=x")

    assert refused.code == "invalid_choice"
    assert "不是" in refused.data["errors"][0]["detail"]


def test_a_fault_of_ours_is_told_without_its_insides(world, monkeypatch):
    def broken(*args, **kwargs):
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("inbox.api.conversations.counts", broken)
    api = Api(world.ann)

    answer = api.client.get(f"{BASE}conversations/counts/")

    assert answer.status_code == 500
    assert answer.json()["type"] == "server_error"
    assert b"secret" not in answer.content


def test_secrets_of_a_store_are_in_no_answer(world):
    said = factories.buyer_says(world.kim).conversation
    eve = Api(world.eve)

    for path in (
        "me/",
        "stores/",
        "teams/",
        "channels/",
        "conversations/",
        f"conversations/{said.id}/",
        "orders/",
    ):
        answer = eve.client.get(BASE + path).content.decode()
        assert world.store.identity_secret not in answer
        assert "password" not in answer
