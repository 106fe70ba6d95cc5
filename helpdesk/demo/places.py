"""Where parcels go and how they travel. Cities are real, so that a route makes sense; streets are not."""

import random
from dataclasses import dataclass

from helpdesk.demo.people import names


@dataclass(frozen=True)
class City:
    name: str
    region: str
    postcode: str
    country: str
    via: tuple[str, ...]  # the hubs on the way, in order


@dataclass(frozen=True)
class Carrier:
    name: str
    number: str  # a tracking number; each 0 becomes a digit, the rest stays
    days: tuple[float, float]


_US_EAST = ("Portland, OR", "Salt Lake City, UT", "Chicago, IL")
_US_WEST = ("Portland, OR", "Sacramento, CA")
_US_SOUTH = ("Portland, OR", "Denver, CO", "Memphis, TN")
_EUROPE = ("Portland, OR", "Chicago, IL", "East Midlands, UK")

CITIES = {
    "en": (
        City("Albany", "NY", "12207", "US", _US_EAST),
        City("Ann Arbor", "MI", "48104", "US", _US_EAST),
        City("Asheville", "NC", "28801", "US", _US_SOUTH),
        City("Austin", "TX", "78701", "US", _US_SOUTH),
        City("Boise", "ID", "83702", "US", ("Portland, OR",)),
        City("Boulder", "CO", "80302", "US", _US_SOUTH[:2]),
        City("Burlington", "VT", "05401", "US", _US_EAST),
        City("Eugene", "OR", "97401", "US", ("Portland, OR",)),
        City("Flagstaff", "AZ", "86001", "US", _US_WEST),
        City("Madison", "WI", "53703", "US", _US_EAST),
        City("Missoula", "MT", "59802", "US", ("Portland, OR", "Spokane, WA")),
        City("Oakland", "CA", "94607", "US", _US_WEST),
        City("Philadelphia", "PA", "19107", "US", _US_EAST),
        City("Portland", "ME", "04101", "US", _US_EAST),
        City("Savannah", "GA", "31401", "US", _US_SOUTH),
        City("Tacoma", "WA", "98402", "US", ("Portland, OR",)),
        City("Vancouver", "BC", "V6B 0A0", "CA", ("Portland, OR", "Seattle, WA")),
        City("Toronto", "ON", "M5V 0A0", "CA", ("Portland, OR", "Chicago, IL", "Mississauga, ON")),
        City("Bristol", "England", "BS1 0AA", "GB", _EUROPE),
        City("Leeds", "England", "LS1 0AA", "GB", _EUROPE),
        City("Edinburgh", "Scotland", "EH1 0AA", "GB", _EUROPE),
        City("Galway", "Galway", "H91 A000", "IE", _EUROPE),
        City("Cork", "Cork", "T12 A000", "IE", _EUROPE),
        City("Hobart", "TAS", "7000", "AU", ("Portland, OR", "Los Angeles, CA", "Melbourne, VIC")),
    ),
    "zh": (
        City("北京市", "北京市", "100000", "CN", ("景德镇", "南昌转运中心", "北京转运中心")),
        City("上海市", "上海市", "200000", "CN", ("景德镇", "南昌转运中心", "上海转运中心")),
        City("杭州市", "浙江省", "310000", "CN", ("景德镇", "上饶转运中心", "杭州转运中心")),
        City("广州市", "广东省", "510000", "CN", ("景德镇", "南昌转运中心", "广州转运中心")),
        City("深圳市", "广东省", "518000", "CN", ("景德镇", "南昌转运中心", "东莞转运中心")),
        City("成都市", "四川省", "610000", "CN", ("景德镇", "武汉转运中心", "成都转运中心")),
        City("武汉市", "湖北省", "430000", "CN", ("景德镇", "九江转运中心", "武汉转运中心")),
        City("西安市", "陕西省", "710000", "CN", ("景德镇", "武汉转运中心", "西安转运中心")),
        City("南京市", "江苏省", "210000", "CN", ("景德镇", "合肥转运中心", "南京转运中心")),
        City("苏州市", "江苏省", "215000", "CN", ("景德镇", "杭州转运中心", "无锡转运中心")),
        City("厦门市", "福建省", "361000", "CN", ("景德镇", "南昌转运中心", "泉州转运中心")),
        City("长沙市", "湖南省", "410000", "CN", ("景德镇", "南昌转运中心", "长沙转运中心")),
        City("重庆市", "重庆市", "400000", "CN", ("景德镇", "武汉转运中心", "重庆转运中心")),
        City("青岛市", "山东省", "266000", "CN", ("景德镇", "合肥转运中心", "潍坊转运中心")),
        City("沈阳市", "辽宁省", "110000", "CN", ("景德镇", "北京转运中心", "沈阳转运中心")),
        City("昆明市", "云南省", "650000", "CN", ("景德镇", "长沙转运中心", "昆明转运中心")),
        City("哈尔滨市", "黑龙江省", "150000", "CN", ("景德镇", "北京转运中心", "哈尔滨转运中心")),
        City("乌鲁木齐市", "新疆", "830000", "CN", ("景德镇", "西安转运中心", "乌鲁木齐转运中心")),
    ),
}  # fmt: skip

