// The open conversation: opening and leaving it, keeping it complete and live, and marking it read.

import { Failure, get, post } from "./api.js";
import { $, debounce, show } from "./dom.js";
import { inMyWords } from "./deliveries.js";
import * as outbox from "./outbox.js";
import { connectionState, on as onSocket, send } from "./socket.js";
import { applyRead, applySummary, emit, me, on, row, state } from "./store.js";
import {
  allThreads, markFresh, peek, put, putPage, putUnsent, receipt, removeUnsent, reset, setDeliveries, threadOf, updateCard, updateOrder,
} from "./thread.js";
import * as timeline from "./timeline.js";

const PAGE = 50;
const LOOKING_MS = 20_000;
const ASK_AGAIN_MS = 2_000;

const pane = document.getElementById("conversation");
const isMine = (message) => message.author.kind === "agent" && message.author.id === me.id;
const current = () => (state.open ? threadOf(state.open) : null);

export function start() {
  timeline.start({ older: loadOlder, end: markRead });
  on("outbox", onOutbox);
  onSocket("welcome", resume);
  onSocket("resync", resume);
  onSocket("message.created", ({ message }) => receive(message));
  onSocket("subscribed", ({ conversation }) => {
    const thread = peek(conversation);
    if (thread) thread.unreadAfter = 0;
  });
  onSocket("heartbeat", ({ conversations }) => fillGap(conversations));
  onSocket("error", (error) => error.code === "too_far" && startOver(error.conversation ?? state.open));
  onSocket("delivery.updated", ({ conversation, message, deliveries }) => {
    const thread = peek(conversation);
    const changed = thread && setDeliveries(thread, message, deliveries);
    if (changed) sayInMyWords(thread, changed);
  });
  onSocket("delivery.upto", ({ conversation, seq, state: reached }) => received(conversation, seq, reached));
  onSocket("read", onRead);
  onSocket("typing", onTyping);
  onSocket("card.updated", ({ conversation, message, card }) => {
    const thread = peek(conversation);
    if (thread) updateCard(thread, message, card);
  });
  onSocket("order.updated", ({ order }) => allThreads().forEach((thread) => updateOrder(thread, order)));
  addEventListener("focus", markRead);
  document.addEventListener("visibilitychange", () => {
    look();
    markRead();
  });
  setInterval(look, LOOKING_MS);
  $("[data-retry]", pane).addEventListener("click", () => reopen());
}

// -- Opening and leaving

/** Show a conversation. `at` is a message to begin at (from a search). */
export async function open(id, { at = 0 } = {}) {
  const before = state.open;
  if (before === id && !at) return emit("open", { id, before, again: true });
  if (before && before !== id) leaveCurrent(before);
  state.open = id;
  const thread = threadOf(id);
  setPane(thread.loaded ? "ready" : "loading");
  emit("open", { id, before });
  for (const entry of outbox.pending(id)) putUnsent(thread, entry);
  if (thread.loaded) {
    thread.unreadAfter = freshAfter(thread);
    markFresh(thread, thread.unreadAfter, isMine);
    timeline.showThread(thread);
    subscribe(thread);
    markRead();
  } else {
    timeline.showThread(thread);
  }
  await Promise.all([loadDetail(id), load(thread, at)]);
}

const reopen = () => {
  const id = state.open;
  state.open = null;
  if (id) open(id);
};

function leaveCurrent(id) {
  timeline.leave();
  send({ type: "unsubscribe", conversation: id });
  const thread = peek(id);
  if (thread) thread.fresh = 0;
}

export function close() {
  const before = state.open;
  if (!before) return;
  leaveCurrent(before);
  state.open = null;
  setPane("empty");
  emit("open", { id: null, before });
}

function setPane(what) {
  pane.dataset.state = what;
  pane.setAttribute("aria-busy", String(what === "loading"));
}

