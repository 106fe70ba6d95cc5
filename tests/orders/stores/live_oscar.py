"""The real django-oscar with its API, in an environment of its own under var/oscar.

    .venv/bin/python -m tests.orders.stores.live_oscar     # installs it and makes its database, once

A `Site` is one running shop on a copy of that database; `shopkeeper` makes orders and changes them inside it.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from tests.live import ROOT, free_port, wait_for

HOME = ROOT / "var" / "oscar"
PYTHON = HOME / "venv" / "bin" / "python"
EMPTY = HOME / "empty.sqlite3"
READY = HOME / "ready"
PACKAGES = ("django-oscar==4.2.1", "django-oscar-api==3.3.0")
USER, PASSWORD = "desk@shop.test", "staff-password"


def is_ready() -> bool:
    return READY.is_file() and READY.read_text() == " ".join(PACKAGES)


def install() -> None:
    """Make the environment and the empty database. Raises CalledProcessError where a step fails."""
    shutil.rmtree(HOME, ignore_errors=True)
    HOME.mkdir(parents=True)
    subprocess.run([sys.executable, "-m", "venv", HOME / "venv"], check=True)
    subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    subprocess.run([PYTHON, "-m", "django", "migrate", "--verbosity", "0"], check=True, env=environment(HOME))
    (HOME / "shop.sqlite3").rename(EMPTY)
    READY.write_text(" ".join(PACKAGES))


def environment(folder: Path, **more: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(__file__).parent),
        "DJANGO_SETTINGS_MODULE": "oscar_site.settings",
        "OSCAR_SITE": str(folder),
        **more,
    }


class Site:
    """One shop; `close` ends it. `page_size` 0: its API has no pages, as it comes."""

    def __init__(
        self, folder: Path, lines: list[dict[str, Any]], *, page_size: int = 0, admin_api: bool = True
    ) -> None:
        shutil.copy(EMPTY, folder / "shop.sqlite3")
        more = {"OSCAR_ADMIN_API": "on"} if admin_api else {}
        env = environment(folder, OSCAR_PAGE_SIZE=str(page_size) if page_size else "", **more)
        self.shopkeeper = subprocess.Popen(
            [PYTHON, "-m", "oscar_site.shopkeeper"],
            env=env,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.ids = self.ask(do="world", user=USER, password=PASSWORD, lines=lines)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/api"
        with (folder / "server.log").open("wb") as log:
            self.server = subprocess.Popen(
                [PYTHON, "-m", "django", "runserver", f"127.0.0.1:{port}", "--noreload"],
                env=env,
                stdout=log,
                stderr=log,
            )
        wait_for(self.answers, 60, "the shop")

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/", timeout=10, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def ask(self, **asked: Any) -> Any:
        assert self.shopkeeper.stdin is not None
        assert self.shopkeeper.stdout is not None
        self.shopkeeper.stdin.write(json.dumps(asked) + "\n")
        self.shopkeeper.stdin.flush()
        said = self.shopkeeper.stdout.readline()
        assert said, "the shopkeeper has gone"
        return json.loads(said)

    def close(self) -> None:
        for process in (self.server, self.shopkeeper):
            process.kill()
            process.wait()


if __name__ == "__main__":
    if not is_ready():
        install()
