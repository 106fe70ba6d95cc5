"""Giving files back, to those who may see the conversation they belong to."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_GET

from inbox import files
from inbox.access import attachments_for, attachments_for_buyer
from inbox.models import Attachment
from people import visitors


@require_GET
def attachment(request: HttpRequest, attachment_id: UUID) -> HttpResponseBase:
    """/files/<id>/ for an agent's session, or for a visitor's token in the Authorization header."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    if token:
        session = visitors.authenticate(token)
        if session is None:
            raise Http404
        rows = attachments_for_buyer(session.buyer_id)
    elif request.user.is_authenticated:
        rows = attachments_for(request.user)
    else:
        raise Http404
    found = rows.filter(pk=attachment_id).first()
    if found is None:
        raise Http404
    return _given(found)


@require_GET
def signed_attachment(request: HttpRequest, token: str) -> HttpResponseBase:
    """/files/signed/<token>/ for a provider that fetches what we send through it."""
    found = files.signed_file(token)
    if found is None:
        raise Http404
    return _given(found)


def _given(found: Attachment) -> HttpResponseBase:
    try:
        return files.respond(found)
    except FileNotFoundError:  # the row was restored from a backup that the file was not in, say
        raise Http404 from None
