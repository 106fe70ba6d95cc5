// The words of system lines: chosen by the event's name and parameters from the page's strings.

import { money, moment } from "./format.js";
import { fill, has, say } from "./words.js";

const ORDER_ACTION = "order.action.";

/** Return what a system message says, as a fragment. Unknown events fall back to the server's plain words. */
export function systemWords(message) {
  const event = message.event;
  const key = event && keysFor(event).find(has);
  if (!key) return document.createTextNode(message.body);
  return fill(key, paramsFor(event));
}

/** What kind of thing happened, for the icon and the tone of the line. */
export function systemTone(event) {
  const name = event?.event ?? "";
  if (name.startsWith(ORDER_ACTION)) return name.endsWith("failed") || name.endsWith("unknown") ? "problem" : "order";
  return name.replace("conversation.", "") || "plain";
}

/** Keys from the most to the least specific; the first that the page has words for is taken. */
function keysFor(event) {
  const name = event.event;
  if (name.startsWith(ORDER_ACTION)) return [`${name}.${event.kind}`, name];
  if (name === "conversation.assigned") return [`${name}.${assignment(event)}`];
  if (name === "conversation.reopened") return [`${name}.${event.by}`, name];
  if (name === "conversation.tagged") return [`${name}.${tagging(event)}`];
  if (name === "conversation.rated") return [`${name}.${event.comment ? "comment" : "plain"}`];
  return [name];
}

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
  if (event.run_at) params.run_at = moment(event.run_at);
  if (event.priority !== undefined) params.priority = say(`priority.${event.priority}`);
  if (event.rating) params.rating = "★".repeat(event.rating) + "☆".repeat(5 - event.rating);
  for (const list of ["added", "removed"]) if (event[list]) params[list] = event[list].join(", ");
  for (const side of ["before", "after"]) if (event[side]) params[side] = amount(event[side]);
  return params;
}

const amount = (side) => money(side.shipping_fee ?? side.total, side.currency);
