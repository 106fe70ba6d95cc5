"""/api/v1/requests/: what buyers ask for, and the desk's answers."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.lib.api import ApiView, next_page, read
from orders import requests
from orders import requests_shapes as shapes
from orders.api import IDEMPOTENCY_KEY, REFUSALS, given_key
from orders.errors import NotFound
from orders.requests_listing import list_requests, requests_data, requests_for, with_request_relations
from people.api import agent_of
from people.models import Agent

TAGS = ["Requests"]


class Requests(ApiView):
    scope = "orders"

    @extend_schema(
        tags=TAGS,
        summary="List buyers' requests",
        description="Open ones, who has waited longest first; others newest first. In pages of 50.",
        parameters=[shapes.RequestQuery],
        responses=shapes.BuyerRequestPageSerializer,
    )
    def get(self, request: Request) -> Response:
        given = read(shapes.RequestQuery, request.query_params)
        given["state"] = "" if given["state"] == "all" else given["state"]
        page = list_requests(agent_of(request), **given)
        return Response(
            {"results": requests_data(page.requests), "next": next_page(request, page.next or None)}
        )


class RequestDetail(ApiView):
    scope = "orders"

    @extend_schema(tags=TAGS, summary="One request", responses=shapes.BuyerRequestSerializer)
    def get(self, request: Request, request_id: UUID) -> Response:
        return Response(_data(agent_of(request), request_id))


class AcceptRequest(ApiView):
    scope = "orders"

    @extend_schema(
        tags=TAGS,
        summary="Accept a request",
        description="It becomes an action on the order, within my own limits: on hold, or waiting for a second "
        "person's approval (`action.state`). If that comes to nothing, the request is open again. 409 "
        "`order_changed`: the order is another by now, and the request says what it would change as of now. 409 "
        "`too_late`: it was decided or withdrawn. 409 `not_allowed`: the order allows it no longer.",
        parameters=[IDEMPOTENCY_KEY],
        request=shapes.AcceptInput,
        responses={200: shapes.BuyerRequestSerializer, **REFUSALS},
        examples=[OpenApiExample("As asked", {}, request_only=True)],
    )
    def post(self, request: Request, request_id: UUID) -> Response:
        agent, key, given = agent_of(request), given_key(request), read(shapes.AcceptInput, request.data)
        requests.accept(agent=agent, request_id=request_id, idempotency_key=key, params=given["params"])
        return Response(_data(agent, request_id))


class DeclineRequest(ApiView):
    scope = "orders"

    @extend_schema(
        tags=TAGS,
        summary="Decline a request",
        description="The buyer reads the answer in the conversation. The same answer again is the same answer, with "
        "or without an `Idempotency-Key`.",
        request=shapes.DeclineInput,
        responses={200: shapes.BuyerRequestSerializer, **REFUSALS},
        examples=[OpenApiExample("No", {"answer": "Your parcel has left already."}, request_only=True)],
    )
    def post(self, request: Request, request_id: UUID) -> Response:
        agent, given = agent_of(request), read(shapes.DeclineInput, request.data)
        requests.decline(agent=agent, request_id=request_id, answer=given["answer"])
        return Response(_data(agent, request_id))


def _data(agent: Agent, request_id: UUID) -> dict[str, Any]:
    found = with_request_relations(requests_for(agent)).filter(pk=request_id).first()
    if found is None:
        raise NotFound("No such request.")
    return requests_data([found])[0]
