"""The jobs that count on, and that tell the wallboards."""

from celery import shared_task

from team import wall
from team.performance.rollup import count_on

AT_A_TIME = 10  # portions: others want the worker too


@shared_task
def count_performance() -> int:
    """Count what has happened since the last time. Returns how many events were read."""
    return count_on(portions=AT_A_TIME)


@shared_task
def tell_wall() -> int:
    """Send the wallboards what they show. Returns how many look."""
    return wall.tell()
