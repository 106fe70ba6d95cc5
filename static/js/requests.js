// The page of buyers' requests, live: a row that changed is drawn again, a new one comes in. What is typed stays.

import { on } from "./console/socket.js";

const SOON_MS = 250;
let timer = 0;

on("order.request", soon);
on("state", (now) => now === "open" && soon());

function soon() {
  clearTimeout(timer);
  timer = setTimeout(refresh, SOON_MS);
}

const isTouched = (row) =>
  row.contains(document.activeElement) || [...row.querySelectorAll("[name=answer]")].some((field) => field.value !== field.defaultValue);

async function refresh() {
  const list = document.getElementById("requests");
  if (!list) return;
  let fresh;
  try {
    const answer = await fetch(list.dataset.refresh, { headers: { "HX-Request": "true" } });
    if (!answer.ok) return;
    fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("requests");
  } catch {
    return; // no connection: the next time it is there this is read again
  }
  if (!fresh || list.querySelectorAll("[data-id]").length > fresh.querySelectorAll("[data-id]").length + 1) return; // further pages are open here
  for (const row of list.querySelectorAll("[data-id]")) {
    const now = fresh.querySelector(`[data-id="${CSS.escape(row.dataset.id)}"]`);
    if (now && isTouched(row)) now.replaceWith(row);
  }
  list.replaceWith(fresh);
  window.htmx.process(fresh);
}
