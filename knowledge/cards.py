"""The article card: something the public may read, put into a conversation (docs/adding-a-card.md)."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.lib.ids import parse_id
from inbox.cards import language_of
from inbox.errors import NotFound
from inbox.models import Conversation
from knowledge import locales
from knowledge.access import public_texts
from knowledge.reading import lead, public_address
from people.models import Agent


class ArticleCard:
    """Title, first lines and link of a public article of the conversation's own store.

    `ref` is the article's id, or `<id>:<locale>` for another language than the buyer's. What is internal is no card,
    whoever asks for one: the rows come from what the public reads.
    """

    kind = "article"
    label = gettext_lazy("Article")

    def build(self, *, agent: Agent, conversation: Conversation, ref: str) -> dict[str, Any]:
        article, _colon, wanted = ref.partition(":")
        article_id = parse_id(article)
        rows = public_texts(conversation.store).select_related("article__store")
        there = {text.locale: text for text in rows.filter(article=article_id)} if article_id else {}
        if not there:
            raise NotFound(_("The public reads no such article."))
        text = there[locales.best(wanted or language_of(conversation), there, conversation.store.language)]
        assert text.live is not None
        title, words, url = text.live.title, lead(text.live.body), public_address(text)
        return {
            "title": title,
            "lead": words,
            "url": url,
            "article": {"id": str(text.article_id), "locale": text.locale},
            "text": "\n".join(filter(None, [title, words, url])),
            "choices": [],
        }

    def text(self, data: dict[str, Any]) -> str:
        return str(data["text"])
