// Telling the agent what they do not see: bell, title, sound, desktop notification. Only for what is theirs to
// answer: their own conversations and those that nobody has, mentions, what was given to them, and what waits for
// their approval, or was decided for them.

import { $, clone, show, slot, text } from "./dom.js";
import { ago } from "./format.js";
import { paintAvatar } from "./message.js";
import { on as onSocket } from "./socket.js";
import { emit, me, on, row, state, unread } from "./store.js";
import { say } from "./words.js";

const SETTINGS = `desk.notify.${me.id}`;
const QUIET_MS = 2_500;
const MOST = 30;

const menu = document.getElementById("bell-menu");
const badge = document.getElementById("bell-count");
const plainTitle = document.title;
const news = []; // {id, kind, at}, newest first; what is about no conversation also has {who, words, href}
const decided = new Set(); // of this page: frames repeat what was said before
let unseen = 0;
let settings = { sound: true, desktop: false };
let lastSound = 0;
let audio = null;
let leads = false;

export function start() {
  try {
    settings = { ...settings, ...JSON.parse(localStorage.getItem(SETTINGS)) };
  } catch {
    // Nothing kept yet.
  }
  if (!("Notification" in window) || Notification.permission !== "granted") settings.desktop = false;
  lead();
  on("row", onRow);
  on("open", ({ id }) => id && drop(id));
  onSocket("order.action", onAction);
  onSocket("coupon.code", onCode);
  onSocket("mention", ({ conversation }) => tell("mention", conversation));
  menu.addEventListener("beforetoggle", (event) => event.newState === "open" && opened());
  menu.addEventListener("click", onClick);
  $("[data-sound]", menu).addEventListener("click", toggleSound);
  $("[data-desktop]", menu).addEventListener("click", toggleDesktop);
  // Browsers allow sound only after a gesture.
  for (const type of ["pointerdown", "keydown"]) addEventListener(type, wakeAudio, { once: true });
  drawSettings();
}

/** Of several tabs one makes the sound and the desktop notification: whoever holds the lock. */
function lead() {
  if (!navigator.locks) {
    leads = true;
    return;
  }
  navigator.locks.request(`desk.bell.${me.id}`, () => {
    leads = true;
    return new Promise(() => {}); // held until this tab is gone
  });
}

function onRow({ row: known, before, frame }) {
  drawTitle();
  if (["message.created", "card.answered"].includes(frame.cause) && frame.author_kind === "buyer") {
    const concerns = !known.assignee || known.assignee.id === me.id;
    if (concerns && known.last_seq !== before?.last_seq) tell("message", known.id);
  } else if (frame.cause === "conversation.assigned" && known.assignee?.id === me.id && before?.assignee?.id !== me.id) {
    if (state.open !== known.id) tell("assigned", known.id);
  }
}

/** Who decides hears what begins to wait, whoever asked what became of it. */
function onDecision(one, { goesOn, what, href }) {
  const mine = one.agent?.id === me.id;
  if (one.state === "waiting" && me.may.includes("approvals.decide") && !mine) {
    tellOf(`${one.id}.waiting`, "approval", one.agent, what, "/orders/approvals/");
  } else if (mine && one.approver && (one.state === goesOn || one.state === "rejected")) {
    const verdict = one.state === "rejected" ? "rejected" : "approved";
    tellOf(`${one.id}.${verdict}`, verdict, one.approver, what, href);
  }
}

const onAction = ({ action }) =>
  onDecision(action, { goesOn: "held", what: say("news.order", action), href: `/orders/${action.order}/` });

const onCode = ({ code }) => {
  const href = code.conversation ? `/inbox/${code.conversation}/` : "/orders/approvals/";
  onDecision(code, { goesOn: "creating", what: code.coupon.name, href });
};

function tellOf(id, kind, who, what, href) {
  if (decided.has(id) || !who) return;
  decided.add(id);
  tell(kind, id, { who, words: say(`news.${kind}`, { what }), href });
}

const inView = (id) => state.open === id && !document.hidden && document.hasFocus();

