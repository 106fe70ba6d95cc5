"""Announcements as pages and programs are told of them."""

from typing import Any

from django.urls import reverse

from helpdesk.lib.times import iso
from knowledge.markdown import to_text
from team.announcing.models import Announcement

IN_A_BANNER = 160  # characters of a text that stands whole in one


def banner_data(one: Announcement) -> dict[str, Any]:
    """Return what a banner shows. `whole`: nothing of the text is left out, so who sees the banner has read it."""
    lines = to_text(one.body).split("\n")
    text = " · ".join(filter(None, lines))
    # What has marks says more than its words: where a link leads, what a table puts side by side.
    whole = len(text) <= IN_A_BANNER and text == " ".join(one.body.split())
    return {
        "id": str(one.pk),
        "version": one.version,
        "title": one.title,
        "text": text if whole or len(text) <= IN_A_BANNER else text[: IN_A_BANNER - 1].rstrip() + "…",
        "whole": whole,
        "importance": one.importance,
        "author": {"id": str(one.author_id), "name": one.author.name},
        "published_at": iso(one.published_at),
        "expires_at": iso(one.expires_at),
        "url": reverse("team-room:announcement", args=[one.pk]),
    }
