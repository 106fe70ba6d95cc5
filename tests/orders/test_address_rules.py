"""What an address has to have where it goes."""

import pytest
from django.utils import translation

from orders.address_rules import address_fields, clean_address
from orders.errors import InvalidParams

US = {
    "name": "Ada", "line1": "1 Main Street", "city": "Albany", "region": "NY", "postcode": "12207", "country": "US"
}  # fmt: skip
CN = {
    "name": "张伟", "phone": "138 0013 8000", "region": "浙江", "city": "杭州", "district": "西湖区",
    "line1": "文三路1号", "line2": "3栋502室", "country": "CN",
}  # fmt: skip


def test_codes_are_written_as_the_country_writes_them() -> None:
    found = clean_address(US | {"region": "new york", "country": "us"})
    assert (found["region"], found["country"]) == ("NY", "US")
    canada = {**US, "country": "CA", "region": "British Columbia", "city": "Vancouver", "postcode": "v6b 0a0"}
    assert clean_address(canada)["postcode"] == "V6B 0A0"
    assert (
        clean_address({**US, "country": "IE", "region": "Galway", "postcode": "H91 A000"})["region"]
        == "Co. Galway"
    )


def test_a_chinese_address_goes_from_large_to_small() -> None:
    found = clean_address(CN)
    assert (found["region"], found["city"], found["line1"]) == ("浙江省", "杭州市", "西湖区文三路1号")
    assert found["postcode"] == ""
    assert clean_address(found) == found
    with translation.override("zh-hans"):
        fields = {field["name"]: field["value"] for field in address_fields("CN", found)}
    assert list(fields) == ["name", "phone", "region", "city", "district", "line1", "line2", "postcode"]
    assert (fields["district"], fields["line1"]) == ("西湖区", "文三路1号")


def test_a_municipality_is_its_own_city() -> None:
    found = clean_address(CN | {"region": "北京市", "city": "", "district": "朝阳区"})
    assert (found["region"], found["city"], found["line1"]) == ("北京市", "北京市", "朝阳区文三路1号")


@pytest.mark.parametrize(
    ("address", "attr"),
    [
        (CN | {"phone": ""}, "phone"),
        (CN | {"city": "上海市"}, "city"),
        (CN | {"region": "加州"}, "region"),
        (CN | {"postcode": "12"}, "postcode"),
        (US | {"postcode": "94107"}, "postcode"),
        (US | {"region": ""}, "region"),
        (US | {"country": "XX"}, "country"),
        (US | {"country": ""}, "country"),
        (US | {"country": "../../etc"}, "country"),
        (US | {"name": "\x00\n "}, "name"),
        (US | {"name": None}, "name"),
        (US | {"planet": "Earth"}, "planet"),
        ("Main Street", "address"),
        (None, "address"),
    ],
)
def test_what_cannot_be_right_names_its_part(address: object, attr: str) -> None:
    with pytest.raises(InvalidParams) as refused:
        clean_address(address)
    assert refused.value.attr == attr


@pytest.mark.parametrize("country", ["GB", "DE", "HK", "JP", "AE", "BR", "KR", "TW", "FR", "SG"])
def test_every_country_has_a_form(country: str) -> None:
    fields = address_fields(country, {"name": "Ada", "city": "Somewhere"})
    assert {"name", "phone", "line1", "city"} <= {field["name"] for field in fields}
    assert all(field["label"] for field in fields)
