"""Reviews as a page: found, answered and hidden in place."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from helpdesk.lib.dialogs import UNPROCESSABLE
from helpdesk.lib.ids import parse_id
from helpdesk.lib.keyset import BadCursor
from inbox.errors import InboxError, NotFound
from orders import reviews, stores
from orders.access import products_for
from orders.models import Review
from orders.reviews.answering import COMMAND, again
from orders.reviews.listing import Wanted, list_reviews, reviews_for, with_review_relations
from people.access import buyers_for, stores_for
from people.views.roles import AgentRequest, for_agents

FILTERS = ("rating", "show", "store", "product", "buyer")


@for_agents
@require_GET
def page(request: AgentRequest) -> HttpResponse:
    asked = {name: request.GET.get(name, "") for name in FILTERS}
    wanted = _wanted(asked)
    cursor = request.GET.get("cursor", "")
    try:
        found, more = list_reviews(request.user, wanted, cursor=cursor)
    except BadCursor:
        cursor = ""
        found, more = list_reviews(request.user, wanted)
    kept = {name: value for name, value in asked.items() if value}
    context = {
        "reviews": [{"review": review, "may_answer": _may_answer(review)} for review in found],
        "next": urlencode({**kept, "cursor": more}) if more else "",
        "asked": asked,
        "is_filtered": bool(kept),
        "stores": stores_for(request.user),
        "product": products_for(request.user).filter(pk=wanted.product).first() if wanted.product else None,
        "buyer": buyers_for(request.user).filter(pk=wanted.buyer).first() if wanted.buyer else None,
        "shows": [("", _("All")), ("unanswered", _("Unanswered")), ("hidden", _("Hidden"))],
        "ratings": range(5, 0, -1),
    }
    if "HX-Request" not in request.headers:
        template = "orders/reviews/page.html"
    else:
        template = "orders/reviews/_rows.html" if cursor else "orders/reviews/_list.html"
    return render(request, template, context)


def _wanted(asked: dict[str, str]) -> Wanted:
    """Return what is asked for; what is nothing that can be asked for is left out."""
    rating = asked["rating"]
    return Wanted(
        rating=int(rating) if rating in ("1", "2", "3", "4", "5") else None,
        unanswered=asked["show"] == "unanswered",
        hidden=True if asked["show"] == "hidden" else None,
        product=parse_id(asked["product"]),
        buyer=parse_id(asked["buyer"]),
        store=asked["store"],
    )


@for_agents
@require_GET
def one(request: AgentRequest, review_id: UUID) -> HttpResponse:
    """Show a review, with the form that `form` names open."""
    return _row(request, review_id, form=request.GET.get("form", ""))


@for_agents
@require_POST
def reply(request: AgentRequest, review_id: UUID) -> HttpResponse:
    text = request.POST.get("reply", "")
    return _do(
        request, review_id, "reply", lambda: reviews.reply(agent=request.user, review_id=review_id, text=text)
    )


@for_agents
@require_POST
def hide(request: AgentRequest, review_id: UUID) -> HttpResponse:
    reason = request.POST.get("reason", "")
    return _do(
        request,
        review_id,
        "hide",
        lambda: reviews.hide(agent=request.user, review_id=review_id, reason=reason),
    )


@for_agents
@require_POST
def show(request: AgentRequest, review_id: UUID) -> HttpResponse:
    return _do(request, review_id, "", lambda: reviews.show(agent=request.user, review_id=review_id))


@for_agents
@require_POST
def tell_again(request: AgentRequest, review_id: UUID) -> HttpResponse:
    return _do(request, review_id, "", lambda: again(agent=request.user, review_id=review_id))


def _do(request: AgentRequest, review_id: UUID, form: str, do: Callable[[], Any]) -> HttpResponse:
    """Do it and show the review as it is now; a refusal is said in its form, which keeps what was typed."""
    try:
        do()
    except NotFound:
        raise Http404 from None
    except InboxError as refusal:
        return _row(request, review_id, form=form, error=refusal.detail, status=UNPROCESSABLE)
    return _row(request, review_id)


def _row(
    request: AgentRequest, review_id: UUID, *, form: str = "", error: str = "", status: int = 200
) -> HttpResponse:
    review = with_review_relations(reviews_for(request.user)).filter(pk=review_id).first()
    if review is None:
        raise Http404
    context = {
        "review": review,
        "may_answer": _may_answer(review),
        "form": form if _may_answer(review) else "",
        "error": error,
        "typed": request.POST,
    }
    return render(request, "orders/reviews/_row.html", context, status=status)


def _may_answer(review: Review) -> bool:
    return stores.can(review.store, COMMAND)
