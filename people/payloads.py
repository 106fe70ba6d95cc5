"""The shapes of people, teams and stores, as the API gives them."""

from typing import Any

from helpdesk.lib.times import iso
from people.models import Agent, Buyer, Store, Team


def store_ref(store: Store) -> dict[str, Any]:
    return {"id": str(store.id), "key": store.key, "name": store.name, "color": store.color}


def store_data(store: Store) -> dict[str, Any]:
    """Return a store without what is secret of it."""
    return {
        **store_ref(store),
        "currency": store.currency,
        "language": store.language,
        "time_zone": store.time_zone,
        "country": store.country,
    }


def agent_data(agent: Agent) -> dict[str, Any]:
    return {"id": str(agent.id), "name": agent.name, "role": agent.role, "presence": agent.presence_now()}


def team_data(team: Team) -> dict[str, Any]:
    """Return a team. (Load it with its stores.)"""
    return {
        "id": str(team.id),
        "name": team.name,
        "stores": [store_ref(store) for store in team.stores.all()],
    }


def buyer_data(buyer: Buyer) -> dict[str, Any]:
    """Return what agents know of a buyer. (Load it with its store.)"""
    return {
        "id": str(buyer.id),
        "store": store_ref(buyer.store),
        "external_id": buyer.external_id,
        "verified": buyer.is_verified,
        "name": buyer.display_name,
        "given_name": buyer.name,
        "email": buyer.email,
        "phone": buyer.phone,
        "language": buyer.language,
        "time_zone": buyer.time_zone,
        "country": buyer.country,
        "note": buyer.note,
        "created_at": iso(buyer.created_at),
        "last_seen_at": iso(buyer.last_seen_at),
    }
