"""A shop in which somebody has asked something, and articles to answer from."""

from typing import Any

from django.test import Client

from inbox.models import CannedReply, Conversation, Message
from knowledge.models import Text
from knowledge.services import create_article, publish
from people.models import Agent
from tests.factories import World, buyer_says

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
HTMX = {"HX-Request": "true"}


def live(world: World, title: str, body: str = "Two days.\n", **fields: Any) -> Text:
    """Publish an article, public unless said otherwise, at the world's store."""
    fields = {"locale": "en", "store": world.store, "audience": "public"} | fields
    text = create_article(agent=world.eve, title=title, body=body, **fields)
    return publish(agent=world.eve, article_id=text.article_id, locale=text.locale, revision=text.revision)


def shelf(world: World) -> None:
    """Publish what is about other things: of a shelf with one book nobody can tell which words are rare."""
    for title in (
        "Gift wrapping",
        "Wash wool",
        "Opening hours",
        "Size chart",
        "Invoices",
        "Warranty",
        "Wholesale",
    ):
        live(world, title, f"{title}: all about it.\n")


def asks(world: World, body: str, **fields: Any) -> tuple[Conversation, Message]:
    posted = buyer_says(world.kim, body, **fields)
    return posted.conversation, posted.message


def canned(shortcut: str, title: str, body: str, **fields: Any) -> CannedReply:
    return CannedReply.objects.create(shortcut=shortcut, title=title, body=body, **fields)


def logged_in(agent: Agent) -> Client:
    client = Client()
    client.force_login(agent, backend=BACKEND)
    return client
