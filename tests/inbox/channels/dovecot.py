"""A real dovecot, for as long as the tests of one process run: on a free port, with its own folder, as nobody."""

import datetime
import imaplib
import ipaddress
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PASSWORD = "the-right-one"
CONFIG = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
disable_plaintext_auth = no
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
mail_location = maildir:{folder}/mail/%u
first_valid_uid = 1
first_valid_gid = 1
mail_max_userip_connections = 100
maildir_very_dirty_syncs = no
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
auth_failure_delay = 0
"""


def missing() -> str:
    """Return why there can be no dovecot; empty where there can."""
    return "" if _binary() else "no dovecot on this machine (Debian: dovecot-imapd)"


def _binary() -> str | None:
    return shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@dataclass
class Dovecot:
    folder: Path
    port: int
    tls_port: int

    @property
    def certificate(self) -> Path:
        return self.folder / "cert.pem"

    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text() if path.exists() else ""

    def box(self, user: str) -> "Box":
        """Return the mailbox of a user; every name is one, with the same password."""
        return Box(self, user)


@dataclass
class Box:
    """A mailbox as its owner's own mail program sees it."""

    server: Dovecot
    user: str

    @contextmanager
    def open(self) -> Iterator[imaplib.IMAP4]:
        client = imaplib.IMAP4("127.0.0.1", self.server.port, 10)
        try:
            client.login(self.user, PASSWORD)
            yield client
        finally:
            client.logout()

    def put(self, *mails: bytes, folder: str = "INBOX", at: float | None = None) -> None:
        """Let mails come in, in this order (at a time in seconds)."""
        with self.open() as client:
            for raw in mails:
                stamp = imaplib.Time2Internaldate(time.time() if at is None else at)
                state, answer = client.append(folder, "", stamp, raw)
                assert state == "OK", answer

    def flags(self) -> list[bytes]:
        """Return the flags of all mails, in order."""
        with self.open() as client:
            client.select("INBOX", readonly=True)
            _, found = client.fetch("1:*", "(FLAGS)")
            return [one for one in found if isinstance(one, bytes)]

    def anew(self, *mails: bytes) -> None:
        """Make the folder again, as when a mailbox is moved: other UIDs and another UIDVALIDITY."""
        before = self.validity()
        while self.validity() == before:  # dovecot takes the second it is made in for it
            shutil.rmtree(self.server.folder / "mail" / self.user)
            time.sleep(0.1)
        self.put(*mails)

    def validity(self) -> bytes:
        with self.open() as client:
            client.select("INBOX")
            return bytes(client.untagged_responses["UIDVALIDITY"][-1])  # type: ignore[arg-type]


@contextmanager
def serve() -> Iterator[Dovecot]:
    folder = Path(tempfile.mkdtemp(prefix="dovecot-", dir="/tmp"))  # short: sockets have names of 100 letters
    owner = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
    server = Dovecot(folder, *_free_ports())
    _certify(folder)
    for name in ("run", "mail"):
        (folder / name).mkdir()
    (folder / "dovecot.conf").write_text(
        CONFIG.format(
            folder=folder,
            user=owner.pw_name,
            group=_group(owner.pw_gid),
            uid=owner.pw_uid,
            gid=owner.pw_gid,
            port=server.port,
            tls_port=server.tls_port,
            password=PASSWORD,
        )
    )
    command = [_binary() or "dovecot", "-F", "-c", str(folder / "dovecot.conf")]
    if os.getuid() == 0:
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, owner.pw_uid, owner.pw_gid)
        process = subprocess.Popen(
            command, user=owner.pw_uid, group=owner.pw_gid, extra_groups=[], stderr=subprocess.DEVNULL
        )
    else:
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        _wait_for(server, process)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _group(gid: int) -> str:
    import grp

    return grp.getgrgid(gid).gr_name


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def _wait_for(server: Dovecot, process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + 15
    while time.monotonic() < ends and process.poll() is None:
        try:
            imaplib.IMAP4("127.0.0.1", server.port, 2).shutdown()
            return
        except (OSError, imaplib.IMAP4.error, ssl.SSLError):
            time.sleep(0.05)
    raise AssertionError(f"dovecot did not start:\n{server.log()}")


def _certify(folder: Path) -> None:
    """Write a key and a certificate for 127.0.0.1 that nobody but itself vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
