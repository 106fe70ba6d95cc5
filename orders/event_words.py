"""What events of orders, coupons and reviews say; those of an order in the words of its own trail."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import names
from events.models import Event
from events.wording import NOTHING, Called, Change, Told, Vocabulary, Words, changes, show
from orders.presenting import audit_trail
from orders.requests_telling import label_of

_ORDERS = {
    names.ORDER_SYNCED: gettext_lazy("Order told by the store"),
    names.ACTION_REQUESTED: gettext_lazy("Action asked for"),
    names.ACTION_DONE: gettext_lazy("Action done"),
    names.ACTION_FAILED: gettext_lazy("Action failed"),
    names.ACTION_UNKNOWN: gettext_lazy("Action not confirmed"),
    names.ACTION_TAKEN_BACK: gettext_lazy("Action taken back"),
    names.ACTION_WAITING: gettext_lazy("Action waits for approval"),
    names.ACTION_APPROVED: gettext_lazy("Action approved"),
    names.ACTION_REJECTED: gettext_lazy("Action rejected"),
    names.REQUEST_MADE: gettext_lazy("Request made"),
    names.REQUEST_ACCEPTED: gettext_lazy("Request accepted"),
    names.REQUEST_DECLINED: gettext_lazy("Request declined"),
    names.REQUEST_WITHDRAWN: gettext_lazy("Request withdrawn"),
    names.REQUEST_REOPENED: gettext_lazy("Request reopened"),
    names.ORDER_NOTED: gettext_lazy("Order note"),
    names.ORDER_CHECKED: gettext_lazy("Order checked by the buyer"),
    names.PAYMENT_REMINDED: gettext_lazy("Reminded of payment"),
    names.PAYMENT_RECOVERED: gettext_lazy("Paid after a reminder"),
    names.RETURN_RECEIVED: gettext_lazy("Return received"),
}
_COUPONS = {
    names.COUPON_ASKED: (gettext_lazy("Coupon asked for"), gettext_lazy("asked for the coupon %(name)s")),
    names.COUPON_DECIDED: (gettext_lazy("Coupon decided"), gettext_lazy("decided on the coupon %(name)s")),
    names.COUPON_SENT: (gettext_lazy("Coupon sent"), gettext_lazy("sent the coupon %(name)s, %(value)s")),
    names.COUPON_REDEEMED: (
        gettext_lazy("Coupon redeemed"),
        gettext_lazy("took the coupon %(name)s for order %(order)s"),
    ),
    names.COUPON_REVOKED: (gettext_lazy("Coupon revoked"), gettext_lazy("revoked the coupon %(name)s")),
    names.COUPON_EXPIRED: (gettext_lazy("Coupon expired"), gettext_lazy("let the coupon %(name)s expire")),
    names.COUPON_FAILED: (
        gettext_lazy("Coupon failed"),
        gettext_lazy("could not make the coupon %(name)s: %(error)s"),
    ),
}


def _order(event: Event, called: Called) -> Told:
    """As the trail of the order itself says it."""
    (said,) = audit_trail([event])
    rows = [Change(str(row.label), str(row.before), str(row.after)) for row in said["rows"]]
    return Told(str(said["title"]), rows, said.get("error") or said["reason"])


def _coupon(event: Event, called: Called) -> Told:
    data = event.data
    words = {
        "name": data["coupon"]["name"],
        "value": show(data["value"], called),
        "order": data["order"] or NOTHING,
        "error": data["error"] or NOTHING,
    }
    return Told(_COUPONS[event.name][1] % words, [], data["decision"] or data["reason"])


def _offer(event: Event, called: Called) -> Told:
    text = _("changed a coupon offer") if event.data["before"] else _("made a coupon offer")
    return Told(text, changes(event.data, called))


def _limit(event: Event, called: Called) -> Told:
    text = _("changed the limit of %(kind)s") % {"kind": label_of(event.data["kind"])}
    return Told(f"{text} ({event.data['role']})", changes(event.data, called))


def _rule(event: Event, called: Called) -> Told:
    if event.data["rule"] == "ladder":
        return Told(_("changed the steps of bargaining"), changes(event.data, called))
    text = _("changed when a request is granted by itself: %(kind)s")
    return Told(text % {"kind": label_of(event.data["kind"])}, changes(event.data, called))


WORDS = [
    Vocabulary(
        "orders",
        gettext_lazy("Orders"),
        "package",
        {
            **{name: Words(label, tell=_order) for name, label in _ORDERS.items()},
        },
    ),
    Vocabulary(
        "coupons",
        gettext_lazy("Coupons"),
        "ticket",
        {
            **{name: Words(label, tell=_coupon) for name, (label, _sentence) in _COUPONS.items()},
            names.COUPON_CHANGED: Words(gettext_lazy("Coupon offer changed"), tell=_offer),
        },
    ),
    Vocabulary(
        "reviews",
        gettext_lazy("Reviews"),
        "star",
        {
            names.REVIEW_RECEIVED: Words(
                gettext_lazy("Review received"), gettext_lazy("took over a review of {product}")
            ),
            names.REVIEW_REPLIED: Words(
                gettext_lazy("Review answered"), gettext_lazy("answered a review of {product}")
            ),
            names.REVIEW_HIDDEN: Words(
                gettext_lazy("Review hidden"), gettext_lazy("hid a review of {product}")
            ),
            names.REVIEW_SHOWN: Words(
                gettext_lazy("Review shown again"), gettext_lazy("showed a review of {product} again")
            ),
        },
    ),
    Vocabulary(
        "order-rules",
        gettext_lazy("Limits and rules"),
        "shield-check",
        {
            names.LIMIT_CHANGED: Words(gettext_lazy("Limit changed"), tell=_limit),
            names.RULE_CHANGED: Words(gettext_lazy("Rule changed"), tell=_rule),
            names.CONNECTION_CHANGED: Words(
                gettext_lazy("Store connection changed"), gettext_lazy("changed the connection of the store")
            ),
        },
        {
            "per_order": gettext_lazy("Per order"),
            "share": gettext_lazy("Share of the order in percent"),
            "per_day": gettext_lazy("Per day"),
            "needs_reason": gettext_lazy("Needs a reason"),
            "up_to": gettext_lazy("Up to"),
            "within_hours": gettext_lazy("Within hours"),
        },
    ),
]
