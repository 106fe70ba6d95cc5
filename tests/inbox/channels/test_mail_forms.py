"""Forms as webhooks bring them: byte for byte, whatever stands in them, and bounded."""

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from inbox.transports.base import Unreadable
from inbox.transports.mail.forms import read_form
from tests.inbox.channels.test_mail_hosted import form


@limits(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.binary(max_size=400))
def test_a_form_of_any_sort_is_read_or_unreadable(content_type: str, body: bytes) -> None:
    for kind in (content_type, "multipart/form-data; boundary=B", "application/x-www-form-urlencoded"):
        for content in (
            body,
            b"--B\r\n" + body + b"\r\n--B--",
            b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + body,
        ):
            try:
                parts = read_form(kind, content)
            except Unreadable:
                continue
            assert all(part.name is not None for part in parts)


@limits(max_examples=100, deadline=None)
@given(st.dictionaries(st.from_regex(r"[a-z-]{1,20}", fullmatch=True), st.binary(max_size=200), max_size=5))
def test_what_was_put_into_a_form_comes_out_of_it(fields: dict[str, bytes]) -> None:
    fields = {name: value for name, value in fields.items() if b"\r\n--B" not in b"\r\n" + value}
    parts = read_form("multipart/form-data; boundary=B", form(fields))
    assert {part.name: part.content for part in parts} == fields


def test_a_form_of_endless_fields_is_not_read() -> None:
    with pytest.raises(Unreadable):
        read_form("multipart/form-data; boundary=B", b"--B\r\n\r\n" * 10_000)
    with pytest.raises(Unreadable):
        read_form("application/x-www-form-urlencoded", b"&".join(b"a=%d" % n for n in range(10_000)))
