"""HTML of mails: made harmless for those who want to see it, and into text for everybody else."""

import re
from collections.abc import Callable
from html.parser import HTMLParser

import nh3

MAX_HTML = 1_000_000  # characters
MAX_DEPTH, MAX_TAGS = 2_000, 60_000
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,15})")
_VOID = {
    "area",
    "base",
    "br",
    "col",
    "hr",
    "img",
    "input",
    "li",
    "link",
    "meta",
    "p",
    "td",
    "th",
    "tr",
    "wbr",
}
_BLOCKS = {
    "address", "article", "blockquote", "dd", "div", "dl", "dt", "footer", "h1", "h2", "h3", "h4", "h5", "h6",
    "header", "hr", "li", "ol", "p", "pre", "section", "table", "tr", "ul",
}  # fmt: skip
_HIDDEN = {"script", "style", "title", "template"}
# What mail programs put around what is quoted.
_QUOTES = re.compile(r"gmail_quote|yahoo_quoted|moz-cite-prefix|protonmail_quote|qmbox")
_FROM_HERE = re.compile(r"divRplyFwdMsg|appendonsend")  # Outlook's: all that follows is quoted

TAGS = {
    "a", "abbr", "b", "blockquote", "br", "center", "code", "dd", "div", "dl", "dt", "em", "font", "h1", "h2",
    "h3", "h4", "h5", "h6", "hr", "i", "img", "li", "ol", "p", "pre", "s", "small", "span", "strike", "strong",
    "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "*": {"align", "dir", "lang", "style", "title", "valign"},
    "a": {"href"},
    "font": {"color", "size"},
    "img": {"alt", "height", "src", "width"},
    "table": {"border", "cellpadding", "cellspacing", "width"},
    "td": {"bgcolor", "colspan", "rowspan", "width"},
    "th": {"bgcolor", "colspan", "rowspan", "width"},
}


# How words and boxes look; nothing that lays one thing over another, and nothing that fetches.
_STYLES = {
    "background-color", "border", "border-bottom", "border-collapse", "border-color", "border-left",
    "border-radius", "border-right", "border-spacing", "border-style", "border-top", "border-width", "color",
    "display", "font", "font-family", "font-size", "font-style", "font-weight", "height", "letter-spacing",
    "line-height", "list-style-type", "margin", "margin-bottom", "margin-left", "margin-right", "margin-top",
    "max-height", "max-width", "min-height", "min-width", "padding", "padding-bottom", "padding-left",
    "padding-right", "padding-top", "text-align", "text-decoration", "text-indent", "text-transform",
    "vertical-align", "white-space", "width", "word-break",
}  # fmt: skip


def harmless(html: str, *, picture: Callable[[str], str | None] = str) -> str:
    """Return the mail without anything that runs, fetches, or names a form; links open elsewhere.

    `picture` gets the address of each picture (http, https or cid) and gives the one to show, or None to show none.
    """
    if not _is_letter(html):
        return nh3.clean_text(to_text(html))

    def filtered(tag: str, name: str, value: str) -> str | None:
        return picture(value.strip()) if (tag, name) == ("img", "src") else value

    return nh3.clean(
        html,
        tags=TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=filtered,
        filter_style_properties=_STYLES,
        url_schemes={"http", "https", "mailto", "tel", "cid"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


def to_text(html: str) -> str:
    """Return what a mail says, in lines. Quotes of mail programs are left out."""
    if not _is_letter(html):
        return re.sub(r"<[^<>]{0,2000}>?", " ", html[:MAX_HTML]).strip()
    # Python's parser takes quadratic time for what is broken enough; after nh3 nothing is.
    whole = nh3.clean(
        html,
        tags=TAGS | _BLOCKS | {"body", "html"},
        clean_content_tags=_HIDDEN,
        attributes={"*": {"class", "id", "style"}, "a": {"href"}, "blockquote": {"type"}, "img": {"alt"}},
        link_rel=None,
    )
    reader = _Reader()
    reader.feed(whole)
    reader.close()
    lines = [re.sub(r"[ \t\xa0]+", " ", line).strip() for line in "".join(reader.found).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _is_letter(html: str) -> bool:
    """Tell whether it is something that people send: parsers take quadratic time for what is nested without end."""
    if len(html) > MAX_HTML:
        return False
    depth = 0
    for count, tag in enumerate(_TAG.finditer(html)):
        if tag[2].lower() not in _VOID:
            depth = max(depth - 1, 0) if tag[1] else depth + 1
        if depth > MAX_DEPTH or count > MAX_TAGS:
            return False
    return True


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._hidden: list[str] = []  # the tag that hides, and those of its kind inside of it
        self._link: str | None = None
        self._over = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        # A mail that is only passed on has no words above.
        self._over = self._over or bool(
            _FROM_HERE.search(given.get("id", "")) and "".join(self.found).strip()
        )
        if self._over:
            return
        if self._hidden:
            if tag == self._hidden[0]:
                self._hidden.append(tag)
            return
        quoted = _QUOTES.search(f"{given.get('class', '')} {given.get('id', '')}")
        cited = tag == "blockquote" and given.get("type") == "cite"
        unseen = "display:none" in given.get("style", "").replace(" ", "").lower()
        if quoted or cited or (unseen and tag not in ("br", "img", "hr", "meta", "input")):
            self._hidden.append(tag)
        elif tag == "br":
            self.found.append("\n")
        elif tag in _BLOCKS:
            self._new_line()
            if tag == "li":
                self.found.append("- ")
        elif tag in ("td", "th"):
            self.found.append(" ")
        elif tag == "a":
            self._link = given.get("href", "")
        elif tag == "img" and given.get("alt"):
            self.found.append(given["alt"])

    def handle_endtag(self, tag: str) -> None:
        if self._over:
            return
        if self._hidden:
            if tag == self._hidden[0]:
                self._hidden.pop()
            return
        if tag in _BLOCKS:
            self._new_line()
            if tag == "p":
                self.found.append("\n")
        elif tag == "a" and self._link:
            words = "".join(self.found[-3:])
            if self._link.startswith(("http://", "https://")) and self._link not in words:
                self.found.append(f" <{self._link[:500]}>")
            self._link = None

    def handle_data(self, data: str) -> None:
        if not self._hidden and not self._over:
            self.found.append(re.sub(r"\s+", " ", data))

    def _new_line(self) -> None:
        if self.found and not self.found[-1].endswith("\n"):
            self.found.append("\n")
