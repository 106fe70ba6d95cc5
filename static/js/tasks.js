// Tasks on every page of the desk: how many of my own are due, ticks that say that one is done, and lists that read
// themselves anew when a frame says that a task changed. (A frame says which task and whose, never what it says.)

import { toast } from "./base.js";
import { Failure, post } from "./console/api.js";
import { ask } from "./console/asking.js";
import { on } from "./console/socket.js";

const SOON_MS = 150; // of a burst of frames one reading is enough
const STALE_MS = 5 * 60_000; // then a day may be over, and with it what counts
const MOST = 99;

const { agent: me } = document.body.dataset;
const KEPT = `desk.tasks.${me}`;
const words = document.getElementById("desk-strings").dataset;

let due = kept(); // when my own tasks of today are due
let readAt = 0;

// -- The count

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT)) ?? [];
  } catch {
    return [];
  }
}

function paint() {
  const isLate = due.some((at) => Date.parse(at) <= Date.now());
  for (const badge of document.querySelectorAll("[data-task-count]")) {
    badge.querySelector("[data-number]").textContent = due.length > MOST ? `${MOST}+` : String(due.length);
    badge.hidden = !due.length;
    badge.toggleAttribute("data-late", isLate);
  }
  sessionStorage.setItem(KEPT, JSON.stringify(due));
}

async function count() {
  readAt = Date.now();
  try {
    due = (await ask("tasks.due")).due;
  } catch {
    return; // no connection: the next one asks again
  }
  paint();
}

// -- Lists

const soon = new Map(); // a list -> its timer

/** Have what shows tasks read itself anew: all of it, or what a frame concerns. */
function refresh(frame = null) {
  for (const list of document.querySelectorAll("[data-tasks]")) {
    if (!frame || concerns(list.dataset, frame)) refreshSoon(list.id);
  }
}

function concerns({ tasks: of, conversation, orderId }, frame) {
  if (of === "order") return frame.order === orderId;
  return of !== "conversation" || frame.conversation === conversation;
}

function refreshSoon(id) {
  clearTimeout(soon.get(id));
  soon.set(id, setTimeout(() => read(id), SOON_MS));
}

async function read(id) {
  const list = document.getElementById(id);
  if (!list?.dataset.refresh) return;
  const address = list.dataset.refresh;
  let html;
  try {
    const answer = await fetch(address, { headers: { "HX-Request": "true" } });
    if (!answer.ok) return;
    html = await answer.text();
  } catch {
    return;
  }
  const now = document.getElementById(id);
  if (now?.dataset.refresh === address) replace(now, html);
}

/** Put in what has come, and the focus back to where it was: to the same task, or to what took its place. */
function replace(list, html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").body;
  const focused = list.contains(document.activeElement) ? document.activeElement : null;
  const rows = [...list.querySelectorAll("[data-task]")];
  const place = rows.indexOf(focused?.closest("[data-task]"));
  let shown = list;
  if (list.dataset.tasks === "conversation") list.replaceChildren(...fresh.childNodes);
  else {
    shown = fresh.querySelector(`[id="${CSS.escape(list.id)}"]`);
    if (!shown) return;
    list.replaceWith(shown);
  }
  window.htmx.process(shown);
  if (list.dataset.tasks === "conversation") list.hidden = !list.firstElementChild;
  if (!focused) return;
  const same = focused.id && document.getElementById(focused.id);
  const next = [...shown.querySelectorAll("[data-task]")][Math.max(place, 0)];
  (same || next?.querySelector("[data-task-tick]"))?.focus();
}

// -- Ticks

async function tick(button) {
  const id = button.dataset.taskTick;
  const isOpen = button.getAttribute("aria-pressed") === "false";
  const row = button.closest("[data-task]");
  button.setAttribute("aria-pressed", String(isOpen));
  row?.toggleAttribute("data-ticked", isOpen);
  if (!(await set(id, isOpen))) {
    button.setAttribute("aria-pressed", String(!isOpen));
    row?.removeAttribute("data-ticked");
    return;
  }
  toast(isOpen ? words.taskDone : words.taskOpen, {
    kind: "success", action: { label: words.undo, run: () => set(id, !isOpen) },
  });
  if (!("thenClose" in button.dataset)) return;
  if (button.closest("dialog")) button.closest("dialog").close();
  else location.reload();
}

async function set(id, isDone) {
  try {
    await post(`tasks/${id}/${isDone ? "complete" : "reopen"}/`);
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    toast(failure.code === "network" ? words.offline : failure.message || words.failed, { kind: "error" });
    return false;
  }
  changed();
  return true;
}

/** Something was done here: its frame says so too, but where sockets do not get through, nothing else does. */
function changed() {
  count();
  refresh();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-task-tick]");
  if (button) tick(button);
});
document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest?.('input, textarea, select, [contenteditable="true"]');
  if (event.key !== "n" || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping) return;
  const button = document.querySelector("[data-new-task]");
  if (!button || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  button.click();
});
document.body.addEventListener("desk:tasks", changed);
document.body.addEventListener("desk:tasks-shown", ({ detail: id }) => read(id));

on("task.updated", (frame) => {
  if (frame.agents.includes(me)) count();
  refresh(frame);
});
function catchUp() {
  count();
  refresh();
}
on("state", (now) => (now === "open" || now === "blocked") && catchUp());
on("resync", catchUp);
document.addEventListener("visibilitychange", () => !document.hidden && Date.now() - readAt > STALE_MS && catchUp());
setInterval(() => (Date.now() - readAt > STALE_MS && !document.hidden ? catchUp() : paint()), 30_000);
paint();
