"""What the demo's phone holds: it plays the buyers' own telephones and the vendors between, which are not the desk."""

from django.db.models import QuerySet

from events.models import Event
from people.models import Buyer
from people.personal import Erasing, Held


class PhoneOfBuyers:
    handles: frozenset[str] = frozenset()
    holds_nothing = frozenset({"helpdesk.PhoneFile", "helpdesk.PhoneMessage"})

    def collect(self, buyers: list[Buyer]) -> Held:
        return Held()

    def erase(self, erasing: Erasing) -> None:
        pass

    def events(self, buyers: list[Buyer]) -> list[QuerySet[Event]]:
        return []
