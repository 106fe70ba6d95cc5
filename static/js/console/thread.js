// The messages of one conversation: what is known of them, and the list that shows them. Each message is built
// once and patched in place, so a new one costs one node however long the list is.

import { drawCard } from "./cards.js";
import { $$, attribute } from "./dom.js";
import { advance, isOutside, setDelivery } from "./deliveries.js";
import { build, regroup } from "./message.js";
import { drawUnsent } from "./unsent.js";

const KEPT = 12; // conversations whose timeline is kept for coming back
const threads = new Map();

/** Return the thread of a conversation, the most recently used last; the oldest are let go. */
export function threadOf(id) {
  const thread = threads.get(id) ?? create(id);
  threads.delete(id);
  threads.set(id, thread);
  for (const old of [...threads.keys()].slice(0, Math.max(0, threads.size - KEPT))) threads.delete(old);
  return thread;
}

export const peek = (id) => threads.get(id);
export const allThreads = () => [...threads.values()];

function create(id) {
  const list = document.createElement("ol");
  list.className = "timeline-list";
  const waiting = document.createElement("ol");
  waiting.className = "timeline-list";
  return {
    id, list, waiting, messages: new Map(), nodes: new Map(), unsent: new Map(),
    first: 0, // the earliest seq that is here
    upto: 0, // everything from `first` to here is here
    seen: 0, // the last seq that this agent had before their eyes
    fresh: 0, // where "new" begins
    hasOlder: false, loaded: false, scroll: null,
  };
}

/** Forget the messages (a gap too wide to fill): the next load starts afresh. */
export function reset(thread) {
  thread.messages.clear();
  thread.nodes.clear();
  thread.list.replaceChildren();
  Object.assign(thread, { first: 0, upto: 0, fresh: 0, hasOlder: false, loaded: false });
}

/** Put in a page of messages, oldest first. What is there already is patched. */
export function putPage(thread, messages, hasOlder) {
  if (!messages.length) {
    thread.loaded = true;
    return;
  }
  if (!thread.first || messages[0].seq < thread.first) {
    thread.first = messages[0].seq;
    thread.hasOlder = hasOlder;
  }
  if (!thread.upto) thread.upto = messages[0].seq - 1;
  const added = document.createDocumentFragment();
  const older = thread.nodes.size > 0 && messages.at(-1).seq < Number(thread.list.firstElementChild?.dataset.seq);
  if (!thread.nodes.size || older) {
    for (const message of messages) {
      const node = build(message);
      thread.messages.set(message.seq, message);
      thread.nodes.set(message.seq, node);
      removeUnsent(thread, message.client_id); // acknowledged before this page came
      added.append(node);
    }
    thread.list.prepend(added);
    regroupAll(thread, messages.length + 1);
    follow(thread);
  } else {
    for (const message of messages) put(thread, message);
  }
  thread.loaded = true;
}

function regroupAll(thread, count) {
  let before = null;
  let left = count;
  for (const node of thread.list.children) {
    regroup(node, before);
    before = node;
    if (!left--) break;
  }
  regroupUnsent(thread);
}

/** Put in one message; true where it is new here. */
export function put(thread, message) {
  const known = thread.messages.get(message.seq);
  thread.messages.set(message.seq, message);
  if (known) {
    patch(thread, known, message);
    return false;
  }
  thread.first ||= message.seq;
  if (!thread.upto) thread.upto = message.seq - 1;
  const node = build(message);
  thread.nodes.set(message.seq, node);
  let before = thread.list.lastElementChild;
  while (before && Number(before.dataset.seq) > message.seq) before = before.previousElementSibling;
  if (before) before.after(node);
  else thread.list.prepend(node);
  removeUnsent(thread, message.client_id);
  regroup(node, before);
  if (node.nextElementSibling) regroup(node.nextElementSibling, node);
  regroupUnsent(thread);
  follow(thread);
  return true;
}

function follow(thread) {
  while (thread.messages.has(thread.upto + 1)) thread.upto += 1;
}

function patch(thread, known, message) {
  if (JSON.stringify(known.deliveries) !== JSON.stringify(message.deliveries)) {
    setDelivery(thread.nodes.get(message.seq), message);
  }
  if (message.card && JSON.stringify(known.card) !== JSON.stringify(message.card)) redraw(thread, message);
}

function redraw(thread, message) {
  const old = thread.nodes.get(message.seq).querySelector(".message-card");
  old?.replaceWith(drawCard(message.card, message.body));
}

/** An order changed: every card that shows it shows it as it is now. */
export function updateOrder(thread, order) {
  for (const message of thread.messages.values()) {
    if (message.card?.order?.id !== order.id) continue;
    message.card = { ...message.card, order };
    redraw(thread, message);
  }
}

/** A card is another now: it was answered, or shows something else. */
export function updateCard(thread, messageId, card) {
  for (const message of thread.messages.values()) {
    if (message.id !== messageId) continue;
    message.card = card;
    redraw(thread, message);
  }
}

/** Show what became of a message; return it, where it is here. */
export function setDeliveries(thread, messageId, deliveries) {
  for (const [seq, message] of thread.messages) {
    if (message.id !== messageId) continue;
    message.deliveries = deliveries;
    setDelivery(thread.nodes.get(seq), message);
    return message;
  }
  return null;
}

/** Everything of ours up to `seq` has come at least as far as `state`. */
export function receipt(thread, seq, state) {
  for (const message of thread.messages.values()) {
    // What a provider was given is what that provider tells of: another channel's receipts say nothing of it.
    if (message.seq > seq || !message.deliveries.length || isOutside(message)) continue;
    const moved = advance(message.deliveries, state);
    if (moved.every((delivery, index) => delivery === message.deliveries[index])) continue;
    message.deliveries = moved;
    setDelivery(thread.nodes.get(message.seq), message);
  }
}

/** Draw the "new" line above the first message after `seq` that somebody else wrote; 0 takes it away. */
export function markFresh(thread, seq, isMine) {
  for (const node of $$("[data-fresh]", thread.list)) {
    attribute(node, "data-fresh", null);
    regroup(node, node.previousElementSibling);
  }
  thread.fresh = 0;
  if (!seq) return null;
  for (const node of thread.list.children) {
    const message = thread.messages.get(Number(node.dataset.seq));
    if (message.seq <= seq || message.kind === "system" || isMine(message)) continue;
    thread.fresh = message.seq;
    attribute(node, "data-fresh", "");
    regroup(node, node.previousElementSibling);
    return node;
  }
  return null;
}

// -- What is not confirmed yet stands below the messages, in a list of its own

export function putUnsent(thread, entry) {
  const old = thread.unsent.get(entry.client_id);
  const node = drawUnsent(entry);
  thread.unsent.set(entry.client_id, node);
  if (old) old.replaceWith(node);
  else thread.waiting.append(node);
  regroupUnsent(thread);
}

export function removeUnsent(thread, clientId) {
  if (!thread.unsent.has(clientId)) return;
  thread.unsent.get(clientId).remove();
  thread.unsent.delete(clientId);
  regroupUnsent(thread);
}

function regroupUnsent(thread) {
  let before = thread.list.lastElementChild;
  if (before) attribute(before, "data-last", "");
  for (const node of thread.waiting.children) {
    regroup(node, before);
    before = node;
  }
}
