"""/team/ratings/: what buyers said of how they were served, for supervisors, as a page and as a file."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET

from helpdesk.lib.filters import RangeFilter, begin_of
from helpdesk.lib.keyset import BadCursor
from helpdesk.lib.sheets import Cell, csv_response
from inbox import transports
from inbox.models import Rating
from inbox.ratings import Fall, Wanted, fall_of, list_ratings
from people.access import colleagues_for, stores_for
from people.models import Agent
from people.views.roles import AgentRequest, who_may

LOW = "low"
MOST_LOW = 2  # stars
CHUNK, MOST_ROWS = 500, 50_000  # of a file


class RatingFilter(RangeFilter):
    """Which ratings are shown. What is wrong in it is said at its field, and shows nothing."""

    stars = forms.ChoiceField(label=gettext_lazy("Stars"), required=False)
    words = forms.ChoiceField(label=gettext_lazy("Comment"), required=False)
    store = forms.ChoiceField(label=gettext_lazy("Store"), required=False)
    who = forms.ChoiceField(label=gettext_lazy("Agent"), required=False)
    channel = forms.ChoiceField(label=gettext_lazy("Channel"), required=False)

    field_order = ("stars", "words", "store", "who", "channel", "since", "until")

    def __init__(self, data: Any, *, agent: Agent) -> None:
        super().__init__(data, auto_id="ratings-%s")
        self.agent = agent
        counts = [(str(n), ngettext("%(n)s star", "%(n)s stars", n) % {"n": n}) for n in range(5, 0, -1)]
        self.choose("stars", _("Any"), [(LOW, _("Bad: 1 or 2 stars")), *counts])
        self.choose("words", _("With and without"), [("with", _("With a comment"))])
        self.choose("store", _("All stores"), [(store.key, store.name) for store in stores_for(agent)])
        self.choose("who", _("Everybody"), [(str(one.pk), one.name) for one in colleagues_for(agent)])
        kinds = [(kind, str(transport.label)) for kind, transport in transports.all_transports().items()]
        self.choose("channel", _("All channels"), kinds)

    def wanted(self) -> Wanted | None:
        """Return what is asked for; None where a filter is wrong."""
        if not self.is_valid():
            return None
        given = self.cleaned_data
        stars = given["stars"]
        return Wanted(
            rating=int(stars) if stars and stars != LOW else None,
            most=MOST_LOW if stars == LOW else None,
            commented=given["words"] == "with",
            store=given["store"],
            agent=UUID(given["who"]) if given["who"] else None,
            channel=given["channel"],
            since=begin_of(given["since"]) if given["since"] else None,
            until=begin_of(given["until"] + timedelta(days=1)) if given["until"] else None,
        )


@who_may("figures.read")
@require_GET
def page(request: AgentRequest) -> HttpResponse:
    form = RatingFilter(request.GET, agent=request.user)
    wanted, cursor = form.wanted(), request.GET.get("cursor", "")
    found: list[Rating] = []
    more: str | None = None
    if wanted is not None:
        try:
            found, more = list_ratings(request.user, wanted, cursor=cursor)
        except BadCursor:
            cursor = ""
            found, more = list_ratings(request.user, wanted)
    kept = form.query()
    context = {
        "form": form,
        "ratings": found,
        "query": urlencode(kept),
        "next": urlencode({**kept, "cursor": more}) if more else "",
    }
    if not cursor:
        context["fall"] = _shown(fall_of(request.user, wanted or Wanted()))
    if "HX-Request" not in request.headers:
        template = "team/ratings/page.html"
    else:
        template = "team/ratings/_rows.html" if cursor else "team/ratings/_list.html"
    return render(request, template, context)


def _shown(fall: Fall) -> dict[str, Any]:
    """Return how ratings fall as a page draws it."""
    return {
        "average": f"{fall.average:.2f}" if fall.average is not None else "",
        "total": fall.total,
        "rows": [
            {"stars": n, "count": count, "percent": round(100 * count / fall.total) if fall.total else 0}
            for n, count in fall.by_stars.items()
        ],
        "asked": fall.asked,
        "answered": fall.answered,
        "rate": f"{fall.answered / fall.asked:.0%}" if fall.asked else "",
    }


@who_may("figures.read")
@require_GET
def export(request: AgentRequest) -> HttpResponseBase:
    """Answer with what the page shows, all of it, as a file."""
    wanted = RatingFilter(request.GET, agent=request.user).wanted()
    rows = _rows(request.user, wanted) if wanted is not None else iter(())
    return csv_response(request, "ratings", _head(), rows)


def _head() -> list[str]:
    return [
        _("At"), _("Stars"), _("Comment"), _("Agent"), _("Buyer"), _("Store"), _("Channel"), _("How"), _("Resolved"),
        _("Conversation"),
    ]  # fmt: skip


def _rows(agent: Agent, wanted: Wanted) -> Iterator[list[list[Cell]]]:
    """Yield the rows of the file chunk by chunk, the newest first, MOST_ROWS at most."""
    cursor: str | None = ""
    for _chunk in range(MOST_ROWS // CHUNK):
        if cursor is None:
            return
        found, cursor = list_ratings(agent, wanted, cursor=cursor, size=CHUNK)
        yield [_row(one) for one in found]


def _row(one: Rating) -> list[Cell]:
    return [
        timezone.localtime(one.created_at).isoformat(timespec="seconds"),
        one.value,
        one.comment,
        one.agent.name if one.agent else "",
        one.conversation.buyer.display_name,
        one.store.name,
        str(transports.get(one.channel.kind).label),
        one.get_way_display(),
        timezone.localtime(one.round).isoformat(timespec="seconds"),
        str(one.conversation_id),
    ]
