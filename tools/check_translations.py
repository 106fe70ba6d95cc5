"""Every visible string has its translation: run by `make check`.

Fails where a catalogue has an untranslated, fuzzy or broken entry, and, where gettext's xgettext is
installed, where the sources hold a string that a catalogue has never heard of.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from steps import ROOT, Stop, one_sentence

SOURCE_LANGUAGE = "en"  # its strings are the msgids: they need no translation
NOT_SHOWN = ["tests", "tools", "bench", "docs", "node_modules", "var", "vendor", "staticfiles"]
SHOWN_AT_MOST = 20


def main() -> None:
    catalogues = sorted((ROOT / "locale").glob("*/LC_MESSAGES/django.po"))
    if not catalogues:
        raise Stop("locale/ holds no catalogue.")
    in_sources = strings_of_the_sources()
    complaints: list[str] = []
    for path in catalogues:
        catalogue = load(path)
        where = path.relative_to(ROOT)
        complaints += [f"{where}: {complaint}" for complaint in wrong_in(catalogue, path.parts[-3])]
        known = {key(message) for message in catalogue}
        complaints += [
            f"{where}: missing: {name(message)}" for message in in_sources if key(message) not in known
        ]
    for complaint in complaints[:SHOWN_AT_MOST]:
        print(complaint)
    if complaints:
        raise Stop(
            f"the translations are not complete ({len(complaints)} complaints); "
            "`manage.py makemessages -l zh_Hans` adds what is new in the sources."
        )


def load(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def key(message: Message) -> tuple[object, object]:
    identity = message.id
    return message.context, tuple(identity) if isinstance(identity, list | tuple) else identity


def name(message: Message) -> str:
    return repr(message.id if isinstance(message.id, str) else message.id[0])


def strings_of(message: Message) -> list[str]:
    """Its translations: one for each plural form where it has such."""
    return [message.string] if isinstance(message.string, str) else list(message.string or [""])


def wrong_in(catalogue: Catalog, language: str) -> list[str]:
    # Babel compiles nothing of a catalogue whose header still carries the mark of a new one.
    wrong = ["the header is marked fuzzy"] if catalogue.fuzzy else []
    for message in catalogue:
        if not message.id:  # the header
            continue
        strings = strings_of(message)
        if message.fuzzy:
            wrong.append(f"fuzzy: {name(message)}")
        elif language != SOURCE_LANGUAGE and not all(strings):
            wrong.append(f"untranslated: {name(message)}")
    for message, errors in catalogue.check():
        if all(strings_of(message)) and not message.fuzzy:
            wrong += [f"{name(message)}: {error}" for error in errors]
    return wrong


def strings_of_the_sources() -> list[Message]:
    """What makemessages finds today, taken from a copy so that no catalogue is touched."""
    if not shutil.which("xgettext"):
        print("translations: xgettext is not installed, so new strings in the sources are not looked for")
        return []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "sources"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "locale", *NOT_SHOWN))
        (copy / "locale").mkdir()
        command = [sys.executable, "-m", "django", "makemessages", "--locale", SOURCE_LANGUAGE, "--keep-pot"]
        done = subprocess.run(command, cwd=copy, capture_output=True, text=True)
        template = copy / "locale" / "django.pot"
        if done.returncode or not template.exists():
            raise Stop(f"makemessages failed: {(done.stderr or done.stdout).strip()}")
        # A fresh template says INTEGER where a catalogue says how many plural forms its language has.
        text = template.read_text().replace(
            "nplurals=INTEGER; plural=EXPRESSION", "nplurals=2; plural=n != 1"
        )
        template.write_text(text)
        return [message for message in load(template) if message.id]


if __name__ == "__main__":
    with one_sentence():
        main()
