"""Who may see what. Access is a query: a view that starts from one of these cannot leak."""

from django.conf import settings
from django.db.models import QuerySet

from people.models import Agent, Buyer, Store

DEMO_ACCOUNTS = "@demo.test"


def may_enter(agent: Agent) -> bool:
    """False for who is disabled, and for the demo's people where the desk is served for real."""
    return agent.is_active and not is_shut_demo(agent.email)


def is_shut_demo(email: str) -> bool:
    """True for accounts whose password everybody knows, outside of the demo."""
    return email.lower().endswith(DEMO_ACCOUNTS) and not (settings.DEMO or settings.DEBUG)


def stores_for(agent: Agent) -> QuerySet[Store]:
    """Return the stores whose buyers `agent` serves: those of their teams; an admin serves every store."""
    if not agent.is_active:
        return Store.objects.none()
    if agent.role == Agent.Role.ADMIN:
        return Store.objects.all()
    return Store.objects.filter(teams__agents=agent).distinct()


def agents_for(agent: Agent) -> QuerySet[Agent]:
    """Return the active colleagues that `agent` may hand work to: those who share a store with them."""
    active = Agent.objects.filter(is_active=True)
    if agent.role == Agent.Role.ADMIN:
        return active
    shared = active.filter(teams__stores__in=stores_for(agent)) | active.filter(role=Agent.Role.ADMIN)
    return shared.distinct()


def colleagues_for(agent: Agent) -> QuerySet[Agent]:
    """Return whom `agent` may read of in what was done: who shares a store with them, also those who have left."""
    if agent.role == Agent.Role.ADMIN:
        return Agent.objects.all()
    shared = Agent.objects.filter(teams__stores__in=stores_for(agent))
    return (shared | Agent.objects.filter(role=Agent.Role.ADMIN)).distinct()


def buyers_for(agent: Agent) -> QuerySet[Buyer]:
    return Buyer.objects.filter(store__in=stores_for(agent), merged_into__isnull=True)
