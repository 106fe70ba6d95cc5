"""What the console asks of the knowledge base as somebody looks, or types (settings.CONSOLE_ASKS)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from helpdesk.lib.ids import parse_id
from inbox.asking import conversation_in, id_in, text_in
from inbox.cards import language_of
from inbox.errors import Invalid, NotFound
from inbox.models import Conversation, Message
from inbox.suggesting import LONGEST as LOOKED_AT
from knowledge import locales, search
from knowledge.context import products_in
from knowledge.models import Suggestion
from knowledge.plain import LONGEST, cut, to_message
from knowledge.reading import about_products, by_article, public_address, readable_texts, row_data
from knowledge.services.suggestions import suggest
from people.access import stores_for
from people.models import Agent

READ = "knowledge:read"
LONGEST_QUERY = 10_000
FOUND, FITTING, OFTEN, MOST_PRODUCTS = 20, 3, 5, 6
MOST_SKUS = 200


class SearchArticles:
    """`articles {q, conversation?}`: what is found; without words, what fits the conversation. In groups."""

    what, scope = "articles", READ

    def answer(self, *, agent: Agent, given: Mapping[str, Any]) -> dict[str, Any]:
        q = text_in(given, "q", longest=LONGEST_QUERY).strip()
        conversation = conversation_in(agent, given)
        if q:
            return {"groups": [{"title": "", "results": found(agent, q, conversation)}]}
        return {"groups": fitting(agent, conversation) if conversation else []}


def found(agent: Agent, q: str, conversation: Conversation | None) -> list[dict[str, Any]]:
    """Return what a search finds: of the conversation's store and for its buyer, else of all the agent's stores."""
    if conversation:
        stores, locale = [conversation.store_id], language_of(conversation)
        skus = products_in(agent, conversation)
    else:
        stores, locale, skus = list(stores_for(agent).values_list("id", flat=True)), agent.language, {}
    hits = search.search(
        text=q,
        store=conversation.store if conversation else None,
        stores=stores,
        locale=locale,
        skus=skus,
        limit=FOUND,
    )
    return _rows(agent, hits)


def fitting(agent: Agent, conversation: Conversation) -> list[dict[str, Any]]:
    """Return what fits a conversation: its last question, its products by topic, else what is used most."""
    texts, locale = (
        readable_texts(agent).filter(article__store=conversation.store_id),
        language_of(conversation),
    )
    products = products_in(agent, conversation)
    answers = _for_the_question(agent, conversation, products)
    groups: list[dict[str, Any]] = [{"title": _("For the last question"), "results": answers}]
    shown = {row["article"] for row in answers}
    for sku, its in about_products(texts, list(products)[:MOST_PRODUCTS], locale).items():
        rows = [row_data(text) for text in its if str(text.article_id) not in shown]
        shown |= {row["article"] for row in rows}
        groups.append({"title": products[sku], "results": rows})
    groups = [group for group in groups if group["results"]]
    if not groups:
        often = texts.filter(article__solved_count__gt=0).order_by(
            "-article__solved_count", "article__slug", "locale"
        )
        rows = [row_data(text) for text in by_article(often[: OFTEN * 3], locale)[:OFTEN]]
        groups = [{"title": _("Often used"), "results": rows}] if rows else []
    return groups


def _for_the_question(
    agent: Agent, conversation: Conversation, products: Mapping[str, str]
) -> list[dict[str, Any]]:
    asked = Message.objects.filter(conversation=conversation, author_kind="buyer", kind=Message.Kind.TEXT)
    message = asked.order_by("-seq").first()
    if message is None:
        return []
    hits = search.suggest_for(
        text=message.body[:LOOKED_AT],
        store=conversation.store,
        stores=[conversation.store_id],
        locale=language_of(conversation),
        skus=products,
        limit=FITTING,
    )
    offered = Suggestion.objects.filter(message=message, kind="article").values_list("ref", "id")
    return _rows(agent, hits, dict(offered))


def _rows(
    agent: Agent, hits: list[search.Hit], suggestions: Mapping[str, UUID] | None = None
) -> list[dict[str, Any]]:
    texts = readable_texts(agent).in_bulk([hit.text_id for hit in hits])
    return [
        row_data(
            texts[hit.text_id],
            snippet=hit.snippet,
            suggestion=(suggestions or {}).get(str(hit.article_id)),
        )
        for hit in hits
        if hit.text_id in texts
    ]


class ArticleText:
    """`article.text {article, locale?}`: an article in plain words, to be said to a buyer."""

    what, scope = "article.text", READ

    def answer(self, *, agent: Agent, given: Mapping[str, Any]) -> dict[str, Any]:
        article_id = id_in(given, "article")
        there = {text.locale: text for text in readable_texts(agent).filter(article=article_id)}
        if not there:
            raise NotFound(_("No such article."))
        store = next(iter(there.values())).article.store
        text = there[locales.best(text_in(given, "locale", longest=20), there, store.language)]
        assert text.live is not None
        words = to_message(text.live.body)
        return {
            "title": text.live.title,
            "locale": text.locale,
            "words": cut(words, LONGEST),
            "shortened": len(words) > LONGEST,
            "link": public_address(text),
        }


class Suggestions:
    """`suggestions {conversation, message}`: what there is to say to a buyer's message. Orders, replies and articles
    are in it, so a key needs everything."""

    what, scope = "suggestions", "*"

    def answer(self, *, agent: Agent, given: Mapping[str, Any]) -> dict[str, Any]:
        conversation_id, message_id = id_in(given, "conversation"), id_in(given, "message")
        if conversation_id is None or message_id is None:
            raise Invalid("Say of which message of which conversation.", code="required", attr="message")
        shown = suggest(agent=agent, conversation_id=conversation_id, message_id=message_id)
        return {
            "message": str(message_id),
            "suggestions": [
                {
                    "id": str(one.id),
                    "kind": one.offer.kind,
                    "label": one.offer.label,
                    "detail": one.offer.detail,
                    "icon": one.offer.icon,
                    "insert": one.offer.insert,
                    "card": one.offer.card and dict(zip(("kind", "ref"), one.offer.card, strict=True)),
                    "article": one.offer.data,
                }
                for one in shown
            ],
        }


class KnownProducts:
    """`products.known {products: [[store id, SKU], ...]}`: of how many articles each has; for marks in lists."""

    what, scope = "products.known", READ

    def answer(self, *, agent: Agent, given: Mapping[str, Any]) -> dict[str, Any]:
        pairs = _pairs(given.get("products"))
        texts = readable_texts(agent).filter(article__products__sku__in={sku for _store, sku in pairs})
        rows = texts.order_by().values_list("article__store", "article__products__sku", "article").distinct()
        counts: dict[tuple[UUID, str], int] = {}
        for store_id, sku, _article in rows:
            counts[store_id, sku] = counts.get((store_id, sku), 0) + 1
        return {"known": [[str(store), sku, counts.get((store, sku), 0)] for store, sku in pairs]}


def _pairs(given: Any) -> list[tuple[UUID, str]]:
    """Read a list of stores' ids and SKUs. Raises Invalid."""
    wrong = Invalid(
        f"products is a list of at most {MOST_SKUS} pairs of a store's id and a SKU.", attr="products"
    )
    if not isinstance(given, list) or len(given) > MOST_SKUS:
        raise wrong
    pairs = []
    for pair in given:
        if not isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[1], str) or "\x00" in pair[1]:
            raise wrong
        store_id = parse_id(pair[0])
        if store_id is None:
            raise wrong
        pairs.append((store_id, pair[1][:100]))
    return pairs
