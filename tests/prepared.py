"""A database with all its tables and no rows, made once and then copied: to migrate takes ten seconds, a copy none.

It is kept (in var/, or on the PostgreSQL server beside the one that DATABASE_URL names) until a migration or a
package changes. Who comes while it is being made waits for it.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "var" / "prepared"


def copy_to(file: Path) -> None:
    """Copy the prepared SQLite database to `file`."""
    ready = KEPT / f"{_version()}.sqlite3"
    with _alone():
        if not ready.exists():
            for old in KEPT.glob("*.sqlite3*"):
                old.unlink()
            _migrate(f"sqlite:///{ready}.new")
            with contextlib.closing(sqlite3.connect(f"{ready}.new")) as made:
                made.execute("PRAGMA journal_mode = DELETE")  # everything in the one file that is copied
            Path(f"{ready}.new").rename(ready)
        shutil.copyfile(ready, file)


def template(url: str) -> str:
    """Return the name of the prepared database on the PostgreSQL server of `url`: what CREATE DATABASE copies."""
    server, _, name = url.partition("?")[0].rpartition("/")
    stem = f"{name}_prepared_"
    ready = f"{stem}{_version()}"
    with _alone(), contextlib.closing(psycopg2.connect(url)) as line:
        line.autocommit = True
        cursor: Any = line.cursor()
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [stem])
        there = {row[0] for row in cursor}
        if ready not in there:
            for old in there:
                cursor.execute(f'DROP DATABASE IF EXISTS "{old}"')
            cursor.execute(f'CREATE DATABASE "{ready}_new"')
            _migrate(f"{server}/{ready}_new")
            cursor.execute(f'ALTER DATABASE "{ready}_new" RENAME TO "{ready}"')
    return ready


def _version() -> str:
    """One digest over what decides how the tables look."""
    total = hashlib.sha256(sqlite3.sqlite_version.encode())
    for file in [ROOT / "requirements.txt", *sorted(ROOT.glob("*/migrations/*.py"))]:
        total.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return total.hexdigest()[:16]


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _migrate(url: str) -> None:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    done = subprocess.run(
        command, cwd=ROOT, env=kept | {"DATABASE_URL": url, "DEBUG": "1"}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
