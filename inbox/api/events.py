"""/api/v1/events/: what happened. Here rather than in events/, which knows nobody who could be let in."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from events.feed import read_feed
from events.payloads import event_data
from helpdesk.lib.api import ApiView, IsSupervisor, read
from helpdesk.lib.openapi import ErrorsSerializer
from inbox.access import store_ids_for
from inbox.api.inputs import EventQuery
from inbox.api.shapes import EventPageSerializer
from people.api import agent_of


class Events(ApiView):
    scope = "events"
    permission_classes = [IsSupervisor]

    @extend_schema(
        tags=["Events"],
        summary="What happened",
        description="For supervisors: the audit trail of my stores, a hundred at a time. Ask again after `after`; an "
        "empty page may still have more.",
        parameters=[EventQuery],
        responses={200: EventPageSerializer, 403: ErrorsSerializer},
    )
    def get(self, request: Request) -> Response:
        given = read(EventQuery, request.query_params)
        events, after, has_more = read_feed(given["after"], store_ids_for(agent_of(request)))
        results = [event_data(event) for event in events]
        return Response({"results": results, "after": after, "has_more": has_more})
