"""Whatever is brought to a channel's address ends as done or failed, and is kept as it came; nothing else happens."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from helpdesk.demo.phone.base import Photo
from inbox import inbound, transports
from inbox.models import Payload, Received
from inbox.transports.base import Receipt, Request, Said, Unreadable
from tests.inbox.channels.conformance.conftest import Line
from tests.inbox.channels.conformance.kinds import ALL, KINDS

pytestmark = pytest.mark.django_db(transaction=True)

many = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
few = settings(many, max_examples=15)

# Texts and numbers that break readers: halves of surrogate pairs, NULs, signs that turn the writing, no end of digits.
texts = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["\x00", "\ud800", "a\udfffb", "\u202e", "0" * 300, "-1", "1e999", "NaN", "../../etc", "null"]
    ),
)
numbers = st.one_of(st.integers(), st.floats(), st.sampled_from([10**18, -(10**18), 2**63, 10**400, -1, 0]))
scraps = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=12,
)


def real(line: Line) -> list[Request]:
    """Return calls as the vendor makes them."""
    hooks = [
        line.says("Hello 你好"),
        line.says("" if not line.kind.captions else "See", files=[Photo("a.jpg", "image/jpeg", b"jpeg")]),
        *(line.receipt("id-1", state) for state in sorted(ALL)),
    ]
    return [
        Request(
            "POST",
            {name.lower(): value for name, value in hook.headers.items()},
            dict(hook.query),
            hook.body,
            line.url,
        )
        for hook in hooks
        if hook
    ]


def parses(line: Line, request: Request, body: bytes) -> None:
    """Read it. Only Unreadable may come of it, and only what is documented to be there."""
    changed = Request(request.method, request.headers, request.query, body, request.url)
    try:
        found = line.transport.parse(line.channel, changed)
    except Unreadable:
        return
    for item in found:
        assert isinstance(item, Said | Receipt)
        assert isinstance(item.external_id, str)
        assert item.external_id
        if isinstance(item, Said):
            assert isinstance(item.text, str)
            assert isinstance(item.name, str)
            assert all(isinstance(media.ref, str) for media in item.media)
            item.text.encode()
            item.sender.encode()
        else:
            assert item.state in ALL


def paths(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield here
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, inner in entries:
        yield from paths(inner, (*here, key))


def with_scrap(value: Any, path: tuple[Any, ...], scrap: Any) -> Any:
    """Return the value with a scrap in place of what is at `path`."""
    if not path:
        return scrap
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = with_scrap(value[path[0]], path[1:], scrap)
    return copy


@many
@given(body=st.binary(max_size=300))
@example(body=b"")
@example(body=b"[" * 100_000)
@example(body=b'{"a":' * 50_000)
@example(body=b"<a>" * 20_000)
@example(body=b"9" * 10_000)
@example(body=b"&".join(b"a=%d" % n for n in range(5000)))
@example(body=b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><xml><Content>&b;</Content></xml>')
@example(body=b'{"message": "\\ud800"}')
def test_random_bytes_are_read_or_unreadable(line: Line, body: bytes) -> None:
    parses(line, real(line)[0], body)


@many
@given(scrap=scraps)
def test_random_json_is_read_or_unreadable(line: Line, scrap: Any) -> None:
    parses(line, real(line)[0], json.dumps(scrap).encode())


@many
@given(data=st.data())
def test_a_real_call_with_something_odd_in_it_is_read_or_unreadable(line: Line, data: st.DataObject) -> None:
    request = data.draw(st.sampled_from(real(line)))
    parses(line, request, changed(request.body, data))


def changed(body: bytes, data: st.DataObject) -> bytes:
    """Return a body with a scrap in some place of it, or, where it is no JSON, with some bytes replaced."""
    try:
        value = json.loads(body)
    except ValueError:
        start = data.draw(st.integers(0, len(body)))
        end = data.draw(st.integers(start, min(len(body), start + 20)))
        return body[:start] + data.draw(st.binary(max_size=20)) + body[end:]
    path = data.draw(st.sampled_from(list(paths(value))))
    return json.dumps(with_scrap(value, path, data.draw(scraps))).encode()


@few
@given(data=st.data())
def test_what_was_let_in_is_never_lost_and_always_ends(line: Line, data: st.DataObject) -> None:
    request = data.draw(st.sampled_from(real(line)))
    body = changed(request.body, data)
    payload = inbound.write_down(
        line.channel, Request("POST", request.headers, request.query, body, line.url)
    )
    for _ in inbound.PAUSES:
        inbound.read_payload(payload.pk)
    kept = Payload.objects.get(pk=payload.pk)
    assert kept.state in ("done", "failed")
    assert bytes(kept.body) == body
    assert kept.error or kept.state == "done"


@pytest.mark.parametrize("line", sorted(name for name in KINDS if KINDS[name].unknown), indirect=True)
def test_a_sort_of_message_that_nobody_knows_is_not_lost(line: Line) -> None:
    """Whoever wrote is known, so it stands in the conversation that they did, whatever it was."""
    assert line.kind.unknown
    line.hear(line.kind.unknown(line.vendor, line.channel.config, line.channel.secrets, line.kind.sender))
    [message] = line.heard
    assert message.body.startswith("…")
    assert Received.objects.get().message == message


# -- The suite itself


def test_every_kind_that_providers_call_is_in_this_suite() -> None:
    called = {name for name, transport in transports.all_transports().items() if transport.hooks}
    assert called == {kind.transport or name for name, kind in KINDS.items()}


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_transport_says_how_far_its_provider_tells(name: str) -> None:
    kind = KINDS[name]
    told = [state for state in ("sent", "delivered", "read") if state in kind.receipts]
    assert transports.get(kind.transport or name).furthest == (
        kind.furthest or (told[-1] if told else "sent")
    )
