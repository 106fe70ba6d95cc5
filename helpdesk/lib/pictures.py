"""Pictures of products, which lie on hosts of the shops.

The pages that show them may load images over https from anywhere: which hosts a shop uses (its own, a CDN's) changes
without telling us. Nothing else comes from outside, and each such image is asked for without a referrer: its host
learns an address and that a picture was looked at, and neither where nor by whom. Only addresses that a store gave as
a product's picture ever become one; nothing that a buyer writes does.
"""

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from csp.decorators import csp_update
from django.http import HttpResponse

P = ParamSpec("P")
Request = TypeVar("Request")


def shows_pictures(
    view: Callable[Concatenate[Request, P], HttpResponse],
) -> Callable[Concatenate[Request, P], HttpResponse]:
    allowing: Any = csp_update({"img-src": ["https:"]})
    allowed: Callable[Concatenate[Request, P], HttpResponse] = allowing(view)
    return allowed
