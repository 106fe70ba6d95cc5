// What was sent and not yet confirmed. Each message is kept on its own in localStorage until it has its seq, so
// it survives a reload and two tabs cannot overwrite each other; its client_id makes a second sending harmless.

import { Failure, post } from "./api.js";
import { clientId } from "./dom.js";
import { isOpen, on as onSocket, send as sendFrame } from "./socket.js";
import { emit, me } from "./store.js";

const PREFIX = `desk.outbox.${me.id}.`;
const ANSWER_WITHIN_MS = 10_000;
const RETRY_MS = 2_000;
const HOPELESS = new Set(["invalid", "empty", "too_long", "too_large", "not_found", "conflict", "unknown_attachment",
  "permission_denied", "window_closed", "channel_off", "stopped", "unknown_channel", "unknown_template", "required", "provider_away"]);

const entries = new Map(); // client_id -> entry, oldest first
const timers = new Map();
let posting = false;

for (const key of Object.keys(localStorage).filter((name) => name.startsWith(PREFIX))) {
  try {
    const entry = JSON.parse(localStorage.getItem(key));
    entries.set(entry.client_id, { ...entry, state: entry.state === "sending" ? "waiting" : entry.state });
  } catch {
    localStorage.removeItem(key);
  }
}
sortByTime();

function sortByTime() {
  const sorted = [...entries.values()].sort((a, b) => a.at - b.at);
  entries.clear();
  for (const entry of sorted) entries.set(entry.client_id, entry);
}

/** Entries of a conversation, oldest first. Entry states: waiting, sending, stale, failed. */
export const pending = (conversation) => [...entries.values()].filter((e) => e.conversation === conversation);
export const unsent = () => entries.size;

/** Queue a message and send it as soon as there is a way. */
export function add({ conversation, body, isPrivate = false, attachments = [], replyAfter, via = null, template = null }) {
  const entry = {
    client_id: clientId(), conversation, body, private: isPrivate, attachments, reply_after: replyAfter, via, template,
    state: "waiting", at: Date.now(),
  };
  keep(entry);
  flush();
  return entry;
}

/** Send again: after a failure, or (`force`) although somebody wrote in between. */
export function again(id, { force = false } = {}) {
  const entry = entries.get(id);
  if (!entry) return;
  keep({ ...entry, state: "waiting", force: entry.force || force, since: null, detail: "" });
  flush();
}

export function discard(id) {
  const entry = entries.get(id);
  if (!entry) return null;
  forget(entry);
  return entry;
}

function keep(entry) {
  entries.set(entry.client_id, entry);
  try {
    localStorage.setItem(PREFIX + entry.client_id, JSON.stringify(entry));
  } catch {
    // Storage is full or forbidden: the message still goes out, it only would not survive a reload.
  }
  emit("outbox", { entry });
}

function forget(entry, ack = null) {
  clearTimeout(timers.get(entry.client_id));
  timers.delete(entry.client_id);
  entries.delete(entry.client_id);
  localStorage.removeItem(PREFIX + entry.client_id);
  emit("outbox", { entry, gone: true, ack });
}

const frameOf = (e) => ({
  client_id: e.client_id, body: e.body, private: e.private,
  attachments: e.attachments.map((file) => file.id),
  ...(e.private ? {} : { reply_after: e.reply_after, force: Boolean(e.force), via: e.via ?? null }),
  ...(e.template ? { template: e.template } : {}),
});

/** Send what waits: by the socket where it is open, else one after another over HTTP. */
export function flush() {
  if (!isOpen()) return;
  const waiting = [...entries.values()].filter((e) => e.state === "waiting");
  // A template is looked up at its provider, which is no work for a socket.
  if (waiting.some((e) => e.template)) flushByHttp((e) => Boolean(e.template));
  for (const entry of waiting.filter((e) => !e.template)) {
    if (!sendFrame({ type: "message.send", conversation: entry.conversation, ...frameOf(entry) })) return;
    keep({ ...entry, state: "sending" });
    // A frame that gets no answer may have been lost on the way: ask over HTTP, by the same client_id.
    timers.set(entry.client_id, setTimeout(() => wait(entry.client_id) && flushByHttp(), ANSWER_WITHIN_MS));
  }
}

/** Send what waits (of that, what is `wanted`) one after another over HTTP. */
export async function flushByHttp(wanted = () => true) {
  if (posting) return;
  posting = true;
  try {
    for (let entry; (entry = [...entries.values()].find((e) => e.state === "waiting" && wanted(e))); ) {
      keep({ ...entry, state: "sending" });
      try {
        confirm(entry.client_id, await post(`conversations/${entry.conversation}/messages/`, frameOf(entry)));
      } catch (failure) {
        if (!(failure instanceof Failure)) throw failure;
        refuse(entry.client_id, failure.code, failure.message, failure.data?.messages);
        if (failure.code === "network" || failure.status >= 500 || failure.status === 429) break;
      }
    }
  } finally {
    posting = false;
  }
}

function wait(id) {
  const entry = entries.get(id);
  if (entry?.state !== "sending") return false;
  keep({ ...entry, state: "waiting" });
  return true;
}

function confirm(id, message) {
  const entry = entries.get(id);
  if (entry) forget(entry, message);
}

function refuse(id, code, detail, since = null) {
  const entry = entries.get(id);
  if (!entry) return;
  clearTimeout(timers.get(id));
  if (code === "stale") keep({ ...entry, state: "stale", since: since ?? [] });
  else if (HOPELESS.has(code)) keep({ ...entry, state: "failed", code, detail });
  else if (wait(id)) timers.set(id, setTimeout(flush, RETRY_MS));
}

onSocket("ack", (ack) => confirm(ack.client_id, ack));
onSocket("error", (error) => error.client_id && refuse(error.client_id, error.code, error.detail, error.messages));
onSocket("welcome", flush);
onSocket("state", (now) => {
  if (now === "open") return;
  // What was under way may or may not have arrived; it is sent again by the same client_id.
  for (const entry of [...entries.values()]) {
    clearTimeout(timers.get(entry.client_id));
    wait(entry.client_id);
  }
});
// Another tab confirmed or discarded it.
addEventListener("storage", (event) => {
  if (event.key?.startsWith(PREFIX) && event.newValue === null) {
    const entry = entries.get(event.key.slice(PREFIX.length));
    if (entry) forget(entry);
  }
});
