"""/mails/<message>/: an e-mail as it came, for agents who may see its conversation. Nothing in it can run or spy.

The mail itself is a document of its own, in a frame without scripts and of no origin, whose policy forbids all but
its own pictures. Such a frame sends no cookies, so the addresses of those are signed. Pictures that lie on the
internet tell their owner that, when and from where a mail was read: they are loaded when an agent asks for it.
"""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core import signing
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from inbox.access import originals_for
from inbox.files import safe_name
from inbox.models import Original
from inbox.transports.mail.originals import Look, look_at, picture_type, shown_html
from people.models import Agent

PICTURES_FOR_S = 3600
_SALT = "mail-picture"
_NAMES = {"from": _("From:"), "to": _("To:"), "cc": _("Cc:"), "reply-to": _("Reply to:")}


def _original(request: HttpRequest, message_id: UUID) -> Original:
    agent = request.user
    assert isinstance(agent, Agent)
    found = originals_for(agent).filter(pk=message_id).first()
    if found is None:
        raise Http404
    return found


def _look(original: Original) -> Look:
    try:
        with original.file.open("rb") as file:
            return look_at(file.read())
    except FileNotFoundError:  # the row was restored from a backup that the file was not in, say
        raise Http404 from None


@require_GET
@never_cache
@login_required
def mail(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """What stands around the mail: who wrote to whom about what, and what can be done with it."""
    original = _original(request, message_id)
    look = _look(original)
    _html, remote = shown_html(look, picture=str, remote=False)
    context = {
        "look": look,
        "names": [(_NAMES[name], value) for name, value in look.names.items()],
        "original": original,
        "remote": remote,
    }
    return render(request, "inbox/mail.html", context)


@require_GET
@never_cache
@login_required
def mail_body(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """The mail as a document; `?pictures=1` with those that lie on the internet."""
    original = _original(request, message_id)
    remote = request.GET.get("pictures") == "1"
    look = _look(original)

    def picture(content_id: str) -> str:
        token = signing.dumps([original.pk.hex, content_id], salt=_SALT)
        return reverse("inbox:mail-picture", args=[token])

    html, _found = shown_html(look, picture=picture, remote=remote)
    style = request.build_absolute_uri(static("css/mail_body.css"))
    response = render(request, "inbox/mail_body.html", {"look": look, "html": html, "style": style})
    own = request.build_absolute_uri("/mails/pictures/")
    response.headers["Content-Security-Policy"] = "; ".join(
        [
            "default-src 'none'",
            f"img-src {own}{' https:' if remote else ''}",
            f"style-src 'unsafe-inline' {style}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'self'",
            "sandbox allow-popups allow-popups-to-escape-sandbox",
        ]
    )
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@require_GET
@never_cache
@login_required
def mail_quoted(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """The part of a mail's text that its message leaves out, as plain text."""
    look = _look(_original(request, message_id))
    return HttpResponse(look.left_out, content_type="text/plain; charset=utf-8")


@require_GET
@never_cache
@login_required
def mail_raw(request: HttpRequest, message_id: UUID) -> FileResponse:
    """The mail byte for byte, as a file for a mail program."""
    original = _original(request, message_id)
    subject = _look(original).subject or "e-mail"
    response = FileResponse(
        original.file.open("rb"),
        as_attachment=True,
        filename=safe_name(f"{subject[:60].replace('.', ' ')}.eml"),
        content_type="message/rfc822",
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@require_GET
def mail_picture(request: HttpRequest, token: str) -> HttpResponse:
    """A picture in a mail, for whoever was given its address a while ago: the frame that shows the mail."""
    try:
        message_id, content_id = signing.loads(token, salt=_SALT, max_age=PICTURES_FOR_S)
    except signing.BadSignature:
        raise Http404 from None
    original = Original.objects.filter(pk=message_id).first()
    if original is None:
        raise Http404
    content = _look(original).pictures.get(content_id, b"")
    sort = picture_type(content)
    if not sort:
        raise Http404
    headers: dict[str, Any] = {
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": f"private, max-age={PICTURES_FOR_S}, immutable",
        # The frame is of no origin, so that nothing is of the same one.
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    return HttpResponse(content, content_type=sort, headers=headers)
