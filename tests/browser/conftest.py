"""The real thing in a real browser: one desk for the session, one Chromium, a fresh context for each test.

    def test_something(desk, open_page):
        page = open_page(f"{desk.url}/inbox/", size="phone", scheme="dark", agent="agent@demo.test")
        ...
        assert_no_serious_axe_findings(page)

A page that wrote an error to its console, or raised one, fails its test when it ends.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Frame, Page, sync_playwright
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests import prepared

ROOT = Path(__file__).resolve().parents[2]
SIZES = {"desktop": (1440, 900), "tablet": (1024, 768), "phone": (390, 844)}
PASSWORD = "demo-demo-demo"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium() -> str | None:
    names = [os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"]
    return next((path for name in names if name and (path := shutil.which(name))), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if find_chromium() is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium on this machine"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# Reads a piece of Python a line (JSON), runs it with fresh names, and answers with what it printed or how it failed.
SHELL = """
import contextlib, io, json, sys, traceback
for line in sys.stdin:
    printed, failed = io.StringIO(), ""
    with contextlib.redirect_stdout(printed):
        try:
            exec(json.loads(line), dict(globals()))
        except Exception:
            failed = traceback.format_exc()
    print(json.dumps([printed.getvalue(), failed]), flush=True)
"""
# A log-in without the log-in page, whose hashing of passwords takes longer than most tests.
LOG_IN = """
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.middleware.csrf import _get_new_csrf_string
from people.models import Agent
agent, session = Agent.objects.get(email={email!r}), SessionStore()
session[SESSION_KEY], session[HASH_SESSION_KEY] = str(agent.pk), agent.get_session_auth_hash()
session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
session.create()
print("session", session.session_key, _get_new_csrf_string())
"""


ENDED = """
from django.utils import timezone
from team.models import Announcement
Announcement.objects.filter(published_at__isnull=False, ended_at=None).update(ended_at=timezone.now())
"""


class Desk:
    """The demo as `make demo` runs it, on a database of its own. `stop` and `start` keep port and data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.env = {
            **kept,
            "HELPDESK_DEMO": "1",
            "DATABASE_URL": f"sqlite:///{folder / 'desk.sqlite3'}",
            "MEDIA_ROOT": str(folder / "media"),
            "PUBLIC_URL": self.url,
            "ORDER_HOLD_SECONDS": "5",
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._shell: subprocess.Popen[str] | None = None

    def run(self, code: str) -> str:
        """Run Python where Django is set up and the database is the desk's; return what it printed.

        One process does it for the whole session: to start one takes longer than what it is to do.
        """
        if self._shell is None:
            self._shell = subprocess.Popen(
                [sys.executable, "manage.py", "shell", "-v0", "-c", SHELL],
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self._shell.stdin
        assert self._shell.stdout
        self._shell.stdin.write(json.dumps(code) + "\n")
        self._shell.stdin.flush()
        printed, failed = json.loads(self._shell.stdout.readline())
        assert not failed, failed
        return str(printed)

    def end(self) -> None:
        if self._shell is not None:
            assert self._shell.stdin
            self._shell.stdin.close()
            self._shell.wait(20)
        self.stop()

    def manage(self, *arguments: str) -> str:
        """Run a management command on the desk's database; return what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.env, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr or done.stdout
        return done.stdout

    def start(self) -> None:
        log = (self.folder / "desk.log").open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "manage.py", "demo", "--port", str(self.port)],
            cwd=ROOT,
            env=self.env,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{self.url}/healthz", timeout=2).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            if self._process.poll() is not None:
                break
            time.sleep(0.1)
        raise AssertionError("the desk did not start:\n" + (self.folder / "desk.log").read_text()[-4000:])

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self._process is None:
            return
        os.killpg(self._process.pid, how)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = None

    def agent(self, email: str = "agent@demo.test") -> httpx.Client:
        """Return a client that is logged in as an agent and sends the CSRF header with what it posts."""
        _, session, token = self.run(LOG_IN.format(email=email)).split()
        client = httpx.Client(base_url=self.url, follow_redirects=True, timeout=20)
        for name, value in (("sessionid", session), ("csrftoken", token)):
            client.cookies.set(name, value, domain="127.0.0.1")
        client.headers.update({"X-CSRFToken": token, "Referer": self.url})
        return client

    def console(self, email: str = "agent@demo.test") -> "Console":
        """Return an agent at the live socket, without a browser."""
        return Console(self, self.agent(email))


class Console:
    """An agent's socket. Frames that come are kept in `frames`."""

    def __init__(self, desk: Desk, client: httpx.Client) -> None:
        self.client = client
        self.frames: list[dict[str, Any]] = []
        self.changed = threading.Condition()
        cookie = f"sessionid={client.cookies['sessionid']}"
        address = desk.url.replace("http", "ws", 1) + "/ws/console/"
        self._open = contextlib.ExitStack()
        headers = {"Cookie": cookie, "Origin": desk.url}
        line: Any = connect(address, additional_headers=headers)
        self.socket: ClientConnection = self._open.enter_context(line)
        threading.Thread(target=self._hear, daemon=True).start()
        self.send("hello")
        self.wait_for(lambda frame: frame["type"] == "welcome")

    def _hear(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            for text in self.socket:
                with self.changed:
                    self.frames.append(json.loads(text))
                    self.changed.notify_all()

    def send(self, kind: str, **frame: Any) -> None:
        self.socket.send(json.dumps({"type": kind, **frame}))

    def wait_for(self, wanted: Callable[[dict[str, Any]], bool], timeout_s: float = 15) -> dict[str, Any]:
        """Return the first frame that is `wanted`, of those heard and those to come."""
        deadline = time.monotonic() + timeout_s
        with self.changed:
            while True:
                for frame in self.frames:
                    if wanted(frame):
                        return frame
                left = deadline - time.monotonic()
                if left <= 0 or not self.changed.wait(left):
                    raise AssertionError(f"not heard; the last frames: {self.frames[-5:]}")

    def open(self, body: str) -> str:
        """Wait until a buyer has written `body`; open that conversation and return its id."""
        heard = self.wait_for(lambda f: f.get("summary", {}).get("preview") == body)
        conversation = str(heard["summary"]["id"])
        self.send("subscribe", conversation=conversation, after=0)
        self.wait_for(lambda f: f["type"] == "subscribed" and f["conversation"] == conversation)
        return conversation

    def say(self, conversation: str, body: str, **more: Any) -> str:
        """Write a message; return its id once it is acknowledged."""
        client_id = uuid4().hex
        self.send("message.send", conversation=conversation, client_id=client_id, body=body, **more)
        return str(self.wait_for(lambda f: f.get("client_id") == client_id)["id"])

    def do(self, conversation: str, verb: str, **body: Any) -> dict[str, Any]:
        """Do something to a conversation over REST: resolve, assign, cards ..."""
        answer = self.client.post(f"/api/v1/conversations/{conversation}/{verb}/", json=body)
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def close(self) -> None:
        self._open.close()


@pytest.fixture
def console(desk: Desk) -> Iterator[Console]:
    console = desk.console()
    yield console
    console.close()


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    desk = Desk(tmp_path_factory.mktemp("desk"))
    prepared.copy_to(desk.folder / "desk.sqlite3")
    desk.manage("demo_data", "--scale", "1")
    # What is announced stands on every page: those whose test it is announce their own.
    desk.run(ENDED)
    try:
        desk.start()
        yield desk
    finally:  # also one that was too slow to start: it would slow down all that follows
        desk.end()


SHOP = """<!doctype html><html lang="{lang}"><meta charset="utf-8"><title>A shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<style>* {{ all: revert; color: rgb(200, 0, 0) }} button {{ display: none !important }}
iframe {{ opacity: .2 }}</style>
<body><h1>A shop with loud styles</h1><p><a href="#more">more</a></p>
<script>window.Helpdesk = function () {{ (Helpdesk.q = Helpdesk.q || []).push(arguments) }};
window.heard = [];
["ready", "open", "close", "message", "unread"].forEach(function (name) {{
  Helpdesk("on", name, function (detail) {{ heard.push([name, detail]) }}) }});</script>
<script async src="{desk}/widget.js" data-store="{store}"></script></body></html>"""


@pytest.fixture(scope="session")
def shop(desk: Desk) -> Iterator[str]:
    """A shop on another origin that embeds the widget. `?store=` and `?lang=` choose which and how."""

    class Shop(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = httpx.QueryParams(self.path.partition("?")[2])
            page = SHOP.format(desk=desk.url, store=query.get("store", "demo"), lang=query.get("lang", "en"))
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


# Of the package, not the session: Playwright keeps a loop running, and asynchronous tests want their own.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        yield browser
        browser.close()


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, desk: Desk) -> Iterator[OpenPage]:
    """Open pages, each in a context of its own (or in the one given), and watch their consoles."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(
        url: str,
        *,
        size: str = "desktop",
        scheme: str = "light",
        locale: str = "en",
        motion: str = "reduce",
        agent: str = "",
        context: BrowserContext | None = None,
        forgive: tuple[str, ...] = (),
    ) -> Page:
        """`forgive`: parts of console errors that the test provokes."""
        if context is None:
            width, height = SIZES[size]
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme=scheme,  # type: ignore[arg-type]
                locale=locale,
                reduced_motion=motion,  # type: ignore[arg-type]
                has_touch=size == "phone",
                is_mobile=size == "phone",
            )
            contexts.append(context)
            if agent:
                cookies = desk.agent(agent).cookies
                context.add_cookies([{"name": n, "value": v, "url": desk.url} for n, v in cookies.items()])
        page = context.new_page()

        def complain(text: str) -> None:
            if not any(part in text for part in forgive):
                complaints.append(f"{page.url}: {text}")

        page.on("console", lambda message: complain(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complain(str(error)))
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints, "\n".join(complaints)


def assert_no_serious_axe_findings(page: Page | Frame) -> None:
    """Run axe in a page (or a frame); fail on what it calls serious or critical."""
    found = [v for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
    told = [f"{v['id']}: {v['help']}\n    " + "\n    ".join(n["html"] for n in v["nodes"][:5]) for v in found]
    assert not found, "\n".join(told)


def shoot(page: Page, name: str) -> None:
    """Keep a screenshot under $SCREENSHOTS, where that is set."""
    if folder := os.environ.get("SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(folder) / f"{name}.png"))
