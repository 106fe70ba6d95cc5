"""A real HTTP server on this machine that plays a shop, and can be told to misbehave."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Asked:
    """One request, as the shop got it."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        return json.loads(self.body) if self.body else None


@dataclass
class Told:
    """One answer of the shop."""

    data: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


# What may go wrong with the next request that changes something at the shop. "cut" and "broken" and "error after"
# have it done all the same; the others do not.
FAULTS = ("busy", "cut before", "error before", "late", "cut", "error after", "broken")


class FakeShop:
    """Subclasses answer `Asked` with `Told`. `faults` is used up one by one by requests that change something;
    `always` ("locked out", "error before", "busy", "broken") holds for every request until it is cleared."""

    FAULTS: ClassVar[tuple[str, ...]] = FAULTS

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.always = ""
        self.late_s = 1.5  # how long a late answer takes; tests make the connector less patient than that
        self.requests: list[Asked] = []
        self.lock = threading.RLock()  # a shop does one thing at a time: what is changed is never half seen
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    # -- for subclasses

    def answer(self, asked: Asked) -> Told:
        raise NotImplementedError

    def changes(self, asked: Asked) -> bool:
        """Whether the request changes something, and so meets the next fault."""
        return asked.method != "GET"

    def busy(self) -> Told:
        return Told({"message": "Too many requests"}, 429, {"Retry-After": "2"})

    def locked_out(self) -> Told:
        return Told({"message": "Invalid credentials"}, 401)

    # -- what happens to a request

    def serve(self, asked: Asked, send: Callable[[Told], None], cut: Callable[[], None]) -> None:
        self.requests.append(asked)
        fault = self.always
        if not fault and self.faults and self.changes(asked):
            fault = self.faults.pop(0)
        early = {
            "busy": self.busy,
            "locked out": self.locked_out,
            "error before": lambda: Told({"message": "Internal error"}, 500),
        }
        if fault in early:
            send(early[fault]())
        elif fault == "cut before":
            cut()
        else:
            with self.lock:
                told = self.answer(asked)
            if fault == "cut":
                cut()
            elif fault == "late":
                time.sleep(self.late_s)
                send(told)
            elif fault == "error after":
                send(Told({"message": "Internal error"}, 500))
            elif fault == "broken":
                send(Told("<html>not what was asked for", told.status))
            else:
                send(told)


def _handler(shop: FakeShop) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            parts = urlsplit(self.path)
            asked = Asked(
                self.command,
                parts.path,
                dict(parse_qsl(parts.query, keep_blank_values=True)),
                {name.lower(): value for name, value in self.headers.items()},
                self.rfile.read(int(self.headers.get("Content-Length") or 0)),
            )
            self.close_connection = True
            shop.serve(asked, self.send, self.cut)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815

        def send(self, told: Told) -> None:
            broken = isinstance(told.data, str)
            body = told.data.encode() if broken else json.dumps(told.data).encode()
            with contextlib.suppress(OSError):  # whoever asked has gone
                self.send_response(told.status)
                for name, value in {"Content-Type": "application/json", **told.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def cut(self) -> None:
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)

        def log_message(self, *args: Any) -> None:
            pass

        def finish(self) -> None:
            with contextlib.suppress(OSError, ValueError):
                super().finish()

    return Handler
