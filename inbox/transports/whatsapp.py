"""WhatsApp by Meta's Cloud API (https://developers.facebook.com/docs/whatsapp/cloud-api).

Free words are taken for 24 hours after the buyer's last message; later only a template that Meta has approved.
It takes the same message twice: an answer that is lost leaves a message unknown until a status of it comes.
"""

import hashlib
import hmac
import mimetypes
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from helpdesk.lib import http
from inbox.files import signed_url
from inbox.transports.base import (
    Later,
    Media,
    NoAnswer,
    Outgoing,
    Receipt,
    Refused,
    Reply,
    Request,
    Said,
    Sent,
    Template,
    Transport,
    Unreadable,
)
from inbox.transports.calls import (
    ProviderBroke,
    ProviderBusy,
    ProviderRefused,
    call,
    download,
    post_form,
    post_json,
    read_json,
    read_object,
)
from inbox.transports.parts import send_parts, split_text
from inbox.transports.whatsapp_errors import BROKEN, WINDOW_CLOSED, told
from inbox.transports.whatsapp_said import NOT_DOCUMENTED, read_value

if TYPE_CHECKING:
    from inbox.models import Attachment, Channel

API = "https://graph.facebook.com/v23.0"
MAX_CAPTION = 1024
MAX_PAGES = 20  # of a hundred templates
_MB = 1024 * 1024
_OFFICE = "application/vnd.openxmlformats-officedocument"
# https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media#supported-media-types: as what a file is
# sent, and up to how many bytes. Whatever is not here goes as a link.
_TAKEN = {
    **dict.fromkeys(["image/jpeg", "image/png"], ("image", 5 * _MB)),
    **dict.fromkeys(["audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"], ("audio", 16 * _MB)),
    **dict.fromkeys(["video/mp4", "video/3gpp"], ("video", 16 * _MB)),
    **dict.fromkeys(
        [
            "text/plain",
            "application/pdf",
            "application/msword",
            "application/vnd.ms-excel",
            "application/vnd.ms-powerpoint",
            f"{_OFFICE}.wordprocessingml.document",
            f"{_OFFICE}.spreadsheetml.sheet",
            f"{_OFFICE}.presentationml.presentation",
        ],
        ("document", 100 * _MB),
    ),
}
# By their bytes these may be many things: the name says which.
_VAGUE = {"application/zip", "application/octet-stream", "application/ogg"}
_PLACE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
# What Meta tells back with each status of a message (…/cloud-api/reference/messages#message-object).
_KEY = "biz_opaque_callback_data"
_HEADER = "header "  # before the names of the places in a template's heading, which count from one again


class WhatsAppForm(forms.Form):
    phone_number_id = forms.RegexField(r"^\d{5,30}$", label=_("Phone number ID"))
    business_account_id = forms.RegexField(
        r"^\d{5,30}$",
        label=_("WhatsApp Business Account ID"),
        required=False,
        help_text=_("Stands beside the phone number ID. Without it there are no templates."),
    )
    token = forms.CharField(
        label=_("Access token"), max_length=500, help_text=_("Of a system user; it does not expire.")
    )
    app_secret = forms.RegexField(r"^[0-9a-f]{32}$", label=_("App secret"))
    verify_token = forms.CharField(
        label=_("Verify token"),
        min_length=8,
        max_length=100,
        help_text=_("Of your own; typed in at Meta, too."),
    )


