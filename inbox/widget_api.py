"""/api/widget/v1/: what the widget can do without a socket.

A visitor's token in the Authorization header is the only way in: no cookie is read, so there is nothing
for another site to ride on. Everything here starts from the session's buyer, and from public messages.
"""

from io import BytesIO
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, status
from rest_framework.authentication import BaseAuthentication
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from events import topics
from events.hub import encode, publish
from events.record import Actor
from helpdesk.lib.openapi import ErrorsSerializer
from inbox import reception
from inbox import widget_serializers as shapes
from inbox.access import public_messages, with_message_relations
from inbox.errors import InboxError, Invalid, NotFound
from inbox.files import UploadRefused, refuse_large, store_upload
from inbox.live import conversation_of, widget_channel
from inbox.models import Conversation
from inbox.payloads import attachment_data, message_data
from inbox.services import (
    Draft,
    end_session,
    mark_by_buyer,
    post_message,
    public_data,
    rate,
    set_contact,
    start_session,
)
from inbox.services.consent import agreed_by_form
from people import presence, visitors
from people.models import Store, VisitorSession

PAGE = 30
CATCH_UP = 200
MAX_JSON = 128 * 1024  # the longest message, with every character escaped, and a little


class VisitorAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Any, VisitorSession] | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        session = visitors.authenticate(token.strip())
        if session is None:
            raise exceptions.AuthenticationFailed(
                "The visitor token is not valid (any more).", code="invalid_token"
            )
        return session.buyer, session

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class IsVisitor(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.auth, VisitorSession)


class SmallJSONParser(JSONParser):
    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> dict[str, Any]:
        raw = stream.read(MAX_JSON + 1)
        if len(raw) > MAX_JSON:
            raise TooLarge
        try:
            data = super().parse(BytesIO(raw), media_type, parser_context)
        except RecursionError:
            raise exceptions.ParseError("That is nested too deeply.") from None
        if not isinstance(data, dict):
            raise exceptions.ParseError("Send an object.")
        return data


class TooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code, default_detail = "too_large", "The request is too large."


class PerVisitor(SimpleRateThrottle):
    """So many requests of one kind from one visitor (from one address, for those who have no token yet)."""

    def __init__(self, scope: str, rate: str) -> None:
        self.scope, self.rate = scope, rate
        super().__init__()

    def get_cache_key(self, request: Request, view: APIView) -> str:
        who = request.auth.id.hex if isinstance(request.auth, VisitorSession) else self.get_ident(request)
        return f"widget:{self.scope}:{who}"


class WidgetView(APIView):
    authentication_classes = [VisitorAuthentication]
    permission_classes = [IsVisitor]
    parser_classes = [SmallJSONParser]
    rate = "240/min"

    def get_throttles(self) -> list[Any]:
        return [PerVisitor(type(self).__name__, self.rate)]

    def handle_exception(self, exc: Exception) -> Response:
        return super().handle_exception(api_error(exc) if isinstance(exc, InboxError) else exc)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response

    @property
    def session(self) -> VisitorSession:
        assert isinstance(self.request.auth, VisitorSession)
        return self.request.auth

    def given(self, serializer_class: type[Any], data: Any = None) -> dict[str, Any]:
        serializer = serializer_class(data=self.request.data if data is None else data)
        serializer.is_valid(raise_exception=True)
        found: dict[str, Any] = serializer.validated_data
        return found

    def own_conversation(self) -> Conversation:
        conversation = conversation_of(self.session.buyer_id)
        if conversation is None:
            raise NotFound("There is no conversation yet.")
        return conversation


def api_error(error: InboxError) -> exceptions.APIException:
    """Return an error of the inbox as the API tells errors."""
    if error.status == status.HTTP_400_BAD_REQUEST:
        detail = exceptions.ErrorDetail(error.detail, code=error.code)
        return exceptions.ValidationError({error.attr or "non_field_errors": [detail]})
    told = exceptions.APIException(error.detail, code=error.code)
    told.status_code = error.status
    return told


