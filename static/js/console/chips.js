// What there is to say to the buyer's last message, as chips above the composer: one click says it. They are asked for
// when the message is on the screen of somebody who looks, and go once it is answered.

import { icon, toast } from "../base.js";
import { Failure, post } from "./api.js";
import { ask, isOutdated } from "./asking.js";
import * as composer from "./composer.js";
import { $$, clientId, clone, debounce, show, slot, text } from "./dom.js";
import * as knowledge from "./knowledge.js";
import { on, state } from "./store.js";
import { selectBlank } from "./suggest.js";
import { peek } from "./thread.js";
import { say } from "./words.js";

const LOOKS_MS = 350; // who goes through the list with j and k does not look

const bar = document.getElementById("chips");
const list = slot(bar, "list");
let shownFor = null; // the id of the message that the chips are about
const dismissed = new Set(); // messages for which nobody wants any

export function start() {
  on("open", ({ again }) => again || clear());
  on("loaded", lookSoon);
  on("received", (message) => {
    if (message.private || message.kind === "system") return;
    if (message.author.kind !== "buyer") clear();
    else lookSoon();
  });
  document.addEventListener("visibilitychange", () => document.hidden || lookSoon());
  slot(bar, "dismiss").addEventListener("click", dismiss);
  bar.addEventListener("keydown", onKey);
  // Up from a reply that has not been begun.
  composer.field.addEventListener("keydown", (event) => {
    if (event.key === "ArrowUp" && !composer.field.value && !event.defaultPrevented && focus()) event.preventDefault();
  });
}

function clear() {
  shownFor = null;
  lookSoon.cancel();
  show(bar, false);
  list.replaceChildren();
}

const lookSoon = debounce(LOOKS_MS, look);

/** Return the buyer's last message in the open conversation, null where it was answered. */
function question() {
  const thread = state.open && peek(state.open);
  if (!thread?.loaded) return null;
  const latest = [...thread.messages.values()].sort((a, b) => b.seq - a.seq);
  const last = latest.find((message) => !message.private && ["buyer", "agent"].includes(message.author.kind) && message.kind !== "system");
  return last?.author.kind === "buyer" && last.body ? last : null;
}

async function look() {
  const message = question();
  if (document.hidden || !message || message.id === shownFor || dismissed.has(message.id)) return;
  const conversation = state.open;
  shownFor = message.id;
  try {
    const { suggestions } = await ask("suggestions", { conversation, message: message.id });
    if (conversation !== state.open || shownFor !== message.id || question()?.id !== message.id) return;
    for (const one of suggestions) if (one.article) knowledge.note(one.article.article, one.id);
    list.replaceChildren(...suggestions.map(draw));
    show(bar, suggestions.length);
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    if (shownFor === message.id) shownFor = null; // another look asks again
    if (!isOutdated(failure)) show(bar, false);
  }
}

function draw(one) {
  const chip = clone("chip-say");
  slot(chip, "icon").replaceChildren(icon(one.icon));
  text(slot(chip, "label"), one.label);
  text(slot(chip, "detail"), one.kind === "order" ? one.detail : "");
  chip.title = one.detail || one.label;
  text(slot(chip, "what"), say(one.card ? "chips.sends" : "chips.inserts"));
  chip.addEventListener("click", () => use(one, chip));
  return chip;
}

async function use(one, chip) {
  chip.disabled = true;
  try {
    if (one.card) await sendCard(one.card);
    else if (one.article) await knowledge.insert(one.article.article, one.article.locale);
    else insert(one.insert);
    knowledge.tell(one.id);
    chip.remove();
    show(bar, list.childElementCount);
    composer.focus();
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    chip.disabled = false;
    toast(failure.message || say("failure"), { kind: "error" });
  }
}

function insert(words) {
  composer.insert(words);
  selectBlank(composer.field);
}

const sendCard = (card) =>
  post(`conversations/${state.open}/cards/`, { ...card, client_id: clientId(), via: composer.via() });

function dismiss() {
  if (shownFor) dismissed.add(shownFor);
  show(bar, false);
  composer.focus();
}

// -- Keys

/** Go to the chips, where there are any; true if so. */
export function focus() {
  if (bar.hidden) return false;
  list.firstElementChild.focus();
  return true;
}

function onKey(event) {
  if (event.key === "Escape") {
    event.stopPropagation();
    dismiss();
    return;
  }
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: null }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  if (step === null) {
    composer.focus();
    return;
  }
  const stops = $$("button", bar);
  stops[(stops.indexOf(document.activeElement) + step + stops.length) % stops.length].focus();
}
