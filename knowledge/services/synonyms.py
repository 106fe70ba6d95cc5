"""Words that mean one thing at a store."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from events import names
from events.record import Actor, Happening, record
from inbox.errors import Conflict, Invalid, NotFound
from knowledge import checks
from knowledge.models import SynonymGroup
from knowledge.services.articles import needs
from people.access import stores_for
from people.models import Agent, Store

MAX_GROUPS, MAX_WORDS, MAX_WORD = 500, 20, 60


def synonyms_of(store: Store) -> list[list[str]]:
    return [list(group.words) for group in SynonymGroup.objects.filter(store=store).order_by("id")]


@transaction.atomic
def save_synonyms(
    *,
    agent: Agent,
    store: Store,
    groups: Iterable[Iterable[str]],
    seen: list[list[str]] | None = None,
) -> list[list[str]]:
    """Replace the groups of a store. `seen`: what the author read; None: whatever there is.

    Raises Invalid, NotFound, and Conflict where somebody has changed them since they were read.
    """
    needs(agent, "shelves.write")
    if not stores_for(agent).filter(pk=store.pk).exists():
        raise NotFound(_("No such store."))
    wanted = _checked(groups)
    Store.objects.select_for_update().get(pk=store.pk)
    before = synonyms_of(store)
    if seen is not None and seen != before:
        raise Conflict(_("Somebody has changed the synonyms meanwhile. Please look again."), code="stale")
    if wanted == before:
        return before
    SynonymGroup.objects.filter(store=store).delete()
    SynonymGroup.objects.bulk_create([SynonymGroup(store=store, words=words) for words in wanted])
    gone, new = (
        [group for group in some if group not in others]
        for some, others in ((before, wanted), (wanted, before))
    )
    data = {"before": gone, "after": new}
    record(Happening(names.SYNONYMS_CHANGED, Actor.agent(agent), store_id=store.id, data=data))
    return wanted


def _checked(groups: Iterable[Iterable[str]]) -> list[list[str]]:
    wanted: list[list[str]] = []
    taken: set[str] = set()
    for group in groups:
        words = list({word.casefold(): word for word in map(_word, group) if word}.values())
        if not words:
            continue
        if len(words) < 2:
            raise Invalid(
                _("“%(word)s” stands alone: a group has two words or more.") % {"word": words[0]},
                attr="groups",
            )
        if len(words) > MAX_WORDS:
            raise Invalid(_("A group has at most %(n)s words.") % {"n": MAX_WORDS}, attr="groups")
        for word in words:
            if word.casefold() in taken:
                raise Invalid(
                    _("“%(word)s” stands in two groups: put them together.") % {"word": word}, attr="groups"
                )
            taken.add(word.casefold())
        wanted.append(words)
    if len(wanted) > MAX_GROUPS:
        raise Invalid(_("A store has at most %(n)s groups of synonyms.") % {"n": MAX_GROUPS}, attr="groups")
    return wanted


def _word(text: str) -> str:
    return checks.word(text, "groups", MAX_WORD)
