"""The pages and fragments of tasks: what they show to whom, and what their forms make."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from helpdesk.lib.ids import new_id
from inbox.asking import answer_to
from team.models import Task
from team.todo import services
from team.todo.listing import PAGE
from tests import factories

HOUR = timedelta(hours=1)
PAGE_OF = "/team/tasks/"


def browser(agent):
    client = Client()
    client.cookies["sessionid"] = factories.log_in(agent)
    return client


def make(agent, title="Call back", **given):
    return services.create_task(agent=agent, title=title, **given)


def titles(response):
    return [
        line.split(">")[1].split("<")[0]
        for line in response.content.decode().splitlines()
        if 'class="task-title"' in line
    ]


def due(agent):
    return answer_to(agent=agent, may=lambda scope: True, given={"what": "tasks.due"})["due"]


def test_each_list_holds_what_it_says(world):
    now = timezone.now()
    make(world.sue, "Mine", assignee_id=world.ann.id, due_at=now + HOUR)
    make(world.ann, "Made for Bob", assignee_id=world.bob.id)
    make(world.bob, "Nobody's")
    make(world.sue, "Between others", assignee_id=world.eve.id)
    done = make(world.ann, "Was done")
    services.complete_task(agent=world.bob, task_id=done.pk)
    ann = browser(world.ann)
    for view, found in {
        "": ["Mine"],
        "mine": ["Mine"],
        "created": ["Made for Bob"],
        "team": ["Mine", "Made for Bob", "Nobody&#x27;s"],
        "done": ["Was done"],
        "nonsense": ["Mine"],
    }.items():
        assert titles(ann.get(PAGE_OF, {"view": view})) == found, view
    assert titles(ann.get(PAGE_OF, {"view": "team", "assignee": "none"})) == ["Nobody&#x27;s"]
    assert titles(ann.get(PAGE_OF, {"view": "team", "assignee": str(world.bob.id)})) == ["Made for Bob"]
    assert titles(ann.get(PAGE_OF, {"view": "team", "due": "week"})) == ["Mine"]
    assert titles(ann.get(PAGE_OF, {"view": "team", "store": "other"})) == []
    assert titles(browser(world.zoe).get(PAGE_OF, {"view": "team"})) == []


def test_a_long_list_goes_on_where_it_ended(world):
    for n in range(PAGE + 3):
        make(world.ann, f"Task {n:02}", due_at=timezone.now() + n * HOUR)
    ann = browser(world.ann)
    first = ann.get(PAGE_OF, {"view": "team"})
    more = first.content.decode().split('hx-get="/team/tasks/?')[1].split('"')[0].replace("&amp;", "&")
    rest = ann.get(f"{PAGE_OF}?{more}", headers={"HX-Request": "true"})
    assert len(titles(first)) == PAGE
    assert titles(first) + titles(rest) == [f"Task {n:02}" for n in range(PAGE + 3)]
    assert ann.get(PAGE_OF, {"cursor": "x"}).status_code == 404


def form(**given):
    return {
        "id": str(new_id()),
        "title": "Call back",
        "due": "",
        "who": "",
        "remind": "",
        "priority": "0",
    } | given


def test_the_dialog_makes_a_task_about_what_is_open(world):
    said = factories.buyer_says(world.kim)
    ann = browser(world.ann)
    path = f"{PAGE_OF}new/?conversation={said.conversation.id}&order={world.order.id}"
    assert b"Kim Buyer" in ann.get(path).content
    given = form(due="tomorrow", who=str(world.bob.id), remind="60", priority="1", note="Be kind")
    for _ in range(2):  # a click too many
        answer = ann.post(path, given, headers={"HX-Request": "true"})
        assert answer.status_code == 200
        assert "desk:close" in answer.headers["HX-Trigger-After-Settle"]
    [task] = Task.objects.all()
    assert (task.conversation, task.order, task.assignee, task.priority) == (
        said.conversation, world.order, world.bob, 1,
    )  # fmt: skip
    assert (task.due_at.hour, task.due_at.minute) == (9, 0)  # Ann's clock is UTC
    assert task.due_at - task.remind_at == HOUR


def test_times_are_those_of_the_agents_own_clock(world):
    world.ann.time_zone = "Asia/Shanghai"
    world.ann.save()
    ann = browser(world.ann)
    ann.post(f"{PAGE_OF}new/", form(due="date", due_on="2031-05-01T09:30"))
    assert Task.objects.get().due_at.isoformat() == "2031-05-01T01:30:00+00:00"
    assert b"2031-05-01T09:30" in ann.get(f"{PAGE_OF}{Task.objects.get().pk}/").content


def test_a_team_or_nobody_can_have_it(world):
    ann = browser(world.ann)
    ann.post(f"{PAGE_OF}new/", form(who=f"team:{world.team.id}"))
    ann.post(f"{PAGE_OF}new/", form())
    found = Task.objects.order_by("created_at")
    assert [(task.assignee, task.team) for task in found] == [(None, world.team), (None, None)]


@pytest.mark.parametrize(
    "given",
    [
        {"title": " "},
        {"title": "x" * 201},
        {"due": "date"},
        {"due": "date", "due_on": "soon"},
        {"due": "date", "due_on": "9800-01-01T09:00"},
        {"who": "00000000-0000-7000-8000-000000000000"},
        {"who": "team:x"},
        {"priority": "7"},
        {"remind": "7"},
    ],
)
def test_what_makes_no_task_is_said_in_the_dialog(world, given):
    answer = browser(world.ann).post(f"{PAGE_OF}new/", form(**given))
    assert answer.status_code == 422
    assert b"field-error" in answer.content
    assert not Task.objects.exists()


def test_who_serves_several_stores_is_asked_for_which(world):
    eve = browser(world.eve)
    assert b'name="store"' in eve.get(f"{PAGE_OF}new/").content
    assert b'name="store"' not in browser(world.ann).get(f"{PAGE_OF}new/").content
    assert eve.post(f"{PAGE_OF}new/", form(store="other", who=str(world.ann.id))).status_code == 422
    eve.post(f"{PAGE_OF}new/", form(store="other", who=str(world.zoe.id)))
    assert Task.objects.get().store == world.other_store


def test_what_is_saved_unchanged_stays_as_it_was(world):
    at = timezone.now() + 30 * HOUR
    task = make(
        world.ann, assignee_id=world.bob.id, due_at=at, remind_at=at - 7 * HOUR, team_id=world.team.id
    )
    ann = browser(world.ann)
    shown = ann.get(f"{PAGE_OF}{task.pk}/").context["form"]
    given = {name: shown[name].value() for name in ("title", "note", "who", "due", "remind", "priority")}
    given["due_on"] = at.strftime("%Y-%m-%dT%H:%M")
    assert ann.post(f"{PAGE_OF}{task.pk}/", given).status_code == 200
    same = Task.objects.get()
    assert (same.due_at, same.remind_at, same.assignee, same.team) == (
        at,
        at - 7 * HOUR,
        world.bob,
        world.team,
    )


def test_a_task_is_changed_put_off_and_cancelled_by_its_dialog(world):
    at = timezone.now() + 30 * HOUR
    task = make(world.ann, due_at=at)
    ann = browser(world.ann)
    one = f"{PAGE_OF}{task.pk}/"
    ann.post(one, form(title="Write", due="", who=str(world.ann.id)))
    ann.post(f"{one}snooze/", {"minutes": "15"})
    task.refresh_from_db()
    assert (task.title, task.due_at, task.assignee) == ("Write", None, world.ann)
    assert timedelta(minutes=14) < task.remind_at - timezone.now() < timedelta(minutes=16)
    ann.post(f"{one}cancel/")
    task.refresh_from_db()
    assert task.status == "cancelled"
    assert b"task-change" not in ann.get(one).content  # it can be read, and opened again


def test_of_a_colleagues_task_there_is_nothing_to_change(world):
    task = make(world.sue, assignee_id=world.bob.id, order_id=world.order.id)
    ann = browser(world.ann)
    one = f"{PAGE_OF}{task.pk}/"
    page = ann.get(one)
    assert b"task-change" not in page.content
    assert b"data-task-tick" in page.content
    assert ann.post(one, form(title="Mine now")).status_code == 422
    assert Task.objects.get().title == "Call back"


def test_strangers_find_nothing(world):
    said = factories.buyer_says(world.kim)
    task = make(world.ann, conversation_id=said.conversation.id)
    zoe = browser(world.zoe)
    for path in (
        f"{task.pk}/",
        f"of/conversation/{said.conversation.id}/",
        f"of/order/{world.order.id}/",
        f"new/?conversation={said.conversation.id}",
        f"new/?order={world.order.id}",
        "new/?order=x",
    ):
        assert zoe.get(PAGE_OF + path).status_code == 404, path
    for path in ("cancel/", "snooze/", ""):
        assert zoe.post(f"{PAGE_OF}{task.pk}/{path}", form()).status_code == 404
    assert Client().get(PAGE_OF).status_code == 302
    assert Task.objects.get().status == "open"


def test_the_strip_and_the_order_show_what_is_open_about_them(world):
    said = factories.buyer_says(world.kim)
    make(world.sue, "About the words", conversation_id=said.conversation.id, assignee_id=world.bob.id)
    make(world.sue, "About the order", order_id=world.order.id)
    over = make(world.sue, "Was done", order_id=world.order.id)
    services.complete_task(agent=world.sue, task_id=over.pk)
    ann = browser(world.ann)
    strip = ann.get(f"{PAGE_OF}of/conversation/{said.conversation.id}/").content.decode()
    assert ("About the words" in strip, "About the order" in strip) == (True, False)
    panel = f"/inbox/{said.conversation.id}/panel/orders/"
    for path in (f"{PAGE_OF}of/order/{world.order.id}/", f"/orders/{world.order.id}/", panel):
        shown = ann.get(path).content.decode()
        assert ("About the order" in shown, "Was done</a>" in shown) == (True, False), path
    # The order's history says it in words.
    trail = ann.get(f"/orders/{world.order.id}/").content.decode()
    assert "did the task “Was done”" in trail


def test_what_is_mine_and_due_today_is_counted(world):
    now = timezone.now()
    late = make(world.ann, assignee_id=world.ann.id, due_at=now - 30 * HOUR)
    make(world.ann, assignee_id=world.ann.id, due_at=now + 48 * HOUR)
    make(world.ann, assignee_id=world.bob.id, due_at=now - HOUR)
    make(world.ann, assignee_id=world.ann.id)
    assert len(due(world.ann)) == 1
    services.complete_task(agent=world.ann, task_id=late.pk)
    assert due(world.ann) == []


def test_the_trail_of_a_desk_says_what_became_of_a_task(world):
    task = make(world.ann, "Call <Kim>", assignee_id=world.bob.id)
    services.change_task(agent=world.ann, task_id=task.pk, due_at=timezone.now() + HOUR, priority=2)
    services.complete_task(agent=world.bob, task_id=task.pk)
    said = browser(world.sue).get("/settings/audit/").content.decode()
    for words in ("made the task “Call &lt;Kim&gt;”", "changed the task", "did the task"):
        assert words in said, words
