// What is done to all selected rows: one request, what became of each told plainly, and taken back where it can be.

import { ask, toast } from "../base.js";
import { openFor } from "./aim.js";
import { Failure, post } from "./api.js";
import { $, clientId, show, slot, text } from "./dom.js";
import * as selection from "./selection.js";
import { on, row } from "./store.js";
import { has, say } from "./words.js";

const SURE_ABOVE = 10; // so many are resolved without a question
const LONGER_MS = 9_000;
const REASONS = 2;

const bar = document.getElementById("bulk-bar");

export function start() {
  on("selection", draw);
  bar.addEventListener("click", onClick);
}

function draw() {
  const n = selection.size();
  show(bar, n);
  document.getElementById("list").toggleAttribute("data-bulk", n > 0);
  text(slot(bar, "count"), say("bulk.selected", { n }));
  const states = new Set(selection.ids().map((id) => row(id)?.status));
  show($("[data-bulk=resolve]", bar), !n || states.has("open") || states.has("snoozed"));
  show($("[data-bulk=reopen]", bar), states.has("resolved") || states.has("snoozed"));
}

function onClick(event) {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.bulkMenu) open(button.dataset.bulkMenu);
  else if (button.dataset.bulk) run(button.dataset.bulk);
  else if (button.matches("[data-bulk-all]")) selection.all();
  else if (button.matches("[data-bulk-clear]")) selection.clear();
}

/** Open one of the menus for what is selected: assign, tag, priority or snooze. */
export const open = (name) => openFor(name, $(`[data-bulk-menu=${name}]`, bar), run);

/** Resolve what is selected, or, where all of it is resolved, open it again. */
export function toggleResolved() {
  const all = selection.ids().map(row);
  return run(all.every((one) => one?.status === "resolved") ? "reopen" : "resolve");
}

async function run(action, params = {}) {
  const ids = selection.ids();
  if (!ids.length) return;
  if (action === "resolve" && ids.length > SURE_ABOVE) {
    const words = { detail: say("bulk.sure.detail"), yes: say("bulk.sure.yes") };
    if (!(await ask(say("bulk.sure", { n: ids.length }), words))) return;
  }
  await send({ ids, action, params }, clientId());
}

/** Send it; sent again under the same key it does nothing twice. */
async function send(body, key) {
  busy(true);
  try {
    const done = await post("conversations/bulk/", body, { headers: { "Idempotency-Key": key } });
    selection.clear();
    const undo = () => takeBack(done.id);
    tell(say(`bulk.done.${body.action}`, { n: done.done }), done, done.undoable ? undo : null);
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    const again = { label: say("bulk.again"), run: () => send(body, key) };
    const words = failure.code === "network" ? say("failure.network") : failure.message || say("failure");
    toast(words, { kind: "error", action: failure.code === "network" ? again : null });
  } finally {
    busy(false);
  }
}

async function takeBack(id) {
  try {
    const done = await post(`conversations/bulk/${id}/undo/`);
    tell(say("bulk.undone", { n: done.done }), done, null);
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    toast(failure.message || say("failure.network"), { kind: "error" });
  }
}

function tell(what, done, undo) {
  const parts = done.done || !done.unchanged ? [what] : [];
  if (done.unchanged) parts.push(say("bulk.unchanged", { n: done.unchanged }));
  if (done.failed) parts.push(say("bulk.failed", { n: done.failed, why: reasons(done.results) }));
  toast(parts.join(" "), {
    kind: done.failed ? "warning" : "success",
    action: undo && { label: say("undo"), run: undo },
    stay: done.failed || undo ? LONGER_MS : undefined,
  });
}

/** Why some could not be, the commonest first. */
function reasons(results) {
  const found = new Map();
  for (const { state, code, detail } of results) {
    if (state !== "failed") continue;
    const words = has(`bulk.why.${code}`) ? say(`bulk.why.${code}`) : detail;
    found.set(words, (found.get(words) ?? 0) + 1);
  }
  return [...found].sort((a, b) => b[1] - a[1]).slice(0, REASONS).map(([words]) => words).join(" ");
}

function busy(is) {
  bar.toggleAttribute("data-busy", is);
  for (const button of bar.querySelectorAll("button")) button.disabled = is;
}
