// One item of the timeline as DOM: built once, then patched.

import { colorFor, icon, initials } from "../base.js";
import { drawCard } from "./cards.js";
import { appendLinked, attribute, clone, show, slot, text } from "./dom.js";
import { clock, day, dayKey, full, size } from "./format.js";
import { addMail } from "./mail.js";
import { setDelivery } from "./deliveries.js";
import { desk, me, row } from "./store.js";
import { dressLine } from "./merging.js";
import { isSplitOff } from "./splitting.js";
import { systemTone, systemWords } from "./systemline.js";
import { say } from "./words.js";

const GROUP_GAP_MS = 5 * 60_000;
// Two or three emoji and nothing else are said louder.
const ONLY_EMOJI = /^(?:\p{Extended_Pictographic}[\u{fe0f}\u{200d}\p{Emoji_Modifier}]*\s?){1,3}$/u;

export function build(message) {
  const node = message.kind === "system" ? buildLine(message) : buildBubble(message);
  if (message.seq) node.dataset.seq = message.seq;
  node.dataset.at = Date.parse(message.created_at);
  node.dataset.day = dayKey(message.created_at);
  text(slot(node, "day"), day(message.created_at));
  return node;
}

function buildLine(message) {
  const node = clone("line");
  node.dataset.tone = systemTone(message.event);
  slot(node, "text").append(systemWords(message));
  if (isSplitOff(message)) slot(node, "text").after(clone("join-back"));
  dressLine(node, message);
  setTime(node, message.created_at);
  return node;
}

function buildBubble(message) {
  const node = clone("message");
  node.dataset.side = message.author.kind === "buyer" ? "buyer" : "desk";
  if (message.private) node.dataset.note = "";
  if (message.author.id === me.id) node.dataset.mine = "";
  node.dataset.group = `${message.author.kind}.${message.author.id}.${message.private}`;
  const named = { ...message.author, ...nameNow(message) };
  paintAvatar(slot(node, "avatar"), named);
  text(slot(node, "author"), named.name);
  setTime(node, message.created_at);
  const bubble = slot(node, "bubble");
  if (message.body && !message.card) {
    const words = slot(node, "text");
    appendLinked(words, message.body, message.private ? (part) => appendNamed(words, part) : undefined);
    if (ONLY_EMOJI.test(message.body)) words.dataset.emoji = "";
  } else {
    slot(node, "text").remove();
  }
  if (message.card) bubble.append(drawCard(message.card, message.body));
  for (const file of message.attachments) bubble.append(drawFile(file));
  // A picture or a card alone needs no bubble around it.
  if (message.card ? !message.attachments.length : !message.body && message.attachments.every(isImage)) bubble.dataset.bare = "";
  if (message.original) addMail(bubble, message);
  show(slot(node, "split"), message.author.kind === "buyer" && message.seq > 1);
  setDelivery(node, message);
  setVia(node, message);
  return node;
}

/** A name is kept as it was when the message was written; the buyer's may be known better by now. */
function nameNow(message) {
  if (message.author.kind === "bot") return { name: say("bot") };
  return message.author.kind === "buyer" ? { name: row(message.conversation)?.buyer.name ?? message.author.name } : {};
}

function setTime(node, iso) {
  const time = slot(node, "time");
  text(time, clock(iso));
  time.dateTime = iso;
  time.title = full(iso);
}

/** Append a part of a note with the colleagues that it names standing out. */
function appendNamed(node, words) {
  const names = desk.agents.map((agent) => agent.name).filter((name) => words.includes(`@${name}`));
  const safe = names.map((name) => `@${name.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&")}`);
  const pattern = new RegExp(`(${safe.join("|")})`, "u");
  for (const [index, part] of (names.length ? words.split(pattern) : [words]).entries()) {
    if (index % 2 === 0) {
      node.append(part);
      continue;
    }
    const name = document.createElement("b");
    name.className = "mention";
    text(name, part);
    node.append(name);
  }
}

/** Show a person's initials on their colour. */
export function paintAvatar(node, person) {
  text(node, initials(person.name));
  node.dataset.color = colorFor(person.id ?? person.name);
}

const isImage = (file) => file.media_type.startsWith("image/") && file.width;

function drawFile(file) {
  if (isImage(file)) {
    const node = clone("image");
    const image = slot(node, "image");
    image.width = file.width;
    image.height = file.height;
    image.src = file.url;
    image.alt = file.name;
    node.dataset.url = file.url;
    node.dataset.name = file.name;
    return node;
  }
  const node = clone("file");
  node.href = file.url;
  text(slot(node, "name"), file.name);
  slot(node, "name").title = file.name;
  text(slot(node, "size"), size(file.size));
  return node;
}

/** Name the channel; `regroup` shows it where it is another than before. */
function setVia(node, message) {
  if (message.private || !message.channel) return;
  const kind = desk.channels[message.channel];
  node.dataset.channel = message.channel;
  const via = slot(node, "via");
  via.append(icon(kind?.icon ?? "message-circle"), say("way.via", { name: kind?.label ?? message.channel }));
  if (message.card && kind?.outside && message.author.kind !== "buyer") slot(node, "as-text").hidden = false;
}

/** Whether a message came, or went, by another channel than the one said before it. */
function isAnotherWay(node, before) {
  let last = before;
  while (last && !last.dataset.channel) last = last.previousElementSibling;
  return last ? last.dataset.channel !== node.dataset.channel : Boolean(desk.channels[node.dataset.channel]?.outside);
}

/** Mark a node by what stands before it: whether it begins a day, or goes on in the same voice. */
export function regroup(node, before) {
  if (!node) return;
  const newDay = !before || before.dataset.day !== node.dataset.day;
  show(slot(node, "day").parentElement, newDay);
  const isNewWay = Boolean(node.dataset.channel) && isAnotherWay(node, before);
  if (slot(node, "via")) show(slot(node, "via"), isNewWay);
  const goesOn = Boolean(
    before && !newDay && !isNewWay && node.dataset.group && before.dataset.group === node.dataset.group
    && node.dataset.at - before.dataset.at < GROUP_GAP_MS && !("fresh" in node.dataset),
  );
  attribute(node, "data-first", goesOn ? null : "");
  if (before) attribute(before, "data-last", goesOn ? null : "");
  if (!node.nextElementSibling) attribute(node, "data-last", "");
}
