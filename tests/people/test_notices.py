"""What agents are told: a row for each of them, one for each thing, and a frame that rings."""

import ast
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation

from inbox.models import Conversation
from inbox.services import assign
from people import notices
from people.checks import notice_words
from people.models import Agent, Notice
from people.notices import NoticeWords, mark_read, notify
from tests.conftest import Frames
from tests.factories import World, agent_says, buyer_says, make_agent

NAMED = notices.vocabulary()
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def words(monkeypatch: pytest.MonkeyPatch) -> None:
    known = notices.vocabulary()
    monkeypatch.setattr(
        notices,
        "vocabulary",
        lambda: known | {"told": NoticeWords("{by} told you", "About {what}", "bell", label="Told")},
    )


def tell(*agents: Agent, key: str = "one", href: str = "/orders/", **params: str) -> None:
    with transaction.atomic():
        notify([agent.id for agent in agents], kind="told", key=key, params={"by": "Ann"} | params, href=href)


def of(agent: Agent) -> list[Notice]:
    return list(Notice.objects.filter(agent=agent).order_by("-at", "-id"))


def test_each_agent_has_a_row_and_hears_a_frame(world: World, pushed: Frames) -> None:
    tell(world.ann, world.bob, what="tea")
    for agent in (world.ann, world.bob):
        [row], [frame] = of(agent), pushed.to(f"agent.{agent.id}")
        assert frame == {
            "type": "notice",
            "id": str(row.id),
            "kind": "told",
            "title": "Ann told you",
            "body": "About tea",
            "icon": "bell",
            "href": "/orders/",
            "at": frame["at"],
            "about": None,
            "urgent": False,
            "sound": "notice",
            "read": False,
        }
    assert of(world.sue) == []


def test_what_is_told_again_is_news_again_in_the_same_row(world: World, pushed: Frames) -> None:
    tell(world.bob, what="tea")
    [first] = of(world.bob)
    assert mark_read(agent=world.bob, until=first.at) == 1
    tell(world.bob, what="coffee")
    [again] = of(world.bob)
    assert (again.id, again.read_at, again.params["what"]) == (first.id, None, "coffee")
    frames = [f for f in pushed.to(f"agent.{world.bob.id}") if f["type"] == "notice"]
    assert [(f["id"], f["body"]) for f in frames] == [
        (str(first.id), "About tea"),
        (str(first.id), "About coffee"),
    ]


def test_the_frame_speaks_the_language_of_its_reader(world: World, pushed: Frames) -> None:
    world.bob.language = "zh-hans"
    world.bob.save()
    with transaction.atomic(), translation.override("en"):
        notify([world.ann.id, world.bob.id], kind="test", key="t", params={}, href="/settings/notices/")
    with translation.override("zh-hans"):
        chinese = notices.notice_data(of(world.bob)[0])["title"]
    assert pushed.to(f"agent.{world.bob.id}")[0]["title"] == chinese
    assert pushed.to(f"agent.{world.ann.id}")[0]["title"] == "This is a test notice"


def test_who_is_not_active_is_told_nothing(world: World) -> None:
    Agent.objects.filter(pk=world.bob.pk).update(is_active=False)
    tell(world.ann, world.bob)
    assert (len(of(world.ann)), of(world.bob)) == (1, [])
    with transaction.atomic():
        notify([uuid4()], kind="told", key="nobody", params={}, href="/")


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_told_nobody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[object] = []
    monkeypatch.setattr("events.hub.publish", sent.append)
    with transaction.atomic():
        notify([world.bob.id], kind="told", key="one", params={}, href="/")
        transaction.set_rollback(True)
    assert (of(world.bob), sent) == ([], [])


def test_a_kind_without_words_is_refused(world: World) -> None:
    with pytest.raises(ValueError, match="nonsense"), transaction.atomic():
        notify([world.bob.id], kind="nonsense", key="one", params={}, href="/")


@pytest.mark.django_db(transaction=True)
def test_a_notice_belongs_to_a_transaction(world: World) -> None:
    with pytest.raises(RuntimeError):
        notify([world.bob.id], kind="told", key="one", params={}, href="/")


def test_a_missing_param_is_a_dash_and_a_value_is_no_format(world: World, pushed: Frames) -> None:
    tell(world.bob, by="{what.__class__}")
    [frame] = pushed.to(f"agent.{world.bob.id}")
    assert (frame["title"], frame["body"]) == ("{what.__class__} told you", "About –")


def test_many_agents_cost_as_many_statements_as_two(world: World, django_assert_num_queries: object) -> None:
    many = [make_agent(f"Agent {n}", world.team) for n in range(40)]
    with transaction.atomic(), django_assert_num_queries(3):  # type: ignore[operator]
        notify([a.id for a in many[:2]], kind="told", key="few", params={}, href="/")
    with transaction.atomic(), django_assert_num_queries(3):  # type: ignore[operator]
        notify([a.id for a in many], kind="told", key="many", params={}, href="/")


# -- Reading


def test_what_was_told_again_since_the_page_was_drawn_stays_unread(world: World) -> None:
    tell(world.bob)
    [shown] = of(world.bob)
    Notice.objects.filter(pk=shown.pk).update(at=shown.at + timedelta(seconds=1))
    assert mark_read(agent=world.bob, until=shown.at) == 0
    assert of(world.bob)[0].read_at is None


