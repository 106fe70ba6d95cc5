"""/api/widget/v1/cards/: what a buyer answers on a card."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from inbox.cards import card_data
from inbox.cards_answers import answer_card, open_card
from inbox.widget_api import WidgetView

ABOUT = (
    "`choice` is the `id` of one of the card's `choices`; `data` has the values of its `fields` by their names. "
    "The same answer again is the same answer (200). Another one after that is refused (409, `answered`), unless "
    "nobody has acted upon the first; `closed` and `changed` say that there is nothing to answer any more, or that "
    "the card shows something else by now."
)


class AnswerRequest(serializers.Serializer[Any]):
    data = serializers.DictField(  # type: ignore[assignment]  # a serializer has a `data` of its own
        child=serializers.JSONField(), required=False, default=dict
    )


class CardAnswer(serializers.Serializer[Any]):
    conversation = serializers.UUIDField()
    message = serializers.UUIDField()
    card = serializers.DictField(
        help_text="As in the message; `answer` says what was chosen, by whom and when."
    )


class CardView(WidgetView):
    """One card as it is now: for a client that may have missed an answer given elsewhere."""

    @extend_schema(tags=["Widget"], summary="A card as it is now", request=None, responses=CardAnswer)
    def get(self, request: Request, message_id: UUID) -> Response:
        message = open_card(buyer_id=self.session.buyer_id, message_id=message_id)
        return Response(card_data(message))


class CardAnswerView(WidgetView):
    rate = "30/min"

    @extend_schema(
        tags=["Widget"],
        summary="Answer a card",
        description=ABOUT,
        request=AnswerRequest,
        responses=CardAnswer,
        examples=[
            OpenApiExample("All correct", value={}, request_only=True),
            OpenApiExample(
                "Something is wrong", value={"data": {"text": "I ordered the blue one."}}, request_only=True
            ),
        ],
    )
    def post(self, request: Request, message_id: UUID, choice: str) -> Response:
        given = self.given(AnswerRequest)
        message = answer_card(
            buyer_id=self.session.buyer_id, message_id=message_id, choice=choice, data=given["data"]
        )
        return Response(card_data(message))
