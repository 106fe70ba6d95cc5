// The list of conversations: loaded by pages, kept live, and never moved under a pointer or a reader.

import { Failure, get } from "./api.js";
import { $, debounce, show, slot, text } from "./dom.js";
import { draftOf } from "./drafts.js";
import { dueState, turn } from "./due.js";
import * as outbox from "./outbox.js";
import { buildRow, paintRow, paintTimes } from "./row.js";
import * as selection from "./selection.js";
import { applyPage, belongs, emit, me, on, row, state } from "./store.js";
import { say } from "./words.js";

const TICK_MS = 15_000;
const KEYBOARD_MS = 5_000; // how long after a key the list stays still for who walks through it

const box = document.getElementById("list");
const items = slot(box, "rows");
const pill = document.getElementById("list-new");
const nodes = new Map(); // id -> row
const keys = new Map(); // id -> what it was last sorted by while it belonged here
const snippets = new Map(); // id -> the found words, while searching
const changed = new Set(); // ids heard of since the list was last asked for
const held = new Set(); // ids whose place changes when the list may move

let query = { view: "all", filters: {}, text: "" };
let next = null;
let loading = false;
let asked = 0;
let stale = false; // something may have changed since the page under way was asked for
let lastKey = 0;

export function start() {
  on("row", onRow);
  on("open", onOpen);
  on("outbox", ({ entry }) => repaint(entry.conversation));
  on("draft", ({ id }) => repaint(id));
  box.addEventListener("pointerleave", settle);
  box.addEventListener("scroll", () => {
    if (box.scrollTop <= 8) settle();
    if (box.scrollHeight - box.scrollTop - box.clientHeight < 600) loadMore();
  }, { passive: true });
  box.addEventListener("keydown", () => {
    lastKey = Date.now();
    settleLater();
  });
  box.addEventListener("focusout", () => settleLater());
  items.addEventListener("click", onClick);
  pill.addEventListener("click", () => {
    box.scrollTop = 0;
    reorder();
  });
  $("[data-retry]", box).addEventListener("click", () => load(query));
  setInterval(tick, TICK_MS);
}

// -- Loading

/** Show what `wanted` asks for: {view, filters, text}. */
export async function load(wanted) {
  query = wanted;
  const mine = ++asked;
  loading = true;
  emit("listing");
  setState("loading");
  try {
    const page = await get(`conversations/?${parameters()}`);
    if (mine !== asked) return;
    for (const map of [nodes, keys, held, snippets]) map.clear();
    items.replaceChildren();
    box.scrollTop = 0;
    take(page);
    setState(nodes.size ? "ready" : "empty");
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    if (mine === asked) setState("failed");
  } finally {
    if (mine === asked) loading = false;
  }
  if (mine === asked && stale) refresh();
  drawPill();
  emit("listed", { size: nodes.size });
}

function parameters() {
  const found = new URLSearchParams(query.view ? { view: query.view } : {});
  for (const [name, value] of Object.entries(query.filters)) if (value) found.set(name, value);
  if (query.text) found.set("q", query.text);
  return found;
}

async function loadMore() {
  if (!next || loading) return;
  const mine = asked;
  loading = true;
  show(slot(box, "more"), true);
  try {
    const url = new URL(next, location.origin);
    const page = await get(url.pathname + url.search);
    if (mine === asked) take(page);
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
  } finally {
    loading = false;
    show(slot(box, "more"), false);
  }
}

function take(page) {
  next = page.next;
  for (const result of page.results) if (result.snippet) snippets.set(result.id, result.snippet);
  applyPage(page.results);
  const fresh = page.results.filter((result) => !nodes.has(result.id)).map((result) => make(result.id));
  items.append(...fresh);
  setTabStop();
}

/** Ask again for the first page and merge it in: after a gap in what was heard. */
export async function refresh() {
  stale = loading;
  if (loading || (query.text && box.dataset.state === "ready")) return;
  if (box.dataset.state === "failed") return load(query);
  changed.clear();
  try {
    const page = await get(`conversations/?${parameters()}`);
    applyPage(page.results);
    merge(page);
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
  }
}

