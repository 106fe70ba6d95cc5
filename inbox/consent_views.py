"""/unsubscribe/<token>/: where a buyer says that they want answers and nothing else, without log-in or script."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from inbox.consent_links import delivery_of
from inbox.models import Consent, Delivery
from inbox.services.consent import Source, State, answers_only


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask, and note the answer. GET changes nothing, for mail scanners follow links; a mail program posts here by
    itself (RFC 8058), which is why there is no CSRF token: the link is all there is."""
    delivery = delivery_of(token)
    if delivery is None:
        return _safe(render(request, "cards/sorry.html", {"why": "wrong", "store": None}, status=404))
    store, kind = delivery.channel.store, delivery.channel.kind
    buyer = delivery.conversation.buyer if delivery.conversation else None
    if request.method == "POST":
        answers_only(store.id, kind, delivery.to, Source.LINK)
    rows = Consent.objects.filter(store=store, kind=kind, address=delivery.to)
    is_done = rows.filter(state__in=[State.ANSWERS, State.NONE]).exists()
    context = {"store": store, "address": masked(delivery), "is_done": is_done}
    with translation.override((buyer and buyer.language) or store.language):
        return _safe(render(request, "consent/unsubscribe.html", context))


def masked(delivery: Delivery) -> str:
    """Return enough of an address for its owner to know it: whoever was passed the mail on learns no more."""
    name, at, host = delivery.to.partition("@")
    return f"{name[:1]}…{at}{host}" if at else f"…{name[-3:]}"


def _safe(response: HttpResponse) -> HttpResponse:
    patch_cache_control(response, private=True, no_store=True)
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response
