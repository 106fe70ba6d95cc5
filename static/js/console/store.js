// What the page knows, and who is told when it changes. No DOM in here.

const boot = JSON.parse(document.getElementById("boot").textContent);

export const me = boot.me;
export const desk = {
  agents: boot.agents,
  teams: boot.teams,
  tags: boot.tags,
  channels: boot.channels, // kind -> {label, icon, outside, segments}
  ways: boot.ways, // the channels of one's stores: {id, kind, name, store}
  limits: boot.limits,
};

export const state = {
  rows: new Map(), // id -> summary with this agent's read_seq and inbound_seen
  open: null, // id of the conversation on the screen
};

const bus = new EventTarget();

export function on(type, listener) {
  bus.addEventListener(type, (event) => listener(event.detail));
}

export function emit(type, detail) {
  bus.dispatchEvent(new CustomEvent(type, { detail }));
}

export const row = (id) => state.rows.get(id);

/**
 * Take a summary in. Frames are the same for every agent, so this agent's own marks stay as they were.
 * Listeners hear `row` with what was known before, which is how a count or a list sees what changed.
 */
export function applySummary(summary, frame = {}) {
  const before = state.rows.get(summary.id) ?? null;
  // Frames may overtake an HTTP answer: the one with more in it is the newer one.
  if (before && summary.last_seq < before.last_seq) return before;
  const now = { ...before, ...summary, ...furthest(before, summary) };
  if (now.inbound_seen === undefined) {
    // Never listed here: all we can say is whether something has just come in.
    now.inbound_seen = summary.inbound_count - (frame.author_kind === "buyer" ? 1 : 0);
    now.read_seq = 0;
    now.guessed = true;
  } else if (summary.inbound_seen !== undefined) {
    now.guessed = false;
  }
  state.rows.set(now.id, now);
  emit("row", { row: now, before, frame });
  return now;
}

/** Take a summary in as it is, with how far this agent has read: after messages have changed places. */
export function relearn(summary) {
  const before = state.rows.get(summary.id) ?? null;
  const now = { ...before, ...summary, guessed: false };
  state.rows.set(now.id, now);
  emit("row", { row: now, before, frame: {} });
}

/** How far one has read only grows: an answer may have been under way while one went on reading. */
function furthest(before, summary) {
  if (!before || before.guessed || summary.inbound_seen === undefined) return {};
  return {
    read_seq: Math.max(before.read_seq, summary.read_seq),
    inbound_seen: Math.max(before.inbound_seen, summary.inbound_seen),
  };
}

/** Take in a page of a list, all at once: its listeners hear `rows`, not one `row` after another. */
export function applyPage(summaries) {
  for (const summary of summaries) {
    const before = state.rows.get(summary.id);
    if (before && summary.last_seq < before.last_seq) {
      state.rows.set(summary.id, { ...before, inbound_seen: Math.max(summary.inbound_seen, before.inbound_seen) });
    } else {
      state.rows.set(summary.id, { ...before, ...summary, ...furthest(before, summary), guessed: false });
    }
  }
  emit("rows", summaries.map((summary) => summary.id));
}

/** Set what only this agent knows of a conversation: how far they have read it. */
export function applyRead(id, seq, seen) {
  const before = state.rows.get(id);
  if (!before || (before.read_seq >= seq && before.inbound_seen >= seen)) return;
  const now = { ...before, read_seq: Math.max(before.read_seq, seq), inbound_seen: Math.max(before.inbound_seen, seen), guessed: false };
  state.rows.set(id, now);
  emit("row", { row: now, before, frame: {} });
}

export const unread = (r) => Math.max(0, r.inbound_count - (r.inbound_seen ?? 0));

export const agentById = (id) => desk.agents.find((agent) => agent.id === id);

/** Whether a conversation belongs to a view, as far as its summary tells; null where only the server knows. */
export function belongs(r, view) {
  if (r.merged_into) return false; // its messages are elsewhere
  const open = r.status === "open";
  switch (view) {
    case "mine": return open && r.assignee?.id === me.id;
    case "unassigned": return open && !r.assignee;
    case "all": return open;
    case "waiting": return open && Boolean(r.waiting_since);
    case "snoozed": return r.status === "snoozed";
    case "resolved": return r.status === "resolved";
    default: return null;
  }
}
