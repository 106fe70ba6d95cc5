"""A mail server that misbehaves as told, on a real socket: what dovecot does not do for anybody."""

import re
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class FakeImap:
    """`mails` by UID. What goes wrong: `greet_after` seconds, `greeting` of another sort, `cut` in the body of a UID
    after so many bytes (once each), `broken` UIDs that it refuses to hand over, `boast` of a literal's size,
    `trickle` seconds between the bytes of mails."""

    mails: dict[int, bytes] = field(default_factory=dict)
    validity: int = 7
    greet_after: float = 0
    greeting: bytes = b"* OK ready"
    cut: dict[int, int] = field(default_factory=dict)
    broken: set[int] = field(default_factory=set)
    boast: int = 0
    trickle: float = 0
    port: int = 0
    log: list[str] = field(default_factory=list)  # what it was told, without tags


class _Handler(socketserver.StreamRequestHandler):
    fake: FakeImap

    def handle(self) -> None:
        with suppress(OSError, ValueError):
            time.sleep(self.fake.greet_after)
            self.say(self.fake.greeting)
            for line in iter(self.rfile.readline, b""):
                tag, _, words = line.decode().strip().partition(" ")
                self.fake.log.append(words)
                if self.answer(tag, words):
                    return

    def say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")

    def answer(self, tag: str, words: str) -> bool:
        """Answer a command; return whether the line is to be closed."""
        fake, name = self.fake, words.upper()
        if name.startswith("CAPABILITY"):
            self.say(b"* CAPABILITY IMAP4rev1")
        elif name.startswith(("EXAMINE", "SELECT")):
            self.say(f"* OK [UIDVALIDITY {fake.validity}] ok".encode())
            self.say(f"* OK [UIDNEXT {max(fake.mails, default=0) + 1}] ok".encode())
        elif name.startswith("UID SEARCH"):
            first, last = re.findall(r"UID (\d+):(\d+|\*)", name)[0]
            end = 1 << 40 if last == "*" else int(last)
            found = [str(uid) for uid in fake.mails if int(first) <= uid <= end]
            self.say(f"* SEARCH {' '.join(found)}".encode())
        elif name.startswith("UID FETCH"):
            uids = [int(uid) for uid in name.split()[2].split(",")]
            if "BODY" in name and "HEADER" not in name and fake.broken & set(uids):
                self.say(f"{tag} NO it broke".encode())
                return False
            for uid in uids:
                if uid in fake.mails and self.give(uid, "SIZE" in name, "HEADER" in name):
                    return True
        self.say(f"{tag} OK done".encode())
        return name.startswith("LOGOUT")

    def give(self, uid: int, size: bool, head: bool) -> bool:
        """Give a mail or its size; return whether the line broke over it."""
        fake, mail = self.fake, self.fake.mails[uid]
        if size:
            self.say(f"* {uid} FETCH (UID {uid} RFC822.SIZE {len(mail)})".encode())
            return False
        if head:
            mail = mail.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        # The number comes behind, as some servers have it.
        self.wfile.write(f"* {uid} FETCH (BODY[] {{{fake.boast or len(mail)}}}\r\n".encode())
        if uid in fake.cut:
            self.wfile.write(mail[: fake.cut.pop(uid)])
            return True
        if fake.trickle:
            for byte in mail:
                self.wfile.write(bytes([byte]))
                time.sleep(fake.trickle)
        else:
            self.wfile.write(mail)
        self.say(f" UID {uid})".encode())
        return False


@contextmanager
def serve(**behaviour: object) -> Iterator[FakeImap]:
    fake = FakeImap(**behaviour)  # type: ignore[arg-type]
    handler = type("Handler", (_Handler,), {"fake": fake})
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler)
    server.daemon_threads, server.block_on_close = True, False
    fake.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
