// Where the buyer writes.

import { typing } from "./client.js";
import * as uploads from "./uploads.js";

const TYPING_EVERY_MS = 3000;
const TYPING_ENDS_MS = 5000;

const form = document.getElementById("composer");
const body = document.getElementById("body");
const button = document.getElementById("send");
const emoji = document.getElementById("emoji");
const toggle = document.getElementById("emoji-toggle");
let saidTypingAt = 0, typingTimer;

/** Prepare; `onSend(text, attachments)` is called with what is to go out. */
export function setUp(onSend) {
  uploads.setUp(refresh);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = body.value.trim();
    if (button.disabled) return;
    onSend(text, uploads.takeAll());
    setText("");
    sayTyping(false);
    showEmoji(false);
    body.focus();
  });
  body.addEventListener("keydown", (event) => {
    // While an input method composes (Chinese, Japanese), Enter only confirms the word; Safari tells by 229.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    form.requestSubmit();
  });
  body.addEventListener("input", () => {
    refresh();
    sayTyping(Boolean(body.value.trim()));
  });
  body.addEventListener("blur", () => sayTyping(false));
  body.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files || [])];
    if (!files.length) return;
    event.preventDefault();
    uploads.addFiles(files);
  });
  toggle.addEventListener("click", () => showEmoji(emoji.hidden));
  emoji.addEventListener("click", (event) => {
    const sign = event.target.closest("button")?.textContent;
    if (sign) insert(sign);
  });
  emoji.addEventListener("keydown", moveInGrid);
  document.addEventListener("click", (event) => {
    if (!emoji.hidden && !emoji.contains(event.target) && !toggle.contains(event.target)) showEmoji(false);
  });
}

export function focus() {
  body.focus({ preventScroll: true });
}

export function setText(text) {
  body.value = text;
  refresh();
}

export function clear() {
  setText("");
  uploads.clear();
}

/** Close what is open over the composer. Returns whether anything was. */
export function escape() {
  if (emoji.hidden) return false;
  showEmoji(false);
  toggle.focus();
  return true;
}

function refresh() {
  button.disabled = uploads.isBusy() || (!body.value.trim() && !uploads.count());
  form.classList.toggle("has-text", !button.disabled);
  body.style.height = "auto";
  body.style.height = `${body.scrollHeight}px`; // up to the max-height of the style sheet
  body.style.overflowY = body.scrollHeight > body.clientHeight + 1 ? "auto" : "hidden";
}

function sayTyping(isOn) {
  clearTimeout(typingTimer);
  const now = Date.now();
  if (isOn) {
    if (now - saidTypingAt > TYPING_EVERY_MS) {
      saidTypingAt = now;
      typing(true);
    }
    typingTimer = setTimeout(() => sayTyping(false), TYPING_ENDS_MS);
  } else if (saidTypingAt) {
    saidTypingAt = 0;
    typing(false);
  }
}

function showEmoji(isOn) {
  emoji.hidden = !isOn;
  toggle.setAttribute("aria-expanded", isOn);
  if (isOn) emoji.querySelector("button").focus();
}

function insert(sign) {
  body.setRangeText(sign, body.selectionStart, body.selectionEnd, "end");
  refresh();
  showEmoji(false);
  body.focus();
}

function moveInGrid(event) {
  const signs = [...emoji.querySelectorAll("button")];
  const columns = getComputedStyle(emoji).gridTemplateColumns.split(" ").length;
  const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
  const step = steps[event.key];
  const next = step && signs[signs.indexOf(document.activeElement) + step];
  if (!step) return;
  event.preventDefault();
  next?.focus();
}
