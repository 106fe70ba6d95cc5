"""Reading the params of actions: exactly what is known, or a refusal that names what is wrong."""

from typing import Any

from django.utils.translation import gettext as _

from helpdesk.lib.text import is_storable
from orders.errors import InvalidParams
from orders.models import Order, Product

MAX_QUANTITY = 10_000


def read_params(params: Any, *names: str) -> dict[str, Any]:
    """Return `params` where they are an object of nothing but `names`. Raises InvalidParams."""
    if not isinstance(params, dict):
        raise InvalidParams(_("The params are an object."), attr="params")
    if unknown := params.keys() - set(names):
        raise InvalidParams(_("That is no part of this action."), attr=str(min(map(str, unknown)))[:40])
    return params


def read_flag(params: dict[str, Any], name: str, default: bool | None = None) -> bool:
    value = params.get(name, default)
    if not isinstance(value, bool):
        raise InvalidParams(_("That is true or false."), attr=name)
    return value


def read_lines(value: Any, attr: str = "lines") -> list[dict[str, Any]]:
    """Return [{"sku", "quantity"}], each SKU once and sorted, so that the same wish is the same params."""
    if not isinstance(value, list) or len(value) > 200 or not all(isinstance(line, dict) for line in value):
        raise InvalidParams(_("Lines are a list of SKUs and quantities."), attr=attr)
    wanted: dict[str, int] = {}
    for line in value:
        sku, quantity = line.get("sku"), line.get("quantity")
        if line.keys() != {"sku", "quantity"} or not isinstance(sku, str) or not 0 < len(sku) <= 40:
            raise InvalidParams(_("A line is an SKU and a quantity."), attr=attr)
        if isinstance(quantity, bool) or not isinstance(quantity, int) or not 0 < quantity <= MAX_QUANTITY:
            raise InvalidParams(_("A quantity is a whole number above zero."), attr=attr)
        wanted[sku] = wanted.get(sku, 0) + quantity
    return [{"sku": sku, "quantity": wanted[sku]} for sku in sorted(wanted)]


def ordered(order: Order) -> dict[str, int]:
    """Return how many there are of each SKU in the order."""
    found: dict[str, int] = {}
    for line in order.lines.all():
        found[line.sku] = found.get(line.sku, 0) + line.quantity
    return found


def check_ordered(order: Order, lines: list[dict[str, Any]], taken: dict[str, int] | None = None) -> None:
    """Raise InvalidParams where the lines are more than the order holds, less what is `taken` already."""
    there, taken = ordered(order), taken or {}
    for line in lines:
        left = there.get(line["sku"], 0) - taken.get(line["sku"], 0)
        if line["quantity"] > left:
            words = _("There are only %(left)s of %(sku)s left in this order.")
            raise InvalidParams(words % {"left": max(0, left), "sku": line["sku"]}, attr="lines")


def names_of(order: Order, lines: list[dict[str, Any]]) -> str:
    """Return the lines as a person reads them: 2 × Mug, 1 × Bowl."""
    names = {line.sku: line.name for line in order.lines.all()}
    return ", ".join(f"{line['quantity']} × {names.get(line['sku'], line['sku'])}" for line in lines)


def products_of(order: Order, lines: list[dict[str, Any]]) -> dict[str, Product]:
    """Return the products of the order's store that the lines name, by SKU."""
    wanted = {line["sku"] for line in lines}
    if not wanted:
        return {}
    # What no database stores is nobody's SKU; PostgreSQL would complain of the question.
    storable = [sku for sku in wanted if is_storable(sku)]
    return {one.sku: one for one in Product.objects.filter(store=order.store_id, sku__in=storable)}
