"""Tasks over the API, held against its schema."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from events.models import Event
from helpdesk.lib.ids import new_id
from people.keys import create_key
from team.models import Task
from team.todo import services
from team.todo.listing import PAGE
from tests import factories
from tests.api.conftest import Api

NOW = timezone.now()
HOUR = timedelta(hours=1)


def make(agent, title="Call back", **given):
    return services.create_task(agent=agent, title=title, **given)


def ids(*tasks):
    return [str(task.pk) for task in tasks]


def test_a_task_is_made_read_changed_and_done(world):
    said = factories.buyer_says(world.kim)
    ann, bob = Api(world.ann), Api(world.bob)
    body = {
        "title": "Ask the warehouse",
        "note": "About the mug",
        "assignee": str(world.bob.id),
        "due_at": "2040-01-01T09:00:00Z",
        "remind_at": "2040-01-01T08:00:00Z",
        "priority": 1,
        "conversation": str(said.conversation.id),
        "order": str(world.order.id),
    }
    made = ann.post("tasks/", body)
    assert made.status == 201
    assert (made.data["assignee"]["name"], made.data["order"]["number"]) == ("Bob", "100234")
    assert made.data["conversation"]["buyer"]["name"] == "Kim Buyer"
    path = f"tasks/{made.data['id']}/"
    assert bob.get(path).data == made.data
    later = bob.patch(path, {"due_at": "2040-01-02T09:00:00Z"})
    assert (later.data["due_at"], later.data["remind_at"]) == (
        "2040-01-02T09:00:00.000Z",
        "2040-01-02T08:00:00.000Z",
    )
    done = bob.post(path + "complete/")
    assert (done.data["status"], done.data["done_by"]["name"]) == ("done", "Bob")
    assert ann.post(path + "complete/").data == done.data
    assert (ann.patch(path, {"title": "Other"}).status, ann.post(path + "cancel/").status) == (409, 409)
    assert ann.post(path + "reopen/").data["status"] == "open"
    assert ann.post(path + "cancel/").data["status"] == "cancelled"
    assert Event.objects.filter(name="task.done").count() == 1


def test_what_is_given_away_is_still_answered_to_who_gave_it(world):
    task = make(world.sue, assignee_id=world.ann.id)
    answer = Api(world.ann).patch(f"tasks/{task.pk}/", {"assignee": str(world.bob.id)})
    assert (answer.status, answer.data["assignee"]["name"]) == (200, "Bob")
    assert Api(world.ann).get(f"tasks/{task.pk}/").status == 404


def test_the_same_id_is_the_same_task(world):
    body = {"id": str(new_id()), "title": "Once"}
    ann = Api(world.ann)
    assert [ann.post("tasks/", body).status for _ in range(2)] == [201, 201]
    assert Task.objects.count() == 1
    other = Api(world.bob).post("tasks/", body)
    assert (other.status, other.code) == (409, "idempotency_conflict")


@pytest.mark.parametrize(
    ("body", "attr"),
    [
        ({}, "title"),
        ({"title": ""}, "title"),
        ({"title": 7}, "title"),
        ({"title": "x", "due_at": "tomorrow"}, "due_at"),
        ({"title": "x", "due_at": "2026-01-01T10:00:00"}, "due_at"),
        ({"title": "x", "remind_at": "2020-01-01T10:00:00Z"}, "remind_at"),
        ({"title": "x", "due_at": "9999-12-31T23:59:59Z"}, "due_at"),
        ({"title": "x", "priority": "1"}, "priority"),
        ({"title": "x", "assignee": "me"}, "assignee"),
        ({"title": "x", "assignee": "00000000-0000-7000-8000-000000000000"}, "assignee"),
        ({"title": "x", "store": "other"}, "store"),
    ],
)
def test_a_bad_body_is_told_where(world, body, attr):
    answer = Api(world.ann).post("tasks/", body)
    assert (answer.status, answer.attr) == (400, attr)


def test_open_tasks_come_by_when_they_are_due_and_those_without_last(world):
    never, late = make(world.ann), make(world.ann, due_at=NOW - HOUR)
    soon, same = make(world.ann, due_at=NOW + HOUR), make(world.ann, due_at=NOW + HOUR)
    done = make(world.ann)
    services.complete_task(agent=world.ann, task_id=done.pk)
    ann = Api(world.ann)
    assert ann.get("tasks/").ids == ids(late, *sorted([soon, same], key=lambda task: task.pk), never)
    assert ann.get("tasks/?status=done").ids == ids(done)
    assert ann.get("tasks/?status=cancelled").ids == []


def test_what_lists_are_narrowed_by(world):
    said = factories.buyer_says(world.kim)
    mine = make(world.sue, assignee_id=world.ann.id, due_at=NOW + HOUR)
    bobs = make(world.ann, assignee_id=world.bob.id, conversation_id=said.conversation.id)
    teams = make(world.ann, team_id=world.team.id, order_id=world.order.id, due_at=NOW + 3 * HOUR)
    ann = Api(world.ann)
    for query, found in {
        "assignee=me": [mine],
        f"assignee={world.bob.id}": [bobs],
        "assignee=none": [teams],
        "creator=me": [teams, bobs],
        f"team={world.team.id}": [teams],
        f"conversation={said.conversation.id}": [bobs],
        f"order={world.order.id}": [teams],
        "store=shop": [mine, teams, bobs],
        "store=other": [],
        f"due_before={(NOW + 2 * HOUR).isoformat().replace('+', '%2B')}": [mine],
        f"due_after={(NOW + 2 * HOUR).isoformat().replace('+', '%2B')}": [teams, bobs][:1],
    }.items():
        assert ann.get(f"tasks/?{query}").ids == ids(*found), query
    for query in ("assignee=you", "status=late", "cursor=x", "due_before=soon"):
        assert ann.get(f"tasks/?{query}").status == 400, query


def test_pages_hold_everything_once_and_cost_the_same(world):
    made = [
        Task(
            store=world.store, title=str(n), created_by=world.ann, sort_at=NOW + (n // 3) * HOUR, due_at=NOW,
            status="done" if n % 2 else "open", done_at=NOW + (n // 4) * HOUR if n % 2 else None,
        )
        for n in range(4 * PAGE + 8)
    ]  # fmt: skip
    Task.objects.bulk_create(made)
    ann = Api(world.ann)
    for status in ("open", "done"):
        wanted = [task for task in made if task.status == status]
        if status == "open":
            wanted.sort(key=lambda task: (task.sort_at, task.pk))
        else:
            wanted.sort(key=lambda task: (task.done_at, task.pk), reverse=True)
        assert ann.pages(f"tasks/?status={status}") == ids(*wanted)
    with CaptureQueriesContext(connection) as queries:
        assert len(ann.get("tasks/").ids) == PAGE
    assert len([q for q in queries if "team_task" in q["sql"]]) == 1


def test_a_key_needs_the_scope_of_tasks(world):
    task = make(world.ann)
    for scopes, read, write in (
        (["tasks:read"], 200, 403),
        (["tasks:write"], 200, 200),
        (["team:write"], 403, 403),
    ):
        key = create_key(agent=world.ann, name="A program", scopes=scopes)[1]
        client = Client(headers={"Authorization": f"Bearer {key}"})
        assert client.get("/api/v1/tasks/").status_code == read
        assert client.post(f"/api/v1/tasks/{task.pk}/complete/").status_code == write


def test_what_a_machine_made_speaks_the_readers_language(world):
    world.sue.language = "zh-hans"
    world.sue.save()
    task = services.make_once(
        source="rating:1", store=world.store, kind="low_rating", data={"rating": 1, "now": 4}
    )
    said = [Api(agent).get(f"tasks/{task.pk}/").data for agent in (world.ann, world.sue)]
    assert said[0]["title"] == "Rated 1 of 5: look into it"
    assert said[0]["remark"] == "The buyer has changed the rating to 4 of 5."
    assert said[0]["title"] != said[1]["title"]
