"""Transports by kind: how messages leave for, and come from, one sort of channel (settings.TRANSPORTS)."""

from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from inbox.transports.base import Transport


@cache
def all_transports() -> dict[str, Transport]:
    found = [import_string(path)() for path in settings.TRANSPORTS]
    return {transport.kind: transport for transport in found}


def get(kind: str) -> Transport:
    """Return the transport of a channel kind. Raises KeyError where settings name none."""
    return all_transports()[kind]
