"""docs/stores.md says of each shop what its connector says of itself."""

from pathlib import Path

from django.conf import settings
from django.utils.module_loading import import_string

from orders import catch_up
from orders.models import Connection
from orders.stores.base import StoreConnector

PAGE = Path(__file__).parents[3] / "docs" / "stores.md"
NAMES = {
    "change_shipping_fee": "change the shipping fee",
    "change_carrier": "change the carrier",
    "change_address": "change the address",
    "discount": "give a discount",
    "refund": "refund",
    "cancel": "cancel",
    "edit_lines": "change what it holds",
    "replace": "send again, exchange",
    "hold": "hold the parcel",
    "create_coupon": "make coupon codes",
    "revoke_coupon": "revoke coupon codes",
    "answer_review": "answer reviews",
}


def table() -> str:
    connectors: list[type[StoreConnector]] = [import_string(path) for path in settings.STORE_CONNECTORS]
    rows = [
        ["", *(str(connector.label) for connector in connectors)],
        ["---"] * (len(connectors) + 1),
        ["is asked what changed", *(catch_up.tells(connector) for connector in connectors)],
        ["tells by webhooks", *(connector.verify is not StoreConnector.verify for connector in connectors)],
        *([words, *(_can(connector, name) for connector in connectors)] for name, words in NAMES.items()),
    ]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows)


def _can(connector: type[StoreConnector], name: str) -> str | bool:
    if vars(connector(Connection(kind=connector.kind))).get("capabilities") is not None:
        return "as ticked"  # what its shops can do is said for each connection
    return name in connector.capabilities


def _cell(cell: str | bool) -> str:
    return cell if isinstance(cell, str) else "yes" if cell else "–"


def test_the_table_of_stores_is_what_connectors_say() -> None:
    assert table() in PAGE.read_text(), f"docs/stores.md has to have this table:\n\n{table()}"


def test_every_command_is_in_the_table() -> None:
    said = {name for path in settings.STORE_CONNECTORS for name in import_string(path).capabilities}
    assert said <= NAMES.keys()
