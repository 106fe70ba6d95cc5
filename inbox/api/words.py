"""/api/v1/: files to be sent, tags and canned replies."""

from typing import Any

from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.lib.api import ApiView, read
from inbox.api import inputs, shapes
from inbox.api.conversations import conversation_of
from inbox.canned import Filler, canned_for
from inbox.files import UploadRefused, refuse_large, store_upload
from inbox.models import CannedReply, Tag
from inbox.payloads import attachment_data, tag_data
from inbox.services import create_tag
from people.api import agent_of

MOST_CANNED = 50


class Attachments(ApiView):
    scope = "conversations"
    parser_classes = [MultiPartParser]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        refuse_large(request)
        super().initial(request, *args, **kwargs)

    @extend_schema(
        tags=["Conversations"],
        summary="Upload a file",
        description="It is sent with the message that names its id in `attachments`; else it is discarded.",
        request={"multipart/form-data": inputs.UploadInput},
        responses={201: shapes.AttachmentSerializer, 413: shapes.ErrorsSerializer},
    )
    def post(self, request: Request) -> Response:
        file = request.FILES.get("file")
        if file is None:
            raise UploadRefused("required", "Send one file, as `file`.")
        attachment = store_upload(file, uploader=f"agent:{agent_of(request).id}")
        return Response(attachment_data(attachment), status=201)


class Tags(ApiView):
    scope = "conversations"

    @extend_schema(tags=["Words"], summary="Tags", responses=shapes.TagSerializer(many=True))
    def get(self, request: Request) -> Response:
        return Response([tag_data(tag) for tag in Tag.objects.all()])

    @extend_schema(
        tags=["Words"],
        summary="Make a tag",
        description="One that has this name already, in whatever case, is the answer instead (200).",
        request=inputs.TagInput,
        responses={201: shapes.TagSerializer, 200: shapes.TagSerializer},
    )
    def post(self, request: Request) -> Response:
        tag, created = create_tag(**read(inputs.TagInput, request.data))
        return Response(tag_data(tag), status=201 if created else 200)


class CannedReplies(ApiView):
    scope = "conversations"

    @extend_schema(
        tags=["Words"],
        summary="Canned replies, filled in",
        description="Those whose shortcut, title or text holds `q`. With `conversation` those of its store, in the "
        "buyer's language first.",
        parameters=[inputs.CannedQuery],
        responses={200: shapes.CannedReplySerializer(many=True), 404: shapes.ErrorsSerializer},
    )
    def get(self, request: Request) -> Response:
        agent, given = agent_of(request), read(inputs.CannedQuery, request.query_params)
        rows = canned_for(agent)
        conversation = None
        language = agent.language
        if "conversation" in given:
            conversation = conversation_of(agent, given["conversation"])
            language = conversation.buyer.language or conversation.store.language
            rows = rows.filter(Q(store=None) | Q(store=conversation.store_id))
        q = given.get("q", "")
        if q:
            rows = rows.filter(Q(shortcut__icontains=q) | Q(title__icontains=q) | Q(body__icontains=q))

        def rank(reply: CannedReply) -> tuple[bool, bool, int, str]:
            starts = reply.shortcut.casefold().startswith(q.casefold())
            return reply.language != language, not starts, -reply.used_count, reply.shortcut

        filler = Filler(conversation, agent)
        return Response(
            [_canned_data(reply, filler) for reply in sorted(rows.distinct(), key=rank)[:MOST_CANNED]]
        )


def _canned_data(reply: CannedReply, filler: Filler) -> dict[str, Any]:
    text, missing = filler.fill(reply)
    return {
        "id": str(reply.id),
        "shortcut": reply.shortcut,
        "title": reply.title,
        "language": reply.language,
        "body": reply.body,
        "rendered": text,
        "missing": missing,
    }
