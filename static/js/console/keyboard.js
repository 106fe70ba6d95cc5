// The keys of the inbox. They are single letters, so they rest while somebody types or a dialog is open.

import * as actions from "./actions.js";
import * as bulk from "./bulk.js";
import * as chips from "./chips.js";
import * as composer from "./composer.js";
import * as layout from "./layout.js";
import * as list from "./list.js";
import { openMenu } from "./menus.js";
import * as palette from "./palette.js";
import * as selection from "./selection.js";
import { emit, state } from "./store.js";
import * as tasks from "./tasks.js";
import * as views from "./views.js";

const keys = {
  j: () => list.move(1),
  k: () => list.move(-1),
  o: openAtCursor,
  r: () => write("reply"),
  n: () => write("note"),
  x: () => selection.toggle(list.cursorId()),
  e: () => (selection.size() ? bulk.toggleResolved() : state.open && actions.toggleResolved()),
  a: () => menu("assign"),
  s: () => menu("snooze"),
  t: () => menu("tag"),
  p: () => menu("priority"),
  d: () => tasks.make(),
  u: () => chips.focus(),
  f: () => views.focusSearch(),
  "/": () => state.open && composer.beginCanned(),
};

export function start() {
  document.addEventListener("keydown", onKey);
  document.getElementById("list").addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !event.target.closest("[data-id]")) return;
    event.preventDefault();
    list.move(step);
  });
}

/** What is selected comes before what is open. */
const menu = (name) => (selection.size() ? bulk.open(name) : openMenu(name));

function openAtCursor() {
  const id = list.cursorId();
  if (id) emit("choose", { id });
}

function write(mode) {
  if (state.open) composer.setMode(mode, { focus: true });
}

const isTyping = (node) => node.closest?.('input:not([type="checkbox"]), textarea, select, [contenteditable="true"]');
const isBusy = () => document.querySelector("dialog[open], [popover]:popover-open");

function onKey(event) {
  if (event.defaultPrevented || event.isComposing) return;
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    palette.toggle();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || isBusy()) return;
  if (event.key === "Escape") {
    escape();
    return;
  }
  const work = keys[event.key.length === 1 ? event.key.toLowerCase() : ""];
  if (!work || (event.shiftKey && event.key !== "/")) return;
  event.preventDefault();
  work();
}

function escape() {
  if (selection.size()) selection.clear();
  else if (layout.isPanelOpen()) layout.closePanel({ focus: true });
  else if (document.activeElement?.closest("#conversation, #panel")) list.focusCursor();
}
