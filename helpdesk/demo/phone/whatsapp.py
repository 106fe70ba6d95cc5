"""WhatsApp, played after Meta's Cloud API (https://developers.facebook.com/docs/whatsapp/cloud-api).

Messages, files, templates, webhooks and their signature. What Meta serves at graph.facebook.com and at
lookaside.fbsbx.com stands under one address here. It takes the same message twice, and brings one file with one.
"""

import hashlib
import hmac
import json
import re
import secrets as random
import time
from collections.abc import Mapping, Sequence
from typing import Any

from helpdesk.demo.phone.base import Account, Accounts, Answer, Call, Hook, Photo, Seen
from helpdesk.demo.phone.uploads import Shelf, read_form

LOOKASIDE = "/lookaside/"
MAX_TEXT, MAX_CAPTION = 4096, 1024
WINDOW_S = 24 * 3600
# …/cloud-api/reference/media#supported-media-types: what is taken, and how many bytes of it.
MEDIA = {
    **dict.fromkeys(["image/jpeg", "image/png"], 5 * 1024 * 1024),
    **dict.fromkeys(["audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"], 16 * 1024 * 1024),
    **dict.fromkeys(["video/mp4", "video/3gpp"], 16 * 1024 * 1024),
    "image/webp": 100 * 1024,
    **dict.fromkeys(
        [
            "text/plain",
            "application/pdf",
            "application/msword",
            "application/vnd.ms-excel",
            "application/vnd.ms-powerpoint",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        ],
        100 * 1024 * 1024,
    ),
}


def _template(
    name: str, language: str, *components: dict[str, Any], status: str = "APPROVED"
) -> dict[str, Any]:
    about = {"name": name, "language": language, "status": status, "category": "UTILITY"}
    return {
        **about,
        "parameter_format": "POSITIONAL",
        "components": list(components),
        "id": f"{name}:{language}",
    }


TEMPLATES = [
    _template(
        "order_on_its_way",
        "en_US",
        {"type": "HEADER", "format": "TEXT", "text": "Order {{1}}"},
        {"type": "BODY", "text": "Hello {{1}}, your order is on its way. It arrives on {{2}}."},
        {"type": "FOOTER", "text": "You can answer this message."},
    ),
    _template(
        "order_on_its_way", "zh_CN", {"type": "BODY", "text": "{{1}}，您好！您的订单已发货，预计{{2}}送达。"}
    ),
    _template(
        "may_we_help", "en_US", {"type": "BODY", "text": "Is there anything else that we can help with?"}
    ),
    {
        **_template(
            "ready_to_fetch", "en_US", {"type": "BODY", "text": "{{name}}, your parcel is at {{place}}."}
        ),
        "parameter_format": "NAMED",
    },
    _template("spring_sale", "en_US", {"type": "BODY", "text": "Everything must go!"}, status="PENDING"),
    _template(
        "new_in",
        "en_US",
        {"type": "HEADER", "format": "IMAGE"},
        {"type": "BODY", "text": "Look what is new."},
    ),
]


class Wrong(Exception):
    """A call that Meta answers with an error (…/cloud-api/support/error-codes)."""

    def __init__(self, status: int, code: int, message: str, *, details: str = "", subcode: int = 0) -> None:
        super().__init__(message)
        error: dict[str, Any] = {"message": message, "type": "OAuthException", "code": code}
        if details:
            error["error_data"] = {"messaging_product": "whatsapp", "details": details}
        if subcode:
            error["error_subcode"] = subcode
        self.status, self.error = status, {**error, "fbtrace_id": random.token_urlsafe(8)}


