"""What all transports share: reading what providers write, files from anywhere, forms, and long texts in parts."""

import gzip
from typing import Any

import pytest

from helpdesk.demo.phone.base import Call as VendorCall
from helpdesk.demo.phone.uploads import read_form
from helpdesk.lib import http
from inbox.transports import calls
from inbox.transports.base import Later, NoAnswer, Refused, Unreadable
from inbox.transports.parts import send_parts, split_text, utf16_units
from tests.inbox.channels.provider import serve


@pytest.fixture(autouse=True)
def to_this_machine(settings: Any) -> None:
    settings.OUTGOING_TO_PRIVATE = True


# -- Reading


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"a": "b\\u0000c"}', {"a": "bc"}),
        (b'{"\\u0000a": ["\\ud800x", 1, null]}', {"a": ["?x", 1, None]}),
        (b'{"a": "\\ud83d\\ude00"}', {"a": "😀"}),
        (b'{"a": "\\uD83D\\uDE00 \\uDE00"}', {"a": "😀 ?"}),
        (b"[1]", [1]),
    ],
)
def test_texts_come_as_a_database_can_hold_them(body: bytes, found: Any) -> None:
    assert calls.read_json(body) == found


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b"9" * 5000, b'{"a": "\\u0000' * 3])
def test_what_is_no_json_is_unreadable_and_no_object(body: bytes) -> None:
    with pytest.raises(Unreadable):
        calls.read_json(body)
    assert calls.read_object(body) == {}


@pytest.mark.parametrize("body", [b"null", b"[]", b"5", b'"a"'])
def test_what_is_no_object_is_an_empty_one(body: bytes) -> None:
    assert calls.read_object(body) == {}


# -- What providers answer


@pytest.mark.parametrize(
    ("fault", "error", "body"),
    [
        ((429, {"Retry-After": "7"}, b"slower"), calls.ProviderBusy, b"slower"),
        ((503, {"Retry-After": "7"}, b"away"), calls.ProviderBusy, b"away"),
        ((500, {}, b"oh"), calls.ProviderBroke, b"oh"),
        ((418, {}, b"no"), calls.ProviderRefused, b"no"),
    ],
)
def test_whatever_a_provider_answers_its_words_are_kept(fault: Any, error: Any, body: bytes) -> None:
    with serve(lambda call: (200, {}, b"")) as provider:
        provider.faults = [fault]
        with pytest.raises(error) as told:
            calls.call("POST", provider.url)
        assert told.value.body == body
        if error is calls.ProviderBusy:
            assert (told.value.retry_after, told.value.channel) == (7, True)


def test_a_line_that_breaks_has_no_words() -> None:
    with serve(lambda call: (200, {}, b"")) as provider:
        provider.faults = ["cut"]
        with pytest.raises(NoAnswer) as told:
            calls.call("POST", provider.url)
        assert not isinstance(told.value, calls.ProviderBroke)


# -- Files


def test_a_file_is_had_from_where_its_address_leads_and_secrets_stay_at_home() -> None:
    with (
        serve(lambda call: (302, {"Location": f"{there.url}/b"}, b"")) as here,
        serve(lambda call: (200, {}, b"bytes")) as there,
    ):
        answer = calls.download(f"{here.url}/a", headers={"Authorization": "Bearer x"}, max_bytes=100)
        assert answer.body == b"bytes"
        assert here.calls[0].headers["authorization"] == "Bearer x"
        assert "authorization" not in there.calls[0].headers


def test_a_relative_redirect_stays_at_its_host_and_logged_in() -> None:
    with serve(lambda call: (200, {}, b"bytes")) as here:
        here.faults = [(307, {"Location": "/b?c=d"}, b"")]
        assert calls.download(f"{here.url}/a", headers={"Authorization": "x"}, max_bytes=9).body == b"bytes"
        assert [call.path for call in here.calls] == ["/a", "/b?c=d"]
        assert here.calls[1].headers["authorization"] == "x"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (404, "not there any more"),
        (410, "not there any more"),
        (403, "HTTP 403"),
        ((302, {}, b""), "HTTP 302"),
        ((302, {"Location": "file:///etc/passwd"}, b""), "leads nowhere"),
        ((302, {"Location": "ftp://example.com/x"}, b""), "leads nowhere"),
        ((302, {"Location": "http://[x"}, b""), "leads nowhere"),
        ((200, {}, b"x" * 101), "too large"),
    ],
)
def test_a_file_that_is_not_for_us_is_said_so(fault: Any, words: str) -> None:
    with serve(lambda call: (200, {}, b"bytes")) as here:
        here.faults = [fault]
        with pytest.raises(Refused, match=words):
            calls.download(here.url, max_bytes=100)


