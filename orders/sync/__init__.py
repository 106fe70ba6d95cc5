"""What stores tell us: our copy follows, forwards only."""

from orders.sync.orders import upsert_order
from orders.sync.products import upsert_product

__all__ = ["upsert_order", "upsert_product"]
