"""Articles as a table, a line for each language of each: what a spreadsheet opens and saves."""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO
from typing import Any

from django.utils.translation import gettext as _

from helpdesk.lib.sheets import Cell
from knowledge.exchange.documents import Document, Fault, Unreadable, checked_document
from knowledge.exchange.folders import MAX_FILES, Bundle

COLUMNS = [
    "slug",
    "locale",
    "category",
    "title",
    "body",
    "audience",
    "topic",
    "products",
    "keywords",
    "review",
    "state",
]
NEEDED = {"slug", "locale", "title", "body"}
LISTS = {"products", "keywords"}
BETWEEN = "|"
MAX_TABLE = 50_000_000  # bytes
MAX_FAULTS = 100  # told: who saved the wrong file needs no more to see it


def read_table(content: bytes) -> Bundle:
    """Read a table as spreadsheets save it: UTF-8 or UTF-16, commas, semicolons or tabs.

    A column that is not there says nothing; nor does an empty cell, but for category, topic, products and keywords,
    where it says: none.
    """
    try:
        lines = list(_lines(_decoded(content)))
    except Unreadable as unreadable:
        return Bundle(faults=[Fault("", str(unreadable))])
    bundle = Bundle()
    for number, said in lines:
        where = _("line %(number)s") % {"number": number}
        try:
            bundle.documents.append(checked_document(_values(said), where=where))
        except Unreadable as unreadable:
            bundle.faults.append(Fault(where, str(unreadable)))
    if not bundle.documents and not bundle.faults:
        bundle.faults.append(Fault("", _("There is no article in it.")))
    bundle.faults = bundle.faults[:MAX_FAULTS]
    return bundle


def rows(documents: Iterable[Document]) -> Iterator[list[Cell]]:
    """Return the lines of a table, in the order of COLUMNS."""
    for document in documents:
        yield [_cell(document, name) for name in COLUMNS]


def _cell(document: Document, name: str) -> str:
    value: Any = getattr(document, name)
    if value is None:
        return ""
    return BETWEEN.join(value) if name in LISTS else str(value)


def _decoded(content: bytes) -> str:
    if len(content) > MAX_TABLE:
        raise Unreadable(_("The table is too large: at most %(n)s MB.") % {"n": MAX_TABLE // 1_000_000})
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise Unreadable(_("It is not written in UTF-8. Save it as “CSV UTF-8”.")) from None
    if "\x00" in text:
        raise Unreadable(_("This is no table of text."))
    return text


def _lines(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Return each line by the names of its columns, and where it begins in the file."""
    csv.field_size_limit(4_000_000)
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    table = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        head = [name.strip().lower() for name in next(table, [])]
        if missing := sorted(NEEDED - set(head)):
            raise Unreadable(_("There is no column %(names)s.") % {"names": ", ".join(missing)})
        if strange := [name for name in head if name not in COLUMNS]:
            raise Unreadable(_("What is the column “%(name)s”?") % {"name": strange[0][:60]})
        number = table.line_num + 1
        for count, cells in enumerate(table, 1):
            if count > MAX_FILES:
                raise Unreadable(_("At most %(n)s lines at a time.") % {"n": f"{MAX_FILES:,}"})
            if any(cell.strip() for cell in cells):
                if len(cells) != len(head):
                    words = _("Line %(number)s has %(n)s cells, and there are %(columns)s columns.")
                    raise Unreadable(words % {"number": number, "n": len(cells), "columns": len(head)})
                yield number, dict(zip(head, cells, strict=True))
            number = table.line_num + 1
    except csv.Error:
        words = _("The table breaks off in line %(number)s: a quotation mark has no other.")
        raise Unreadable(words % {"number": table.line_num}) from None


def _values(said: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, cell in said.items():
        value = _unsafed(cell) if name != "body" else _unsafed(cell, strip=False)
        if name in LISTS:
            found[name] = [word.strip() for word in value.split(BETWEEN) if word.strip()]
        elif value or name in NEEDED or name in ("category", "topic"):
            found[name] = value
    return found


def _unsafed(cell: str, *, strip: bool = True) -> str:
    """Return a cell without the sign that keeps a spreadsheet from running it (helpdesk.lib.sheets)."""
    text = cell.strip() if strip else cell
    is_guarded = text.startswith("'") and text[1:].lstrip().startswith(
        ("=", "+", "-", "@", "＝", "＋", "－", "＠")
    )
    return text[1:] if is_guarded else text