CARRIERS = {
    "US": (
        Carrier("UPS", "1Z999AA100000000", (2.4, 5.5)), Carrier("USPS", "940010000000000000", (3, 6.5)),
        Carrier("FedEx", "7700000000", (2, 4.5)),
    ),
    "CA": (Carrier("Canada Post", "7023000000000000", (5, 9)), Carrier("UPS", "1Z999AA100000000", (4, 7))),
    "GB": (Carrier("Royal Mail", "LX000000000GB", (6, 11)), Carrier("DHL", "JD014600000000", (4, 7))),
    "IE": (Carrier("An Post", "CE000000000IE", (6, 11)), Carrier("DHL", "JD014600000000", (4, 7))),
    "AU": (Carrier("Australia Post", "33ABC0000000", (8, 14)), Carrier("DHL", "JD014600000000", (5, 9))),
    "CN": (
        Carrier("顺丰速运", "SF100000000000", (1.5, 3)), Carrier("中通快递", "78000000000000", (2, 4.5)),
        Carrier("圆通速递", "YT880000000000", (2, 4.5)), Carrier("京东物流", "JDVB00000000000", (1.5, 3)),
    ),
}  # fmt: skip

# What a scan says: picked up, at a hub, in the town, delivered.
SCANS = {
    "en": (
        "Picked up by carrier",
        "Arrived at facility",
        "Departed facility",
        "Out for delivery",
        "Delivered",
    ),
    "zh": ("已揽收", "快件已到达", "快件已发出", "派送中，请保持电话畅通", "已签收"),
}

# Numbers that regulators keep free for fiction, except in China, which has none: 154 is not given to anybody.
_AUSTRALIAN = ("491 570 006", "491 570 156", "491 570 157", "491 570 158", "491 570 159", "491 570 110")


def digits(pattern: str, rng: random.Random) -> str:
    return "".join(str(rng.randrange(10)) if sign == "0" else sign for sign in pattern)


def phone(country: str, rng: random.Random) -> str:
    match country:
        case "US":
            return f"+1 {rng.choice((212, 312, 415, 503, 617, 720))} 555 01{rng.randrange(100):02}"
        case "CA":
            return f"+1 {rng.choice((416, 604))} 555 01{rng.randrange(100):02}"
        case "GB":
            return f"+44 7700 900{rng.randrange(1000):03}"
        case "IE":
            return f"+353 20 91{rng.randrange(10)} {rng.randrange(10_000):04}"
        case "AU":
            return f"+61 {rng.choice(_AUSTRALIAN)}"
        case _:
            return f"+86 154 0000 {rng.randrange(10_000):04}"


def street(language: str, rng: random.Random) -> str:
    if language == "zh":
        return f"{rng.choice(names('zh').streets)}{rng.randrange(1, 280)}号"
    return f"{rng.randrange(2, 980)} {rng.choice(names('en').streets)}"


def second_line(language: str, rng: random.Random) -> str:
    if language == "zh":
        house, flat = rng.randrange(1, 20), f"{rng.randrange(1, 30)}0{rng.randrange(1, 5)}"
        return f"{rng.choice(names('zh').courts)}{house}栋{flat}室"
    return rng.choice(("", "", "", f"Apt {rng.randrange(1, 60)}", f"Unit {rng.randrange(1, 12)}B"))
