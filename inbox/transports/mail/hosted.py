"""Providers that send and receive mail for the store, by django-anymail (https://anymail.dev).

What anymail does: each provider's API, its webhooks and who signed them. What is ours: that its calls go out
by helpdesk.lib.http, warily, and that what came of them is said as a transport says it. None of these providers
knows keys: an answer that is lost leaves a mail unknown until its webhook comes.
"""

import base64
import json
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.encoders import encode_base64
from typing import TYPE_CHECKING, Any

from anymail.backends import mailgun, postmark
from anymail.exceptions import (
    AnymailError,
    AnymailInsecureWebhookWarning,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
    AnymailSerializationError,
    AnymailUnsupportedFeature,
)
from anymail.signals import AnymailInboundEvent, AnymailTrackingEvent, EventType
from anymail.utils import EmailAddress
from anymail.webhooks import mailgun as mailgun_hooks
from anymail.webhooks import postmark as postmark_hooks
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.mail import EmailMultiAlternatives
from django.http import HttpRequest, QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_noop
from requests import PreparedRequest, Response, Session
from requests.adapters import BaseAdapter

from inbox.transports.base import Later, NoAnswer, Receipt, Refused, Request, TransportError, Unreadable
from inbox.transports.calls import ProviderRefused, call, read_object
from inbox.transports.mail import threads
from inbox.transports.mail.addresses import one_line
from inbox.transports.mail.forms import Part, read_form
from inbox.transports.mail.letters import Letter
from inbox.transports.mail.settings import address_of, route_of

if TYPE_CHECKING:
    from inbox.models import Channel

NOT_IN = gettext_noop("The provider does not let us in")
NO_WORD = gettext_noop("The provider gave no answer that says what became of it.")
NOT_AS_DOCUMENTED = gettext_noop("It is not as the provider documents it")
NOT_ACTIVE = gettext_noop("Mailgun does not send for this domain yet")
# Mailgun signs when, not what, and calls for eight hours where it is not heard
# (https://documentation.mailgun.com/docs/mailgun/user-manual/receive-forward-store/routes).
WINDOW_S = 12 * 3600
_STATES = {
    EventType.DELIVERED: "delivered",
    EventType.OPENED: "read",
    EventType.BOUNCED: "failed",
    EventType.REJECTED: "failed",
    EventType.FAILED: "failed",
    EventType.COMPLAINED: "failed",
}
# https://postmarkapp.com/developer/api/overview#error-codes: the account, not the mail, is what is wrong.
_POSTMARK_LOCKED_OUT = {10, 400, 401, 405, 412}


@dataclass(frozen=True)
class Arrived:
    """A mail that a provider brought: as it came, or put together again of what the provider made of it."""

    raw: bytes
    recipient: str = ""  # whom it was really for, which may stand in none of its headers
    null_sender: bool = False  # it came from nobody: a bounce


@dataclass(frozen=True)
class Provider:
    """`backend` and `hooks` are what anymail's classes are made with; `is_inbound`: it is the webhook of mails."""

    backend_class: Any
    inbound: Any
    tracking: Any
    api: str
    backend: Callable[["Channel"], dict[str, Any]]
    hooks: Callable[["Channel"], dict[str, Any]]
    is_inbound: Callable[["Given"], bool]
    raw: Callable[["Given"], bytes | None]
    locked_out: Callable[[ProviderRefused], bool]
    whoami: Callable[["Channel", str], str]
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Given:
    """A webhook's body: JSON, or the parts of a form."""

    content_type: str
    data: dict[str, Any]
    parts: list[Part]


# -- Out


def send_letter(channel: "Channel", letter: Letter, key: str) -> None:
    """Hand a letter to the provider. Raises Later, Refused or NoAnswer."""
    provider = _provider(channel)
    message = EmailMultiAlternatives(
        subject=letter.subject,
        body=letter.text,
        from_email=str(EmailAddress(letter.sender_name, letter.sender)),
        to=[letter.to],
        reply_to=[str(EmailAddress(letter.sender_name, letter.reply_to))] if letter.reply_to else None,
        headers={**letter.headers, **provider.headers},
    )
    message.attach_alternative(letter.html, "text/html")
    for file in letter.files:
        message.attach(file.name, file.content, file.media_type or "application/octet-stream")
    message.metadata = {"delivery": _name(channel, key)}  # type: ignore[attr-defined]
    backend = _guarded(provider.backend_class)(**provider.backend(channel), api_url=api_of(channel))
    try:
        backend.send_messages([message])
        if not message.anymail_status.status <= {"sent", "queued"}:  # type: ignore[attr-defined]
            raise AnymailError
    except ProviderRefused as refusal:
        if provider.locked_out(refusal):
            raise Later(f"{NOT_IN}: {_words(refusal)}", channel=True) from None
        raise Refused(_words(refusal)) from None
    except TransportError:
        raise
    except AnymailRecipientsRefused:
        raise Refused(gettext_noop("The provider does not write to this address any more.")) from None
    except (AnymailInvalidAddress, AnymailUnsupportedFeature, AnymailSerializationError) as error:
        raise Refused(one_line(str(error), 200)) from None
    except (AnymailError, TypeError, AttributeError, ValueError, KeyError, RecursionError) as error:
        # It took the call, and its answer is nothing that it documents.
        raise NoAnswer(NO_WORD) from error


