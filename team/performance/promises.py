"""Reply targets: which were kept, and whose it was where one was not.

An answer says what had been promised and whether it was kept; that a promise was not kept is an event of its own, of
the moment at which it was due (inbox/services/timeline.py). A wait counts once, whatever became of its moment.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from team.performance.rules import Happened, Known


def counted(kind: str, *counters: str) -> dict[str, int]:
    """Return one more of each counter, and of its namesake for first replies where it was one."""
    add = dict.fromkeys(counters, 1)
    return add | dict.fromkeys((f"first_{name}" for name in counters), 1) if kind == "first" else add


def missed(event: "Happened", state: "Known") -> str | None:
    """Note that an answer is overdue; return whose it is.

    None where it is nobody's: nobody had it, or it was given to them when they had been warned already; and where
    this wait was overdue before.
    """
    data, late = event.data, state["late"]
    if late and late["since"] == data["since"]:
        return None
    owner, given = data["agent"], state["given"]
    if owner and given and given[0] == owner and given[1] > _ms(data["warned"]):
        owner = None
    state["late"] = {"since": data["since"], "kind": data["kind"], "owner": owner}
    return owner


def answered(event: "Happened", state: "Known") -> dict[str, int]:
    """Return what an answer adds to the figures of who wrote it."""
    promise: dict[str, Any] | None = event.data.get("promise")
    late, state["late"] = state["late"], None
    if late and (promise is None or promise["since"] == late["since"]):
        return _nobodys(late)
    if promise and promise["kept"]:
        return counted(promise["kind"], "targets", "targets_kept", "targets_all")
    return {}


def ended(state: "Known") -> dict[str, int]:
    """The same of who resolves it without an answer."""
    late, state["late"] = state["late"], None
    return _nobodys(late) if late else {}


def _nobodys(late: "Known") -> dict[str, int]:
    """What was overdue before it was anybody's counts for all together, and in nobody's own figure."""
    return {} if late["owner"] else counted(late["kind"], "targets_all")


def _ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)
