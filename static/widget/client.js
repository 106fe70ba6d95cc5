// The conversation as this browser knows it: who we are, what has been said, what is still to be sent.
//
// Rows at the desk are the truth and the socket only rings. A message is taken when nothing before it is
// missing; a gap (in a frame, or told by a heartbeat) is filled over HTTP. Without a socket, HTTP does it all.

import { call, Refusal } from "./http.js";
import * as keep from "./keep.js";
import { createOutbox } from "./outbox.js";
import { openSocket } from "./socket.js";
import { config } from "./words.js";

const POLL_MS = 3000;
const POLL_HIDDEN_MS = 15_000;
const POLL_AFTER_FAILURES = 2;
const AGAIN_MS = 1000;

let on = {};
let live = null, active = false;
let token = "", visitor = null, identity = "", page = {};
let conversation = null, last = 0;
let held = []; // messages that came before one they follow
let filling = null, beginFailures = 0, generation = 0; // a generation is one session: answers to an older one are late
let pollTimer, beginTimer, pageTimer;
let received = 0, readUpTo = 0;

const outbox = createOutbox({
  session: () => ({ token, live, visitorId: visitor?.id || "", generation }),
  unauthorized: () => begin(),
  posted(message) {
    if (message.conversation === conversation?.id && message.seq === last + 1) receive(message, last);
    else catchUp();
  },
  // One that is before the last one we have is in the history: a late answer to a message of long ago.
  sent: (clientId, seq) => (seq <= last ? on.known(clientId) : on.sent(clientId)),
  tell: (name, entry) => on[name](entry),
});

export const { send, discard } = outbox;

export const isKnown = () => keep.visitor() !== null;
export const currentToken = () => token;
export const currentConversation = () => conversation;

/**
 * Listen. `on` has session, started (another conversation), message, conversation, read, typing, presence, queue, order,
 * card, back,
 * line (live, lost, polling or down), sent, known, unsent, refused and gone.
 */
export function start(handlers) {
  on = handlers;
  keep.onOtherTab((other) => {
    // A store's signature renews the token; the other tab has done that for both of us.
    if (!visitor) return;
    if (!other) on.gone(); // logged out there
    else if (other.id === visitor.id) token = other.token;
    else begin();
  });
  addEventListener("online", hurry);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) hurry();
  });
}

function hurry() {
  if (!active) return;
  if (!token) begin();
  else if (live && !live.isUp()) live.retryNow();
  outbox.flush();
}

export function retry(clientId) {
  outbox.readmit(clientId);
  hurry();
}

// -- Who we are

export function setPage(value) {
  page = value || {};
  clearTimeout(pageTimer);
  if (token) pageTimer = setTimeout(() => call("POST", "sessions", { body: sessionRequest("") }).catch(() => {}), 500);
}

export function identify(value) {
  if (value === identity && visitor?.verified) return;
  identity = value;
  begin();
}

function sessionRequest(signed) {
  return {
    store: config.store,
    visitor_token: keep.visitor()?.token || "",
    identity_token: signed,
    locale: config.locale,
    page,
  };
}

/** Get a session from the desk, and everything that goes with it. Tries until it works. */
export async function begin() {
  active = true;
  clearTimeout(beginTimer);
  const mine = (generation += 1);
  let answer;
  try {
    answer = await call("POST", "sessions", { body: sessionRequest(identity) });
  } catch (error) {
    if (mine !== generation) return;
    if (error instanceof Refusal && error.code === "invalid_token" && identity) {
      console.warn(`Helpdesk: ${error.message}`); // for the shop's developers
      identity = "";
      await begin();
      return;
    }
    beginFailures += 1;
    beginTimer = setTimeout(begin, Math.min(30_000, 1000 * 2 ** beginFailures) * (0.5 + Math.random() / 2));
    on.line("down");
    return;
  }
  if (mine !== generation) return;
  beginFailures = 0;
  settle(answer);
}

function settle(answer) {
  const before = keep.visitor() || visitor;
  visitor = answer.visitor;
  token = answer.visitor_token;
  outbox.load(before, visitor, answer.messages);
  const contact = before?.id === visitor.id ? before.contact : undefined;
  keep.keepVisitor({ token, id: visitor.id, verified: visitor.verified, contact });
  conversation = answer.conversation;
  last = Math.max(conversation ? conversation.last_seq : 0, answer.messages.at(-1)?.seq ?? 0);
  held = [];
  received = 0;
  readUpTo = conversation ? conversation.buyer_read_seq : 0;
  on.session(answer, outbox.entries());
  live?.close();
  live = openSocket(() => ({ token, resume: conversation ? { [conversation.id]: last } : {} }), {
    welcome,
    frame: hear,
    lost,
    ended: () => {
      outbox.lineLost();
      beginTimer = setTimeout(begin, AGAIN_MS);
    },
  });
  outbox.flush();
}

export async function logout() {
  const old = token;
  active = false;
  generation += 1;
  clearTimeout(beginTimer);
  clearTimeout(pollTimer);
  live?.close();
  token = identity = "";
  visitor = conversation = null;
  outbox.clear();
  const kept = keep.visitor()?.token;
  keep.forgetAll();
  if (old || kept) await call("POST", "logout", { token: old || kept }).catch(() => {});
}

export const contact = () => keep.visitor()?.contact;

