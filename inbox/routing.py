"""Addresses of the sockets."""

from django.urls import path

from inbox.consumers import ConsoleSocket, WidgetSocket

websocket_urlpatterns = [
    path("ws/console/", ConsoleSocket.as_asgi()),
    path("ws/widget/", WidgetSocket.as_asgi()),
]
