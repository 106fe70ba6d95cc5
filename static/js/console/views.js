// Which conversations are listed: the views with their counts, the filters, the search. The address keeps it all.

import { Failure, get } from "./api.js";
import { $, $$, attribute, debounce, show, slot, text } from "./dom.js";
import { number } from "./format.js";
import * as list from "./list.js";
import { on as onSocket } from "./socket.js";
import { belongs, me, on, state } from "./store.js";

const SEARCH_MS = 220;
const COUNT_MS = 6_000;
const REMEMBERED = `desk.view.${me.id}`;
const FILTERS = ["store", "channel", "tag", "assignee", "priority", "due", "buyer"];

const links = new Map($$("#views [data-view]").map((link) => [link.dataset.view, link]));
const search = document.getElementById("search");
const form = document.getElementById("filters");
const chips = document.getElementById("filter-chips");

let view = "all";
let filters = {};
let words = "";
let buyerName = "";
let counts = {};

export function start() {
  readAddress();
  document.getElementById("views").addEventListener("click", (event) => {
    const link = event.target.closest("[data-view]");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    choose(link.dataset.view);
  });
  search.addEventListener("input", debounce(SEARCH_MS, () => {
    words = search.value.trim();
    apply();
  }));
  search.addEventListener("keydown", onSearchKey);
  $("[data-clear-search]").addEventListener("click", () => {
    clearSearch();
    search.focus();
  });
  form.addEventListener("change", readForm);
  form.addEventListener("reset", () => {
    filters = {};
    requestAnimationFrame(apply);
  });
  chips.addEventListener("click", (event) => {
    const chip = event.target.closest("[data-filter]");
    if (!chip) return;
    delete filters[chip.dataset.filter];
    apply();
  });
  on("row", count);
  on("rows", () => filters.buyer && !buyerName && drawChips());
  onSocket("mention", () => {
    recountLater();
    if (view === "mentions") list.refresh();
  });
  apply({ keep: true });
  recount();
}

export const currentView = () => view;

export function choose(name) {
  view = name;
  words = search.value = "";
  apply();
}

/** Show everything of one buyer. */
export function showBuyer(id, name) {
  buyerName = name;
  filters = { buyer: id };
  words = search.value = "";
  apply();
}

export function focusSearch() {
  search.focus();
  search.select();
}

function clearSearch() {
  if (!words && !search.value) return;
  words = search.value = "";
  apply();
}

function onSearchKey(event) {
  if (event.isComposing) return;
  if (event.key === "Escape" && search.value) {
    event.stopPropagation();
    clearSearch();
  } else if (event.key === "Escape") {
    search.blur();
  } else if (event.key === "ArrowDown" || event.key === "Enter") {
    event.preventDefault();
    list.move(1);
  }
}

// -- The address

function readAddress() {
  const given = new URLSearchParams(location.search);
  let remembered = "";
  try {
    remembered = localStorage.getItem(REMEMBERED) ?? "";
  } catch {
    // No storage: the view begins anew each time.
  }
  const wanted = given.get("view") ?? remembered;
  view = links.has(wanted) ? wanted : "all";
  filters = Object.fromEntries(FILTERS.filter((name) => given.get(name)).map((name) => [name, given.get(name)]));
  words = search.value = given.get("q") ?? "";
}

function writeAddress() {
  const wanted = new URLSearchParams({ view });
  for (const [name, value] of Object.entries(filters)) wanted.set(name, value);
  if (words) wanted.set("q", words);
  history.replaceState(history.state, "", `${location.pathname}?${wanted}`);
  try {
    localStorage.setItem(REMEMBERED, view);
  } catch {
    // As above.
  }
}

function readForm() {
  for (const name of FILTERS) {
    const field = form.elements[name];
    if (!field) continue;
    if (field.value) filters[name] = field.value;
    else delete filters[name];
  }
  apply();
}

/** Make the page and the list agree with what was chosen. */
function apply() {
  writeAddress();
  for (const [name, link] of links) {
    attribute(link, "aria-current", name === view && !isAcross() ? "true" : null);
  }
  show($("[data-clear-search]"), search.value);
  drawChips();
  list.load({ view: isAcross() ? null : view, filters: { ...filters }, text: words });
}

/** The name comes with the choice, or, where the address brought us here, with the buyer's conversations. */
function nameOfBuyer(id) {
  buyerName ||= [...state.rows.values()].find((one) => one.buyer.id === id)?.buyer.name ?? "";
  return buyerName;
}

/** A search, and one buyer's conversations, go across all views. */
const isAcross = () => Boolean(words || filters.buyer);

function drawChips() {
  const nodes = Object.entries(filters).filter(([, value]) => value).map(([name, value]) => {
    const chip = document.getElementById("t-chip").content.firstElementChild.cloneNode(true);
    const field = form.elements[name];
    if (field) field.value = value;
    chip.dataset.filter = name;
    text(slot(chip, "words"), field ? field.selectedOptions[0]?.textContent.trim() ?? "" : nameOfBuyer(value));
    return chip;
  });
  for (const name of FILTERS) if (form.elements[name] && !filters[name]) form.elements[name].value = "";
  chips.replaceChildren(...nodes);
  show(chips, nodes.length);
  attribute(document.getElementById("filter-button"), "data-active", nodes.length ? "" : null);
}

// -- Counts: moved by what we hear of conversations that we know, asked for again where we cannot know

function count({ row, before }) {
  if (!before) return recountLater();
  for (const name of Object.keys(counts)) {
    const [was, is] = [belongs(before, name), belongs(row, name)];
    if (was === null || was === is || counts[name].more) continue;
    counts[name] = { ...counts[name], count: Math.max(0, counts[name].count + (is ? 1 : -1)) };
  }
  drawCounts();
}

export async function recount() {
  try {
    counts = await get("conversations/counts/");
    drawCounts();
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
  }
}

let recounting = 0;
/** Ask soon, but not all desks at the same moment, and not one that nobody looks at. */
function recountLater() {
  if (recounting) return;
  recounting = setTimeout(() => {
    recounting = 0;
    if (document.hidden) document.addEventListener("visibilitychange", recountLater, { once: true });
    else recount();
  }, COUNT_MS / 3 + Math.random() * COUNT_MS);
}

function drawCounts() {
  for (const [name, link] of links) {
    const given = counts[name];
    const node = slot(link, "count");
    if (!node || !given) continue;
    text(node, given.count ? number(given.count) + (given.more ? "+" : "") : "");
  }
}
