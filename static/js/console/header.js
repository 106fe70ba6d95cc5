// The head of the open conversation: whose it is, where it stands, and who else is here.

import * as actions from "./actions.js";
import { avatar, icon } from "../base.js";
import { attribute, show, slot, text } from "./dom.js";
import { paintDue } from "./due.js";
import { full, moment, span } from "./format.js";
import { paintAvatar } from "./message.js";
import { paintTags } from "./row.js";
import { on as onSocket } from "./socket.js";
import { desk, me, on, row, state } from "./store.js";
import { say } from "./words.js";

const VIEWER_MS = 35_000;
const TICK_MS = 15_000;
const SHOWN = 3; // faces
const TAGS_SHOWN = 2;

const head = document.getElementById("conversation-head");
const at = (name) => slot(head, name);
const viewers = new Map(); // agent id -> {id, name, composing, until}

export function start() {
  on("row", ({ row: known }) => known.id === state.open && paint(known));
  on("rows", () => paintOpen());
  on("open", ({ id }) => {
    viewers.clear();
    if (id) paintOpen();
    drawViewers();
  });
  on("detail", (detail) => {
    if (detail.id !== state.open) return;
    for (const viewer of detail.viewers ?? []) see({ agent: viewer.agent ?? viewer, composing: viewer.composing });
  });
  onSocket("viewing", (frame) => frame.conversation === state.open && see(frame));
  onSocket("state", (now) => {
    if (now === "open") return;
    viewers.clear();
    drawViewers();
  });
  at("resolve").addEventListener("click", () => actions.resolve());
  at("reopen").addEventListener("click", () => actions.reopen());
  at("take").addEventListener("click", () => actions.take());
  setInterval(tick, TICK_MS);
}

function paintOpen() {
  const known = row(state.open);
  if (known) paint(known);
  else head.dataset.blank = "";
}

function paint(known) {
  delete head.dataset.blank;
  paintAvatar(at("avatar"), known.buyer);
  text(at("name"), known.buyer.name);
  at("name").title = known.buyer.name;
  show(at("verified"), known.buyer.verified);
  show(at("unverified"), !known.buyer.verified);
  at("store-dot").style.background = known.store.color;
  text(at("store"), known.store.name);
  paintChannel(known.channel);
  paintAssignee(known);
  paintState(known);
  const priority = at("priority");
  show(priority, known.priority !== 0);
  priority.dataset.level = known.priority;
  text(slot(priority, "words"), known.priority ? say(`priority.${known.priority}`) : "");
  paintTags(at("tags"), known.tags, TAGS_SHOWN);
  paintWaiting(known);
  document.getElementById("resolved-note").hidden = known.status !== "resolved";
}

function paintChannel(channel) {
  const node = at("channel");
  if (node.dataset.kind !== channel.kind) {
    node.dataset.kind = channel.kind;
    slot(node, "icon").replaceChildren(icon(desk.channels[channel.kind]?.icon ?? "message-circle"));
  }
  text(slot(node, "words"), channel.name);
  node.title = channel.name;
}

function paintAssignee(known) {
  const button = at("assignee");
  const name = known.assignee?.name ?? known.team?.name ?? say("assign.nobody.short");
  show(slot(button, "avatar"), known.assignee);
  show(slot(button, "nobody"), !known.assignee);
  if (known.assignee) paintAvatar(slot(button, "avatar"), known.assignee);
  text(slot(button, "name"), known.assignee?.id === me.id ? say("assign.me") : name);
  button.title = say("assign.title", { name });
  show(at("take"), !known.assignee && known.status !== "resolved");
}

function paintState(known) {
  const isOpen = known.status === "open";
  show(at("resolve"), isOpen);
  show(at("reopen"), !isOpen);
  attribute(at("snooze"), "disabled", known.status === "resolved" ? "" : null);
  const badge = at("status");
  show(badge, !isOpen);
  badge.dataset.status = known.status;
  if (known.status === "snoozed") text(badge, say("status.snoozed", { time: moment(known.snoozed_until) }));
  if (known.status === "resolved") {
    text(badge, say("status.resolved"));
    badge.title = known.resolved_at ? full(known.resolved_at) : "";
  }
  const rating = at("rating");
  show(rating, known.rating);
  if (known.rating) {
    text(slot(rating, "words"), String(known.rating));
    rating.title = say("rating", { n: known.rating });
  }
}

function paintWaiting(known) {
  const isDue = paintDue(at("due"), known);
  const waits = known.waiting_since && known.status === "open" && !isDue;
  const node = at("waiting");
  show(node, waits);
  if (!waits) return;
  const time = span(Date.now() - Date.parse(known.waiting_since));
  text(slot(node, "words"), time);
  node.title = say("head.waiting", { time, since: full(known.waiting_since) });
}

// -- Who else looks at it; what is not said again in time is over

function see({ agent, composing, gone }) {
  if (!agent || agent.id === me.id) return;
  if (gone) viewers.delete(agent.id);
  else viewers.set(agent.id, { ...agent, composing, until: Date.now() + VIEWER_MS });
  drawViewers();
}

function drawViewers() {
  const here = [...viewers.values()];
  const node = at("viewers");
  show(node, here.length);
  const faces = here.slice(0, SHOWN).map((viewer) => avatar(viewer.id, viewer.name, "s"));
  slot(node, "faces").replaceChildren(...faces);
  const writing = here.find((viewer) => viewer.composing);
  const key = writing ? "viewer.composing" : here.length > 1 ? "viewers.looking" : "viewer.looking";
  text(slot(node, "words"), here.length ? say(key, { name: (writing ?? here[0]).name, n: here.length }) : "");
  node.toggleAttribute("data-composing", Boolean(writing));
  node.title = here.map((viewer) => viewer.name).join(", ");
}

function tick() {
  const known = row(state.open);
  if (known) paintWaiting(known);
  const over = [...viewers.values()].filter((viewer) => viewer.until < Date.now());
  for (const viewer of over) viewers.delete(viewer.id);
  if (over.length) drawViewers();
}
