// What is typed and not sent, per conversation: here for a reload, on the server for another browser.

import { Failure, put } from "./api.js";
import { emit, me } from "./store.js";

const PREFIX = `desk.draft.${me.id}.`;
const SAVE_MS = 1_500;
const timers = new Map();

const blank = () => ({ mode: "reply", reply: "", note: "", files: [], via: null });

export function read(id) {
  try {
    return { ...blank(), ...JSON.parse(localStorage.getItem(PREFIX + id)) };
  } catch {
    return blank();
  }
}

export const isKept = (id) => localStorage.getItem(PREFIX + id) !== null;

/** The words of a draft, for the list. */
export function draftOf(id) {
  const stored = localStorage.getItem(PREFIX + id);
  if (!stored) return "";
  const draft = read(id);
  return (draft.reply || draft.note).trim();
}

/** Keep a draft here at once, and on the server when the typing pauses. */
export function write(id, draft) {
  const empty = !draft.reply.trim() && !draft.note.trim() && !draft.files.length;
  const key = PREFIX + id;
  const wanted = empty ? null : JSON.stringify(draft);
  if (localStorage.getItem(key) === wanted) return;
  try {
    if (empty) localStorage.removeItem(key);
    else localStorage.setItem(key, wanted);
  } catch {
    // No room: the server's copy has to do.
  }
  emit("draft", { id });
  clearTimeout(timers.get(id));
  timers.set(id, setTimeout(() => save(id, draft), SAVE_MS));
}

/** A draft was sent: forget it here and there. */
export function forget(id, draft) {
  write(id, draft);
  clearTimeout(timers.get(id));
  save(id, draft);
}

async function save(id, draft) {
  timers.delete(id);
  const isPrivate = draft.mode === "note";
  try {
    await put(`conversations/${id}/draft/`, { body: isPrivate ? draft.note : draft.reply, private: isPrivate });
  } catch (failure) {
    // The copy here is the one that counts; the next keystroke tries again.
    if (!(failure instanceof Failure)) throw failure;
  }
}
