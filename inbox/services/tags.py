"""Making tags while one works. (Settings change and delete them.)"""

from django.db import IntegrityError, transaction

from helpdesk.lib.palette import color_for
from inbox.errors import Invalid
from inbox.models import Tag


def create_tag(*, name: str, color: str = "") -> tuple[Tag, bool]:
    """Return the tag of that name, and whether it is new. One that differs only in case is the same."""
    name = " ".join(name.split())
    if not name.isprintable():
        raise Invalid("A name is printable.", attr="name")
    if (known := Tag.objects.filter(name__iexact=name).first()) is not None:
        return known, False
    try:
        with transaction.atomic():
            return Tag.objects.create(name=name, color=color or color_for(name)), True
    except IntegrityError:  # somebody else made it in this moment
        return Tag.objects.get(name=name), False