def test_reading_tells_every_page_of_the_agent_and_reaches_nobody_elses(world: World, pushed: Frames) -> None:
    tell(world.ann, world.bob)
    [mine], [other] = of(world.bob), of(world.ann)
    pushed.clear()
    assert mark_read(agent=world.bob, ids=[mine.id, other.id], until=mine.at) == 1
    [frame] = pushed.to(f"agent.{world.bob.id}")
    assert (frame["type"], frame["ids"]) == ("notice.read", [str(mine.id)])
    assert of(world.ann)[0].read_at is None
    assert mark_read(agent=world.bob, until=mine.at) == 0  # and nothing rings twice
    assert len(pushed.to(f"agent.{world.bob.id}")) == 1


def test_opening_a_page_reads_what_is_about_it(world: World) -> None:
    conversation = buyer_says(world.kim).conversation
    tell(world.bob, key="a", href=f"/inbox/{conversation.id}/")
    tell(world.bob, key="b", href="/orders/")
    mark_read(agent=world.bob, about=conversation.id, until=timezone.now())
    assert {row.key: row.read_at is not None for row in of(world.bob)} == {"a": True, "b": False}


# -- Forgetting


def test_old_notices_are_discarded_read_ones_first(world: World) -> None:
    for key, age, read in [("old", 91, False), ("read", 31, True), ("unread", 31, False), ("new", 1, True)]:
        tell(world.bob, key=key)
        at = timezone.now() - timedelta(days=age)
        Notice.objects.filter(key=key).update(at=at, read_at=at if read else None)
    assert notices.discard_old() == 2
    assert sorted(row.key for row in of(world.bob)) == ["new", "unread"]


def test_notices_about_what_is_gone_go_and_pages_hear_of_it(world: World, pushed: Frames) -> None:
    gone: UUID = uuid4()
    tell(world.bob, key="a", href=f"/inbox/{gone}/")
    tell(world.bob, key="b", what="Kim Buyer wants tea")
    tell(world.bob, key="c", what="tea")
    rows = {row.key: str(row.id) for row in of(world.bob)}
    pushed.clear()
    with transaction.atomic():
        notices.forget([gone])
        notices.forget_words(["kim buyer"])
    assert [row.key for row in of(world.bob)] == ["c"]
    assert [f["ids"] for f in pushed.to(f"agent.{world.bob.id}")] == [[rows["a"]], [rows["b"]]]


# -- Who tells


def test_a_mention_is_kept_until_it_is_read(world: World) -> None:
    conversation = buyer_says(world.kim).conversation
    agent_says(world.ann, conversation, "@Bob could you\nlook?", private=True)
    [row] = of(world.bob)
    assert (row.kind, row.href, row.about) == ("mention", f"/inbox/{conversation.id}/", conversation.id)
    shown = notices.notice_data(row)
    assert (shown["title"], shown["body"]) == ("Ann mentioned you", "Kim Buyer: @Bob could you look?")


def test_a_note_for_two_tells_two_and_two_notes_are_one_line(world: World) -> None:
    conversation = buyer_says(world.kim).conversation
    agent_says(world.ann, conversation, "@Bob @Sue look", private=True)
    agent_says(world.ann, conversation, "@Bob again", private=True)
    assert [row.params["said"] for row in of(world.bob)] == ["@Bob again"]
    assert [row.params["said"] for row in of(world.sue)] == ["@Bob @Sue look"]


def given(world: World, by: Agent, to: Agent | None) -> Conversation:
    conversation = buyer_says(world.kim, "Where is it?").conversation
    return assign(agent=by, conversation_id=conversation.id, to_agent=to.id if to else None)


def test_a_colleague_who_is_given_a_conversation_is_told(world: World) -> None:
    conversation = given(world, world.ann, world.bob)
    [row] = of(world.bob)
    shown = notices.notice_data(row)
    assert (shown["title"], shown["body"]) == ("Ann gave you a conversation", "Kim Buyer: Where is it?")
    assign(agent=world.ann, conversation_id=conversation.id, to_agent=world.bob.id)
    assert len(of(world.bob)) == 1


def test_who_takes_it_or_puts_it_back_is_told_nothing(world: World) -> None:
    given(world, world.bob, world.bob)
    given(world, world.bob, None)
    assert not Notice.objects.exists()


def kinds_in(source: str) -> set[str]:
    """Return the kinds that calls of notify() name as texts."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    named = [c for c in calls if getattr(c.func, "id", getattr(c.func, "attr", "")) == "notify"]
    values = [word.value for call in named for word in call.keywords if word.arg == "kind"]
    return {str(value.value) for value in values if isinstance(value, ast.Constant)}


def test_every_kind_that_is_told_has_words() -> None:
    told: set[str] = set()
    for app in ("people", "inbox", "orders", "knowledge", "team", "helpdesk"):
        for file in (settings.BASE_DIR / app).rglob("*.py"):
            told |= kinds_in(file.read_text())
    assert told <= NAMED.keys()
    assert notice_words() == []


@pytest.mark.parametrize("title", ["{by.__class__}", "{0}", "{by", ""])
def test_words_that_cannot_be_filled_stop_the_start(title: str) -> None:
    assert notices.faults(NoticeWords(title, "", "bell", label="x"))
