"""/api/v1/: who one is, one's colleagues, and the stores."""

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.lib.api import ApiView
from helpdesk.lib.scopes import ANY_KEY
from people.access import agents_for, stores_for
from people.models import Agent, Store, Team
from people.payloads import agent_data, store_data, store_ref, team_data
from people.shapes import ColleagueSerializer, MeSerializer, StoreSerializer, TeamSerializer


def agent_of(request: Request) -> Agent:
    """Return who asks. (Strangers do not come as far as this.)"""
    assert isinstance(request.user, Agent)
    return request.user


class Me(ApiView):
    scope = ANY_KEY

    @extend_schema(tags=["People"], summary="Who I am", responses=MeSerializer)
    def get(self, request: Request) -> Response:
        agent = agent_of(request)
        return Response(
            {
                **agent_data(agent),
                "email": agent.email,
                "abilities": sorted(agent.abilities),
                "language": agent.language,
                "time_zone": agent.time_zone,
                "teams": [{"id": str(team.id), "name": team.name} for team in agent.teams.all()],
                "stores": [store_ref(store) for store in stores_for(agent)],
            }
        )


class Agents(ApiView):
    scope = ANY_KEY

    @extend_schema(
        tags=["People"],
        summary="Colleagues",
        description="Those who serve a store with me: whom work can be handed to.",
        responses=ColleagueSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        return Response([agent_data(colleague) for colleague in agents_for(agent_of(request))])


class Teams(ApiView):
    scope = ANY_KEY

    @extend_schema(tags=["People"], summary="Teams of my stores", responses=TeamSerializer(many=True))
    def get(self, request: Request) -> Response:
        stores = Store.objects.filter(pk__in=stores_for(agent_of(request)).values("id"))
        teams = Team.objects.filter(stores__in=stores).distinct()
        teams = teams.prefetch_related(Prefetch("stores", stores))
        return Response([team_data(team) for team in teams])


class Stores(ApiView):
    scope = ANY_KEY

    @extend_schema(tags=["People"], summary="Stores that I serve", responses=StoreSerializer(many=True))
    def get(self, request: Request) -> Response:
        return Response([store_data(store) for store in stores_for(agent_of(request))])
