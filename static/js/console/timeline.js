// The window onto a thread: scrolling, staying at the end, older messages, who types, jump to the latest.

import { $, show, slot, text } from "./dom.js";
import { say } from "./words.js";

const NEAR_END = 48; // px from the end that still count as being there
const NEAR_TOP = 600;
const TYPING_MS = 8_000;

const box = document.getElementById("timeline");
const inner = slot(box, "inner");
const spinner = slot(box, "older");
const typing = slot(box, "typing");
const jump = document.getElementById("jump");

let thread = null;
let atEnd = true;
let missed = 0;
let typingTimer = 0;
let loadOlder = () => {};
let onEnd = () => {};

/** `older` is called when the reader nears the top, `end` when the end comes into view. */
export function start({ older, end }) {
  loadOlder = older;
  onEnd = end;
  box.addEventListener("scroll", scrolled, { passive: true });
  jump.addEventListener("click", () => toEnd({ smooth: true }));
  // Pictures that load, a composer that grows, a phone's keyboard: whoever is at the end stays there.
  const keep = new ResizeObserver(() => thread && (atEnd ? stick() : scrolled()));
  keep.observe(box);
  keep.observe(inner);
}

export const isAtEnd = () => atEnd;

/** Show a thread, where its reader left it, at its first new message, or at its end. */
export function showThread(next) {
  leave();
  thread = next;
  missed = 0;
  hideTyping();
  slot(box, "threads").replaceChildren(thread.list, thread.waiting);
  place();
}

/** Remember how far the reader is, so that coming back finds the place. */
export function leave() {
  if (thread) thread.scroll = atEnd ? null : box.scrollTop;
}

/** Scroll to where reading goes on; called again when a thread has got its first messages. */
export function place(target = null) {
  const fresh = target ?? $("[data-fresh]", thread.list);
  if (thread.scroll !== null && !target) {
    box.scrollTop = thread.scroll;
  } else if (fresh && inner.scrollHeight - fresh.offsetTop > box.clientHeight) {
    box.scrollTop = fresh.offsetTop - 48;
  } else {
    stick();
  }
  scrolled();
}

function stick() {
  box.scrollTop = box.scrollHeight;
  atEnd = true;
}

export function toEnd({ smooth = false } = {}) {
  const far = box.scrollHeight - box.scrollTop > 3 * box.clientHeight;
  box.scrollTo({ top: box.scrollHeight, behavior: smooth && !far ? "smooth" : "instant" });
  scrolled();
}

function scrolled() {
  const was = atEnd;
  atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END;
  if (atEnd) missed = 0;
  if (atEnd && !was) onEnd();
  drawJump();
  if (thread?.hasOlder && !thread.loading && box.scrollTop < NEAR_TOP) loadOlder(thread);
}

function drawJump() {
  show(jump, !atEnd);
  text(slot(jump, "words"), missed ? say("jump.new", { n: missed }) : say("jump"));
  jump.toggleAttribute("data-new", missed > 0);
}

/** Something was added at the end: follow it, or count it where the reader is elsewhere. */
export function grown({ counts = true, mine = false } = {}) {
  if (atEnd || mine) {
    stick();
  } else if (counts) {
    missed += 1;
  }
  drawJump();
}

/** Run `work`, which adds above, so that what is being read stays where it is. */
export function keepingPlace(work) {
  const below = box.scrollHeight - box.scrollTop;
  work();
  box.scrollTop = box.scrollHeight - below;
}

export function showOlderSpinner(on) {
  show(spinner, on);
}

export function showTyping(name) {
  clearTimeout(typingTimer);
  text(slot(typing, "words"), say("typing", { name }));
  show(typing, true);
  if (atEnd) stick();
  typingTimer = setTimeout(hideTyping, TYPING_MS);
}

export function hideTyping() {
  clearTimeout(typingTimer);
  show(typing, false);
}
