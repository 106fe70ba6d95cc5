"""The kinds under test, each in one entry."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from helpdesk.demo.phone.base import Accounts, Answer, Hook, Vendor
from helpdesk.demo.phone.mail import Mail
from helpdesk.demo.phone.signed import Signed
from helpdesk.demo.phone.telegram import Telegram
from helpdesk.demo.phone.twilio import Twilio
from helpdesk.demo.phone.wechat import WeChat, signed
from helpdesk.demo.phone.whatsapp import WhatsApp


@dataclass(frozen=True)
class Kind:
    """A kind as its vendor documents it. A field without a value has to be thought about."""

    vendor: Callable[[Accounts], Vendor]
    secrets: Mapping[str, Any]
    # What another channel of the kind has in place of them; also what is wrong.
    other_secrets: Mapping[str, Any]
    sender: str  # a buyer, as the vendor calls them
    address: str  # the same, as we do
    # A part of the path of each call that hands a message over, and of each that gets a file's bytes. Faults
    # hit these calls alone.
    send_path: str
    file_path: str
    # How the vendor asks for patience, and for how many seconds at least; how it refuses, and in which words.
    busy: Answer
    busy_s: float
    refusal: Answer
    refusal_words: str
    signs_body: bool  # one byte changed is noticed
    signs_time: bool  # an old request is not taken
    receipts: frozenset[str]  # of sent, delivered, read, failed: those that the vendor tells
    config: Mapping[str, Any] = field(default_factory=dict)  # without `api`
    # The setting that holds the address of the vendor's API.
    api: str = "api"
    # The parts of a call to us (headers by lower-case name, names in the query) without which it is taken all the same.
    needless: frozenset[str] = frozenset()
    # A GET by which the vendor makes sure of the address: (secrets) → (query, what it wants to hear).
    challenge: Callable[[Mapping[str, Any]], tuple[dict[str, str], str]] | None = None
    transport: str = ""  # the kind of its channels, where the entry is not called by it
    files_inside: bool = False  # a file's bytes come with the message: nothing is fetched
    # How far a delivery is followed, where that is not as far as the vendor tells: an e-mail may be read unopened.
    furthest: str = ""
    tells_keys: bool = (
        False  # a receipt says which message it is about also when the vendor's answer was lost
    )
    captions: bool = True  # a message may hold words beside its file
    # A message of a sort that is not documented yet: (vendor, config, secrets, sender) → the vendor's call. None:
    # there are no sorts.
    unknown: Callable[[Any, Mapping[str, Any], Mapping[str, Any], str], Hook] | None = None
    # Whether any 2xx says that a message was taken, whatever is in it.
    takes_any_2xx: bool = False


# -- WeChat says everything with HTTP 200, and is one vendor in two modes.

_WECHAT = {
    "vendor": WeChat,
    "transport": "wechat",
    "config": {"app_id": "wx0123456789abcdef"},
    "sender": "oLVPpjqs9BhvzwPj5A-vTYAX3GLc",
    "address": "oLVPpjqs9BhvzwPj5A-vTYAX3GLc",
    "send_path": "/message/custom/send",
    "file_path": "/media/get",
    "captions": False,
    "unknown": lambda vendor, config, secrets, sender: vendor.push(
        config, secrets, sender, {"MsgType": "hologram", "MsgId": "7"}
    ),
    "busy": Answer(
        200, b'{"errcode":45011,"errmsg":"api minute-quota reach limit must slower retry next minute"}'
    ),
    "busy_s": 60,
    "refusal": Answer(
        200, b'{"errcode":45015,"errmsg":"response out of time limit or subscription is canceled"}'
    ),
    "refusal_words": "48 hours",
    "signs_time": True,
    "receipts": frozenset(),
    "challenge": lambda secrets: (
        {**signed(secrets), "echostr": "5837397520665436492"},
        "5837397520665436492",
    ),
}


ALL = frozenset({"sent", "delivered", "read", "failed"})

KINDS: dict[str, Kind] = {
    "postmark": Kind(
        vendor=Mail,
        transport="email",
        config={"route": "postmark", "address": "help@shop.example.com", "replies": "plus"},
        secrets={
            "api_key": "5d1c3a5e-0000-4000-8000-00000000c0de",
            "hook_secret": "desk:a-secret-of-the-store",
        },
        other_secrets={
            "api_key": "5d1c3a5e-0000-4000-8000-00000000beef",
            "hook_secret": "desk:another-secret-of-it",
        },
        sender="lee.chan@buyers.example.com",
        address="lee.chan@buyers.example.com",
        send_path="/email",
        file_path="",
        files_inside=True,
        busy=Answer(
            429, b'{"ErrorCode":429,"Message":"Rate limit exceeded."}', headers={"Retry-After": "41"}
        ),
        busy_s=41,
        refusal=Answer(
            422,
            b'{"ErrorCode":406,"Message":"You tried to send to a recipient that has been marked as inactive."}',
        ),
        refusal_words="marked as inactive",
        signs_body=False,  # …/webhooks/webhooks-overview#protecting-your-webhook: a password in the address
        signs_time=False,
        receipts=frozenset({"delivered", "read", "failed"}),
        furthest="sent",
    ),
    "telegram": Kind(
        vendor=Telegram,
        secrets={"token": "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw", "secret": "a-secret-of-the-store"},
        other_secrets={
            "token": "110201544:BBHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw",
            "secret": "another-secret-of-it",
        },
        sender="5551234",
        address="5551234",
        send_path="/send",
        file_path="/file/bot",
        busy=Answer(
            429,
            b'{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 41",'
            b'"parameters":{"retry_after":41}}',
        ),
        busy_s=41,
        refusal=Answer(400, b'{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}'),
        refusal_words="they have not written to it",
        signs_body=False,  # …/bots/api#setwebhook: a secret in a header, nothing over the body
        signs_time=False,
        receipts=frozenset(),
        unknown=lambda vendor, config, secrets, sender: vendor.tell(
            secrets, sender, {"hologram": {"of": "me"}}
        ),
    ),
    "sms": Kind(
        vendor=Twilio,
        config={"account": "AC0123456789abcdef0123456789abcdef", "sender": "+15005550006"},
        secrets={"token": "12345678901234567890123456789012"},
        other_secrets={"token": "22345678901234567890123456789012"},
        sender="+14155550123",
        address="+14155550123",
        send_path="/Messages.json",
        file_path="/Media/",
        busy=Answer(429, b'{"code":20429,"message":"Too Many Requests","status":429}'),
        busy_s=5,
        refusal=Answer(400, b'{"code":21211,"message":"Invalid \'To\' Phone Number","status":400}'),
        refusal_words="no number that can receive SMS",
        signs_body=True,
        signs_time=False,  # …/docs/usage/webhooks/webhooks-security: the address and the fields
        receipts=ALL - {"read"},
        tells_keys=True,
    ),
    "wechat": Kind(
        **_WECHAT,
        secrets={"app_secret": "0123456789abcdef0123456789abcdef", "token": "AToken1"},
        other_secrets={"app_secret": "1123456789abcdef0123456789abcdef", "token": "BToken1"},
        signs_body=False,  # …/Basic_Information/Access_Overview.html: token, time and nonce
        needless=frozenset({"openid"}),
    ),
    "wechat in safe mode": Kind(
        **_WECHAT,
        secrets={
            "app_secret": "0123456789abcdef0123456789abcdef",
            "token": "AToken1",
            "aes_key": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
        },
        other_secrets={
            "app_secret": "1123456789abcdef0123456789abcdef",
            "token": "BToken1",
            "aes_key": "bbcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
        },
        signs_body=True,
        needless=frozenset({"openid", "encrypt_type", "signature"}),
    ),
    "http": Kind(
        vendor=Signed,
        api="url",
        secrets={"secret": "a-secret-of-the-two"},
        other_secrets={"secret": "a-secret-of-others"},
        sender="customer-7",
        address="customer-7",
        send_path="/",
        file_path="/shown/",
        busy=Answer(429, b'{"error":"Slower, please"}', headers={"Retry-After": "30"}),
        busy_s=30,
        refusal=Answer(422, b'{"error":"There is no such customer"}'),
        refusal_words="There is no such customer",
        signs_body=True,
        signs_time=True,
        receipts=ALL - {"sent"},
        takes_any_2xx=True,
    ),
    "whatsapp": Kind(
        vendor=WhatsApp,
        config={"phone_number_id": "106540352242922", "business_account_id": "102290129340398"},
        secrets={
            "token": "EAAJB-a-token-of-a-system-user",
            "app_secret": "0123456789abcdef0123456789abcdef",
            "verify_token": "our-own-words",
        },
        other_secrets={
            "token": "EAAJB-another-token-of-another",
            "app_secret": "1123456789abcdef0123456789abcdef",
            "verify_token": "their-own-words",
        },
        sender="358401234567",
        address="+358401234567",
        send_path="/messages",
        file_path="/lookaside/",
        busy=Answer(429, b'{"error":{"message":"(#130429) Rate limit hit","code":130429}}'),
        busy_s=30,
        refusal=Answer(400, b'{"error":{"message":"(#131026) Message undeliverable","code":131026}}'),
        refusal_words="This number has no WhatsApp",
        signs_body=True,
        signs_time=False,  # …/graph-api/webhooks/getting-started#event-notifications: the body alone
        receipts=ALL,
        tells_keys=True,
        unknown=lambda vendor, config, secrets, sender: vendor.tell(
            config, secrets, sender, {"type": "hologram", "hologram": {"of": "me"}}
        ),
        challenge=lambda secrets: (
            {
                "hub.mode": "subscribe",
                "hub.verify_token": str(secrets["verify_token"]),
                "hub.challenge": "1158201444",
            },
            "1158201444",
        ),
    ),
}
