"""What a buyer answers on a card: checked, kept once, and told to agents."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import OperationalError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from events import names
from events.record import Actor, Happening, record
from helpdesk.lib.text import is_storable
from helpdesk.lib.times import iso
from inbox.access import with_summary_relations
from inbox.cards import Answer, Answerable, Choice, Field, all_cards, card_push, language_of
from inbox.errors import Conflict, Invalid, NotFound
from inbox.models import Conversation, Message
from inbox.payloads import PREVIEW
from inbox.services import timeline
from inbox.services.places import standing
from inbox.services.profile import refuse_blocked
from inbox.services.timeline import Batch


def answer_card(*, buyer_id: UUID, message_id: UUID, choice: str, data: Any) -> Message:
    """Keep what the buyer of a card answers on it, and return its message as it is now.

    The same answer again is the same answer. Raises NotFound for what is no card of this buyer, Blocked, Invalid
    with the field that is wrong, and Conflict where it is answered already or cannot be answered any more. Words of
    errors are in the buyer's language.
    """
    given = (buyer_id, message_id, choice, data)
    try:
        return _answer(*given)
    except OperationalError:  # two visitors became one person meanwhile, and each had what the other wanted
        return _answer(*given)


def open_card(*, buyer_id: UUID, message_id: UUID) -> Message:
    """Return a card that this buyer may see, with its conversation. Raises NotFound."""
    rows = Message.objects.select_related("conversation__buyer", "conversation__store")
    message = rows.filter(
        pk=message_id, kind=Message.Kind.CARD, private=False, conversation__buyer=buyer_id
    ).first()
    if message is None:
        raise NotFound("There is no such card.")
    return message


@transaction.atomic
def _answer(buyer_id: UUID, message_id: UUID, choice_id: str, data: Any) -> Message:
    seen = open_card(buyer_id=buyer_id, message_id=message_id)
    kind = all_cards().get((seen.data or {}).get("kind", ""))
    with translation.override(language_of(seen.conversation)):
        if not isinstance(kind, Answerable):
            raise NotFound("There is nothing to answer on this card.")
        refuse_blocked(seen.conversation.buyer)
        kind.lock(seen.data or {})
        list(Message.objects.select_for_update().filter(pk=seen.pk).values_list("id"))
        # As it is under the lock: whose it is, and what was answered, may be others by now.
        message = open_card(buyer_id=buyer_id, message_id=message_id)
        card = message.data or {}
        choice = _choice(card, choice_id)
        values = clean_fields(choice.get("fields", []), data)
        before = card.get("answer")
        if before and (before["choice"], before["data"]) == (choice_id, values):
            return message
        if before and not kind.may_change(message):
            raise Conflict(_("This was answered already."), code="answered")
        if card.get("closed"):
            raise Conflict(card["closed"], code="closed")
        by = Actor.buyer(message.conversation.buyer)
        made = kind.answer(message=message, choice=choice_id, data=values, by=by)
        _keep(message, choice, values, made, by)
        return message


def _choice(card: dict[str, Any], choice_id: str) -> Choice:
    choices: list[Choice] = card.get("choices") or []
    found = next((choice for choice in choices if choice["id"] == choice_id), None)
    if found is None:
        raise NotFound("There is no such choice on this card.")
    return found


def clean_fields(fields: Sequence[Field], data: Any) -> dict[str, str]:
    """Return what was filled in, as text by name. Raises Invalid with the first field that is wrong."""
    if not isinstance(data, dict):
        raise Invalid("data is an object.", attr="data")
    if unknown := data.keys() - {field["name"] for field in fields}:
        raise Invalid(_("There is no such field."), attr=str(min(map(str, unknown)))[:40])
    return {field["name"]: _clean(field, data.get(field["name"], "")) for field in fields}


def _clean(field: Field, value: Any) -> str:
    name = field["name"]
    if not isinstance(value, str) or not is_storable(value):
        raise Invalid(_("That is no text."), attr=name)
    value = value.replace("\r\n", "\n").strip()
    if field["type"] != "textarea":
        value = " ".join(value.split())
    if field["required"] and not value:
        raise Invalid(_("Please fill this in."), code="required", attr=name)
    if len(value) > field["max_length"]:
        raise Invalid(_("That is too long."), code="too_long", attr=name)
    if value and "options" in field and value not in {option["value"] for option in field["options"]}:
        raise Invalid(_("Please choose one of these."), attr=name)
    return value


def answer_data(choice: Choice, values: dict[str, str], by: str, at: datetime) -> dict[str, Any]:
    """Return an answer as it is kept in its card; `words` is what was written, where that is one thing."""
    written = next(iter(values.values())) if len(values) == 1 else ""
    return {
        "choice": choice["id"],
        "label": choice["label"],
        "data": values,
        "words": written,
        "by": by,
        "at": iso(at),
    }


def _keep(message: Message, choice: Choice, values: dict[str, str], made: Answer, by: Actor) -> None:
    card = dict(message.data or {})
    said = [value for value in values.values() if value] if len(values) == 1 else []
    message.data = {**card, "answer": answer_data(choice, values, by.name, timezone.now()), **made.data}
    message.save(update_fields=["data"])
    line = {
        "actor": by.name,
        "card": card["kind"],
        "choice": choice["id"],
        "label": choice["label"],
        "message": str(message.id),
        "needs_somebody": made.needs_somebody,
        **made.params,
    }
    record(
        Happening(
            names.CARD_ANSWERED,
            by,
            store_id=message.conversation.store_id,
            conversation_id=message.conversation_id,
            data={**line, "data": values},
            pushes=[card_push(message)],
        )
    )
    words = ": ".join(filter(None, [choice["label"], made.said, *said]))
    _tell_agents(message.conversation, by, line, made, words)


def _tell_agents(
    conversation: Conversation, by: Actor, params: dict[str, Any], made: Answer, words: str
) -> None:
    """Let the answer count as something the buyer said: it moves the conversation up and is unread.

    Nobody has to answer "all correct", so only what needs somebody opens a conversation again and lets it wait.
    """
    c = _where(conversation)
    batch = Batch()
    now = timeline.tick(c)
    c.last_at, c.preview = now, words[: PREVIEW - 1] + "…" if len(words) > PREVIEW else words
    c.inbound_count += 1
    if c.status == Conversation.Status.SNOOZED or (
        made.needs_somebody and c.status != Conversation.Status.OPEN
    ):
        timeline.reopen(c, by, batch)
    if made.needs_somebody:
        c.waiting_since = c.waiting_since or now
    batch.causes[c.id] = {"cause": names.CARD_ANSWERED, "author_kind": "buyer", "message_seq": c.last_seq + 1}
    timeline.add_line(c, batch, by, names.CARD_ANSWERED, params, made.line, store=False)
    timeline.write(batch)


def _where(conversation: Conversation) -> Conversation:
    """Return the conversation in which agents hear of it, locked: the card's own, or the one that goes on now."""
    rows = Conversation.objects.filter(buyer=conversation.buyer_id)
    found = list(with_summary_relations(rows).select_for_update(of=("self",)).order_by("id"))
    own = next(row for row in found if row.id == conversation.id)
    own = next(row for row in found if row.id == standing(own))
    live = next((row for row in found if row.status != Conversation.Status.RESOLVED), None)
    return live if live is not None and own.status == Conversation.Status.RESOLVED else own
