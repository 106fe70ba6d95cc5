// "My orders", for a buyer whom the store vouches for.

import { learnOrder, orderElement } from "./cards.js";
import { orders } from "./client.js";

const list = document.getElementById("orders-list");
const empty = document.getElementById("orders-empty");
const failed = document.getElementById("orders-error");

export function setUp() {
  document.getElementById("orders-retry").addEventListener("click", () => load());
}

let onAsk = () => {};

/** Read the orders anew and show them; `ask(order)` is called by their buttons. */
export async function load(ask = onAsk) {
  onAsk = ask;
  list.setAttribute("aria-busy", "true");
  try {
    const answer = await orders();
    answer.orders.forEach(learnOrder);
    list.replaceChildren(...answer.orders.map((order) => orderElement(order, onAsk)));
    empty.hidden = answer.orders.length > 0;
    failed.hidden = true;
  } catch (error) {
    failed.hidden = false;
  }
  list.removeAttribute("aria-busy");
}

export function clear() {
  list.replaceChildren();
}
