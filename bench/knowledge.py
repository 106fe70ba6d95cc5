"""The knowledge base: how fast a large one answers, and how well the demo's does.

`python -m bench.knowledge fill N` (with the product's environment, on an empty database) makes N articles of the
sentences of the demo's, in Chinese, English and Finnish; `python -m bench.knowledge ask N SEED` asks N questions of
each kind and prints how long they took, each beside a read of one row by its key.
"""

import gc
import json
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any

from bench import machine
from bench.judged import ARTICLES, figures, load, questions
from bench.machine import BenchError
from bench.product import Product
from bench.results import Goal, Plan, Scenario
from bench.traffic import percentile

PROMISED = {"p50": 20.0, "p99": 100.0}  # milliseconds beyond a read by key
RECALL = 0.9
ALL = "all kinds alike"
BATCH = 1_000
COMMON = {
    "en": ["order", "delivery", "return", "the", "parcel", "how", "days", "money"],
    "zh-hans": ["订单", "退", "发货", "我", "快递", "的", "怎么", "商品"],
    "fi": ["tilaus", "toimitus", "palautus", "on", "paketti", "tuote", "päivää", "maksu"],
}
# How a code is written by those who have it before them.
WRITINGS: list[Callable[[str], str]] = [
    str,
    str.lower,
    lambda code: code.replace("-", ""),
    lambda code: code.replace("-", " "),
]


def knowledge(plan: Plan) -> Scenario:
    rows, each = (5_000, 40) if plan.rounds == 1 else (100_000, 150)
    scenario = Scenario(
        name="knowledge",
        title=f"Knowledge: searching {rows:,} articles, beside a read of one row by its key",
        columns=[
            "key_p50_ms",
            "p50_ms",
            "p99_ms",
            "beyond_p50_ms",
            "beyond_p99_ms",
            "cpu_p50_ms",
            "cpu_p99_ms",
            "found",
        ],
        goals=[Goal(f"beyond_{at}_ms", ALL, ALL, to_figure=f"allowed_{at}_ms", at_most=1) for at in PROMISED],
    )
    with ExitStack() as stack:
        product = Product(
            stack.enter_context(machine.database("knowledge")), stack.enter_context(machine.redis_database())
        )
        product.prepare()
        machine.manage("-m", "bench.knowledge", "fill", str(rows), env=product.env, timeout=3600)
        for number in range(plan.rounds):
            answer = machine.manage(
                "-m", "bench.knowledge", "ask", str(each), str(number), env=product.env, timeout=1800
            )
            for row, found in json.loads(answer).items():
                scenario.add(row, found)
    return scenario


def relevance(plan: Plan) -> Scenario:
    scenario = Scenario(
        name="relevance",
        title="Knowledge: how much of what should be shown is among the first five, of 100 questions judged beforehand",
        columns=["all", "en", "zh-hans", "fi", "promised"],
        goals=[
            Goal("all", engine, engine, to_figure="promised", at_least=1)
            for engine in ("PostgreSQL", "SQLite")
        ],
    )
    with ExitStack() as stack:
        url = stack.enter_context(machine.database("relevance"))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        redis = stack.enter_context(machine.redis_database())
        for engine, where in (("PostgreSQL", url), ("SQLite", f"sqlite:///{folder / 'judged.sqlite3'}")):
            env = Product(where, redis).env | {"REDIS_URL": "", "HELPDESK_DEMO": "1"}
            machine.manage("manage.py", "migrate", "--verbosity", "0", env=env)
            found = json.loads(machine.manage("-m", "bench.knowledge", "judge", env=env))
            scenario.add(engine, found | {"promised": RECALL})
    return scenario


# -- In the product's environment: articles