def check(channel: "Channel") -> str:
    """Return as whom the provider takes us. Raises TransportError in words for people."""
    provider = _provider(channel)
    try:
        return provider.whoami(channel, api_of(channel).rstrip("/"))
    except ProviderRefused as refusal:
        raise Refused(f"{NOT_IN}: {_words(refusal)}") from None


def api_of(channel: "Channel") -> str:
    return str(channel.config.get("api") or _provider(channel).api)


class _Door(BaseAdapter):
    """Lets the calls that anymail makes with `requests` out by our own door, which is wary of where they go."""

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        body = request.body.encode() if isinstance(request.body, str) else request.body
        answer = call(str(request.method), str(request.url), body=body, headers=dict(request.headers))
        response = Response()
        response.status_code, response.url, response.request = answer.status, str(request.url), request
        response.headers.update(answer.headers)
        response._content = answer.body
        return response

    def close(self) -> None:
        pass


def _guarded(backend: Any) -> Any:
    class Guarded(backend):
        def create_session(self) -> Session:
            session: Session = super().create_session()
            session.trust_env = False
            for scheme in ("https://", "http://"):
                session.mount(scheme, _Door())
            return session

    return Guarded


def _words(refusal: ProviderRefused) -> str:
    said = refusal.json()
    return one_line(str(said.get("Message") or said.get("message") or refusal), 200)


# -- In


def verify(channel: "Channel", request: Request) -> bool:
    """Tell whether the provider signed it, or knows the password of this channel's address."""
    provider = _PROVIDERS.get(route_of(channel))
    if provider is None or not channel.secrets.get("hook_secret"):
        return False
    try:
        given = _given(request)
        view = _view(provider.inbound if provider.is_inbound(given) else provider.tracking, channel, provider)
        view.run_validators(_django(request, given))
        return _is_lately(given)
    except Exception:  # whatever is so wrong that it cannot be checked is not checked
        return False


def read(channel: "Channel", request: Request) -> list[Arrived | Receipt]:
    """Return what a verified call of a provider tells. Raises Unreadable."""
    provider = _PROVIDERS.get(route_of(channel))
    if provider is None:
        raise Unreadable(gettext_noop("This mailbox has another provider now."))
    given = _given(request)
    try:
        if not provider.is_inbound(given):
            events = _view(provider.tracking, channel, provider).parse_events(_django(request, given))
            return [receipt for event in events for receipt in _receipts(channel, event)]
        raw = provider.raw(given)
        events = _view(provider.inbound, channel, provider).parse_events(_django(request, given))
        return [_arrived(event, raw) for event in events]
    except Unreadable:
        raise
    except Exception as error:  # anymail reads what is documented, and breaks in many ways at what is not
        raise Unreadable(f"{NOT_AS_DOCUMENTED}: {type(error).__name__}") from None


def _view(view_class: Any, channel: "Channel", provider: Provider) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", AnymailInsecureWebhookWarning
        )  # `verify` lets nothing in without a key
        return view_class(**provider.hooks(channel))


def _given(request: Request) -> Given:
    content_type = request.headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() == "application/json":
        return Given("application/json", read_object(request.body), [])
    return Given(content_type, {}, read_form(content_type, request.body))


def _django(request: Request, given: Given) -> HttpRequest:
    """Return it as anymail's views read it."""
    made = HttpRequest()
    made.method, made.content_type = "POST", given.content_type.partition(";")[0].strip().lower()
    made.META = {"HTTP_AUTHORIZATION": request.headers.get("authorization", "")}
    made._body = json.dumps(given.data).encode() if given.data else b"{}"
    fields, files = QueryDict(mutable=True), MultiValueDict[str, Any]()
    for part in given.parts:
        if part.file_name:
            files.appendlist(part.name, SimpleUploadedFile(part.file_name, part.content, part.media_type))
        else:
            fields.appendlist(part.name, part.content.decode(errors="replace"))
    made.POST = fields  # type: ignore[assignment]
    made.FILES = files
    return made


def _is_lately(given: Given) -> bool:
    """Tell whether what says when it was signed says so of today; True where nothing does."""
    block = given.data.get("signature")
    stamp = block.get("timestamp") if isinstance(block, dict) else _field(given, "timestamp")
    return stamp is None or abs(time.time() - float(stamp)) <= WINDOW_S


def _field(given: Given, name: str) -> str | None:
    """Return a field as anymail does: the last of that name."""
    found = [part.content for part in given.parts if part.name == name]
    return found[-1].decode(errors="replace") if found else None


def _arrived(event: AnymailInboundEvent, raw: bytes | None) -> Arrived:
    message = event.message
    return Arrived(
        raw or _put_together(message),
        (message.envelope_recipient or "").lower(),
        message.envelope_sender in ("", "<>"),
    )