def test_a_small_file_that_unpacks_to_a_large_one_is_too_large() -> None:
    small = gzip.compress(b"x" * 10_000)
    with (
        serve(lambda call: (200, {"Content-Encoding": "gzip"}, small)) as here,
        pytest.raises(Refused, match="too large"),
    ):
        calls.download(here.url, max_bytes=1000)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/x", "http://no-such-host.invalid/x"])
def test_a_file_whose_host_is_away_is_asked_for_later(url: str) -> None:
    with pytest.raises(Later):
        calls.download(url, max_bytes=100)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "[::1]",
        "10.1.2.3",
        "192.168.0.1",
        "169.254.169.254",
        "0.0.0.0",
        "[::ffff:127.0.0.1]",
        "[fd00::1]",
        "2130706433",
        "localhost",
    ],
)
def test_a_private_address_is_not_asked_whatever_it_is_called(host: str, settings: Any) -> None:
    settings.OUTGOING_TO_PRIVATE = False
    with pytest.raises(Refused, match="not on the open internet"):
        calls.download(f"http://{host}:1/", max_bytes=100)
    with pytest.raises(http.Private):
        http.call("GET", f"http://{host}:1/")


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "gopher://example.com", "//example.com/x", "nonsense", ""]
)
def test_only_web_addresses_are_asked(url: str) -> None:
    with pytest.raises(Refused, match="leads nowhere"):
        calls.download(url, max_bytes=100)


# -- Forms


def test_a_form_arrives_as_it_was_filled_in() -> None:
    content = b"--a line of dashes\r\n\x00\xff\r\n--"
    with serve(lambda call: (200, {}, b"{}")) as here:
        calls.post_form(
            here.url, {"to": "李 7", "empty": ""}, {"file": ('a "b" 合同.txt', "text/plain", content)}
        )
        [call] = here.calls
    fields, files = read_form(VendorCall("POST", "/", {}, call.headers, call.body))
    assert fields == {"to": "李 7", "empty": ""}
    assert (files["file"].media_type, files["file"].content) == ("text/plain", content)
    assert files["file"].name.startswith("a ")
    assert files["file"].name.endswith("合同.txt")


def test_a_name_cannot_break_out_of_its_line() -> None:
    with serve(lambda call: (200, {}, b"{}")) as here:
        calls.post_form(here.url, {}, {"file": ("a\r\nX-Evil: 1\r\n\r\nb", "text/plain", b"c")})
        [call] = here.calls
    assert b"\r\nX-Evil" not in call.body


# -- Long texts


def test_a_text_is_cut_where_a_line_or_a_word_ends() -> None:
    assert split_text("one two three", 8) == ["one two", "three"]
    assert split_text("one two\nthree four", 12) == ["one two", "three four"]
    assert split_text("x" * 20, 8) == ["x" * 8, "x" * 8, "x" * 4]
    assert split_text("  ", 8) == []


def test_a_text_is_measured_as_its_provider_does() -> None:
    parts = split_text("🐼" * 10, 8, utf16_units)
    assert parts == ["🐼" * 4, "🐼" * 4, "🐼" * 2]
    assert split_text("字" * 5, 7, lambda text: len(text.encode())) == ["字字", "字字", "字"]
    assert split_text("🐼", 1, utf16_units) == ["🐼"], "a sign is never lost, nor waited for without end"


def test_the_rest_of_a_message_that_has_begun_to_go_out_waits_a_little(monkeypatch: Any) -> None:
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    left: list[Any] = ["first", Later("slower", retry_after=3), "second"]

    def say() -> str:
        found = left.pop(0)
        if isinstance(found, Exception):
            raise found
        return str(found)

    assert send_parts([say, say]) == "first"
    assert (waited, left) == ([3], [])


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ([Later("slower", retry_after=3)], Later),  # nothing went out yet: all of it goes later
        (["first", Later("slower", retry_after=60)], NoAnswer),
        (["first", Later("slower")], NoAnswer),
        (["first", Later("slower", retry_after=1), Refused("no")], NoAnswer),
        (["first", NoAnswer("cut")], NoAnswer),
        ([Refused("no")], Refused),
        ([], NoAnswer),
    ],
)
def test_what_fails_after_a_part_went_out_is_not_known(said: list[Any], error: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    left = list(said)

    def say() -> str:
        found = left.pop(0)
        if isinstance(found, Exception):
            raise found
        return str(found)

    with pytest.raises(error) as told:
        send_parts([say] * min(len(said), 2))
    assert isinstance(told.value, error)
