// Cards in the timeline. A kind with a template of its own is drawn by it; any other shows its title and fields.

import { clone, slot, text } from "./dom.js";
import { money } from "./format.js";
import { say } from "./words.js";

const drawers = { order: drawOrder };

/** Draw a card; `words` is the card in plain text, for kinds this page has no drawing of. */
export function drawCard(card, words) {
  const draw = drawers[card.kind] ?? drawPlain;
  return draw(card, words);
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
  text(slot(node, "number"), order.number);
  const status = slot(node, "status");
  status.dataset.status = order.status;
  text(status, say(`order.${order.status}`));
  // A card holds what the buyer may see; live changes bring the agents' whole order, with its lines.
  for (const item of order.items ?? order.lines) {
    const line = clone("card-item");
    const name = slot(line, "name");
    text(name, item.name);
    name.title = item.name;
    text(slot(line, "quantity"), `× ${item.quantity}`);
    text(slot(line, "total"), money(item.total, order.currency));
    slot(node, "items").append(line);
  }
  text(slot(node, "fee"), money(order.shipping_fee, order.currency));
  text(slot(node, "sum"), money(order.total, order.currency));
  return node;
}
