"""The link by which a buyer says that they want answers and nothing else: a signed delivery, good for ever.

Who has it may say that for the one address that the delivery went to. It names neither the address nor the buyer.
"""

from django.conf import settings
from django.core import signing
from django.urls import reverse

from inbox.models import Delivery

SALT = "inbox.unsubscribe"


def unsubscribe_link(delivery: Delivery) -> str:
    """Return the address of the page, for a delivery that is no answer to anything."""
    token = signing.Signer(salt=SALT, sep=".").sign(str(delivery.pk))
    return settings.PUBLIC_URL + reverse("unsubscribe", args=[token])


def delivery_of(token: str) -> Delivery | None:
    """Return which delivery a link is for. None: nobody signed this, or the delivery is gone."""
    try:
        number = signing.Signer(salt=SALT, sep=".").unsign(token)
    except signing.BadSignature:
        return None
    rows = Delivery.objects.select_related("channel__store", "conversation__buyer")
    return rows.filter(pk=int(number)).first()
