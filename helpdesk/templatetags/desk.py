"""Template tags of the desk; built in, so that no template loads them."""

from functools import lru_cache
from typing import Any

from django import template
from django.forms import BoundField
from django.templatetags.static import static
from django.urls import Resolver404, resolve
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from helpdesk.lib.money import display
from helpdesk.lib.palette import color_for, initials
from helpdesk.lib.told import in_words
from people.notices import NoticeWords, vocabulary

register = template.Library()
register.filter("in_words", in_words)

# Shown where the address exists: a room that is not built has no door.
PLACES = [
    ("/inbox/", "inbox", _("Inbox")),
    ("/orders/", "package", _("Orders")),
    ("/knowledge/", "book", _("Knowledge")),
    ("/team/", "users-group", _("Team")),
    ("/settings/", "settings", _("Settings")),
]


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """Draw an icon of tools/icons.txt. It is hidden from screen readers: what is beside it must say it."""
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#{}"></use></svg>',
        f"icon {extra}".strip(),
        static("vendor/icons.svg"),
        name,
    )


@register.simple_tag
def avatar(person: Any, size: str = "") -> SafeString:
    """Draw the initials of `person` (who has `id` and `name`) on their colour. `size`: s, l or nothing."""
    name = getattr(person, "display_name", None) or person.name
    return _avatar(color_for(person.id), initials(name), size)


@lru_cache(maxsize=4096)  # a list has many of them
def _avatar(color: str, letters: str, size: str) -> SafeString:
    return format_html(
        '<span class="{}" data-color="{}" aria-hidden="true">{}</span>',
        f"avatar avatar-{size}" if size else "avatar",
        color,
        letters,
    )


@register.filter
def money(amount: int, currency: str) -> str:
    """Write `{{ order.total|money:order.currency }}` as a reader of the active language does."""
    return display(amount, currency)


@register.simple_tag(takes_context=True)
def places(context: template.Context) -> list[dict[str, Any]]:
    """Return the rooms of the rail, with the one we are in marked."""
    path = context["request"].path.replace("/accounts/", "/settings/", 1)  # one's password belongs there too
    return [
        {"url": url, "icon": name, "label": label, "here": path.startswith(url)}
        for url, name, label in PLACES
        if _exists(url)
    ]


@register.simple_tag
def page_notices() -> dict[str, NoticeWords]:
    """Return the words of what pages tell of by themselves, out of frames that they hear anyway."""
    return {kind: words for kind, words in vocabulary().items() if words.by_page}


@lru_cache
def _exists(url: str) -> bool:
    try:
        resolve(url)
    except Resolver404:
        return False
    return True


_CLASSES = {
    "textarea": "textarea",
    "select": "select",
    "checkbox": "",
    "radioselect": "",
    "checkboxselectmultiple": "",
}


@register.filter
def control(field: BoundField) -> SafeString:
    """Render a form field's widget in the desk's dress, tied to its help and its error."""
    classes = [field.field.widget.attrs.get("class", ""), _CLASSES.get(field.widget_type, "input")]
    attrs: dict[str, str | bool] = {"class": " ".join(filter(None, classes))}
    if field.form.__module__.startswith("allauth."):
        attrs["placeholder"] = ""  # allauth repeats its labels there; ours stand above
    described = [f"{field.auto_id}_help"] if field.help_text else []
    if field.errors:
        attrs["aria-invalid"] = "true"
        described.append(f"{field.auto_id}_error")
    if described:
        attrs["aria-describedby"] = " ".join(described)
    return field.as_widget(attrs=attrs)
