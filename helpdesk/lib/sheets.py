"""Tables as files for spreadsheets: streamed, so that their size is no matter, and with nothing in them that runs."""

import csv
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from io import StringIO

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone

Cell = str | int | Decimal

BOM = "\ufeff"  # without it Excel takes UTF-8 for the local code page
# A spreadsheet runs a cell that begins with one of these as a formula (OWASP, CSV injection): also behind spaces,
# and in East Asia also in their full width.
_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe(cell: Cell) -> str:
    """Return a cell as text. Numbers are ours and stay numbers; what people wrote can be no formula."""
    if not isinstance(cell, str):
        return str(cell)
    text = cell.replace("\x00", "")
    return f"'{text}" if text.startswith(_STARTS) or text.lstrip().startswith(_STARTS) else text


def csv_response(
    request: HttpRequest, name: str, head: list[str], chunks: Iterator[list[list[Cell]]]
) -> StreamingHttpResponse:
    """Answer with the file `name`-DATE.csv. One chunk is in memory at a time, however the server runs."""
    texts = _texts(head, chunks)
    # A server that is asynchronous would read a plain iterator to its end before it sends anything.
    content = _off_the_loop(texts) if isinstance(request, ASGIRequest) else texts
    response = StreamingHttpResponse(content, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = (
        f'attachment; filename="{name}-{timezone.localdate():%Y-%m-%d}.csv"'
    )
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _texts(head: list[str], chunks: Iterator[list[list[Cell]]]) -> Iterator[str]:
    yield BOM + _text([[*head]])
    for rows in chunks:
        yield _text(rows)


def _text(rows: list[list[Cell]]) -> str:
    out = StringIO()
    csv.writer(out).writerows([safe(cell) for cell in row] for row in rows)
    return out.getvalue()


async def _off_the_loop(texts: Iterator[str]) -> AsyncIterator[str]:
    step = sync_to_async(lambda: next(texts, None))
    while (text := await step()) is not None:
        yield text
