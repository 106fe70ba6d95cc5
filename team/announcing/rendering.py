"""Announcements as HTML. They link to articles of the stores that their reader serves, and to the web."""

from urllib.parse import unquote

from django.urls import reverse

from knowledge.access import articles_for
from knowledge.markdown import linked, to_html
from knowledge.rendering import MAX_LINKS
from people.models import Agent


def html_for(agent: Agent, body: str) -> str:
    """Return Markdown as HTML for a page of the desk. `article:<slug>` leads where the reader may read such a one."""
    slugs = {unquote(slug): slug for slug in linked(body, "article")}
    found = {}
    if slugs:
        rows = articles_for(agent).filter(slug__in=list(slugs)[:MAX_LINKS]).order_by("created_at", "pk")
        found = {
            slugs[slug]: reverse("knowledge:article", args=[pk])
            for pk, slug in rows.values_list("pk", "slug")
        }
    return to_html(body, resolve=lambda kind, ref: found.get(ref) if kind == "article" else None)
