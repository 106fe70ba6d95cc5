"""The channels of the demo's stores: connected like real ones, to the vendors that this process plays."""

import hashlib
from typing import Any

from django.conf import settings

from helpdesk.demo.phone.network import vendors
from inbox.models import Channel
from people.models import Store

# By the store's key: the kinds of channels, as the store calls them.
CHANNELS = {
    "demo": {
        "email": "hello@juniper.example.com",
        "sms": "Text messages",
        "whatsapp": "WhatsApp",
        "telegram": "Telegram",
        "http": "Juniper app",
    },
    "demo-cn": {
        "wechat": "山岚茶器公众号",
        "email": "hello@shanlan.example.com",
        "sms": "短信",
        "http": "山岚小程序",
    },
}
NUMBERS = {"demo": "+12025550100", "demo-cn": "+8615400000100"}


def make_channels(store: Store) -> list[Channel]:
    """Connect what a store of the demo lacks; return what was made."""
    wanted = CHANNELS.get(store.key, {})
    known = set(store.channels.values_list("kind", flat=True))
    made = []
    for kind, name in wanted.items():
        if kind in vendors() and kind not in known:
            channel = Channel(store=store, kind=kind, name=name)
            channel.config, channel.secrets = account(channel)
            channel.save()
            made.append(channel)
    return made


def point_here() -> None:
    """Let the demo's channels lead to this process: the port may be another one than the last time."""
    for store in Store.objects.filter(key__in=CHANNELS):
        make_channels(store)
    for channel in Channel.objects.filter(store__key__in=CHANNELS, kind__in=vendors()):
        here = {name: value for name, value in account(channel)[0].items() if name in ("api", "url")}
        if here.items() - channel.config.items():
            channel.config |= here
            channel.save(update_fields=["config"])


def api_of(channel: Channel) -> str:
    """Return where the vendor of a channel is played."""
    return f"{settings.PUBLIC_URL}/demo/phone/api/{channel.id}"


def account(channel: Channel) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what a person would have typed in to connect it: what is shown of it, and what is sealed."""
    api = api_of(channel)

    def made_up(name: str, length: int) -> str:
        return hashlib.sha512(f"{channel.store.key} {channel.kind} {name}".encode()).hexdigest()[:length]

    number = str(int(made_up("number", 12), 16))
    match channel.kind:
        case "telegram":
            token = f"{number[:9]}:{made_up('token', 35)}"
            return {"api": api}, {"token": token, "secret": made_up("secret", 32)}
        case "whatsapp":
            secrets = {"token": f"EAA{made_up('token', 60)}", "app_secret": made_up("app", 32)}
            return (
                {
                    "api": api,
                    "phone_number_id": number.ljust(15, "0")[:15],
                    "business_account_id": f"1{number}",
                },
                {**secrets, "verify_token": made_up("verify", 24)},
            )
        case "email":
            config = {"api": api, "route": "postmark", "address": channel.name, "replies": "plus"}
            return config, {"api_key": made_up("key", 36), "hook_secret": f"postmark:{made_up('hook', 24)}"}
        case "sms":
            config = {
                "api": api,
                "account": f"AC{made_up('account', 32)}",
                "sender": NUMBERS[channel.store.key],
            }
            return config, {"token": made_up("token", 32)}
        case "wechat":
            secrets = {"app_secret": made_up("app", 32), "token": made_up("token", 24)}
            return (
                {"api": api, "app_id": f"wx{made_up('id', 16)}"},
                {**secrets, "aes_key": made_up("aes", 43)},
            )
        case _:
            return {"url": f"{api}/"}, {"secret": made_up("secret", 40)}
