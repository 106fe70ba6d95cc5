// What this agent was told, and how they want to be told: the same on every page, tab and device.
//
// Rows are the truth. They are read when a page opens and whenever its socket was away; in between frames keep them,
// and a frame says of which moment it speaks, so it does not matter in which order they come. No DOM in here.

import { call } from "../console/api.js";
import { connectionState, on as onSocket } from "../console/socket.js";

const READ = "/notices/";
const SHOWN = 60;
const FRESH_MS = 60_000; // told between two pages: not too old to ring on the next one
const DAY_MS = 86_400_000;
const LONGEST_TIMER_MS = 3_600_000;
const KNOWN = 500;
const MOST_TOLD = 100;

const me = document.body.dataset.agent;
const KEPT = `desk.bell.${me}`;
const TOLD = `desk.bell.told.${me}`; // what any tab of this browser has told of: "id@moment", the newest last

const bus = new EventTarget();
const readUntil = new Map(); // id -> what was read up to there, of frames that come late
let journal = null; // frames that came while the rows were being read
let again = false;
let readAt = 0;
let skew = 0; // of this clock against the server's
let timer = 0;

export const state = {
  notices: [], // of rows, as /notices/ gives them
  unread: new Map(), // id -> {at, about}; also of those that are not among `notices`
  preferences: null,
  isRead: false, // the rows, on this page
};

/** Hear `change` (anything), and `told` with a notice that somebody should hear of now. */
export function on(type, listener) {
  bus.addEventListener(type, (event) => listener(event.detail));
}

function emit(type, detail) {
  bus.dispatchEvent(new CustomEvent(type, { detail }));
}

export function start() {
  recall();
  const hear = (type, apply) =>
    onSocket(type, (frame) => {
      journal?.push([apply, frame]);
      apply(frame);
      changed();
    });
  hear("notice", onNotice);
  hear("notice.read", onRead);
  hear("notice.gone", onGone);
  hear("notice.preferences", ({ preferences }) => takePreferences(preferences));
  const onState = (now) => (now === "open" || now === "blocked") && catchUp();
  onSocket("state", onState);
  onState(connectionState()); // it may have been quicker than this module
  onSocket("resync", catchUp);
  onSocket("state", (now) => now === "ended" && forget());
  document.addEventListener("submit", ({ target }) => target.action?.endsWith("/accounts/logout/") && forget());
  document.addEventListener("visibilitychange", () => !document.hidden && Date.now() - readAt > DAY_MS / 24 && catchUp());
}

// -- Reading

/** Read the rows. Whoever asks while they are being read is answered by one more reading. */
export async function catchUp() {
  if (journal) {
    again = true;
    return;
  }
  journal = [];
  try {
    take(await call("GET", READ));
  } catch {
    // No connection: the next one reads again.
  } finally {
    journal = null;
    if (again) {
      again = false;
      catchUp();
    }
  }
}

function take(answer) {
  const before = state.isRead ? (state.notices.map((one) => one.at).sort().at(-1) ?? "") : null;
  state.notices = answer.notices;
  state.unread = new Map(answer.unread.map((one) => [one.id, one]));
  takePreferences(answer.preferences);
  const heard = journal;
  for (const [apply, frame] of heard) apply(frame, { quietly: true });
  state.isRead = true;
  readAt = Date.now();
  tellMissed(before);
  changed();
}

/** What came while this page was away, or between this page and the one before it. */
function tellMissed(before) {
  const since = before ?? new Date(now() - FRESH_MS).toISOString();
  for (const notice of state.notices.filter((one) => !one.read && one.at > since).reverse()) emit("told", notice);
}

/** Say that this tab tells of it, so that no tab of this browser tells of it again. False where one has. */
export function claim({ id, at }) {
  const told = (localStorage.getItem(TOLD) ?? "").split(" ").filter(Boolean);
  if (told.includes(`${id}@${at}`)) return false;
  localStorage.setItem(TOLD, [...told, `${id}@${at}`].slice(-MOST_TOLD).join(" "));
  return true;
}

