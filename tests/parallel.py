"""Doing the same thing many times in one moment."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connections


def at_once(times: int, work: Callable[[int], Any]) -> list[Any]:
    """Run `work(0)` to `work(times - 1)` on threads that start together; return what each gave or raised.

    What they should see has to be committed: `pytest.mark.django_db(transaction=True)`.
    """
    results: list[Any] = [None] * times
    start = threading.Barrier(times)

    def run(index: int) -> None:
        try:
            start.wait(20)
            results[index] = work(index)
        except Exception as error:
            results[index] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
