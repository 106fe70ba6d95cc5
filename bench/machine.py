"""Databases, Redis databases and server processes that a run makes and removes again."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import redis

ROOT = Path(__file__).resolve().parent.parent
POSTGRES = os.environ.get("BENCH_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/")
REDIS = os.environ.get("BENCH_REDIS_URL", "redis://127.0.0.1:6379/")
RUN = secrets.token_hex(3)
START_TIMEOUT = 60.0
STOP_TIMEOUT = 10.0


class BenchError(Exception):
    """The bench cannot go on; the text says why."""


def database_url(name: str) -> str:
    return urlsplit(POSTGRES)._replace(path=f"/{name}", query="").geturl()


@contextmanager
def database(purpose: str) -> Iterator[str]:
    """A new empty database, named after this run so that two runs never meet; yields its URL."""
    name = f"helpdesk_bench_{RUN}_{purpose}"
    _administer(f'CREATE DATABASE "{name}"')
    try:
        yield database_url(name)
    finally:
        _administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _administer(statement: str) -> None:
    connection = psycopg2.connect(database_url("postgres"), connect_timeout=10)
    try:
        connection.autocommit = True
        connection.cursor().execute(statement)
    finally:
        connection.close()


@contextmanager
def redis_database() -> Iterator[str]:
    """A Redis database that was empty, emptied again afterwards; yields its URL."""
    for number in range(15, 0, -1):
        url = urlsplit(REDIS)._replace(path=f"/{number}").geturl()
        with redis.Redis.from_url(url, socket_timeout=10) as connection:
            # The claim keeps a second run from taking the same one.
            if connection.dbsize() == 0 and connection.set("bench", RUN, nx=True):
                try:
                    yield url
                finally:
                    connection.flushdb()
                return
    raise BenchError("no empty Redis database between 1 and 15")


@dataclass
class Server:
    """Some processes that serve the same application, each on its own port."""

    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    ports: list[int] = field(default_factory=list)

    def memory(self) -> int:
        """Resident bytes of all processes."""
        return sum(_resident(process.pid) for process in self.processes)

    def processor_time(self) -> float:
        """Seconds of processor time used so far by all processes."""
        return sum(_processor_time(process.pid) for process in self.processes)


@contextmanager
def serving(application: str, env: Mapping[str, str], count: int = 1) -> Iterator[Server]:
    """`count` daphnes serving `application`, ready when this yields, gone when it ends."""
    ports = _free_ports(count)
    # daphne writes an access log by default; without it all candidates are equally quiet.
    command = [sys.executable, "-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p"]
    with running([[*command, str(port), application] for port in ports], env) as processes:
        for process, port in zip(processes, ports, strict=True):
            _wait_until_open(process, port)
        yield Server(processes, ports)


@contextmanager
def running(commands: list[list[str]], env: Mapping[str, str]) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes with their output in a file, shown when one of them ends too early."""
    processes: list[subprocess.Popen[bytes]] = []
    with tempfile.TemporaryFile() as log:
        try:
            for command in commands:
                process = subprocess.Popen(
                    command, cwd=ROOT, env=os.environ | env, stdout=log, stderr=subprocess.STDOUT
                )
                processes.append(process)
            yield processes
            for process in processes:
                if process.poll() is not None:
                    raise BenchError(f"a server ended by itself with {process.returncode}")
        except Exception:
            log.seek(0)
            print(log.read()[-4000:].decode(errors="replace"), file=sys.stderr)
            raise
        finally:
            _stop(processes)


def manage(*arguments: str, env: Mapping[str, str], timeout: float = 300) -> str:
    """Run a Python command line to its end; gives what it printed."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | env,
        capture_output=True,
        timeout=timeout,
    )
    if done.returncode:
        raise BenchError(f"{' '.join(arguments)}:\n{done.stderr.decode(errors='replace')[-4000:]}")
    return done.stdout.decode()


def _free_ports(count: int) -> list[int]:
    """All are held open until all are known, so that no port comes twice."""
    holders = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports: list[int] = [holder.getsockname()[1] for holder in holders]
    for holder in holders:
        holder.close()
    return ports


def _wait_until_open(process: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + START_TIMEOUT
    while time.monotonic() < end:
        if process.poll() is not None:
            raise BenchError(f"the server ended with {process.returncode} while starting")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise BenchError(f"the server did not open port {port} within {START_TIMEOUT:.0f} s")


def _stop(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    for process in processes:
        try:
            process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_TIMEOUT)


def _resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _processor_time(pid: int) -> float:
    # The second field is the program's name in brackets and may contain blanks.
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")
