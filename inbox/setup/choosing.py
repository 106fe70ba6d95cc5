"""Settings pages about one store at a time: which one is meant."""

from people.access import stores_for
from people.models import Store
from people.views.roles import AgentRequest


def store_of(request: AgentRequest) -> tuple[list[Store], Store | None]:
    """Return the stores to choose from, and the one that the address names (else the first)."""
    stores = list(stores_for(request.user))
    key = request.GET.get("store", "")
    return stores, next((one for one in stores if one.key == key), stores[0] if stores else None)
