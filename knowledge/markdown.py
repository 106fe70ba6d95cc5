"""Articles are CommonMark with tables. What comes out is harmless whatever went in: raw HTML is text, links lead to
the web, to mail, to phones, to other articles and to files of the article, and nowhere else."""

import re
from collections.abc import Callable
from functools import cache
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

SCHEMES = {"http", "https", "mailto", "tel"}
MAX_NESTING = 20
_TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h2", "h3", "h4", "h5", "h6", "hr", "img", "li", "ol", "p", "pre",
    "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href"},
    "img": {"src", "alt", "title", "width", "height", "loading"},
    "ol": {"start"},
    "td": {"align"},
    "th": {"align"},
}
_ALIGNED = re.compile(r"text-align:(left|right|center)")

# What stands behind `article:<slug>` and `file:<id>` for whoever reads; None where they get no such thing.
Resolve = Callable[[str, str], str | None]


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False, "maxNesting": MAX_NESTING})
    parser.enable(["table", "strikethrough"])
    # Every address becomes a link here and is looked at below, where its reader is known.
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    return parser


def to_html(body: str, *, resolve: Resolve) -> str:
    """Return an article's Markdown as HTML that may stand in a page of ours.

    `resolve("article", slug)` and `resolve("file", id)` give addresses. Headings begin at h2, under the page's own.
    """
    tokens = _parser().parse(body)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 1)}"
        if token.type in ("td_open", "th_open") and (side := _ALIGNED.search(str(token.attrGet("style")))):
            token.attrs = {"align": side[1]}
        for child in token.children or ():
            _point(child, resolve)
    html = _parser().renderer.render(tokens, _parser().options, {})
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer",
    )


def _point(token: Token, resolve: Resolve) -> None:
    """Replace the address of a link or a picture by where it leads this reader."""
    name = {"link_open": "href", "image": "src"}.get(token.type)
    if name is None:
        return
    url = _address(str(token.attrGet(name) or ""), resolve)
    if url and token.type == "image":
        # A picture of somebody else's would tell them who reads, and may be another one tomorrow.
        url = url if url.startswith("/") else None
        token.attrSet("loading", "lazy")
    if url:
        token.attrSet(name, url)
    elif token.type == "image":
        token.type, token.children = "text", None  # what it would have shown, in words
    else:
        token.attrs.pop(name, None)


def _address(url: str, resolve: Resolve) -> str | None:
    kind, _, ref = url.partition(":")
    if kind in ("article", "file"):
        return resolve(kind, ref)
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in SCHEMES and (parts.netloc or parts.path) else None


def to_text(body: str) -> str:
    """Return the words of an article, a line for each block, for search, snippets and channels without markup."""
    lines = []
    for token in _parser().parse(body):
        if token.type == "inline":
            words = "".join(
                child.content if child.type in ("text", "code_inline") else " "
                for child in _flat(token.children or [])
                if child.type in ("text", "code_inline", "softbreak", "hardbreak")
            )
            lines.append(words)
        elif token.type in ("fence", "code_block"):
            lines.append(token.content)
    return "\n".join(filter(None, (" ".join(line.split()) for line in lines)))


def _flat(tokens: list[Token]) -> list[Token]:
    """Return inline tokens with the words of pictures among them."""
    return [
        inner for token in tokens for inner in (token.children if token.type == "image" else [token]) or []
    ]


def linked(body: str, kind: str) -> set[str]:
    """Return what `body` refers to by `kind` ("file" or "article"): ids or slugs."""
    found: set[str] = set()

    def note(which: str, ref: str) -> None:
        if which == kind:
            found.add(ref)

    for token in _parser().parse(body):
        for child in token.children or ():
            name = {"link_open": "href", "image": "src"}.get(child.type)
            if name:
                _address(str(child.attrGet(name) or ""), note)
    return found
