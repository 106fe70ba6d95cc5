"""Where a request comes from, behind as many proxies as we were told of."""

import ipaddress
from typing import Any

from django.conf import settings
from django.http import HttpRequest


def client_ip(request: HttpRequest) -> str:
    """Return the client's address: what the outermost of our proxies saw, not what the client claims."""
    return _address(request.headers.get("X-Forwarded-For", ""), request.META.get("REMOTE_ADDR", ""))


def socket_ip(scope: dict[str, Any]) -> str:
    """Return the same of a socket's handshake (ASGI)."""
    forwarded = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
    return _address(forwarded.decode("latin1"), (scope.get("client") or ("",))[0])


def _address(forwarded: str, remote: str) -> str:
    hops = [part.strip() for part in forwarded.split(",")]
    count = settings.PROXY_COUNT
    candidate = hops[-count] if 0 < count <= len(hops) else ""
    for address in (candidate, remote):
        try:
            return str(ipaddress.ip_address(address))
        except ValueError:
            continue
    return "0.0.0.0"  # a socket of the machine itself, say: counted together
