"""A small shop with the widget in it, so that both sides can be seen at once. In the demo only."""

from datetime import timedelta
from functools import wraps
from typing import Any

import jwt
from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from orders.coupons.codes import read_code
from orders.demo_shop_orders import shop_orders
from orders.models import Order, Product
from orders.stores import demo
from orders.stores.base import StoreRefused
from orders.stores.demo import coupons
from orders.sync import upsert_order
from people.models import Buyer, Store

TOKEN_FOR = timedelta(minutes=10)
ACCOUNTS = 4
PRODUCTS = 16


def for_demo(view: Any) -> Any:
    @wraps(view)
    def only_in_the_demo(request: HttpRequest) -> HttpResponse:
        if not settings.DEMO:
            raise Http404
        found: HttpResponse = view(request)
        return found

    return only_in_the_demo


@for_demo
@require_GET
def shop(request: HttpRequest) -> HttpResponse:
    return _page(request, *_asked(request.GET))


def _page(
    request: HttpRequest, store: Store, buyer: Buyer | None, refused: dict[str, str] | None = None
) -> HttpResponse:
    """Show the shop. `refused`: the coupon code that was not taken for an order, its number, and why."""
    products = Product.objects.filter(store=store, active=True, stock__gt=0).order_by("id")[:PRODUCTS]
    context = {
        "store": store,
        "buyer": buyer,
        "stores": Store.objects.filter(connection__kind=demo.DemoStore.kind).order_by("-language", "key"),
        "accounts": _accounts(store, buyer),
        "identity": {
            "store": store.key,
            "account": buyer.external_id if buyer else "",
            "token": sign_in(store, buyer) if buyer else "",
        },
        "products": products,
        "orders": shop_orders(store, buyer),
        "refused": refused,
    }
    with translation.override(store.language):
        if refused:
            refused["why"] = _(refused["why"])
        return render(request, "demo_shop/shop.html", context, status=422 if refused else 200)


@for_demo
@require_GET
def my_orders(request: HttpRequest) -> HttpResponse:
    """The buyer's orders alone, for the page to ask for again."""
    store, buyer = _asked(request.GET)
    with translation.override(store.language):
        context = {"store": store, "buyer": buyer, "orders": shop_orders(store, buyer)}
        return render(request, "demo_shop/_orders.html", context)


@for_demo
@require_POST
def pay(request: HttpRequest) -> HttpResponse:
    """Pay an order at the shop, which tells the desk as a real shop's webhook would."""
    store, buyer = _asked(request.POST)
    number = request.POST.get("number", "")
    if buyer is None or not Order.objects.filter(store=store, buyer=buyer, number=number).exists():
        raise Http404
    code = request.POST.get("coupon", "").strip()[:40]
    try:
        with transaction.atomic():
            if code:
                coupons.use(store, number, read_code(code))
            told = demo.pay(store, number)
            if code and told is None:  # nothing was paid: the code is not used up
                transaction.set_rollback(True)
    except StoreRefused as refusal:
        return _page(request, store, buyer, {"number": number, "code": code, "why": str(refusal)})
    if told is not None:
        upsert_order(store=store, payload=told | ({"coupon_code": read_code(code)} if code else {}))
    query = urlencode({"store": store.key, "buyer": buyer.external_id or ""})
    return HttpResponseRedirect(f"{reverse('orders:demo-shop')}?{query}#orders")


def sign_in(store: Store, buyer: Buyer) -> str:
    """Return what a shop's server signs for a buyer who is logged in there (HS256, the store's secret)."""
    claims = {
        "sub": buyer.external_id,
        "name": buyer.name,
        "email": buyer.email,
        "exp": timezone.now() + TOKEN_FOR,
    }
    return jwt.encode(claims, store.identity_secret, algorithm="HS256")


def _asked(given: Any) -> tuple[Store, Buyer | None]:
    store = Store.objects.filter(key=given.get("store", "demo"), connection__kind=demo.DemoStore.kind).first()
    if store is None:
        raise Http404
    account = given.get("buyer", "")
    return store, Buyer.objects.filter(store=store, external_id=account).first() if account else None


def _accounts(store: Store, buyer: Buyer | None) -> list[Buyer]:
    """Return a few buyers to be: the first ones of the store, and the one we are."""
    first = list(
        Buyer.objects.filter(store=store, external_id__isnull=False).order_by("external_id")[:ACCOUNTS]
    )
    return first if buyer is None or buyer in first else [*first, buyer]
