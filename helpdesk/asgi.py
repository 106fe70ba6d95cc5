"""The ASGI application: HTTP by Django, sockets by Channels. Server-neutral; daphne is what we run."""

import gc
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")

from django.core.asgi import get_asgi_application

http = get_asgi_application()  # loads the apps, so it comes before what imports models

from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings

from helpdesk.bodies import bound_bodies
from helpdesk.checks import refuse_unsafe_start
from helpdesk.lib.origins import OnlyFrom
from inbox.routing import websocket_urlpatterns

refuse_unsafe_start()
bound_bodies(settings.MAX_UPLOAD_BYTES + 1024 * 1024)  # a form is somewhat longer than its file

application = ProtocolTypeRouter(
    {"http": http, "websocket": OnlyFrom(URLRouter(websocket_urlpatterns), settings.SOCKET_ORIGINS)}
)

# What has been imported stays; the collector need not look at it again (it halves the slowest answers).
gc.collect()
gc.freeze()
