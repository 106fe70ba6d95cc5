"""Articles as HTML, with the links between them: for agents any article of the same store, for the public (helping.py)
what is public."""

from collections.abc import Callable, Collection
from urllib.parse import unquote
from uuid import UUID

from django.urls import reverse

from helpdesk.lib.ids import parse_id
from knowledge.markdown import linked, to_html
from knowledge.models import Article, ArticleFile

MAX_LINKS = 500  # of one body that are looked up; what is beyond leads nowhere


def html_for_agents(article: Article, body: str) -> str:
    """Return an article's Markdown as HTML for a page of the desk. Two queries, whatever it links to."""

    def addresses(slugs: Collection[str]) -> dict[str, str]:
        rows = Article.objects.filter(store=article.store_id, slug__in=slugs).values_list("pk", "slug")
        return {slug: reverse("knowledge:article", args=[pk]) for pk, slug in rows}

    return html(article.pk, body, addresses, lambda pk: reverse("knowledge:file", args=[pk]))


def html(
    article_id: UUID,
    body: str,
    addresses: Callable[[Collection[str]], dict[str, str]],
    file_address: Callable[[UUID], str],
) -> str:
    """Return Markdown of an article as HTML. `addresses` says where those of some slugs are, that may be read;
    what has no address is no link. Files are those of the article itself. One query beside what `addresses` asks."""
    slugs = {unquote(slug): slug for slug in linked(body, "article")}
    found = {("article", slugs[slug]): path for slug, path in addresses(list(slugs)[:MAX_LINKS]).items()}
    ids = {ref: file_id for ref in linked(body, "file") if (file_id := parse_id(ref))}
    files = ArticleFile.objects.filter(article=article_id, pk__in=list(ids.values())[:MAX_LINKS])
    there = set(files.values_list("pk", flat=True))
    found |= {("file", ref): file_address(pk) for ref, pk in ids.items() if pk in there}
    return to_html(body, resolve=lambda kind, ref: found.get((kind, ref)))
