"""A shop with a shelf of articles; people who write them, decide about them, or do not see them."""

from dataclasses import dataclass
from typing import Any

import pytest

from knowledge.models import Article, Category, Text
from knowledge.services import create_article, publish
from people.models import Agent, Store, Team


@dataclass
class Shelf:
    store: Store
    other_store: Store
    agent: Agent
    supervisor: Agent
    admin: Agent
    stranger: Agent  # serves the other store only
    category: Category

    def draft(
        self, title: str = "How long does delivery take?", body: str = "Two days.\n", **fields: Any
    ) -> Text:
        """Write a draft, public once it is published, as the agent does."""
        fields = {"locale": "en", "store": self.store, "audience": "public", "agent": self.agent} | fields
        return create_article(title=title, body=body, **fields)

    def live(
        self, title: str = "How long does delivery take?", body: str = "Two days.\n", **fields: Any
    ) -> Text:
        """Publish an article."""
        text = self.draft(title, body, **fields)
        return self.publish(text.article, text.locale)

    def publish(self, article: Article, locale: str = "en") -> Text:
        revision = article.texts.get(locale=locale).revision
        return publish(agent=self.admin, article_id=article.id, locale=locale, revision=revision)


def new_agent(name: str, team: Team | None, role: str = "agent") -> Agent:
    agent = Agent.objects.create_user(f"{name}@desk.test", None, name=name.title(), role=role)
    if team is not None:
        agent.teams.add(team)
    return agent


@pytest.fixture
def shelf(db: None) -> Shelf:
    store = Store.objects.create(key="shop", name="Shop", currency="USD")
    other = Store.objects.create(key="other", name="Other", currency="USD")
    team, others = Team.objects.create(name="Ours"), Team.objects.create(name="Theirs")
    team.stores.add(store)
    others.stores.add(other)
    return Shelf(
        store=store,
        other_store=other,
        agent=new_agent("agent", team),
        supervisor=new_agent("supervisor", team, "supervisor"),
        admin=new_agent("admin", None, "admin"),
        stranger=new_agent("stranger", others, "supervisor"),
        category=Category.objects.create(store=store, key="delivery", names={"en": "Delivery"}),
    )
