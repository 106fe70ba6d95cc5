"""Which pages may open a socket: a browser lets any page try, and sends our cookie along."""

from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import OriginValidator, WebsocketDenier


class OnlyFrom(OriginValidator):
    """Refuse the handshake of pages of other origins than the given ones (full: scheme, host and port).

    Who names no origin is no browser. It may come, without any cookie: it says in its `hello` who it is.
    """

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        given = [value for name, value in scope["headers"] if name == b"origin"]
        if not given:
            headers = [(name, value) for name, value in scope["headers"] if name != b"cookie"]
            return await self.application({**scope, "headers": headers}, receive, send)
        try:
            _ = urlsplit(given[-1].decode("latin1")).port
        except ValueError:  # no address at all, over which the validator would stumble
            return await WebsocketDenier()(scope, receive, send)
        return await super().__call__(scope, receive, send)
