// By when a buyer is to be answered: in time, soon, or how long ago it was due. It moves by the clock alone.

import { show, slot, text } from "./dom.js";
import { full, span } from "./format.js";
import { say } from "./words.js";

/** How it stands with the answer: "" (no target), "time", "soon" or "overdue". */
export function dueState(row, now = Date.now()) {
  if (!row.reply_due_at || row.status === "resolved") return "";
  if (now >= Date.parse(row.reply_due_at)) return "overdue";
  return now >= Date.parse(row.reply_warn_at) ? "soon" : "time";
}

/** Paint the badge; true where there is one to show. */
export function paintDue(node, row, now = Date.now()) {
  const state = dueState(row, now);
  show(node, state);
  if (!state) return false;
  const time = span(Math.abs(Date.parse(row.reply_due_at) - now));
  node.dataset.state = state;
  text(slot(node, "words"), say(`due.${state}`, { time }));
  node.title = say(`due.${row.reply_kind}.${state === "overdue" ? "was" : "is"}`, { at: full(row.reply_due_at) });
  return true;
}

/** Who is to be answered first comes first; without a target, after them, who waits longest. */
export const turn = (row) => (row.reply_due_at ? `0${row.reply_due_at}` : `1${row.waiting_since ?? ""}`);