class WhatsApp:
    kind = "whatsapp"

    def __init__(self, accounts: Accounts) -> None:
        self.accounts = accounts
        self.seen: list[Seen] = []
        self.shelf = Shelf()
        self.media: dict[str, Photo] = {}  # by id: what buyers sent, and what we uploaded
        self.keys: dict[
            str, str
        ] = {}  # what we gave along with a message, and is told back with its statuses
        # When a number last wrote. Who is not in it wrote before this vendor was started, and is believed.
        self.wrote: dict[str, float] = {}

    def handle(self, call: Call) -> Answer:
        if shown := self.shelf.answer(call):
            return shown
        try:
            account = self._account(call)
            if call.path.startswith(LOOKASIDE):
                return self._download(call)
            return Answer(200, json.dumps(self._answer(call, account)).encode())
        except Wrong as wrong:
            return Answer(wrong.status, json.dumps({"error": wrong.error}).encode())

    def _account(self, call: Call) -> Account:
        given = call.headers.get("authorization", "").removeprefix("Bearer ")
        for account in self.accounts():
            if given and given == account.secrets.get("token"):
                return account
        raise Wrong(401, 190, "Invalid OAuth access token - Cannot parse access token")

    def _answer(self, call: Call, account: Account) -> dict[str, Any]:
        first, _, rest = call.path.strip("/").partition("/")
        number = str(account.config.get("phone_number_id", ""))
        if first == number and not rest and call.method == "GET":
            shown = {"verified_name": "The Store", "display_phone_number": "+1 555-010-0199"}
            return {**shown, "quality_rating": "GREEN", "id": number}
        if first == number and rest == "messages" and call.method == "POST":
            return self._send(call)
        if first == number and rest == "media" and call.method == "POST":
            return self._upload(call)
        if rest == "message_templates" and first == account.config.get("business_account_id"):
            return _page(call)
        if first in self.media and not rest and call.method == "GET":
            return self._media(first, str(account.config.get("api", "")))
        message = f"Unsupported {call.method.lower()} request. Object with ID '{first}' does not exist"
        raise Wrong(400, 100, message, subcode=33)

    # -- Messages to buyers

    def _send(self, call: Call) -> dict[str, Any]:
        try:
            data = json.loads(call.body)
        except ValueError:
            raise Wrong(400, 100, "(#100) The body is not JSON.") from None
        if not isinstance(data, dict) or data.get("messaging_product") != "whatsapp":
            raise Wrong(400, 100, "(#100) The parameter messaging_product is required.")
        to = "".join(filter(str.isdigit, str(data.get("to", ""))))
        if not to:
            raise Wrong(400, 131009, "(#131009) Parameter value is not valid", details="to is no number")
        kind = str(data.get("type", "text"))
        what = data.get(kind)
        if not isinstance(what, dict):
            raise Wrong(400, 131008, f"(#131008) Required parameter is missing: {kind}")
        if kind != "template" and time.time() - self.wrote.get(to, time.time()) > WINDOW_S:
            details = "More than 24 hours have passed since the customer last replied to this number."
            raise Wrong(400, 131047, "(#131047) Re-engagement message", details=details)
        text, files = _template_text(what) if kind == "template" else self._content(kind, what)
        wamid = f"wamid.{random.token_hex(16).upper()}"
        self.seen.append(Seen(wamid, to, text, files, {"type": kind}))
        self.keys[wamid] = str(data.get("biz_opaque_callback_data", ""))[:512]
        contact = {"input": str(data["to"]), "wa_id": to}
        return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": wamid}]}

    def _content(self, kind: str, what: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
        """Return the words and the files of a message. Raises Wrong."""
        if kind == "text":
            body = what.get("body")
            if not isinstance(body, str) or not body.strip():
                raise Wrong(400, 100, "(#100) The parameter text['body'] is required.")
            if len(body) > MAX_TEXT:
                raise Wrong(400, 100, "(#100) Param text['body'] must be at most 4096 characters long.")
            return body, ()
        if kind not in ("image", "document", "audio", "video", "sticker"):
            raise Wrong(400, 100, f"(#100) Param type must be one of those documented, not {kind}.")
        caption = str(what.get("caption", ""))
        if len(caption) > MAX_CAPTION or (caption and kind in ("audio", "sticker")):
            raise Wrong(400, 100, "(#100) Param caption is too long, or not for this type.")
        if link := what.get("link"):
            return caption, (str(link),)
        if str(what.get("id")) not in self.media:
            raise Wrong(
                400,
                100,
                f"(#100) Param {kind}['id'] is not a valid whatsapp business account media attachment ID",
            )
        file = self.media[str(what["id"])]
        return caption, (
            self.shelf.keep(Photo(str(what.get("filename", file.name)), file.media_type, file.content)),
        )

    def _upload(self, call: Call) -> dict[str, Any]:
        fields, files = read_form(call)
        if fields.get("messaging_product") != "whatsapp" or "file" not in files:
            raise Wrong(400, 100, "(#100) The parameter messaging_product, or file, is required.")
        file = files["file"]
        if file.media_type not in MEDIA:
            types = ", ".join(sorted(MEDIA))
            raise Wrong(
                400, 100, f"(#100) Param file must be a file with one of the following types: {types}."
            )
        if len(file.content) > MEDIA[file.media_type]:
            raise Wrong(400, 131053, "(#131053) Media upload error", details="The file is too large.")
        return {"id": self._keep(file)}

    # -- Files of buyers

    def _keep(self, file: Photo) -> str:
        number = str(10**15 + random.randbelow(10**15))
        self.media[number] = file
        return number

    def _media(self, number: str, api: str) -> dict[str, Any]:
        file = self.media[number]
        return {
            "messaging_product": "whatsapp",
            "url": f"{api}{LOOKASIDE}?mid={number}&ext={int(time.time()) + 300}",
            "mime_type": file.media_type,
            "sha256": hashlib.sha256(file.content).hexdigest(),
            "file_size": len(file.content),
            "id": number,
        }

    def _download(self, call: Call) -> Answer:
        file = self.media.get(call.query.get("mid", ""))
        if file is None:
            return Answer(404, b"", "text/plain")
        return Answer(200, file.content, file.media_type)

    # -- What buyers do

    def message(
        self,
        config: Mapping[str, Any],
        secrets: Mapping[str, Any],
        *,
        url: str,
        sender: str,
        text: str = "",
        name: str = "",
        files: Sequence[Photo] = (),
        external_id: str = "",
    ) -> Hook:
        what: dict[str, Any] = {"type": "text", "text": {"body": text}}
        if files:
            (file,) = files
            what = self._told(file, text)
        return self.tell(config, secrets, sender, what, name=name, external_id=external_id)

    def tell(
        self,
        config: Mapping[str, Any],
        secrets: Mapping[str, Any],
        sender: str,
        what: Mapping[str, Any],
        *,
        name: str = "",
        external_id: str = "",
    ) -> Hook:
        """Return the call that brings a message of any type."""
        wa_id = sender.lstrip("+")
        self.wrote[wa_id] = time.time()
        message = {
            "from": wa_id,
            "id": external_id or f"wamid.{random.token_hex(16).upper()}",
            "timestamp": str(int(time.time())),
            **what,
        }
        contact = {"profile": {"name": name or "Buyer"}, "wa_id": wa_id}
        return self.hook(config, secrets, {"contacts": [contact], "messages": [message]})

    def hook(self, config: Mapping[str, Any], secrets: Mapping[str, Any], value: Mapping[str, Any]) -> Hook:
        metadata = {
            "display_phone_number": "15550100199",
            "phone_number_id": config.get("phone_number_id", ""),
        }
        change = {
            "field": "messages",
            "value": {"messaging_product": "whatsapp", "metadata": metadata, **value},
        }
        entry = {"id": config.get("business_account_id", "0"), "changes": [change]}
        body = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
        signature = hmac.new(str(secrets.get("app_secret", "")).encode(), body, hashlib.sha256).hexdigest()
        return Hook(body, {"X-Hub-Signature-256": f"sha256={signature}"})

    def _told(self, file: Photo, caption: str) -> dict[str, Any]:
        """Return how Meta tells of a file."""
        sort = file.media_type.partition("/")[0]
        kind = sort if sort in ("image", "audio", "video") else "document"
        told: dict[str, Any] = {"id": self._keep(file), "mime_type": file.media_type}
        told["sha256"] = hashlib.sha256(file.content).hexdigest()
        if caption and kind != "audio":
            told["caption"] = caption
        if kind == "document":
            told["filename"] = file.name
        if kind == "audio":
            told |= {"voice": True, "mime_type": f"{file.media_type}; codecs=opus"}
        return {"type": kind, kind: told}

    def receipt(
        self,
        config: Mapping[str, Any],
        secrets: Mapping[str, Any],
        *,
        url: str,
        external_id: str,
        to: str,
        state: str,
    ) -> Hook | None:
        status: dict[str, Any] = {
            "id": external_id,
            "status": state,
            "timestamp": str(int(time.time())),
            "recipient_id": to.lstrip("+"),
        }
        if key := self.keys.get(external_id):
            status["biz_opaque_callback_data"] = key
        if state == "failed":
            details = {"details": "Message Undeliverable."}
            title = "Message undeliverable"
            status["errors"] = [{"code": 131026, "title": title, "message": title, "error_data": details}]
        else:
            status["pricing"] = {"billable": False, "pricing_model": "PMP", "category": "service"}
        return self.hook(config, secrets, {"statuses": [status]})


def _page(call: Call) -> dict[str, Any]:
    """Return a page of the templates; two at a time, so that nobody forgets that there are pages."""
    start = int(call.query.get("after") or 0)
    size = min(int(call.query.get("limit") or 25), 2)
    wanted = call.query.get("status")
    found = [one for one in TEMPLATES if not wanted or one["status"] == wanted]
    paging: dict[str, Any] = {"cursors": {"before": str(start), "after": str(start + size)}}
    if start + size < len(found):
        paging["next"] = "https://graph.facebook.com/"  # that there is one
    return {"data": found[start : start + size], "paging": paging}


def _template_text(what: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Return how a template reads with its values. Raises Wrong."""
    language = (what.get("language") or {}).get("code")
    known = [one for one in TEMPLATES if (one["name"], one["language"]) == (what.get("name"), language)]
    if not known or known[0]["status"] != "APPROVED":
        raise Wrong(404, 132001, "(#132001) Template name does not exist in the translation")
    values = {
        str(one.get("type", "")).upper(): one.get("parameters", []) for one in what.get("components", [])
    }
    lines = []
    for component in known[0]["components"]:
        text = component.get("text", "")
        places = re.findall(r"{{(\w+)}}", text)
        given = values.pop(component["type"], [])
        if len(given) != len(places):
            raise Wrong(
                400, 132000, "(#132000) Number of parameters does not match the expected number of params"
            )
        for place, value in zip(places, given, strict=True):
            if value.get("parameter_name", place) != place or (
                not place.isdigit() and "parameter_name" not in value
            ):
                raise Wrong(400, 100, "(#100) Invalid parameter: parameter name is missing or unknown")
            text = text.replace(f"{{{{{place}}}}}", str(value["text"]))
        lines.append(text)
    if values:
        raise Wrong(
            400, 132000, "(#132000) Number of parameters does not match the expected number of params"
        )
    return "\n".join(filter(None, lines)), ()
