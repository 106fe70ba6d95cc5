// Markdown marks in a textarea. Every change goes through the browser's own editing, so that Ctrl+Z takes it back.

const LISTED = /^(\s*)(?:([-*+])|(\d+)([.)]))\s+(\[[ x]\]\s)?/;

/** Replace a stretch of the text; the selection is then what `select` ([from, to], within the new words) says. */
export function replace(area, start, end, words, select = null) {
  area.focus();
  area.setSelectionRange(start, end);
  const done = words ? document.execCommand("insertText", false, words) : document.execCommand("delete");
  if (!done) {
    area.setRangeText(words, start, end, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
  if (select) area.setSelectionRange(start + select[0], start + select[1]);
}

export function insert(area, words) {
  replace(area, area.selectionStart, area.selectionEnd, words);
}

/** Put words into a paragraph of their own. */
export function insertBlock(area, words) {
  const before = area.value.slice(0, area.selectionStart), after = area.value.slice(area.selectionEnd);
  const lead = !before || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
  insert(area, lead + words + (after.startsWith("\n\n") ? "" : after.startsWith("\n") ? "\n" : "\n\n"));
}

function wrap(area, mark) {
  const { selectionStart: start, selectionEnd: end, value } = area;
  const n = mark.length, chosen = value.slice(start, end);
  const isWrapped = value.slice(start - n, start) === mark && value.slice(end, end + n) === mark
    && !(n === 1 && value.slice(start - 2, start) === "**");
  if (isWrapped) replace(area, start - n, end + n, chosen, [0, chosen.length]);
  else replace(area, start, end, mark + chosen + mark, [n, n + chosen.length]);
}

/** Give each line that the selection touches a beginning, or take it away where all have it. */
function begin(area, of, pattern) {
  const { value } = area;
  const start = value.lastIndexOf("\n", area.selectionStart - 1) + 1;
  const next = value.indexOf("\n", Math.max(area.selectionEnd - 1, start));
  const end = next < 0 ? value.length : next;
  const lines = value.slice(start, end).split("\n");
  const all = lines.every((line) => pattern.test(line));
  const changed = lines.map((line, n) => (all ? line.replace(pattern, "") : of(n) + line.replace(LISTED, "").replace(/^#{1,6}\s+/, ""))).join("\n");
  replace(area, start, end, changed, lines.length > 1 ? [0, changed.length] : [changed.length, changed.length]);
}

export function mark(area, kind, words = {}) {
  const cell = words.table ?? "";
  ({
    bold: () => wrap(area, "**"),
    italic: () => wrap(area, "*"),
    heading: () => begin(area, () => "# ", /^#{1,6}\s+/),
    list: () => begin(area, () => "- ", /^\s*[-*+]\s+/),
    steps: () => begin(area, (n) => `${n + 1}. `, /^\s*\d+[.)]\s+/),
    quote: () => begin(area, () => "> ", /^>\s?/),
    table: () => insertBlock(area, `| ${cell} 1 | ${cell} 2 |\n| --- | --- |\n|  |  |\n|  |  |`),
  })[kind]?.();
}

/** A list goes on with the next line; an item that is left empty ends it. Returns whether Enter was used up. */
export function goOn(area) {
  if (area.selectionStart !== area.selectionEnd) return false;
  const at = area.selectionStart;
  const start = area.value.lastIndexOf("\n", at - 1) + 1;
  const found = area.value.slice(start, at).match(LISTED);
  if (!found) return false;
  if (found[0].length === at - start) {
    replace(area, start, at, "\n"); // words right below a list would belong to its last item
    return true;
  }
  insert(area, `\n${found[1]}${found[2] ?? `${Number(found[3]) + 1}${found[4]}`} `);
  return true;
}
