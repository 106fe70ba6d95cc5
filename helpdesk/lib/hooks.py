"""Requests that other systems make to an address of ours: read within bounds, before anything is believed."""

from django.http import HttpRequest, HttpResponse, UnreadablePostError

MAX_BYTES = 1024 * 1024


def read_body(request: HttpRequest, limit: int = MAX_BYTES) -> bytes | HttpResponse:
    """Return the raw body, or the refusal to answer with: 413 above `limit` bytes, 400 where the line broke.

    (`request.body` would hold no more than settings.DATA_UPLOAD_MAX_MEMORY_SIZE.)
    """
    try:
        body = request.read(limit + 1)
    except UnreadablePostError:
        return HttpResponse(status=400)
    return HttpResponse(status=413) if len(body) > limit else body


def headers_of(request: HttpRequest) -> dict[str, str]:
    """Return the headers by their names in lower case."""
    return {name.lower(): value for name, value in request.headers.items()}
