"""Calls to other people's systems, over real sockets: what may have happened is told apart from what has not."""

import contextlib
import gzip
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from helpdesk.lib import http


class Line:
    """A server that answers whatever a test says, byte by byte."""

    def __init__(self) -> None:
        self.answer: Callable[[socket.socket], None] = lambda line: None
        self.heard: list[bytes] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                line, _address = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(line,), daemon=True).start()

    def _one(self, line: socket.socket) -> None:
        with line:
            self.heard.append(line.recv(65536))
            with contextlib.suppress(OSError):
                self.answer(line)

    def says(self, status: str, body: bytes = b"{}", **headers: str) -> None:
        head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{head}\r\n"
        self.answer = lambda line: line.sendall(head.encode() + body)

    def close(self) -> None:
        # Closing alone does not wake the thread in accept(), and until it wakes the port still answers.
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


@pytest.fixture
def line(settings: Any) -> Iterator[Line]:
    settings.OUTGOING_TO_PRIVATE = True
    line = Line()
    yield line
    line.close()


def test_an_answer_comes_back_whole(line: Line) -> None:
    line.says("201 Created", b'{"id": 5}', X_Total="7")
    answer = http.call("POST", line.url + "/orders", body=b"{}", params={"a": "b c"}, headers={"X-Key": "k"})
    assert (answer.status, answer.json(), answer.headers["x-total"]) == (201, {"id": 5}, "7")
    assert line.heard[0].startswith(b"POST /orders?a=b+c HTTP/1.1\r\n") or b"a=b%20c" in line.heard[0]


def test_where_nobody_listens_nothing_has_happened(line: Line) -> None:
    line.close()
    with pytest.raises(http.NotSent):
        http.call("POST", line.url)


@pytest.mark.parametrize(
    "url", ["http://no-such-host.invalid", "ftp://shop.test", "http://[", "http://" + "a" * 70]
)
def test_where_there_is_no_address_nothing_has_happened(line: Line, url: str) -> None:
    with pytest.raises(http.NotSent):
        http.call("POST", url)


def test_a_header_that_cannot_be_sent_is_not_sent(line: Line) -> None:
    with pytest.raises(http.HttpError):
        http.call("GET", line.url, headers={"X-Key": "密钥"})


@pytest.mark.parametrize(
    "answer",
    [
        lambda line: None,  # hangs up
        lambda line: line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"),
        lambda line: line.sendall(b"HTTP/1.1 200 "),
        lambda line: line.sendall(b"\x00\x01 what is this\r\n\r\n"),
        lambda line: line.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"
        ),
    ],
)
def test_an_answer_that_is_broken_may_hide_that_it_was_done(line: Line, answer: Any) -> None:
    line.answer = answer
    with pytest.raises(http.NoAnswer):
        http.call("POST", line.url)


@pytest.mark.parametrize("piece", [b"", b"H", b"HTTP/1.1 200 OK\r\nX-A: b\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_slow_answer_ends_at_the_deadline_however_it_drips(line: Line, piece: bytes) -> None:
    def drip(out: socket.socket) -> None:
        out.sendall(piece)
        for _ in range(50):
            time.sleep(0.1)
            out.sendall(b"a" if piece else b"")

    line.answer = drip
    start = time.monotonic()
    with pytest.raises(http.NoAnswer):
        http.call("POST", line.url, total_s=0.5)
    assert time.monotonic() - start < 2


@pytest.mark.parametrize("status", ["500 Oops", "502 Bad gateway", "504 Late", "408 Late", "503 Down"])
def test_errors_of_the_other_side_may_hide_that_it_was_done(line: Line, status: str) -> None:
    line.says(status, b'{"message": "oops"}')
    with pytest.raises(http.NoAnswer) as caught:
        http.call("POST", line.url)
    assert caught.value.answer is not None


@pytest.mark.parametrize(
    ("status", "after", "seconds"),
    [
        ("429 Slow down", "7", 7),
        ("429 Slow down", "", 5),
        ("503 Down", "12.5", 12.5),
        ("503 Down", "Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("429 Slow down", "99999999999999999999", 300),
        ("429 Slow down", "nan", 300),
        ("429 Slow down", "-3", 0),
        ("429 Slow down", "soon", 5),
    ],
)
def test_who_asks_us_to_come_back_has_done_nothing(
    line: Line, status: str, after: str, seconds: float
) -> None:
    line.says(status, **({"Retry_After": after} if after else {}))
    with pytest.raises(http.TryLater) as caught:
        http.call("POST", line.url)
    assert caught.value.retry_after == seconds


def test_a_refusal_comes_with_its_words(line: Line) -> None:
    line.says("422 No", b'{"message": "no such order"}')
    with pytest.raises(http.Refused) as caught:
        http.call("POST", line.url)
    assert caught.value.answer.json() == {"message": "no such order"}


def test_redirects_are_not_followed(line: Line) -> None:
    line.says("302 Found", Location="http://169.254.169.254/latest/meta-data/")
    with pytest.raises(http.Refused, match="moved"):
        http.call("GET", line.url)
    assert len(line.heard) == 1


def test_an_answer_without_end_is_cut_off(line: Line) -> None:
    line.says("200 OK", b"x" * 5000)
    with pytest.raises(http.NoAnswer, match="too large"):
        http.call("GET", line.url, max_bytes=4000)


def test_a_small_answer_that_unpacks_to_a_huge_one_is_cut_off(line: Line) -> None:
    line.says("200 OK", gzip.compress(b"x" * 5_000_000), Content_Encoding="gzip")
    with pytest.raises(http.NoAnswer, match="too large"):
        http.call("GET", line.url, max_bytes=100_000)


def test_private_networks_are_out_of_reach_unless_allowed(line: Line, settings: Any) -> None:
    settings.OUTGOING_TO_PRIVATE = False
    for host in ("127.0.0.1", "localhost", "[::1]", "0.0.0.0"):
        with pytest.raises(http.NotSent):
            http.call("GET", line.url.replace("127.0.0.1", host))
    assert line.heard == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("10.1.2.3", False),
        ("172.20.0.1", False),
        ("192.168.1.1", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("2002:0a00:0001::1", False),
        ("64:ff9b::10.0.0.1", False),
    ],
)
def test_what_is_public_is_known_by_its_address(address: str, public: bool) -> None:
    assert http.is_public(address) is public


def test_keys_are_neither_logged_nor_in_errors(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    line.says("500 Oops")
    with pytest.raises(http.NoAnswer) as caught:
        http.call("POST", line.url, body=b"secret-body", headers={"Authorization": "Bearer secret-key"})
    told = (
        repr(caught.value)
        + repr(caught.value.answer)
        + "".join(record.getMessage() for record in caplog.records if not record.name.startswith("httpcore"))
    )
    assert "secret" not in told
