"""What buyers do on WhatsApp, as Meta's webhooks tell it
(https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/components).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from inbox.transports.base import Media, Receipt, Said
from inbox.transports.whatsapp_errors import in_words

# What is raised by reading what is not as documented.
NOT_DOCUMENTED = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, OSError)
_STATES = {"sent": "sent", "delivered": "delivered", "read": "read", "played": "read", "failed": "failed"}
_FILES = {
    "image": "photo.jpg",
    "document": "file",
    "audio": "voice.ogg",
    "video": "video.mp4",
    "sticker": "sticker.webp",
}
# Said by a finger: a heart on our message, a chat that was opened and nothing written yet.
_QUIET = {"reaction", "request_welcome"}


def read_value(mine: str, value: Mapping[str, Any]) -> list[Said | Receipt]:
    """Return what a change of the field «messages» tells the number `mine`. Raises what NOT_DOCUMENTED lists."""
    if str((value.get("metadata") or {}).get("phone_number_id", mine)) != mine:
        return []  # an app has one address for all its numbers; the others' have channels of their own
    names: dict[str, str] = {}
    for contact in value.get("contacts") or []:
        profile = contact.get("profile") or {}
        shown = _text(profile, "name") or _text(profile, "username")
        names |= {contact[key]: shown for key in ("wa_id", "user_id") if contact.get(key)}
    messages = [one for one in value.get("messages") or [] if one.get("type") not in _QUIET]
    found: list[Said | Receipt] = [_message(one, names) for one in messages]
    for status in value.get("statuses") or []:
        if state := _STATES.get(_text(status, "status")):
            errors = status.get("errors") or []
            detail, key = in_words(errors[0]) if errors else "", _text(status, "biz_opaque_callback_data")
            found.append(Receipt(_needed(status, "id"), state, detail, key=key))
    return found


def _message(message: Mapping[str, Any], names: Mapping[str, str]) -> Said:
    number, user = _text(message, "from"), _text(message, "from_user_id")
    # Who has taken a username tells no number, but an id that is good for this business alone.
    sender = f"+{number.lstrip('+')}" if number else user
    if not sender:
        raise KeyError("from")
    try:
        text, media = _content(message)
    except NOT_DOCUMENTED:  # who wrote is known: that they did is not lost, and the rest stays in the payload
        text, media = "…", ()
    context = message.get("context") or {}
    if product := (context.get("referred_product") or {}).get("product_retailer_id"):
        text = f"{text}\n({product})"
    if link := (message.get("referral") or {}).get("source_url"):  # the advertisement that they pressed
        text = f"{text}\n↗ {link}"
    answered = context.get("id")
    return Said(
        external_id=_needed(message, "id"),
        sender=sender,
        name=names.get(number) or names.get(user) or "",
        text=text,
        media=media,
        at=datetime.fromtimestamp(int(message["timestamp"]), UTC),
        answers=(str(answered),) if answered else (),
    )


def _content(message: Mapping[str, Any]) -> tuple[str, tuple[Media, ...]]:
    """Return the words and the files of a message; «…» and its sort for what can be shown in neither."""
    kind = str(message["type"])
    if kind in _FILES:
        file = message[kind]
        name = _text(file, "filename") or _FILES[kind]
        media_type = _text(file, "mime_type").partition(";")[0]
        return _text(file, "caption"), (Media(name, media_type, ref=_needed(file, "id")),)
    readers = {
        "text": lambda told: _text(told, "body"),
        "button": lambda told: _text(told, "text"),
        "interactive": _chosen,
        "location": _place,
        "contacts": lambda told: "\n".join(map(_contact, told)),
        "order": _order,
        "system": lambda told: _text(told, "body"),
        "unsupported": lambda told: "",
    }
    text = readers[kind](message.get(kind)) if kind in readers else ""
    return text or f"… ({_sort(message, kind)})", ()


def _sort(message: Mapping[str, Any], kind: str) -> str:
    """Return what to call a message that Meta does not pass on, or whose type is new."""
    told = message.get(kind)
    inner = _text(told, "type") if kind == "unsupported" and isinstance(told, dict) else ""
    errors = message.get("errors") or [{}]
    return inner or _text(errors[0], "title") or kind


def _chosen(told: Mapping[str, Any]) -> str:
    """A button or a line of a list that was pressed, or a form that was filled in."""
    choice = told[told["type"]]
    lines = [_text(choice, "title"), _text(choice, "description"), _text(choice, "body")]
    return "\n".join(filter(None, lines)) or _text(choice, "response_json")


def _place(told: Mapping[str, Any]) -> str:
    link = f"https://maps.google.com/?q={float(told['latitude'])},{float(told['longitude'])}"
    return "\n".join(filter(None, [_text(told, "name"), _text(told, "address"), link]))


def _contact(told: Mapping[str, Any]) -> str:
    reached = [_text(phone, "phone") for phone in told.get("phones") or []]
    reached += [_text(mail, "email") for mail in told.get("emails") or []]
    return " ".join(filter(None, [_text(told.get("name") or {}, "formatted_name"), *reached]))


def _order(told: Mapping[str, Any]) -> str:
    lines = [_text(told, "text")]
    for item in told["product_items"]:
        price = f"{item.get('item_price', '')} {item.get('currency', '')}".strip()
        lines.append(f"{item['quantity']} × {item['product_retailer_id']} {price}".strip())
    return "\n".join(filter(None, lines))


def _text(holder: Mapping[str, Any], name: str) -> str:
    value = holder.get(name) or ""
    if not isinstance(value, str):
        raise TypeError(name)
    return value


def _needed(holder: Mapping[str, Any], name: str) -> str:
    if not (value := _text(holder, name)):
        raise KeyError(name)
    return value
