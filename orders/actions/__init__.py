"""Actions by kind (settings.ORDER_ACTIONS): what an agent can do to an order."""

from django.conf import settings
from django.utils.module_loading import import_string

from orders.actions.base import ActionKind


def all_actions() -> dict[str, ActionKind]:
    found = [import_string(path)() for path in settings.ORDER_ACTIONS]
    return {action.kind: action for action in found}


def get(kind: str) -> ActionKind | None:
    return all_actions().get(kind)
