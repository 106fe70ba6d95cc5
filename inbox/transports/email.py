"""E-mail: a mailbox of the store's own (SMTP and IMAP), or a provider that has one for it.

Mails are fetched by inbox.transports.mail.fetching, or brought to the channel's address by the provider; either way
what is written down is read here. What ties an answer to a conversation is in inbox.transports.mail.threads.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from inbox.transports.base import Group, Outgoing, Receipt, Request, Said, Sent, Transport
from inbox.transports.mail import hosted
from inbox.transports.mail.arriving import taken
from inbox.transports.mail.imap import Mailbox
from inbox.transports.mail.letters import MAX_FILES_BYTES, letter_of
from inbox.transports.mail.sending import log_in, send_letter
from inbox.transports.mail.settings import (
    SECRETS,
    EmailForm,
    address_of,
    folder_of,
    imap_server,
    route_of,
    smtp_server,
)

if TYPE_CHECKING:
    from inbox.models import Channel

_OWN = ("route", frozenset({"smtp"}))
_HOSTED = ("route", frozenset({"mailgun", "mailgun_eu", "postmark"}))


class Email(Transport):
    kind = "email"
    label = _("E-mail")
    about = _("A mailbox of your own, or Mailgun or Postmark.")
    icon = "mail"
    form = EmailForm
    secret_fields = SECRETS
    groups = (
        Group(
            _("Outgoing mail"),
            ("smtp_host", "smtp_port", "smtp_security", "smtp_user", "smtp_password"),
            only=_OWN,
            needed=frozenset({"smtp_host", "smtp_port", "smtp_security"}),
        ),
        Group(
            _("Incoming mail"),
            ("imap_host", "imap_port", "imap_security", "imap_user", "imap_password", "imap_folder"),
            only=_OWN,
            needed=frozenset({"imap_host", "imap_port", "imap_security"}),
        ),
        Group(
            _("Provider"),
            ("api_key", "hook_secret"),
            only=_HOSTED,
            needed=frozenset({"api_key", "hook_secret"}),
        ),
        Group(_("Threads and senders"), ("replies", "trusted")),
    )
    steps = (
        _("With a mailbox of your own, fill in its servers; many providers want an app password."),
        _("With Mailgun, make a route that forwards to the address of this channel, ending the route there."),
        _(
            "With Postmark, give the address of this channel as inbound webhook, with user and password in it."
        ),
        _("For delivered and bounced, give the provider the same address for its event webhooks."),
    )
    address_kind = "email"
    hooks = True
    takes_files = True
    is_letter = True
    max_file = MAX_FILES_BYTES
    max_hook_bytes = 30 * 1024 * 1024  # a mail with its files
    max_per_hour = 60

    def account(self, config: Mapping[str, Any], secrets: Mapping[str, Any]) -> str:
        return str(config.get("address") or "").strip().lower()

    def is_called(self, channel: "Channel") -> bool:
        return route_of(channel) != "smtp"

    # -- in

    def verify(self, channel: "Channel", request: Request) -> bool:
        """A mailbox is fetched: nobody may bring mails to its address."""
        return route_of(channel) != "smtp" and hosted.verify(channel, request)

    def parse(self, channel: "Channel", request: Request) -> list[Said | Receipt]:
        if request.method == "IMAP":  # as inbox.transports.mail.fetching writes them down
            return taken(channel, request.body)
        found: list[Said | Receipt] = []
        for item in hosted.read(channel, request):
            if isinstance(item, Receipt):
                found.append(item)
            else:
                to = [item.recipient] if item.recipient else []
                found += taken(channel, item.raw, recipients=to, null_sender=item.null_sender)
        return found

    # -- out

    def check(self, channel: "Channel") -> str:
        if route_of(channel) != "smtp":
            return hosted.check(channel)
        out = log_in(smtp_server(channel))
        with Mailbox(imap_server(channel), folder_of(channel)):
            pass
        return f"{address_of(channel)} ({out})"

    def send(self, channel: "Channel", outgoing: Outgoing) -> Sent:
        letter = letter_of(channel, outgoing)
        if route_of(channel) == "smtp":
            send_letter(smtp_server(channel), letter)
        else:
            hosted.send_letter(channel, letter, outgoing.key)
        return Sent(letter.message_id)