class WhatsApp(Transport):
    kind = "whatsapp"
    furthest = "read"
    label = "WhatsApp"
    about = _("A business number at Meta's Cloud API.")
    icon = "brand-whatsapp"
    form = WhatsAppForm
    secret_fields = frozenset({"token", "app_secret", "verify_token"})
    own_secrets = frozenset({"verify_token"})
    steps = (
        _("At developers.facebook.com open your app, WhatsApp, API setup: the phone number ID stands there."),
        _(
            "Under Business settings, System users, make a token that does not expire, for messaging and management."
        ),
        _("The app secret stands under App settings, Basic."),
        _("Make up a verify token, keep a copy of it, and save."),
        _("Under WhatsApp, Configuration, paste the address of this channel and the verify token."),
        _("There, subscribe to the field “messages”."),
    )
    address_kind = "phone"
    hooks = True
    max_text = 4096
    takes_files = True
    has_templates = True
    window = timedelta(hours=24)

    def account(self, config: Mapping[str, Any], secrets: Mapping[str, Any]) -> str:
        return str(config.get("phone_number_id", ""))

    def verify(self, channel: "Channel", request: Request) -> bool:
        """HMAC-SHA256 over the body (…/graph-api/webhooks/getting-started#event-notifications)."""
        algorithm, _equals, given = request.headers.get("x-hub-signature-256", "").partition("=")
        secret = str(channel.secrets.get("app_secret", "")).encode()
        wanted = hmac.new(secret, request.body, hashlib.sha256).hexdigest()
        return bool(secret) and algorithm == "sha256" and hmac.compare_digest(wanted.encode(), given.encode())

    def challenge(self, channel: "Channel", request: Request) -> Reply | None:
        given = request.query.get("hub.verify_token", "")
        wanted = str(channel.secrets.get("verify_token", ""))
        if request.query.get("hub.mode") != "subscribe" or not wanted:
            return None
        if not hmac.compare_digest(given.encode(), wanted.encode()):
            return None
        return Reply(body=request.query.get("hub.challenge", "")[:200])

    def parse(self, channel: "Channel", request: Request) -> list[Said | Receipt]:
        data = read_json(request.body)
        mine = str(channel.config.get("phone_number_id", ""))
        found: list[Said | Receipt] = []
        try:
            for entry in data["entry"]:
                for change in entry["changes"]:
                    if change.get("field") == "messages":
                        found += read_value(mine, change["value"])
        except NOT_DOCUMENTED:
            raise Unreadable(gettext_noop("It is no message as Meta documents it.")) from None
        return found

    def fetch(self, channel: "Channel", media: Media, max_bytes: int) -> bytes:
        try:
            # An id comes from outside: it stays one step of the path.
            found = self._ask(channel, "GET", f"{_api(channel)}/{quote(media.ref, safe='')}")
            if int(found.get("file_size") or 0) > max_bytes:
                raise Refused(gettext_noop("too large"))
            return download(str(found["url"]), headers=_bearer(channel), max_bytes=max_bytes).body
        except NoAnswer as error:
            raise Later(str(error)) from None  # to ask for a file changes nothing
        except (ProviderRefused, ValueError, KeyError, TypeError):
            raise Refused(gettext_noop("WhatsApp does not give this file")) from None

    # -- out

    def check(self, channel: "Channel") -> str:
        params = {"fields": "verified_name,display_phone_number"}
        found = self._ask(channel, "GET", _number(channel), params=params)
        said = f"{found.get('verified_name', '')} {found.get('display_phone_number', '')}".strip()
        if not said:
            raise NoAnswer(BROKEN)
        return said

    def send(self, channel: "Channel", outgoing: Outgoing) -> Sent:
        if outgoing.template:
            template = {"type": "template", "template": dict(outgoing.template)}
            return self._say(channel, outgoing.to, {**template, _KEY: outgoing.key})
        last = outgoing.last_inbound_at
        if last and timezone.now() - last > timedelta(hours=24):
            raise Refused(WINDOW_CLOSED)
        files, links = [], []
        for file in outgoing.attachments:
            if sort := _sort_of(file):
                files.append((file, *sort))
            else:
                links.append(f"{file.name}: {signed_url(file)}")
        text = "\n".join(filter(None, [outgoing.text.strip(), *links]))
        # Before anything is said: what goes wrong here has sent nothing.
        parts = [self._upload(channel, *file) for file in files]
        if len(parts) == 1 and len(text) <= MAX_CAPTION and parts[0]["type"] != "audio":
            if text:  # one message is no two: nothing can happen between them
                parts[0][parts[0]["type"]]["caption"] = text
        else:
            texts = split_text(text, self.max_text)
            parts = [*({"type": "text", "text": {"body": one}} for one in texts), *parts]
        if len(parts) == 1:
            parts[0][_KEY] = outgoing.key  # of one of many parts it would say too much
        return send_parts(partial(self._say, channel, outgoing.to, part) for part in parts)

    def _say(self, channel: "Channel", to: str, what: dict[str, Any]) -> Sent:
        # Whoever has taken a username has no number for us, but an id (…/business-scoped-user-ids).
        whom = {"to": to.lstrip("+")} if to.startswith("+") else {"recipient": to}
        data = {"messaging_product": "whatsapp", "recipient_type": "individual", **whom, **what}
        found = _answered(partial(post_json, f"{_number(channel)}/messages", data, headers=_bearer(channel)))
        try:
            wamid = found["messages"][0]["id"]
        except NOT_DOCUMENTED:
            wamid = None
        if not isinstance(wamid, str) or not wamid:
            raise NoAnswer(BROKEN)
        return Sent(wamid)

    def _upload(self, channel: "Channel", file: "Attachment", kind: str, media_type: str) -> dict[str, Any]:
        """Give Meta a file; return the message that will show it. Raises Refused or Later: nothing was said yet."""
        with file.file.open("rb") as opened:
            files = {"file": (file.name, media_type, opened.read())}
        fields = {"messaging_product": "whatsapp", "type": media_type}
        url = f"{_number(channel)}/media"
        try:
            found = _answered(partial(post_form, url, fields, files, headers=_bearer(channel)))
        except NoAnswer as error:
            raise Later(str(error)) from None
        if not isinstance(found.get("id"), str):
            raise Later(BROKEN)
        what = {"id": found["id"]} | ({"filename": file.name} if kind == "document" else {})
        return {"type": kind, kind: what}

    def templates(self, channel: "Channel") -> list[Template]:
        """Ask for the approved ones (…/business-management-api/message-templates) that need nothing but words."""
        account = str(channel.config.get("business_account_id", ""))
        if not account:
            raise Refused(gettext_noop("Fill in the WhatsApp Business Account ID of this channel first."))
        wanted = {"fields": "name,language,status,components", "status": "APPROVED", "limit": "100"}
        found: list[Template] = []
        for _page in range(MAX_PAGES):
            page = self._ask(channel, "GET", f"{_api(channel)}/{account}/message_templates", params=wanted)
            try:
                found += filter(None, map(_template, page["data"]))
                if "next" not in page.get("paging", {}):
                    break
                wanted["after"] = str(page["paging"]["cursors"]["after"])
            except NOT_DOCUMENTED:
                raise NoAnswer(BROKEN) from None
        return sorted(found, key=lambda one: (one.name, one.language))

    def template_data(self, template: Template, values: Mapping[str, str]) -> Mapping[str, Any]:
        """Return it as the Cloud API takes it (…/cloud-api/guides/send-message-templates)."""
        components = []
        for kind, fields in (
            ("header", [field for field in template.fields if field.startswith(_HEADER)]),
            ("body", [field for field in template.fields if not field.startswith(_HEADER)]),
        ):
            if fields:
                parameters = [_parameter(field.removeprefix(_HEADER), values[field]) for field in fields]
                components.append({"type": kind, "parameters": parameters})
        return {"name": template.name, "language": {"code": template.language}, "components": components}

    def _ask(self, channel: "Channel", method: str, url: str, **options: Any) -> dict[str, Any]:
        return _answered(partial(call, method, url, headers=_bearer(channel), **options))


