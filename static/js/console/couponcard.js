// A coupon in the timeline: what the buyer got, and whether it was used.

import { clone, slot, text } from "./dom.js";
import { say } from "./words.js";

export function drawCoupon(card) {
  const node = clone("card-coupon");
  const coupon = card.coupon;
  node.dataset.state = coupon.state;
  text(slot(node, "gives"), coupon.gives);
  text(slot(node, "name"), card.title);
  text(slot(node, "code"), coupon.code);
  slot(node, "copy").dataset.copyText = coupon.code;
  text(slot(node, "terms"), coupon.terms.join(" · "));
  const state = slot(node, "state");
  text(state, say(`coupon.state.${coupon.state}`, { order: coupon.order ?? "" }));
  state.dataset.color = { active: "green", redeemed: "violet" }[coupon.state] ?? "slate";
  return node;
}
