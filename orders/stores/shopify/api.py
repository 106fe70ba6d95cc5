"""One conversation with Shopify's GraphQL Admin API, whose errors are those of orders/stores/base.py.

https://shopify.dev/docs/api/admin-graphql: almost every answer is a 200, and what went wrong stands in its body.
"""

import math
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_noop

from helpdesk.lib import http
from helpdesk.lib.http import MAX_RETRY_AFTER_S, MAX_WORDS
from orders.stores.base import StoreBusy, StoreRefused, StoreUnreachable
from orders.stores.http import BUSY, NO_ANSWER, NOT_ALLOWED, StoreHttp, read_json

VERSION = "2026-07"  # each is served for a year at least; tests/orders/stores/shopify.graphql is made from it
BUDGET_S = 15  # for all calls of one command together
SETTLED = timedelta(seconds=2)  # Shopify counts whole seconds: more may happen to an order within this one
FROZEN = gettext_noop("The shop is frozen or locked at Shopify.")
_REFUSED_CODES = {"ACCESS_DENIED": NOT_ALLOWED, "SHOP_INACTIVE": FROZEN}

Data = dict[str, Any]


class Api:
    """Calls within one command or one reading. `changed`: a mutation has been answered."""

    def __init__(self, base_url: str, token: str) -> None:
        self.http = StoreHttp(base_url, headers={"X-Shopify-Access-Token": token}, words=_words)
        self.path = f"/admin/api/{VERSION}/graphql.json"
        self.until = time.monotonic() + BUDGET_S
        self.read_at: datetime | None = None  # by Shopify's clock

    @property
    def changed(self) -> bool:
        return self.http.changed

    def fresh_budget(self) -> None:
        """Begin to count anew: a page of a long reading is as long as a command may take."""
        self.until = time.monotonic() + BUDGET_S

    def ask(self, document: str, **variables: Any) -> Data:
        """Return the data of a query. Raises StoreRefused, StoreBusy or StoreUnreachable."""
        return self._call(document, variables, reads=True)

    def tell(self, document: str, **variables: Any) -> Data:
        """Carry out a mutation and return its one payload.

        Raises `Refused` with Shopify's own words and codes where it has userErrors, and what `ask` raises. After
        another mutation was carried out a refusal is no longer one: something has been done.
        """
        before = self.changed
        try:
            return _payload(self._call(document, variables, reads=False))
        except Refused as refusal:
            if before:
                raise StoreUnreachable(str(refusal)) from refusal
            raise

    def prepare(self, document: str, **variables: Any) -> Data:
        """As `tell`, for a mutation that does nothing to the order by itself (a step of an edit, a mark)."""
        return _payload(self._call(document, variables, reads=True))

    def _call(self, document: str, variables: Data, *, reads: bool) -> Data:
        if time.monotonic() > self.until:
            raise self._late()
        was_changed = self.changed
        self.http.ends = min(self.until, time.monotonic() + http.TOTAL_S)
        answer = self.http.send("POST", self.path, {"query": document, "variables": variables}, reads=reads)
        self.read_at = _date(answer.headers.get("date", "")) or self.read_at
        said = read_json(answer)
        if not isinstance(said, dict):
            raise StoreUnreachable(NO_ANSWER)
        if errors := said.get("errors"):
            # Nothing of this call was done, but for errors that say nothing about that.
            self.http.changed = was_changed
            raise self._meaning(errors, said.get("extensions"))
        data = said.get("data")
        if not isinstance(data, dict):
            raise StoreUnreachable(NO_ANSWER)
        if not reads and _only_user_errors(data):
            self.http.changed = was_changed
        return data

    def _meaning(self, errors: Any, extensions: Any) -> Exception:
        first = errors[0] if isinstance(errors, list) and errors else errors
        said = str(first.get("message", "")) if isinstance(first, dict) else str(first)
        codes = (
            {str(_at(error, "extensions", "code")) for error in errors} if isinstance(errors, list) else set()
        )
        if self.changed or codes & {"INTERNAL_SERVER_ERROR", "TIMEOUT", "IDEMPOTENCY_CONCURRENT_REQUEST"}:
            return StoreUnreachable(NO_ANSWER)
        if "THROTTLED" in codes or said == "Throttled":
            return StoreBusy(BUSY, retry_after=pause(extensions))
        for code, words in _REFUSED_CODES.items():
            if code in codes:
                return StoreRefused(words)
        return StoreRefused(_short(said) or NOT_ALLOWED)

    def _late(self) -> Exception:
        return StoreUnreachable(NO_ANSWER) if self.changed else StoreBusy(BUSY, retry_after=5)

    def version_of(self, updated_at: str) -> str:
        """Return the time by which this reading of an order is told from older and newer ones.

        Shopify's `updatedAt` has whole seconds. What is read within the same second may be followed by a change
        with the very same time, which must still be taken for newer: such a reading counts as a moment earlier.
        """
        moment = parse_datetime(updated_at) if isinstance(updated_at, str) else None
        if moment is None or moment.tzinfo is None:
            raise StoreUnreachable(NO_ANSWER)
        if (self.read_at or datetime.now(UTC)) - moment < SETTLED:
            moment -= timedelta(microseconds=1)
        return moment.isoformat()


class Refused(StoreRefused):
    """What Shopify's userErrors say, and their codes where they have any."""

    def __init__(self, errors: Any) -> None:
        rows = [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []
        self.codes = {str(row["code"]) for row in rows if row.get("code")}
        super().__init__(_short(" ".join(str(row.get("message", "")) for row in rows)) or NOT_ALLOWED)


def _payload(data: Data) -> Data:
    payload = next(iter(data.values()), None)
    if not isinstance(payload, dict):
        raise StoreUnreachable(NO_ANSWER)
    if errors := payload.get("userErrors"):
        raise Refused(errors)
    return payload


def pause(extensions: Any) -> float:
    """Return the seconds after which the bucket holds what a throttled query costs."""
    cost = _at(extensions, "cost")
    try:
        status = cost["throttleStatus"]
        missing = float(cost["requestedQueryCost"]) - float(status["currentlyAvailable"])
        seconds = missing / float(status["restoreRate"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return 5
    return min(max(seconds, 1.0), MAX_RETRY_AFTER_S) if math.isfinite(seconds) else 5


def _only_user_errors(data: Data) -> bool:
    """Return whether a mutation's answer says that it has done nothing."""
    return all(isinstance(payload, dict) and payload.get("userErrors") for payload in data.values())


def _words(data: Any) -> str:
    """Return the words of a 4xx, which has {"errors": "..."}."""
    errors = data["errors"]
    return errors if isinstance(errors, str) else str(_at(errors[0], "message") or "")


def _short(words: str) -> str:
    return " ".join(words.replace("\x00", "").split())[:MAX_WORDS]


def _at(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
