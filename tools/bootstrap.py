"""From a bare clone to something that runs: the environment, the locked packages, assets, translations.

    python3 tools/bootstrap.py [--dev] [--port N]

Each step leaves a stamp and is skipped while nothing it depends on has changed, so that a second run
costs a fraction of a second. The standard library only: this is what installs the rest.
"""

import sys

# Before any other import: an old Python has to get as far as saying what is wrong.
if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit(
        f"helpdesk: this needs Python 3.11 or newer and found {sys.version_info[0]}.{sys.version_info[1]}; "
        "install one, or name it: `make demo PYTHON=/path/to/python3.11`."
    )

import argparse
import errno
import shutil
import socket
import subprocess
from pathlib import Path

import assets
from steps import PYTHON, ROOT, VENV, Stop, digest, is_done, mark_done, one_sentence, pip_install, run, say


def main() -> None:
    parser = argparse.ArgumentParser(description="Install what the project needs, once.")
    parser.add_argument("--dev", action="store_true", help="also what tests and checks need")
    parser.add_argument("--port", help="fail at once where this port cannot be served on")
    options = parser.parse_args()
    if options.port is not None:
        check_port(options.port)  # before anything slow
    make_environment()
    install(dev=options.dev)
    assets.main()
    compile_translations()


def check_port(text: str) -> None:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise Stop(f"PORT has to be a number from 1 to 65535, not {text!r}.")
    with socket.socket() as probe:
        # As the server itself does: a port that was closed a moment ago is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(text)))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise Stop(f"port {text} is taken; choose another with `make demo PORT=8001`.") from None
            raise Stop(f"port {text} cannot be used: {error.strerror}.") from None


def make_environment() -> None:
    """A .venv that works; one left half made, or whose Python is gone, is made anew."""
    ask = [str(PYTHON), "-m", "pip", "--version"]
    if PYTHON.exists() and subprocess.run(ask, capture_output=True).returncode == 0:
        return
    say("making .venv ...")
    shutil.rmtree(VENV, ignore_errors=True)
    try:
        run([sys.executable, "-m", "venv", VENV], doing="Making .venv", limit=120)
    except Stop:
        shutil.rmtree(VENV, ignore_errors=True)
        raise Stop(
            "this Python cannot make a virtual environment; "
            "on Debian and Ubuntu `apt install python3-venv` adds what it lacks."
        ) from None


def install(*, dev: bool) -> None:
    runtime, everything = ROOT / "requirements.txt", ROOT / "requirements-dev.txt"
    lock = everything if dev else runtime
    if is_done(stamp_of(lock), digest(lock)):
        return
    say(f"installing {lock.name}, which takes a minute ...")
    # While it runs, and if it breaks off, the environment is neither the one nor the other.
    stamp_of(runtime).unlink(missing_ok=True)
    stamp_of(everything).unlink(missing_ok=True)
    pip_install(lock)
    mark_done(stamp_of(runtime), digest(runtime))  # the lock of the tests holds all of the runtime's
    if dev:
        mark_done(stamp_of(everything), digest(everything))


def stamp_of(lock: Path) -> Path:
    return VENV / f".installed-{lock.stem}"


def compile_translations() -> None:
    """The .mo files, by Babel: gettext's msgfmt need not be there. Fuzzy entries are left out."""
    catalogues = list((ROOT / "locale").glob("*/LC_MESSAGES/django.po"))
    if all(is_compiled(catalogue) for catalogue in catalogues):
        return
    run(
        [PYTHON, "-m", "babel.messages.frontend", "compile", "--domain=django", "--directory=locale"],
        doing="Compiling the translations",
        limit=60,
    )


def is_compiled(catalogue: Path) -> bool:
    made = catalogue.with_suffix(".mo")
    return made.exists() and made.stat().st_mtime >= catalogue.stat().st_mtime


if __name__ == "__main__":
    with one_sentence():
        main()
