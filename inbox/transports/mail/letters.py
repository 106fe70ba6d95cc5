"""A message as a letter: who to, what about, in words and in plain HTML, below them what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone, translation
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.html import escape, urlize
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from inbox.files import signed_url
from inbox.transports.base import Outgoing, Refused
from inbox.transports.mail import threads
from inbox.transports.mail.addresses import for_the_wire, one_line
from inbox.transports.mail.settings import address_of

if TYPE_CHECKING:
    from inbox.models import Attachment, Channel

# Together, before base64 makes a third more of them: Postmark takes 10 MB, and most mailboxes 20.
MAX_FILES_BYTES = 7 * 1024 * 1024
MAX_QUOTE = 2000  # characters of what is answered
MAX_REFERENCES = 20
_PAGE = """<!doctype html>
<html><head><meta charset="utf-8"></head><body>
<div>{words}</div>{answered}
</body></html>
"""
# Marked as mail programs mark it, so that they fold it away.
_QUOTED = """
<div class="gmail_quote"><p>{said}</p>
<blockquote type="cite">{quoted}</blockquote></div>"""
_ANSWERS = ("re:", "aw:", "sv:", "vs:", "回复:", "回复：", "答复:", "答复：", "回覆:", "回覆：")


@dataclass(frozen=True)
class File:
    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Letter:
    """Everything in it fits where it goes: no line ends in a header, domains in ASCII, ids without brackets."""

    message_id: str
    sender: str
    sender_name: str
    to: str
    reply_to: str
    subject: str
    text: str
    html: str
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    files: tuple[File, ...] = ()
    automatic: bool = False
    unsubscribe: str = ""
    at: datetime = field(default_factory=timezone.now)

    @property
    def headers(self) -> dict[str, str]:
        """Those that providers take as they are."""
        given = {"Message-ID": f"<{self.message_id}>"}
        if self.in_reply_to:
            given["In-Reply-To"] = f"<{self.in_reply_to}>"
            given["References"] = " ".join(f"<{one}>" for one in self.references)
        if self.automatic:  # RFC 3834: so that no other machine answers it
            given["Auto-Submitted"] = "auto-replied"
        if self.unsubscribe:  # RFC 8058: with one click, in the mail program
            given["List-Unsubscribe"] = f"<{self.unsubscribe}>"
            given["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        return given

    @property
    def needs_utf8(self) -> bool:
        """True where an address is not ASCII before its @: then the server must know SMTPUTF8 (RFC 6531)."""
        return not (self.sender + self.to + self.reply_to).isascii()


def letter_of(channel: "Channel", outgoing: Outgoing) -> Letter:
    """Return a message as it is to be sent. Raises Refused."""
    sender, to = for_the_wire(address_of(channel)), for_the_wire(outgoing.to)
    if "@" not in sender or "@" not in to or any(c.isspace() for c in sender + to):
        raise Refused(gettext_noop("That is no e-mail address."))
    shop = one_line(channel.store.name, 60)
    author = one_line(outgoing.author, 40)
    with translation.override(outgoing.language or channel.store.language or None):
        files, links = _files(outgoing)
        no_more = _("No more messages like this: %(url)s") % {"url": outgoing.unsubscribe}
        last = [no_more] if outgoing.unsubscribe else []
        own = one_line(outgoing.subject, 200)
        # A letter about something else repeats nothing of what was said before.
        quoted, said = ("", "") if own else _quote(outgoing.context)
        subject = own or _subject(outgoing.context, shop)
        words, below = outgoing.text.strip(), "\n\n".join([*links, *last])
    answered = _ids(outgoing.context, "message_id")
    return Letter(
        message_id=threads.message_id(channel, outgoing.key),
        sender=sender,
        sender_name=f"{author} ({shop})" if author and shop and author != shop else shop or author,
        to=to,
        reply_to=threads.reply_address(channel, outgoing.conversation),
        subject=subject,
        text=_as_text(_apart(words, _choices(outgoing), below), said, quoted),
        html=_as_html(
            _apart(_linked(words), _clickable(outgoing), _linked(below), by="<br>\n<br>\n"), said, quoted
        ),
        in_reply_to=answered[0] if answered else "",
        references=tuple(_references(outgoing.context)),
        files=tuple(files),
        automatic=outgoing.automatic,
        unsubscribe=outgoing.unsubscribe,
    )


# -- What it is about


def _subject(context: Mapping[str, Any], shop: str) -> str:
    before = one_line(str(context.get("subject") or ""), 200)
    if not before:
        return one_line(_("A message from %(shop)s") % {"shop": shop}, 200)
    return before if before.lower().startswith(_ANSWERS) else f"Re: {before}"


def _ids(context: Mapping[str, Any], name: str) -> list[str]:
    """Return the ids that a context holds and that a header can hold, too: others wrote them."""
    given = context.get(name)
    found = given if isinstance(given, list) else [given]
    return [
        one for one in found if isinstance(one, str) and one.isascii() and one.isprintable() and _fits(one)
    ]


def _fits(one: str) -> bool:
    return 3 <= len(one) <= 200 and not any(c in one for c in " <>")


def _references(context: Mapping[str, Any]) -> list[str]:
    """Return the thread so far, its beginning and its end (RFC 5322, 3.6.4), with what is answered as the last."""
    found = list(dict.fromkeys([*_ids(context, "references"), *_ids(context, "message_id")]))
    return found if len(found) <= MAX_REFERENCES else [found[0], *found[1 - MAX_REFERENCES :]]


# -- What it says


def _quote(context: Mapping[str, Any]) -> tuple[str, str]:
    """Return what is answered, and who said it when: in the language that is active."""
    quoted = str(context.get("text") or "").strip()[:MAX_QUOTE]
    if not quoted:
        return "", ""
    name = one_line(str(context.get("name") or ""), 80) or _("You")
    at = parse_datetime(str(context.get("at") or "")) if context.get("at") else None
    date = date_format(at or timezone.now(), "DATE_FORMAT")
    # Words that who cuts off quotes (inbox.transports.mail.quotes, and others' programs) knows in each language.
    return quoted, _("On %(date)s, %(name)s wrote:") % {"date": date, "name": name}


def _as_text(text: str, said: str, quoted: str) -> str:
    if not quoted:
        return f"{text}\n"
    marked = "\n".join(f"> {line}".rstrip() for line in quoted.splitlines())
    return f"{text}\n\n{said}\n{marked}\n"


def _as_html(words: str, said: str, quoted: str) -> str:
    return _PAGE.format(words=words, answered=_answered(said, quoted) if quoted else "")


def _apart(*blocks: str, by: str = "\n\n") -> str:
    return by.join(filter(None, blocks))


def _linked(text: str) -> str:
    return _lines(urlize(escape(text)))


def _choices(outgoing: Outgoing) -> str:
    return "\n".join(f"{label}: {url}" for label, url in outgoing.choices)


def _clickable(outgoing: Outgoing) -> str:
    """Return the choices as links that a thumb finds."""
    links = (f'<a href="{escape(url)}">{escape(label)}</a>' for label, url in outgoing.choices)
    return (
        f'<span style="font-size:18px;line-height:2.2">{_lines(chr(10).join(links))}</span>'
        if outgoing.choices
        else ""
    )


def _answered(said: str, quoted: str) -> str:
    return _QUOTED.format(said=escape(said), quoted=_lines(escape(quoted)))


def _lines(html: str) -> str:
    return html.replace("\n", "<br>\n")


def _files(outgoing: Outgoing) -> tuple[list[File], list[str]]:
    """Return the files that fit into the mail, and a line with an address for each that does not."""
    files: list[File] = []
    links: list[str] = []
    left = MAX_FILES_BYTES
    for attachment in outgoing.attachments:
        if attachment.size > left:
            links.append(f"{one_line(attachment.name, 120)}: {signed_url(attachment)}")
            continue
        files.append(_file(attachment))
        left -= attachment.size
    return files, links


def _file(attachment: "Attachment") -> File:
    try:
        with attachment.file.open("rb") as stored:
            content: bytes = stored.read()
    except OSError:
        raise Refused(gettext_noop("A file of this message is not there any more.")) from None
    return File(one_line(attachment.name, 120) or "file", attachment.media_type, content)


# -- On the wire


_UNBROKEN = ("message-id", "in-reply-to", "references", "list-unsubscribe")


class _Policy(EmailPolicy):
    """Ids and addresses are put one on a line and never encoded: Python makes encoded words of those that are long."""

    def fold(self, name: str, value: Any) -> str:
        if name.lower() in _UNBROKEN:
            return f"{name}: " + "\r\n ".join(str(value).split()) + "\r\n"
        return super().fold(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower() in _UNBROKEN:
            return self.fold(name, value).encode()
        return super().fold_binary(name, value)


def mime_of(letter: Letter) -> bytes:
    """Return the letter as it goes over the line: CRLF, and seven bits wide unless an address is not ASCII."""
    policy = _Policy(linesep="\r\n", cte_type="7bit", utf8=letter.needs_utf8, raise_on_defect=False)
    message = EmailMessage(policy=policy)
    message["Date"] = format_datetime(letter.at)
    message["From"] = _address(letter.sender_name, letter.sender)
    message["To"] = _address("", letter.to)
    if letter.reply_to:
        message["Reply-To"] = _address(letter.sender_name, letter.reply_to)
    message["Subject"] = letter.subject
    for name, value in letter.headers.items():
        message[name] = value
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    for file in letter.files:
        kind, _slash, sort = (file.media_type or "application/octet-stream").partition("/")
        message.add_attachment(
            file.content, maintype=kind, subtype=sort or "octet-stream", filename=file.name
        )
    return message.as_bytes()


def _address(name: str, address: str) -> Address:
    local, _at, domain = address.rpartition("@")
    return Address(display_name=name, username=local, domain=domain)
