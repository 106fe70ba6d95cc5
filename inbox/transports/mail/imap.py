"""One folder of a mailbox over IMAP (RFC 3501), read and never changed: it is opened with EXAMINE.

What a server may do wrong (be slow, lie about sizes, break off) ends here, in words for people.
"""

import imaplib
import re
import socket
import ssl
import threading
from contextlib import suppress
from datetime import date
from itertools import pairwise
from types import TracebackType
from typing import Any, Self

from django.utils.translation import gettext_noop
from imap_tools.errors import ImapToolsError, MailboxFolderSelectError, MailboxLoginError
from imap_tools.mailbox import BaseMailBox

from helpdesk.lib.lines import PrivateAddress, open_line
from inbox.transports.base import TransportError
from inbox.transports.mail.settings import Server

TIMEOUT_S = 20.0  # of connecting, and of each wait for more: slow servers greet late
TOTAL_S = 240.0  # after which the line is cut, however steadily bytes trickle
MAX_LITERAL = 32 * 1024 * 1024  # bytes of one mail in an answer, whatever size was named before
MAX_HEAD = 64 * 1024
MAX_WORDS = 160
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
# Day and month names of IMAP, which no locale changes.
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


# What may be wrong. Behind a colon follows what the other side says, or which one it is.
PRIVATE = gettext_noop("The incoming mail server is in a private network.")
NO_SERVER = gettext_noop("There is no such incoming mail server")
CERTIFICATE = gettext_noop("The certificate of the incoming mail server is not valid")
NO_TLS = gettext_noop("The incoming mail server speaks no TLS at this port, or not ours")
SILENT = gettext_noop("The incoming mail server does not answer.")
CLOSED = gettext_noop("The incoming mail server takes no connections at this port")
REFUSED = gettext_noop("The incoming mail server refuses the user or the password")
NO_FOLDER = gettext_noop("There is no such folder in the mailbox")
BROKEN = gettext_noop("The connection to the incoming mail server broke")
NO_IMAP = gettext_noop("What answers there is no incoming mail server (IMAP)")
OUR_OWN = gettext_noop("Mails could not be fetched because of an error of the desk's own; its log says more.")
_ALL = {PRIVATE, NO_SERVER, CERTIFICATE, NO_TLS, SILENT, CLOSED, REFUSED, NO_FOLDER, BROKEN, NO_IMAP, OUR_OWN}


class MailboxTrouble(TransportError):
    """The mailbox cannot be read; `str` says why in a sentence for people."""


def is_of_a_mailbox(trouble: str) -> bool:
    """Tell whether a channel's trouble is one of these: it is over once the mailbox can be read."""
    return trouble.partition(": ")[0] in _ALL


class Mailbox:
    """A context: on its way in it connects, logs in and opens the folder. Raises MailboxTrouble, always.

    `validity` is the folder's UIDVALIDITY: while it stays, a UID is the same mail for ever, and later ones are
    larger. `last_uid` is the largest that was ever given, or some above it.
    """

    validity: int
    last_uid: int

    def __init__(self, server: Server, folder: str) -> None:
        self.server, self.folder = server, folder
        self._box: _Box | None = None

    def __enter__(self) -> Self:
        try:
            self._box = box = _Box(self.server)
            self._log_in(box)
            self._open_folder(box)
        except Exception as error:
            self._hang_up()
            raise self._trouble(error) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hang_up(polite=error is None)
        if isinstance(error, (OSError, imaplib.IMAP4.error, ImapToolsError)):
            raise self._trouble(error) from None

    def uids(self, *, after: int, until: int | None = None, since: date | None = None) -> list[int]:
        """Return the UIDs above `after` (up to `until`; of mails that came on `since` or later), in order."""
        words = f"UID {after + 1}:{until or '*'}"
        if since:
            words += f" SINCE {since.day}-{_MONTHS[since.month - 1]}-{since.year}"
        found = sorted({int(uid) for uid in self._open.uids(words, None)})
        # "n:*" is never empty: it names the last mail also where that comes before n.
        return [uid for uid in found if uid > after and (until is None or uid <= until)]

    def sizes(self, uids: list[int]) -> dict[int, int]:
        """Return the bytes of those mails that are (still) there."""
        found = {}
        for line in self._fetch(uids, "(UID RFC822.SIZE)"):
            whole = line[0] if isinstance(line, tuple) else line or b""
            uid, size = _UID.search(whole), _SIZE.search(whole)
            if uid and size:
                found[int(uid[1])] = int(size[1])
        return found

    def mails(self, uids: list[int]) -> dict[int, bytes]:
        """Return mails byte for byte, without those that the server does not hand over. They stay unread."""
        return self._contents(uids, "(UID BODY.PEEK[])")

    def head(self, uid: int) -> bytes:
        """Return the headers of a mail, as far as they have a sensible length."""
        return self._contents([uid], f"(UID BODY.PEEK[HEADER]<0.{MAX_HEAD}>)").get(uid, b"")

    # -- Below

    @property
    def _open(self) -> "_Box":
        assert self._box is not None, "a mailbox is used as a context"
        return self._box

    def _contents(self, uids: list[int], what: str) -> dict[int, bytes]:
        lines = self._fetch(uids, what)
        found = {}
        for line, rest in pairwise([*lines, b""]):
            if isinstance(line, tuple):
                after = rest if isinstance(rest, bytes) else b""
                # Its number may stand before the mail or behind it.
                if uid := _UID.search(line[0]) or _UID.search(after):
                    found[int(uid[1])] = line[1]
        return {uid: found[uid] for uid in uids if uid in found}

    def _fetch(self, uids: list[int], what: str) -> list[Any]:
        """Return the lines of an answer; none where the server says that it cannot."""
        if not uids:
            return []
        state, lines = self._open.client.uid("FETCH", ",".join(map(str, uids)), what)
        return [line for line in lines if line is not None] if state == "OK" else []

    def _log_in(self, box: "_Box") -> None:
        user, password = self.server.user, self.server.password
        try:
            if user.isascii() and password.isascii():
                box.login(user, password, initial_folder=None)
            else:
                box.login_utf8(user, password, initial_folder=None)
        except imaplib.IMAP4.abort:
            raise
        except (MailboxLoginError, imaplib.IMAP4.error) as error:
            raise MailboxTrouble(f"{REFUSED}: {_said(error)}") from None

    def _open_folder(self, box: "_Box") -> None:
        box.folder.set(self.folder, readonly=True)
        answers: dict[str, list[Any]] = box.client.untagged_responses
        self.validity = int(answers.get("UIDVALIDITY", [b"0"])[-1])
        if following := answers.get("UIDNEXT"):
            self.last_uid = int(following[-1]) - 1
        else:  # which servers of old do not say
            self.last_uid = max(map(int, box.uids("UID *", None)), default=0)

    def _hang_up(self, *, polite: bool = False) -> None:
        if self._box is not None:
            with suppress(Exception):  # whatever is left of the line
                if polite:
                    self._box.client.logout()
                else:
                    self._box.client.shutdown()
            self._box = None

    def _trouble(self, error: Exception) -> MailboxTrouble:
        if isinstance(error, MailboxTrouble):
            return error
        return MailboxTrouble(_in_words(error, self.server, self.folder))


