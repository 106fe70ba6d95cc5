"""One process that serves everything: pages, sockets and jobs, on SQLite, for one machine.

Jobs run on a thread pool over an in-memory broker and beat on a thread beside it. Nothing of that survives a
crash, and nothing has to: what is to be done is in rows, and the next sweep finds it.
"""

import logging
import threading
from typing import Any

from celery.beat import EmbeddedService
from celery.worker import WorkController
from daphne.endpoints import build_endpoint_description_strings
from daphne.server import Server

from helpdesk.celery import app

log = logging.getLogger(__name__)
JOBS = 4


def start_jobs() -> WorkController:
    """Start the worker and beat on threads of this process; return the worker, to be stopped at the end."""
    worker = WorkController(
        app=app,
        pool_cls="threads",
        concurrency=JOBS,
        hostname="embedded@localhost",
        without_heartbeat=True,
        without_mingle=True,
        without_gossip=True,
    )
    threading.Thread(target=worker.start, name="worker", daemon=True).start()
    beat = EmbeddedService(app, thread=True, scheduler_cls="celery.beat:Scheduler", max_interval=1)
    beat.daemon = True
    beat.start()
    return worker


def serve(application: Any, *, port: int, host: str = "127.0.0.1") -> None:
    """Serve `application` until the process is told to stop (SIGINT, SIGTERM)."""
    worker = start_jobs()
    try:
        server = Server(
            application,
            endpoints=build_endpoint_description_strings(host=host, port=port),
            signal_handlers=True,
            verbosity=0,
        )
        server.run()
    finally:
        worker.stop()
        log.info("stopped")
