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
let shown = null; // the conversation whose documents are here, or on their way

export function start() {
  const kept = localStorage.getItem(REMEMBERED);
  if (tabs.some((one) => one.dataset.tab === kept)) tab = kept;
  for (const button of tabs) button.addEventListener("click", () => choose(button.dataset.tab));
  slot(panel, "tabs").addEventListener("keydown", onKey);
  // A document that arrives late must not show one buyer's orders beside another's words.
  body.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target === body && event.detail.pathInfo.requestPath !== address()) event.detail.shouldSwap = false;
  });
  body.addEventListener("htmx:afterSwap", (event) => event.detail.target === body && attribute(body, "aria-busy", null));
  for (const name of ["htmx:responseError", "htmx:sendError"]) {
    body.addEventListener(name, (event) => {
      if (event.detail.target !== body || event.detail.pathInfo.requestPath !== address()) return;
      const failed = clone("panel-failed");
      slot(failed, "retry").addEventListener("click", load);
      body.replaceChildren(failed);
      attribute(body, "aria-busy", null);
    });
  }
  on("open", ({ id, again }) => {
    if (again) return;
    if (id && row(id)) load();
    else clear();
  });
  // A conversation that came by its address alone may not exist: wait until it does.
  on("detail", ({ id }) => id === state.open && shown !== id && load());
  onSocket("order.updated", ({ order }) => ring(order.id));
  onSocket("order.action", ({ order }) => ring(order?.id ?? order));
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
  window.htmx.trigger(body, "htmx:abort");
  body.replaceChildren(clone("panel-skeleton"));
}

function load() {
  shown = state.open;
  window.htmx.trigger(body, "htmx:abort");
  body.setAttribute("aria-busy", "true");
  body.replaceChildren(clone("panel-skeleton"));
  body.scrollTop = 0;
  window.htmx.ajax("GET", address(), { source: body, target: body, swap: "innerHTML" }).catch(() => {});
}

/** An order changed: the fragment that shows it asks for itself again. */
function ring(order) {
  panel.dispatchEvent(new CustomEvent("desk:order", { detail: { order } }));
}
