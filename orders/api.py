"""/api/v1/: orders, what can be done to them, products, and the search over everything."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.lib.api import ApiView, next_page, read
from helpdesk.lib.keyset import BadCursor
from helpdesk.lib.openapi import ErrorsSerializer
from helpdesk.lib.scopes import Scope
from inbox.access import conversations_for, store_ids_for, with_summary_relations
from inbox.lists import rows_for
from inbox.search import find_buyers, find_messages, snippet
from orders import ledger, shapes
from orders.access import actions_for, orders_for, with_order_relations
from orders.cards.checks import checks_of
from orders.errors import NotFound
from orders.given import clean_key
from orders.ledger_api import ActionPageSerializer, OrderActionQuery
from orders.listing import Page, list_orders, read_cursor, search_products
from orders.models import Order, OrderAction
from orders.payloads import action_data, order_data, product_data
from orders.services import approve, reject, request_action, take_back, undo
from orders.settling import settle
from people.access import buyers_for, stores_for
from people.api import agent_of
from people.models import Agent
from people.payloads import buyer_data

TAGS = ["Orders"]
FOUND_CONVERSATIONS = 20
FOUND = 10
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="1 to 64 visible ASCII characters of your own. The same key with the same body is the same action, "
    "however often it is sent; with another body it is a 409.",
)


def given_key(request: Request) -> str:
    """Return the key of a request that has to have one, before anything is looked for. Raises InvalidParams."""
    return clean_key(request.headers.get("Idempotency-Key", ""))


REFUSALS: dict[int, Any] = {403: ErrorsSerializer, 409: ErrorsSerializer}


class Orders(ApiView):
    scope: Scope = "orders"

    @extend_schema(
        tags=TAGS,
        summary="List orders",
        description="The newest first, in pages of 50.",
        parameters=[shapes.OrderQuery],
        responses=shapes.OrderPageSerializer,
    )
    def get(self, request: Request) -> Response:
        given = _checked(read(shapes.OrderQuery, request.query_params))
        return _page(request, list_orders(agent_of(request), **given))


class BuyerOrders(ApiView):
    scope = "orders"

    @extend_schema(
        tags=["Buyers"],
        summary="A buyer's orders",
        parameters=[shapes.BuyerOrderQuery],
        responses=shapes.OrderPageSerializer,
    )
    def get(self, request: Request, buyer_id: UUID) -> Response:
        agent, given = agent_of(request), _checked(read(shapes.BuyerOrderQuery, request.query_params))
        if not buyers_for(agent).filter(pk=buyer_id).exists():
            raise NotFound("No such buyer.")
        return _page(request, list_orders(agent, buyer=buyer_id, **given))


def _checked(given: dict[str, Any]) -> dict[str, Any]:
    if (cursor := given.get("cursor")) and read_cursor(cursor) is None:
        raise BadCursor(cursor)
    return given


def _page(request: Request, page: Page) -> Response:
    results = [order_data(order) for order in page.orders]
    return Response({"results": results, "next": next_page(request, page.next or None)})


class OrderDetail(ApiView):
    scope = "orders"

    @extend_schema(
        tags=TAGS,
        summary="One order",
        description="`can` says what I may do to it, and why not.",
        responses=shapes.OrderDetailSerializer,
    )
    def get(self, request: Request, order_id: UUID) -> Response:
        agent = agent_of(request)
        order = _order(agent, order_id)
        checks = {kind: check.wire() for kind, check in checks_of([order])[order.id].items()}
        return Response({**order_data(order, agent), "checks": checks})


def _order(agent: Agent, order_id: UUID) -> Order:
    order = with_order_relations(orders_for(agent)).filter(pk=order_id).first()
    if order is None:
        raise NotFound("No such order.")
    return order


class OrderActions(ApiView):
    scope = "orders"

    @extend_schema(
        tags=TAGS,
        summary="What was done to an order",
        description="Every action that was asked for, the newest first, in pages of 50.",
        parameters=[OrderActionQuery],
        responses=ActionPageSerializer,
    )
    def get(self, request: Request, order_id: UUID) -> Response:
        agent, given = agent_of(request), read(OrderActionQuery, request.query_params)
        if not orders_for(agent).filter(pk=order_id).exists():
            raise NotFound("No such order.")
        rows = actions_for(agent).filter(order=order_id)
        found, more = ledger.page(rows, key=ledger.OF_ORDER, cursor=given.get("cursor", ""))
        results = [action_data(action) for action in found]
        return Response({"results": results, "next": next_page(request, more)})

    @extend_schema(
        tags=TAGS,
        summary="Change an order",
        description="It is on hold first (`run_at`) and can be taken back; then the store is told. Above my limits "
        "it is `waiting` until a second person approves it, and needs a reason. 409 `not_allowed`, "
        "`action_under_way`, `order_changed`: not now. 409 `idempotency_conflict`: the key was used before, for "
        "something else.",
        parameters=[IDEMPOTENCY_KEY],
        request=shapes.ActionInput,
        responses={201: shapes.OrderActionSerializer, **REFUSALS},
        examples=[
            OpenApiExample(
                "Waive the shipping fee",
                {
                    "kind": "change_shipping_fee",
                    "params": {"shipping_fee": {"amount": 0, "currency": "USD"}},
                    "reason": "Late parcel",
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request, order_id: UUID) -> Response:
        key, given = given_key(request), read(shapes.ActionInput, request.data)
        action = request_action(
            agent=agent_of(request),
            order_id=order_id,
            kind=given["kind"],
            params=given["params"],
            reason=given["reason"],
            conversation_id=given["conversation"],
            idempotency_key=key,
            version=given["version"],
        )
        return Response(action_data(action), status=201)


class ApproveAction(ApiView):
    scope = "orders"

    @extend_schema(
        tags=TAGS,
        summary="Approve an action that waits",
        description="As a second person with a supervisor's role, within one's own limits (403 otherwise). It is on "
        "hold then. 409: the order is not what it was when this was asked for, or it was decided already.",
        request=shapes.DecisionInput,
        responses={200: shapes.OrderActionSerializer, **REFUSALS},
    )
    def post(self, request: Request, order_id: UUID, action_id: UUID) -> Response:
        agent, given = agent_of(request), read(shapes.DecisionInput, request.data)
        _action(agent, order_id, action_id)
        return Response(action_data(approve(agent=agent, action_id=action_id, comment=given["comment"])))


class RejectAction(ApiView):
    scope = "orders"

    @extend_schema(
        tags=TAGS,
        summary="Reject an action that waits",
        description="With a comment, which whoever asked for it reads.",
        request=shapes.DecisionInput,
        responses={200: shapes.OrderActionSerializer, **REFUSALS},
    )
    def post(self, request: Request, order_id: UUID, action_id: UUID) -> Response:
        agent, given = agent_of(request), read(shapes.DecisionInput, request.data)
        _action(agent, order_id, action_id)
        return Response(action_data(reject(agent=agent, action_id=action_id, comment=given["comment"])))


def _action(agent: Agent, order_id: UUID, action_id: UUID) -> OrderAction:
    action = actions_for(agent).filter(pk=action_id, order=order_id).first()
    if action is None:
        raise NotFound("No such action.")
    return action


class SettleAction(ApiView):
    scope = "orders"

    @extend_schema(
        tags=TAGS,
        summary="Say what became of an action",
        description="Of one in state `unknown`, by a supervisor who has looked at the store (403 otherwise). Our copy "
        "of the order stays as the store last told it. 409: the store has answered meanwhile.",
        request=shapes.SettleInput,
        responses={200: shapes.OrderActionSerializer, **REFUSALS},
    )
    def post(self, request: Request, order_id: UUID, action_id: UUID) -> Response:
        agent, given = agent_of(request), read(shapes.SettleInput, request.data)
        _action(agent, order_id, action_id)
        settled = settle(agent=agent, action_id=action_id, done=given["done"], comment=given["comment"])
        return Response(action_data(settled))


class UndoAction(ApiView):
    scope = "orders"

    @extend_schema(
        tags=TAGS,
        summary="Take back, or undo",
        description="While it is on hold it is taken back: then the store never hears of it (200, the same action). "
        "Once done, the opposite is asked for, as long as the order is still as it was left (201, another action).",
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={
            200: shapes.OrderActionSerializer,
            201: shapes.OrderActionSerializer,
            400: ErrorsSerializer,
            **REFUSALS,
        },
    )
    def post(self, request: Request, order_id: UUID, action_id: UUID) -> Response:
        agent, key = agent_of(request), given_key(request)
        action = _action(agent, order_id, action_id)
        state = OrderAction.State
        if action.state in (state.WAITING, state.HELD, state.TAKEN_BACK):
            return Response(action_data(take_back(agent=agent, action_id=action_id)))
        undone = undo(agent=agent, action_id=action_id, idempotency_key=key)
        return Response(action_data(undone), status=201)


class Products(ApiView):
    scope: Scope = "orders"

    @extend_schema(
        tags=TAGS,
        summary="Find products",
        description="At most 30, by name.",
        parameters=[shapes.ProductQuery],
        responses=shapes.ProductSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        agent, given = agent_of(request), read(shapes.ProductQuery, request.query_params)
        store_id = None
        if key := given.get("store"):
            store_id = stores_for(agent).filter(key=key).values_list("id", flat=True).first()
            if store_id is None:
                return Response([])
        found = search_products(agent, store_id=store_id, q=given.get("q", ""))
        return Response([product_data(product) for product in found])


class Search(ApiView):
    scope = {"GET": ("buyers:read", "conversations:read", "orders:read")}

    @extend_schema(
        tags=["Search"],
        summary="Find conversations, buyers and orders",
        description="Words are found by their stems, Chinese by any two characters, the last word as a beginning; "
        "orders by the beginning of their number. The newest hits, and at most 20 conversations, 10 buyers and 10 "
        "orders.",
        parameters=[shapes.SearchQuery],
        responses=shapes.FoundSerializer,
    )
    def get(self, request: Request) -> Response:
        agent, q = agent_of(request), read(shapes.SearchQuery, request.query_params)["q"]
        stores = store_ids_for(agent)
        said = list(find_messages(q, stores).values())[:FOUND_CONVERSATIONS]
        rows = with_summary_relations(
            conversations_for(agent).filter(pk__in=[m.conversation_id for m in said])
        )
        summaries = {row["id"]: row for row in rows_for(agent, rows)}
        numbered = orders_for(agent).filter(number__startswith=q.strip().lstrip("#"))
        orders = with_order_relations(numbered.order_by("-placed_at", "-id"))[:FOUND]
        return Response(
            {
                "conversations": [
                    {"summary": summaries[key], "snippet": snippet(message.body, q), "seq": message.seq}
                    for message in said
                    if (key := str(message.conversation_id)) in summaries
                ],
                "buyers": [buyer_data(buyer) for buyer in find_buyers(q, stores, limit=FOUND)],
                "orders": [order_data(order) for order in orders],
            }
        )
