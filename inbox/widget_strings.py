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
        # Who waits, and for what
        "closed": _("We are closed right now."),
        "opens": _("We open again {time}."),
        "next_in_line": _("You are next in line."),
        "in_line": _("You are number {n} in line."),
        # The connection
        "reconnecting": _("Reconnecting…"),
        "no_network": _("You are offline. What you write is sent as soon as you are back."),
        # Messages
        "you": _("You"),
        "sending": _("Sending…"),
        "sent": pgettext("state of a message", "Delivered"),  # to the desk: it is stored there
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
        "order.action.done.discount": _("Order {order}: the new total is {after} (was {before})"),
        "order.action.done.free": _("Order {order}: shipping is free now (it was {before})"),
        "order.action.done.change_carrier": _("Order {order}: it is now sent by {method}"),
        "order.action.done.change_address": _("Order {order}: the delivery address was changed"),
        "order.action.done.edit_lines": _("Order {order}: the items were changed to {items}"),
        "order.action.done.edit_lines.paid_back": _(
            "Order {order}: the items were changed to {items}. {cost} are on their way back to you"
        ),
        "order.action.done.hold_parcel.on": _("Order {order}: the parcel is waiting and does not leave yet"),
        "order.action.done.hold_parcel.off": _("Order {order}: the parcel may leave now"),
        "order.action.done.refund": _("Order {order}: a refund of {cost} is on its way to you"),
        "order.action.done.resend": _("Order {order}: {items} are sent to you again, as order {replacement}"),
        "order.action.done.exchange": _("Order {order}: you get {items} for {back}, as order {replacement}"),
        "order.action.done.exchange.charged": _(
            "Order {order}: you get {items} for {back}, as order {replacement}. {charge} are still to pay"
        ),
        "order.action.done.exchange.paid_back": _(
            "Order {order}: you get {items} for {back}, as order {replacement}. {cost} are on their way back to you"
        ),
        "order.action.done.cancel": _("Order {order} was cancelled"),
        "order.action.done.cancel.paid_back": _(
            "Order {order} was cancelled. {cost} are on their way back to you"
        ),
        "return.received": _("Your return of order {order} has arrived"),
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
        "answer_unsent": _("Your answer did not get through. Please try again."),
        "free": pgettext("shipping fee", "Free"),
        "was": _("was {amount}"),
        "more_items": _("and {count} more"),
        "ask_about": _("Ask about this order"),
        "about_order": _("About order {number}: "),
        "placed": _("Ordered on {date}"),
        # To pay, to follow a parcel, to look at a product
        "pay_open": _("This order waits for your payment."),
        "pay_done": _("Thank you, this order is paid."),
        "pay_off": _("This order was called off. There is nothing to pay."),
        "pay_until": _("To be paid by {time}"),
        "parcel_of": _("Your parcel of order {number}"),
        "expected": _("Expected by {date}"),
        "stock_in_stock": _("In stock"),
        "stock_few": _("Only a few left"),
        "stock_sold_out": _("Sold out"),
        # One order, and what is asked for on it
        "view_order": _("View order"),
        "items_total": _("Items"),
        "discount": _("Discount"),
        "tax": _("Tax"),
        "paid_sum": pgettext("amount", "Paid"),
        "refunded": _("Refunded"),
        "delivered_on": _("Delivered on {date}"),
        "ask.change_address": _("Change address"),
        "ask.cancel": _("Cancel order"),
        "ask.refund": _("Ask for a refund"),
        "cannot_ask": _("{what}: {why}"),
        "request.open": pgettext("state of a request", "Waiting"),
        "request.checking": pgettext("state of a request", "Being checked"),
        "request.accepted": pgettext("state of a request", "Accepted"),
        "request.done": pgettext("state of a request", "Done"),
        "request.declined": pgettext("state of a request", "Declined"),
        "request.withdrawn": pgettext("state of a request", "Withdrawn"),
        "request_answer": _("Our answer: {answer}"),
        "fill_in": _("Please fill this in."),
        "choose": _("Please choose"),
        "choose_items": _("Choose at least one item."),
        "write_amount": _("Write an amount."),
        "at_most": _("At most {amount}."),
        "n_of": _("{n} of {all}"),
        "photos_busy": _("A photo is still on its way."),
        "too_many_photos": _("At most {count} photos."),
        "no_picture": _("{name} is no picture."),
        # The rating
        "rating_1": pgettext("rating", "Very bad"),
        "rating_2": pgettext("rating", "Bad"),
        "rating_3": pgettext("rating", "Fair"),
        "rating_4": pgettext("rating", "Good"),
        "rating_5": pgettext("rating", "Very good"),
        # Coupons
        "coupon_valid": _("Valid"),
        "coupon_used": _("Already used"),
        "coupon_over": _("Not valid any more"),
        "coupon_copied": _("Copied"),
        # Trouble
        "try_later": _("That did not work. Please try again in a moment."),
        "no_session": _("We cannot be reached right now. Trying again…"),
    }
