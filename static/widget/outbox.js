// Messages on their way out. Each is kept, with an id of its own, until the desk says that it has it: after
// a reload it is sent again under the same id, so it arrives exactly once.

import { call, Refusal } from "./http.js";
import * as keep from "./keep.js";

const ACK_WITHIN_MS = 8000;
const UNSENT_AFTER_FAILURES = 2;
const LONGEST_PAUSE_MS = 30_000;
const PASSING = ["internal", "rate_limited"]; // errors of the socket after which the same message may succeed

/**
 * `desk` has session() -> {token, live, visitorId, generation}, unauthorized(), sent(clientId, seq),
 * posted(message), and tell(name, entry) for unsent and refused.
 */
export function createOutbox(desk) {
  let waiting = new Map(); // client_id -> {client_id, body, attachments, at, refused?}
  let flushing = false, failures = 0, timer;
  const awaited = new Map(); // client_id -> what to call with its ack or error

  /**
   * Take over what is kept for `visitor`, and what the visitor `before` left, where that may be sent in this name.
   * `messages` are there already, so they need no sending.
   */
  function load(before, visitor, messages) {
    // What an anonymous visitor wrote is theirs once the store says who they are. What one buyer wrote never
    // goes out in the name of another.
    const same = !before || before.id === visitor.id;
    const carried = same || !before.verified ? [...waiting.values()] : [];
    if (!same && !before.verified) carried.push(...keep.messages(before.id));
    carried.push(...keep.messages(""));
    waiting = new Map(keep.messages(visitor.id).map((entry) => [entry.client_id, entry]));
    for (const entry of carried) {
      for (const owner of ["", before?.id || ""]) if (owner !== visitor.id) keep.dropMessage(owner, entry.client_id);
      keep.keepMessage(visitor.id, entry);
      waiting.set(entry.client_id, entry);
    }
    for (const message of messages) if (waiting.has(message.client_id)) drop(visitor.id, message.client_id);
  }

  function drop(visitorId, clientId) {
    waiting.delete(clientId);
    keep.dropMessage(visitorId, clientId);
  }

  /** Send a message; it is kept until the desk has it, whatever happens to this page. Returns the entry. */
  function send(body, attachments) {
    const newest = Math.max(0, ...entries().map((entry) => entry.at));
    const entry = { client_id: newId(), body, attachments, at: Math.max(Date.now(), newest + 1) };
    waiting.set(entry.client_id, entry);
    keep.keepMessage(desk.session().visitorId, entry);
    flush();
    return entry;
  }

  function entries() {
    return [...waiting.values()];
  }

  function discard(clientId) {
    drop(desk.session().visitorId, clientId);
  }

  function readmit(clientId) {
    const entry = waiting.get(clientId);
    if (entry) delete entry.refused;
  }

  async function flush() {
    clearTimeout(timer);
    const { token, generation } = desk.session();
    if (flushing || !token) return;
    const current = () => desk.session().generation === generation;
    flushing = true;
    try {
      // One after the other: what was written first arrives first.
      for (let entry; current() && (entry = entries().find((candidate) => !candidate.refused)); ) {
        await deliver(entry);
        failures = 0;
      }
    } catch (error) {
      failures += 1;
      if (error.status === 401 && current()) desk.unauthorized();
      if (failures >= UNSENT_AFTER_FAILURES) entries().forEach((entry) => desk.tell("unsent", entry));
      const pause = Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** failures);
      timer = setTimeout(flush, pause * (0.5 + Math.random() / 2));
    } finally {
      flushing = false;
    }
    if (!current()) flush();
  }

  async function deliver(entry) {
    const { token, live } = desk.session();
    const files = entry.attachments.map((file) => file.id);
    const frame = { client_id: entry.client_id, body: entry.body, attachments: files };
    if (live?.isUp() && navigator.onLine !== false) {
      const answer = await overSocket(live, frame);
      if (answer.type === "ack") return sent(entry, answer.seq);
      if (answer.type === "error" && !PASSING.includes(answer.code)) return refuse(entry, answer);
    }
    try {
      const { message } = await call("POST", "messages", { token, body: frame });
      sent(entry, message.seq);
      desk.posted(message);
    } catch (error) {
      if (!(error instanceof Refusal) || error.passing || error.status === 401) throw error;
      refuse(entry, { code: error.code, detail: error.message });
    }
  }

  function overSocket(live, frame) {
    return new Promise((resolve) => {
      const patience = setTimeout(() => {
        live.drop();
        answer({ type: "lost" });
      }, ACK_WITHIN_MS);
      const answer = (value) => {
        clearTimeout(patience);
        awaited.delete(frame.client_id);
        resolve(value);
      };
      awaited.set(frame.client_id, answer);
      live.send({ type: "message.send", ...frame });
    });
  }

  function sent(entry, seq) {
    discard(entry.client_id);
    desk.sent(entry.client_id, seq);
  }

  function refuse(entry, { code, detail }) {
    entry.refused = { code, detail };
    keep.keepMessage(desk.session().visitorId, entry);
    desk.tell("refused", entry);
  }

  return {
    load,
    send,
    entries,
    discard,
    readmit,
    flush,
    clear: () => waiting.clear(),
    answered: (frame) => awaited.get(frame.client_id)?.(frame),
    lineLost: () => [...awaited.values()].forEach((answer) => answer({ type: "lost" })),
  };
}

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // randomUUID is missing on plain http
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
