"""/api/v1/reviews/: what buyers say of products, and what the store answers."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.lib.api import ApiView, next_page, read
from helpdesk.lib.fields import Text
from helpdesk.lib.openapi import ErrorsSerializer, sent
from helpdesk.lib.scopes import Scope
from orders import reviews
from orders.errors import NotFound
from orders.models import Review
from orders.reviews.listing import Wanted, list_reviews, reviews_for, with_review_relations
from orders.reviews.payloads import review_data
from orders.shapes import OrderStoreSerializer
from people.api import agent_of
from people.models import Agent
from people.shapes import NamedSerializer

TAGS = ["Reviews"]
REFUSALS: dict[int, Any] = {409: ErrorsSerializer}


class ReviewProductSerializer(NamedSerializer):
    sku = serializers.CharField()


class ReviewOrderSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.CharField()


class ReviewSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    store = OrderStoreSerializer()
    external_id = serializers.CharField(help_text="The store's own id of it.")
    product = ReviewProductSerializer()
    order = ReviewOrderSerializer(allow_null=True)
    buyer = NamedSerializer(allow_null=True, help_text="Null: somebody whom we do not know.")
    author = serializers.CharField()
    rating = serializers.IntegerField(help_text="1 to 5.")
    title = serializers.CharField()
    body = serializers.CharField()
    written_at = serializers.DateTimeField()
    reply = serializers.CharField(help_text="The store's answer; empty: none.")
    replied_by = NamedSerializer(allow_null=True)
    replied_at = serializers.DateTimeField(allow_null=True)
    hidden = serializers.BooleanField()
    hidden_reason = serializers.CharField()
    hidden_by = NamedSerializer(allow_null=True)
    conversation = serializers.UUIDField(allow_null=True, help_text="That a low rating opened.")
    sync = serializers.ChoiceField(Review.Sync.values, help_text="Whether the store knows our answer.")
    error = serializers.CharField(help_text="Why the store refused it.")


class ReviewPageSerializer(serializers.Serializer[Any]):
    results = ReviewSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="The address of the next page.")


class ReviewQuery(serializers.Serializer[Any]):
    rating = serializers.IntegerField(required=False, min_value=1, max_value=5)
    unanswered = serializers.BooleanField(required=False, default=False)
    hidden = serializers.BooleanField(required=False, allow_null=True, default=None)
    product = serializers.UUIDField(required=False)
    buyer = serializers.UUIDField(required=False)
    store = serializers.CharField(required=False, max_length=40, help_text="A key.")
    cursor = serializers.CharField(required=False, max_length=300, help_text="From `next`.")


class ReplyInput(serializers.Serializer[Any]):
    reply = Text(allow_blank=True, max_length=2000, help_text="Empty: take the answer away.")


@sent("Abusive", {"reason": "Abusive language"})
class HideInput(serializers.Serializer[Any]):
    reason = Text(max_length=200, help_text="For colleagues.")


class Reviews(ApiView):
    scope: Scope = "orders"

    @extend_schema(
        tags=TAGS,
        summary="List reviews",
        description="The newest first, in pages of 30.",
        parameters=[ReviewQuery],
        responses=ReviewPageSerializer,
    )
    def get(self, request: Request) -> Response:
        given = read(ReviewQuery, request.query_params)
        cursor = given.pop("cursor", "")
        found, more = list_reviews(agent_of(request), Wanted(**given), cursor=cursor)
        results = [review_data(review) for review in found]
        return Response({"results": results, "next": next_page(request, more)})


class ReviewDetail(ApiView):
    scope = "orders"

    @extend_schema(tags=TAGS, summary="One review", responses=ReviewSerializer)
    def get(self, request: Request, review_id: UUID) -> Response:
        return _shown(agent_of(request), review_id)


class ReplyToReview(ApiView):
    scope = "orders"

    @extend_schema(
        tags=TAGS,
        summary="Answer a review",
        description="In the store's name. The store is told afterwards: `sync` says how far that is. An empty reply "
        "takes the answer away. 409 `not_allowed`: this store's system takes none.",
        request=ReplyInput,
        responses={200: ReviewSerializer, **REFUSALS},
        examples=[
            OpenApiExample("Answer", {"reply": "Thank you! We have sent you a new one."}, request_only=True)
        ],
    )
    def post(self, request: Request, review_id: UUID) -> Response:
        agent, given = agent_of(request), read(ReplyInput, request.data)
        reviews.reply(agent=agent, review_id=review_id, text=given["reply"])
        return _shown(agent, review_id)


class HideReview(ApiView):
    scope = "orders"

    @extend_schema(
        tags=TAGS,
        summary="Hide a review",
        description="From the store's visitors, with a reason for colleagues.",
        request=HideInput,
        responses={200: ReviewSerializer, **REFUSALS},
    )
    def post(self, request: Request, review_id: UUID) -> Response:
        agent, given = agent_of(request), read(HideInput, request.data)
        reviews.hide(agent=agent, review_id=review_id, reason=given["reason"])
        return _shown(agent, review_id)


class ShowReview(ApiView):
    scope = "orders"

    @extend_schema(
        tags=TAGS, summary="Show a review again", request=None, responses={200: ReviewSerializer, **REFUSALS}
    )
    def post(self, request: Request, review_id: UUID) -> Response:
        agent = agent_of(request)
        reviews.show(agent=agent, review_id=review_id)
        return _shown(agent, review_id)


def _shown(agent: Agent, review_id: UUID) -> Response:
    review = with_review_relations(reviews_for(agent)).filter(pk=review_id).first()
    if review is None:
        raise NotFound("No such review.")
    return Response(review_data(review))
