"""A mail server in a thread (aiosmtpd), on a free port of 127.0.0.1, and told to misbehave as mail servers do."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "help@shop.test", "correct horse"


@dataclass
class MailServer:
    """`faults`: what happens at a step (greeting, auth, mail, rcpt, data, done) instead of what should, once each.

    A text is the answer; "cut" hangs up; "slow" waits for `slow_s` first; at data, "cut in the middle" hangs up
    once the mail begins to come.
    """

    port: int = 0
    mails: list[Envelope] = field(default_factory=list)
    faults: dict[str, list[str]] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=lambda: {USER: PASSWORD})
    logged_in: list[bool] = field(default_factory=list)
    slow_s: float = 1.0

    def fault(self, step: str) -> str:
        waiting = self.faults.get(step)
        return waiting.pop(0) if waiting else ""

    async def step(self, server: Any, step: str, good: str) -> str:
        fault = self.fault(step)
        if fault == "cut":
            server.transport.abort()
            return "421 nobody hears this"
        if fault == "slow":
            await asyncio.sleep(self.slow_s)
            return good
        return fault or good

    async def handle_MAIL(  # noqa: N802
        self, server: Any, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.logged_in.append(bool(session.authenticated))
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return await self.step(server, "mail", "250 OK")

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await self.step(server, "rcpt", "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        fault = (self.faults.get("done") or [""])[0]
        if not fault or fault in ("cut", "slow"):
            self.mails.append(envelope)
        return await self.step(server, "done", "250 2.0.0 kept as 17")

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        if answer := self.fault("auth"):
            return AuthResult(success=False, handled=False, message=answer)
        good = self.users.get(data.login.decode()) == data.password.decode()
        return AuthResult(success=good, handled=False, message=None if good else "535 5.7.8 wrong")


class _Session(SMTP):
    server_: MailServer

    async def push(self, status: Any) -> None:
        text = status.decode() if isinstance(status, bytes) else status
        if text.startswith("220 ") and not getattr(self, "greeted", False):
            self.greeted = True
            status = await self.server_.step(self, "greeting", text)
        await super().push(status)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        fault = self.server_.fault("data")
        if fault == "cut in the middle":
            await self.push("354 go on")
            await self._reader.read(10)
            self.transport.abort()  # type: ignore[union-attr]
        elif fault:
            await self.push(fault)
        else:
            await super().smtp_DATA(arg)


@contextmanager
def mail_server(
    *, tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None, **options: Any
) -> Iterator[MailServer]:
    """Serve; `tls` speaks it from the first byte, `starttls` offers it. `options` are aiosmtpd's own."""
    found, loop = MailServer(), asyncio.new_event_loop()
    given = {"auth_require_tls": False, "hostname": "mail.test", "enable_SMTPUTF8": True} | options

    def session() -> SMTP:
        made = _Session(found, tls_context=starttls, authenticator=found.authenticate, loop=loop, **given)
        made.server_ = found
        return made

    async def start() -> Any:
        return await loop.create_server(session, "127.0.0.1", 0, ssl=tls)

    server = loop.run_until_complete(start())
    found.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        for task in asyncio.all_tasks(loop):
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                loop.run_until_complete(task)
        loop.close()


def certificate(folder: Path, name: str = "localhost", *, days: int = 1) -> tuple[ssl.SSLContext, Path]:
    """Return a server's TLS with a certificate of its own for a name, and the file by which it can be trusted."""
    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=10))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    whole = folder / f"{name}.pem"
    plain = serialization.NoEncryption()
    whole.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        + built.public_bytes(serialization.Encoding.PEM)
    )
    trusted = folder / f"{name}.crt"
    trusted.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(whole)
    return context, trusted
