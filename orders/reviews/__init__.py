"""Reviews of products: taken in from stores, answered, hidden and shown again.

taking.py takes in what a store tells; answering.py is what agents do; telling.py brings it to the store.
"""

from orders.reviews.answering import hide, reply, show
from orders.reviews.taking import upsert_review

__all__ = ["hide", "reply", "show", "upsert_review"]
