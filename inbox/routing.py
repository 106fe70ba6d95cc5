"""Addresses of the sockets."""

from django.urls import path

from inbox.console_socket import ConsoleSocket
from inbox.widget_socket import WidgetSocket

websocket_urlpatterns = [
    path("ws/console/", ConsoleSocket.as_asgi()),
    path("ws/widget/", WidgetSocket.as_asgi()),
]
