"""/rate/<token>/: where a buyer says how it was. It needs no log-in and no script.

The link is all there is: no cookie is read or set, so that a form has nothing another site could ride on. The page says
whose shop it is and who helped, and nothing of what was said.
"""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from helpdesk.lib.addresses import client_ip
from helpdesk.lib.dialogs import UNPROCESSABLE
from inbox.cards_views import GONE, TOO_MANY, safe, too_often
from inbox.errors import InboxError
from inbox.models import Conversation, Rating, RatingAsk
from inbox.rating_links import LinkExpired, WrongLink, ask_of, rating_path
from inbox.rating_words import agent_name, labels, language_for
from inbox.services.rating import MAX_COMMENT, rate

LOOKS, ANSWERS = 60, 15  # a minute, from one address; by one link


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def rating(request: HttpRequest, token: str) -> HttpResponse:
    """Ask; a form of it that was sent is an answer. GET changes nothing: mail scanners follow links."""
    return _rating(request, token)


@require_safe
def rating_with_stars(request: HttpRequest, token: str, stars: int) -> HttpResponse:
    """The same page with so many stars chosen: one click more, and they are given."""
    return _rating(request, token, stars if stars in labels() else None)


def _rating(request: HttpRequest, token: str, stars: int | None = None) -> HttpResponse:
    if too_often(f"rate:{client_ip(request)}", LOOKS):
        return _sorry(request, TOO_MANY, "busy")
    try:
        row = _asked(token)
    except LinkExpired:
        return _sorry(request, GONE, "expired")
    except WrongLink:
        return _sorry(request, 404, "wrong")
    with translation.override(_language(request, row.conversation)):
        if (
            row.conversation.status != Conversation.Status.RESOLVED
            or row.conversation.resolved_at != row.round
        ):
            return _sorry(request, 409, "goes_on", row)
        if request.method == "POST":
            return _rated(request, row, token)
        return _page(request, row, token, stars)


def _asked(token: str) -> RatingAsk:
    row = (
        RatingAsk.objects.select_related(
            "conversation__buyer",
            "conversation__store",
            "conversation__assignee",
            "conversation__resolved_by",
        )
        .filter(pk=ask_of(token), state=RatingAsk.State.ASKED)
        .first()
    )
    if row is None or row.conversation.buyer.is_blocked():
        raise WrongLink
    return row


def _language(request: HttpRequest, conversation: Conversation) -> str:
    """The language they were asked in, or the one that their browser asks for where we do not know theirs."""
    if conversation.buyer.language:
        return language_for(conversation)
    return (
        translation.get_language_from_request(request)
        if "Accept-Language" in request.headers
        else language_for(conversation)
    )


def _rated(request: HttpRequest, row: RatingAsk, token: str) -> HttpResponse:
    if too_often(f"rate:{row.id.hex}", ANSWERS):
        return _sorry(request, TOO_MANY, "busy", row)
    given, comment = request.POST.get("rating", ""), request.POST.get("comment", "").replace("\r\n", "\n")
    value = int(given) if given in {"1", "2", "3", "4", "5"} else None
    if value is None:
        return _page(request, row, token, None, comment=comment, is_wrong=True, status=UNPROCESSABLE)
    c = row.conversation
    try:
        rate(
            buyer_id=c.buyer_id,
            conversation_id=c.id,
            rating=value,
            comment=comment,
            way=Rating.Way.LINK,
            round=row.round,
        )
    except InboxError as error:  # it went on, or they are somebody else's buyer, in this very moment
        return _sorry(request, error.status, "goes_on", row)
    return safe(HttpResponseRedirect(f"{rating_path(token)}?thanks", status=303))


def _page(
    request: HttpRequest,
    row: RatingAsk,
    token: str,
    stars: int | None,
    *,
    comment: str | None = None,
    is_wrong: bool = False,
    status: int = 200,
) -> HttpResponse:
    c = row.conversation
    given = c.ratings.filter(round=row.round).first()
    chosen = stars or (given.value if given else None)
    context = {
        "store": c.store,
        "agent": agent_name(c),
        "given": given,
        "is_thanked": given is not None and "thanks" in request.GET,
        "is_changing": stars is not None and stars != (given.value if given else None),
        "choices": [(n, label, n == chosen) for n, label in sorted(labels().items())],
        "worst": labels()[1],
        "best": labels()[5],
        "comment": comment if comment is not None else (given.comment if given else ""),
        "max_comment": MAX_COMMENT,
        "is_wrong": is_wrong,
        "page": reverse("rate", args=[token]),
    }
    return safe(render(request, "ratings/page.html", context, status=status))


def _sorry(request: HttpRequest, status: int, why: str, row: RatingAsk | None = None) -> HttpResponse:
    """Say why there is nothing to choose; in the reader's own language where we do not know whose link it is."""
    store = row.conversation.store if row else None
    return safe(render(request, "ratings/sorry.html", {"why": why, "store": store}, status=status))
