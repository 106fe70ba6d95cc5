// What waits for approval: the counts on the rail and the tabs, and the queue itself, on every page of the desk.
//
// Nobody polls. The ids of what waits are read once the socket is open (and again whenever it was away); from then on
// the frames that every console hears anyway say what begins to wait and what has been decided.

import { toast } from "./base.js";
import { on } from "./console/socket.js";

const COUNTED = "/orders/approvals/counted/";
const MOST = 99;
const SOON_MS = 200; // of a burst of frames one reading is enough
const STALE_MS = 60_000;

const { agent: me, may } = document.body.dataset;
const decides = may.split(" ").includes("approvals.decide");
const KEPT = `desk.waiting.${me}`;

let waiting = new Set(kept());
let readAt = 0;
let timer = 0;

// -- The counts

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT)) ?? [];
  } catch {
    return [];
  }
}

function paint() {
  for (const badge of document.querySelectorAll("[data-waiting-count]")) {
    badge.querySelector("[data-number]").textContent = waiting.size > MOST ? `${MOST}+` : String(waiting.size);
    badge.hidden = !waiting.size;
  }
  sessionStorage.setItem(KEPT, JSON.stringify([...waiting]));
}

async function read() {
  readAt = Date.now();
  try {
    const answer = await fetch(COUNTED, { headers: { "X-Requested-With": "fetch" } });
    if (answer.ok) waiting = new Set((await answer.json()).ids);
  } catch {
    return; // no connection: the next one reads again
  }
  paint();
}

/** Something waits, or does no longer. Who decides counts what they may decide on, others what is their own. */
function heard(id, asker, waits) {
  const counts = decides ? asker !== me : asker === me;
  if (waits && counts) waiting.add(id);
  else waiting.delete(id);
  paint();
  const queue = document.getElementById("approvals");
  if (!queue) return;
  if (waits) refreshSoon();
  else leave(queue.querySelector(`[data-id="${CSS.escape(id)}"]`));
}

// -- The queue

function refreshSoon() {
  clearTimeout(timer);
  timer = setTimeout(refresh, SOON_MS);
}

/** Take over the rows that are not here yet, and let go of those that are gone. What is being typed stays. */
async function refresh() {
  const queue = document.getElementById("approvals");
  if (!queue) return;
  let html;
  try {
    const answer = await fetch(queue.dataset.refresh, { headers: { "HX-Request": "true" } });
    if (!answer.ok) return;
    html = await answer.text();
  } catch {
    return;
  }
  const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("[data-rows]");
  const rows = queue.querySelector("[data-rows]");
  const there = [...fresh.querySelectorAll("[data-id]")];
  const ids = new Set(there.map((row) => row.dataset.id));
  const more = fresh.querySelector("[data-more]");
  // A page ends somewhere: what comes behind its end it cannot tell of.
  const last = more ? Number(there.at(-1)?.dataset.at ?? 0) : Infinity;
  for (const row of rows.querySelectorAll("[data-id]")) {
    if (!ids.has(row.dataset.id) && Number(row.dataset.at) <= last) leave(row);
  }
  for (const row of there) {
    const here = rows.querySelector(`[data-id="${CSS.escape(row.dataset.id)}"]`);
    if (here) here.querySelector("[data-wait]").textContent = row.querySelector("[data-wait]").textContent;
    else add(rows, row);
  }
  if (more && !rows.querySelector("[data-more]")) add(rows, more);
}

function add(rows, fresh) {
  const row = document.importNode(fresh, true);
  const behind = [...rows.querySelectorAll("[data-id]")].find((one) => Number(one.dataset.at) > Number(row.dataset.at));
  rows.insertBefore(row, behind ?? (row.dataset.id ? rows.querySelector("[data-more]") : null));
  if (row.dataset.id) row.classList.add("is-new");
  window.htmx.process(row);
}

function leave(row) {
  // What this page itself decides on leaves by the answer to its click.
  if (!row || row.matches(".htmx-request, :has(.htmx-request)")) return;
  const typed = [...row.querySelectorAll("input[name=comment]")].some((field) => field.value);
  if (typed || row.contains(document.activeElement)) toast(row.closest("[data-gone]").dataset.gone);
  const next = row.nextElementSibling ?? row.previousElementSibling;
  const hadFocus = row.contains(document.activeElement);
  row.remove();
  if (hadFocus) next?.querySelector("input, button")?.focus();
}

function catchUp() {
  read();
  refresh();
}

on("order.action", ({ action }) => heard(action.id, action.agent?.id, action.state === "waiting"));
on("coupon.code", ({ code }) => code && heard(code.id, code.agent?.id, code.state === "waiting"));
on("state", (now) => (now === "open" || now === "blocked") && catchUp());
on("resync", catchUp);
document.addEventListener("visibilitychange", () => !document.hidden && Date.now() - readAt > STALE_MS && catchUp());
paint();
// On a phone the tabs of orders scroll: to where one is.
document.querySelector(".sections [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
