"""What somebody wrote, without what they answered to and without the signature below it.

Mail programs mark a quote in the language of whoever uses them: English, Chinese, Finnish, German, French and
Spanish are known here. Where nothing is left, all of it was meant.
"""

import re

# "On 3 May 2026, Ann wrote:", which may be broken over two lines. What comes after it is the mail that is answered.
_SAID = re.compile(
    r"""^[ \t>]*(?:
        On\s.{4,200}\swrote\s?: |
        在\s?.{4,200}(?:写道|寫道)\s?[：:] | .{4,120}\s?于.{4,80}(?:写道|寫道)\s?[：:] |
        Am\s.{4,200}\sschrieb\b.{0,120}: |
        Le\s.{4,200}\sa\s[ée]crit\s?: |
        El\s.{4,200}\sescribi[óo]\s?: |
        .{4,200}\skirjoitti(?:\s.{0,80})?\s?:
    )[ \t]*$""",
    re.VERBOSE | re.IGNORECASE,
)
_LINE = re.compile(
    r"""^[ \t>]*(?:
        -{2,}\s*(?:Original\sMessage|Forwarded\smessage|原始邮件|原始郵件|转发的邮件|Alkuperäinen\sviesti|
            Ursprüngliche\sNachricht|Message\sd['’]origine|Message\soriginal|Mensaje\soriginal)\s*-{2,} |
        _{20,} | -{5,}\s*Reply\sabove\sthis\sline\s*-{5,} | \#{2,}-\s*.{0,80}\s*-\#{2,}
    )[ \t]*$""",
    re.VERBOSE | re.IGNORECASE,
)
# A block of headers, as Outlook puts them over what it quotes: two of these lines, one after the other.
_HEADER = re.compile(
    r"^[ \t>*]*(?:From|Sent|To|Cc|Subject|Date|发件人|发送时间|收件人|抄送|主题|日期|寄件者|收件者|主旨|"
    r"Lähettäjä|Lähetetty|Vastaanottaja|Aihe|Von|Gesendet|An|Betreff|Datum|De|Envoyé|À|Objet|Enviado|Para|Asunto)"
    r"\*?\s?[：:]\*?\s?\S",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(r"^--[ \t]?$|^—[ \t]?$")
_SENT_FROM = re.compile(
    r"""^[ \t]*(?:
        (?:Sent|Get\sOutlook)\s(?:from|for|via)\s.{2,80} | 发自我的.{1,40} | 從我的.{1,40}傳送 | 来自.{1,20}客户端 |
        Von\smeinem\s.{2,60}\sgesendet\.? | Gesendet\s(?:mit|von)\s.{2,60} |
        Envoy[ée]\s(?:de|depuis)\smon\s.{2,60} | Enviado\sdesde\s(?:mi\s)?.{2,60} | L[äa]hetetty\s.{2,60}
    )[ \t]*$""",
    re.VERBOSE | re.IGNORECASE,
)
MAX_LINES = 5_000
MAX_MARK = 320  # characters: a longer line announces nothing


def own_words(text: str) -> str:
    """Return the text without quotes and signature; all of it where that would leave nothing."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:MAX_LINES]]
    kept = _without_signature(_without_quote(lines))
    found = "\n".join(kept).strip()
    return re.sub(r"\n{3,}", "\n\n", found) or text.strip()


def _without_quote(lines: list[str]) -> list[str]:
    for n, line in enumerate(lines):
        if not line.strip() or len(line) > MAX_MARK:
            continue
        if _LINE.match(line) or _SAID.match(line):
            return lines[:n]
        broken = f"{line} {lines[n + 1].strip()}" if n + 1 < len(lines) else ""
        if broken and len(broken) < MAX_MARK and not line.startswith(">") and _SAID.match(broken):
            return lines[:n]
        if _HEADER.match(line) and n + 1 < len(lines) and _HEADER.match(lines[n + 1]):
            return lines[:n]
    # Nothing announces it: marks at the end of the text are a quote, those between lines are answered point by point.
    end = len(lines)
    while end and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith(">")):
        end -= 1
    return lines[:end]


def _without_signature(lines: list[str]) -> list[str]:
    for n, line in enumerate(lines):
        if _SIGNATURE.match(line):
            return _without_signature(lines[:n]) if any(map(str.strip, lines[:n])) else lines
    end = len(lines)
    while end and (not lines[end - 1].strip() or _SENT_FROM.match(lines[end - 1][:MAX_MARK])):
        end -= 1
    return lines[:end]
