"""Articles that answer a buyer's message (settings.SUGGESTERS)."""

from inbox.cards import language_of
from inbox.models import Conversation, Message
from inbox.suggesting import LONGEST, Offer
from knowledge import search
from knowledge.context import products_in
from people.models import Agent


class Articles:
    kind = "article"
    MOST = 3

    def offers(self, *, agent: Agent, conversation: Conversation, message: Message) -> list[Offer]:
        hits = search.suggest_for(
            text=message.body[:LONGEST],
            store=conversation.store,
            stores=[conversation.store_id],
            locale=language_of(conversation),
            skus=products_in(agent, conversation),
            limit=self.MOST,
        )
        best = hits[0].score if hits else 0
        return [
            Offer(
                kind=self.kind,
                ref=str(hit.article_id),
                about=str(hit.article_id),
                fit=hit.score / best if best > 0 else 1.0,
                label=hit.title,
                icon="book",
                data={"article": str(hit.article_id), "locale": hit.locale, "public": hit.is_public},
            )
            for hit in hits
        ]
