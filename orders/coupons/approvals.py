"""Codes that are above the limits of who asked, in the queue of what waits for a second person."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from helpdesk.lib.money import display
from orders.approvals import Waiting
from orders.coupons import issuing, limits
from orders.coupons.access import with_code_relations
from orders.coupons.terms import gives
from orders.models import CouponCode
from people.models import Agent


class WaitingCodes:
    sort = "coupon"

    def waiting(self, agent: Agent) -> QuerySet[CouponCode]:
        return issuing.waiting(agent)

    def load(self, rows: QuerySet[CouponCode]) -> QuerySet[CouponCode]:
        return with_code_relations(rows)

    def present(self, rows: list[CouponCode]) -> list[Waiting]:
        return [self._present(code) for code in rows]

    def _present(self, code: CouponCode) -> Waiting:
        what = {"name": code.terms["name"], "gives": gives(code.terms)}
        return Waiting(
            pk=code.pk,
            sort=self.sort,
            created_at=code.created_at,
            label=_("Coupon: %(name)s, %(gives)s") % what,
            icon="ticket",
            store=code.store,
            asker=code.agent,
            buyer=code.buyer,
            order=None,
            conversation_id=code.conversation_id,
            cost=display(code.value, code.currency),
            over=limits.words(code.over),
            reason=code.reason,
        )

    def approve(self, *, agent: Agent, pk: UUID, comment: str) -> Any:
        return issuing.approve(agent=agent, code_id=pk, comment=comment)

    def reject(self, *, agent: Agent, pk: UUID, comment: str) -> Any:
        return issuing.reject(agent=agent, code_id=pk, comment=comment)

    def take_back(self, *, agent: Agent, pk: UUID) -> Any:
        return issuing.revoke(agent=agent, code_id=pk)
