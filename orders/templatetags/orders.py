"""What templates of orders need besides the desk's own tags."""

from datetime import datetime
from typing import Any

from babel.dates import format_skeleton
from django import template
from django.templatetags.static import static
from django.utils import timezone, translation
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.safestring import SafeString

from helpdesk.templatetags.desk import icon
from orders import actions
from orders.addresses import address_lines
from orders.models import Product
from orders.requests_telling import label_of

register = template.Library()
register.filter("address_lines", address_lines)

STATUS_COLORS = {
    "unpaid": "amber",
    "paid": "blue",
    "shipped": "violet",
    "delivered": "teal",
    "completed": "green",
    "cancelled": "slate",
}


@register.simple_tag
def status_badge(order: Any) -> SafeString:
    return format_html(
        '<span class="badge" data-color="{}">{}</span>',
        STATUS_COLORS[order.status],
        order.get_status_display(),
    )


@register.simple_tag
def action_kinds() -> list[Any]:
    """Return every kind of action, for what names them all."""
    return list(actions.all_actions().values())


@register.simple_tag
def thumb(product: Product | None, size: str = "") -> SafeString:
    """Draw a product small: its picture, or an icon where there is none. Its name stands beside it."""
    css = f"thumb thumb-{size}" if size else "thumb"
    if product is None or not product.image:
        return format_html('<span class="{}">{}</span>', css, icon("package"))
    if "/" in product.image:
        # The shop's host learns that somebody looks, and not where.
        tag = '<img class="{}" src="{}" alt="" loading="lazy" decoding="async" referrerpolicy="no-referrer">'
        return format_html(tag, css, product.image)
    # A drawing of the demo on the product's own colour: an attribute of SVG, for styles in HTML are refused.
    return format_html(
        '<svg class="{}" viewBox="0 0 40 40" aria-hidden="true"><rect width="40" height="40" fill="{}"/>'
        '<image href="{}" x="4" y="4" width="32" height="32"/></svg>',
        css,
        product.color or "#e6e9ee",
        static(f"demo/{product.image}.svg"),
    )


@register.simple_tag(takes_context=True)
def panel_order(context: Any, item: dict[str, Any]) -> SafeString:
    """Draw one order of the panel's list: what there is to show of it becomes the template's context."""
    with context.push(**item):
        return context.template.engine.get_template("orders/_panel_order.html").render(context)


@register.filter
def newest_first(events: list[dict[str, str]]) -> list[dict[str, str]]:
    return events[::-1]


@register.filter
def action_label(kind: str) -> str:
    """Write what a kind of action is called."""
    return label_of(kind)


@register.filter
def join_lines(lines: list[str]) -> str:
    return "\n".join(lines)


@register.filter
def day(moment: datetime | None, with_time: bool = False) -> str:
    """Write a day as short as it can be read: "Nov 21", "11月21日"; with the year where it is another one."""
    if moment is None:
        return ""
    here = timezone.localtime(moment)
    is_this_year = here.year == timezone.localtime().year
    locale = translation.to_locale(translation.get_language() or "en")
    date = format_skeleton("MMMd" if is_this_year else "yMMMd", here.replace(tzinfo=None), locale=locale)
    return f"{date} {here:%H:%M}" if with_time else str(date)


@register.filter
def month(moment: datetime) -> str:
    locale = translation.to_locale(translation.get_language() or "en")
    return str(format_skeleton("yMMM", timezone.localtime(moment).replace(tzinfo=None), locale=locale))


@register.filter
def daytime(moment: datetime | None) -> str:
    return day(moment, with_time=True)


@register.filter
def moment(text: str) -> datetime | None:
    """Read an ISO 8601 time out of JSON, for `date` to write."""
    return parse_datetime(text)