def _answered(ask: Callable[[], http.Answer]) -> dict[str, Any]:
    """Return the object of an answer, {} where it is none. Raises Refused, Later or NoAnswer."""
    try:
        return read_object(ask().body)
    except (ProviderRefused, ProviderBusy, ProviderBroke) as error:
        raise told(error) from None


def _api(channel: "Channel") -> str:
    return str(channel.config.get("api") or API)


def _number(channel: "Channel") -> str:
    return f"{_api(channel)}/{channel.config.get('phone_number_id', '')}"


def _bearer(channel: "Channel") -> dict[str, str]:
    return {"Authorization": f"Bearer {channel.secrets.get('token', '')}"}


def _sort_of(file: "Attachment") -> tuple[str, str] | None:
    """Return as what a file goes, and its media type; None: not at all."""
    media_type = file.media_type
    if media_type in _VAGUE:
        media_type = mimetypes.guess_type(file.name)[0] or ""
    kind, limit = _TAKEN.get(media_type, ("", 0))
    return (kind, media_type) if 0 < file.size <= limit else None


def _template(told: Mapping[str, Any]) -> Template | None:
    """Return a template of Meta's, None where it needs more than words: a picture, the end of an address."""
    lines, fields = [], []
    if told["status"] != "APPROVED":
        return None
    for component in told["components"]:
        kind, text = str(component["type"]).upper(), str(component.get("text") or "")
        if kind == "HEADER" and component.get("format") != "TEXT":
            return None
        if kind in ("HEADER", "BODY"):
            prefix = _HEADER if kind == "HEADER" else ""
            fields += [f"{prefix}{name}" for name in _ordered(_PLACE.findall(text))]
            text = _PLACE.sub(rf"{{{{{prefix}\1}}}}", text)
        elif kind == "BUTTONS":
            if any(
                _PLACE.search(str(one)) or one.get("type") in _OTHER_BUTTONS for one in component["buttons"]
            ):
                return None
        elif kind != "FOOTER":
            return None  # a carousel, an offer that ends
        lines.append(text)
    return Template(str(told["name"]), str(told["language"]), "\n".join(filter(None, lines)), tuple(fields))


_OTHER_BUTTONS = {"OTP", "COPY_CODE", "FLOW", "CATALOG", "MPM", "SPM"}  # each wants a value of its own


def _ordered(names: list[str]) -> list[str]:
    found = list(dict.fromkeys(names))
    return sorted(found, key=int) if all(name.isdecimal() for name in found) else found


def _parameter(name: str, value: str) -> dict[str, str]:
    named = {} if name.isdecimal() else {"parameter_name": name}
    return {"type": "text", **named, "text": value}
