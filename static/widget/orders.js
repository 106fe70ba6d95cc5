// "My orders", for a buyer whom the store vouches for: all of them, or one of them.

import { clone, learnOrder, orderElement } from "./cards.js";
import { orders } from "./client.js";
import { say } from "./words.js";

const list = document.getElementById("orders-list");
const all = document.getElementById("orders-all");
const one = document.getElementById("order-one");
const empty = document.getElementById("orders-empty");
const failed = document.getElementById("orders-error");

let onAsk = () => {};
let page = null; // orders-one.js, once somebody has looked at an order

export function setUp() {
  document.getElementById("orders-retry").addEventListener("click", () => load());
  // Before the panel hears it, which would close itself.
  document.getElementById("orders").addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing || !page?.back()) return;
    event.stopPropagation();
  });
}

/** Read the orders anew and show them; `ask(order)` is called by their buttons. */
export async function load(ask = onAsk) {
  onAsk = ask;
  list.setAttribute("aria-busy", "true");
  try {
    const answer = await orders();
    answer.orders.forEach(learnOrder);
    list.replaceChildren(...answer.orders.map(row));
    empty.hidden = answer.orders.length > 0;
    failed.hidden = true;
  } catch (error) {
    failed.hidden = false;
  }
  list.removeAttribute("aria-busy");
}

function row(order) {
  const element = orderElement(order, onAsk);
  const button = clone("t-open-order");
  button.textContent = say("view_order");
  button.setAttribute("aria-label", `${say("view_order")}: ${order.number}`);
  button.dataset.open = order.id;
  button.addEventListener("click", () => open(order.id));
  element.querySelector(".ask").before(button);
  return element;
}

/** Show one order: what it is, and what can be asked for on it. */
export async function open(id) {
  try {
    page ??= await import("./orders-one.js");
  } catch (error) {
    failed.hidden = false;
    return;
  }
  all.hidden = true;
  one.hidden = false;
  page.show(id, close);
}

function close(id) {
  one.hidden = true;
  all.hidden = false;
  const button = [...list.querySelectorAll(".open-order")].find((candidate) => candidate.dataset.open === id);
  button?.focus();
}

/** An order, or a request on it, has changed: show it as it is now. */
export function changed(id) {
  page?.changed(id);
}

/** The line was lost for a while: what is shown may be old. */
export function again() {
  page?.again();
}

/** Forget everything: it may be another buyer from now on. */
export function clear() {
  list.replaceChildren();
  page?.clear();
  one.hidden = true;
  all.hidden = false;
}
