"""SMTP (RFC 5321), one mail a connection, and at each step what is certain: not sent, refused, sent, or unknown.

Until the line with the dot that ends the mail has left, nothing has happened; after it, only the server's answer
tells, and nobody can ask it again.
"""

import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext_noop

from helpdesk.lib.lines import PrivateAddress, open_line
from inbox.transports.base import Later, NoAnswer, Refused
from inbox.transports.mail.addresses import ascii_domain, one_line
from inbox.transports.mail.letters import Letter, mime_of
from inbox.transports.mail.settings import Server

TIMEOUT_S = 15.0  # for one answer
TOTAL_S = 45.0  # for all of it: under the lease of whoever sends
# What may be wrong. Behind a colon follows what the other side says, or which one it is.
PRIVATE = gettext_noop("The outgoing mail server is in a private network.")
NO_SERVER = gettext_noop("There is no such outgoing mail server")
CERTIFICATE = gettext_noop("The certificate of the outgoing mail server is not valid")
NO_TLS = gettext_noop("The outgoing mail server speaks no TLS at this port. Is it STARTTLS there?")
NO_STARTTLS = gettext_noop("The outgoing mail server offers no STARTTLS at this port. Is it TLS there?")
SILENT = gettext_noop("The outgoing mail server does not answer at this port. Are port and security right?")
CLOSED = gettext_noop("The outgoing mail server takes no connections at this port")
NO_PASSWORD = gettext_noop("The outgoing mail server takes no password over this connection at this port")
REFUSED = gettext_noop("The outgoing mail server refuses the user or the password")
NOT_IN = gettext_noop("The outgoing mail server does not let us in")
HUNG_UP = gettext_noop("The outgoing mail server hung up at once. Does it want TLS at this port?")
AWAY = gettext_noop("The outgoing mail server cannot be reached")
NOTHING_NOW = gettext_noop("The outgoing mail server takes nothing now")
NOT_THIS_NOW = gettext_noop("The outgoing mail server does not take it now")
CUT = gettext_noop("The outgoing mail server hung up before the message was through.")
UNKNOWN = gettext_noop("The connection broke while it was being sent. It may have arrived.")
TOO_LARGE = gettext_noop("The outgoing mail server takes no mail that is so large. Its limit")
NOT_UTF8 = gettext_noop("The mail server cannot write to an address like this one (SMTPUTF8).")
# A server that will hear nothing until we log in, or log in better (RFC 4954, 6).
_AUTH = (530, 534, 535, 538)


class _Smtp(smtplib.SMTP):
    """A client whose connections go where helpdesk.lib.lines lets them."""

    def __init__(self, server: Server) -> None:
        self._server = server
        name = ascii_domain(urlsplit(settings.PUBLIC_URL).hostname or "localhost")
        super().__init__(local_hostname=name, timeout=TIMEOUT_S)
        self._host = server.host  # whose certificate STARTTLS asks for

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        line = open_line(host, port, timeout)
        if self._server.security != "tls":
            return line
        try:
            return self._server.tls.wrap_socket(line, server_hostname=host)
        except BaseException:
            line.close()
            raise


def send_letter(server: Server, letter: Letter) -> None:
    """Hand a letter to the server. Raises Later, Refused or NoAnswer."""
    body = re.sub(rb"(?m)^\.", b"..", mime_of(letter))  # RFC 5321, 4.5.2
    with _line(server) as smtp:
        options = _options(smtp, letter, len(body))
        try:
            _judge(*smtp.mail(letter.sender, options))
            _judge(*smtp.rcpt(letter.to))
            _judge(*smtp.docmd("DATA"), wanted=3)
            smtp.send(body)
        except (smtplib.SMTPException, OSError):
            raise Later(CUT) from None
        if _hung_up(smtp):
            raise Later(CUT)
        try:
            smtp.send(b".\r\n")
            code, words = smtp.getreply()
        except (smtplib.SMTPException, OSError):
            code, words = 0, b""
        if code // 100 not in (2, 4, 5):
            raise NoAnswer(UNKNOWN)
        _judge(code, words)


def log_in(server: Server) -> str:
    """Return as whom the server takes us. Raises Later or Refused, in words for people."""
    with _line(server):
        return f"{server.user or 'anybody'} @ {server.host}"


