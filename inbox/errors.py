"""What can be wrong with a request to the inbox, in words and with the HTTP status that fits."""

from typing import Any


class InboxError(Exception):
    """`code` is for programs, `detail` for people, `attr` names the field that is to blame."""

    status = 400
    code = "invalid"

    def __init__(self, detail: str, *, code: str | None = None, attr: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or self.code
        self.attr = attr

    def frame(self) -> dict[str, Any]:
        return {"type": "error", "code": self.code, "detail": self.detail}


class Invalid(InboxError):
    pass


class NotFound(InboxError):
    """It does not exist, or is not this person's to see: the two are told alike."""

    status, code = 404, "not_found"


class Forbidden(InboxError):
    status, code = 403, "forbidden"


class Conflict(InboxError):
    status, code = 409, "conflict"


class Stale(InboxError):
    """Somebody wrote since the author last looked; `messages` (payloads) is what came."""

    status, code = 409, "stale"

    def __init__(self, detail: str, messages: list[dict[str, Any]]) -> None:
        super().__init__(detail)
        self.messages = messages

    def frame(self) -> dict[str, Any]:
        return {**super().frame(), "messages": self.messages}
