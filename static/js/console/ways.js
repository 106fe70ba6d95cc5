// By which channels the buyer of the open conversation is reached, and what may be said there now.

import { Failure, get } from "./api.js";
import { debounce } from "./dom.js";
import { on as onSocket } from "./socket.js";
import { desk, emit, on, row, state } from "./store.js";

const AGAIN_MS = 300;

let known = []; // the way by which the buyer came first
let knownOf = null; // the conversation that they are of
let closing = 0;

export function start() {
  on("open", ({ id, again }) => {
    if (again) return;
    known = [];
    knownOf = null;
    clearTimeout(closing);
    if (id && row(id)) load();
  });
  // A conversation that came by its address alone is known only now.
  on("detail", ({ id }) => id === state.open && knownOf !== id && load());
  on("row", ({ row: now, before }) => now.id === state.open && before?.channel.id !== now.channel.id && reload());
  // What the buyer writes opens a window, or shows where they are.
  on("received", (message) => message.author.kind === "buyer" && reload());
  onSocket("buyer.updated", ({ buyer }) => buyer.id === row(state.open)?.buyer.id && reload());
  onSocket("welcome", () => state.open && reload());
}

/** The ways to the buyer as far as they are known; before that, the one by which they came. */
export function all() {
  if (knownOf === state.open && known.length) return known;
  const here = row(state.open)?.channel;
  if (!here) return [];
  const kind = desk.channels[here.kind] ?? {};
  return [{ ...here, label: kind.label, icon: kind.icon, state: "open", address: "", reason: "", until: null,
    outside: kind.outside, segments: kind.segments, takes_files: true, max_file: null, max_text: Infinity }];
}

/** The way that was picked, else the one by which the buyer came. */
export const chosen = (id) => all().find((way) => way.id === id) ?? all()[0] ?? null;

/** Whether there is anything to choose or to know: a store with the widget alone needs no question. */
export function matters() {
  const here = row(state.open);
  if (!here) return false;
  return desk.ways.filter((way) => way.store === here.store.id).length > 1 || desk.channels[here.channel.kind]?.outside;
}

async function load() {
  const id = state.open;
  if (!id || !matters()) return;
  try {
    const found = await get(`conversations/${id}/channels/`);
    if (id !== state.open) return;
    known = found;
    knownOf = id;
    wakeAtClosing();
    emit("ways", { id });
  } catch (failure) {
    // The server refuses what cannot be sent; here it is only told earlier.
    if (!(failure instanceof Failure)) throw failure;
  }
}

export const reload = debounce(AGAIN_MS, load);

/** A window that closes while somebody looks is told by the clock. */
function wakeAtClosing() {
  clearTimeout(closing);
  const next = Math.min(...known.filter((way) => way.until).map((way) => Date.parse(way.until) - Date.now()));
  if (Number.isFinite(next)) closing = setTimeout(load, Math.min(Math.max(next, 0) + 1000, 2 ** 31 - 1));
}
