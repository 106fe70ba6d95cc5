"""What the desk writes down at Shopify about a command: a metafield of the order, in namespace `helpdesk`, by its key.

Refunds and cancellations carry their key themselves (a note), an address is set together with its mark. An order
edit and a hold have no place for a key, so the mark is there before them, with what is wanted ({"wanted": ...,
"result": null}), and gets its result afterwards. One without a result says that the command was begun; whether it was
carried out is then seen from the order itself.

Two of the same command at once are one: in a process by a lock, between processes by compare-and-set. A mark without
a result that another process has set not long ago may still get it, and is waited for.
"""

import json
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from typing import Any
from uuid import uuid4
from weakref import WeakValueDictionary

from orders.stores.base import Result, StoreError, StoreUnreachable
from orders.stores.http import NO_ANSWER
from orders.stores.shopify import documents
from orders.stores.shopify.api import Api, Refused

NAMESPACE = "helpdesk"
_WAIT_S = 6.0
_PAUSE_S = 0.3
_ALIVE_S = 60  # no worker is at one command for longer
_THIS_PROCESS = uuid4().hex

Mark = dict[str, Any]


class _Lock:
    def __init__(self) -> None:
        self.lock = threading.Lock()


_locks: "WeakValueDictionary[str, _Lock]" = WeakValueDictionary()
_guard = threading.Lock()


class alone(AbstractContextManager[None]):  # noqa: N801  # read as a word: with alone(key)
    """Hold this process's other commands of the same key back."""

    def __init__(self, key: str) -> None:
        with _guard:
            self.own = _locks.setdefault(key, _Lock())

    def __enter__(self) -> None:
        self.own.lock.acquire()

    def __exit__(self, *exc: object) -> None:
        self.own.lock.release()


def field_of(key: str, value: Mark) -> dict[str, Any]:
    """Return the mark as mutations take it."""
    return {"namespace": NAMESPACE, "key": key, "type": "json", "value": json.dumps(value)}


def mark_of(order: dict[str, Any]) -> Mark | None:
    """Return the mark that an order was read with: {"wanted", "result"}, one of them or both."""
    mark = order.get("mark")
    value = mark.get("jsonValue") if isinstance(mark, dict) else None
    return value if isinstance(value, dict) else None


def carry_out(
    api: Api,
    order: dict[str, Any],
    key: str,
    wanted: Mark,
    *,
    do: Callable[[], Result],
    look_again: Callable[[], Result | None],
) -> Result:
    """Do it once for a key: mark, `do`, mark with the result. Raises what `do` raises.

    `order` was read together with its mark. Another that does the same at this moment is waited for.
    """
    if _is_at_work(mark_of(order)):
        return _others(look_again)
    before = (order.get("mark") or {}).get("compareDigest")
    begun = {"wanted": wanted, "result": None, "by": _THIS_PROCESS, "at": time.time()}
    try:
        mine = _set(api, order["id"], key, begun, before)
    except Refused as refusal:
        if "STALE_OBJECT" not in refusal.codes:
            raise
        return _others(look_again)
    result = do()
    # It is done, and its result known. Should somebody have to ask for it later, the order itself tells.
    with suppress(StoreError):
        _set(api, order["id"], key, {"wanted": wanted, "result": result}, mine)
    return result


def _is_at_work(mark: Mark | None) -> bool:
    """Return whether another process has begun it, and may not be done."""
    if mark is None or mark.get("by") in (None, _THIS_PROCESS):
        return False
    at = mark.get("at")
    return isinstance(at, int | float) and time.time() - at < _ALIVE_S


def _set(api: Api, owner: str, key: str, value: Mark, digest: str | None) -> str | None:
    row = {**field_of(key, value), "ownerId": owner, "compareDigest": digest}
    fields = api.prepare(documents.MARK, metafields=[row]).get("metafields")
    return fields[0].get("compareDigest") if isinstance(fields, list) and fields else None


def _others(look_again: Callable[[], Result | None]) -> Result:
    until = time.monotonic() + _WAIT_S
    while time.monotonic() < until:
        time.sleep(_PAUSE_S)
        if (result := look_again()) is not None:
            return result
    raise StoreUnreachable(NO_ANSWER)
