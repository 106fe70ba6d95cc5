// What became of a message on its way: the mark below it, and where it is stuck, the reason and the ways out.

import { ask, toast } from "../base.js";
import { Failure, get, post } from "./api.js";
import { $, attribute, clone, show, slot, text } from "./dom.js";
import { full, moment } from "./format.js";
import { desk } from "./store.js";
import { channelName, drawWay } from "./waymenu.js";
import * as ways from "./ways.js";
import { has, say } from "./words.js";

const RANK = ["cancelled", "failed", "unknown", "queued", "sending", "sent", "delivered", "read"];
const STUCK = new Set(["failed", "unknown"]);
const menu = document.getElementById("again-menu");

let asking = null; // the message that the menu is for

export function start({ changed }) {
  document.getElementById("timeline").addEventListener("click", (event) => {
    const button = event.target.closest("[data-again]");
    if (button) act(button, changed);
  });
  menu.addEventListener("click", (event) => {
    const item = event.target.closest("[data-channel]");
    if (!item) return;
    menu.hidePopover();
    again(asking, item.dataset.channel, changed);
  });
}

/** The furthest that any channel has got: what failed on one of them and arrived by another has arrived. */
export const furthest = (deliveries) => deliveries.reduce((a, b) => (RANK.indexOf(b.state) > RANK.indexOf(a.state) ? b : a));

/** Move deliveries forward to `reached`; a receipt never takes back a later one, nor a failure. */
export function advance(deliveries, reached) {
  return deliveries.map((d) =>
    d.state !== "failed" && d.state !== "cancelled" && RANK.indexOf(d.state) < RANK.indexOf(reached)
      ? { ...d, state: reached } : d);
}

/** Whether a provider tells what became of a message, and not the buyer's own screen. */
export const isOutside = (message) => Boolean(desk.channels[message.channel]?.outside);

/** Show on a message's node how far it has come. */
export function setDelivery(node, message) {
  const mark = slot(node, "mark");
  if (!mark) return;
  const deliveries = message.deliveries ?? [];
  show(mark, deliveries.length);
  const best = deliveries.length ? furthest(deliveries) : null;
  attribute(node, "data-delivery", best?.state);
  if (best) {
    mark.dataset.state = best.state === "sending" ? "queued" : best.state;
    mark.title = deliveries.map((delivery) => line(delivery, message)).join("\n");
    text(slot(mark, "words"), words(best));
  }
  paintTrouble(node, message, best);
}

const words = (delivery) =>
  delivery.state === "queued" && delivery.held_until
    ? say("delivery.held", { time: moment(delivery.held_until) })
    : say(`delivery.${delivery.state === "sending" ? "queued" : delivery.state}`);

function line(delivery, message) {
  const where = isOutside(message) || message.deliveries.length > 1 ? `${channelName(delivery.channel, message.channel)}: ` : "";
  return where + words(delivery) + (delivery.detail ? ` (${delivery.detail})` : "") + (delivery.at ? ` · ${full(delivery.at)}` : "");
}

/** Say what is in the way. What arrived by another channel, or is still being tried, is told without buttons. */
function paintTrouble(node, message, best) {
  const old = slot(node, "trouble");
  const stuck = (message.deliveries ?? []).filter((delivery) => STUCK.has(delivery.state));
  const waits = best?.state === "queued" && Boolean(best.detail || best.held_until);
  if (!stuck.length && !waits) {
    old?.remove();
    return;
  }
  const box = clone("trouble");
  box.dataset.state = STUCK.has(best.state) ? best.state : "past";
  box.dataset.message = message.id;
  const told = stuck.includes(best) ? stuck : [...stuck, best];
  slot(box, "lines").replaceChildren(...told.map((delivery) => drawLine(delivery, message)));
  show(slot(box, "do"), STUCK.has(best.state));
  if (old) old.replaceWith(box);
  else slot(node, "foot").after(box);
}

function drawLine(delivery, message) {
  const node = clone("trouble-line");
  node.dataset.state = delivery.state;
  node.dataset.channel = delivery.channel;
  text($("b", node), channelName(delivery.channel, message.channel));
  const said = delivery.state === "unknown" && !delivery.detail ? say("delivery.maybe") : words(delivery);
  text(slot(node, "words"), delivery.detail ? say("delivery.why", { state: said, why: delivery.detail }) : said);
  return node;
}

// -- Sending again

async function act(button, changed) {
  const box = button.closest("[data-message]");
  const id = box.dataset.message;
  if (menu.matches(":popover-open")) return; // its own button closes it
  if (box.dataset.state === "unknown" && !(await sure())) return;
  if (button.dataset.again === "via") setTimeout(openMenu, 0, button, box);
  else again(id, null, changed);
}

const sure = () => ask(say("again.sure"), { detail: say("again.sure.detail"), yes: say("again") });

/** Offer the other ways. (Not before the click is over, or the button would close again what it names now.) */
function openMenu(button, box) {
  asking = box.dataset.message;
  const tried = new Set([...box.querySelectorAll("[data-channel]")].map((node) => node.dataset.channel));
  const open = ways.all().filter((way) => way.state === "open" && !tried.has(way.id));
  slot(menu, "list").replaceChildren(...open.map(drawWay));
  show(slot(menu, "empty"), !open.length);
  // The menu stands beside the button that named it last.
  for (const other of document.querySelectorAll('[popovertarget="again-menu"]')) attribute(other, "popovertarget", null);
  attribute(button, "popovertarget", "again-menu");
  menu.showPopover();
  (slot(menu, "list").firstElementChild ?? slot(menu, "empty")).focus();
}

async function again(id, channel, changed) {
  try {
    changed(await post(`messages/${id}/resend/`, channel ? { channel } : {}));
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    toast(has(`refused.${failure.code}`) ? say(`refused.${failure.code}`) : failure.message || say("failure"), { kind: "error" });
    ways.reload();
  }
}

// -- Reasons come in English with a frame, for all who hear it; in the reader's words they are asked for

const isEnglish = document.documentElement.lang.startsWith("en");

/** Return the message as this reader is told of it, or null where that is how it is already. */
export async function inMyWords(message) {
  if (isEnglish || !message.deliveries?.some((delivery) => delivery.detail)) return null;
  try {
    const page = await get(`conversations/${message.conversation}/messages/?before=${message.seq + 1}&limit=1`);
    return page.results.find((one) => one.id === message.id) ?? null;
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    return null;
  }
}
