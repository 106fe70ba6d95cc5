"""What this room holds of buyers: the files of everything that were made for somebody, tasks about them, and
announcements that name them."""

from django.db.models import QuerySet

from events.models import Event
from events.redacting import MARK
from people.models import Buyer
from people.personal import Erasing, Held, dumped, words_of
from team.announcing import holding as announcements
from team.models import BuyerExport, Erasure
from team.todo import holding as tasks


class TeamOfBuyers:
    handles = frozenset({"team.Announcement", "team.BuyerExport", "team.Erasure", "team.Task"})
    holds_nothing = frozenset(
        {
            "team.AnnouncementReceipt",
            "team.CaseFigures",
            "team.DayFigures",
            "team.Mark",
            "team.Memory",
            "team.Rollup",
        }
    )

    def collect(self, buyers: list[Buyer]) -> Held:
        return Held(
            {
                "exports": dumped(BuyerExport.objects.filter(buyer__in=buyers)),
                "announcements": dumped(announcements.announcements_naming(words_of(buyers))),
                "tasks": dumped(tasks.tasks_about(buyers, words_of(buyers))),
            }
        )

    def erase(self, erasing: Erasing) -> None:
        for export in BuyerExport.objects.select_for_update().filter(buyer__in=erasing.ids).exclude(file=""):
            erasing.drop(export.file)
        # One that is being written right now finds its row expired, and deletes what it wrote.
        exports = BuyerExport.objects.filter(buyer__in=erasing.ids)
        exports.update(state=BuyerExport.State.EXPIRED, file="", claimed_until=None)
        for erasure in Erasure.objects.filter(buyer__in=erasing.ids):
            if any(word in erasure.reason.casefold() for word in erasing.spoken):
                Erasure.objects.filter(pk=erasure.pk).update(reason=MARK)
        announcements.erase(erasing)
        tasks.erase(erasing)

    def events(self, buyers: list[Buyer]) -> list[QuerySet[Event]]:
        return [*tasks.events(buyers), *announcements.events(words_of(buyers))]
