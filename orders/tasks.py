"""What is done to orders later. A job is only a bell: the action's row says what there is to do."""

from uuid import UUID

from celery import shared_task

from helpdesk.lib.jobs import enqueue
from orders import running


@shared_task
def run_action(action_id: str) -> None:
    running.run_action(UUID(action_id))


@shared_task
def run_due_actions() -> None:
    """Ring again for every action whose bell was lost; each alone, so that a slow store delays no other."""
    for action_id in running.due_actions():
        enqueue(run_action, str(action_id))