@contextmanager
def _line(server: Server) -> Iterator[_Smtp]:
    """Open a connection, with TLS and logged in; it is closed at the end, and cut when everything took too long."""
    smtp = _Smtp(server)
    watch = threading.Timer(TOTAL_S, _cut, [smtp])
    watch.daemon = True
    watch.start()
    try:
        try:
            _open(smtp, server)
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            raise Later(why_not(error, server), channel=True) from None
        yield smtp
        with suppress(smtplib.SMTPException, OSError):
            smtp.putcmd("QUIT")  # nobody waits for what it says to that
    finally:
        watch.cancel()
        smtp.close()


def _cut(smtp: smtplib.SMTP) -> None:
    line = smtp.sock
    if line is not None:
        with suppress(OSError):
            # Below TLS, and so without asking the other side.
            socket.socket.shutdown(line, socket.SHUT_RDWR)


def _open(smtp: _Smtp, server: Server) -> None:
    code, words = smtp.connect(server.host, server.port)
    if code != 220:
        raise smtplib.SMTPConnectError(code, words)
    smtp.ehlo_or_helo_if_needed()
    if server.security == "starttls":
        smtp.starttls(context=server.tls)
        smtp.ehlo_or_helo_if_needed()
    if server.user:
        smtp.login(server.user, server.password)


def _options(smtp: _Smtp, letter: Letter, size: int) -> list[str]:
    options = [f"SIZE={size}"] if smtp.has_extn("size") else []
    limit = smtp.esmtp_features.get("size", "")
    if limit.isdigit() and 0 < int(limit) < size:
        raise Refused(f"{TOO_LARGE}: {int(limit) / (1024 * 1024):.1f} MB")
    if letter.needs_utf8:
        if not smtp.has_extn("smtputf8"):
            raise Refused(NOT_UTF8)
        smtp.command_encoding = "utf-8"
        options += ["SMTPUTF8", "BODY=8BITMIME"]
    return options


def _judge(code: int, words: bytes, *, wanted: int = 2) -> None:
    """Go on where the server does (RFC 5321, 4.2.1); else raise Later or Refused with its own words."""
    said = f"{code} {one_line(words.decode(errors='replace'), 160)}"
    if code // 100 == wanted:
        return
    if code == 421:  # it is closing: nobody else's mail would go, either
        raise Later(f"{NOTHING_NOW}: {said}", channel=True)
    if code in _AUTH:
        raise Later(f"{NOT_IN}: {said}", channel=True)
    if code // 100 == 5:
        raise Refused(said)
    raise Later(f"{NOT_THIS_NOW}: {said}")


def _hung_up(smtp: _Smtp) -> bool:
    """Tell whether the server has closed the line, or spoken out of turn: then it did not take what it was sent."""
    line = smtp.sock
    if line is None:
        return True
    try:
        line.settimeout(0)
        line.recv(1)
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    except OSError:
        return True
    else:
        return True
    finally:
        with suppress(OSError):
            line.settimeout(TIMEOUT_S)


def why_not(error: Exception, server: Server) -> str:
    """Return in words why a server cannot be used, for whoever typed in its name."""
    port = server.port
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"{REFUSED}: {_said(error)}"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return f"{NO_STARTTLS if 'STARTTLS' in str(error) else NO_PASSWORD}: {port}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{NOT_IN}: {_said(error)}"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return f"{HUNG_UP}: {port}"
    if isinstance(error, PrivateAddress):
        return PRIVATE
    if isinstance(error, socket.gaierror):
        return f"{NO_SERVER}: {server.host}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"{CERTIFICATE}: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"{NO_TLS}: {port}"
    if isinstance(error, ConnectionRefusedError):
        return f"{CLOSED}: {port}"
    if isinstance(error, TimeoutError):
        return f"{SILENT}: {port}"
    return f"{AWAY}: {one_line(str(error), 120)}"


def _said(error: smtplib.SMTPResponseException) -> str:
    words = error.smtp_error
    text = words.decode(errors="replace") if isinstance(words, bytes) else str(words)
    return f"{error.smtp_code} {one_line(text, 160)}"
