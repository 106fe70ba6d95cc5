"""The desk in one process: pages, sockets and jobs, and nothing that a crash could take along."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.live import Buyer, Desk, Process, free_port, wait_for


class Embedded(Process):
    """`manage.py demo`, on the world of factories.py."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.port = free_port()
        command = [sys.executable, "manage.py", "demo", "--port", str(self.port)]
        super().__init__(command, desk.env | {"HELPDESK_DEMO": "1"}, folder / "embedded.log")

    def answers(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/readyz", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def server(desk: Desk, tmp_path: Path) -> Iterator[Embedded]:
    server = Embedded(desk, tmp_path)
    server.start()
    yield server
    server.kill()


async def test_jobs_are_done_also_those_that_a_crash_interrupted(desk: Desk, server: Embedded) -> None:
    def left() -> int:
        return int(desk.sql("SELECT count(*) FROM inbox_message WHERE NOT indexed")[0][0])

    wait_for(lambda: left() == 0, 20, "the index")
    async with Buyer(desk, [server.port]) as buyer:
        await buyer.say("needle")
        server.kill()  # -9, as likely as not before anybody looked for new messages
    server.start()
    wait_for(lambda: left() == 0, 20, "the index after the crash")
    assert desk.sql("SELECT count(*) FROM inbox_searchentry WHERE terms LIKE ?", "needl%")[0][0] == 1

    server.signal(signal.SIGTERM)
    assert server.ended(10) == 0
