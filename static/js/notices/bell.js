// The bell of every page: how many are unread, the list of them, and "do not disturb".

import { place, toast } from "../base.js";
import { ago, full, moment } from "../console/format.js";
import * as heard from "./heard.js";
import { go } from "./ring.js";
import { beQuiet, markRead, on, quietNow, state } from "./truth.js";
import { ask, onPermission, permission } from "./desktop.js";

const MOST = 99;
const menu = document.getElementById("bell-menu");
const button = document.querySelector("[popovertarget=bell-menu]");
const plainTitle = document.title;
let also = 0; // what the page itself counts for its title

export function start() {
  on("change", draw);
  menu.addEventListener("beforetoggle", (event) => event.newState === "open" && drawList());
  menu.addEventListener("click", onClick);
  document.addEventListener("click", onQuiet);
  onPermission(drawPermission);
  drawPermission();
  draw();
}

export const count = () => state.unread.size + heard.items().length;

/** Count something else in the title of the page: whichever is more. */
export function countInTitle(number) {
  also = number;
  drawTitle();
}

export function draw() {
  const number = count();
  const badge = document.getElementById("bell-count");
  badge.textContent = number > MOST ? `${MOST}+` : String(number);
  badge.hidden = !number;
  drawTitle();
  drawQuiet();
  menu.querySelector("[data-read-all]").hidden = !number;
  if (menu.matches(":popover-open")) drawList();
  for (const open of document.querySelectorAll("#bell-menu:popover-open, #me-menu:popover-open")) {
    place(open, document.querySelector(`[popovertarget="${open.id}"]`));
  }
}

function drawTitle() {
  const number = Math.max(count(), also);
  const wanted = number ? `(${number > MOST ? `${MOST}+` : number}) ${plainTitle}` : plainTitle;
  if (document.title !== wanted) document.title = wanted;
}

// -- The list

function drawList() {
  const unread = ({ id, by_page }) => by_page || state.unread.has(id);
  const newestFirst = (one, other) => (one.at < other.at ? 1 : -1);
  const all = [...heard.items(), ...state.notices];
  const shown = [...all.filter(unread).sort(newestFirst), ...all.filter((one) => !unread(one)).sort(newestFirst)];
  const list = menu.querySelector("[data-slot=list]");
  const focused = list.contains(document.activeElement) ? document.activeElement.dataset.id : null;
  list.replaceChildren(...shown.slice(0, 30).map((notice) => row(notice, unread(notice))));
  if (focused) list.querySelector(`[data-id="${CSS.escape(focused)}"]`)?.focus();
  menu.querySelector("[data-slot=empty]").hidden = Boolean(shown.length) || !state.isRead;
  menu.querySelector("[data-slot=loading]").hidden = Boolean(shown.length) || state.isRead;
}

function row(notice, isUnread) {
  const node = document.getElementById("t-notice").content.firstElementChild.cloneNode(true);
  const link = node.querySelector("a");
  link.href = notice.href;
  link.dataset.id = notice.id;
  link.toggleAttribute("data-unread", isUnread);
  node.querySelector("[data-slot=unread]").hidden = !isUnread;
  const use = node.querySelector("use");
  use.setAttribute("href", `${use.getAttribute("href").split("#")[0]}#${notice.icon}`);
  node.querySelector("[data-slot=title]").textContent = notice.title;
  node.querySelector("[data-slot=body]").textContent = notice.body;
  const time = node.querySelector("time");
  time.textContent = ago(notice.at);
  time.dateTime = notice.at;
  time.title = full(notice.at);
  return node;
}

function onClick(event) {
  if (event.target.closest("[data-read-all]")) {
    markRead();
    heard.drop();
    menu.querySelector("[data-focus]").focus();
    return;
  }
  if (event.target.closest("[data-allow]")) {
    ask();
    return;
  }
  const link = event.target.closest("a[data-id]");
  if (!link) return;
  const notice = [...heard.items(), ...state.notices].find((one) => one.id === link.dataset.id);
  if (!notice) return;
  if (notice.by_page) heard.dropOne(notice.id);
  // Another tab or window is the browser's business; here the page may know a shorter way.
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) {
    if (!notice.by_page) markRead({ ids: [notice.id] });
    return;
  }
  event.preventDefault();
  go(notice);
}

// -- Do not disturb

function drawQuiet() {
  const quiet = quietNow();
  button.toggleAttribute("data-quiet", Boolean(quiet));
  button.querySelector("[data-slot=loud]").toggleAttribute("hidden", Boolean(quiet));
  button.querySelector("[data-slot=muted]").toggleAttribute("hidden", !quiet);
  for (const box of document.querySelectorAll("[data-quiet-box]")) {
    box.querySelector("[data-slot=off]").hidden = Boolean(quiet);
    box.querySelector("[data-slot=on]").hidden = !quiet;
    if (quiet) box.querySelector("[data-slot=until]").textContent = words(quiet, box.dataset);
  }
}

function words({ until, by }, { forever, till, week }) {
  if (!until) return forever;
  return (by === "week" ? week : till).replace("{time}", moment(until));
}

async function onQuiet(event) {
  const chosen = event.target.closest("[data-be-quiet]");
  if (chosen) {
    const box = chosen.closest("[data-quiet-box]");
    try {
      await beQuiet(chosen.dataset.beQuiet);
      box.querySelector("[data-slot=on]:not([hidden]) button, [data-slot=off]:not([hidden]) button")?.focus();
    } catch {
      toast(document.getElementById("desk-strings").dataset.failed, { kind: "error" });
    }
  } else if (event.target.closest("[data-be-away]")) {
    document.querySelector("[data-presence-form] button[value=away]").click();
  }
}

function drawPermission() {
  menu.querySelector("[data-allow]").hidden = permission() !== "default";
  menu.querySelector("[data-slot=blocked]").hidden = permission() !== "denied";
}
