"""The label that the demo shop gives for a parcel that comes back."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_GET

from orders.demo_shop import for_demo
from orders.models import OrderReturn
from orders.stores import demo


@for_demo
@require_GET
def label(request: HttpRequest) -> HttpResponse:
    """Show the label of an order that is awaited back; where nothing is, there is none."""
    number = request.GET.get("number", "")[:40]
    waiting = OrderReturn.objects.filter(
        order__number=number,
        order__store__key=request.GET.get("store", ""),
        order__store__connection__kind=demo.DemoStore.kind,
        state=OrderReturn.State.AWAITED,
    )
    backs = list(waiting.select_related("order__store").order_by("created_at"))
    if not backs:
        raise Http404
    order = backs[0].order
    bars = _bars(order.number)
    context = {
        "store": order.store,
        "order": order,
        "items": [line for back in backs for line in back.lines],
        "bars": bars,
        "width": bars[-1][0] + bars[-1][1],
    }
    with translation.override(order.store.language):
        return render(request, "demo_shop/return.html", context)


def _bars(text: str) -> list[tuple[int, int]]:
    """Return (place, width) of bars that look like a code: no scanner is meant to read them."""
    found, at = [], 0
    for byte in text.encode() + b"|":
        for shift in (6, 4, 2, 0):
            width = 1 + (byte >> shift & 3)
            found.append((at, width))
            at += width + 2
    return found
