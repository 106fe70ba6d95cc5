// What has been said, in order. Messages have their place by seq; those that wait to be sent stand at the end.

import { cardElement, clone } from "./cards.js";
import { askedElement, isAsked, updateAsked } from "./cards_asked.js";
import { readCard } from "./client.js";
import { fileElement } from "./files.js";
import { isUndecided, requestElement, updateRequest } from "./requests.js";
import { fillAvatar, isEmojiOnly, linked } from "./text.js";
import { clock, day, has, money, say } from "./words.js";

const TOGETHER_MS = 5 * 60_000; // messages of one person within this stand as one group

const log = document.getElementById("log");
const scroll = document.getElementById("scroll");
const jump = document.getElementById("jump");

let items = []; // {key, epoch, seq, at, author, message|null, entry|null, state, element}
let epoch = 0; // grows with each conversation: seq begins anew there
let agentRead = 0;
let stuck = true; // to the end: new messages scroll into view
let onTrouble = () => {};

/** Prepare. `trouble(action, clientId)` is called for "retry" and "discard" of a message that was not sent. */
export function setUp(trouble) {
  onTrouble = trouble;
  scroll.addEventListener("scroll", () => {
    stuck = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
    if (stuck) jump.hidden = true;
  });
  jump.addEventListener("click", toEnd);
  // What grows (a picture, the composer, a keyboard) must not push the end out of sight.
  const resized = new ResizeObserver(() => stuck && toEnd());
  for (const element of [scroll, ...scroll.children]) resized.observe(element);
}

export function toEnd() {
  stuck = true;
  jump.hidden = true;
  scroll.scrollTop = scroll.scrollHeight;
}

/** Show these and nothing else. They are history: they are not announced. */
export function reset(messages, entries, readSeq) {
  log.setAttribute("aria-live", "off");
  items = [];
  epoch = 0;
  agentRead = readSeq;
  for (const message of messages) place(itemOf(message));
  for (const entry of entries) place(waitingItem(entry));
  arrange();
  toEnd();
  setTimeout(() => log.setAttribute("aria-live", "polite"), 500);
}

/** Put earlier messages before all others, without moving what is being looked at. */
export function prepend(messages) {
  const height = scroll.scrollHeight, top = scroll.scrollTop;
  log.setAttribute("aria-live", "off");
  for (const message of messages) if (!find(message.id)) place(itemOf(message));
  arrange();
  scroll.scrollTop = top + scroll.scrollHeight - height;
  setTimeout(() => log.setAttribute("aria-live", "polite"), 500);
}

/** Add a message of the desk. Returns false where it was there already. */
export function add(message) {
  if (find(message.id)) return false;
  const own = message.author.kind === "buyer";
  const waiting = own && items.find((item) => !item.message && item.key === message.client_id);
  if (waiting) {
    items.splice(items.indexOf(waiting), 1);
    Object.assign(waiting, { key: message.id, seq: message.seq, message, at: new Date(message.created_at), state: "" });
    place(waiting);
  } else {
    place(itemOf(message));
  }
  arrange();
  if (stuck) toEnd();
  else if (!own) jump.hidden = false;
  return true;
}

export function addWaiting(entry) {
  place(waitingItem(entry));
  arrange();
  toEnd();
}

/** `state` is sending, sent, unsent or refused. */
export function mark(clientId, state, entry) {
  const item = items.find((candidate) => !candidate.message && candidate.key === clientId);
  if (!item) return;
  item.state = state;
  if (entry) item.entry = entry;
  arrange();
}

export function remove(clientId) {
  const item = items.find((candidate) => candidate.key === clientId);
  item?.element.remove();
  items = items.filter((candidate) => candidate !== item);
  arrange();
}

export function readByAgent(seq) {
  if (seq <= agentRead) return;
  agentRead = seq;
  arrange();
}

export function nextConversation() {
  if (items.some((item) => item.message)) epoch += 1;
  agentRead = 0;
}

export function isEmpty() {
  return items.length === 0;
}

export function firstSeq() {
  return items.find((item) => item.message)?.seq ?? 0;
}

function find(key) {
  return items.find((item) => item.key === key);
}

// -- One item

function itemOf(message) {
  return {
    key: message.id,
    epoch,
    seq: message.seq,
    at: new Date(message.created_at),
    author: message.author,
    message,
    state: "",
    element: message.kind === "system" ? systemElement(message) : messageElement(message, message.author),
  };
}

function waitingItem(entry) {
  const author = { kind: "buyer", id: null, name: "" };
  const state = entry.refused ? "refused" : "sending";
  const element = messageElement({ kind: "text", body: entry.body, attachments: entry.attachments }, author);
  return { key: entry.client_id, epoch: Infinity, seq: entry.at, at: new Date(entry.at), author, message: null, entry, state, element };
}

function place(item) {
  if (item.message && item.epoch === Infinity) item.epoch = epoch;
  let at = items.length;
  while (at && after(items[at - 1], item)) at -= 1;
  items.splice(at, 0, item);
}

function after(one, other) {
  return one.epoch > other.epoch || (one.epoch === other.epoch && one.seq > other.seq);
}

function messageElement(message, author) {
  const element = clone("t-message");
  const own = author.kind === "buyer";
  element.dataset.side = own ? "own" : "theirs";
  element.querySelector(".who").textContent = own ? say("you") : author.name;
  if (own) element.querySelector(".avatar").remove();
  else fillAvatar(element.querySelector(".avatar"), author.name);
  const content = element.querySelector(".content");
  if (message.kind === "card" && message.card) {
    content.append(drawCard(message));
  } else if (message.body) {
    const bubble = document.createElement("div");
    bubble.className = isEmojiOnly(message.body) ? "bubble big" : "bubble";
    bubble.dir = "auto";
    bubble.append(linked(message.body));
    content.append(bubble);
  }
  content.append(...message.attachments.map(fileElement));
  return element;
}

