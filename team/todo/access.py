"""Which tasks somebody may see, as a queryset, and who looks after one."""

from uuid import UUID

from django.db.models import Q, QuerySet

from inbox.access import store_ids_for
from people.models import Agent, Store, Team
from team.todo.models import Task


def tasks_for(agent: Agent) -> QuerySet[Task]:
    """Return the tasks of the agent's stores: all of them to who looks after everybody's; else those that are theirs,
    their teams' or nobody's, that they made, and what is about a conversation or an order, which everybody sees."""
    if not agent.is_active:
        return Task.objects.none()
    stores = store_ids_for(agent)
    rows = Task.objects.all() if stores is None else Task.objects.filter(store__in=stores)
    if agent.may("tasks.others"):
        return rows
    mine = (
        Q(assignee=agent) | Q(created_by=agent) | Q(team__in=Team.objects.filter(agents=agent).values("id"))
    )
    shared = Q(assignee=None, team=None) | Q(conversation__isnull=False) | Q(order__isnull=False)
    return rows.filter(mine | shared)


def with_task_relations(tasks: QuerySet[Task]) -> QuerySet[Task]:
    """Load what `task_data` and the pages read: one query, however many rows."""
    return tasks.select_related(
        "store", "assignee", "team", "created_by", "done_by", "conversation__buyer", "order__buyer"
    )


def servants(store_id: UUID) -> QuerySet[Agent]:
    """Return who may be given a task of a store."""
    active = Agent.objects.filter(is_active=True)
    admins = Q(role=Agent.Role.ADMIN)
    return active.filter(admins | Q(pk__in=active.filter(teams__stores=store_id).values("id")))


def may_change(agent: Agent, task: Task) -> bool:
    """Whether somebody who sees a task may give it away, put it off or cancel it. (Whoever sees it may do it.)"""
    is_theirs = task.assignee_id is None or agent.pk in (task.assignee_id, task.created_by_id)
    return is_theirs or agent.may("tasks.others")


def caretakers(task: Task) -> list[UUID]:
    """Return whom to tell of a task: whose it is; else the team's people; else who supervises the store."""
    there = servants(task.store_id)
    if task.assignee_id is not None and there.filter(pk=task.assignee_id).exists():
        return [task.assignee_id]
    if task.team_id is not None:
        found = list(there.filter(teams=task.team_id).order_by("id").values_list("id", flat=True))
        if found:
            return found
    return supervisors(task.store)


def supervisors(store: Store) -> list[UUID]:
    """Return who supervises a store; admins where nobody does."""
    there = servants(store.pk)
    found = there.filter(role=Agent.Role.SUPERVISOR).order_by("id").values_list("id", flat=True)
    return list(found) or list(
        there.filter(role=Agent.Role.ADMIN).order_by("id").values_list("id", flat=True)
    )
