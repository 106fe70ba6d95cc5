// The buyer's side: tabs whose contents are documents that the server renders. Switching the conversation
// switches them at once; what came for another conversation is never shown.

import { clone, attribute, slot } from "./dom.js";
import { on as onSocket } from "./socket.js";
import { me, on, row, state } from "./store.js";

const REMEMBERED = `desk.panel.${me.id}`;

const panel = document.getElementById("panel");
const body = document.getElementById("panel-body");
const tabs = [...panel.querySelectorAll("[data-tab]")];
let tab = tabs[0].dataset.tab;
let holder = null;
let isBroken = false;
let shown = null; // the conversation whose documents are here, or on their way

export function start() {
  const kept = localStorage.getItem(REMEMBERED);
  if (tabs.some((one) => one.dataset.tab === kept)) tab = kept;
  for (const button of tabs) button.addEventListener("click", () => choose(button.dataset.tab));
  slot(panel, "tabs").addEventListener("keydown", onKey);
  body.addEventListener("htmx:afterSwap", (event) => event.detail.target === holder && attribute(body, "aria-busy", null));
  for (const name of ["htmx:responseError", "htmx:sendError"]) {
    body.addEventListener(name, (event) => event.detail.target === holder && failed());
  }
  on("open", ({ id, again }) => {
    if (again) return;
    if (id && row(id)) load();
    else clear();
  });
  // A conversation that came by its address alone may not exist: wait until it does.
  on("detail", ({ id }) => id === state.open && shown !== id && load());
  onSocket("state", (now) => now === "open" && isBroken && state.open && load());
  onSocket("order.updated", ({ order }) => ring(order.id, order.buyer?.id));
  onSocket("order.action", ({ order }) => ring(order?.id ?? order));
  onSocket("order.request", ({ order }) => ring(order));
  onSocket("buyer.updated", () => ring(null));
  paintTabs();
}

const address = () => `/inbox/${state.open}/panel/${tab}/`;

export function choose(name) {
  tab = name;
  localStorage.setItem(REMEMBERED, tab);
  paintTabs();
  if (state.open) load();
}

function paintTabs() {
  for (const button of tabs) {
    const isOn = button.dataset.tab === tab;
    button.setAttribute("aria-selected", String(isOn));
    button.tabIndex = isOn ? 0 : -1;
    if (isOn) body.setAttribute("aria-labelledby", button.id);
  }
}

function onKey(event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const next = tabs.at((tabs.findIndex((one) => one.dataset.tab === tab) + step) % tabs.length);
  choose(next.dataset.tab);
  next.focus();
}

function clear() {
  shown = null;
  hold();
}

/** Every load has a holder of its own, so a late document lands in one that is on the page no more. */
function hold() {
  holder = document.createElement("div");
  holder.append(clone("panel-skeleton"));
  body.replaceChildren(holder);
  body.scrollTop = 0;
}

function load() {
  shown = state.open;
  isBroken = false;
  hold();
  body.setAttribute("aria-busy", "true");
  window.htmx.ajax("GET", address(), { source: holder, target: holder, swap: "innerHTML" }).catch(() => {});
}

function failed() {
  isBroken = true;
  const words = clone("panel-failed");
  slot(words, "retry").addEventListener("click", load);
  holder.replaceChildren(words);
  attribute(body, "aria-busy", null);
}

/** An order changed: the fragment that shows it asks for itself again. */
function ring(order, buyer) {
  panel.dispatchEvent(new CustomEvent("desk:order", { detail: { order, buyer } }));
}
