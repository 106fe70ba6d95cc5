"""How an address is written where it goes: one order of lines for each way that countries have."""

Address = dict[str, str]

_TOWN_THEN_CODE = {"US", "CA", "AU", "GB", "IE", "IN", "NZ", "SG", "HK", "BR", "MX"}
_LARGE_TO_SMALL = {"CN", "TW", "JP", "KR"}


def address_lines(address: Address) -> list[str]:
    """Return the lines of a label, empty ones left out."""

    def part(name: str) -> str:
        return (address.get(name) or "").strip()

    country = part("country").upper()
    if country in _LARGE_TO_SMALL:
        place = "".join(dict.fromkeys([part("region"), part("city")]))
        lines = [part("name"), part("phone"), place + part("line1"), part("line2"), part("postcode"), country]
    elif country in _TOWN_THEN_CODE:
        town = ", ".join(
            filter(None, [part("city"), " ".join(filter(None, [part("region"), part("postcode")]))])
        )
        lines = [part("name"), part("line1"), part("line2"), town, country, part("phone")]
    else:
        town = " ".join(filter(None, [part("postcode"), part("city")]))
        lines = [part("name"), part("line1"), part("line2"), town, part("region"), country, part("phone")]
    return [line for line in lines if line]
