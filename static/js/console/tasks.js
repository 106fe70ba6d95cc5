// Tasks of the open conversation: a quiet strip under its head, and the dialog that makes one.
// (What the strip shows, and that it stays fresh, is static/js/tasks.js.)

import { on, state } from "./store.js";

const strip = document.getElementById("conversation-tasks");
const button = document.querySelector("#conversation-head [data-slot=task]");

export function start() {
  on("open", ({ id, again }) => {
    if (!again) show(id);
  });
  button.addEventListener("click", make);
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-task-link]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    window.htmx.ajax("GET", link.getAttribute("href"), { target: "#dialog" });
  });
}

function show(id) {
  strip.hidden = true;
  strip.replaceChildren();
  strip.dataset.conversation = id ?? "";
  strip.dataset.refresh = id ? `/team/tasks/of/conversation/${id}/` : "";
  if (id) document.body.dispatchEvent(new CustomEvent("desk:tasks-shown", { detail: strip.id }));
}

/** Make a task about the open conversation. */
export function make() {
  if (state.open) window.htmx.ajax("GET", `/team/tasks/new/?conversation=${state.open}`, { target: "#dialog" });
}
