// "Send me a test notice": the whole way of a real one, and what became of it step by step.
//
// What the page cannot see it says so: nobody but the agent knows what a loudspeaker did, or whether the system held a
// notice back.

import { moment } from "../console/format.js";
import { clientId } from "../console/dom.js";
import { isOpen } from "../console/socket.js";
import { ask, permission } from "./desktop.js";
import { display } from "./ring.js";
import { play } from "./sounds.js";
import { isLead } from "./tabs.js";
import { catchUp, markRead, on, quietNow, sendTest, state } from "./truth.js";

const ARRIVES_WITHIN_MS = 10_000;

const dialog = document.getElementById("notice-test");
let waiting = null; // {nonce, arrived}
let running = false;

export function start() {
  on("told", (notice) => {
    if (notice.kind === "test" && waiting?.nonce === notice.about) waiting.arrived(notice);
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-test-notices]")) return;
    if (!dialog.open) dialog.showModal();
    run();
  });
}

/** Every step says what is known of it: ok, bad, note (it is as it is) or unseen. */
async function run() {
  if (running) return;
  running = true;
  for (const step of dialog.querySelectorAll("[data-step]")) say(step.dataset.step, "", "");
  dialog.querySelector("[data-slot=verdict]").textContent = "";
  dialog.querySelector("[data-test-notices]").disabled = true;
  try {
    const allowed = await ask(); // the click that began this is what browsers ask for
    say("permission", { granted: "ok" }[allowed] ?? "bad", allowed);
    const notice = await send();
    sayQuiet();
    say("tab", "note", isLead() ? "this" : "other");
    if (notice) await Promise.all([hear(notice), see(notice, allowed)]);
    else for (const step of ["bell", "sound", "desktop"]) say(step, "unseen", "skipped");
    conclude();
    if (notice) markRead({ ids: [notice.id] });
  } finally {
    running = false;
    dialog.querySelector("[data-test-notices]").disabled = false;
  }
}

async function send() {
  const nonce = clientId();
  const began = performance.now();
  const ms = () => Math.round(performance.now() - began);
  const arrives = new Promise((resolve) => {
    waiting = { nonce, arrived: resolve };
    setTimeout(resolve, ARRIVES_WITHIN_MS, null);
  });
  say("socket", isOpen() ? "ok" : "bad", isOpen() ? "open" : "down");
  try {
    await sendTest(nonce);
    say("server", "ok", "answered", { ms: ms() });
  } catch {
    say("server", "bad", "failed");
    say("frame", "unseen", "skipped");
    waiting = null;
    return null;
  }
  const notice = await arrives;
  waiting = null;
  say("frame", notice ? "ok" : "bad", notice ? "came" : "lost", { ms: ms() });
  if (notice) say("bell", state.unread.has(notice.id) ? "ok" : "bad", state.unread.has(notice.id) ? "counted" : "uncounted");
  return notice;
}

function sayQuiet() {
  const quiet = quietNow();
  const which = quiet ? (quiet.until ? "until" : "on") : "off";
  say("quiet", quiet ? "note" : "ok", which, { time: quiet?.until ? moment(quiet.until) : "" });
}

async function hear() {
  if (!state.preferences) await catchUp();
  if (!state.preferences) {
    say("sound", "unseen", "skipped");
    return;
  }
  const { tones, volume } = state.preferences;
  const what = await play(tones.notice, volume);
  say("sound", { played: "ok", off: "note", unseen: "unseen" }[what] ?? "bad", what);
}

async function see(notice, allowed) {
  if (allowed !== "granted") {
    say("desktop", "unseen", "skipped");
    return;
  }
  const what = await display(notice);
  say("desktop", { shown: "ok", unseen: "unseen" }[what] ?? "bad", what);
}

function say(name, result, which, params = {}) {
  const step = dialog.querySelector(`[data-step=${name}]`);
  step.dataset.result = result;
  const words = step.querySelector("template").content.querySelector(`[data-said="${which}"]`);
  step.querySelector("[data-slot=said]").textContent = filled(words?.textContent ?? "", params);
  step.querySelector("[data-slot=advice]").textContent = words?.dataset.advice ?? "";
}

const filled = (text, params) => text.trim().replace(/\{(\w+)\}/g, (_, key) => params[key] ?? "");

function conclude() {
  const results = [...dialog.querySelectorAll("[data-step]")].map((step) => step.dataset.result);
  const which = results.includes("bad") ? "bad" : results.includes("unseen") ? "unseen" : "ok";
  const verdict = dialog.querySelector("[data-slot=verdict]");
  verdict.textContent = dialog.querySelector(`[data-verdict=${which}]`).textContent;
  verdict.dataset.result = which;
}
