"""/api/v1/events/: what happened. Here rather than in events/, which knows nobody who could be let in."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from events.feed import read_feed
from events.finding import Asked
from events.payloads import event_data
from helpdesk.lib.api import ApiView, read, who_may
from helpdesk.lib.openapi import ErrorsSerializer
from inbox.access import store_ids_for
from inbox.api.inputs import EventQuery
from inbox.api.shapes import EventPageSerializer
from inbox.errors import Invalid
from people.access import stores_for
from people.api import agent_of
from people.models import Agent


class Events(ApiView):
    scope = "events"
    permission_classes = [who_may("audit.read")]

    @extend_schema(
        tags=["Events"],
        summary="What happened",
        description="The audit trail of my stores, for whose role may read it: a hundred at a time. Ask again after "
        "`after`; an empty page may still have more. The filters are those of the audit trail.",
        parameters=[EventQuery],
        responses={200: EventPageSerializer, 403: ErrorsSerializer},
    )
    def get(self, request: Request) -> Response:
        given = read(EventQuery, request.query_params)
        agent = agent_of(request)
        events, after, has_more = read_feed(given["after"], store_ids_for(agent), _asked(agent, given))
        results = [event_data(event) for event in events]
        return Response({"results": results, "after": after, "has_more": has_more})


def _asked(agent: Agent, given: dict[str, Any]) -> Asked:
    stores = None
    if "store" in given:
        found = stores_for(agent).filter(key=given["store"]).first()
        if found is None:
            raise Invalid(_("You serve no such store."), attr="store")
        stores = [found.pk]
    return Asked(
        stores=stores,
        names=[given["name"]] if "name" in given else None,
        actor_kind="agent" if "actor" in given else "",
        actor=given.get("actor"),
        conversation=given.get("conversation"),
        orders=[given["order"]] if "order" in given else None,
        since=given.get("since"),
        until=given.get("until"),
    )
