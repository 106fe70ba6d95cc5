"""What is done to coupon codes later. A job is only a bell: the code's row says what there is to do."""

from uuid import UUID

from celery import shared_task

from helpdesk.lib.jobs import enqueue
from orders.coupons import running


@shared_task
def run_code(code_id: str) -> None:
    running.run_code(UUID(code_id))


@shared_task
def run_due_codes() -> None:
    """Ring again for every code whose bell was lost; each alone, so that a slow store delays no other."""
    for code_id in running.due_codes():
        enqueue(run_code, str(code_id))


@shared_task
def expire_codes() -> None:
    running.expire_codes()
