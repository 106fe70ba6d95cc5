"""Which pages may open a socket: a browser lets any page try, and sends our cookie along."""

from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import OriginValidator, WebsocketDenier


class OnlyFrom(OriginValidator):
    """Refuse the handshake of pages of other origins than the given ones (full: scheme, host and port)."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        given = dict(scope["headers"]).get(b"origin", b"").decode("latin1")
        try:
            _ = urlsplit(given).port
        except ValueError:  # no address at all, over which the validator would stumble
            return await WebsocketDenier()(scope, receive, send)
        return await super().__call__(scope, receive, send)
