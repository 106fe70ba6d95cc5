"""A provider in a thread: real HTTP on 127.0.0.1, and told to misbehave in all the ways that providers do."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

GARBAGE: tuple[int, dict[str, str], bytes] = (0, {}, b"")


@dataclass
class Call:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Provider:
    """`answer` gives (status, headers, body) for a call; `faults` are what happens instead, once for each entry.

    Faults: an int is that status, a tuple that whole answer; "cut" closes the line before anything was read;
    "cut after" when it was done; "slow" answers too late; "garbage" is no HTTP at all, when it was done; bytes are
    said in place of the body, when it was done. Where `faulty` is given, only calls with that in their path fail.
    """

    answer: Callable[[Call], tuple[int, dict[str, str], bytes]]
    calls: list[Call] = field(default_factory=list)
    done: list[Call] = field(default_factory=list)  # carried out, whether or not the caller heard of it
    faults: list[Any] = field(default_factory=list)
    faulty: str = ""
    slow_s: float = 3.0
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def handle(self, call: Call) -> tuple[int, dict[str, str], bytes] | None:
        with self.lock:
            self.calls.append(call)
            fault = self.faults.pop(0) if self.faults and self.faulty in call.path else None
        if fault == "cut":
            return None
        if isinstance(fault, tuple):
            return fault
        if isinstance(fault, int):
            return fault, {}, b'{"error": "told to fail"}'
        with self.lock:
            self.done.append(call)
            answer = self.answer(call)
        if fault == "cut after":
            return None
        if fault == "slow":
            time.sleep(self.slow_s)
        if fault == "garbage":
            return GARBAGE
        if isinstance(fault, bytes):
            return answer[0], answer[1], fault
        return answer


@contextmanager
def serve(
    answer: Callable[[Call], tuple[int, dict[str, str], bytes]], *, host: str = "127.0.0.1"
) -> Iterator[Provider]:
    provider = Provider(answer)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            found = provider.handle(Call(self.command, self.path, headers, body))
            if found is None:
                self.close_connection = True
                self.connection.close()
                return
            if found is GARBAGE:
                self.wfile.write(b"\x00\xff not HTTP at all\r\n\r\n")
                self.close_connection = True
                return
            status, extra, content = found
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **extra}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_DELETE = do_POST  # noqa: N815  # the names of http.server

        def log_message(self, *args: Any) -> None:
            pass

        def handle(self) -> None:
            with suppress(OSError, ValueError):  # cut off on purpose
                super().handle()

    server = ThreadingHTTPServer((host, 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    provider.url = f"http://{host}:{server.server_port}"
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