// -- Frames

function onNotice(notice, { quietly = false } = {}) {
  const known = state.notices.find((one) => one.id === notice.id);
  if (known && known.at > notice.at) return;
  if ((readUntil.get(notice.id) ?? "") >= notice.at) return;
  const isNews = !known || known.at < notice.at;
  state.notices = [notice, ...state.notices.filter((one) => one !== known)].slice(0, SHOWN);
  state.unread.set(notice.id, { at: notice.at, about: notice.about });
  if (isNews && !quietly) emit("told", notice);
}

function onRead({ ids, until }) {
  for (const id of ids) {
    if (readUntil.size > KNOWN) readUntil.clear();
    readUntil.set(id, until);
    if (state.unread.get(id)?.at <= until) state.unread.delete(id);
    const known = state.notices.find((one) => one.id === id);
    if (known && known.at <= until) known.read = true;
  }
}

function onGone({ ids }) {
  for (const id of ids) state.unread.delete(id);
  state.notices = state.notices.filter((one) => !ids.includes(one.id));
}

// -- Marking

/** Mark read: all that this page knows of, or only `ids`, or what is `about` something. Every tab hears of it. */
export async function markRead({ ids = null, about = null } = {}) {
  const meant = [...state.unread].filter(([id, one]) => (!ids || ids.includes(id)) && (!about || one.about === about));
  if (!meant.length) return;
  const until = meant.map(([, one]) => one.at).sort().at(-1);
  onRead({ ids: meant.map(([id]) => id), until });
  changed();
  try {
    await call("POST", `${READ}read/`, { until, ...(ids && { ids }), ...(about && { about }) });
  } catch {
    catchUp(); // what the rows say
  }
}

export async function beQuiet(how) {
  takePreferences(await call("POST", `${READ}quiet/`, { how }));
  changed();
}

export const sendTest = (nonce) => call("POST", `${READ}test/`, { nonce });

// -- Do not disturb: the server says the spans, this clock when one begins and ends

function takePreferences(preferences) {
  state.preferences = preferences;
  skew = Date.parse(preferences.now) - Date.now();
  watchClock();
}

const now = () => Date.now() + skew;

/** The span in which the agent is not disturbed now, or null. */
export function quietNow() {
  const open = (state.preferences?.quiet ?? []).filter(({ since, until }) => {
    return Date.parse(since) <= now() && (!until || Date.parse(until) > now());
  });
  const end = ({ until }) => (until ? Date.parse(until) : Infinity);
  return open.sort((one, other) => end(other) - end(one))[0] ?? null;
}

function watchClock() {
  clearTimeout(timer);
  const moments = (state.preferences?.quiet ?? []).flatMap(({ since, until }) => [since, until]).filter(Boolean);
  const next = moments.map(Date.parse).filter((at) => at > now()).sort((one, other) => one - other)[0];
  const wait = next === undefined ? LONGEST_TIMER_MS : Math.min(next - now() + 20, LONGEST_TIMER_MS);
  timer = setTimeout(() => {
    if (Date.now() - readAt > DAY_MS) catchUp();
    watchClock();
    changed();
  }, wait);
}

// -- What the next page shows before it has read: which are unread, and no words

function changed() {
  sessionStorage.setItem(KEPT, JSON.stringify({ unread: [...state.unread], preferences: state.preferences }));
  emit("change");
}

function recall() {
  try {
    const { unread, preferences } = JSON.parse(sessionStorage.getItem(KEPT)) ?? {};
    state.unread = new Map(unread ?? []);
    if (preferences) {
      state.preferences = preferences;
      watchClock();
    }
  } catch {
    // Nothing kept yet.
  }
}

function forget() {
  for (const key of Object.keys(sessionStorage).filter((one) => one.startsWith("desk.bell."))) sessionStorage.removeItem(key);
}