def _put_together(message: Any) -> bytes:
    """Return a mail that anymail made of a provider's fields. Files stand in it as bytes: a mail has lines."""
    for part in message.walk():
        if not part.is_multipart() and "content-transfer-encoding" not in part:
            encode_base64(part)
    made: bytes = message.as_bytes()
    return made


def _receipts(channel: "Channel", event: AnymailTrackingEvent) -> list[Receipt]:
    state = _STATES.get(event.event_type)
    if state is None:
        return []
    named = (event.metadata or {}).get("delivery")
    external_id = f"{named}@{threads.domain_of(channel)}" if named else (event.message_id or "").strip("<>")
    words = event.mta_response or event.description or str(event.reject_reason or event.event_type)
    detail = one_line(words, 200) if state == "failed" else ""
    return [Receipt(external_id, state, detail, opted_out=event.event_type == EventType.COMPLAINED)]


def _name(channel: "Channel", key: str) -> str:
    """Return the Message-ID of a delivery without its domain: providers keep eighty characters of such a value."""
    return threads.message_id(channel, key).partition("@")[0]


# -- The providers, each as its own pages tell


def _provider(channel: "Channel") -> Provider:
    return _PROVIDERS[route_of(channel)]


def _secret(channel: "Channel", name: str) -> str:
    return str(channel.secrets.get(name) or "")


def _mailgun_whoami(channel: "Channel", api: str) -> str:
    """(https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/domains/get-v4-domains--name-)"""
    domain = threads.domain_of(channel)
    login = base64.b64encode(f"api:{_secret(channel, 'api_key')}".encode()).decode()
    headers = {"Authorization": f"Basic {login}"}
    try:
        found = read_object(
            call("GET", f"{api.removesuffix('/v3')}/v4/domains/{domain}", headers=headers).body
        )
    except ProviderRefused as refusal:
        if refusal.status not in (401, 403):
            raise
        return _mailgun_may_send(f"{api}/{domain}/messages", headers, domain)
    inside = found.get("domain")
    state = inside.get("state") if isinstance(inside, dict) else None
    if state != "active":
        raise Refused(f"{NOT_ACTIVE}: {domain} ({state or '–'})")
    return domain


def _mailgun_may_send(url: str, headers: Mapping[str, str], domain: str) -> str:
    """A key that may only send is asked to send nothing: that is refused for what it lacks, if the key is good."""
    try:
        call("POST", url, headers=headers)
    except ProviderRefused as refusal:
        if refusal.status != 400:
            raise
    return domain


def _postmark_whoami(channel: "Channel", api: str) -> str:
    headers = {"X-Postmark-Server-Token": _secret(channel, "api_key"), "Accept": "application/json"}
    name = read_object(call("GET", f"{api}/server", headers=headers).body).get("Name")
    if not isinstance(name, str):
        raise Refused(gettext_noop("Postmark does not say which server this is."))
    return f"{name}: {address_of(channel)}"


def _postmark_raw(given: Given) -> bytes | None:
    raw = given.data.get("RawEmail")
    # JSON holds text: Postmark writes bytes that are no UTF-8 as it sees fit, and the mail's parts in base64.
    return raw.encode(errors="replace") if isinstance(raw, str) and raw else None


def _mailgun_raw(given: Given) -> bytes | None:
    found = [part.content for part in given.parts if part.name == "body-mime"]
    return found[-1] if found else None


def _mailgun(api: str) -> Provider:
    return Provider(
        backend_class=mailgun.EmailBackend,
        inbound=mailgun_hooks.MailgunInboundWebhookView,
        tracking=mailgun_hooks.MailgunTrackingWebhookView,
        api=api,
        backend=lambda channel: {
            "api_key": _secret(channel, "api_key"),
            "sender_domain": threads.domain_of(channel),
        },
        hooks=lambda channel: {
            "webhook_signing_key": _secret(channel, "hook_secret"),
            "api_key": None,
            "webhook_secret": [],
        },
        is_inbound=lambda given: given.content_type != "application/json",
        raw=_mailgun_raw,
        locked_out=lambda refusal: refusal.status in (401, 403, 404),
        whoami=_mailgun_whoami,
        headers={},
    )


_PROVIDERS = {
    "mailgun": _mailgun("https://api.mailgun.net/v3"),
    "mailgun_eu": _mailgun("https://api.eu.mailgun.net/v3"),
    "postmark": Provider(
        backend_class=postmark.EmailBackend,
        inbound=postmark_hooks.PostmarkInboundWebhookView,
        tracking=postmark_hooks.PostmarkTrackingWebhookView,
        api="https://api.postmarkapp.com",
        backend=lambda channel: {"server_token": _secret(channel, "api_key")},
        hooks=lambda channel: {"webhook_secret": [_secret(channel, "hook_secret")]},
        is_inbound=lambda given: given.data.get("RecordType", "Inbound") == "Inbound",
        raw=_postmark_raw,
        locked_out=lambda refusal: (
            refusal.status in (401, 403) or refusal.json().get("ErrorCode") in _POSTMARK_LOCKED_OUT
        ),
        whoami=_postmark_whoami,
        # Else Postmark makes up a Message-ID of its own, and answers name that one.
        headers={"X-PM-KeepID": "true"},
    ),
}
