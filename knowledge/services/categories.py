"""The shelves of a store: named, put in order, taken away."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from events import names as events
from events.record import Actor, Happening, record
from inbox.errors import Conflict, Invalid, NotFound
from knowledge import checks, locales
from knowledge.access import categories_for
from knowledge.models import Category
from knowledge.services.articles import needs
from people.access import stores_for
from people.models import Agent, Store

MAX_CATEGORIES = 100  # of one store


@transaction.atomic
def save_category(
    *,
    agent: Agent,
    store: Store,
    key: str,
    names: Mapping[str, str],
    abouts: Mapping[str, str],
    category_id: UUID | None = None,
) -> Category:
    """Make a category at the end of a store's, or change one. `names` and `abouts` are texts by locale.

    Raises Invalid (the store's own language needs a name), NotFound and Conflict (the key is taken).
    """
    _may(agent, store)
    shelves = _locked(store)
    found = next((shelf for shelf in shelves if shelf.pk == category_id), None)
    if category_id is not None and found is None:
        raise NotFound(_("This store has no such category."))
    if found is None and len(shelves) >= MAX_CATEGORIES:
        raise Invalid(_("A store has at most %(n)s categories.") % {"n": MAX_CATEGORIES})
    category = found or Category(store=store, position=len(shelves))
    before = _said(category) if found else {}
    category.key = checks.slug(key)
    if len(category.key) > 60:
        raise Invalid(_("At most %(n)s characters.") % {"n": 60}, code="too_long", attr="key")
    category.names, category.abouts = _texts(names), _texts(abouts)
    if locales.normal(store.language) not in category.names:
        raise Invalid(
            _("It needs a name in the store's own language."), code="required", attr=f"name_{store.language}"
        )
    try:
        with transaction.atomic():
            category.save()
    except IntegrityError:
        raise Conflict(_("Another category has this key."), code="key_taken", attr="key") from None
    if before != (after := _said(category)):
        _record(agent, category, before=before, after=after)
    return category


@transaction.atomic
def order_categories(*, agent: Agent, store: Store, ids: Sequence[UUID]) -> None:
    """Put the categories of a store into the order of `ids`; what is not among them follows, as it stood."""
    _may(agent, store)
    shelves = _locked(store)
    place = {pk: n for n, pk in enumerate(ids)}
    ordered = sorted(shelves, key=lambda shelf: (place.get(shelf.pk, len(place)), shelf.position, shelf.key))
    if ordered == shelves and [shelf.position for shelf in shelves] == list(range(len(shelves))):
        return
    for position, shelf in enumerate(ordered):
        shelf.position = position
    Category.objects.bulk_update(ordered, ["position"])
    if ordered != shelves:
        before, after = [shelf.key for shelf in shelves], [shelf.key for shelf in ordered]
        _record(agent, ordered[0], before={"order": before}, after={"order": after})


@transaction.atomic
def delete_category(*, agent: Agent, category_id: UUID) -> None:
    """Take a category away. Its articles stay, without one."""
    needs(agent, "shelves.write")
    category = categories_for(agent).select_related("store").filter(pk=category_id).first()
    if category is None:
        raise NotFound(_("This store has no such category."))
    _record(agent, category, before=_said(category), after=None)
    category.delete()


def _may(agent: Agent, store: Store) -> None:
    needs(agent, "shelves.write")
    if not stores_for(agent).filter(pk=store.pk).exists():
        raise NotFound(_("No such store."))


def _locked(store: Store) -> list[Category]:
    """Return the store's categories in their order; nobody else changes them until this is done."""
    Store.objects.select_for_update().get(pk=store.pk)
    return list(Category.objects.filter(store=store).order_by("position", "key"))


def _texts(said: Mapping[str, str]) -> dict[str, str]:
    found = {locales.checked(locale): checks.name(text) for locale, text in said.items()}
    return {locale: text for locale, text in found.items() if text}


def _said(category: Category) -> dict[str, Any]:
    return {"key": category.key, "names": category.names, "abouts": category.abouts}


def _record(agent: Agent, category: Category, **data: Any) -> None:
    data = {"category": str(category.id), "key": category.key, **data}
    record(Happening(events.CATEGORY_CHANGED, Actor.agent(agent), store_id=category.store_id, data=data))
