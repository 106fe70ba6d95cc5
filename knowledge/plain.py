"""An article as words that can be said in a chat: without marks, its lists still lists, its links still leading."""

from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from knowledge.markdown import MAX_NESTING

LONGEST = 10_000  # characters: what a message takes


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": MAX_NESTING}).enable("table")
    parser.validateLink = lambda url: True  # type: ignore[method-assign]  # `file:` is one of ours
    return parser


def to_message(body: str) -> str:
    """Return Markdown as plain text: a blank line between blocks, a sign before each item of a list."""
    lines: list[str] = []
    lists: list[int] = []  # the number of the next item of each open list; 0: it has none
    mark, row = "", 0  # what stands before the next words; cells of the table's row so far
    for token in _parser().parse(body):
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                lists.append(int(token.attrGet("start") or 1) if token.type.startswith("ordered") else 0)
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
            case "list_item_open":
                indent = "  " * (len(lists) - 1)
                mark = f"{indent}{lists[-1]}. " if lists[-1] else f"{indent}• "
                lists[-1] += bool(lists[-1])
            case "heading_close" | "paragraph_close" | "table_close" if not lists:
                lines.append("")
            case "tr_close":
                row = 0
            case "inline":
                words = _words(token.children or [])
                if token.level and row:
                    lines[-1] += f" | {words}"
                else:
                    lines.append(mark + words)
                mark = ""
            case "th_close" | "td_close":
                row += 1
            case "fence" | "code_block":
                lines += [token.content.rstrip("\n"), ""]
        if token.type in ("bullet_list_close", "ordered_list_close") and not lists:
            lines.append("")
    return "\n".join(lines).strip()


def _words(tokens: list[Token]) -> str:
    """Return the words of a line; a link to the web is followed by where it leads, unless it says so itself."""
    words, leads = [], ""
    for token in tokens:
        match token.type:
            case "text" | "code_inline":
                words.append(token.content)
            case "softbreak" | "hardbreak":
                words.append(" " if token.type == "softbreak" else "\n")
            case "image":
                words.append(token.content)
            case "link_open":
                href = str(token.attrGet("href") or "")
                leads = href if href.startswith(("https://", "http://")) else ""
            case "link_close":
                if leads and leads not in "".join(words):
                    words.append(f" ({leads})")
                leads = ""
    return "".join(words).strip()


def cut(text: str, longest: int = LONGEST) -> str:
    """Return the beginning of a text that is too long, up to the end of a line or at least of a word."""
    if len(text) <= longest:
        return text
    head = text[: longest - 1]
    for end in ("\n", " "):
        if (at := head.rfind(end)) > longest // 2:
            return head[:at].rstrip() + "…"
    return head + "…"
