"""/api/v1/orders/<id>/notes/: what agents note at an order."""

from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.lib.api import ApiView, read
from helpdesk.lib.openapi import ErrorsSerializer
from orders import notes
from orders.access import orders_for
from orders.errors import NotFound
from orders.models import OrderNote
from orders.note_shapes import NoteChange, NoteInput, OrderNoteSerializer
from orders.payloads import note_data
from people.api import agent_of

TAGS = ["Orders"]


class OrderNotes(ApiView):
    scope = "orders"

    @extend_schema(
        tags=TAGS,
        summary="Notes at an order",
        description="The oldest first, at most 50. Buyers never see them.",
        responses=OrderNoteSerializer(many=True),
    )
    def get(self, request: Request, order_id: UUID) -> Response:
        if not orders_for(agent_of(request)).filter(pk=order_id).exists():
            raise NotFound("No such order.")
        rows = OrderNote.objects.filter(order=order_id).select_related("agent")
        return Response([note_data(note) for note in rows])

    @extend_schema(
        tags=TAGS,
        summary="Note something at an order",
        description="A colour makes a flag of it, which lists show. With an `id` of your own it can be sent again.",
        request=NoteInput,
        responses={201: OrderNoteSerializer, 409: ErrorsSerializer},
        examples=[
            OpenApiExample(
                "A flag", {"text": "Gift: no invoice in the parcel", "color": "amber"}, request_only=True
            )
        ],
    )
    def post(self, request: Request, order_id: UUID) -> Response:
        given = read(NoteInput, request.data)
        note = notes.add_note(
            agent=agent_of(request),
            order_id=order_id,
            text=given["text"],
            color=given["color"],
            note_id=given["id"],
        )
        return Response(note_data(note), status=201)


class OrderNoteDetail(ApiView):
    scope = "orders"

    @extend_schema(
        tags=TAGS,
        summary="Change a note",
        description="One's own; supervisors change any. What is left out stays.",
        request=NoteChange,
        responses={200: OrderNoteSerializer, 403: ErrorsSerializer},
    )
    def patch(self, request: Request, order_id: UUID, note_id: UUID) -> Response:
        given = read(NoteChange, request.data)
        return Response(
            note_data(notes.edit_note(agent=agent_of(request), order_id=order_id, note_id=note_id, **given))
        )

    @extend_schema(
        tags=TAGS,
        summary="Take a note away",
        description="One's own; supervisors any. The order's history keeps what it said.",
        responses={204: None, 403: ErrorsSerializer},
    )
    def delete(self, request: Request, order_id: UUID, note_id: UUID) -> Response:
        notes.delete_note(agent=agent_of(request), order_id=order_id, note_id=note_id)
        return Response(status=204)
