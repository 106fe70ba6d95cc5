"""/api/v1/buyers/."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.lib.api import ApiView, next_page, read
from inbox.access import store_ids_for
from inbox.errors import NotFound
from inbox.search import find_buyers
from inbox.services import update_buyer
from people.access import buyers_for
from people.api import agent_of
from people.payloads import buyer_data
from people.shapes import BuyerChange, BuyerPageSerializer, BuyerQuery, BuyerSerializer

PAGE = 50
TAGS = ["Buyers"]


class Buyers(ApiView):
    scope = "buyers"

    @extend_schema(
        tags=TAGS,
        summary="Find buyers",
        description="With `q` the 50 newest who fit; else all of them, the newest first, in pages of 50.",
        parameters=[BuyerQuery],
        responses=BuyerPageSerializer,
    )
    def get(self, request: Request) -> Response:
        agent, given = agent_of(request), read(BuyerQuery, request.query_params)
        if q := given.get("q"):
            found = find_buyers(q, store_ids_for(agent), limit=PAGE)
            return Response({"results": [buyer_data(buyer) for buyer in found], "next": None})
        # Their ids are in the order of time, so the id alone is the place.
        rows = buyers_for(agent).select_related("store").order_by("-id")
        if cursor := given.get("cursor"):
            rows = rows.filter(id__lt=cursor)
        found = list(rows[: PAGE + 1])
        following = found[PAGE - 1].id.hex if len(found) > PAGE else None
        results = [buyer_data(buyer) for buyer in found[:PAGE]]
        return Response({"results": results, "next": next_page(request, following)})


class BuyerDetail(ApiView):
    scope = "buyers"

    @extend_schema(tags=TAGS, summary="One buyer", responses=BuyerSerializer)
    def get(self, request: Request, buyer_id: UUID) -> Response:
        buyer = buyers_for(agent_of(request)).select_related("store").filter(pk=buyer_id).first()
        if buyer is None:
            raise NotFound("No such buyer.")
        return Response(buyer_data(buyer))

    @extend_schema(
        tags=TAGS,
        summary="Write down how to reach a buyer, or a note",
        description="It proves nothing: who a buyer is, only their store can say.",
        request=BuyerChange,
        responses=BuyerSerializer,
    )
    def patch(self, request: Request, buyer_id: UUID) -> Response:
        changes = read(BuyerChange, request.data)
        return Response(buyer_data(update_buyer(agent=agent_of(request), buyer_id=buyer_id, changes=changes)))
