// One order of the buyer's: all that it is, what was asked for on it, and what may be.

import { call } from "./http.js";
import { clone } from "./cards.js";
import { currentToken } from "./client.js";
import { openForm } from "./requests-form.js";
import { isUndecided, requestElement } from "./requests.js";
import { date, has, money, say } from "./words.js";

const KINDS = ["change_address", "cancel", "refund"]; // those that there is a form for
const AGAIN_MS = 300;
const RECENT_MS = 15 * 60_000;

const body = document.getElementById("order-one-body");
const failed = document.getElementById("order-one-error");
let shown = null; // the id of the order that is here
let order = null;
let onClose = () => {};
let form = null;
let generation = 0, againTimer, toFocus = false;

document.getElementById("order-back").addEventListener("click", () => back());
document.getElementById("order-one-retry").addEventListener("click", () => load());

/** Show the order `id`; `close(id)` is called by who has seen enough. */
export function show(id, close) {
  onClose = close;
  shown = id;
  order = form = null;
  body.replaceChildren(skeleton());
  failed.hidden = true;
  document.getElementById("order-back").focus();
  load({ focus: true });
}

/** Go one step back: out of the form, or out of the order. False where there is nothing to go back from. */
export function back() {
  if (!shown) return false;
  if (form) {
    closeForm();
    return true;
  }
  const id = shown;
  clear();
  onClose(id);
  return true;
}

export function clear() {
  shown = order = form = null;
  generation += 1;
  clearTimeout(againTimer);
  body.replaceChildren();
}

/** What is on the screen may be another by now. What somebody fills in is left alone. */
export function changed(id) {
  if (!shown || id !== shown || form) return;
  clearTimeout(againTimer);
  againTimer = setTimeout(load, AGAIN_MS);
}

/** The line was lost: what is on the screen may be old. */
export const again = () => changed(shown);

async function load({ focus = false } = {}) {
  const mine = (generation += 1);
  toFocus ||= focus; // another reading may overtake this one
  try {
    const answer = await call("GET", `orders/${shown}`, { token: currentToken() });
    if (mine !== generation) return;
    failed.hidden = true;
    draw(answer.order);
    if (toFocus && !form) body.querySelector("h2").focus({ preventScroll: true });
    toFocus = false;
  } catch (error) {
    if (mine !== generation) return;
    if (!order) body.replaceChildren();
    failed.hidden = Boolean(order);
  }
}

function draw(value) {
  order = value;
  if (form) return;
  const held = document.activeElement?.dataset?.ask; // a button that is pressed by keyboard keeps its focus
  const element = clone("t-own-order");
  element.querySelector("h2").textContent = say("order", { number: order.number });
  const pill = element.querySelector(".pill");
  pill.textContent = has(order.status) ? say(order.status) : order.status;
  pill.dataset.status = order.status;
  element.querySelector(".order-date").textContent = say("placed", { date: date(new Date(order.placed_at)) });
  element.querySelector(".own-requests").append(...order.requests.filter(matters).map((one) => requestElement(one, { whole: true })));
  drawWhatMayBeAsked(element);
  element.querySelector(".lines").append(...order.lines.map(line));
  element.querySelector(".sums").append(...sums());
  const address = element.querySelector(".own-address");
  address.hidden = !order.address_lines.length;
  address.querySelector("p").textContent = order.address_lines.join("\n");
  drawShipments(element.querySelector(".own-shipments"));
  body.replaceChildren(element);
  if (held) body.querySelector(`[data-ask="${held}"]`)?.focus();
}

// What was withdrawn some time ago, or asked for anew, is history; what is open or was answered is what one looks for.
function matters({ kind, status, decided_at: at }, index, all) {
  const isHistory = Date.now() - new Date(at) > RECENT_MS || all.slice(0, index).some((newer) => newer.kind === kind);
  return status !== "withdrawn" || !isHistory;
}

