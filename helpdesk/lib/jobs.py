"""Handing work to Celery. A job is only a bell: the row it is about already says what is to be done."""

import logging
from datetime import datetime
from typing import Any

from celery import Task, current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


def enqueue(task: Task | str, *args: Any, eta: datetime | None = None) -> None:
    """Run `task` (or the one of that name) after the current transaction commits (at `eta`, aware UTC, if given).

    A broker that does not answer is logged and forgiven: the periodic sweep finds the row.
    """

    def send() -> None:
        name = task if isinstance(task, str) else task.name
        # Whoever only rings need not know the job itself: a process that serves pages has not loaded them all.
        found = current_app.tasks.get(name)
        try:
            if found is not None:
                found.apply_async(args, eta=eta, retry=False)
            else:
                current_app.send_task(name, args, eta=eta, retry=False)
        except (OperationalError, OSError):
            log.warning("broker unreachable, %s is left to the sweep", name)

    transaction.on_commit(send)
