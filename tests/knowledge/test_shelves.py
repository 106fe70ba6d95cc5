"""The pages on which supervisors arrange categories and synonyms."""

from typing import Any
from uuid import uuid4

from django.test import Client

from knowledge.models import Article, Category, SynonymGroup
from knowledge.services import save_synonyms
from people.models import Agent
from tests.knowledge.conftest import Shelf


def log_in(agent: Agent) -> Client:
    client = Client()
    client.force_login(agent)
    return client


def html(response: Any) -> str:
    return str(response.content.decode())


def test_categories_are_made_ordered_and_deleted(shelf: Shelf) -> None:
    supervisor = log_in(shelf.supervisor)
    new = f"/knowledge/categories/new/{shelf.store.pk}/"
    assert supervisor.post(new, {"name_en": "", "about_en": "x"}).status_code == 422
    assert supervisor.post(new, {"name_en": "Delivery again", "key": "delivery"}).status_code == 422
    assert supervisor.post(new, {"name_en": "Returns", "about_en": "How"}).status_code == 200
    made = Category.objects.get(key="returns")
    assert (made.position, made.abouts) == (1, {"en": "How"})
    order = {"category": [str(made.pk), "nonsense", str(uuid4())]}
    assert supervisor.post(f"/knowledge/categories/order/{shelf.store.pk}/", order).status_code == 200
    assert [c.key for c in Category.objects.filter(store=shelf.store).order_by("position")] == [
        "returns",
        "delivery",
    ]
    text = shelf.live(category=made)
    supervisor.post(f"/knowledge/categories/{made.pk}/delete/")
    assert Article.objects.get(pk=text.article_id).category is None


def test_synonyms_are_lines_and_nobody_overwrites_unseen(shelf: Shelf) -> None:
    supervisor, address = log_in(shelf.supervisor), f"/knowledge/synonyms/{shelf.store.pk}/"
    typed = {"groups": "parcel, package，包裹\n\n sneakers、trainers ", "seen": "[]"}
    assert supervisor.post(address, typed).status_code == 200
    rows = SynonymGroup.objects.filter(store=shelf.store).order_by("id")
    assert [group.words for group in rows] == [["parcel", "package", "包裹"], ["sneakers", "trainers"]]
    again = supervisor.post(address, {"groups": "one, two", "seen": "[]"})
    assert again.status_code == 422
    assert "parcel, package, 包裹" in html(again)
    assert rows.count() == 2
    for wrong in ("alone", "a, b\nb, c", "a, " + "x" * 61, "a,b\x00"):
        answer = supervisor.post(address, {"groups": wrong, "seen": again.context["seen"]})
        assert answer.status_code == 422, wrong
    assert save_synonyms(agent=shelf.admin, store=shelf.store, groups=[]) == []
    assert supervisor.post(address, {"groups": "a, b", "seen": "{broken"}).status_code == 200