class _Box(BaseMailBox):
    def __init__(self, server: Server) -> None:
        self.server = server
        super().__init__()

    def _get_mailbox_client(self) -> imaplib.IMAP4:
        client = _Client(self.server)
        try:
            if self.server.security == "starttls":
                client.starttls(self.server.tls)
        except BaseException:
            with suppress(OSError):
                client.shutdown()
            raise
        return client


class _Client(imaplib.IMAP4):
    """The library's client, over a line that goes to public addresses only and that ends at a deadline."""

    def __init__(self, server: Server) -> None:
        self.server = server
        super().__init__(server.host, server.port, TIMEOUT_S)

    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        line = open_line(self.server.host, self.server.port, TIMEOUT_S)
        if self.server.security == "tls":
            try:
                line = self.server.tls.wrap_socket(line, server_hostname=self.server.host)
            except BaseException:
                line.close()
                raise
        self._deadline = threading.Timer(TOTAL_S, self._cut)
        self._deadline.daemon = True
        self._deadline.start()
        return line

    def _cut(self) -> None:
        with suppress(OSError):
            # Below TLS, and so without asking the other side.
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

    def read(self, size: int) -> bytes:
        if size > MAX_LITERAL:
            raise self.abort(f"an answer of {size} bytes")
        return super().read(size)

    def shutdown(self) -> None:
        self._deadline.cancel()
        super().shutdown()


def _in_words(error: Exception, server: Server, folder: str) -> str:
    said = _said(error)
    if isinstance(error, PrivateAddress):
        return PRIVATE
    if isinstance(error, socket.gaierror):
        return f"{NO_SERVER}: {server.host}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"{CERTIFICATE}: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"{NO_TLS}: {error.reason or server.port}"
    if isinstance(error, TimeoutError):
        return SILENT
    if isinstance(error, ConnectionRefusedError):
        return f"{CLOSED}: {server.port}"
    if isinstance(error, MailboxFolderSelectError):
        return f"{NO_FOLDER}: {folder} ({said})"
    if isinstance(error, (imaplib.IMAP4.abort, OSError)) and not said.startswith("unexpected response"):
        return f"{BROKEN}: {said}"
    return f"{NO_IMAP}: {said}"


def _said(error: Exception) -> str:
    """Return a server's own words. They come as ('NO', [b'...']) or as text."""
    result = getattr(error, "command_result", None)
    words: Any = result[1] if isinstance(result, tuple) and len(result) > 1 else error
    if isinstance(words, (list, tuple)) and words:
        words = words[-1]
    text = words.decode(errors="replace") if isinstance(words, bytes) else str(words)
    return " ".join(text.split())[:MAX_WORDS] or type(error).__name__
