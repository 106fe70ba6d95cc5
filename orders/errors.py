"""Why something cannot be done to an order, in words and with the HTTP status that says the same."""

from django.utils.translation import gettext_lazy as _

from inbox.errors import Conflict, Forbidden, InboxError, Invalid, NotFound


class InvalidParams(Invalid):
    """A value that no order could take; `attr` names it."""

    code = "invalid_params"


class NotAllowed(Conflict):
    """This order, as it is now, does not allow it to anybody."""

    code = "not_allowed"


class LimitExceeded(InboxError):
    """It can be approved, but not by this agent: what is left of their own limit stands in the words and `left`."""

    status, code = 403, "limit_exceeded"

    def __init__(self, detail: str, *, left: int, attr: str | None = None) -> None:
        super().__init__(detail, attr=attr)
        self.left = left


class ActionUnderWay(Conflict):
    code = "action_under_way"
    words = _("Another change of this order is under way.")

    def __init__(self) -> None:
        super().__init__(str(self.words))


class IdempotencyConflict(Conflict):
    """The key was used before, for something else."""

    code = "idempotency_conflict"


class TooLate(Conflict):
    """The hold is over."""

    code = "too_late"


class OrderChanged(Conflict):
    """The order is not what it was when this was decided."""

    code = "order_changed"


__all__ = [
    "ActionUnderWay",
    "Forbidden",
    "IdempotencyConflict",
    "InvalidParams",
    "LimitExceeded",
    "NotAllowed",
    "NotFound",
    "OrderChanged",
    "TooLate",
]
