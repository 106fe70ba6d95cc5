"""/api/v1/orders/<id>/returns/: goods that come back."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.lib.api import ApiView
from helpdesk.lib.openapi import ErrorsSerializer
from orders.access import orders_for
from orders.errors import NotFound
from orders.payloads import return_data
from orders.return_shapes import OrderReturnSerializer
from orders.returns import receive_return
from people.api import agent_of


class ReturnReceived(ApiView):
    scope = "orders"

    @extend_schema(
        tags=["Orders"],
        summary="Mark a return as received",
        description="The goods are there; what is to be restocked is in stock again, and the buyer reads that they "
        "arrived. Twice is the same as once.",
        request=None,
        responses={200: OrderReturnSerializer, 409: ErrorsSerializer},
    )
    def post(self, request: Request, order_id: UUID, return_id: UUID) -> Response:
        agent = agent_of(request)
        if not orders_for(agent).filter(pk=order_id, returns=return_id).exists():
            raise NotFound("No such return.")
        return Response(return_data(receive_return(agent=agent, return_id=return_id)))
