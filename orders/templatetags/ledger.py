"""What the ledger's templates need besides the tags of orders."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from orders.approvals import LIMIT_NAMES
from orders.models import OrderAction

register = template.Library()

STATE_COLORS = {
    "waiting": "amber",
    "rejected": "slate",
    "held": "blue",
    "running": "blue",
    "unknown": "amber",
    "done": "green",
    "failed": "red",
    "taken_back": "slate",
}


@register.simple_tag
def action_badge(action: OrderAction) -> SafeString:
    return format_html(
        '<span class="badge" data-color="{}">{}</span>',
        STATE_COLORS[action.state],
        action.get_state_display(),
    )


@register.filter
def limit_names(over: list[str]) -> str:
    return ", ".join(str(LIMIT_NAMES.get(name, name)) for name in over)