class Sentences:
    """The demo's articles, in pieces, to make others of: frequent words are frequent again, and new ones are rare."""

    def __init__(self, chance: random.Random) -> None:
        from knowledge.exchange.folders import read_folder

        self.chance = chance
        self.titles: dict[str, list[str]] = {}
        self.pieces: dict[str, list[str]] = {}
        self.keywords: dict[str, list[str]] = {}
        for folder in sorted(path for path in ARTICLES.iterdir() if path.is_dir()):
            for document in read_folder(folder).documents:
                self.titles.setdefault(document.locale, []).append(document.title)
                self.keywords.setdefault(document.locale, []).extend(document.keywords or [])
                pieces = re.split(r"(?<=[.。！？])\s*|\n+", document.body)
                self.pieces.setdefault(document.locale, []).extend(p for p in pieces if len(p) > 8)

    def name(self, number: int) -> str:
        """Return the name of a product as nobody else has it, but for a few."""
        chance = random.Random(number // 3)
        return "".join(chance.choice("bdfgklmnprstv") + chance.choice("aeiou") for _ in range(3)).title()

    def sku(self, number: int) -> str:
        return f"{self.name(number)[:3].upper()}-{number // 3}"

    def article(self, number: int) -> dict[str, Any]:
        chance = self.chance
        locale = chance.choices(["zh-hans", "en", "fi"], [45, 40, 15])[0]
        pieces = self.pieces[locale]
        # The first sentences are drawn far more often than the last: words are as unevenly frequent as in life.
        drawn = [pieces[int(len(pieces) * chance.random() ** 1.7)] for _ in range(chance.randint(6, 18))]
        drawn.insert(1, f"{self.name(number)} {chance.randrange(10_000)}.")
        return {
            "locale": locale,
            "title": f"{self.name(number)} {chance.choice(self.titles[locale])}"[:200],
            "keywords": chance.sample(self.keywords[locale], 4),
            "body": "\n\n".join(drawn),
            "sku": self.sku(number),
        }


def fill(count: int) -> None:
    from django.db import connection, transaction

    from knowledge.indexing import index_articles, recount
    from knowledge.models import Article, ArticleProduct, Text, Version
    from people.models import Store

    stores = {
        "zh-hans": Store.objects.create(key="cn", name="CN", language="zh-hans"),
        "en": Store.objects.create(key="en", name="EN"),
    }
    stores["fi"] = stores["en"]
    sentences = Sentences(random.Random(7))
    # An index is made faster at the end than row by row.
    postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        if postgresql:
            cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'knowledge_search'")
            (definition,) = cursor.fetchone()
            cursor.execute("DROP INDEX knowledge_search")
    for start in range(0, count, BATCH):
        articles, products, texts, versions = [], [], [], []
        for number in range(start, min(start + BATCH, count)):
            made = sentences.article(number)
            article = Article(
                store=stores[made["locale"]],
                slug=f"article-{number}",
                audience="internal" if number % 5 == 0 else "public",
                solved_count=sentences.chance.randrange(50),
                missed_count=sentences.chance.randrange(20),
            )
            said = {name: made[name] for name in ("title", "keywords", "body")}
            text = Text(article=article, locale=made["locale"], **said)
            articles.append(article)
            products.append(ArticleProduct(article=article, sku=made["sku"]))
            texts.append(text)
            versions.append(Version(text=text, number=1, **said))
        with transaction.atomic():
            Article.objects.bulk_create(articles)
            ArticleProduct.objects.bulk_create(products)
            Text.objects.bulk_create(texts)
            Version.objects.bulk_create(versions)
            for text, version in zip(texts, versions, strict=True):
                text.live = version
            Text.objects.bulk_update(texts, ["live"])
            index_articles([article.pk for article in articles], counting=False)
    for store in set(stores.values()):
        recount(store)
    with connection.cursor() as cursor:
        if postgresql:
            cursor.execute("SET maintenance_work_mem = '512MB'")
            cursor.execute(definition)
        cursor.execute("VACUUM ANALYZE" if postgresql else "ANALYZE")


# -- In the product's environment: questions


class Questions:
    """What people type, by kind; each is (text, locale). Always the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.sentences = Sentences(self.chance)
        self.judged = [(one.query, one.locale) for one in questions()]

    @cached_property
    def kinds(self) -> dict[str, Callable[[], tuple[str, str]]]:
        return {
            "whole questions": self.question,
            "while typing": self.beginning,
            "common words": self.common,
            "one letter, one character": self.single,
            "two characters of Chinese": self.two,
            "rare words": self.rare,
            "typos": self.typo,
            "codes": self.code,
            "nothing found": self.nothing,
        }

    def question(self) -> tuple[str, str]:
        return self.chance.choice(self.judged)

    def beginning(self) -> tuple[str, str]:
        text, locale = self.question()
        return text[: self.chance.randint(2, max(2, len(text)))], locale

    def common(self) -> tuple[str, str]:
        locale = self.chance.choice(list(COMMON))
        return " ".join(self.chance.sample(COMMON[locale], self.chance.randint(1, 2))), locale

    def single(self) -> tuple[str, str]:
        if self.chance.random() < 0.5:
            return self.chance.choice("abcdefghiklmnoprstuvwy"), self.chance.choice(["en", "fi"])
        return self.chance.choice("".join(self.sentences.titles["zh-hans"])), "zh-hans"

    def two(self) -> tuple[str, str]:
        while True:
            title = self.chance.choice(self.sentences.titles["zh-hans"])
            at = self.chance.randrange(len(title))
            if title[at : at + 2].isalpha() and len(title[at : at + 2]) == 2:
                return title[at : at + 2], "zh-hans"

    def rare(self) -> tuple[str, str]:
        return self.sentences.name(self.chance.randrange(100_000)), "en"

    def typo(self) -> tuple[str, str]:
        words = [word for text, locale in self.judged if locale != "zh-hans" for word in text.split()]
        word = self.chance.choice([word for word in words if len(word) > 5])
        at = self.chance.randrange(1, len(word) - 2)
        wrong = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        if len(word) > 8 and self.chance.random() < 0.5:
            wrong = wrong[:-2] + wrong[-1]
        return wrong, "en"

    def code(self) -> tuple[str, str]:
        sku = self.sentences.sku(self.chance.randrange(100_000))
        return self.chance.choice(WRITINGS)(sku), self.chance.choice(["en", "zh-hans"])

    def nothing(self) -> tuple[str, str]:
        return "".join(self.chance.choices("qxzjwv", k=9)), "en"


def ask(each: int, seed: int) -> dict[str, dict[str, float]]:
    from knowledge.models import Article
    from knowledge.search import search
    from people.models import Store

    made = Questions(seed)
    stores = {store.language: store for store in Store.objects.all()}
    asking = [store.pk for store in stores.values()]
    keys = list(Article.objects.order_by("?").values_list("pk", flat=True)[: each * len(made.kinds)])
    times: dict[str, list[float]] = {kind: [] for kind in made.kinds}
    work: dict[str, list[float]] = {kind: [] for kind in made.kinds}
    reads: list[float] = []
    found: dict[str, list[float]] = {kind: [] for kind in made.kinds}
    for kind in made.kinds:
        text, locale = made.kinds[kind]()
        search(text=text, stores=asking, locale=locale)
    gc.freeze()  # what is loaded now stays, as in a server that has run for a while
    for turn in range(each):
        for number, kind in enumerate(made.kinds):
            text, locale = made.kinds[kind]()
            store = stores.get(locale, stores["en"])
            before = _processor_time()
            start = time.perf_counter()
            Article.objects.get(pk=keys[turn * len(made.kinds) + number])
            read = time.perf_counter()
            # A buyer looks in one shop, an agent in all that they serve.
            if turn % 2:
                hits = search(text=text, store=store, stores=[store.pk], locale=locale, public=True)
            else:
                hits = search(text=text, store=store, stores=asking, locale=locale)
            times[kind].append((time.perf_counter() - read) * 1000)
            reads.append((read - start) * 1000)
            work[kind].append((_processor_time() - before) * 1000)
            found[kind].append(len(hits))
    reads.sort()
    for several in (times, work, found):
        several[ALL] = [one for each_kind in several.values() for one in each_kind]
    return {kind: _figures(sorted(times[kind]), reads, sorted(work[kind]), found[kind]) for kind in times}


def _processor_time() -> float:
    """Seconds of processor time used so far by this process, and by the one of PostgreSQL that serves it."""
    from django.db import connection

    backend = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat")
    return time.process_time() + (int(backend.read_text().split()[0]) / 1e9 if backend.exists() else 0)


def _figures(
    took: list[float], reads: list[float], work: list[float], found: list[float]
) -> dict[str, float]:
    row = {"key_p50_ms": percentile(reads, 50), "found": sum(map(bool, found)) / len(found)}
    for at in (50, 99):
        row[f"p{at}_ms"] = percentile(took, at)
        row[f"cpu_p{at}_ms"] = percentile(work, at)
        row[f"beyond_p{at}_ms"] = percentile(took, at) - percentile(reads, at)
    return row | {f"allowed_{at}_ms": most for at, most in PROMISED.items()}


def main() -> None:
    import django

    django.setup()
    match sys.argv[1:]:
        case ["fill", count]:
            fill(int(count))
        case ["ask", each, seed]:
            print(json.dumps(ask(int(each), int(seed))))
        case ["judge"]:
            print(json.dumps(figures(load())))
        case _:
            raise BenchError(__doc__)


if __name__ == "__main__":
    main()
