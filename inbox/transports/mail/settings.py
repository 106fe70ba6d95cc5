"""What a person fills in to connect a mailbox, and how the rest of the room asks for it."""

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.validators import validate_domain_name
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from inbox.models import Channel

SECURITY = [
    ("tls", _("TLS")),
    ("starttls", _("STARTTLS")),
    ("none", _("None: passwords and mails travel readable")),
]
ROUTES = [
    ("smtp", _("A mailbox of our own (SMTP and IMAP)")),
    ("mailgun", "Mailgun"),
    ("mailgun_eu", _("Mailgun (EU)")),
    ("postmark", "Postmark"),
]
REPLIES = [
    ("plus", _("To help+…@: the mailbox takes plus addresses")),
    ("catchall", _("To reply+…@: the mailbox takes every address of its domain")),
    ("none", _("To the mailbox itself")),
]
# What has to be filled in, by the way.
_NEEDED = {
    "smtp": ("smtp_host", "smtp_port", "imap_host", "imap_port"),
    "mailgun": ("api_key", "hook_secret"),
    "mailgun_eu": ("api_key", "hook_secret"),
    "postmark": ("api_key", "hook_secret"),
}
SECRETS = frozenset({"smtp_password", "imap_password", "api_key", "hook_secret"})


def _port(initial: int) -> Any:
    return forms.IntegerField(label=_("Port"), min_value=1, max_value=65535, initial=initial, required=False)


def _host(label: Any) -> Any:
    return forms.CharField(label=label, max_length=200, required=False, validators=[_is_host], strip=True)


def _is_host(value: str) -> None:
    if not all(part.isdigit() for part in value.split(".")) and ":" not in value and value != "localhost":
        validate_domain_name(value)


class EmailForm(forms.Form):
    """Fields of ways that were not chosen are left alone; those of the chosen one are asked for in `clean`."""

    address = forms.EmailField(label=_("E-mail address"), max_length=200)
    route = forms.ChoiceField(label=_("Sent and received by"), choices=ROUTES, initial="smtp")
    smtp_host = _host(_("Outgoing server (SMTP)"))
    smtp_port = _port(465)
    smtp_security = forms.ChoiceField(label=_("Security"), choices=SECURITY, initial="tls", required=False)
    smtp_user = forms.CharField(label=_("User"), max_length=200, required=False)
    smtp_password = forms.CharField(label=_("Password"), max_length=200, required=False, strip=False)
    imap_host = _host(_("Incoming server (IMAP)"))
    imap_port = _port(993)
    imap_security = forms.ChoiceField(label=_("Security"), choices=SECURITY, initial="tls", required=False)
    imap_user = forms.CharField(
        label=_("User"), max_length=200, required=False, help_text=_("Empty: as for the outgoing server.")
    )
    imap_password = forms.CharField(label=_("Password"), max_length=200, required=False, strip=False)
    imap_folder = forms.CharField(label=_("Folder"), max_length=200, initial="INBOX", required=False)
    api_key = forms.CharField(label=_("API key"), max_length=200, required=False)
    hook_secret = forms.CharField(
        label=_("Webhook key"),
        max_length=200,
        required=False,
        help_text=_(
            "Mailgun: the HTTP webhook signing key. Postmark: user:password, which also stand in the address "
            "that you give to Postmark."
        ),
    )
    replies = forms.ChoiceField(label=_("Where answers go"), choices=REPLIES, initial="none", required=False)
    trusted = forms.CharField(
        label=_("Server that checks senders"),
        max_length=200,
        required=False,
        help_text=_(
            "The name at the beginning of the Authentication-Results header of mails that you get. "
            "Empty: no sender is taken as proven."
        ),
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for name in _NEEDED.get(given.get("route", ""), ()):
            if given.get(name) in (None, "") and name not in self.errors:
                self.add_error(name, forms.Field.default_error_messages["required"])
        if given.get("route") == "postmark" and given.get("hook_secret") and ":" not in given["hook_secret"]:
            self.add_error("hook_secret", _("A user and a password, with a colon between them."))
        return given


@dataclass(frozen=True)
class Server:
    """A server of a mailbox. `security` is tls, starttls or none."""

    host: str
    port: int
    security: str
    user: str
    password: str

    @property
    def tls(self) -> ssl.SSLContext:
        """Certificates are checked, always: nothing else keeps a password from whoever stands in between."""
        return ssl.create_default_context()


def smtp_server(channel: "Channel") -> Server:
    return _server(channel, "smtp", 465)


def imap_server(channel: "Channel") -> Server:
    """Return where mails come in; its user and password are those of the outgoing server where none are given."""
    own, out = _server(channel, "imap", 993), smtp_server(channel)
    if own.user:
        return own
    return Server(own.host, own.port, own.security, out.user, own.password or out.password)


def _server(channel: "Channel", name: str, port: int) -> Server:
    config, secrets = channel.config, channel.secrets
    return Server(
        host=str(config.get(f"{name}_host") or ""),
        port=int(config.get(f"{name}_port") or port),
        security=str(config.get(f"{name}_security") or "tls"),
        user=str(config.get(f"{name}_user") or ""),
        password=str(secrets.get(f"{name}_password") or ""),
    )


def address_of(channel: "Channel") -> str:
    """Return the mailbox's own address, in lower case."""
    return str(channel.config.get("address") or "").strip().lower()


def route_of(channel: "Channel") -> str:
    return str(channel.config.get("route") or "smtp")


def folder_of(channel: "Channel") -> str:
    return str(channel.config.get("imap_folder") or "INBOX")
