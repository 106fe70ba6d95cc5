"""Ringing for jobs: also for one that this process has not loaded, and without a broker."""

import pytest
from celery import current_app
from kombu.exceptions import OperationalError

from helpdesk.lib import jobs
from inbox.tasks import route_conversations


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(jobs.transaction, "on_commit", lambda work: work())


def test_a_job_that_is_not_loaded_here_is_rung_for_by_its_name(monkeypatch):
    sent = []
    monkeypatch.setattr(current_app, "send_task", lambda name, args, **more: sent.append((name, args)))
    jobs.enqueue("somewhere.tasks.else", "1")
    assert sent == [("somewhere.tasks.else", ("1",))]


@pytest.mark.parametrize(
    "job", [route_conversations, "inbox.tasks.route_conversations", "somewhere.tasks.else"]
)
def test_a_broker_that_is_away_is_nobodys_problem(monkeypatch, job):
    def away(*args, **more):
        raise OperationalError("no broker")

    monkeypatch.setattr(current_app, "send_task", away)
    monkeypatch.setattr("celery.app.task.Task.apply_async", away)
    jobs.enqueue(job)
