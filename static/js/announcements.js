// Announcements, on every page of the desk: the one that waits on top of it, how many do, and what was read.
//
// The page brings what waits; from then on frames say what comes, what is over and what another page of mine has read.
// Whatever a text says is taken as read once its end was on the screen, and no sooner.

import { toast } from "./base.js";
import { ask } from "./console/asking.js";
import { Failure, post } from "./console/api.js";
import { on } from "./console/socket.js";

const TYPED_MS = 3_000; // so long after the last key somebody is still typing
const AGAIN_MS = 400;
const LOOKED_MS = 1_000; // what was on the screen for less was passed by
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const bar = document.getElementById("announcement");
const main = document.getElementById("main");
const me = document.body.dataset.agent;
const slots = Object.fromEntries([...bar.querySelectorAll("[data-slot]")].map((one) => [one.dataset.slot, one]));
let waiting = JSON.parse(document.getElementById("announcements-unread").textContent);
let lastKey = 0;
let pressed = false;
let timer = 0;
let clock = 0;

// -- The bar

const urgency = (one) => [one.importance === "confirm" ? 0 : 1, -Date.parse(one.published_at)];

function sort() {
  waiting.sort((a, b) => urgency(a)[0] - urgency(b)[0] || urgency(a)[1] - urgency(b)[1]);
}

function paint() {
  sort();
  for (const badge of document.querySelectorAll("[data-announcement-count]")) {
    badge.querySelector("[data-number]").textContent = String(waiting.length);
    badge.hidden = !waiting.length;
  }
  const first = waiting[0];
  const shown = bar.hidden ? "" : `${bar.dataset.id} ${bar.dataset.version}`;
  if ((first ? `${first.id} ${first.version}` : "") !== shown) showWhenCalm();
  else if (first) fill(first);
  watchClock();
}

/** Nothing moves under somebody's fingers: what comes waits for a pause. */
function showWhenCalm() {
  clearTimeout(timer);
  const typing = document.activeElement?.matches("input, textarea, [contenteditable]") && Date.now() - lastKey < TYPED_MS;
  if (typing || pressed) timer = setTimeout(showWhenCalm, AGAIN_MS);
  else show(waiting[0]);
}

function show(one) {
  const before = bar.offsetHeight;
  bar.hidden = !one;
  if (one) fill(one);
  else delete bar.dataset.id;
  // What somebody reads in the middle of a page stays where it is.
  if (main.scrollTop > 0) main.scrollTop += bar.offsetHeight - before;
}

function fill(one) {
  bar.dataset.id = one.id;
  bar.dataset.version = one.version;
  bar.dataset.importance = one.importance;
  bar.toggleAttribute("data-whole", one.whole);
  slots.title.textContent = one.title;
  slots.text.textContent = one.text;
  slots.author.textContent = one.author.name;
  slots.more.textContent = bar.dataset.more.replace("{n}", waiting.length - 1);
  slots.more.hidden = waiting.length < 2;
}

/** Whatever ends by the clock leaves by it. */
function watchClock() {
  clearTimeout(clock);
  const ends = waiting.map((one) => Date.parse(one.expires_at)).filter(Boolean);
  if (!ends.length) return;
  clock = setTimeout(() => {
    waiting = waiting.filter((one) => !(Date.parse(one.expires_at) <= Date.now()));
    paint();
  }, Math.min(LONGEST_TIMER_MS, Math.max(0, Math.min(...ends) - Date.now())));
}

function leave(id, version = Infinity) {
  waiting = waiting.filter((one) => one.id !== id || one.version > version);
  paint();
  for (const row of document.querySelectorAll(`[data-announcement="${CSS.escape(id)}"][data-unread]`)) {
    row.removeAttribute("data-unread");
    row.querySelector(".announcement-dot").hidden = true;
  }
}

// -- What was read

const addressOf = (id, what) => `${bar.dataset.url}${id}/${what}/`;

