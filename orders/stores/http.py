"""What connectors that speak HTTP share: one client whose errors are those of orders/stores/base.py."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from helpdesk.lib import http
from helpdesk.lib.http import Answer
from orders.stores.base import StoreBusy, StoreConnector, StoreRefused, StoreUnreachable

NOT_SENT_RETRY_S = 15.0  # a shop that is not there: soon enough to be noticed, rarely enough not to matter
LOCKED_OUT = gettext_noop("The store does not accept these credentials.")
NOT_ALLOWED = gettext_noop("These credentials do not allow it at the store.")
NOT_THERE = gettext_noop("The store cannot be reached at this address.")
NO_ANSWER = gettext_noop("The store did not answer, or not in a way that can be read.")
BUSY = gettext_noop("The store asks us to come back later.")


class Denied(StoreRefused):
    """A refusal by a 4xx. `status` tells a missing thing (404) from others, `data` is its JSON, None without any."""

    def __init__(self, words: str, *, status: int, data: Any = None) -> None:
        super().__init__(words)
        self.status = status
        self.data = data


class StoreHttp:
    """JSON over HTTP to one shop, for the length of one command or one reading: that is what `budget_s` is for, all
    its calls together (None: no bound but each call's own).

    Once something was changed there, no later error of the same command may say that nothing has happened: it
    becomes StoreUnreachable, and the lookup finds out. `words` takes the shop's own words out of a refusal's JSON;
    `says_no` recognises a refusal that comes as a 5xx.
    """

    def __init__(
        self,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        words: Callable[[Any], str] | None = None,
        says_no: Callable[[Any], bool] | None = None,
        budget_s: float | None = StoreConnector.TIMEOUT_S,
    ) -> None:
        self.base_url = base_url
        self.headers = {"Accept": "application/json", "User-Agent": "helpdesk", **(headers or {})}
        self.words = words or (lambda data: "")
        self.says_no = says_no or (lambda data: False)
        self.ends = None if budget_s is None else time.monotonic() + min(budget_s, http.TOTAL_S)
        self.changed = False

    def get(self, path: str, **params: str) -> Answer:
        return self.call("GET", path, params=params)

    def send(self, method: str, path: str, data: Any, *, reads: bool = False, **headers: str) -> Answer:
        """Send JSON. `reads`: it changes nothing at the shop, whatever its method (a GraphQL query, say)."""
        body = json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()
        return self.call(method, path, body=body, reads=reads, headers=headers)

    def call(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        reads: bool = False,
    ) -> Answer:
        """Raises Denied, StoreBusy or StoreUnreachable."""
        kind = {"Content-Type": "application/json"} if body is not None else {}
        try:
            answer = http.call(
                method,
                f"{self.base_url.rstrip('/')}/{path.lstrip('/')}" if path else self.base_url,
                body=body,
                params=params or None,
                headers={**self.headers, **kind, **(headers or {})},
                total_s=None if self.ends is None else max(self.ends - time.monotonic(), 0.0),
            )
        except http.HttpError as error:
            raise self._meaning(error) from error
        self.changed = self.changed or not (reads or method == "GET")
        return answer

    def _meaning(self, error: http.HttpError) -> Exception:
        if self.changed:
            return StoreUnreachable(NO_ANSWER)
        if isinstance(error, http.NoAnswer) and error.answer and self.says_no(_json(error.answer)):
            return self._denied(error.answer, str(error))
        if isinstance(error, http.NotSent):
            return StoreBusy(NOT_THERE, retry_after=NOT_SENT_RETRY_S)
        if isinstance(error, http.TryLater):
            return StoreBusy(BUSY, retry_after=error.retry_after)
        if isinstance(error, http.Refused):
            return self._denied(error.answer, str(error))
        return StoreUnreachable(NO_ANSWER)

    def _denied(self, answer: Answer, told: str) -> Denied:
        data = _json(answer)
        said = {401: LOCKED_OUT, 403: NOT_ALLOWED}.get(answer.status) or self._words(data) or told
        return Denied(said, status=answer.status, data=data)

    def _words(self, data: Any) -> str:
        try:
            words = self.words(data)
        except (AttributeError, KeyError, IndexError, TypeError):
            return ""
        return " ".join(words.replace("\x00", "").split())[: http.MAX_WORDS] if isinstance(words, str) else ""


def _json(answer: Answer) -> Any:
    try:
        return answer.json()
    except http.NoAnswer:
        return None


def read_json(answer: Answer) -> Any:
    """Return the JSON of an answer. Raises StoreUnreachable where there is none: it was broken on its way."""
    try:
        return answer.json()
    except http.NoAnswer:
        raise StoreUnreachable(NO_ANSWER) from None


class ShopURLField(forms.URLField):
    """The address of a shop: https, but for shops beside the desk (settings.OUTGOING_TO_PRIVATE).

    `exact`: what is called as it stands, so that a slash at its end stays.
    """

    def __init__(self, *, exact: bool = False, **options: Any) -> None:
        self.exact = exact
        options = {"max_length": 200, "assume_scheme": "https", **options}
        super().__init__(**options)

    def clean(self, value: Any) -> str:
        url: str = super().clean(value)
        if not url:
            return url
        parts = urlsplit(url)
        if parts.scheme != "https" and not (settings.OUTGOING_TO_PRIVATE and parts.scheme == "http"):
            raise forms.ValidationError(_("The address has to begin with https://."))
        if parts.username or parts.password or parts.query or parts.fragment:
            raise forms.ValidationError(_("Only the address of the shop, without keys or questions in it."))
        return url if self.exact else url.rstrip("/")
