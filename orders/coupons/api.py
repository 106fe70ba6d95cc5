"""/api/v1/coupons/: what stores offer, and the codes that are given out of it."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from events.record import Actor
from helpdesk.lib.api import ApiView, next_page, read
from helpdesk.lib.keyset import Keyset
from helpdesk.lib.openapi import ErrorsSerializer
from orders.api import IDEMPOTENCY_KEY, REFUSALS, given_key
from orders.coupons import issuing, offers, shapes
from orders.coupons.access import codes_for, coupons_for, with_code_relations
from orders.coupons.payloads import code_data, coupon_data
from orders.coupons.redeeming import redeem
from orders.errors import NotFound
from orders.models import Coupon, CouponCode
from orders.shapes import DecisionInput
from people.access import stores_for
from people.api import agent_of
from people.models import Agent

TAGS = ["Coupons"]
PAGE = 50
OFFERS = Keyset("coupons", "created_at")
CODES = Keyset("coupon-codes", "created_at")


class Coupons(ApiView):
    scope = "coupons"

    @extend_schema(
        tags=TAGS,
        summary="List offers",
        description="The newest first, in pages of 50.",
        parameters=[shapes.CouponQuery],
        responses=shapes.CouponPageSerializer,
    )
    def get(self, request: Request) -> Response:
        agent, given = agent_of(request), read(shapes.CouponQuery, request.query_params)
        rows = _offers(agent)
        if key := given.get("store"):
            rows = rows.filter(store__key=key)
        if (active := given["active"]) is not None:
            rows = rows.filter(active=active)
        return _page(request, rows, OFFERS, given.get("cursor", ""), coupon_data)

    @extend_schema(
        tags=TAGS,
        summary="Make an offer",
        description="For supervisors. An amount off has a `value`; a percentage has `percent`, and `most`, so that "
        "it is known what a code may cost. `min_spend` is what is spent before it may be used, `budget` what all "
        "codes together may come to, `per_buyer` how many codes one buyer gets.",
        request=shapes.NewOfferInput,
        responses={201: shapes.CouponSerializer, 404: ErrorsSerializer, **REFUSALS},
        examples=[
            OpenApiExample(
                "Ten percent, at most fifteen dollars",
                {
                    "store": "demo",
                    "name": "Welcome back",
                    "kind": "percent",
                    "percent": 10,
                    "most": {"amount": 1500, "currency": "USD"},
                    "min_spend": {"amount": 5000, "currency": "USD"},
                    "budget": {"amount": 150000, "currency": "USD"},
                    "valid_days": 30,
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        given = read(shapes.NewOfferInput, request.data)
        store_key = given.pop("store")
        coupon = offers.create_offer(agent=agent_of(request), store_key=store_key, values=given)
        return Response(coupon_data(coupon), status=201)


class CouponDetail(ApiView):
    scope = "coupons"

    @extend_schema(tags=TAGS, summary="One offer", responses=shapes.CouponSerializer)
    def get(self, request: Request, coupon_id: UUID) -> Response:
        return Response(coupon_data(_offer(agent_of(request), coupon_id)))

    @extend_schema(
        tags=TAGS,
        summary="Change an offer",
        description="For supervisors. Codes that were given out keep what they promised.",
        request=shapes.OfferInput,
        responses={200: shapes.CouponSerializer, **REFUSALS},
        examples=[OpenApiExample("Switch it off", {"active": False}, request_only=True)],
    )
    def patch(self, request: Request, coupon_id: UUID) -> Response:
        agent, given = agent_of(request), read(shapes.OfferInput, request.data)
        return Response(coupon_data(offers.change_offer(agent=agent, coupon_id=coupon_id, values=given)))


class Codes(ApiView):
    scope = "coupons"

    @extend_schema(
        tags=TAGS,
        summary="List the codes of an offer",
        description="The newest first, in pages of 50.",
        parameters=[shapes.CodeQuery],
        responses=shapes.CodePageSerializer,
    )
    def get(self, request: Request, coupon_id: UUID) -> Response:
        agent, given = agent_of(request), read(shapes.CodeQuery, request.query_params)
        _offer(agent, coupon_id)
        rows = with_code_relations(codes_for(agent)).filter(coupon=coupon_id)
        rows = rows.filter(**{name: given[name] for name in ("state", "buyer") if given.get(name)})
        return _page(request, rows, CODES, given.get("cursor", ""), code_data)

    @extend_schema(
        tags=TAGS,
        summary="Give a buyer a code",
        description="To the buyer of a conversation, who gets it there as a card as soon as the store has made it "
        "(`creating`, then `active`), or to a buyer without one. Above my limits it is `waiting` until a second "
        "person approves it, and needs a reason. 409 `not_allowed`: the offer is over, used up, or this buyer has "
        "had it.",
        parameters=[IDEMPOTENCY_KEY],
        request=shapes.CodeInput,
        responses={201: shapes.CodeSerializer, **REFUSALS},
        examples=[
            OpenApiExample(
                "In the chat",
                {"conversation": "0199f3a2-0000-7000-8000-00000000000c", "reason": "Late parcel"},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request, coupon_id: UUID) -> Response:
        key, given = given_key(request), read(shapes.CodeInput, request.data)
        code = issuing.issue_code(
            agent=agent_of(request),
            coupon_id=coupon_id,
            conversation_id=given["conversation"],
            buyer_id=given["buyer"],
            reason=given["reason"],
            idempotency_key=key,
        )
        return _code(code, status=201)


class CodeDetail(ApiView):
    scope = "coupons"

    @extend_schema(tags=TAGS, summary="One code", responses=shapes.CodeSerializer)
    def get(self, request: Request, code_id: UUID) -> Response:
        code = codes_for(agent_of(request)).filter(pk=code_id).first()
        if code is None:
            raise NotFound("No such code.")
        return _code(code)


class ApproveCode(ApiView):
    scope = "coupons"

    @extend_schema(
        tags=TAGS,
        summary="Approve a code that waits",
        description="As a second person with a supervisor's role, within one's own limits (403 otherwise).",
        request=DecisionInput,
        responses={200: shapes.CodeSerializer, **REFUSALS},
    )
    def post(self, request: Request, code_id: UUID) -> Response:
        given = read(DecisionInput, request.data)
        return _code(issuing.approve(agent=agent_of(request), code_id=code_id, comment=given["comment"]))


class RejectCode(ApiView):
    scope = "coupons"

    @extend_schema(
        tags=TAGS,
        summary="Reject a code that waits",
        description="With a comment, which whoever asked for it reads.",
        request=DecisionInput,
        responses={200: shapes.CodeSerializer, **REFUSALS},
    )
    def post(self, request: Request, code_id: UUID) -> Response:
        given = read(DecisionInput, request.data)
        return _code(issuing.reject(agent=agent_of(request), code_id=code_id, comment=given["comment"]))


class RevokeCode(ApiView):
    scope = "coupons"

    @extend_schema(
        tags=TAGS,
        summary="Revoke a code",
        description="One that was not used: by whoever gave it, or a supervisor. It is `revoking` until the store "
        "has made it void; what waits for approval is taken back at once.",
        request=None,
        responses={200: shapes.CodeSerializer, **REFUSALS},
    )
    def post(self, request: Request, code_id: UUID) -> Response:
        return _code(issuing.revoke(agent=agent_of(request), code_id=code_id))


class Redeem(ApiView):
    scope = "coupons"

    @extend_schema(
        tags=TAGS,
        summary="Redeem a code",
        description="For stores that ask us: once, for one order. The same order again is the same answer; another "
        "one is a 409 `redeemed`, a code whose time is over a 409 `expired`.",
        request=shapes.RedeemInput,
        responses={200: shapes.CodeSerializer, **REFUSALS},
        examples=[OpenApiExample("At the till", {"store": "demo", "order": "100241"}, request_only=True)],
    )
    def post(self, request: Request, code: str) -> Response:
        agent, given = agent_of(request), read(shapes.RedeemInput, request.data)
        store = stores_for(agent).filter(key=given["store"]).first()
        if store is None:
            raise NotFound("No such store.")
        redeemed = redeem(
            store=store,
            code=code,
            order_number=given["order"],
            buyer_id=given["buyer"],
            actor=Actor.agent(agent),
        )
        return _code(redeemed)


def _offers(agent: Agent) -> QuerySet[Coupon]:
    return coupons_for(agent).select_related("store").prefetch_related("products")


def _offer(agent: Agent, coupon_id: UUID) -> Coupon:
    coupon = _offers(agent).filter(pk=coupon_id).first()
    if coupon is None:
        raise NotFound("No such offer.")
    return coupon


def _code(code: CouponCode, status: int = 200) -> Response:
    fresh = with_code_relations(CouponCode.objects.all()).get(pk=code.pk)
    return Response(code_data(fresh), status=status)


def _page(request: Request, rows: QuerySet[Any], key: Keyset, cursor: str, shape: Any) -> Response:
    if cursor:
        rows = rows.filter(key.beyond(key.place(cursor)))
    found = list(rows.order_by(*key.ordering())[: PAGE + 1])
    more = key.cursor(found[PAGE - 1]) if len(found) > PAGE else None
    return Response({"results": [shape(row) for row in found[:PAGE]], "next": next_page(request, more)})
