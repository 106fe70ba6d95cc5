"""What the shops of the demo know: the folders of articles/, published in the past, and what happened to them since."""

import random
from datetime import datetime, timedelta
from pathlib import Path

from django.db.models import QuerySet
from django.utils import timezone

from events.models import Event
from helpdesk.demo.shops import SHOPS, Shop
from knowledge.exchange.documents import Document
from knowledge.exchange.folders import Bundle, read_folder
from knowledge.models import Article, Report, Text, Version
from knowledge.services import create_article, report, save_text
from knowledge.services.importing import import_bundle
from people.models import Agent, Store

FOLDER = Path(__file__).parent / "articles"
SUPERVISORS = {"demo": "supervisor@demo.test", "demo-cn": "zhou@demo.test"}
WRITERS = {
    "demo": ["supervisor@demo.test", "agent@demo.test", "priya@demo.test"],
    "demo-cn": ["zhou@demo.test", "lin@demo.test", "chen@demo.test"],
}
# What an article said before, where it has a history: (slug, as it is now, as it was).
ONCE = {
    "demo": [
        ("shipping-fees", "$6.95, free from $150", "$5.95, free from $120"),
        ("refund-timing", "three to five working days", "five to seven working days"),
        ("goodwill-limits", "$10 from $40", "$8 from $50"),
        ("kettle-hobs", "The whistling model comes in spring. ", ""),
    ],
    "demo-cn": [
        ("shipping-fees", "¥10，满 ¥399 包邮", "¥8，满 ¥299 包邮"),
        ("refund-time", "当天到一天", "1–3 个工作日"),
        ("xishi-pot-opening", "朱泥收缩大，**忌骤冷骤热**，冬天先用温水过一遍。", "朱泥忌骤冷骤热。"),
    ],
}
# What somebody is changing, and has not published: (slug, what is live, what it shall be).
CHANGING = {
    "demo": [
        ("shipping-fees", "Orders within the US and to Canada", "Orders within the US, to Canada and Mexico"),
        ("kettle-hobs", "Oven, microwave | No", "Oven, microwave, air fryer | No"),
    ],
    "demo-cn": [("refund-time", "2–3 个工作日，退回原账户", "1–2 个工作日，退回原账户")],
}
REPORTED = {
    "demo": [
        (
            "delivery-times",
            "agent@demo.test",
            "Two buyers in Norway waited twelve days this month. Is 8–10 still true?",
        ),
        (
            "kettle-hobs",
            "priya@demo.test",
            "The whistling kettle has been put off to summer, says the warehouse.",
        ),
    ],
    "demo-cn": [("shipping-fees", "lin@demo.test", "买家说现在普通快递到新疆要加 ¥5，请核实。")],
}
BEGUN = {
    "demo": (
        "Holiday deadlines: order by when?",
        "Last days to order so that it is there by 24 December.\n\n| To | Standard | Express |\n| --- | --- | --- |\n"
        "| United States | 14 December | 19 December |\n| Canada | 10 December | 17 December |\n\n"
        "To be checked with the carriers before this goes live.\n",
    ),
    "demo-cn": (
        "春节发货安排",
        "春节期间仓库放假，除夕前三天起下的订单，初八开始按下单顺序发出。\n\n"
        "- 放假期间可以正常下单，客服只在上午在线。\n"
        "- 易碎件节前两天停收加固包装。\n\n具体日期等快递公司通知后再公布。\n",
    ),
}
FIRST, LAST = timedelta(days=300), timedelta(days=20)  # ago: when articles were first published


def fill_shelves(stores: dict[str, Store], agents: dict[str, Agent], now: datetime) -> None:
    """Take in what each shop knows, and let some time pass over it."""
    for shop in SHOPS:
        store, rng = stores[shop.key], random.Random(f"articles {shop.key}")
        bundle = read_folder(FOLDER / shop.key)
        supervisor = agents[SUPERVISORS[shop.key]]
        for documents in (_as_once(shop, bundle), bundle.documents):
            pile = Bundle(documents, bundle.shelves, bundle.synonyms, bundle.faults)
            import_bundle(agent=supervisor, store=store, bundle=pile, publishing=True)
        _change(shop, store, agents)
        writers = [agents[email] for email in WRITERS[shop.key]]
        articles = Article.objects.filter(store=store).order_by("slug")
        _let_time_pass(articles, writers, rng, now)
    _date_events(now)


