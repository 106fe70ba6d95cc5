// An earlier conversation of the buyer becomes part of the open one, and one of its own again.

import { icon, toast } from "../base.js";
import { act } from "./actions.js";
import { Failure, get } from "./api.js";
import { $, $$, clone, show, slot, text } from "./dom.js";
import { moment } from "./format.js";
import { on as onSocket } from "./socket.js";
import { applySummary, desk, emit, me, on, relearn, row, state } from "./store.js";
import { say } from "./words.js";

// After these, how far one has read counts other messages than before.
const MOVES = ["conversation.merged", "conversation.separated", "conversation.split", "conversation.joined"];

const dialog = document.getElementById("merge-dialog");
const list = slot(dialog, "list");
const undone = new Set(); // merges that were taken back, as far as lines here tell

export function start() {
  document.addEventListener("click", (event) => event.target.closest("[data-merge]") && open());
  document.getElementById("timeline").addEventListener("click", (event) => {
    const button = event.target.closest("[data-separate]");
    if (button) separate(state.open, button.dataset.separate);
  });
  list.addEventListener("change", () => { slot(dialog, "send").disabled = false; });
  $("form", dialog).addEventListener("submit", submit);
  onSocket("conversation.gone", ({ conversation, into }) => gone(conversation, into));
  onSocket("conversation.updated", ({ summary, cause }) => MOVES.includes(cause) && learn(summary.id));
  on("detail", (detail) => detail.merged_into && gone(detail.id, detail.merged_into));
}

// -- Merging

async function open(id = state.open) {
  if (!id) return;
  for (const menu of $$("[popover]:popover-open")) menu.hidePopover();
  list.replaceChildren();
  text(slot(dialog, "buyer"), row(id)?.buyer.name);
  slot(dialog, "send").disabled = true;
  dialog.dataset.about = id;
  dialog.dataset.state = "loading";
  dialog.showModal();
  try {
    const { results } = await get(`conversations/${id}/merge/`);
    if (dialog.dataset.about !== id) return;
    list.append(...results.map(draw));
    dialog.dataset.state = results.length ? "ready" : "empty";
    if (results.length) $("input", list).focus();
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    dialog.dataset.state = "failed";
  }
}

function draw(known) {
  const node = clone("mergeable");
  $("input", node).value = known.id;
  slot(node, "icon").replaceChildren(icon(desk.channels[known.channel.kind]?.icon ?? "message-circle"));
  text(slot(node, "words"), known.preview || say("row.file"));
  const who = known.assignee?.name ?? "";
  text(slot(node, "detail"), [known.channel.name, who].filter(Boolean).join(" · "));
  text(slot(node, "time"), moment(known.last_at));
  return node;
}

async function submit(event) {
  event.preventDefault();
  const { about } = dialog.dataset;
  const other = new FormData(event.target).get("other");
  if (!other) return;
  slot(dialog, "send").disabled = true;
  const merged = await act(about, "merge", { other });
  slot(dialog, "send").disabled = false;
  if (!merged) return;
  dialog.close();
  toast(say("merge.done"), { kind: "success", action: { label: say("undo"), run: () => separate(about, merged.merge) } });
}

async function separate(id, merge) {
  if (!(await act(id, "separate", { merge }))) return;
  withdraw(merge);
  toast(say("merge.undone"), { kind: "success" });
}

// -- The line that tells of it

/** Put "Undo" to the line of a merge that still is one. */
export function dressLine(node, message) {
  const { event, merge } = message.event ?? {};
  // The line of the merge may have been built with this one, and not be in the page yet.
  if (event === "conversation.separated") queueMicrotask(() => withdraw(merge));
  if (event !== "conversation.merged" || undone.has(merge) || !me.may.includes("conversations.merge")) return;
  const button = clone("separate");
  button.dataset.separate = merge;
  slot(node, "text").after(button);
}

function withdraw(merge) {
  undone.add(merge);
  for (const button of $$(`[data-separate="${CSS.escape(merge)}"]`)) show(button, false);
}

// -- What others did

/** A conversation is part of another now: whoever had it open goes on there. */
function gone(id, into) {
  const known = row(id);
  if (known && known.merged_into !== into) applySummary({ ...known, status: "resolved", merged_into: into });
  if (state.open === id) emit("choose", { id: into });
}

/** Learn anew what only the server knows of a conversation: how far this agent has read it. */
async function learn(id) {
  if (!row(id)) return;
  try {
    relearn(await get(`conversations/${id}/`));
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
  }
}
