"""/api/v1/buyers/<id>/: what agents know of a buyer, who may not write, and who is the same person."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.lib.api import ApiView, read
from helpdesk.lib.fields import Text
from helpdesk.lib.openapi import ErrorsSerializer, sent
from helpdesk.lib.times import iso
from inbox.errors import NotFound
from inbox.services import (
    block_buyer,
    merge_buyers,
    same_person,
    set_mood,
    split_buyer,
    tag_buyer,
    unblock_buyer,
)
from inbox.services.profile import FOR_GOOD, MAX_TAG, MAX_TAGS
from people.access import buyers_for
from people.api import agent_of
from people.models import Agent, Buyer, BuyerMerge
from people.payloads import buyer_data
from people.shapes import BuyerSerializer

TAGS = ["Buyers"]


class TagOfBuyerSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    color = serializers.CharField()


class BlockSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField()
    by = serializers.CharField(help_text="The agent's name.")
    at = serializers.DateTimeField()
    until = serializers.DateTimeField(allow_null=True, help_text="Null: for good.")


class ProfileSerializer(serializers.Serializer[Any]):
    tags = TagOfBuyerSerializer(many=True)
    mood = serializers.IntegerField(allow_null=True, help_text="1 (hard to talk with) to 5 (a pleasure).")
    block = BlockSerializer(allow_null=True, help_text="Set while nothing they write is taken.")
    suggested = BuyerSerializer(many=True, help_text="Who of the same store might be the same person.")
    merges = serializers.ListField(
        child=serializers.DictField(),
        help_text="{id, other, at, by, reason}, newest first; `by` null: by the desk itself.",
    )


class ProfileChange(serializers.Serializer[Any]):
    tags = serializers.ListField(child=Text(max_length=MAX_TAG), max_length=MAX_TAGS, required=False)
    mood = serializers.IntegerField(min_value=1, max_value=5, allow_null=True, required=False)


class BlockInput(serializers.Serializer[Any]):
    reason = Text(max_length=200, help_text="For colleagues; the buyer is not told.")
    until = serializers.DateTimeField(allow_null=True, default=None, help_text="Null: for good.")


@sent("The other one", {"other": "0199f3a2-0000-7000-8000-00000000000b"})
class MergeInput(serializers.Serializer[Any]):
    other = serializers.UUIDField()


class MergeSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kept = serializers.UUIDField()
    merged = serializers.UUIDField()
    undone_at = serializers.DateTimeField(allow_null=True)


def profile_data(agent: Agent, buyer: Buyer) -> dict[str, Any]:
    block = buyer.blocks.select_related("agent").filter(lifted_at__isnull=True).first()
    merges = buyer.merges.select_related("merged", "agent").filter(undone_at__isnull=True)
    return {
        "tags": [{"name": tag.name, "color": tag.color} for tag in buyer.tags.all()],
        "mood": buyer.mood,
        "block": {
            "reason": block.reason,
            "by": block.agent.name,
            "at": iso(block.created_at),
            "until": None if block.until == FOR_GOOD else iso(block.until),
        }
        if block and buyer.is_blocked()
        else None,
        "suggested": [buyer_data(other) for other in same_person(agent, buyer)],
        "merges": [
            {
                "id": str(merge.id),
                "other": merge.merged.display_name,
                "at": iso(merge.created_at),
                "by": merge.agent.name if merge.agent else None,
                "reason": merge.reason,
            }
            for merge in merges
        ],
    }


def _buyer(agent: Agent, buyer_id: UUID) -> Buyer:
    buyer = buyers_for(agent).select_related("store").filter(pk=buyer_id).first()
    if buyer is None:
        raise NotFound("No such buyer.")
    return buyer


class Profile(ApiView):
    scope = "buyers"

    @extend_schema(tags=TAGS, summary="What agents know of a buyer", responses=ProfileSerializer)
    def get(self, request: Request, buyer_id: UUID) -> Response:
        agent = agent_of(request)
        return Response(profile_data(agent, _buyer(agent, buyer_id)))

    @extend_schema(
        tags=TAGS,
        summary="Tag a buyer, or say how it is to talk with them",
        description="`tags` replaces all of them; a word that is new becomes a tag.",
        request=ProfileChange,
        responses=ProfileSerializer,
        examples=[OpenApiExample("A tag", {"tags": ["VIP"], "mood": 5}, request_only=True)],
    )
    def patch(self, request: Request, buyer_id: UUID) -> Response:
        agent, given = agent_of(request), read(ProfileChange, request.data)
        if "tags" in given:
            tag_buyer(agent=agent, buyer_id=buyer_id, tags=given["tags"])
        if "mood" in given:
            set_mood(agent=agent, buyer_id=buyer_id, mood=given["mood"])
        return Response(profile_data(agent, _buyer(agent, buyer_id)))


class Block(ApiView):
    scope = "buyers"

    @extend_schema(
        tags=TAGS,
        summary="Take nothing more from a buyer",
        request=BlockInput,
        responses=ProfileSerializer,
        examples=[OpenApiExample("For good", {"reason": "Threats", "until": None}, request_only=True)],
    )
    def post(self, request: Request, buyer_id: UUID) -> Response:
        agent, given = agent_of(request), read(BlockInput, request.data)
        buyer = block_buyer(agent=agent, buyer_id=buyer_id, reason=given["reason"], until=given["until"])
        return Response(profile_data(agent, buyer))

    @extend_schema(tags=TAGS, summary="Let a buyer write again", responses={200: ProfileSerializer})
    def delete(self, request: Request, buyer_id: UUID) -> Response:
        agent = agent_of(request)
        return Response(profile_data(agent, unblock_buyer(agent=agent, buyer_id=buyer_id)))


class Merge(ApiView):
    scope = "buyers"

    @extend_schema(
        tags=TAGS,
        summary="Make two buyers one",
        description="Of one store. The one whom the store vouches for stays; never are two such made one (409 "
        "`both_verified`). Conversations, orders and identities move; it can be split again.",
        request=MergeInput,
        responses={201: MergeSerializer, 409: ErrorsSerializer},
        examples=[
            OpenApiExample("Merge", {"other": "0199f3a2-0000-7000-8000-00000000000b"}, request_only=True)
        ],
    )
    def post(self, request: Request, buyer_id: UUID) -> Response:
        other = read(MergeInput, request.data)["other"]
        merge = merge_buyers(agent=agent_of(request), buyer_id=buyer_id, other_id=other)
        return Response(merge_data(merge), status=201)


class Split(ApiView):
    scope = "buyers"

    @extend_schema(
        tags=TAGS,
        summary="Take a merge back",
        description="What moved returns; what came since stays with the one who was kept.",
        request=None,
        responses={200: MergeSerializer, 409: ErrorsSerializer},
    )
    def post(self, request: Request, merge_id: UUID) -> Response:
        return Response(merge_data(split_buyer(agent=agent_of(request), merge_id=merge_id)))


def merge_data(merge: BuyerMerge) -> dict[str, Any]:
    return {
        "id": str(merge.id),
        "kept": str(merge.kept_id),
        "merged": str(merge.merged_id),
        "undone_at": iso(merge.undone_at),
    }
