"""What the set-up tools share. The standard library only: these run before anything is installed."""

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOG = ROOT / "var" / "setup.log"

# How pip and npm say that they never reached their registry, or did not trust who answered.
UNREACHABLE = (
    "NewConnectionError",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "ProtocolError",
    "ProxyError",
    "SSLError",
    "Name or service not known",
    "name resolution",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ECONNRESET",
    "ENOTFOUND",
    "ETIMEDOUT",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "ERR_SOCKET_TIMEOUT",
    "FETCH_ERROR",
    "CERT_",
    "_CERT",
    "UNABLE_TO_VERIFY",
)


class Stop(Exception):
    """The set-up cannot go on; the text is one sentence for the person who typed the command."""


@contextlib.contextmanager
def one_sentence() -> Iterator[None]:
    """Turn a Stop into its sentence and exit code 1: no traceback for what is not a bug of ours."""
    try:
        yield
    except Stop as stop:
        sys.exit(f"helpdesk: {stop}")
    except KeyboardInterrupt:
        sys.exit(130)


def say(text: str) -> None:
    print(f"helpdesk: {text}", flush=True)


def run(command: Sequence[str | Path], *, doing: str, limit: int) -> None:
    """Run quietly, at most `limit` seconds; what it printed goes to var/setup.log."""
    # A session of its own, so that a time-out also ends what the command itself started.
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        raise Stop(
            f"{doing} took more than {limit} seconds and was stopped; "
            "check the connection to the package registry and run the same command again."
        ) from None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if process.returncode:
        LOG.parent.mkdir(exist_ok=True)
        LOG.write_text(output)
        if any(sign in output for sign in UNREACHABLE):
            raise Stop(
                f"{doing} failed because the package registry cannot be reached; "
                "check the connection or proxy and run the same command again."
            )
        raise Stop(f"{doing} failed; {LOG.relative_to(ROOT)} has what it said.")


def pip_install(lock: Path) -> None:
    """Install a lock into the environment; --require-hashes refuses anything the lock does not name."""
    options = ["--no-input", "--disable-pip-version-check", "--retries", "2", "--require-hashes"]
    run(
        [PYTHON, "-m", "pip", "install", *options, "-r", lock],
        doing=f"Installing {lock.relative_to(ROOT)}",
        limit=900,
    )


def digest(*files: Path) -> str:
    """One hash over the files' names and bytes: what a step was last done for."""
    total = hashlib.sha256()
    for file in files:
        total.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return total.hexdigest()


def is_done(stamp: Path, value: str) -> bool:
    return stamp.is_file() and stamp.read_text() == value


def mark_done(stamp: Path, value: str) -> None:
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(value)
