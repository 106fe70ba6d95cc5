// The wallboard. It asks once, and again now and then, which keeps its lease; the figures in between come as frames.

import { ask } from "./console/asking.js";
import { on } from "./console/socket.js";

const AGAIN_MS = 15_000;
const OLD_MS = 30_000;
const LONG_S = 300; // a wait that is marked
const LOOK = "desk.wall.look";

const wall = document.getElementById("wall");
const presences = wall.querySelector("template[data-presence]").dataset;
let shown = null;
let heardAt = 0;
let clockAhead = 0; // how much later it is there than here, in ms

function duration(seconds) {
  const word = (unit, n) => wall.dataset[unit].replace("{n}", n);
  if (seconds < 60) return word("s", Math.max(0, Math.round(seconds)));
  if (seconds < 3600) return word("min", Math.floor(seconds / 60));
  return word("h", (seconds / 3600).toFixed(1));
}

function put(name, text, state = "") {
  const box = wall.querySelector(`[data-name="${name}"]`);
  box.querySelector("dd").textContent = text;
  box.dataset.state = state;
}

function list(place, rows, template, fill) {
  const made = rows.map((row) => {
    const item = wall.querySelector(template).content.firstElementChild.cloneNode(true);
    for (const part of item.querySelectorAll("[data-text]")) part.textContent = fill(row, part.dataset.text);
    const dot = item.querySelector(".presence-dot");
    if (dot) dot.dataset.presence = row.presence;
    return item;
  });
  wall.querySelector(place).replaceChildren(...made);
}

function waited() {
  if (!shown) return;
  const since = shown.longest_since && Date.parse(shown.longest_since);
  const seconds = since ? (Date.now() + clockAhead - since) / 1000 : 0;
  put("longest", since ? duration(seconds) : "–", seconds > LONG_S ? "warn" : "");
  wall.querySelector("[data-away]").hidden = Date.now() - heardAt < OLD_MS;
}

function show(now) {
  shown = now;
  heardAt = Date.now();
  clockAhead = Date.parse(now.at) - heardAt;
  put("waiting", now.waiting);
  put("due_soon", now.due_soon);
  put("overdue", now.overdue, now.overdue ? "bad" : "");
  put("open", now.open);
  put("answered", now.answered);
  put("resolved", now.resolved);
  put("first_reply", now.first_reply_s === null ? "–" : duration(now.first_reply_s));
  list("[data-stores]", now.stores, "[data-store-row]", (row, name) => row[name]);
  list("[data-agents]", now.agents, "[data-agent-row]", (row, name) => (name === "presence" ? presences[row.presence] : row[name]));
  wall.querySelector("[data-nobody]").hidden = now.agents.length > 0;
  wall.querySelector("[data-figures]").removeAttribute("aria-busy");
  waited();
}

async function watch() {
  try {
    show(await ask("wall"));
  } catch {
    waited(); // said by how old the figures are; asked again in a while
  }
}

on("wall", show);
on("state", (now) => now === "open" && watch());
setInterval(watch, AGAIN_MS);
setInterval(waited, 1_000);
watch();

wall.dataset.look = localStorage.getItem(LOOK) ?? "dark";
wall.querySelector("[data-look-switch]").addEventListener("click", () => {
  wall.dataset.look = wall.dataset.look === "dark" ? "light" : "dark";
  localStorage.setItem(LOOK, wall.dataset.look);
});
wall.querySelector("[data-full]").addEventListener("click", () => {
  if (document.fullscreenElement) document.exitFullscreen();
  else wall.requestFullscreen?.();
});
