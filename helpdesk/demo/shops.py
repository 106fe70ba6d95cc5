"""The two shops as a whole: what distinguishes one from the other, in one place."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from helpdesk.demo.catalogue import Item, catalogue
from helpdesk.demo.clock import Clock

IDENTITY_SECRET = "demo-identity-secret"


@dataclass(frozen=True)
class Hero:
    """A buyer and an order that everybody may rely on (and so never change)."""

    external_id: str
    name: str
    order: int
    fee: int


@dataclass(frozen=True)
class Shop:
    """What there is of a shop at scale 1; every further scale is as much again."""

    key: str
    name: str
    channel: str
    language: str  # of its words: en, zh
    store_language: str  # as settings name it
    zone: str
    currency: str
    country: str
    color: str
    greeting: str
    items: tuple[Item, ...]
    hero: Hero
    orders: int
    buyers: int  # whom the shop vouches for
    strangers: int  # visitors who only asked something
    conversations: int
    live: int  # of those, the ones that are open or snoozed
    last_number: int  # of the newest order
    free_from: int  # shipping is free for more
    fees: tuple[int, int, int]  # usual, bulky or far, express
    methods: tuple[str, str, str]
    tax: dict[str, float]
    hours: tuple[tuple[int, int] | None, ...]
    is_open: str  # to its widget: "always", or at these hours
    holidays: tuple[tuple[int, int, str], ...]  # month, day, name
    away: dict[str, str]
    routing: str
    targets: dict[int, tuple[int, int]]  # minutes to the first reply and to the next, by priority
    codes: tuple[str, ...]
    pays: tuple[str, ...]

    @property
    def zone_info(self) -> ZoneInfo:
        return ZoneInfo(self.zone)  # cached by the class itself

    def clock(self, now: datetime) -> Clock:
        return Clock(self.zone_info, self.hours, now)


SHOPS = (
    Shop(
        key="demo",
        name="Juniper & Slate",
        channel="Website chat",
        language="en",
        store_language="en",
        zone="America/New_York",
        currency="USD",
        country="US",
        color="#2f6f5e",
        greeting="Hi! Ask us anything about your order or our gear.",
        items=catalogue("en"),
        hero=Hero("1001", "Emma Larsen", 100234, 1200),
        orders=850,
        buyers=255,
        strangers=38,
        conversations=330,
        live=25,
        last_number=100241,
        free_from=15000,
        fees=(695, 1200, 1800),
        methods=("Standard", "Bulky goods", "Express"),
        tax={"US": 0.0725, "CA": 0.13},
        hours=((8, 20), (8, 20), (8, 20), (8, 20), (8, 20), (9, 17), None),
        is_open="always",
        holidays=((12, 25, "Christmas Day"), (1, 1, "New Year's Day"), (7, 4, "Independence Day")),
        away={
            "en": "We are out on the trail today. Write to us, and we answer as soon as we are back.",
            "zh-hans": "我们今天休息。请留言，上班后会尽快回复您。",
        },
        routing="manual",
        targets={-1: (480, 480), 0: (240, 120), 1: (60, 60), 2: (30, 30)},
        codes=("TRAIL10", "HELLO10", "SPRING10", "CAMPFIRE10"),
        pays=("Visa •••• 4242", "Mastercard •••• 4444", "PayPal", "Apple Pay", "Visa •••• 1881"),
    ),
    Shop(
        key="demo-cn",
        name="山岚茶器",
        channel="网页客服",
        language="zh",
        store_language="zh-hans",
        zone="Asia/Shanghai",
        currency="CNY",
        country="CN",
        color="#8a4b2f",
        greeting="您好，欢迎来到山岚茶器！选器、泡茶、查订单，都可以问我们。",
        items=catalogue("zh"),
        hero=Hero("2001", "林若溪", 200118, 1200),
        orders=650,
        buyers=205,
        strangers=30,
        conversations=270,
        live=20,
        last_number=200125,
        free_from=39900,
        fees=(1000, 1500, 2000),
        methods=("普通快递", "加固包装", "加急"),
        tax={},
        hours=((9, 21), (9, 21), (9, 21), (9, 21), (9, 21), (9, 21), (10, 18)),
        is_open="hours",
        holidays=((1, 1, "元旦"), (5, 1, "劳动节"), (10, 1, "国庆节")),
        away={
            "zh-hans": "客服已下班，请留言，上班后第一时间回复您。",
            "en": "Our tea shop is closed right now. Leave us a message, and we answer in the morning.",
        },
        routing="least_busy",
        targets={-1: (60, 480), 0: (10, 300), 1: (5, 60), 2: (5, 30)},
        codes=("CHA20", "新客20", "MINGQIAN20", "LAOYOU20"),
        pays=("支付宝", "微信支付", "支付宝", "银联 •••• 0088"),
    ),
)
