// Cards that send a buyer on their way: to pay, to follow a parcel, to look at a product.

import { clone, slot, text } from "./dom.js";
import { full, moment, money } from "./format.js";
import { say } from "./words.js";

const SCANS = 3;

/** An order that waits to be paid. It follows its order, so that an agent sees that it was. */
export function drawPayment(card) {
  const node = clone("card-payment");
  const order = card.order;
  text(slot(node, "number"), order.number);
  status(node, order);
  text(slot(node, "sum"), money(order.status === "unpaid" && order.due ? order.due : order.total, order.currency));
  const until = order.status === "unpaid" && order.pay_by;
  slot(node, "until").hidden = !until;
  if (until) text(slot(node, "time"), moment(order.pay_by));
  return node;
}

/** A parcel: steps, its last scans, the carrier's page. */
export function drawTracking(card) {
  const node = clone("card-tracking");
  const order = card.order;
  const parcel = order.shipments.find((one) => one.tracking_number === card.tracking_number) ?? order.shipments.at(-1);
  text(slot(node, "number"), order.number);
  status(node, order);
  if (!parcel) return node;
  text(slot(node, "carrier"), parcel.carrier);
  text(slot(node, "tracking"), parcel.tracking_number);
  const step = parcel.delivered_at ? 3 : parcel.events.length > 1 ? 2 : 1;
  slot(node, "steps").dataset.step = step;
  [...slot(node, "steps").children].forEach((one, n) => one.classList.toggle("is-done", n < step));
  for (const scan of parcel.events.slice(-SCANS).reverse()) {
    const line = clone("card-scan");
    text(slot(line, "words"), scan.text);
    text(slot(line, "place"), [scan.place, moment(scan.at)].filter(Boolean).join(" · "));
    slot(line, "place").title = full(scan.at);
    slot(node, "scans").append(line);
  }
  link(slot(node, "link"), parcel.url);
  return node;
}

export function drawProduct(card) {
  const node = clone("card-product");
  const { product } = card;
  text(slot(node, "name"), product.name);
  text(slot(node, "sku"), product.sku);
  text(slot(node, "price"), money(product.price));
  const stock = slot(node, "stock");
  text(stock, say(`product.${product.stock}`));
  stock.dataset.color = { sold_out: "red", few: "amber" }[product.stock] ?? "green";
  const image = slot(node, "image");
  image.hidden = !product.image;
  if (product.image) {
    image.addEventListener("error", () => { image.hidden = true; });
    image.src = product.image;
  }
  link(slot(node, "link"), product.url);
  return node;
}

function status(node, order) {
  const badge = slot(node, "status");
  badge.dataset.status = order.status;
  text(badge, say(`order.${order.status}`));
}

/** Only web addresses become links: what a store or a carrier gave is data. */
function link(anchor, address) {
  anchor.hidden = !/^https?:\/\//i.test(address ?? "");
  if (!anchor.hidden) anchor.href = address;
}
