// Cards in the timeline. A kind with a template of its own is drawn by it; any other shows its title and fields.

import { drawArticle } from "./articlecard.js";
import { drawPayment, drawProduct, drawTracking } from "./cards_ahead.js";
import { drawAddress, withAnswer } from "./cards_asked.js";
import { drawCoupon } from "./couponcard.js";
import { clone, show, slot, text } from "./dom.js";
import { money } from "./format.js";
import { drawRequest } from "./requestcard.js";
import { say } from "./words.js";

const drawers = {
  order: drawOrder,
  payment: drawPayment,
  tracking: drawTracking,
  product: drawProduct,
  coupon: drawCoupon,
  article: drawArticle,
  check_order: drawOrder,
  check_address: drawAddress,
  request: drawRequest,
};

/** Draw a card; `words` is the card in plain text, for kinds this page has no drawing of. */
export function drawCard(card, words) {
  const draw = drawers[card.kind] ?? drawPlain;
  return withAnswer(draw(card, words), card);
}

function drawPlain(card, words) {
  const node = clone("card");
  text(slot(node, "title"), card.title || words);
  for (const field of card.fields ?? []) {
    const term = document.createElement("dt");
    const value = document.createElement("dd");
    text(term, field.label ?? field.name);
    text(value, String(field.value ?? ""));
    slot(node, "fields").append(term, value);
  }
  return node;
}

function drawOrder(card) {
  const node = clone("card-order");
  const order = card.order;
  node.dataset.order = order.id;
  if (card.kind !== "order") text(slot(node, "kind"), say(`card.${card.kind}`));
  text(slot(node, "number"), order.number);
  const status = slot(node, "status");
  status.dataset.status = order.status;
  text(status, say(`order.${order.status}`));
  // A card holds what the buyer may see; live changes bring the agents' whole order, with its lines.
  for (const item of order.items ?? order.lines) {
    const line = clone("card-item");
    const name = slot(line, "name");
    text(name, [item.name, item.variant].filter(Boolean).join(", "));
    name.title = name.textContent;
    text(slot(line, "quantity"), `× ${item.quantity}`);
    text(slot(line, "total"), money(item.total, order.currency));
    slot(node, "items").append(line);
  }
  text(slot(node, "fee"), money(order.shipping_fee, order.currency));
  for (const [part, sign] of [["tax", 1], ["discount", -1]]) {
    const amount = order[part]?.amount;
    show(slot(node, part), Boolean(amount));
    if (amount) text(slot(node, `${part}-sum`), money({ ...order[part], amount: sign * amount }));
  }
  text(slot(node, "sum"), money(order.total, order.currency));
  return node;
}
