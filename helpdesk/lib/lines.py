"""Connections for protocols other than HTTP: to the same addresses as helpdesk.lib.http lets out to, and no others.

The address that a name leads to is checked and then connected to, so that a name cannot lead elsewhere in between.
"""

import socket

from django.conf import settings

from helpdesk.lib.http import is_public


class PrivateAddress(OSError):
    """The host lies in a private network, and settings.OUTGOING_TO_PRIVATE does not let out to those."""


def open_line(host: str, port: int, timeout_s: float) -> socket.socket:
    """Connect to a host; `timeout_s` holds for connecting to each of its addresses, and for each read and write.

    Raises OSError: PrivateAddress, socket.gaierror where there is no such host, or what connecting raises.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise socket.gaierror(f"{host} is no name of a host") from None
    allowed = [info for info in found if settings.OUTGOING_TO_PRIVATE or is_public(str(info[4][0]))]
    if not allowed:
        raise PrivateAddress(f"{host} is in a private network")
    last: OSError = socket.gaierror(f"there is no {host}")
    for family, kind, protocol, _name, address in allowed:
        line = socket.socket(family, kind, protocol)
        line.settimeout(timeout_s)
        try:
            line.connect(address)
        except OSError as error:
            line.close()
            last = error
        else:
            return line
    raise last
