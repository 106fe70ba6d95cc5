"""What Meta answers when it does not do what we ask
(https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes).
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_noop

from inbox.transports.base import Later, NoAnswer, Refused, TransportError
from inbox.transports.calls import ProviderBroke, ProviderBusy, ProviderRefused, read_object

# Too many calls, or Meta is not up to it just now: it says itself that nothing was sent.
_BUSY = {2, 4, 80007, 130429, 131016, 131048, 131056, 131057, 133004}
_PAIR = 131056  # too many messages to this one buyer: the others are not held up
BUSY_S = 30.0
_LOCKED = gettext_noop("Meta does not let us in")
# What holds for every message: the token, the number, the account, or how it is paid for.
_LOCKED_OUT = {0, 3, 10, 33, 190, 368, 131005, 131031, 131042, 131045, 133010, *range(200, 300)}
_NO_SUCH_OBJECT = (100, 33)  # a number that the token is not good for, as code and subcode

WINDOW_CLOSED = gettext_noop("More than 24 hours since the buyer wrote: WhatsApp takes only a template.")
BROKEN = gettext_noop("WhatsApp's answer was broken.")
_NO_TEMPLATE = gettext_noop("There is no such template in this language, or Meta has not approved it.")
_OFF = gettext_noop("Meta has paused this template, or switched it off.")
_NO_FILE = gettext_noop("WhatsApp could not take the file.")
# Those that agents meet, in words for them.
_WORDS = {
    130472: gettext_noop(
        "Meta holds back messages like this one to the buyer, for an experiment of its own."
    ),
    131021: gettext_noop("That is our own number."),
    131026: gettext_noop("This number has no WhatsApp, or one that cannot receive this."),
    131047: WINDOW_CLOSED,
    131049: gettext_noop("Meta holds it back: the buyer has had many messages of this sort."),
    131050: gettext_noop("The buyer wants no marketing messages from us on WhatsApp."),
    131051: gettext_noop("WhatsApp does not take messages of this sort."),
    131052: _NO_FILE,
    131053: _NO_FILE,
    132000: gettext_noop("The template has another number of places to fill in."),
    132001: _NO_TEMPLATE,
    132005: gettext_noop("With these values the template is too long."),
    132007: _OFF,
    132015: _OFF,
    132016: _OFF,
}


def in_words(error: Any) -> str:
    """Return an error of Meta's for people: in our words where we have any, else in its own."""
    if not isinstance(error, Mapping):
        return ""
    code = error.get("code")
    if isinstance(code, int) and code in _WORDS:
        return _WORDS[code]
    data = error.get("error_data")
    details = data.get("details") if isinstance(data, Mapping) else ""
    words = str(details or error.get("message") or error.get("title") or "")[:170]
    return f"{words} ({code})" if code else words


def told(error: ProviderRefused | ProviderBusy | ProviderBroke) -> TransportError:
    """Return what an answer that was no 2xx means: by its code, which says more than its status."""
    found = read_object(error.body).get("error")
    said: dict[str, Any] = found if isinstance(found, dict) else {}
    code = said.get("code") if isinstance(said.get("code"), int) else None
    words = in_words(said) or str(error)[:200]
    if code in _LOCKED_OUT or (code, said.get("error_subcode")) == _NO_SUCH_OBJECT or _status(error) == 401:
        return Later(f"{_LOCKED}: {words}", channel=True)
    if isinstance(error, ProviderBusy):
        return Later(words, retry_after=max(error.retry_after or 0, BUSY_S), channel=code != _PAIR)
    if code in _BUSY:
        return Later(words, retry_after=BUSY_S, channel=code != _PAIR)
    return NoAnswer(words) if isinstance(error, ProviderBroke) else Refused(words)


def _status(error: TransportError) -> int:
    return int(getattr(error, "status", 0))