async function say(url, version) {
  try {
    await post(url, { version });
    return true;
  } catch (failure) {
    const said = failure instanceof Failure && failure.status && failure.message;
    toast(said || bar.dataset.failed, { kind: "error" });
    return false;
  }
}

async function dismiss() {
  const { id, version } = bar.dataset;
  leave(id, Number(version));
  if (!(await say(addressOf(id, "seen"), Number(version)))) reread();
}

async function confirm(button, url, id, version) {
  button.setAttribute("aria-busy", "true");
  button.disabled = true;
  const done = await say(url, version);
  button.removeAttribute("aria-busy");
  button.disabled = false;
  if (!done) return reread();
  leave(id, version);
  settle(id, version);
}

/** Say in what is open that it is confirmed. */
function settle(id, version) {
  for (const text of document.querySelectorAll(`[data-reading="${CSS.escape(id)}"]`)) {
    if (Number(text.dataset.version) > version) continue;
    const box = text.querySelector("[data-confirm-box]");
    const said = text.querySelector("[data-confirmed]");
    const hadFocus = box?.contains(document.activeElement);
    box?.remove();
    if (said) said.hidden = false;
    if (hadFocus) (text.closest("dialog")?.querySelector("[data-close]") ?? main).focus();
  }
}

const end = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    clearTimeout(target.looked);
    if (isIntersecting) target.looked = setTimeout(() => looked(target), LOOKED_MS);
  }
});

async function looked(target) {
  const text = target.closest("[data-reading]");
  if (!text?.isConnected) return;
  if (document.hidden) {
    target.looked = setTimeout(() => looked(target), LOOKED_MS);
    return;
  }
  end.unobserve(target);
  const { reading: id, version, seen } = text.dataset;
  if (!(await say(seen, Number(version)))) return;
  text.removeAttribute("data-unread");
  if (!text.querySelector("[data-confirm-box]")) leave(id, Number(version));
}

function watch(root) {
  for (const mark of root.querySelectorAll("[data-reading][data-unread] [data-end]")) end.observe(mark);
}

// -- What is heard

async function reread() {
  try {
    waiting = (await ask("announcements")).announcements;
  } catch {
    return; // no connection: the next one asks again
  }
  paint();
}

/** The list of them is a document, which fetches itself again. */
function listChanged() {
  const list = document.getElementById("announcements");
  if (list) window.htmx.trigger(list, "desk:changed");
}

on("announcement", ({ announcement }) => {
  listChanged();
  if (announcement.author.id === me) return;
  waiting = [...waiting.filter((one) => one.id !== announcement.id), announcement];
  paint();
});
on("announcement.gone", ({ id }) => {
  listChanged();
  leave(id);
});
on("announcement.read", ({ id, version, settled }) => {
  if (!settled) return;
  leave(id, version);
  settle(id, version);
});
on("announcement.counted", ({ id }) => {
  const readers = document.querySelector(`[data-readers="${CSS.escape(id)}"]`);
  if (readers) window.htmx.trigger(readers, "desk:read");
});
on("state", (now) => (now === "open" || now === "blocked") && reread());
on("resync", reread);

addEventListener("keydown", () => { lastKey = Date.now(); }, true);
addEventListener("pointerdown", () => { pressed = true; }, true);
for (const name of ["pointerup", "pointercancel"]) addEventListener(name, () => { pressed = false; }, true);
bar.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  const { id, version } = bar.dataset;
  if (!button) return;
  if (button.dataset.do === "open") window.htmx.ajax("GET", addressOf(id, "reading"), { target: "#dialog", swap: "innerHTML" });
  else if (button.dataset.do === "confirm") confirm(button, addressOf(id, "confirm"), id, Number(version));
  else dismiss();
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-announcement-confirm]");
  if (button) confirm(button, button.dataset.announcementConfirm, button.dataset.id, Number(button.dataset.version));
});
document.body.addEventListener("htmx:afterSwap", (event) => watch(event.detail.target));
if (waiting[0]) fill(waiting[0]);
watch(document);
watchClock();
