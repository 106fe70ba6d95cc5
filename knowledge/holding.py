"""What this room holds of buyers: nothing. Readers vote without a name; a suggestion has no words of its message."""

from django.db.models import QuerySet

from events.models import Event
from people.models import Buyer
from people.personal import Erasing, Held


class KnowledgeOfBuyers:
    handles: frozenset[str] = frozenset()
    holds_nothing = frozenset(
        {
            "knowledge.Article",
            "knowledge.ArticleEntry",
            "knowledge.ArticleFile",
            "knowledge.ArticleProduct",
            "knowledge.ArticleTerm",
            "knowledge.Category",
            "knowledge.Report",
            "knowledge.Suggestion",
            "knowledge.SynonymGroup",
            "knowledge.Text",
            "knowledge.Version",
            "knowledge.Vote",
        }
    )

    def collect(self, buyers: list[Buyer]) -> Held:
        return Held()

    def erase(self, erasing: Erasing) -> None:
        pass

    def events(self, buyers: list[Buyer]) -> list[QuerySet[Event]]:
        return []
