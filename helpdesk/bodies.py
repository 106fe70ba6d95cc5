"""How much of a request's body daphne holds before we see it.

As it comes, Twisted parses every form a second time (a 10 MB upload takes 120 MB, one of 100 MB takes 1.2 GB,
measured), and daphne hands on a body of any length. The proxy in front limits bodies too; this is for a desk
that has none, and for the day somebody finds a way around it.
"""

import io
import json
from typing import IO, Any

from daphne import http_protocol
from daphne.http_protocol import WebRequest


class _Nowhere(io.BytesIO):
    def write(self, data: object) -> int:
        return 0


class BoundedRequest(WebRequest):
    """A request whose body is thrown away as it comes once it is longer than `most`, and answered with 413.

    It is read to its end all the same: a connection that is cut in the middle of an upload shows no answer.
    """

    most = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.content: IO[bytes]
        self._parsePOSTFormSubmission = False  # Django does that, and better
        self._length = 0

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802 — Twisted's name
        self._length += len(data)
        if self._length > self.most and not isinstance(self.content, _Nowhere):
            self.content.close()
            self.content = _Nowhere()
        self.content.write(data)

    def process(self) -> object:
        if not isinstance(self.content, _Nowhere):
            return super().process()
        error = {"code": "too_large", "detail": "The request is too large.", "attr": None}
        body = json.dumps({"type": "client_error", "errors": [error]}).encode()
        self.setResponseCode(413)
        self.setHeader(b"Content-Type", b"application/json")
        self.setHeader(b"Content-Length", str(len(body)).encode())
        self.write(body)
        self.finish()
        return None


def bound_bodies(most: int) -> None:
    """Make daphne, where that is what serves this process, refuse bodies of more than `most` bytes."""
    BoundedRequest.most = most
    http_protocol.WebRequest = BoundedRequest
