"""Who works in the demo world, and the names of those who buy there. Nobody here exists."""

from dataclasses import dataclass, field

PASSWORD = "demo-demo-demo"


@dataclass(frozen=True)
class Colleague:
    """`answers` says how much of a store's conversations are theirs, `pace` how long they take (1: usual)."""

    email: str
    name: str
    call: str  # what they sign with
    role: str
    language: str
    time_zone: str
    teams: tuple[str, ...]
    answers: dict[str, int] = field(default_factory=dict)
    pace: float = 1.0


TEAMS = {
    "Shop support": ("demo",),
    "茶器客服": ("demo-cn",),
    "Orders & returns": ("demo", "demo-cn"),
}

COLLEAGUES = (
    Colleague(
        "agent@demo.test", "Mia Chen", "Mia", "agent", "en", "America/New_York",
        ("Shop support", "Orders & returns"), {"demo": 10, "demo-cn": 4}, 0.8,
    ),
    Colleague(
        "supervisor@demo.test", "Daniel Brooks", "Daniel", "supervisor", "en", "America/New_York",
        ("Shop support", "Orders & returns"), {"demo": 2}, 1.1,
    ),
    Colleague(
        "admin@demo.test", "Olivia Hart", "Olivia", "admin", "en", "America/New_York",
        ("Orders & returns",), {"demo": 1}, 1.3,
    ),
    Colleague(
        "priya@demo.test", "Priya Raman", "Priya", "agent", "en", "America/New_York",
        ("Shop support",), {"demo": 8}, 0.9,
    ),
    Colleague(
        "jonas@demo.test", "Jonas Weber", "Jonas", "agent", "en", "America/New_York",
        ("Shop support", "Orders & returns"), {"demo": 6}, 1.5,
    ),
    Colleague(
        "lin@demo.test", "林晓雨", "晓雨", "agent", "zh-hans", "Asia/Shanghai",
        ("茶器客服",), {"demo-cn": 9}, 0.7,
    ),
    Colleague(
        "chen@demo.test", "陈一鸣", "一鸣", "agent", "zh-hans", "Asia/Shanghai",
        ("茶器客服", "Orders & returns"), {"demo-cn": 7}, 1.2,
    ),
    Colleague(
        "zhou@demo.test", "周雅婷", "雅婷", "supervisor", "zh-hans", "Asia/Shanghai",
        ("茶器客服", "Orders & returns"), {"demo-cn": 3}, 1.0,
    ),
)  # fmt: skip

# name -> colour of the palette
TAGS = {
    "en": {
        "Delivery": "blue", "Damaged": "red", "Return": "amber", "Invoice": "slate", "Payment": "violet",
        "Presale": "teal", "Discount": "pink", "Address": "slate", "Praise": "green", "Wholesale": "violet",
        "VIP": "amber",
    },
    "zh": {
        "物流": "blue", "破损": "red", "退换货": "amber", "发票": "slate", "支付": "violet", "售前": "teal",
        "优惠": "pink", "改地址": "slate", "好评": "green", "批发": "violet", "老客户": "amber",
    },
}  # fmt: skip

# topic -> the tag agents put on it
TAG_OF = {
    "en": {
        "parcel": "Delivery", "missing": "Delivery", "when": "Delivery", "fault": "Damaged", "wrong": "Return",
        "refund": "Return", "cancel": "Return", "invoice": "Invoice", "payment": "Payment", "fee": "Discount",
        "coupon": "Discount", "ask": "Presale", "compare": "Presale", "restock": "Presale", "shipto": "Presale",
        "address": "Address", "praise": "Praise", "wholesale": "Wholesale", "gift": "VIP",
    },
    "zh": {
        "parcel": "物流", "missing": "物流", "when": "物流", "fault": "破损", "wrong": "退换货", "refund": "退换货",
        "cancel": "退换货", "invoice": "发票", "payment": "支付", "fee": "优惠", "coupon": "优惠", "ask": "售前",
        "compare": "售前", "restock": "售前", "shipto": "售前", "address": "改地址", "praise": "好评",
        "wholesale": "批发", "gift": "老客户",
    },
}  # fmt: skip