/** Tell the desk how to reach an anonymous visitor. */
export async function saveContact(name, email) {
  await call("POST", "contact", { token, body: { name, email } });
  keep.keepVisitor({ ...keep.visitor(), contact: { name, email } });
}

// -- What is said

// Another conversation than before: its seq begins anew.
function begun(value) {
  conversation = value;
  last = received = readUpTo = 0;
  held = [];
  on.started();
}

function take(message) {
  last = message.seq;
  on.message(message);
}

function receive(message, after) {
  if (message.conversation !== conversation?.id) {
    begun({ id: message.conversation, status: "open", last_seq: 0, agent_read_seq: 0, assignee: null, rating: null });
  }
  if (message.seq <= last) return;
  if (after > last) {
    held.push({ message, after });
    held.sort((one, other) => one.message.seq - other.message.seq);
    catchUp();
    return;
  }
  take(message);
  release();
}

function release() {
  held = held.filter((item) => item.message.seq > last);
  while (held.length && held[0].after <= last) {
    take(held.shift().message);
    held = held.filter((item) => item.message.seq > last);
  }
}

/** Ask for what came after the last message we have. One request at a time; returns whether it succeeded. */
export function catchUp() {
  filling ??= fill().finally(() => (filling = null));
  return filling;
}

async function fill() {
  const mine = generation;
  try {
    let more = true;
    while (more) {
      const answer = await call("GET", `messages?after=${last}`, { token });
      if (mine !== generation) return false;
      if (answer.conversation && conversation && answer.conversation.id !== conversation.id) {
        begun(answer.conversation);
        continue;
      }
      for (const message of answer.messages) receive(message, 0);
      more = answer.has_more;
      if (answer.conversation) updateConversation(answer.conversation);
      if (!more && answer.conversation) last = Math.max(last, answer.conversation.last_seq);
    }
    release();
    return true;
  } catch (error) {
    if (error instanceof Refusal && error.status === 401 && mine === generation) begin();
    return false;
  }
}

function updateConversation(value) {
  conversation = { ...conversation, ...value };
  on.conversation(conversation);
  on.read(conversation.agent_read_seq);
}

/** Return the page of messages before `seq`: {messages, has_more}. */
export function earlier(seq) {
  return call("GET", `messages?before=${seq}`, { token });
}

/** Answer a card; the same answer twice is one. Returns {conversation, message, card}, as `readCard` does. */
export function answerCard(message, choice, data) {
  return call("POST", `cards/${message}/${choice}`, { token, body: { data } });
}

export function readCard(message) {
  return call("GET", `cards/${message}`, { token });
}

export function orders() {
  return call("GET", "orders", { token });
}

// -- The socket

function welcome(frame) {
  clearTimeout(pollTimer);
  on.line("live");
  on.presence(frame.agents_online);
  if (frame.conversation) updateConversation(frame.conversation);
  on.back();
  if (received) live.send({ type: "received", seq: received });
  if (readUpTo) live.send({ type: "read", seq: readUpTo });
  outbox.flush();
}

function lost(failures) {
  outbox.lineLost();
  if (failures < POLL_AFTER_FAILURES) {
    on.line("lost");
  } else {
    clearTimeout(pollTimer);
    poll();
  }
}

async function poll() {
  const worked = await catchUp();
  if (live.isUp()) return;
  on.line(worked ? "polling" : "down");
  if (worked) outbox.flush();
  pollTimer = setTimeout(poll, document.hidden ? POLL_HIDDEN_MS : POLL_MS);
}

const hears = {
  "message.created": (frame) => receive(frame.message, frame.after ?? 0),
  ack: outbox.answered,
  error: (frame) => (frame.code === "too_far" ? begin() : outbox.answered(frame)),
  typing: (frame) => on.typing(frame.author, frame.on !== false),
  read: (frame) => frame.by === "agent" && on.read(frame.seq),
  "conversation.opened": (frame) => {
    if (frame.conversation.id === conversation?.id) updateConversation(frame.conversation);
    else catchUp();
  },
  "conversation.updated": (frame) => frame.conversation.id === conversation?.id && updateConversation(frame.conversation),
  "order.updated": (frame) => on.order(frame.order),
  "card.updated": (frame) => on.card(frame.message, frame.card),
  presence: (frame) => on.presence(frame.agents_online),
  queue: (frame) => on.queue(frame.position, frame.expected_wait_s),
  heartbeat: (frame) => {
    const seqs = Object.entries(frame.conversations);
    if (seqs.some(([id, seq]) => id !== conversation?.id || seq > last)) catchUp();
  },
  resync: () => catchUp(),
};

function hear(frame) {
  hears[frame.type]?.(frame);
}

export function typing(isOn) {
  if (!conversation) return;
  if (live?.isUp()) live.send({ type: "typing", on: isOn });
  else if (token) call("POST", "typing", { token, body: { on: isOn } }).catch(() => {});
}

/** Say that what came up to `seq` has arrived here, and (`seen`) that somebody has looked at it. */
export function mark(seq, seen) {
  const name = seen ? "read" : "received";
  if (seq <= (seen ? readUpTo : received)) return;
  if (seen) readUpTo = seq;
  else received = seq;
  if (live?.isUp()) live.send({ type: name, seq });
  else if (token) call("POST", "read", { token, body: { [name]: seq } }).catch(() => {});
}

export function rate(rating, comment) {
  return call("POST", "rating", { token, body: { rating, comment } });
}
