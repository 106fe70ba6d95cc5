"""The product's application with one difference: clients may send as often as they like.

The limit per client is far above what anybody types and far below what twenty conversations must send
between them to keep a server busy.
"""

from events import sockets
from helpdesk.asgi import application

sockets.BURST = sockets.PER_SECOND = 1e9

__all__ = ["application"]
