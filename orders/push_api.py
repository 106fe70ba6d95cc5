"""/api/v1/: what stores tell us by themselves. docs/stores-push-api.md is what their developers read.

Who may: an admin, or a shop of one's own with its push key, for its own store. Ours go forwards only, so to send
something twice, or late, is harmless.
"""

import hmac
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework import authentication, exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from helpdesk.lib import tally
from helpdesk.lib.addresses import client_ip
from helpdesk.lib.api import ApiView, PerAgent, StrictJSONParser
from helpdesk.lib.openapi import ErrorsSerializer
from helpdesk.lib.scopes import Scope
from orders import api, push_shapes, reviews_api, shapes
from orders.access import with_order_relations
from orders.errors import InvalidParams, NotFound
from orders.models import Connection, Order, Product, Review
from orders.payloads import order_data, product_data
from orders.reviews import upsert_review
from orders.reviews.listing import with_review_relations
from orders.reviews.payloads import review_data
from orders.stores.push import PushStore, digest
from orders.sync import upsert_order, upsert_product
from people import keys
from people.access import stores_for
from people.models import Agent, Store

MOST = 100
REFUSALS: dict[int, Any] = {404: ErrorsSerializer}  # no such store


def one_or_many(name: str, one: Any) -> Any:
    """Return the shape of an answer: what was sent, or what became of each where several were."""
    return PolymorphicProxySerializer(
        component_name=name,
        serializers=[one, push_shapes.PushResultsSerializer],
        resource_type_field_name=None,
    )


class PushingShop:
    """Who asks, where it is no person but a shop with its key."""

    is_authenticated = True

    def __init__(self, store: Store) -> None:
        self.store = store
        self.pk = store.pk


class PushKeyAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer push_<store>_<token>`. Only a digest of the token is kept, and who guesses has to wait."""

    def authenticate(self, request: Request) -> tuple[PushingShop, None] | None:
        kind, _space, key = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not key.startswith("push_"):
            return None
        address = client_ip(request._request)
        try:
            keys.refuse_guesses("push", address)
        except keys.TooManyGuesses as refused:
            raise exceptions.Throttled(tally.seconds_left(), refused.detail) from None
        store_hex, _line, token = key.removeprefix("push_").partition("_")
        connection = _connection(store_hex)
        kept = connection.secrets.get("push_key", "") if connection else ""
        if not hmac.compare_digest(digest(token), kept or "none") or connection is None:
            keys.count_guess("push", address)
            raise exceptions.AuthenticationFailed("This push key is not valid.")
        return PushingShop(connection.store), None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def _connection(store_hex: str) -> Connection | None:
    try:
        store_id = UUID(hex=store_hex)
    except ValueError:
        return None
    return Connection.objects.select_related("store").filter(pk=store_id, kind=PushStore.kind).first()


class PerShop(BaseThrottle):
    """So many requests a minute (settings.PUSH_REQUESTS_PER_MINUTE) of one shop; agents have their own limit."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        if not isinstance(request.user, PushingShop):
            return True
        return tally.count(f"push:{request.user.pk}") <= settings.PUSH_REQUESTS_PER_MINUTE

    def wait(self) -> float:
        return tally.seconds_left()


class PerPerson(PerAgent):
    def allow_request(self, request: Request, view: APIView) -> bool:
        return isinstance(request.user, PushingShop) or super().allow_request(request, view)


class PushParser(StrictJSONParser):
    max_bytes = 1024 * 1024  # a hundred orders


class Pushable(ApiView):
    """A list of the API that may also be sent to, by shops and admins. Reading it stays for agents."""

    # A key that only brings orders in cannot move money, nor the other way round.
    scope: Scope = {"GET": ("orders:read",), "POST": ("sync:write",)}
    throttle_classes: list[Any] = [PerShop, PerPerson]
    parser_classes: list[Any] = [PushParser]

    def get_authenticators(self) -> list[Any]:
        # (Asked for before there is a request of the framework, and by the schema without any.)
        people = super().get_authenticators()
        if getattr(self, "request", None) is not None and self.request.method != "POST":
            return people
        return [PushKeyAuthentication(), *people]


def _store(request: Request) -> Store:
    """Return the store that is spoken of. Raises PermissionDenied or NotFound."""
    named = _sent(request).get("store")
    if named is not None and not isinstance(named, str):
        raise InvalidParams("The store is named by its key.", attr="store")
    if isinstance(request.user, PushingShop):
        if named not in (None, request.user.store.key):
            raise exceptions.PermissionDenied("This push key is for another store.")
        return request.user.store
    agent = request.user
    if not isinstance(agent, Agent) or agent.role != Agent.Role.ADMIN:
        raise exceptions.PermissionDenied("Admins and shops with a push key may send this.")
    store = stores_for(agent).filter(key=named).first() if named and "\x00" not in named else None
    if store is None:
        raise NotFound("No such store.")
    return store


def _sent(request: Request) -> dict[str, Any]:
    """Return the body, an object (see StrictJSONParser)."""
    found: dict[str, Any] = request.data  # type: ignore[assignment]
    return found


def _each(request: Request, many: str, name: str, upsert: Callable[[dict[str, Any]], Any]) -> Response | None:
    """Take in a list under `many`, where there is one, each by itself; say what became of each."""
    sent = _sent(request)
    if many not in sent:
        return None
    items = sent[many]
    if sent.keys() - {"store", many}:
        raise InvalidParams(f"Beside {many} there is only the store.", attr=many)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise InvalidParams("That is a list of objects.", attr=many)
    if len(items) > MOST:
        raise InvalidParams(f"At most {MOST} at a time.", attr=many)
    results = []
    for item in items:
        result: dict[str, Any] = {"name": str(item.get(name, ""))[:80], "error": None}
        try:
            result["id"] = str(upsert(item).pk)
        except InvalidParams as error:
            result["error"] = {"code": error.code, "detail": error.detail, "attr": error.attr}
        results.append(result)
    return Response({"results": results})


def _payload(request: Request) -> dict[str, Any]:
    return {name: value for name, value in _sent(request).items() if name != "store"}


class Orders(Pushable, api.Orders):
    @extend_schema(
        tags=api.TAGS,
        summary="Tell of orders",
        description="Creates or updates the order of that `number`; what is left out stays. With `orders`, up to 100 "
        "at once: then the answer says of each what became of it. For admins, and for shops with their push key.",
        request=push_shapes.PushedOrderSerializer,
        responses={
            200: one_or_many("PushedOrders", shapes.OrderSerializer),
            201: shapes.OrderSerializer,
            **REFUSALS,
        },
    )
    def post(self, request: Request) -> Response:
        store = _store(request)

        def upsert(payload: dict[str, Any]) -> Order:
            return upsert_order(store=store, payload=payload)

        if (answer := _each(request, "orders", "number", upsert)) is not None:
            return answer
        number = str(_sent(request).get("number", "")).replace("\x00", "").strip()
        known = set(Order.objects.filter(store=store, number=number).values_list("pk", flat=True))
        order = with_order_relations(Order.objects.all()).get(pk=upsert(_payload(request)).pk)
        return Response(order_data(order), 200 if order.pk in known else 201)


class Products(Pushable, api.Products):
    @extend_schema(
        tags=api.TAGS,
        summary="Tell of products",
        description="Creates or updates the product of that `sku`; what is left out stays. With `products`, up to 100 "
        "at once. For admins, and for shops with their push key.",
        request=push_shapes.PushedProductSerializer,
        responses={200: one_or_many("PushedProducts", shapes.ProductSerializer), **REFUSALS},
    )
    def post(self, request: Request) -> Response:
        store = _store(request)

        def upsert(payload: dict[str, Any]) -> Product:
            return upsert_product(store=store, payload=payload)

        if (answer := _each(request, "products", "sku", upsert)) is not None:
            return answer
        return Response(product_data(upsert(_payload(request))))


class Reviews(Pushable, reviews_api.Reviews):
    @extend_schema(
        tags=reviews_api.TAGS,
        summary="Tell of reviews",
        description="Creates or updates the review of that `external_id`; what is left out stays. With `reviews`, "
        "up to 100 at once. For admins, and for shops with their push key.",
        request=push_shapes.PushedReviewSerializer,
        responses={200: one_or_many("PushedReviews", reviews_api.ReviewSerializer), **REFUSALS},
    )
    def post(self, request: Request) -> Response:
        store = _store(request)

        def upsert(payload: dict[str, Any]) -> Review:
            return upsert_review(store=store, payload=payload)

        if (answer := _each(request, "reviews", "external_id", upsert)) is not None:
            return answer
        found = with_review_relations(Review.objects.all()).get(pk=upsert(_payload(request)).pk)
        return Response(review_data(found))