function drawWhatMayBeAsked(element) {
  const isOpen = (kind) => order.requests.some((one) => one.kind === kind && isUndecided(one));
  const kinds = KINDS.filter((kind) => kind in order.can && !isOpen(kind));
  const buttons = kinds.filter((kind) => order.can[kind].allowed).map((kind) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet-button";
    button.dataset.ask = kind;
    button.textContent = nameOf(kind);
    button.addEventListener("click", () => fillIn(kind));
    return button;
  });
  element.querySelector(".own-do").append(...buttons);
  const reasons = new Map();
  for (const kind of kinds) {
    const { allowed, why } = order.can[kind];
    if (!allowed && why) reasons.set(why, [...(reasons.get(why) ?? []), nameOf(kind)]);
  }
  for (const [why, names] of reasons) {
    const words = document.createElement("p");
    words.className = "hint";
    words.textContent = say("cannot_ask", { what: names.join(", "), why });
    element.querySelector(".own-why").append(words);
  }
}

const nameOf = (kind) => (has(`ask.${kind}`) ? say(`ask.${kind}`) : order.can[kind].label);

function fillIn(kind) {
  form = openForm({ order, kind, name: nameOf(kind), final: order.can[kind].final, sent: onSent, stale: () => load() });
  body.replaceChildren(form.element);
  document.getElementById("orders").scrollTop = 0;
  form.focus();
}

function closeForm(kind = form?.kind) {
  form?.stop();
  form = null;
  draw(order);
  body.querySelector(`[data-ask="${kind}"]`)?.focus();
  load();
}

function onSent(request) {
  form = null;
  draw({ ...order, requests: [request, ...order.requests.filter((one) => one.kind !== request.kind || one.status !== "open")] });
  const element = body.querySelector(".own-requests .request");
  element.tabIndex = -1;
  document.getElementById("orders").scrollTop = 0;
  element.focus({ preventScroll: true });
  load();
}

function line(item) {
  const element = document.createElement("li");
  const name = document.createElement("span");
  const amount = document.createElement("span");
  name.textContent = `${item.quantity} × ${item.name}${item.variant ? `, ${item.variant}` : ""}`;
  amount.className = "amount";
  amount.textContent = money(item.total);
  element.append(name, amount);
  return element;
}

function sums() {
  const rows = [["items_total", "items_total"], ["shipping", "shipping_fee"], ["discount", "discount"], ["tax", "tax"], ["total", "total"], ["paid_sum", "paid"], ["refunded", "refunded"]];
  return rows.flatMap(([word, name]) => {
    const amount = order[name];
    if (!amount.amount && !["shipping_fee", "total"].includes(name)) return [];
    const term = document.createElement("dt");
    const value = document.createElement("dd");
    term.textContent = say(word);
    value.textContent = name === "shipping_fee" && !amount.amount ? say("free") : money(name === "discount" ? { ...amount, amount: -amount.amount } : amount);
    if (name === "total") term.className = value.className = "strong";
    return [term, value];
  });
}

function drawShipments(section) {
  const shipments = order.shipments ?? [];
  section.hidden = !shipments.length;
  for (const shipment of shipments) {
    const element = clone("t-own-shipment");
    element.querySelector(".carrier").textContent = shipment.carrier;
    element.querySelector(".number").textContent = shipment.tracking_number;
    const last = shipment.events?.at(-1);
    element.querySelector(".last").textContent = shipment.delivered_at
      ? say("delivered_on", { date: date(new Date(shipment.delivered_at)) })
      : [last?.text, last?.place].filter(Boolean).join(", ");
    const link = element.querySelector("a");
    if (/^https:\/\//.test(shipment.url ?? "")) {
      link.href = shipment.url;
      link.hidden = false;
    }
    section.querySelector("ul").append(element);
  }
}

function skeleton() {
  const element = document.createElement("div");
  element.className = "skeleton";
  element.setAttribute("aria-hidden", "true");
  element.append(...[1, 2, 3].map(() => document.createElement("i")));
  return element;
}
