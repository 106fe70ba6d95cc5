// What a buyer asks for, as a card in the timeline: accepted with one click, declined with words.

import { toast } from "../base.js";
import { Failure, post } from "./api.js";
import { clone, show, slot, text } from "./dom.js";
import { say } from "./words.js";

const language = document.documentElement.lang;
const inWords = (byLanguage) => byLanguage[language] ?? Object.values(byLanguage)[0];
const typed = new Map(); // request id -> what is being written, which a card that is drawn again keeps

export function drawRequest(card) {
  const node = clone("card-request");
  const { request } = card;
  node.dataset.request = request.id;
  text(slot(node, "title"), inWords(request.label));
  const order = slot(node, "order");
  text(order, request.order.number);
  order.href = `/orders/${request.order.id}/`;
  const status = slot(node, "status");
  status.dataset.status = request.status;
  text(status, say(`request.${request.status}`));
  slot(node, "rows").append(...inWords(request.rows).map(drawRow));
  text(slot(node, "reason"), request.reason);
  show(slot(node, "reason"), Boolean(request.reason));
  text(slot(node, "answer"), request.answer ? `“${request.answer}”` : "");
  show(slot(node, "answer"), Boolean(request.answer));
  if (request.status === "open") makeAnswerable(node, request);
  else typed.delete(request.id);
  return node;
}

function drawRow({ label, before, after }) {
  const row = clone("card-request-row");
  text(slot(row, "label"), label);
  row.classList.toggle("is-long", before.length + after.length > 40);
  text(slot(row, "before"), before);
  show(slot(row, "before"), Boolean(before));
  show(slot(row, "arrow"), Boolean(before));
  text(slot(row, "after"), after);
  return row;
}

function makeAnswerable(node, request) {
  const choices = slot(node, "choices");
  const form = slot(node, "form");
  const words = form.elements.answer;
  const key = crypto.randomUUID?.() ?? `${Date.now()}.${Math.random()}`; // one card drawn is one attempt, however often it is clicked
  const open = (on) => {
    show(form, on);
    show(choices, !on);
    slot(node, "decline").setAttribute("aria-expanded", String(on));
  };
  words.value = typed.get(request.id) ?? "";
  open(typed.has(request.id));

  slot(node, "accept").addEventListener("click", () =>
    send(node, `requests/${request.id}/accept/`, {}, { "Idempotency-Key": key }));
  slot(node, "decline").addEventListener("click", () => {
    open(true);
    words.focus();
  });
  slot(node, "cancel").addEventListener("click", () => {
    typed.delete(request.id);
    open(false);
    slot(node, "decline").focus();
  });
  words.addEventListener("input", () => typed.set(request.id, words.value));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (words.value.trim()) send(node, `requests/${request.id}/decline/`, { answer: words.value.trim() });
  });
}

/** Send an answer. What became of it comes back as a frame, to this screen as to all others. */
async function send(node, path, body, headers = {}) {
  const buttons = node.querySelectorAll("button");
  const error = slot(node, "error");
  show(error, false);
  for (const button of buttons) button.disabled = true;
  try {
    const answer = await post(path, body, { headers });
    if (answer.action?.state === "waiting") toast(say("request.waits"), { kind: "info" });
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    text(error, failure.code === "network" ? say("failure.network") : failure.message || say("failure"));
    show(error, true);
  }
  for (const button of buttons) button.disabled = false;
}