function drawCard({ id, card }) {
  if (isAsked(card)) return askedElement(id, card);
  return card.kind === "request" && card.request ? requestElement(card.request) : cardElement(card);
}

/** A card is another now: it was answered, or what it shows has changed. */
export function updateCard(id, card) {
  const item = find(id);
  if (!item?.message?.card) return;
  const asked = isAsked(item.message.card) && isAsked(card) && item.element.querySelector(".asked");
  item.message = { ...item.message, card };
  if (asked) updateAsked(asked, card);
  else if (card.kind === "request") updateRequest(card.request);
  else item.element.querySelector(".card")?.replaceWith(drawCard(item.message));
  if (stuck) toEnd();
}

const isOpen = (card) => (isAsked(card) && !card.answer) || (card.kind === "request" && isUndecided(card.request));

/** Ask how the last questions stand: while we were away they may have been answered elsewhere. */
export function readOpenCards() {
  const open = items.filter(({ message }) => message?.card && isOpen(message.card)).slice(-3);
  for (const { key } of open) {
    readCard(key).then((now) => updateCard(now.message, now.card), () => {}); // the next time, then
  }
}

function systemElement(message) {
  const element = document.createElement("p");
  element.className = "line";
  element.textContent = systemText(message);
  return element;
}

function systemText({ event, body, author }) {
  if (!event || !has(event.event)) return body;
  const name = event.actor || author?.name;
  if (event.event === "conversation.resolved" && !name) return say("conversation.resolved.nobody");
  if (event.event === "order.action.done") return doneText(event) ?? body;
  if (event.event === "return.received") return say(event.event, event);
  return say(event.event, { name });
}

/** What was done to an order, in the most fitting of the words that there are for its kind; undefined: there are none. */
function doneText({ event, kind, order, before = {}, after = {}, cost }) {
  const fee = kind === "change_shipping_fee";
  if (fee && !(before.shipping_fee && after.shipping_fee)) return undefined;
  const own = fee ? event : `${event}.${kind}`;
  const variant = fee ? !after.shipping_fee.amount && "free" : doneVariant(after, cost);
  const name = [`${own}.${variant}`, own].find(has);
  if (!name) return undefined;
  const [was, is] = fee ? [before.shipping_fee, after.shipping_fee] : [before.total, after.total];
  const { items, back, replacement, charge, shipping_method: method } = after;
  const sums = Object.entries({ before: was, after: is, cost, charge }).map(([key, sum]) => [key, sum ? money(sum) : ""]);
  return say(name, { order, items, back, replacement, method, ...Object.fromEntries(sums) });
}

function doneVariant(after, cost) {
  if (typeof after.on_hold === "boolean") return after.on_hold ? "on" : "off";
  if (after.charge?.amount) return "charged";
  return cost?.amount > 0 ? "paid_back" : "plain";
}

// -- How they stand together

function arrange() {
  const nodes = [];
  const lastOwn = items.findLast((item) => item.message && item.author.kind === "buyer" && item.message.kind !== "system");
  let previous = null;
  for (const [index, item] of items.entries()) {
    if (!previous || day(previous.at) !== day(item.at)) {
      nodes.push(dayLine(day(item.at)));
      previous = null;
    }
    const next = items[index + 1];
    const isLast = !next || !together(item, next) || day(next.at) !== day(item.at);
    item.element.classList.toggle("first", !previous || !together(previous, item));
    item.element.classList.toggle("last", isLast);
    if (item.message?.kind !== "system") describe(item, isLast, item === lastOwn);
    nodes.push(item.element);
    previous = item;
  }
  settle(nodes);
}

function together(one, other) {
  const system = (item) => item.message?.kind === "system";
  if (system(one) || system(other) || one.author.kind !== other.author.kind) return false;
  if (one.author.kind !== "buyer" && one.author.id !== other.author.id) return false;
  return other.at - one.at < TOGETHER_MS;
}

function describe(item, isLast, isLastOwn) {
  const meta = item.element.querySelector(".meta");
  const time = meta.querySelector("time");
  time.dateTime = item.at.toISOString();
  time.textContent = clock(item.at);
  let state = item.state;
  if (isLastOwn) state = item.seq <= agentRead ? "read" : "sent";
  const box = meta.querySelector(".state");
  const text = state === "refused" ? refusal(item.entry) : state ? say(state) : "";
  if (box.dataset.state !== state || box.textContent !== text) {
    box.dataset.state = state;
    box.textContent = text;
  }
  item.element.dataset.state = state;
  meta.hidden = !isLast && !item.state;
  trouble(item, state === "unsent" || state === "refused");
}

function refusal(entry) {
  const { code, detail } = entry.refused || {};
  return code === "too_long" ? say("refused_too_long") : say("refused", { detail: detail || "" });
}

function trouble(item, isIn) {
  const there = item.element.querySelector(".trouble");
  if (!isIn) return there?.remove();
  if (there) return;
  const buttons = clone("t-trouble");
  buttons.addEventListener("click", (event) => {
    const action = event.target.closest("button")?.dataset.do;
    if (action) onTrouble(action, item.key);
  });
  item.element.querySelector(".stack").append(buttons);
}

function dayLine(name) {
  const known = [...log.querySelectorAll(".day")].find((element) => element.textContent === name);
  if (known) return known;
  const element = document.createElement("p");
  element.className = "day";
  element.textContent = name;
  return element;
}

// Move only what is in the wrong place: a node that stays put keeps its focus and is not announced again.
function settle(nodes) {
  let at = log.firstChild;
  for (const node of nodes) {
    if (node === at) at = at.nextSibling;
    else log.insertBefore(node, at);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}
