// A row of the list: built once from the template, patched when its summary changes.

import { icon } from "../base.js";
import { attribute, clone, show, slot, text } from "./dom.js";
import { paintDue } from "./due.js";
import { ago, full, moment, number, span } from "./format.js";
import { paintAvatar } from "./message.js";
import { desk, unread } from "./store.js";
import { say } from "./words.js";

const LATE_MS = [5 * 60_000, 15 * 60_000]; // a wait is noticed, then pressed for
const TAGS_SHOWN = 2;
const LEAD = 10; // characters shown before found words

export function buildRow(row, href) {
  const node = clone("row");
  node.dataset.id = row.id;
  slot(node, "link").href = href;
  return node;
}

/** Bring a row up to date. `local` is what only this page knows: {open, draft, unsent, snippet, found}. */
export function paintRow(node, row, local) {
  paintAvatar(slot(node, "avatar"), row.buyer);
  text(slot(node, "name"), row.buyer.name);
  slot(node, "name").title = row.buyer.name;
  text(slot(node, "select-name"), row.buyer.name);
  show(slot(node, "verified"), row.buyer.verified);
  const store = slot(node, "store");
  store.style.background = row.store.color;
  store.title = row.store.name;
  paintWords(node, row, local);
  const count = unread(row);
  text(slot(node, "unread"), count > 99 ? "99+" : number(count));
  show(slot(node, "unread"), count > 0);
  show(slot(node, "unread-words"), count > 0);
  attribute(node, "data-unread", count > 0 ? "" : null);
  attribute(slot(node, "link"), "aria-current", local.open ? "true" : null);
  paintChannel(slot(node, "channel"), row.channel);
  paintPriority(slot(node, "priority"), row.priority);
  paintRating(slot(node, "rating"), row.rating);
  paintTags(slot(node, "tags"), row.tags);
  paintAssignee(node, row);
  paintTimes(node, row);
}

function paintWords(node, row, local) {
  const words = slot(node, "words");
  const label = slot(node, "label");
  const kind = local.unsent ? "unsent" : local.draft ? "draft" : "";
  text(label, kind ? say(`row.${kind}`) : "");
  show(label, kind);
  label.dataset.kind = kind;
  const said = kind === "draft" ? local.draft : local.snippet ?? row.preview;
  if (local.found && local.snippet) markFound(words, said, local.found);
  else text(words, said || say(row.last_seq ? "row.file" : "row.empty"));
  words.title = said;
  show(slot(node, "answered"), !kind && !local.snippet && !row.waiting_since && row.status === "open" && row.assignee);
}

/** Write `said` with the words that were searched for standing out. */
function markFound(node, said, found) {
  const safe = found.split(/\s+/).map((word) => word.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&"));
  const parts = said.split(new RegExp(`(${safe.join("|")})`, "iu"));
  // A row is shorter than what the server cut out: begin shortly before the find.
  if (parts.length > 1 && parts[0].length > LEAD) parts[0] = `…${parts[0].slice(-LEAD)}`;
  node.replaceChildren(...parts.map((part, index) => {
    if (index % 2 === 0) return part;
    const mark = document.createElement("mark");
    mark.textContent = part;
    return mark;
  }));
}

function paintChannel(node, channel) {
  text(slot(node, "channel-name"), channel.name);
  node.title = channel.name;
  if (node.dataset.kind === channel.kind) return;
  node.dataset.kind = channel.kind;
  slot(node, "icon").replaceChildren(icon(desk.channels[channel.kind]?.icon ?? "message-circle"));
}

function paintPriority(node, priority) {
  show(node, priority !== 0);
  if (priority === 0 || node.dataset.level === String(priority)) return;
  node.dataset.level = priority;
  node.replaceChildren(icon(priority > 0 ? "flag-filled" : "arrow-down"), say(`priority.${priority}`));
}

function paintRating(node, rating) {
  show(node, rating);
  if (!rating) return;
  text(slot(node, "words"), number(rating));
  node.title = say("rating", { n: rating });
}

/** Show the first tags, and how many more there are. */
export function paintTags(node, tags, shown = TAGS_SHOWN) {
  const key = tags.map((tag) => tag.id + tag.color).join();
  if (node.dataset.key === key) return;
  node.dataset.key = key;
  node.replaceChildren(...tags.slice(0, shown).map(drawTag));
  if (tags.length > shown) {
    const more = clone("tag");
    more.dataset.more = "";
    text(more, `+${tags.length - shown}`);
    more.title = tags.slice(shown).map((tag) => tag.name).join(", ");
    node.append(more);
  }
}

function drawTag(tag) {
  const node = clone("tag");
  text(node, tag.name);
  node.dataset.color = tag.color;
  node.title = tag.name;
  return node;
}

function paintAssignee(node, row) {
  const face = slot(node, "assignee");
  show(face, row.assignee);
  show(slot(node, "nobody"), !row.assignee && row.status !== "resolved");
  if (!row.assignee) return;
  paintAvatar(face, row.assignee);
  face.title = say("row.assignee", { name: row.assignee.name });
}

/** What changes by the clock alone. */
export function paintTimes(node, row, now = Date.now()) {
  const time = slot(node, "time");
  text(time, ago(row.last_at, now));
  if (time.dateTime !== row.last_at) {
    time.dateTime = row.last_at;
    time.title = full(row.last_at);
  }
  const waiting = slot(node, "waiting");
  const isDue = paintDue(slot(node, "due"), row, now);
  const waits = row.waiting_since && row.status === "open" && !isDue;
  show(waiting, waits);
  if (waits) {
    const since = now - Date.parse(row.waiting_since);
    text(slot(waiting, "words"), span(since));
    waiting.dataset.level = LATE_MS.filter((limit) => since >= limit).length;
    waiting.title = say("row.waiting", { time: span(since) });
  }
  const snoozed = slot(node, "snoozed");
  show(snoozed, row.status === "snoozed");
  if (row.status === "snoozed") text(slot(snoozed, "words"), moment(row.snoozed_until));
  show(slot(node, "resolved"), row.status === "resolved");
}
