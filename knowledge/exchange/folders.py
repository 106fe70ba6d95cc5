"""A folder of articles, packed as a ZIP file or as it lies on a disk: `<category>/<slug>.<locale>.md`.

Beside the articles `categories.yaml` (a list of {key, names, about}) and `synonyms.yaml` (a list of lists of words).
What an article shows or offers lies beside it in `<category>/<slug>.files/`, and its links say so:
`![](<slug>.files/a.png)`.
"""

import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

import yaml
from django.conf import settings
from django.utils.translation import gettext as _

from knowledge.exchange.documents import (
    MAX_FILE,
    Document,
    Fault,
    PlainLoader,
    Unreadable,
    read_document,
)

MAX_FILES = 5_000  # in one upload
MAX_TOTAL = 100_000_000  # bytes, unpacked
_NAME = re.compile(r"(?:(?P<category>[^/]+)/)?(?P<slug>[^/.]+)\.(?P<locale>[A-Za-z-]+)\.md")
_KEPT = re.compile(r"(?P<beside>(?:[^/]+/)?)(?P<link>[^/.]+\.files/[^/]+)")
_JUNK = re.compile(r"(^|/)(__MACOSX|\.|Thumbs\.db$)")  # what operating systems put into folders


@dataclass(frozen=True, slots=True)
class Shelf:
    """A category as a file has it: texts by locale."""

    key: str
    names: dict[str, str]
    abouts: dict[str, str]


@dataclass(slots=True)
class Bundle:
    """What was read of a folder or a table. With faults nothing of it is taken in."""

    documents: list[Document] = field(default_factory=list)
    shelves: list[Shelf] | None = None
    synonyms: list[list[str]] | None = None
    faults: list[Fault] = field(default_factory=list)


def read_folder(folder: Path) -> Bundle:
    """Read a folder on a disk of ours."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    names = ((path.relative_to(folder).as_posix(), path) for path in files)
    return _read((name, path.read_bytes) for name, path in names if not _JUNK.search(name))


def read_zip(file: IO[bytes]) -> Bundle:
    """Read a folder as somebody packed and sent it. Nothing is unpacked to a disk, and no file beyond its bound."""
    try:
        packed = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError):
        return Bundle(faults=[Fault("", _("This is no ZIP file."))])
    with packed:
        infos = [info for info in packed.infolist() if not info.is_dir() and not _JUNK.search(info.filename)]
        if len(infos) > MAX_FILES:
            return Bundle(faults=[Fault("", _("At most %(n)s files at a time.") % {"n": f"{MAX_FILES:,}"})])
        if sum(info.file_size for info in infos) > MAX_TOTAL:
            return Bundle(faults=[Fault("", _("Unpacked it is too large."))])
        root = _common_root([info.filename for info in infos])

        def opener(info: zipfile.ZipInfo) -> Callable[[], bytes]:
            def read() -> bytes:
                try:
                    with packed.open(info) as inside:
                        return inside.read(_most(info.filename) + 1)
                except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, EOFError) as error:
                    raise Unreadable(_("It cannot be unpacked.")) from error

            return read

        return _read((info.filename[len(root) :], opener(info)) for info in infos)


def _common_root(names: list[str]) -> str:
    """Return the folder that all lie in: packing a folder often packs its name as well."""
    roots = {name.partition("/")[0] for name in names}
    root = roots.pop() if len(roots) == 1 else ""
    is_root = root and any(name in (f"{root}/categories.yaml", f"{root}/synonyms.yaml") for name in names)
    deep = root and all(name.count("/") >= 2 for name in names)
    return f"{root}/" if is_root or deep else ""


def _read(files: Iterator[tuple[str, Callable[[], bytes]]]) -> Bundle:
    bundle = Bundle()
    kept: dict[str, bytes] = {}
    for name, content in files:
        try:
            if _KEPT.fullmatch(name):
                kept[name] = _bounded(name, content())
            else:
                _read_one(bundle, name, content)
        except Unreadable as unreadable:
            bundle.faults.append(Fault(name, str(unreadable)))
    bundle.documents = [_with_files(document, kept) for document in bundle.documents]
    if not bundle.documents and not bundle.faults:
        bundle.faults.append(Fault("", _("There is no article in it: they are called slug.language.md.")))
    return bundle


def _read_one(bundle: Bundle, name: str, content: Callable[[], bytes]) -> None:
    if name == "categories.yaml":
        bundle.shelves = [_shelf(said) for said in _yaml_list(_text(name, content()))]
    elif name == "synonyms.yaml":
        bundle.synonyms = [_words(said) for said in _yaml_list(_text(name, content()))]
    elif name.endswith(".md"):
        if (parts := _NAME.fullmatch(name)) is None:
            raise Unreadable(_("An article is called category/slug.language.md."))
        document = read_document(_text(name, content()), where=name, **parts.groupdict())
        bundle.documents.append(document)


def _with_files(document: Document, kept: dict[str, bytes]) -> Document:
    """Return the document with the files that lie beside it, by how its links name them."""
    beside, start = f"{document.category}/" if document.category else "", f"{document.slug}.files/"
    mine = {
        name.removeprefix(beside): content
        for name, content in kept.items()
        if name.startswith(beside + start)
    }
    return replace(document, files=mine) if mine else document


def _most(name: str) -> int:
    is_kept = ".files/" in name
    return int(settings.MAX_UPLOAD_BYTES) if is_kept else MAX_FILE


def _bounded(name: str, content: bytes) -> bytes:
    if len(content) > _most(name):
        raise Unreadable(_("A file has at most %(n)s bytes.") % {"n": f"{_most(name):,}"})
    return content


def _text(name: str, content: bytes) -> str:
    try:
        return _bounded(name, content).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable(_("It is not written in UTF-8.")) from None


def _yaml_list(text: str) -> list[Any]:
    try:
        said = yaml.load(text, Loader=PlainLoader)
    except (yaml.YAMLError, RecursionError, ValueError):
        raise Unreadable(_("It is no YAML.")) from None
    if not isinstance(said, list):
        raise Unreadable(_("A list is wanted."))
    return said


def _shelf(said: Any) -> Shelf:
    if not isinstance(said, dict) or not isinstance(said.get("key"), str):
        raise Unreadable(_("A category has a key and names."))
    return Shelf(said["key"], _by_locale(said.get("names")), _by_locale(said.get("about")))


def _by_locale(said: Any) -> dict[str, str]:
    if said is None:
        return {}
    if not isinstance(said, dict) or not all(isinstance(text, str) for text in said.values()):
        raise Unreadable(_("Names are texts by language."))
    return {str(locale): text for locale, text in said.items()}


def _words(said: Any) -> list[str]:
    if not isinstance(said, list) or any(isinstance(word, list | dict) for word in said):
        raise Unreadable(_("Synonyms are lists of words."))
    return [str(word) for word in said]
