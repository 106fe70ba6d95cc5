"""What the demo shop keeps of its reviews: the answers that came, each under its key."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from orders.models import DemoShopCommand
from orders.stores.base import Result
from orders.stores.demo.shop import result_of


def answer(store_id: UUID, key: str, *, external_id: str, reply: str, hidden: bool) -> Result:
    if (before := result_of(store_id, key)) is not None:
        return before
    result: Result = {
        "external_id": external_id,
        "reply": reply,
        "hidden": hidden,
        "updated_at": timezone.now().isoformat(),
    }
    try:
        with transaction.atomic():
            DemoShopCommand.objects.create(key=key, store_id=store_id, result=result)
    except IntegrityError:  # two of the same key at once
        return result_of(store_id, key) or result
    return result