/** What only this agent has here (marks, draft) and who else is looking. */
async function loadDetail(id) {
  try {
    const detail = await get(`conversations/${id}/`);
    applySummary(detail);
    emit("detail", detail);
    const thread = peek(id);
    if (thread?.loaded) receipt(thread, detail.buyer_read_seq, "read");
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    if (state.open === id && failure.status === 404) setPane("missing");
  }
}

/** Load the newest page, or, to begin at a found message, everything from a little before it. */
async function load(thread, at) {
  const first = !thread.loaded;
  try {
    const from = at && (first || at < thread.first) ? `after=${Math.max(0, at - 15)}&limit=200` : `limit=${PAGE}`;
    if (at && !first && at < thread.first) reset(thread);
    let page = await get(`conversations/${thread.id}/messages/?${from}`);
    take(thread, page, from.startsWith("after") ? at > 15 : page.has_more);
    while (from.startsWith("after") && page.has_more) {
      page = await get(`conversations/${thread.id}/messages/?after=${thread.upto}&limit=200`);
      take(thread, page, false);
    }
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    if (state.open === thread.id && first) setPane(failure.status === 404 ? "missing" : "failed");
    return;
  }
  if (state.open !== thread.id) return;
  setPane("ready");
  emit("loaded", { id: thread.id });
  if (first || at) {
    subscribe(thread);
    markFresh(thread, freshAfter(thread), isMine);
    timeline.place(at ? thread.nodes.get(at) : null);
    if (at) flash(thread.nodes.get(at));
  }
  markRead();
}

/** A page must join what is here: what lies beyond a gap comes by the socket, in order. */
function take(thread, page, hasOlder) {
  const messages = thread.upto && page.results[0]?.seq > thread.upto + 1 ? [] : page.results;
  putPage(thread, messages, hasOlder);
}

function flash(node) {
  node?.animate?.([{ backgroundColor: "var(--desk-mark)" }, { backgroundColor: "transparent" }], { duration: 2400 });
}

function freshAfter(thread) {
  const known = row(thread.id);
  return known && known.inbound_count > known.inbound_seen ? known.read_seq : 0;
}

async function loadOlder(thread) {
  thread.loading = true;
  timeline.showOlderSpinner(true);
  try {
    const page = await get(`conversations/${thread.id}/messages/?before=${thread.first}&limit=${PAGE}`);
    timeline.keepingPlace(() => putPage(thread, page.results, page.has_more));
    if (!page.results.length) thread.hasOlder = false;
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
  } finally {
    timeline.showOlderSpinner(false);
    // A moment's rest, so that a reader at the very top does not pull in everything at once.
    setTimeout(() => (thread.loading = false), 150);
  }
}

// -- Staying complete

function subscribe(thread) {
  send({ type: "subscribe", conversation: thread.id, after: thread.upto });
  look();
}

function resume() {
  const thread = current();
  if (!thread) return;
  if (thread.loaded) {
    subscribe(thread);
    markRead();
  } else if (pane.dataset.state === "failed") {
    reopen();
  }
}

/** The server says where its conversations stand; where ours stands lower, something was lost on the way. */
function fillGap(conversations) {
  const thread = current();
  const last = conversations?.[thread?.id];
  if (!thread?.loaded || !(last > thread.upto)) return;
  if (Date.now() - (thread.asked ?? 0) < ASK_AGAIN_MS) return; // the answer is on its way
  thread.asked = Date.now();
  subscribe(thread);
}

function startOver(id) {
  const thread = peek(id);
  if (!thread) return;
  reset(thread);
  if (state.open === id) load(thread, 0);
}

/** Over HTTP, where there is no socket: what came since. */
export async function poll() {
  const thread = current();
  if (!thread?.loaded) return;
  const page = await get(`conversations/${thread.id}/messages/?after=${thread.upto}&limit=200`);
  page.results.forEach(receive);
  await loadDetail(thread.id);
}

/** Why something did not arrive comes in English, for all who hear it; show it as this reader would say it. */
async function sayInMyWords(thread, message) {
  const told = await inMyWords(message);
  if (told) put(thread, told);
}

