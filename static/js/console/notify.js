// The bell of every page (static/js/notices/) on this one: it counts what is unread among the agent's own, opens
// conversations without leaving the page, and hears which one is looked at.

import { countInTitle } from "../notices/bell.js";
import { emit, me, on, state, unread } from "./store.js";

export function start() {
  on("row", draw);
  on("rows", draw);
  on("open", () => document.dispatchEvent(new Event("desk:moved")));
  document.addEventListener("desk:go", (event) => {
    const id = event.detail.href.match(/^\/inbox\/([0-9a-f-]{36})\/$/)?.[1];
    if (!id) return;
    event.preventDefault();
    emit("choose", { id });
  });
}

function draw() {
  countInTitle([...state.rows.values()].filter((one) => one.status === "open" && one.assignee?.id === me.id && unread(one)).length);
}
