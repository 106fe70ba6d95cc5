"""What of this room belongs to a buyer: what moves when two rows of one person become one (inbox.services.merging),
and what is gathered and erased (people.personal)."""

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_noop

from events import names
from events.models import TOLD, Event
from inbox.models import Conversation
from inbox.services.merging import Moved
from orders.models import (
    BuyerRequest,
    CouponCode,
    DemoShopCommand,
    DemoShopOrder,
    Order,
    OrderAction,
    OrderLine,
    OrderNote,
    OrderReturn,
    Payment,
    PaymentReminder,
    Review,
    Shipment,
    StoreHook,
)
from people import notices
from people.models import Buyer
from people.personal import Erasing, Held, NotYet, dumped, pattern_of

ROWS = {
    "orders": Order,
    "requests": BuyerRequest,
    "coupon_codes": CouponCode,
    "reminders": PaymentReminder,
    "reviews": Review,
}
IN_CONVERSATIONS = {
    "order_actions": OrderAction,
    "buyer_requests": BuyerRequest,
    "codes": CouponCode,
    "payment_reminders": PaymentReminder,
    "product_reviews": Review,
}
_UNDECIDED_ACTIONS = ("waiting", "held", "running", "unknown")
_UNDECIDED_CODES = ("waiting", "creating", "revoking")
_OF_COUPONS = [name for name in sorted(names.NAMES) if name.startswith("coupon.")]
_OF_REVIEWS = [name for name in sorted(names.NAMES) if name.startswith("review.")]


class OrdersOfBuyers:
    def move(self, kept: Buyer, merged: Buyer) -> Moved:
        moved = {}
        for name, model in ROWS.items():
            rows = model._default_manager.filter(buyer=merged)
            moved[name] = [str(pk) for pk in rows.values_list("pk", flat=True)]
            rows.update(buyer=kept)
        return moved

    def move_back(self, kept: Buyer, merged: Buyer, moved: Moved) -> None:
        for name, model in ROWS.items():
            model._default_manager.filter(pk__in=moved.get(name, []), buyer=kept).update(buyer=merged)


class OrdersOfConversations:
    """What was done, asked for and given in a conversation that became part of another of the same buyer."""

    def move(self, kept: Conversation, other: Conversation) -> dict[str, list[str]]:
        moved = {}
        for name, model in IN_CONVERSATIONS.items():
            rows = model._default_manager.filter(conversation_id=other.id)
            moved[name] = [str(pk) for pk in rows.values_list("pk", flat=True)]
            rows.update(conversation_id=kept.id)
        return moved

    def move_back(self, kept: Conversation, other: Conversation, moved: dict[str, list[str]]) -> None:
        for name, model in IN_CONVERSATIONS.items():
            rows = model._default_manager.filter(pk__in=moved.get(name, []), conversation_id=kept.id)
            rows.update(conversation_id=other.id)


class OrdersHeld:
    """The same, gathered and erased. Amounts, numbers, products and what was done for how much stay, of nobody."""

    handles = frozenset(
        {
            "orders.BuyerRequest",
            "orders.CouponCode",
            "orders.DemoShopCommand",
            "orders.DemoShopOrder",
            "orders.Order",
            "orders.OrderAction",
            "orders.OrderNote",
            "orders.OrderReturn",
            "orders.PaymentReminder",
            "orders.Review",
            "orders.Shipment",
            "orders.StoreHook",
        }
    )
    holds_nothing = frozenset(
        {
            "orders.Connection",
            "orders.Coupon",
            "orders.DemoShopCoupon",
            "orders.Ladder",
            "orders.Limit",
            "orders.OrderLine",
            "orders.Payment",
            "orders.Product",
            "orders.RequestRule",
        }
    )

    def collect(self, buyers: list[Buyer]) -> Held:
        of_order = {"order__buyer__in": buyers}
        return Held(
            {
                "orders": dumped(Order.objects.filter(buyer__in=buyers).order_by("placed_at", "id")),
                "order_lines": dumped(OrderLine.objects.filter(**of_order)),
                "payments": dumped(Payment.objects.filter(**of_order)),
                "shipments": dumped(Shipment.objects.filter(**of_order)),
                "returns": dumped(OrderReturn.objects.filter(**of_order)),
                "order_notes": dumped(OrderNote.objects.filter(**of_order)),
                "order_actions": dumped(OrderAction.objects.filter(**of_order)),
                "requests": dumped(_requests(buyers)),
                "coupon_codes": dumped(CouponCode.objects.filter(buyer__in=buyers)),
                "payment_reminders": dumped(PaymentReminder.objects.filter(buyer__in=buyers)),
                "reviews": dumped(_reviews(buyers)),
            }
        )

    def erase(self, erasing: Erasing) -> None:
        orders = list(Order.objects.select_for_update().filter(buyer__in=erasing.ids).order_by("id"))
        _wait_for_what_runs(orders, erasing)
        _erase_hooks(erasing, orders)
        _erase_demo_shop(erasing, orders)
        for order in orders:
            order.address, order.buyer_note, order.pay_url = {}, "", ""
            order.save(update_fields=["address", "buyer_note", "pay_url"])
        notices.forget(order.pk for order in orders)
        of_order = {"order__in": orders}
        Shipment.objects.filter(**of_order).update(tracking_number="", events=[], trouble_at=None)
        OrderReturn.objects.filter(**of_order).update(instructions="", label_url="")
        OrderNote.objects.filter(**of_order).delete()
        _erase_actions(erasing, orders)
        _erase_requests(erasing)
        CouponCode.objects.filter(buyer__in=erasing.ids).update(reason="", decision="", error="")
        _reviews(erasing.buyers).update(
            author="",
            title="",
            body="",
            reply="",
            hidden_reason="",
            error="",
            sync=Review.Sync.DONE,
            run_at=None,
        )

    def events(self, buyers: list[Buyer]) -> list[QuerySet[Event]]:
        orders = list(Order.objects.filter(buyer__in=buyers).values_list("id", flat=True))
        reviews = [str(pk) for pk in _reviews(buyers).values_list("id", flat=True)]
        codes = [str(pk) for pk in CouponCode.objects.filter(buyer__in=buyers).values_list("id", flat=True)]
        at_stores = Event.objects.filter(TOLD, store_id__in={buyer.store_id for buyer in buyers})
        found: list[QuerySet[Event]] = [Event.objects.filter(order_id__in=orders)]
        if reviews:
            found.append(at_stores.filter(name__in=_OF_REVIEWS, data__review__in=reviews))
        if codes:
            found.append(at_stores.filter(name__in=_OF_COUPONS, data__id__in=codes))
        return found


