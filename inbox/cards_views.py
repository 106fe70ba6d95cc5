"""/c/<token>/: a card on a page of its own, for buyers whom no widget reaches. It needs no log-in and no script.

The link is all there is: no cookie is read or set, so that a form has nothing another site could ride on. It says
nothing of who it was sent to but what the card itself shows.
"""

from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from helpdesk.lib.addresses import client_ip
from helpdesk.lib.dialogs import UNPROCESSABLE
from helpdesk.lib.money import display
from inbox.cards import Choice, language_of
from inbox.cards_answers import answer_card
from inbox.cards_links import LinkExpired, WrongLink, message_of
from inbox.errors import InboxError
from inbox.models import Message
from inbox.widget_colors import palette
from people.models import Store

LOOKS, ANSWERS = 60, 15  # a minute, from one address; on one card
GONE, TOO_MANY = 410, 429


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def card_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show the card; a form of it that was sent is an answer. GET changes nothing: mail scanners follow links."""
    if too_often(f"look:{client_ip(request)}", LOOKS):
        return _sorry(request, TOO_MANY, "busy")
    try:
        message = _message(message_of(token))
    except LinkExpired:
        return _sorry(request, GONE, "expired")
    except WrongLink:
        return _sorry(request, 404, "wrong")
    with translation.override(language_of(message.conversation)):
        if request.method == "POST":
            return _answered(request, message)
        return _page(request, message)


@require_safe
def colors(request: HttpRequest, store_key: str) -> HttpResponse:
    """The store's colours as a style sheet: a page without scripts has no other way to them. Public."""
    color = Store.objects.filter(key=store_key).values_list("color", flat=True).first()
    made = palette(color or "")
    rules = (
        f":root{{--accent:{made['accent']};--ink:{made['ink']};"
        f"--link:light-dark({made['light']},{made['dark']})}}"
    )
    response = HttpResponse(rules, content_type="text/css; charset=utf-8")
    patch_cache_control(response, public=True, max_age=300)
    return response


def _message(message_id: UUID) -> Message:
    rows = Message.objects.select_related("conversation__buyer", "conversation__store")
    message = rows.filter(pk=message_id, kind=Message.Kind.CARD, private=False).first()
    if message is None:
        raise WrongLink
    return message


def _answered(request: HttpRequest, message: Message) -> HttpResponse:
    if too_often(f"answer:{message.id.hex}", ANSWERS):
        return _sorry(request, TOO_MANY, "busy", message)
    choice_id = request.POST.get("choice", "")[:40]
    choice = next((c for c in (message.data or {}).get("choices") or [] if c["id"] == choice_id), None)
    data = {field["name"]: request.POST.get(field["name"], "") for field in (choice or {}).get("fields", [])}
    try:
        answer_card(
            buyer_id=message.conversation.buyer_id, message_id=message.id, choice=choice_id, data=data
        )
    except InboxError as error:
        status = UNPROCESSABLE if error.status == 400 else error.status
        message = _message(message.id)
        return _page(request, message, tried=(choice_id, data), error=error, status=status)
    return safe(HttpResponseRedirect(request.path, status=303))


def _page(
    request: HttpRequest,
    message: Message,
    *,
    tried: tuple[str, dict[str, str]] = ("", {}),
    error: InboxError | None = None,
    status: int = 200,
) -> HttpResponse:
    card = message.data or {}
    answer = card.get("answer")
    is_open = not card.get("closed")
    choices = [_choice(choice, *tried, error) for choice in card.get("choices") or []]
    context = {
        "store": message.conversation.store,
        "card": card,
        "order": _order(card.get("order") or {}),
        "choices": choices if is_open else [],
        "answer": answer and {**answer, "at": parse_datetime(answer["at"])},
        "alone": error.detail if error and not error.attr else "",
        "words": "" if card.get("lines") or "items" in (card.get("order") or {}) else message.body,
        "url": "" if choices else _address_of(card),
        "is_tried": bool(tried[0]),
    }
    return safe(render(request, "cards/page.html", context, status=status))


def _choice(choice: Choice, tried: str, data: dict[str, str], error: InboxError | None) -> dict[str, Any]:
    """Return a choice as its form shows it: with what was sent, and what is wrong with it."""
    is_tried = choice["id"] == tried
    fields = []
    for field in choice.get("fields", []):
        wrong = error.detail if is_tried and error and error.attr == field["name"] else ""
        value = data.get(field["name"], "") if is_tried else field.get("value", "")
        fields.append({**field, "value": value, "error": wrong})
    return {**choice, "fields": fields, "is_open": is_tried and error is not None}


def _order(order: dict[str, Any]) -> dict[str, Any] | None:
    """Return the lines and sums of an order where the card has them, amounts as people write them."""
    if "items" not in order:
        return None

    def shown(money: dict[str, Any], sign: int = 1) -> str:
        return display(sign * money["amount"], money["currency"])

    sums = [
        (_("Shipping"), shown(order["shipping_fee"]) if order["shipping_fee"]["amount"] else _("Free")),
        *([(_("Tax"), shown(order["tax"]))] if order["tax"]["amount"] else []),
        *([(_("Discount"), shown(order["discount"], -1))] if order["discount"]["amount"] else []),
    ]
    items = [{**item, "total": shown(item["total"])} for item in order["items"]]
    due = order.get("due")
    left = shown(due) if due and 0 < due["amount"] < order["total"]["amount"] else ""
    return {"items": items, "sums": sums, "total": shown(order["total"]), "left": left}


def _address_of(card: dict[str, Any]) -> str:
    """Return where the thing on the card is to be had or paid, wherever its kind keeps that."""
    parts = [card, *(part for part in card.values() if isinstance(part, dict))]
    urls = (part.get(name) for part in parts for name in ("pay_url", "url"))
    return next((u for u in urls if isinstance(u, str) and u.startswith(("https://", "http://"))), "")


def _sorry(request: HttpRequest, status: int, why: str, message: Message | None = None) -> HttpResponse:
    """Say that there is nothing to see, in the reader's own language: without a card there is no buyer to ask."""
    store = message.conversation.store if message else None
    return safe(render(request, "cards/sorry.html", {"why": why, "store": store}, status=status))


def safe(response: HttpResponse) -> HttpResponse:
    """Keep a page that a link opens out of caches, search engines and the addresses that other sites are told."""
    patch_cache_control(response, private=True, no_store=True)
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response


def too_often(what: str, most: int) -> bool:
    """Count one more of `what`; return whether that is more than `most` within a minute."""
    key = f"card-page:{what}"
    try:
        cache.add(key, 0, timeout=60)
        return bool(cache.incr(key) > most)
    except ValueError:  # it has just ended, or there is no cache: nobody is kept out for that
        return False
