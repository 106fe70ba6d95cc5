"""Offers and codes for tests, and a shop whose line can be told how to fail."""

from collections.abc import Callable
from typing import Any, ClassVar

from orders.coupons import issuing, running
from orders.models import Coupon, CouponCode
from orders.stores.base import Result
from orders.stores.demo import DemoStore
from tests.orders.conftest import World


def new_offer(world: World, **fields: Any) -> Coupon:
    """Five dollars off, for whoever has not had it."""
    given = {"name": "Sorry", "value": 500, "currency": "USD", "store": world.store} | fields
    return Coupon.objects.create(**given)


def give(world: World, offer: Coupon, key: str = "k1", **more: Any) -> CouponCode:
    given = {"agent": world.agent, "conversation_id": world.conversation.id} | more
    return issuing.issue_code(coupon_id=offer.id, idempotency_key=key, **given)


def made(world: World, offer: Coupon, key: str = "k1", **more: Any) -> CouponCode:
    """Give a code, and let the store hear of it."""
    code = give(world, offer, key, **more)
    return run(code)


def run(code: CouponCode, when: Any = None) -> CouponCode:
    running.run_code(code.id, now=when)
    code.refresh_from_db()
    return code


class FaultyShop(DemoStore):
    """`before` runs when a command is sent, `after` when it is done, `on_lookup` when the shop is asked."""

    kind = "faulty-coupons"
    before: ClassVar[list[Callable[[], None]]] = []
    after: ClassVar[list[Callable[[], None]]] = []
    on_lookup: ClassVar[list[Callable[[], None]]] = []
    told: ClassVar[list[str]] = []

    @classmethod
    def reset(cls) -> None:
        for plan in (cls.before, cls.after, cls.on_lookup, cls.told):
            plan.clear()

    def lookup(self, key: str, *, command: str = "", order_number: str = "") -> Result | None:
        _next(self.on_lookup)
        return super().lookup(key, command=command, order_number=order_number)

    def create_coupon(self, *, code: str, terms: dict[str, Any], key: str) -> Result:
        return self._tell(key, lambda: super(FaultyShop, self).create_coupon(code=code, terms=terms, key=key))

    def revoke_coupon(self, *, code: str, key: str) -> Result:
        return self._tell(key, lambda: super(FaultyShop, self).revoke_coupon(code=code, key=key))

    def _tell(self, key: str, do: Callable[[], Result]) -> Result:
        self.told.append(key)
        _next(self.before)
        result = do()
        _next(self.after)
        return result


def _next(plan: list[Callable[[], None]]) -> None:
    if plan:
        plan.pop(0)()
