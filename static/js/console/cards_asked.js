// Cards that ask the buyer something: what they were shown, and what they answered.

import { clone, show, slot, text } from "./dom.js";
import { full, moment } from "./format.js";
import { has, say } from "./words.js";

/** Draw the question about an order's address. */
export function drawAddress(card) {
  const node = clone("card-address");
  text(slot(node, "number"), card.order?.number);
  slot(node, "lines").append(...lines(card.lines));
  return node;
}

/** Add to a drawn card what became of it: waiting, answered by whom and when, or too late. */
export function withAnswer(node, card) {
  if (!card.choices?.length) return node;
  const foot = clone("card-answer");
  const { answer } = card;
  const state = answer ? tone(card, answer) : card.closed ? "closed" : "waiting";
  foot.dataset.state = state;
  text(slot(foot, "words"), answer ? words(card, answer) : say(`card.${state}`));
  text(slot(foot, "said"), answer?.words ? `“${answer.words}”` : "");
  show(slot(foot, "said"), Boolean(answer?.words));
  const corrected = slot(foot, "corrected");
  corrected.append(...lines(card.corrected));
  show(corrected, card.corrected?.length);
  show(slot(foot, "when"), Boolean(answer));
  if (answer) {
    text(slot(foot, "who"), answer.by);
    text(slot(foot, "time"), moment(answer.at));
    slot(foot, "time").dateTime = answer.at;
    slot(foot, "time").title = full(answer.at);
  }
  show(slot(foot, "hold"), Boolean(card.hold) && !answer && !card.closed);
  node.append(foot);
  return node;
}

const tone = (card, answer) => card.choices.find((choice) => choice.id === answer.choice)?.style === "primary" ? "good" : "bad";

function words(card, answer) {
  const key = `card.${card.kind}.${answer.choice}`;
  return has(key) ? say(key) : answer.label;
}

const lines = (given) => (given ?? []).map((line) => {
  const node = document.createElement("span");
  text(node, line);
  return node;
});
