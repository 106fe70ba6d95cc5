// What a buyer is told who waits: that the shop is closed and when it opens, or how many are before them.

import { config, duration, say, upcoming } from "./words.js";

const LONGEST_TIMER_MS = 2 ** 31 - 1;

const box = document.getElementById("waiting");
let hours = config.hours;
let changed = () => {};
let timer;

/** `onChange` is called when the shop opens or closes. */
export function setUp(onChange) {
  changed = onChange;
  setHours(hours);
}

/** Keep what the desk says of the shop's hours; the widget turns over by itself when it opens or closes. */
export function setHours(value) {
  hours = value;
  clearTimeout(timer);
  // By the seconds that are left, because the buyer's clock may be wrong.
  if (hours.changes_in_s === null || hours.changes_in_s * 1000 > LONGEST_TIMER_MS) return;
  timer = setTimeout(() => {
    hours = { ...hours, is_open: !hours.is_open, changes_in_s: null };
    changed();
  }, hours.changes_in_s * 1000);
}

export const isOpen = () => hours.is_open;

/** Show the line that goes with how things stand. */
export function update({ online, conversation, position, wait }) {
  const waits = conversation?.status === "open" && !conversation.assignee;
  const [first, second] = hours.is_open ? (online && waits && position ? line(position, wait) : []) : closed();
  box.hidden = !first;
  box.dataset.kind = hours.is_open ? "line" : "closed";
  show("waiting-first", first);
  show("waiting-second", second);
}

function closed() {
  const opens = hours.opens_at ? say("opens", { time: upcoming(new Date(hours.opens_at)) }) : "";
  return hours.away ? [hours.away, opens] : [opens || say("closed"), ""];
}

function line(position, wait) {
  const place = position === 1 ? say("next_in_line") : say("in_line", { n: position });
  return [place, wait === null ? "" : say("wait", { time: duration(wait) })];
}

function show(id, text = "") {
  const part = document.getElementById(id);
  if (part.textContent !== text) part.textContent = text; // what stays the same is not read out again
}
