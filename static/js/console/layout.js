// Which pane shows where there is no room for all: on a phone one at a time, on a tablet the panel slides over.

import * as conversation from "./conversation.js";
import { $$ } from "./dom.js";
import { on, row } from "./store.js";
import { say } from "./words.js";

const page = document.getElementById("inbox");
const panel = document.getElementById("panel");
const phone = matchMedia("(max-width: 760px)");
const plainTitle = document.title.replace(/^\(\d+\+?\) /, "");

export function start() {
  on("open", ({ id }) => {
    page.dataset.pane = id ? "conversation" : "list";
    closePanel();
  });
  for (const button of $$("[data-show-panel]")) button.addEventListener("click", togglePanel);
  for (const button of $$("[data-hide-panel]")) button.addEventListener("click", () => closePanel({ focus: true }));
  for (const button of $$("[data-show-list]")) {
    button.addEventListener("click", () => {
      conversation.close();
      history.pushState({}, "", `/inbox/${location.search}`);
    });
  }
}

export const isPhone = () => phone.matches;
export const isPanelOpen = () => page.hasAttribute("data-panel");

export function togglePanel() {
  const isOpen = page.toggleAttribute("data-panel");
  tell(isOpen);
  if (isOpen) panel.querySelector('[aria-selected="true"]').focus();
}

/** Have the panel in sight: where it slides over the page, slide it in. */
export function showPanel() {
  if (isPanelOpen()) return;
  page.toggleAttribute("data-panel", true);
  tell(true);
}

export function closePanel({ focus = false } = {}) {
  if (!isPanelOpen()) return;
  page.removeAttribute("data-panel");
  tell(false);
  if (focus) $$("[data-show-panel]").find((button) => button.offsetParent)?.focus();
}

function tell(isOpen) {
  for (const button of $$("[data-show-panel]")) button.setAttribute("aria-expanded", String(isOpen));
}

/** What a screen reader hears of a conversation that was opened. */
export function announce(id) {
  const known = row(id);
  document.getElementById("announcer").textContent = known ? say("opened", { name: known.buyer.name }) : plainTitle;
}
