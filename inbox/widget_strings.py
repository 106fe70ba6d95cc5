"""What the widget says, in the buyer's language. Scripts hold no words: they get these as JSON."""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def launcher_strings() -> dict[str, str]:
    return {
        "open": _("Open chat"),
        "unread": _("Open chat, unread messages: {count}"),
        "close": _("Close chat"),
        "panel": _("Chat with us"),
        "dismiss": _("Dismiss"),
        "failed": _("The chat could not be loaded."),
        "retry": _("Try again"),
    }


def panel_strings() -> dict[str, str]:
    return {
        # The header
        "online": _("We are online"),
        "wait": _("We usually answer within {time}"),
        "offline": _("We are away and answer as soon as we are back"),
        # The connection
        "reconnecting": _("Reconnecting…"),
        "no_network": _("You are offline. What you write is sent as soon as you are back."),
        # Messages
        "you": _("You"),
        "sending": _("Sending…"),
        "sent": pgettext("state of a message", "Sent"),
        "read": pgettext("state of a message", "Read"),
        "unsent": _("Not sent"),
        "retry": _("Try again"),
        "discard": _("Discard"),
        "new_messages": _("New messages"),
        "typing": _("{name} is typing…"),
        "typing_nobody": _("Someone is typing…"),
        "refused_too_long": _("Not sent: the message is too long."),
        "refused": _("Not sent: {detail}"),
        "file": _("File"),
        "image": _("Image"),
        # System lines, by event
        "conversation.resolved": _("{name} closed the conversation"),
        "conversation.resolved.nobody": _("The conversation was closed"),
        "conversation.reopened": _("The conversation goes on"),
        "order.action.done": _("Order {order}: shipping is now {after} (was {before})"),
        "order.action.done.free": _("Order {order}: shipping is free now (it was {before})"),
        # Files
        "uploading": _("Uploading {name}"),
        "remove_file": _("Remove {name}"),
        "too_large": _("{name} is larger than {limit}."),
        "unsupported_type": _("{name} is of a type that cannot be sent."),
        "upload_failed": _("{name} could not be uploaded."),
        "too_many_files": _("At most {count} files go into one message."),
        "download": _("Download {name}, {size}"),
        "enlarge": _("Enlarge {name}"),
        "file_gone": _("The file could not be loaded."),
        # Orders
        "order": _("Order {number}"),
        "unpaid": pgettext("order status", "Unpaid"),
        "paid": pgettext("order status", "Paid"),
        "shipped": pgettext("order status", "Shipped"),
        "delivered": pgettext("order status", "Delivered"),
        "completed": pgettext("order status", "Completed"),
        "cancelled": pgettext("order status", "Cancelled"),
        "shipping": _("Shipping"),
        "total": _("Total"),
        "free": pgettext("shipping fee", "Free"),
        "was": _("was {amount}"),
        "more_items": _("and {count} more"),
        "ask_about": _("Ask about this order"),
        "about_order": _("About order {number}: "),
        "placed": _("Ordered on {date}"),
        # The rating
        "rating_1": pgettext("rating", "Very bad"),
        "rating_2": pgettext("rating", "Bad"),
        "rating_3": pgettext("rating", "Fair"),
        "rating_4": pgettext("rating", "Good"),
        "rating_5": pgettext("rating", "Very good"),
        # Trouble
        "try_later": _("That did not work. Please try again in a moment."),
        "no_session": _("We cannot be reached right now. Trying again…"),
    }