FIRST = (
    "Emma Noah Olivia Liam Ava Ethan Sophie Lucas Grace Henry Chloe Jack Amelia Oscar Isla Leo Freya Arthur "
    "Hannah Samuel Nora Theo Ruby Caleb Maeve Declan Zoe Miles Alice Rowan Hazel Felix Ivy Jonah Clara Simon "
    "Leila Marcus Tessa Victor June Adrian Naomi Peter Gwen Rafael Iris Dominic Paula Ingrid Tomas Amara Kofi "
    "Mei Wei Kenji Yuki Anika Rohan Farah"
).split()
LAST = (
    "Walsh Bennett Carver Doyle Ellison Fairbanks Grantham Hollis Ingram Jarvis Kendall Larkin Merrill Norwood "
    "Oakley Pruitt Quincy Ramsey Sutton Thorne Underhill Vance Whitaker Yates Abbott Blackwell Croft Dunmore "
    "Everett Finch Gallagher Hawthorne Iverson Jensen Keane Lindqvist Moreau Novak Okafor Petrov Rossi Santos "
    "Tanaka Ueda Vargas Wolff Zhang Li Huang Kim Nguyen Patel Schmidt Dubois Larsen Costa Osei Haddad Byrne Reyes"
).split()
SURNAMES = (
    ("王", "wang"), ("李", "li"), ("张", "zhang"), ("刘", "liu"), ("陈", "chen"), ("杨", "yang"), ("黄", "huang"),
    ("赵", "zhao"), ("吴", "wu"), ("周", "zhou"), ("徐", "xu"), ("孙", "sun"), ("马", "ma"), ("朱", "zhu"),
    ("胡", "hu"), ("郭", "guo"), ("何", "he"), ("高", "gao"), ("罗", "luo"), ("郑", "zheng"), ("梁", "liang"),
    ("谢", "xie"), ("宋", "song"), ("唐", "tang"), ("许", "xu"), ("邓", "deng"), ("冯", "feng"), ("韩", "han"),
    ("曹", "cao"), ("彭", "peng"), ("苏", "su"), ("蒋", "jiang"), ("沈", "shen"), ("欧阳", "ouyang"),
)  # fmt: skip
GIVEN = (
    ("丽", "li"), ("静怡", "jingyi"), ("建国", "jianguo"), ("思远", "siyuan"), ("婷婷", "tingting"), ("浩然", "haoran"),
    ("雨桐", "yutong"), ("志强", "zhiqiang"), ("梦洁", "mengjie"), ("子轩", "zixuan"), ("秀英", "xiuying"),
    ("晓峰", "xiaofeng"), ("佳琪", "jiaqi"), ("明哲", "mingzhe"), ("淑芬", "shufen"), ("俊杰", "junjie"),
    ("慧敏", "huimin"), ("一诺", "yinuo"), ("国栋", "guodong"), ("若曦", "ruoxi"), ("文博", "wenbo"), ("芳", "fang"),
    ("天宇", "tianyu"), ("可欣", "kexin"), ("永康", "yongkang"), ("诗涵", "shihan"), ("磊", "lei"), ("雪梅", "xuemei"),
    ("嘉豪", "jiahao"), ("念慈", "nianci"), ("振华", "zhenhua"), ("清越", "qingyue"), ("海燕", "haiyan"),
    ("书恒", "shuheng"), ("小曼", "xiaoman"), ("立群", "liqun"), ("宛如", "wanru"), ("承志", "chengzhi"),
    ("安安", "anan"), ("逸飞", "yifei"),
)  # fmt: skip

BUYER_NOTES = {
    "en": (
        "Likes to be written to in the mornings.",
        "Leads a hiking club, orders for twelve people every spring.",
        "Asked us to leave parcels at the blue door.",
        "Wears size L in our jackets, M in the fleece.",
        "Teacher, often orders as presents for colleagues.",
    ),
    "zh": (
        "开茶馆的，每个季度会补一次货。",
        "喜欢天青色，到新货可以提醒一下。",
        "送长辈居多，包装要好一点。",
        "只收工作日的快递。",
        "对岩茶很懂，回答要专业。",
    ),
}