def conversation_data(conversation: Conversation | None) -> dict[str, Any] | None:
    if conversation is None:
        return None
    return {**public_data(conversation), "buyer_read_seq": conversation.buyer_read_seq}


def window(
    conversation: Conversation | None, *, after: int | None = None, before: int | None = None
) -> dict[str, Any]:
    """Return public messages, oldest first: those after a seq, or else the last page (before one).

    The conversation was read before the messages are: what comes in between is in the answer, and its
    `last_seq` never promises a message that is not.
    """
    if conversation is None:
        return {"conversation": None, "messages": [], "has_more": False}
    rows = with_message_relations(public_messages(conversation.id))
    if after is not None:
        found = list(rows.filter(seq__gt=after).order_by("seq")[: CATCH_UP + 1])
        messages, has_more = found[:CATCH_UP], len(found) > CATCH_UP
    else:
        if before is not None:
            rows = rows.filter(seq__lt=before)
        found = list(rows.order_by("-seq")[: PAGE + 1])
        messages, has_more = found[:PAGE][::-1], len(found) > PAGE
    return {
        "conversation": conversation_data(conversation),
        "messages": [message_data(message) for message in messages],
        "has_more": has_more,
    }


class SessionsView(WidgetView):
    """Become a visitor, come back as one, or (with an identity token) be known as a buyer of the store."""

    # No Authorization here: a token that has ended travels in the body and is answered with a new one.
    authentication_classes = []
    permission_classes = []
    rate = "300/min"

    @extend_schema(
        summary="Open the widget",
        description="Become a visitor, come back as one, or, with an identity token, be known as a buyer of the "
        "store.",
        request=shapes.SessionRequest,
        responses=shapes.SessionAnswer,
    )
    def post(self, request: Request) -> Response:
        given = self.given(shapes.SessionRequest)
        store = Store.objects.filter(key=given["store"]).first()
        if store is None:
            raise Invalid("There is no such store.", code="unknown_store", attr="store")
        try:
            token, session = start_session(
                store=store,
                visitor_token=given.get("visitor_token", ""),
                identity_token=given.get("identity_token", ""),
                language=visitors.language(given.get("locale", "")) or store.language,
                page=given.get("page"),
            )
        except visitors.InvalidIdentity as error:
            detail = f"The identity token is not valid: {error}"
            raise Invalid(detail, code="invalid_token", attr="identity_token") from None
        buyer, conversation = session.buyer, conversation_of(session.buyer_id)
        return Response(
            {
                "visitor_token": token,
                "visitor": {"id": str(buyer.id), "name": buyer.name, "verified": buyer.is_verified},
                **window(conversation),
                "agents_online": presence.online_count(store.id),
                "agents": reception.faces(store.id),
                "expected_wait_s": reception.expected_wait_s(store.id),
                "queue_position": reception.queue_position(conversation),
                "hours": reception.hours_now(store, visitors.language(given.get("locale", ""))),
                "store": {
                    "name": store.name,
                    "color": store.color,
                    "greeting": store.greeting,
                    "language": store.language,
                },
            }
        )


class MessagesView(WidgetView):
    @extend_schema(
        summary="What was said",
        description="The last page, or what is before or after a `seq`.",
        parameters=[OpenApiParameter("after", int), OpenApiParameter("before", int)],
        responses=shapes.MessagesAnswer,
    )
    def get(self, request: Request) -> Response:
        given = self.given(shapes.WindowQuery, request.query_params)
        return Response(window(conversation_of(self.session.buyer_id), **given))

    @extend_schema(
        summary="Write",
        description="A repeated `client_id` is the message that it was before (200).",
        request=shapes.MessageRequest,
        responses={
            200: shapes.PostedAnswer,
            201: shapes.PostedAnswer,
            403: ErrorsSerializer,
            404: ErrorsSerializer,
            409: ErrorsSerializer,
        },
    )
    def post(self, request: Request) -> Response:
        given = self.given(shapes.MessageRequest)
        buyer = self.session.buyer
        channel_id = widget_channel(buyer.store_id)
        if channel_id is None:
            raise NotFound("This shop has no widget.")
        posted = post_message(
            Draft(
                actor=Actor.buyer(buyer),
                client_id=given["client_id"],
                body=given["body"],
                buyer_id=buyer.id,
                channel_id=channel_id,
                attachments=tuple(given["attachments"]),
            )
        )
        return Response({"message": posted.payload}, status=201 if posted.created else 200)


