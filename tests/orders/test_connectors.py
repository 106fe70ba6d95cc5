"""Every connector of the settings is held to the contract (tests/orders/stores/contract.py)."""

import importlib
from pathlib import Path

from django.conf import settings

from tests.orders.stores.contract import StoreContract


def test_every_connector_of_the_settings_is_tested() -> None:
    for file in Path(__file__).parent.glob("stores/test_*.py"):
        importlib.import_module(f"tests.orders.stores.{file.stem}")
    assert {contract.path for contract in StoreContract.__subclasses__()} == set(settings.STORE_CONNECTORS)
