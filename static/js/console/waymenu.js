// "Reply via …": the button in the composer, its menu, and what is to be known of a way before something is sent.

import { icon } from "../base.js";
import { $, attribute, clone, show, slot, text } from "./dom.js";
import { moment, number, size } from "./format.js";
import { segments } from "./segments.js";
import { desk } from "./store.js";
import * as ways from "./ways.js";
import { say } from "./words.js";

const menu = document.getElementById("way-menu");
const form = document.getElementById("composer");
const button = $("[data-way]", form);
const counter = $("[data-count]", form);
const hints = $("[data-hints]", form);
const closed = $("[data-closed]", form);
const isNarrow = matchMedia("(max-width: 760px)");

/** `pick` is told which way was taken (null: as the buyer came), `picked` which one is. */
export function start({ pick, picked }) {
  menu.addEventListener("beforetoggle", (event) => event.newState === "open" && fill(picked()));
  menu.addEventListener("click", (event) => {
    const item = event.target.closest("[data-channel]");
    if (!item) return;
    if (item.getAttribute("aria-disabled")) {
      event.stopPropagation(); // what cannot be taken leaves the menu open, with its reason
      return;
    }
    pick(item.dataset.channel === ways.all()[0]?.id ? null : item.dataset.channel);
    menu.hidePopover();
  });
}

function fill(picked) {
  const taken = ways.chosen(picked);
  slot(menu, "list").replaceChildren(...ways.all().map((way) => {
    const item = drawWay(way);
    attribute(item, "aria-pressed", String(way.id === taken?.id));
    attribute(item, "autofocus", way.id === taken?.id ? "" : null);
    attribute(item, "aria-disabled", way.state === "unavailable" ? "true" : null);
    return item;
  }));
}

/** A channel as an item of a menu: what it is called, where the buyer is there, and what may be said. */
export function drawWay(way) {
  const item = clone("way");
  item.dataset.channel = way.id;
  slot(item, "icon").replaceChildren(icon(way.icon));
  text(slot(item, "name"), way.name);
  const kind = way.name === way.label ? "" : way.label;
  text(slot(item, "address"), [kind, way.address].filter(Boolean).join(" · "));
  slot(item, "address").title = way.address;
  text(slot(item, "state"), stateWords(way));
  slot(item, "state").dataset.state = way.state;
  show(slot(item, "state"), stateWords(way));
  return item;
}

function stateWords(way) {
  if (way.state === "unavailable") return way.reason;
  if (way.state === "template") return say("way.template");
  if (way.instead) return say("way.instead.short", { instead: way.instead });
  return way.until ? say("way.until", { time: moment(way.until) }) : "";
}

/** Show the way that is taken, and what it does to what has been written. `draft` is {mode, via, body, files}. */
export function paint({ mode, via, body, files }) {
  const way = ways.chosen(via);
  const isReply = mode === "reply" && Boolean(way);
  show(button, isReply && ways.matters());
  const isClosed = isReply && way.state === "template";
  show(closed, isClosed);
  form.toggleAttribute("data-template-only", isClosed);
  show(counter, isReply && way.segments && body);
  show(hints, false);
  if (!isReply) return;
  paintButton(way, Boolean(via) && way.id !== ways.all()[0].id);
  if (isClosed) text(slot(closed, "words"), say("way.closed", { name: way.name }));
  if (way.segments && body) paintCount(body);
  paintHints(isClosed ? [] : hintsOf(way, body, files));
}

function paintButton(way, isPicked) {
  if (button.dataset.kind !== way.kind) {
    button.dataset.kind = way.kind;
    slot(button, "icon").replaceChildren(icon(way.icon ?? "message-circle"));
  }
  text(slot(button, "name"), way.name);
  const until = way.state === "open" && way.until ? say("way.until", { time: moment(way.until) }) : "";
  text(slot(button, "until"), until);
  show(slot(button, "until"), until);
  button.dataset.state = way.state;
  button.toggleAttribute("data-picked", isPicked);
  button.title = [say("way.title", { name: way.name }), way.address, stateWords(way)].filter(Boolean).join(" · ");
}

function paintCount(body) {
  const { encoding, units, segments: parts } = segments(body);
  text(counter, say(isNarrow.matches ? "sms.short" : "sms.count", { n: number(units), parts: number(parts), encoding }));
  counter.title = say(encoding === "UCS-2" ? "sms.ucs2" : "sms.gsm");
  counter.toggleAttribute("data-many", parts > 1);
}

/** What happens there to this message that an agent would not expect, a sentence each. */
function hintsOf(way, body, files) {
  const found = [];
  if (way.state === "unavailable") found.push({ words: way.reason, bad: true });
  if (way.instead) found.push({ words: say("way.instead", { name: way.name, instead: way.instead }) });
  for (const file of files) {
    if (!way.takes_files) found.push({ words: say("way.file.link", { file: file.name, name: way.name }) });
    else if (way.max_file && file.size > way.max_file) {
      found.push({ words: say("way.file.large", { file: file.name, name: way.name, size: size(way.max_file) }) });
    }
  }
  if (!way.segments && way.max_text && body.length > way.max_text) {
    found.push({ words: say("way.parts", { name: way.name, n: number(way.max_text) }) });
  }
  return found;
}

function paintHints(found) {
  const key = JSON.stringify(found);
  if (hints.dataset.key !== key) {
    hints.dataset.key = key;
    hints.replaceChildren(...found.map(({ words, bad }) => {
      const node = clone("hint");
      text(slot(node, "words"), words);
      node.toggleAttribute("data-bad", Boolean(bad));
      return node;
    }));
  }
  show(hints, found.length);
}

/** What a channel is called: its own name, else its kind's. */
export const channelName = (id, kind = "") =>
  desk.ways.find((way) => way.id === id)?.name ?? desk.channels[kind]?.label ?? kind;