class AttachmentsView(WidgetView):
    parser_classes = [MultiPartParser]
    rate = "60/min"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        refuse_large(request)
        super().initial(request, *args, **kwargs)

    @extend_schema(
        summary="Upload a file",
        description="It is sent with the message that names its id.",
        request={"multipart/form-data": shapes.UploadRequest},
        responses={201: shapes.UploadedAnswer},
    )
    def post(self, request: Request) -> Response:
        file = request.FILES.get("file")
        if file is None:
            raise UploadRefused("required", "Send one file, as `file`.")
        attachment = store_upload(file, uploader=f"buyer:{self.session.buyer_id}")
        return Response({"attachment": attachment_data(attachment)}, status=201)


class ReadView(WidgetView):
    @extend_schema(
        summary="Say how far one has read",
        description="It only goes forward: an earlier `seq` changes nothing.",
        request=shapes.ReadRequest,
        responses={204: None, 404: ErrorsSerializer},
    )
    def post(self, request: Request) -> Response:
        given = self.given(shapes.ReadRequest)
        if given:
            mark_by_buyer(conversation_id=self.own_conversation().id, **given)
        return Response(status=204)


class TypingView(WidgetView):
    @extend_schema(
        summary="Say that one is typing",
        description="Agents who have the conversation open see it for a few seconds; nothing of it is kept.",
        request=shapes.TypingRequest,
        responses={204: None},
    )
    def post(self, request: Request) -> Response:
        given, buyer = self.given(shapes.TypingRequest), self.session.buyer
        conversation = conversation_of(buyer.id)
        if conversation is not None:
            frame = {
                "type": "typing",
                "conversation": str(conversation.id),
                "author": {"kind": "buyer", "id": str(buyer.id), "name": buyer.display_name},
                "on": given["on"],
            }
            publish([((topics.conversation(conversation.id),), encode(frame))])
        return Response(status=204)


class RatingView(WidgetView):
    @extend_schema(
        summary="Rate the conversation",
        description="Once it is resolved, and again as long as it stays so: the last rating counts. 409 "
        "`not_resolved` before.",
        request=shapes.RatingRequest,
        responses={204: None, 404: ErrorsSerializer, 409: ErrorsSerializer},
    )
    def post(self, request: Request) -> Response:
        given = self.given(shapes.RatingRequest)
        rate(buyer_id=self.session.buyer_id, conversation_id=self.own_conversation().id, **given)
        return Response(status=204)


class ContactView(WidgetView):
    @extend_schema(
        summary="Leave a name and an address",
        description="Answers can go there when the page is closed. It is what the buyer says of themselves, and proves "
        "nothing.",
        request=shapes.ContactRequest,
        responses={204: None},
    )
    def post(self, request: Request) -> Response:
        given = self.given(shapes.ContactRequest)
        set_contact(buyer=self.session.buyer, **given)
        agreed_by_form(self.session.buyer, given.get("email", ""))
        return Response(status=204)


class LogoutView(WidgetView):
    @extend_schema(
        summary="Forget this browser",
        description="Its token is worth nothing from then on. What was said stays with the store.",
        request=None,
        responses={204: None},
    )
    def post(self, request: Request) -> Response:
        end_session(self.session)
        return Response(status=204)
