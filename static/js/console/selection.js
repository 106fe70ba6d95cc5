// Which rows of the list are selected: by their boxes, the key x, with shift from one to another, or by a long press.

import { $, attribute } from "./dom.js";
import { emit, me, on } from "./store.js";

export const MOST = 100; // of one request
const PRESS_MS = 450;
const MOVED_PX = 10;

const box = document.getElementById("list");
const items = $('[data-slot="rows"]', box);
const button = document.getElementById("select-button");
const isAllowed = me.may.includes("conversations.bulk");
const chosen = new Set();
let last = null; // the row from which shift goes on
let picking = false; // a tap selects instead of opening: after a long press, or by the button
let press = null;
let swallow = false; // the click that ends a long press

export const size = () => chosen.size;
export const ids = () => [...chosen];

export function start() {
  box.toggleAttribute("data-single", !isAllowed);
  button.hidden = !isAllowed;
  if (!isAllowed) return;
  items.addEventListener("click", onClick, { capture: true });
  items.addEventListener("mousedown", (event) => {
    // Shift selects no words, and the focus stays with the row: its keys go on working.
    if (event.shiftKey || event.target.closest(".conv-select")) event.preventDefault();
  });
  items.addEventListener("pointerdown", onPress);
  for (const type of ["pointerup", "pointercancel", "pointerleave"]) items.addEventListener(type, endPress);
  items.addEventListener("pointermove", (event) => press && moved(event) && endPress());
  items.addEventListener("contextmenu", (event) => swallow && event.preventDefault());
  button.addEventListener("click", () => (picking || chosen.size ? clear() : pick()));
  on("unlisted", ({ id }) => chosen.delete(id) && changed());
  on("listing", clear);
  on("listed", keepListed);
}

/** Show on a row whether it is selected; list.js calls it for every row it draws. */
export function paint(node) {
  const is = chosen.has(node.dataset.id);
  attribute(node, "data-selected", is ? "" : null);
  const field = $('[data-slot="select"]', node);
  if (field.checked !== is) field.checked = is;
}

export function toggle(id) {
  if (!id || !isAllowed) return;
  if (chosen.has(id)) chosen.delete(id);
  else if (chosen.size < MOST) chosen.add(id);
  last = id;
  changed();
}

/** Select what is loaded, up to as many as one request takes. */
export function all() {
  if (!isAllowed) return;
  for (const node of items.children) {
    if (chosen.size >= MOST) break;
    if (!node.hasAttribute("data-gone")) chosen.add(node.dataset.id);
  }
  changed();
}

export function clear() {
  if (!chosen.size && !picking) return;
  chosen.clear();
  picking = false;
  last = null;
  changed();
}

/** What was selected while another list was on its way is not in this one. */
function keepListed() {
  const here = new Set([...items.children].map((node) => node.dataset.id));
  const strayed = [...chosen].filter((id) => !here.has(id));
  for (const id of strayed) chosen.delete(id);
  if (strayed.length) changed();
}

function pick() {
  picking = true;
  changed();
}

function changed() {
  attribute(box, "data-selecting", chosen.size || picking ? "" : null);
  attribute(button, "aria-pressed", String(Boolean(chosen.size || picking)));
  for (const node of items.children) paint(node);
  emit("selection", { ids: ids() });
}

function onClick(event) {
  const node = event.target.closest("[data-id]");
  if (!node) return;
  const onBox = event.target.closest(".conv-select");
  if (swallow) {
    swallow = false;
    return stop(event);
  }
  if (event.shiftKey && (onBox || chosen.size)) {
    range(node.dataset.id);
    return stop(event);
  }
  if (onBox) {
    if (event.target.matches("input")) toggle(node.dataset.id);
    event.stopPropagation();
  } else if (picking && !event.ctrlKey && !event.metaKey) {
    toggle(node.dataset.id);
    stop(event);
  }
  return undefined;
}

function stop(event) {
  event.preventDefault();
  event.stopPropagation();
}

/** Select everything from the last one that was touched to this one. */
function range(id) {
  const order = [...items.children].map((node) => node.dataset.id);
  const [from, to] = [order.indexOf(last ?? id), order.indexOf(id)].sort((a, b) => a - b);
  for (const one of order.slice(Math.max(0, from), to + 1)) if (chosen.size < MOST) chosen.add(one);
  last = id;
  changed();
}

// -- A long press, where there is no pointer to hover with

function onPress(event) {
  const node = event.target.closest("[data-id]");
  if (!node || event.pointerType !== "touch") return;
  swallow = false;
  press = { x: event.clientX, y: event.clientY, timer: setTimeout(() => pressed(node.dataset.id), PRESS_MS) };
}

function pressed(id) {
  press = null;
  swallow = true;
  picking = true;
  if (!chosen.has(id)) toggle(id);
  navigator.vibrate?.(10);
}

const moved = (event) => Math.hypot(event.clientX - press.x, event.clientY - press.y) > MOVED_PX;

function endPress() {
  clearTimeout(press?.timer);
  press = null;
}