def _as_once(shop: Shop, bundle: Bundle) -> list[Document]:
    """Return the articles that have a history as they were at first."""
    once = []
    for slug, now, then in ONCE[shop.key]:
        found = [d for d in bundle.documents if (d.slug, d.locale) == (slug, shop.store_language)]
        if not found or now not in found[0].body:
            raise ValueError(f"{shop.key}: “{now}” is not in {slug}")
        once.append(_with_body(found[0], found[0].body.replace(now, then)))
    return once


def _with_body(document: Document, body: str) -> Document:
    values = {name: getattr(document, name) for name in document.__slots__}
    return Document(**{**values, "body": body})


def _change(shop: Shop, store: Store, agents: dict[str, Agent]) -> None:
    supervisor = agents[SUPERVISORS[shop.key]]
    for slug, live, next_ in CHANGING[shop.key]:
        text = _text(store, slug)
        save_text(
            agent=supervisor,
            article_id=text.article_id,
            locale=text.locale,
            title=text.title,
            body=text.body.replace(live, next_),
            keywords=text.keywords,
            revision=text.revision,
        )
    for slug, email, words in REPORTED[shop.key]:
        report(agent=agents[email], text_id=_text(store, slug).id, words=words)
    title, body = BEGUN[shop.key]
    create_article(
        agent=agents[WRITERS[shop.key][1]],
        store=store,
        locale=shop.store_language,
        title=title,
        body=body,
        audience="public",
    )


def _text(store: Store, slug: str) -> Text:
    return Text.objects.select_related("live").get(
        article__store=store, article__slug=slug, locale=store.language
    )


def _let_time_pass(
    articles: QuerySet[Article], writers: list[Agent], rng: random.Random, now: datetime
) -> None:
    """Date articles back, give them owners and days of review, and count whom they helped."""
    versions: list[Version] = []
    texts: list[Text] = []
    pile = list(articles.prefetch_related("texts__versions", "texts__live"))
    for article in pile:
        first = now - LAST - (FIRST - LAST) * rng.random()
        article.created_at = first
        article.owner = rng.choice(writers)
        helped = int(rng.paretovariate(0.9) * 3) if article.audience == "public" else rng.randint(0, 12)
        article.solved_count = min(helped, 240)
        article.missed_count = int(article.solved_count * rng.choice((0, 0, 0.05, 0.1, 0.3)))
        if rng.random() < 0.3:
            article.review_on = timezone.localdate(now) + timedelta(days=rng.randint(-15, 180))
        for text in article.texts.all():
            told = sorted(text.versions.all(), key=lambda version: version.number)
            for place, version in enumerate(told):
                version.published_at = first + (now - LAST - first) * (place / len(told))
                version.author = article.owner
                versions.append(version)
            is_new = text.live is None or text.has_changes
            text.edited_at = now - timedelta(hours=rng.randint(2, 60)) if is_new else told[-1].published_at
            text.edited_by = article.owner
            texts.append(text)
    fields = ["created_at", "owner", "solved_count", "missed_count", "review_on"]
    Article.objects.bulk_update(pile, fields, batch_size=200)
    Version.objects.bulk_update(versions, ["published_at", "author"], batch_size=200)
    Text.objects.bulk_update(texts, ["edited_at", "edited_by"], batch_size=200)
    Report.objects.filter(text__article__in=pile).update(
        reported_at=now - timedelta(hours=rng.randint(3, 40))
    )


def _date_events(now: datetime) -> None:
    """Date what was recorded to when it is said to have happened. (Only here: events are never changed.)"""
    first = {str(article.id): article.created_at for article in Article.objects.all()}
    for event in Event.objects.filter(name__regex="^(article|category|synonym)").order_by("id"):
        at = first.get(event.data.get("article", ""), now - FIRST)
        QuerySet.update(Event.objects.filter(pk=event.pk), at=at)
