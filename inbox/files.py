"""Files that people send: what is taken, what it really is, and how it is given back without harm."""

import codecs
import re
import unicodedata
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, HttpRequest
from django.utils.translation import gettext as _
from PIL import Image

from helpdesk.lib.ids import parse_id
from inbox.errors import InboxError
from inbox.models import Attachment, Conversation

SIGNED_FOR = timedelta(days=7)
# What a browser may show in place. Anything else is only ever downloaded.
SHOWN = {"image/png", "image/jpeg", "image/gif", "image/webp"}
_FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
_SIGNATURES = [
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "application/ogg"),
]
# Documents that a browser would run. Their place is not in a conversation, whatever they are called.
_ACTIVE = re.compile(rb"<\s*(!doctype\s+html|html|script|svg|body|iframe|\?xml)", re.IGNORECASE)
_ACTIVE_NAMES = {
    ".html",
    ".htm",
    ".xhtml",
    ".svg",
    ".svgz",
    ".xml",
    ".mht",
    ".js",
    ".mjs",
    ".hta",
    ".exe",
    ".bat",
}
HEAD = 4096  # bytes that say what a file is
MAX_PIXELS = 60_000_000
BODY_OVERHEAD = 64 * 1024  # a multipart body is a little longer than its file


class UploadRefused(InboxError):
    """A file that is not taken: `code` is too_large (413), empty or unsupported_type (400)."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail, code=code, attr="file")
        self.status = 413 if code == "too_large" else 400


def refuse_large(request: HttpRequest) -> None:
    """Raise UploadRefused by the length a request announces, before its body is looked at."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > settings.MAX_UPLOAD_BYTES + BODY_OVERHEAD:
        raise UploadRefused("too_large", _too_large())


def _too_large() -> str:
    return _("A file has at most %(n)s MB.") % {"n": settings.MAX_UPLOAD_BYTES // (1024 * 1024)}


@dataclass(frozen=True, slots=True)
class Looked:
    """What a file that may be kept is: `width` and `height` are a picture's."""

    name: str
    media_type: str
    size: int
    width: int | None
    height: int | None


def look_at(file: UploadedFile) -> Looked:
    """Return what an upload is by its bytes, whatever it says of itself; it is at its beginning again.

    Raises UploadRefused.
    """
    size = file.size or 0
    if size > settings.MAX_UPLOAD_BYTES:
        raise UploadRefused("too_large", _too_large())
    if size == 0:
        raise UploadRefused("empty", _("The file is empty."))
    name = safe_name(file.name or "")
    media_type, dimensions = _recognise(file, name)
    file.seek(0)
    width, height = dimensions or (None, None)
    return Looked(name, media_type, size, width, height)


def store_upload(
    file: UploadedFile, *, uploader: str, conversation: Conversation | None = None
) -> Attachment:
    """Keep a file for the message that will claim it. `uploader` is `agent:<id>` or `buyer:<id>`.

    Raises UploadRefused.
    """
    looked = look_at(file)
    attachment = Attachment(conversation=conversation, uploader=uploader, **asdict(looked))
    attachment.file.save(looked.name, file, save=False)
    attachment.save()
    return attachment


def safe_name(name: str) -> str:
    """Return a file name without path, control or direction-changing characters, at most 120 long."""
    name = PurePath(name.replace("\\", "/")).name
    kept = "".join(c for c in name if unicodedata.category(c)[0] != "C").strip(" .")
    stem, dot, suffix = kept.rpartition(".")
    return (f"{stem[:100]}{dot}{suffix[:15]}" if dot else kept[:120]) or "file"


def _recognise(file: Any, name: str) -> tuple[str, tuple[int, int] | None]:
    """Return what the bytes are and, for a picture, its size. Raises UploadRefused for active documents."""
    file.seek(0)
    head: bytes = file.read(HEAD)
    if PurePath(name).suffix.lower() in _ACTIVE_NAMES or _ACTIVE.search(head[:1024]):
        raise UploadRefused("unsupported_type", _("Files of this kind are not taken."))
    file.seek(0)
    try:
        with Image.open(file, formats=list(_FORMATS)) as image:  # reads the header, decodes nothing
            if image.width * image.height > MAX_PIXELS:
                raise UploadRefused("too_large", _("The picture has too many pixels."))
            return _FORMATS[str(image.format)], (image.width, image.height)
    except UploadRefused:
        raise
    except Image.DecompressionBombError:
        raise UploadRefused("too_large", _("The picture has too many pixels.")) from None
    except Exception:  # not a picture, then; Pillow raises many things for that
        pass
    for signature, media_type in _SIGNATURES:
        if head.startswith(signature):
            return media_type, None
    if head[4:8] == b"ftyp":
        return "video/mp4", None
    return ("text/plain" if _is_text(head, whole=len(head) < HEAD) else "application/octet-stream"), None


def _is_text(head: bytes, *, whole: bool) -> bool:
    try:
        # A head may end within a character; a whole file may not.
        codecs.getincrementaldecoder("utf-8")().decode(head, final=whole)
    except UnicodeDecodeError:
        return False
    return b"\x00" not in head


def signed_url(attachment: Attachment) -> str:
    """Return an absolute address at which a provider, who has no session, gets the file for SIGNED_FOR."""
    token = signing.dumps(attachment.id.hex, salt="file")
    return f"{settings.PUBLIC_URL}/files/signed/{token}/"


def signed_file(token: str) -> Attachment | None:
    """Return the file of a signed address; None where it is forged or too old."""
    try:
        found = parse_id(signing.loads(token, salt="file", max_age=SIGNED_FOR))
    except signing.BadSignature:
        return None
    return Attachment.objects.filter(pk=found).first() if found else None


def respond(attachment: Attachment) -> FileResponse:
    return give(attachment.file, name=attachment.name, media_type=attachment.media_type)


def give(file: FieldFile, *, name: str, media_type: str) -> FileResponse:
    """Give a file back: pictures in place, all else as a download; nothing in it can run here.

    Raises FileNotFoundError where the row is there and the file is not.
    """
    shown = media_type in SHOWN
    response = FileResponse(
        file.open("rb"),
        as_attachment=not shown,
        filename=name,
        content_type=media_type if shown else "application/octet-stream",
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, max-age=86400, immutable"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
