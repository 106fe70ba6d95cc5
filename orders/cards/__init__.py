"""Cards of orders: one file for each kind, and what keeps them up to date."""

from orders.cards.order import OrderCard
from orders.cards.refresh import refresh_cards

__all__ = ["OrderCard", "refresh_cards"]
