// The words of system lines: chosen by the event's name and parameters from the page's strings.

import { money, moment } from "./format.js";
import { fill, has, say } from "./words.js";

const ORDER_ACTION = "order.action.";

/** Return what a system message says, as a fragment. Unknown events fall back to the server's plain words. */
export function systemWords(message) {
  const event = message.event;
  const key = event && keysFor(event).find(has);
  if (!key) return document.createTextNode(message.body);
  return event.task ? withLink(fill(key, paramsFor(event)), event) : fill(key, paramsFor(event));
}

/** The title of a task leads to it; console/tasks.js opens it where one is. */
function withLink(words, event) {
  const title = titleOf(event);
  const named = [...words.querySelectorAll("b")].find((one) => one.textContent === title);
  if (!named) return words;
  const link = document.createElement("a");
  link.href = `/team/tasks/${event.task}/`;
  link.dataset.taskLink = "";
  link.textContent = title;
  named.replaceChildren(link);
  return words;
}

const titleOf = (event) => event.title || say(`task.title.${event.task_kind}`, { rating: stars(event.rating ?? 0) });

/** What kind of thing happened, for the icon and the tone of the line. */
export function systemTone(event) {
  const name = event?.event ?? "";
  if (name.startsWith(ORDER_ACTION)) return name.endsWith("failed") || name.endsWith("unknown") ? "problem" : "order";
  if (name.startsWith("payment.") || name.startsWith("return.")) return "order";
  if (name.startsWith("task.")) return "task";
  if (name === "consent.changed") return event.state === "none" ? "problem" : "plain";
  if (name === "conversation.reply_overdue") return "problem";
  if (name === "card.answered") return event.needs_somebody ? "problem" : "resolved";
  return name.replace("conversation.", "") || "plain";
}

/** Keys from the most to the least specific; the first that the page has words for is taken. */
function keysFor(event) {
  const name = event.event;
  if (name.startsWith(ORDER_ACTION)) return [`${name}.${event.kind}.${variant(event)}`, `${name}.${event.kind}`, name];
  if (name === "card.answered") return [`${name}.${event.card}.${event.choice}`, name];
  if (name === "conversation.assigned") return [`${name}.${event.reason ?? assignment(event)}`];
  if (name === "conversation.reply_overdue") return [`${name}.${event.kind}`];
  if (name === "conversation.reopened") return [`${name}.${event.by}`, name];
  if (name === "task.created") return [`${name}.${event.task_kind ? "desk" : toSomebodyElse(event) ? "given" : "self"}`];
  if (name === "conversation.tagged") return [`${name}.${tagging(event)}`];
  if (name === "conversation.rated") return [`${name}.${event.comment ? "comment" : "plain"}`];
  if (name === "delivery.moved_on") return [`${name}.${event.why}`];
  if (name === "consent.changed") return [`${name}.${event.state}`];
  return [name];
}

/** What distinguishes two lines about the same kind of action. */
function variant(event) {
  if (typeof event.after?.on_hold === "boolean") return event.after.on_hold ? "on" : "off";
  if (event.after?.charge?.amount) return "charged";
  return event.cost?.amount > 0 ? "paid_back" : "plain";
}

const toSomebodyElse = (event) => event.assignee && event.assignee !== event.actor;

function assignment(event) {
  if (event.assignee && event.assignee === event.actor) return "self";
  if (event.assignee) return "agent";
  return event.team ? "team" : "nobody";
}

function tagging(event) {
  if (event.added?.length && event.removed?.length) return "both";
  return event.added?.length ? "added" : "removed";
}

function paramsFor(event) {
  const params = { ...event };
  if (event.until) params.until = moment(event.until);
  if (event.due) params.due = moment(event.due);
  if (event.run_at) params.run_at = moment(event.run_at);
  if (event.priority !== undefined) params.priority = say(`priority.${event.priority}`);
  if (event.rating) params.rating = stars(event.rating);
  if (event.task) params.title = titleOf(event);
  for (const list of ["added", "removed"]) if (event[list]) params[list] = event[list].join(", ");
  if (event.amount) params.amount = money(event.amount);
  if (event.kind) params.what = say(`action.${event.kind}`);
  if (event.cost) params.cost = money(event.cost);
  const { items, back, replacement, charge, shipping_method: method } = event.after ?? {};
  Object.assign(params, { items: items ?? event.items, back, replacement, method, charge: charge && money(charge) });
  for (const side of ["before", "after"]) if (event[side]) params[side] = amount(event[side]);
  return params;
}

const stars = (rating) => "★".repeat(rating) + "☆".repeat(5 - rating);

const amount = (side) => {
  const value = side.shipping_fee ?? side.total;
  return value === undefined ? "" : money(value, side.currency);
};