/** The first page as it is now: rows that should stand in it and do not have left the view meanwhile. */
function merge(page) {
  const there = new Set(page.results.map((result) => result.id));
  for (const id of there) {
    const known = nodes.has(id);
    if (known && keys.get(id) === sortKey(row(id)) && !nodes.get(id).hasAttribute("data-gone")) continue;
    if (!known) make(id);
    keys.set(id, sortKey(row(id)));
    nodes.get(id).removeAttribute("data-gone");
    held.add(id);
  }
  const last = page.next && page.results.at(-1)?.id;
  for (const [id, node] of nodes) {
    // What was heard of since we asked is newer than the answer.
    if (!there.has(id) && !changed.has(id) && (!last || compare(id, last) < 0)) {
      node.dataset.gone = "";
      held.add(id);
    }
    repaint(id);
  }
  settle();
}

function setState(what) {
  box.dataset.state = what;
  box.setAttribute("aria-busy", String(what === "loading"));
  if (what !== "empty") return;
  const key = query.text ? "search" : Object.values(query.filters).some(Boolean) ? "filter" : query.view;
  text(slot(box, "empty-title"), say(`empty.${key}`));
  text(slot(box, "empty-text"), say(`empty.${key}.text`));
}

// -- Rows

function make(id) {
  const known = row(id);
  const node = buildRow(known, `/inbox/${id}/${location.search}`);
  nodes.set(id, node);
  keys.set(id, sortKey(known));
  paint(node, known);
  return node;
}

function paint(node, known) {
  paintRow(node, known, {
    open: state.open === known.id,
    unsent: outbox.pending(known.id).some((entry) => entry.state !== "sending"),
    draft: state.open === known.id ? "" : draftOf(known.id),
    snippet: snippets.get(known.id),
    found: query.text,
  });
  selection.paint(node);
}

function repaint(id) {
  const node = nodes.get(id);
  if (node) paint(node, row(id));
}

function tick() {
  const now = Date.now();
  for (const [id, node] of nodes) paintTimes(node, row(id), now);
  if (query.filters.due) refresh(); // what is due comes and goes by the clock
}

function onOpen({ id, before }) {
  repaint(before);
  repaint(id);
  if (before && nodes.get(before)?.hasAttribute("data-gone")) {
    held.add(before);
    settle();
  }
  setTabStop();
}

