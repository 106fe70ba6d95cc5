// Cards in the conversation, and the buyer's orders. An order that changes changes wherever it is shown.

import { ahead, articleElement, productElement } from "./ahead.js";
import { couponElement } from "./coupon.js";
import { webAddress } from "./text.js";
import { date, has, money, say } from "./words.js";

const MOST_LINES = 4;
const shown = new Map(); // order id -> {order, elements}

export function clone(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

/** Return the element of a message's card. */
export function cardElement(card) {
  if (card.kind === "order" && card.order) return orderElement(card.order);
  if (ahead[card.kind] && card.order) return aheadElement(card);
  if (card.kind === "product" && card.product) return productElement(card);
  if (card.kind === "article" && card.article) return articleElement(card);
  if (card.kind === "coupon" && card.coupon) return couponElement(card);
  return plainElement(card);
}

function aheadElement(card) {
  const { element, draw: drawIt } = ahead[card.kind];
  return follow(element(), card.order, (node, order, before) => drawIt(node, order, before, card));
}

/** Return a card of an order that follows its changes. With `ask` it has a button that calls it with the order. */
export function orderElement(order, ask) {
  const element = follow(clone("t-order"), order, draw);
  if (ask) {
    const button = element.querySelector(".ask");
    button.hidden = false;
    button.addEventListener("click", () => ask(shown.get(order.id).order));
  }
  return element;
}

/** Draw an element of an order, now and whenever the order changes. */
function follow(element, order, draw) {
  const known = shown.get(order.id) || { order, elements: new Set() };
  shown.set(order.id, known);
  known.elements.add({ reference: new WeakRef(element), draw });
  draw(element, known.order);
  return element;
}

/** Show a new state of an order on every card of it. */
export function updateOrder(order) {
  const known = shown.get(order.id);
  if (!known) return;
  const before = known.order;
  known.order = order;
  for (const drawn of known.elements) {
    const element = drawn.reference.deref();
    if (element) drawn.draw(element, order, before);
    else known.elements.delete(drawn);
  }
}

/** Take an order as it is in a list that was just read: newer than what a card in an old message says. */
export function learnOrder(order) {
  if (shown.has(order.id)) updateOrder(order);
}

function draw(element, order, before) {
  element.querySelector("h3").textContent = say("order", { number: order.number });
  const pill = element.querySelector(".pill");
  pill.textContent = has(order.status) ? say(order.status) : order.status;
  pill.dataset.status = order.status;
  pill.classList.toggle("changed", Boolean(before) && before.status !== order.status);

  const lines = order.items.slice(0, MOST_LINES).map((item) => {
    const line = document.createElement("li");
    line.append(span("", `${item.quantity} × ${item.name}`), span("amount", money(item.total)));
    return line;
  });
  if (order.items.length > MOST_LINES) {
    const rest = document.createElement("li");
    rest.append(span("muted", say("more_items", { count: order.items.length - MOST_LINES })));
    lines.push(rest);
  }
  element.querySelector(".lines").replaceChildren(...lines);

  const changed = (name) => before && before[name].amount !== order[name].amount && money(before[name]);
  const fee = order.shipping_fee.amount ? money(order.shipping_fee) : say("free");
  element.querySelector(".sums").replaceChildren(
    ...sum(say("shipping"), fee, changed("shipping_fee")),
    ...sum(say("total"), money(order.total), changed("total"), "strong"),
  );
  element.querySelector(".order-date").textContent = say("placed", { date: date(new Date(order.placed_at)) });
}

function sum(name, value, was, look = "") {
  const term = document.createElement("dt");
  const amount = document.createElement("dd");
  term.textContent = name;
  term.className = look;
  amount.className = `${look} ${was ? "changed" : ""}`;
  if (was) {
    const old = document.createElement("s");
    old.textContent = was;
    amount.append(span("sr", say("was", { amount: "" })), old, " ");
  }
  amount.append(value);
  return [term, amount];
}

function span(look, text) {
  const element = document.createElement("span");
  if (look) element.className = look;
  element.textContent = text;
  return element;
}

// A kind that this panel has never heard of still has a title, facts and perhaps a link.
function plainElement(card) {
  const about = card.product || card;
  const element = clone("t-card");
  element.querySelector("h3").textContent = card.title || about.name || "";
  const fields = Array.isArray(card.fields) ? card.fields : [];
  const sums = fields.flatMap((field) => sum(String(field.label ?? ""), String(field.value ?? "")));
  if (about.price?.currency) sums.push(...sum("", money(about.price), "", "strong"));
  element.querySelector(".sums").replaceChildren(...sums);
  const image = element.querySelector("img");
  if (typeof about.image === "string" && about.image.startsWith("/")) {
    image.src = about.image;
    image.hidden = false;
  }
  const href = about.url && webAddress(about.url);
  if (href) {
    const link = element.querySelector("a");
    link.href = href;
    link.hidden = false;
  }
  return element;
}
