"""What the shops sell: catalogue_en.toml and catalogue_zh.toml."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """A product, and what people ask and say about it; the fields are explained in catalogue_en.toml."""

    sku: str
    name: str
    thing: str
    category: str
    price: int
    stock: int
    drawing: str
    color: str
    ask: list[list[str]]
    care: list[str]
    faults: list[str]
    likes: list[str]
    variants: tuple[str, ...] = ()


@cache
def catalogue(language: str) -> tuple[Item, ...]:
    text = (Path(__file__).parent / f"catalogue_{language}.toml").read_text(encoding="utf-8")
    return tuple(Item(**fields) for fields in tomllib.loads(text)["item"])