function onClick(event) {
  const link = event.target.closest("a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  emit("choose", { id: link.closest("[data-id]").dataset.id });
}

// -- Live

function matches(known) {
  const { store, channel, tag, assignee, priority, buyer, due } = query.filters;
  const belongsHere = belongs(known, query.view) ?? nodes.has(known.id);
  return belongsHere
    && (!store || known.store.key === store)
    && (!channel || known.channel.kind === channel)
    && (!tag || known.tags.some((one) => one.id === tag))
    && (!assignee || (known.assignee?.id ?? "none") === (assignee === "me" ? me.id : assignee))
    && (!buyer || known.buyer.id === buyer)
    && (!due || (known.status === "open" && dueState(known) === due))
    && (!priority || String(known.priority) === priority);
}

function onRow({ row: known, before, frame }) {
  const node = nodes.get(known.id);
  if (node) paint(node, known);
  changed.add(known.id);
  if (loading) stale = true; // the page under way may be older than this
  if (query.text || loading) return;
  const fits = matches(known);
  if (node) node.toggleAttribute("data-gone", !fits);
  if (!node && !fits) return;
  const moved = !node || !fits || keys.get(known.id) !== sortKey(known);
  if (!moved) return;
  if (!node) make(known.id);
  else if (fits) keys.set(known.id, sortKey(known));
  held.add(known.id);
  if (frame.author_kind === "buyer") nodes.get(known.id).dataset.news = "";
  settle();
}

// Waiting: who is to be answered first comes first. All else: the newest first.
const inTurn = () => query.view === "waiting" || Boolean(query.filters.due);
const sortKey = (known) => (inTurn() ? turn(known) : known.last_at ?? "");

function compare(a, b) {
  const [one, other] = [keys.get(a), keys.get(b)];
  const sign = inTurn() ? 1 : -1;
  return one === other ? (a < b ? -sign : sign) : one < other ? -sign : sign;
}

/** Whether somebody would be looking at, or pointing to, what is about to move. */
function mustHold() {
  if (box.scrollTop > 8) return true;
  if (matchMedia("(hover: hover)").matches && box.matches(":hover")) return true;
  return Boolean($(":focus-visible", items)) && Date.now() - lastKey < KEYBOARD_MS;
}

let settling = false;
/** Reorder once for whatever has come in since the last frame (a hidden page has no frames). */
function settle() {
  if (settling) return;
  settling = true;
  const soon = document.hidden ? (work) => setTimeout(work, 200) : requestAnimationFrame;
  soon(() => {
    settling = false;
    if (held.size && !mustHold()) reorder();
    else drawPill();
  });
}

const settleLater = debounce(KEYBOARD_MS + 100, settle);

/** Put every row where it belongs: few rows move, so few nodes are touched. */
function reorder() {
  held.clear();
  for (const [id, node] of nodes) {
    if (!node.hasAttribute("data-gone") || state.open === id) continue;
    node.remove();
    nodes.delete(id);
    keys.delete(id);
    emit("unlisted", { id });
  }
  let here = items.firstElementChild;
  for (const id of [...nodes.keys()].sort(compare)) {
    const node = nodes.get(id);
    if (node === here) {
      here = here.nextElementSibling;
      continue;
    }
    place(node, here);
  }
  for (const node of items.querySelectorAll("[data-news]")) {
    delete node.dataset.news;
    node.animate?.([{ backgroundColor: "var(--desk-accent-soft)" }, {}], { duration: 1200, easing: "ease-out" });
  }
  if (box.dataset.state === "empty" || box.dataset.state === "ready") setState(nodes.size ? "ready" : "empty");
  setTabStop();
  drawPill();
}

/** Move a row, with the focus that may be on it. */
function place(node, before) {
  const focused = node.contains(document.activeElement) ? document.activeElement : null;
  items.insertBefore(node, before);
  focused?.focus({ preventScroll: true });
}

function drawPill() {
  const news = [...held].filter((id) => nodes.has(id) && !nodes.get(id).hasAttribute("data-gone")).length;
  show(pill, news > 0 && mustHold());
  text(slot(pill, "words"), say("list.new", { n: news }));
}

// -- Walking through it

/** The row the keyboard stands on: the focused one, else the open one. */
function cursor() {
  return document.activeElement?.closest?.("#list [data-id]") ?? nodes.get(state.open) ?? null;
}

/** Move the focus by `step` rows; return the id it came to. */
export function move(step) {
  lastKey = Date.now();
  const from = cursor();
  const to = from ? (step > 0 ? from.nextElementSibling : from.previousElementSibling)
    : step > 0 ? items.firstElementChild : items.lastElementChild;
  if (!to) return null;
  setTabStop(to);
  slot(to, "link").focus();
  to.scrollIntoView({ block: "nearest" });
  settleLater();
  return to.dataset.id;
}

export function focusCursor() {
  const node = cursor() ?? items.firstElementChild;
  if (node) slot(node, "link").focus();
}

export const cursorId = () => cursor()?.dataset.id ?? null;

/** One row is in the Tab order: the arrow keys and j/k do the rest. */
function setTabStop(node = cursor() ?? items.firstElementChild) {
  for (const link of items.querySelectorAll('[data-slot="link"][tabindex="0"]')) link.tabIndex = -1;
  if (node?.isConnected) slot(node, "link").tabIndex = 0;
}

export const currentQuery = () => query;
