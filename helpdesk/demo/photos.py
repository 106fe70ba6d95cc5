"""The pictures that buyers send: a few drawn ones, kept once however many messages show them."""

from dataclasses import dataclass
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image

FOLDER = Path(__file__).parent / "photos"


# What is shown of a thing that came broken; anything else is a photo of the box.
_SHOWN = {
    "seam": "backpack trekpack tent sleepingbag blanket jacket fleece boots socks hammock beanie chair",
    "chip": "mug kettle coffee candle gaiwan teapot sidepot teaset teacup pitcher teatin vase incense",
}
_BY_DRAWING = {drawing: kind for kind, drawings in _SHOWN.items() for drawing in drawings.split()}


@dataclass(frozen=True)
class Photo:
    path: str
    size: int
    width: int
    height: int


def photo_of(drawing: str, topic: str) -> str:
    """Return which picture shows it: a wrong thing by its label, a broken one by its break."""
    return "label" if topic == "wrong" else _BY_DRAWING.get(drawing, "box")


def store_photos() -> dict[str, Photo]:
    """Put the pictures where attachments are kept; return them by name."""
    found = {}
    for file in sorted(FOLDER.glob("*.jpg")):
        with Image.open(file) as image:
            width, height = image.size
        path = f"attachments/demo/{file.name}"
        if not default_storage.exists(path):
            path = default_storage.save(path, ContentFile(file.read_bytes()))
        found[file.stem] = Photo(path, file.stat().st_size, width, height)
    return found
