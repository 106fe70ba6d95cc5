"""What a buyer's message about an order is after, told by few words in English, Chinese and Finnish.

Short lists that are easily read and rarely wrong, rather than long ones: what is recognised becomes a suggestion to an
agent, who reads the message too.
"""

import re
import unicodedata

WHERE, ADDRESS, PAY = "where", "address", "pay"

# Of what begins a word here, any word that begins so counts: Finnish bends them. Two parts have to stand in the
# message both, in any order.
_WORDS: dict[str, list[tuple[str, ...]]] = {
    WHERE: [
        ("where", "parcel|package|order|delivery|shipment|stuff"),
        ("when", "arrive|deliver|get here|come|ship"),
        ("track",),
        ("not arrived|hasn't arrived|hasn’t arrived|haven't received|haven’t received|still waiting for",),
        ("missä|milloin|koska", "paket|tilau|toimit|lähety|saapu|tule"),
        ("seuranta|seurat",),
        ("ei ole tullut|ei ole saapunut|ei oo tullu",),
    ],
    ADDRESS: [
        ("address|street|postcode|postal code|zip code|house number",),
        ("osoite|osoitte|katu|postinumero",),
    ],
    PAY: [
        ("pay|payment|checkout|paid|card declined",),
        ("maksu|maksa|maksan|maksoi|lasku",),
    ],
}
# Chinese is written without gaps: these count wherever they stand.
_HAN: dict[str, list[str]] = {
    WHERE: [
        "物流",
        "快递",
        "到哪",
        "发货",
        "包裹",
        "单号",
        "什么时候到",
        "几天到",
        "多久到",
        "没收到",
        "还没到",
    ],
    ADDRESS: ["地址", "门牌", "收货人", "收件人", "寄错"],
    PAY: ["付款", "支付", "付钱", "怎么付", "没付", "买单"],
}
_SIGNS = [
    (intent, [re.compile(rf"(?<!\w)(?:{part})") for part in parts])
    for intent, ways in _WORDS.items()
    for parts in ways
]
LONGEST = 2_000  # characters that are looked at: what is wanted is said early


def intents_of(text: str) -> list[str]:
    """Return what `text` is after, the likeliest first: what is said early goes before what is said late."""
    text = unicodedata.normalize("NFKC", text[:LONGEST]).casefold()
    places: dict[str, int] = {}
    for intent, signs in _SIGNS:
        found = [sign.search(text) for sign in signs]
        if all(found):
            _note(places, intent, min(match.start() for match in found if match))
    for intent, words in _HAN.items():
        for word in words:
            if (at := text.find(word)) >= 0:
                _note(places, intent, at)
    return sorted(places, key=lambda intent: places[intent])


def _note(places: dict[str, int], intent: str, at: int) -> None:
    places[intent] = min(at, places.get(intent, at))
