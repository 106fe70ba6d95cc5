// Cards that send a buyer on their way: to pay, to see where the parcel is, to look at a product.

import { webAddress } from "./text.js";
import { date, has, money, moment, say } from "./words.js";

const clone = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);
const SCANS = 3;

/** Return how a kind of card is made and drawn again; nothing for a kind that is not of here. */
export const ahead = {
  payment: { element: () => clone("t-payment"), draw: drawPayment },
  tracking: { element: () => clone("t-tracking"), draw: drawTracking },
};

function drawPayment(element, order) {
  element.querySelector("h3").textContent = say("order", { number: order.number });
  pill(element, order);
  const isOpen = order.status === "unpaid";
  element.querySelector(".pay-words").textContent = say(isOpen ? "pay_open" : order.status === "cancelled" ? "pay_off" : "pay_done");
  element.querySelector(".pay-sum").textContent = money(isOpen && order.due ? order.due : order.total);
  const until = element.querySelector(".pay-until");
  until.hidden = !(isOpen && order.pay_by);
  if (!until.hidden) until.textContent = say("pay_until", { time: moment(new Date(order.pay_by)) });
  anchor(element.querySelector("a"), isOpen ? order.pay_url : "");
}

function drawTracking(element, order, before, card) {
  element.querySelector("h3").textContent = say("parcel_of", { number: order.number });
  const parcel = order.shipments.find((one) => one.tracking_number === card.tracking_number) || order.shipments.at(-1);
  if (!parcel) return;
  const step = parcel.delivered_at ? 3 : parcel.events.length > 1 ? 2 : 1;
  [...element.querySelector(".steps").children].forEach((one, n) => {
    one.classList.toggle("done", n < step);
    if (n === step - 1) one.setAttribute("aria-current", "step");
    else one.removeAttribute("aria-current");
  });
  const scans = parcel.events.slice(-SCANS).reverse().map((scan) => {
    const line = document.createElement("li");
    const where = document.createElement("span");
    where.className = "muted";
    where.textContent = [scan.place, moment(new Date(scan.at))].filter(Boolean).join(" · ");
    line.append(scan.text, where);
    return line;
  });
  element.querySelector(".scans").replaceChildren(...scans);
  const expected = element.querySelector(".expected");
  expected.hidden = Boolean(parcel.delivered_at) || !parcel.expected_at;
  if (!expected.hidden) expected.textContent = say("expected", { date: date(new Date(parcel.expected_at)) });
  element.querySelector(".parcel").textContent = `${parcel.carrier} ${parcel.tracking_number}`;
  anchor(element.querySelector("a"), parcel.url);
}

/** Return the card of a product: its picture, price, and whether there are any. */
export function productElement({ product }) {
  const element = clone("t-product");
  element.querySelector("h3").textContent = product.name;
  element.querySelector(".product-price").textContent = money(product.price);
  const stock = element.querySelector(".pill");
  stock.textContent = has(`stock_${product.stock}`) ? say(`stock_${product.stock}`) : "";
  stock.dataset.stock = product.stock;
  const image = element.querySelector("img");
  if (product.image) {
    image.addEventListener("error", () => { image.hidden = true; });
    image.src = product.image;
    image.hidden = false;
  }
  anchor(element.querySelector("a"), product.url);
  return element;
}

/** Return the card of an article: its title, its first lines, and where it goes on. */
export function articleElement(card) {
  const element = clone("t-article");
  element.lang = card.article.locale;
  element.querySelector("h3").textContent = card.title;
  element.querySelector("p").textContent = card.lead;
  anchor(element.querySelector("a"), card.url);
  return element;
}

function pill(element, order) {
  const badge = element.querySelector(".pill");
  badge.textContent = has(order.status) ? say(order.status) : order.status;
  badge.dataset.status = order.status;
}

/** Only web addresses become links: what a store or a carrier gave is data. */
function anchor(link, address) {
  const href = address && webAddress(address);
  link.hidden = !href;
  if (href) link.href = href;
  else link.removeAttribute("href");
}