def _requests(buyers: list[Buyer]) -> QuerySet[BuyerRequest]:
    return BuyerRequest.objects.filter(Q(buyer__in=buyers) | Q(order__buyer__in=buyers))


def _reviews(buyers: list[Buyer]) -> QuerySet[Review]:
    return Review.objects.filter(Q(buyer__in=buyers) | Q(order__buyer__in=buyers))


def _wait_for_what_runs(orders: list[Order], erasing: Erasing) -> None:
    """Raise NotYet while the store is still to be told something: what is to be told would be gone."""
    actions = OrderAction.objects.filter(order__in=orders, state__in=_UNDECIDED_ACTIONS)
    if action := actions.select_related("order").first():
        under_way = gettext_noop("Something is still under way for an order")
        raise NotYet(f"{under_way}: {action.order.number}")
    if CouponCode.objects.filter(buyer__in=erasing.ids, state__in=_UNDECIDED_CODES).exists():
        raise NotYet(gettext_noop("A coupon is still being made or decided on."))


def _erase_actions(erasing: Erasing, orders: list[Order]) -> None:
    for action in OrderAction.objects.filter(order__in=orders):
        action.params, action.before = erasing.cleaned(action.params), erasing.cleaned(action.before)
        action.after = erasing.cleaned(action.after)
        action.reason = action.decision = action.error = ""
        action.save(update_fields=["params", "before", "after", "reason", "decision", "error"])


def _erase_requests(erasing: Erasing) -> None:
    for request in _requests(erasing.buyers):
        request.params, request.before = erasing.cleaned(request.params), erasing.cleaned(request.before)
        request.after, request.photos = erasing.cleaned(request.after), []
        request.reason = request.answer = ""
        request.client_id = f"erased.{request.pk.hex}"
        if request.state == BuyerRequest.State.OPEN:
            request.state = BuyerRequest.State.WITHDRAWN
        request.save()


def _erase_hooks(erasing: Erasing, orders: list[Order]) -> None:
    """Empty what the store told of them and was read; what failed and is theirs goes whole. Raises NotYet."""
    stores = {buyer.store_id for buyer in erasing.buyers}
    theirs, numbers = pattern_of(erasing.names), pattern_of([order.number for order in orders])
    done: list[int] = []
    failed: list[int] = []
    for hook in (
        StoreHook.objects.filter(connection__store__in=stores).exclude(body=b"").iterator(chunk_size=200)
    ):
        body = bytes(hook.body)
        if theirs is not None and theirs.search(body):
            if hook.state == StoreHook.State.NEW:
                raise NotYet(gettext_noop("Something that the store tells of the buyer is being read."))
            (failed if hook.state == StoreHook.State.FAILED else done).append(hook.pk)
        elif numbers is not None and hook.state == StoreHook.State.DONE and numbers.search(body):
            done.append(hook.pk)
    StoreHook.objects.filter(pk__in=failed).delete()
    StoreHook.objects.filter(pk__in=done).update(body=b"", error="")


def _erase_demo_shop(erasing: Erasing, orders: list[Order]) -> None:
    """The demo's shop stands in our own tables; any other has to be asked by the store itself."""
    for order in orders:
        rows = DemoShopOrder.objects.filter(store=order.store_id, number=order.number)
        rows.exclude(address=None).update(address={})
        for command in DemoShopCommand.objects.filter(order__in=rows):
            command.result = erasing.cleaned(command.result)
            command.save(update_fields=["result"])