/** Take in a message, new or as it is now. */
export function receive(message) {
  const thread = peek(message.conversation);
  if (!thread?.loaded) return;
  const atEnd = timeline.isAtEnd();
  const isNew = put(thread, message);
  if (thread.upto < message.seq) fillGap({ [thread.id]: message.seq });
  if (isNew && message.event?.event === "card.answered") readAnswered(thread, message.event.message);
  if (!isNew || state.open !== thread.id) return;
  const others = !isMine(message) && message.kind !== "system";
  // What was missed while elsewhere comes after the opening; what comes live is new only to who looks away.
  if (others && !thread.fresh && (thread.unreadAfter || !isLooking())) markFresh(thread, message.seq - 1, isMine);
  timeline.grown({ counts: others, mine: isMine(message) && message.kind !== "system" && atEnd });
  if (message.author.kind === "buyer" && message.kind !== "system") timeline.hideTyping();
  if (timeline.isAtEnd()) thread.seen = thread.upto;
  emit("received", message);
  markRead();
}

/** The line says that a card was answered; the frame that shows it may have been missed. */
async function readAnswered(thread, messageId) {
  const asked = [...thread.messages.values()].find((message) => message.id === messageId);
  if (!asked || asked.card?.answer) return;
  try {
    const page = await get(`conversations/${thread.id}/messages/?before=${asked.seq + 1}&limit=1`);
    page.results.forEach((message) => put(thread, message));
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
  }
}

function received(id, seq, reached) {
  const thread = peek(id);
  if (thread) receipt(thread, seq, reached);
}

function onOutbox({ entry, gone, ack }) {
  const thread = peek(entry.conversation);
  if (!thread) return;
  for (const message of entry.since ?? []) receive(message);
  if (!gone) {
    putUnsent(thread, entry);
    if (state.open === entry.conversation) timeline.grown({ counts: false, mine: true });
  } else if (ack?.author) {
    put(thread, ack); // an HTTP answer is the message itself
  } else if (!ack || thread.upto >= ack.seq || state.open !== entry.conversation) {
    removeUnsent(thread, entry.client_id);
  } else {
    // Acknowledged, and the message is on its way: until it is here the bubble stays, without its clock.
    thread.unsent.get(entry.client_id)?.setAttribute("data-unsent", "done");
  }
}

// -- Reading, looking, typing

const isLooking = () => !document.hidden && document.hasFocus();

const markRead = debounce(150, () => {
  const thread = current();
  if (!thread?.loaded || !timeline.isAtEnd()) return;
  thread.seen = thread.upto;
  const known = row(thread.id);
  if (!isLooking() || !known || (known.read_seq ?? 0) >= thread.upto) return;
  const seen = known.inbound_count;
  if (send({ type: "read", conversation: thread.id, seq: thread.upto })) applyRead(thread.id, thread.upto, seen);
  else if (connectionState() === "blocked") readOverHttp(thread, seen);
});

async function readOverHttp(thread, seen) {
  try {
    await post(`conversations/${thread.id}/read/`, { seq: thread.upto });
    applyRead(thread.id, thread.upto, seen);
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
  }
}

function onRead(frame) {
  if (frame.by === "buyer") received(frame.conversation, frame.seq, "read");
  else if (frame.agent === me.id) applyRead(frame.conversation, frame.seq, frame.inbound_seen);
}

function onTyping({ conversation, author, on: isOn }) {
  if (conversation !== state.open || author.id === me.id || author.kind !== "buyer") return;
  if (isOn) timeline.showTyping(author.name);
  else timeline.hideTyping();
}

let composing = false;

/** Tell the others that we look (and whether we write); said again while it stays so. */
export function look(writes = composing) {
  composing = writes;
  if (current()?.loaded && !document.hidden) send({ type: "viewing", conversation: state.open, composing });
}

/** The last message that the agent had before their eyes: what a reply is an answer to. */
export function seenSeq() {
  const thread = current();
  if (!thread?.loaded) return undefined;
  if (timeline.isAtEnd()) thread.seen = thread.upto;
  return thread.seen || thread.upto;
}
