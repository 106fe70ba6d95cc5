"""The widget in the shop's pages. It reads our rows itself, so that a committed message is a sent one."""

from django.utils.translation import gettext_lazy as _

from inbox.transports.base import Transport


class WidgetTransport(Transport):
    kind = "widget"
    label = _("Web widget")
    icon = "message"
    furthest = "read"
    first_state = "sent"  # delivered and read are what the widget reports
