// What the buyer has asked for, as a card in the conversation and on the order. It follows what becomes of it.

import { call } from "./http.js";
import { clone } from "./cards.js";
import { currentToken } from "./client.js";
import { fileElement } from "./files.js";
import { has, say } from "./words.js";

const language = document.documentElement.lang;
const shown = new Map(); // request id -> {request, elements: Set of WeakRef}

export const isUndecided = ({ status }) => ["open", "checking", "accepted"].includes(status);

const inWords = (byLanguage) => byLanguage[language] ?? Object.values(byLanguage)[0];

/** Return a card of a request. `whole`: on its order, where the photos and the answer stand with it. */
export function requestElement(request, { whole = false } = {}) {
  const element = clone("t-request");
  element.classList.toggle("whole", whole);
  const known = shown.get(request.id) ?? { request, elements: new Set() };
  if (request.as_of > known.request.as_of) known.request = request; // what a message says may be old
  shown.set(request.id, known);
  known.elements.add(new WeakRef(element));
  if (whole) element.querySelector(".request-photos").append(...(request.photos ?? []).map(fileElement));
  element.querySelector(".withdraw").addEventListener("click", () => withdraw(known.request, element));
  updateRequest(known.request);
  return element;
}

/** Show a new state of a request wherever it is shown. */
export function updateRequest(request) {
  const known = shown.get(request.id);
  if (!known) return;
  known.request = request;
  for (const reference of known.elements) {
    const element = reference.deref();
    if (element) draw(element, request);
    else known.elements.delete(reference);
  }
}

function draw(element, request) {
  const whole = element.classList.contains("whole");
  element.querySelector("h3").textContent = inWords(request.label);
  const pill = element.querySelector(".pill");
  pill.classList.toggle("changed", Boolean(pill.dataset.status) && pill.dataset.status !== request.status);
  pill.textContent = has(`request.${request.status}`) ? say(`request.${request.status}`) : request.status;
  pill.dataset.status = request.status;
  element.querySelector(".request-order").textContent = whole ? "" : say("order", { number: request.order.number });
  element.querySelector(".diff").replaceChildren(...inWords(request.rows).flatMap(row));
  element.querySelector(".request-reason").textContent = request.reason;
  // In the conversation the answer is a message of its own.
  element.querySelector(".request-answer").textContent = whole && request.answer ? say("request_answer", { answer: request.answer }) : "";
  element.querySelector(".withdraw").hidden = request.status !== "open";
}

function row({ label, before, after }) {
  const term = document.createElement("dt");
  const value = document.createElement("dd");
  term.textContent = label;
  value.classList.toggle("long", before.length + after.length > 40);
  if (before) {
    const old = document.createElement("s");
    const was = document.createElement("i");
    was.className = "sr";
    was.textContent = say("was", { amount: "" });
    old.append(was, before);
    const arrow = document.createElement("span");
    arrow.textContent = " → ";
    arrow.setAttribute("aria-hidden", "true");
    value.append(old, arrow);
  }
  const now = document.createElement("b");
  now.textContent = after;
  value.append(now);
  return [term, value];
}

async function withdraw(request, element) {
  const button = element.querySelector(".withdraw");
  const error = element.querySelector(".error");
  button.disabled = true;
  error.textContent = "";
  try {
    const answer = await call("POST", `requests/${request.id}/withdraw`, { token: currentToken() });
    updateRequest(answer.request);
    element.tabIndex = -1;
    element.focus({ preventScroll: true });
  } catch (problem) {
    error.textContent = problem.status === 409 ? problem.message : say("try_later");
  }
  button.disabled = false;
}
