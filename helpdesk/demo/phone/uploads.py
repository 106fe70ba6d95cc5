"""Files that we give to a played vendor as bytes, in a form (RFC 7578), and where the buyer's phone gets them."""

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http.multipartparser import MultiPartParser, MultiPartParserError

from helpdesk.demo.phone.base import Answer, Call, Photo

SHOWN_AT = "/shown/"


class _InMemory(MemoryFileUploadHandler):
    """Whatever its size: who plays a vendor has no disk."""

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:
        self.activated = True


def read_form(call: Call) -> tuple[dict[str, str], dict[str, Photo]]:
    """Return the fields and the files of a multipart/form-data body, none where it is no such body."""
    meta = {"CONTENT_TYPE": call.headers.get("content-type", ""), "CONTENT_LENGTH": len(call.body)}
    try:
        fields, files = MultiPartParser(meta, BytesIO(call.body), [_InMemory()]).parse()
    except MultiPartParserError:
        return {}, {}
    photos = {}
    for name in files:
        file = files[name]
        if isinstance(file, UploadedFile):
            photos[name] = Photo(file.name or "", file.content_type or "", file.read())
    return {name: str(fields[name]) for name in fields}, photos


class Shelf:
    """Where a vendor keeps files. `path` is what the buyer's phone asks for; nobody has to log in there."""

    def __init__(self) -> None:
        self.files: list[Photo] = []

    def keep(self, file: Photo) -> str:
        self.files.append(file)
        return f"{SHOWN_AT}{len(self.files)}"

    def answer(self, call: Call) -> Answer | None:
        """Return the file that is asked for; None: it is no such question."""
        number = call.path.removeprefix(SHOWN_AT)
        if call.path == number:
            return None
        if not number.isdecimal() or not 0 < int(number) <= len(self.files):
            return Answer(404, b"", "text/plain")
        file = self.files[int(number) - 1]
        return Answer(200, file.content, file.media_type)
