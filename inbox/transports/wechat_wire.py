"""How WeChat writes, signs and encrypts what it brings
(https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Message_encryption_and_decryption.html).
"""

import base64
import hashlib
import hmac
import struct
from collections.abc import Mapping
from xml.parsers import expat

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.utils.translation import gettext_noop

from inbox.transports.base import Unreadable

_BLOCK = 32  # that it pads to, though AES has blocks of 16
_HEAD = 20  # 16 random bytes, and the length of the message


def signature(token: str, *parts: str) -> str:
    return hashlib.sha1("".join(sorted([token, *parts])).encode()).hexdigest()


def fits(token: str, query: Mapping[str, str], given: str, *more: str) -> bool:
    """Return whether `given` is the signature over the token, time and nonce of a request, and `more`."""
    wanted = signature(token, query.get("timestamp", ""), query.get("nonce", ""), *more)
    return bool(token) and hmac.compare_digest(wanted.encode(), given.encode())


def decrypt(aes_key: str, app_id: str, encrypted: str) -> bytes:
    """Return the XML of a message in safe mode. Raises Unreadable where it is not for this key or this account."""
    try:
        key = base64.b64decode(f"{aes_key}=", validate=True)
        cipher = Cipher(algorithms.AES256(key), modes.CBC(key[:16])).decryptor()
        padded = cipher.update(base64.b64decode(encrypted, validate=True)) + cipher.finalize()
        plain = _unpadded(padded)
        (length,) = struct.unpack(">I", plain[16:_HEAD])
        message, whose = plain[_HEAD : _HEAD + length], plain[_HEAD + length :]
    except (ValueError, IndexError, struct.error):
        raise Unreadable(gettext_noop("It cannot be decrypted with this EncodingAESKey.")) from None
    if not hmac.compare_digest(whose, app_id.encode()):
        raise Unreadable(gettext_noop("It is for another account."))
    return message


def _unpadded(padded: bytes) -> bytes:
    count = padded[-1]
    if not 1 <= count <= _BLOCK or padded[-count:] != bytes([count]) * count:
        raise ValueError("not padded as PKCS #7 is")
    return padded[:-count]


def read_xml(body: bytes) -> dict[str, str]:
    """Return the texts of the elements right below the root, by name. Raises Unreadable.

    Whoever declares a document type means no good: without one there is no entity to expand or to fetch. (A buyer
    may well write `<!DOCTYPE`: inside of CDATA that is text.) Only UTF-8 is read, which is all that WeChat writes.
    """
    fields: dict[str, str] = {}
    path: list[str] = []
    words: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        path.append(name)
        if len(path) == 2:
            words.clear()

    def end(name: str) -> None:
        path.pop()
        if len(path) == 1:
            fields[name] = "".join(words).strip()

    def text(words_read: str) -> None:
        if len(path) == 2:
            words.append(words_read)

    def refuse(*declared: object) -> None:
        raise Unreadable(gettext_noop("It declares what a message does not need."))

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(body.decode(), True)
    except (expat.ExpatError, UnicodeDecodeError):
        raise Unreadable(gettext_noop("It is no XML.")) from None
    return fields
