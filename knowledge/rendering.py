"""Articles as agents read them: links lead to articles of the same store, files are given to who is logged in."""

from urllib.parse import unquote

from django.urls import reverse

from helpdesk.lib.ids import parse_id
from knowledge.markdown import linked, to_html
from knowledge.models import Article, ArticleFile


def html_for_agents(article: Article, body: str) -> str:
    """Return an article's Markdown as HTML for a page of the desk. Two queries, whatever it links to."""
    slugs = {unquote(slug): slug for slug in linked(body, "article")}
    rows = Article.objects.filter(store=article.store_id, slug__in=list(slugs)[:MAX_LINKS])
    addresses = {
        ("article", slugs[slug]): reverse("knowledge:article", args=[pk])
        for pk, slug in rows.values_list("pk", "slug")
    }
    ids = {file_id for ref in linked(body, "file") if (file_id := parse_id(ref))}
    files = ArticleFile.objects.filter(article=article, pk__in=list(ids)[:MAX_LINKS])
    addresses |= {
        ("file", str(pk)): reverse("knowledge:file", args=[pk]) for pk in files.values_list("pk", flat=True)
    }
    return to_html(body, resolve=lambda kind, ref: addresses.get((kind, ref)))


MAX_LINKS = 500  # of one body that are looked up; what is beyond leads nowhere