function tell(kind, id, more = {}) {
  if (inView(id)) return;
  const old = news.findIndex((item) => item.id === id && item.kind === kind);
  if (old >= 0) news.splice(old, 1);
  else unseen += 1;
  news.unshift({ id, kind, at: new Date().toISOString(), ...more });
  news.length = Math.min(news.length, MOST);
  drawBadge();
  if (menu.matches(":popover-open")) drawList();
  if (!leads) return;
  if (settings.sound) beep(kind);
  if (settings.desktop && (document.hidden || !document.hasFocus())) showDesktop(kind, id, more);
}

/** The conversation was opened: it is no news any more. */
function drop(id) {
  const before = news.length;
  for (let index = news.length - 1; index >= 0; index -= 1) if (news[index].id === id) news.splice(index, 1);
  unseen = Math.max(0, Math.min(unseen - (before - news.length), news.length));
  drawBadge();
}

function drawBadge() {
  text(badge, unseen > 9 ? "9+" : String(unseen));
  show(badge, unseen);
  drawTitle();
}

function drawTitle() {
  const mine = [...state.rows.values()].filter((one) => one.status === "open" && one.assignee?.id === me.id && unread(one)).length;
  const wanted = mine || unseen ? `(${Math.max(mine, unseen)}) ${plainTitle}` : plainTitle;
  if (document.title !== wanted) document.title = wanted;
}

// -- The menu

function opened() {
  drawList();
  unseen = 0;
  drawBadge();
}

function drawList() {
  const nodes = news.map((item) => {
    const known = row(item.id);
    const who = item.who ?? known?.buyer;
    const node = clone("news");
    node.dataset.id = item.id;
    text(slot(node, "name"), who?.name ?? "");
    if (who) paintAvatar(slot(node, "avatar"), who);
    text(slot(node, "words"), item.words ?? (item.kind === "message" ? known?.preview : say(`news.${item.kind}`)));
    text(slot(node, "time"), ago(item.at));
    return node;
  });
  slot(menu, "list").replaceChildren(...nodes);
  show(slot(menu, "empty"), !nodes.length);
}

function onClick(event) {
  const item = event.target.closest("[data-id]");
  const href = item && news.find((one) => one.id === item.dataset.id)?.href;
  if (href) location.assign(href);
  else if (item) emit("choose", { id: item.dataset.id });
}

function drawSettings() {
  $("[data-sound]", menu).setAttribute("aria-pressed", String(settings.sound));
  $("[data-desktop]", menu).setAttribute("aria-pressed", String(settings.desktop));
  show($("[data-desktop]", menu), "Notification" in window);
  show(slot(menu, "blocked"), "Notification" in window && Notification.permission === "denied");
}

function keepSettings() {
  localStorage.setItem(SETTINGS, JSON.stringify(settings));
  drawSettings();
}

function toggleSound() {
  settings.sound = !settings.sound;
  keepSettings();
  if (settings.sound) beep("message");
}

async function toggleDesktop() {
  if (!settings.desktop && Notification.permission !== "granted") await Notification.requestPermission();
  settings.desktop = !settings.desktop && Notification.permission === "granted";
  keepSettings();
}

// -- Sound and desktop

function wakeAudio() {
  audio ??= new AudioContext();
  if (audio.state === "suspended") audio.resume();
}

/** Two soft notes, made here; a mention's go up, all else's go down. */
function beep(kind) {
  const now = Date.now();
  if (!audio || audio.state !== "running" || now - lastSound < QUIET_MS) return;
  lastSound = now;
  const notes = kind === "message" ? [880, 659.3] : [659.3, 880];
  for (const [index, pitch] of notes.entries()) {
    const at = audio.currentTime + index * 0.13;
    const tone = audio.createOscillator();
    const loudness = audio.createGain();
    tone.frequency.value = pitch;
    loudness.gain.setValueAtTime(0, at);
    loudness.gain.linearRampToValueAtTime(0.09, at + 0.015);
    loudness.gain.exponentialRampToValueAtTime(0.0001, at + 0.32);
    tone.connect(loudness).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.35);
  }
}

function showDesktop(kind, id, { who, words, href }) {
  const known = row(id);
  const name = who?.name ?? known?.buyer.name;
  if (!name) return;
  const body = words ?? (kind === "message" ? known.preview : say(`news.${kind}`));
  const notification = new Notification(name, { body, tag: id });
  notification.onclick = () => {
    window.focus();
    if (href) location.assign(href);
    else emit("choose", { id });
    notification.close();
  };
}
