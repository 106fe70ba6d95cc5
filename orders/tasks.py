"""What is done to orders later. A job is only a bell: the action's row says what there is to do."""

from uuid import UUID

from celery import shared_task

from helpdesk.lib.jobs import enqueue
from orders import catch_up, hooks, running
from orders.cards import parcels


@shared_task
def run_action(action_id: str) -> None:
    running.run_action(UUID(action_id))


@shared_task
def run_due_actions() -> None:
    """Ring again for every action whose bell was lost; each alone, so that a slow store delays no other."""
    for action_id in running.due_actions():
        enqueue(run_action, str(action_id))


@shared_task
def take_in_hook(hook_id: int) -> None:
    hooks.take_in(hook_id)


@shared_task
def take_in_new_hooks() -> None:
    for hook_id in hooks.new_hooks():
        enqueue(take_in_hook, hook_id)


@shared_task
def discard_old_hooks() -> None:
    hooks.discard_old()


@shared_task
def catch_up_with_store(store_id: str) -> None:
    if catch_up.catch_up(UUID(store_id)):
        enqueue(catch_up_with_store, store_id)


@shared_task
def catch_up_with_stores() -> None:
    """Each store in a job of its own: one that is down or slow delays no other."""
    for store_id in catch_up.due():
        enqueue(catch_up_with_store, str(store_id))


@shared_task
def release_checked_parcels() -> None:
    parcels.release_due()
