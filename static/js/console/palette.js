// Ctrl-K: everything the desk can do and everything it can find, from one field.

import * as actions from "./actions.js";
import { Failure, get } from "./api.js";
import { icon } from "../base.js";
import * as composer from "./composer.js";
import { $, $$, clone, debounce, show, slot, text } from "./dom.js";
import * as layout from "./layout.js";
import { openMenu } from "./menus.js";
import { createPicker } from "./picker.js";
import { emit, row, state } from "./store.js";
import * as views from "./views.js";
import { money } from "./format.js";
import { say } from "./words.js";

const ASK_MS = 150;
const dialog = document.getElementById("palette");
const field = $("input", dialog);
let picker = null;
let found = [];
let asked = 0;

// Commands are written in the template, with their words, icons and keys; here is what they do.
const commands = {
  reply: () => composer.setMode("reply", { focus: true }),
  note: () => composer.setMode("note", { focus: true }),
  canned: () => composer.beginCanned(),
  resolve: () => actions.resolve(),
  reopen: () => actions.reopen(),
  take: () => actions.take(),
  assign: () => openMenu("assign"),
  snooze: () => openMenu("snooze"),
  tag: () => openMenu("tag"),
  priority: () => openMenu("priority"),
  panel: () => layout.togglePanel(),
  search: () => views.focusSearch(),
  shortcuts: () => document.getElementById("shortcuts").showModal(),
};

const written = $$("li", document.getElementById("t-commands").content).map((node) => ({
  id: `c.${node.dataset.command ?? node.dataset.view ?? node.dataset.href}`,
  ...node.dataset,
  words: node.textContent.trim(),
}));

export function start() {
  picker = createPicker({ field, list: slot(dialog, "list"), draw, onPick: pick });
  field.addEventListener("input", () => {
    fill();
    ask();
  });
  field.addEventListener("keydown", picker.key);
  dialog.addEventListener("close", () => {
    field.value = "";
    found = [];
  });
}

export function toggle() {
  if (dialog.open) return dialog.close();
  if (document.querySelector("dialog[open]")) return undefined;
  found = [];
  dialog.showModal();
  return fill();
}

/** Whether a command makes sense now: some want an open conversation, or one in a certain state. */
function applies(command) {
  const known = row(state.open);
  if (!command.when) return true;
  if (!known) return false;
  const facts = { conversation: true, open: known.status === "open", closed: known.status !== "open", free: !known.assignee };
  return facts[command.when];
}

function fill() {
  const wanted = field.value.trim().toLocaleLowerCase();
  const fitting = written.filter((command) => applies(command)
    && (!wanted || `${command.words} ${command.also ?? ""}`.toLocaleLowerCase().includes(wanted)));
  const items = [];
  for (const group of ["conversation", "views", "places"]) {
    const inGroup = fitting.filter((command) => command.group === group);
    if (inGroup.length) items.push({ id: `h.${group}`, heading: say(`palette.${group}`) }, ...inGroup);
  }
  picker.set(wanted ? [...found, ...items] : items, { keep: true });
  show(slot(dialog, "empty"), !picker.size() && wanted);
}

const ask = debounce(ASK_MS, async () => {
  const wanted = field.value.trim();
  const mine = ++asked;
  if (!wanted) {
    found = [];
    return;
  }
  try {
    const answer = await get(`search/?${new URLSearchParams({ q: wanted })}`);
    if (mine !== asked || !dialog.open) return;
    found = [
      ...group("conversations", (answer.conversations ?? []).slice(0, 6).map(asConversation)),
      ...group("buyers", (answer.buyers ?? []).slice(0, 4).map(asBuyer)),
      ...group("orders", (answer.orders ?? []).slice(0, 4).map(asOrder)),
    ];
    fill();
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
  }
});

const group = (name, items) => (items.length ? [{ id: `h.${name}`, heading: say(`palette.${name}`) }, ...items] : []);

function asConversation(hit) {
  const summary = hit.summary ?? hit;
  return {
    id: `v.${summary.id}.${hit.seq ?? ""}`, icon: "message-circle", words: summary.buyer.name,
    detail: hit.snippet || summary.preview, run: () => emit("choose", { id: summary.id, at: hit.seq, summary }),
  };
}

function asBuyer(buyer) {
  const detail = [buyer.email, buyer.phone, buyer.store?.name ?? buyer.store].filter(Boolean).join(" · ");
  return { id: `b.${buyer.id}`, icon: "user", words: buyer.name, detail, run: () => views.showBuyer(buyer.id, buyer.name) };
}

function asOrder(order) {
  return {
    id: `o.${order.id}`, icon: "package", words: order.number, href: `/orders/${order.id}/`,
    detail: [order.buyer?.name, say(`order.${order.status}`), money(order.total, order.currency)].filter(Boolean).join(" · "),
  };
}

function draw(item) {
  if (item.heading) {
    const node = clone("heading");
    text(node, item.heading);
    return node;
  }
  const node = clone("command");
  slot(node, "icon").replaceChildren(icon(item.icon));
  text(slot(node, "words"), item.words);
  text(slot(node, "detail"), item.detail ?? "");
  slot(node, "detail").title = item.detail ?? "";
  text(slot(node, "key"), item.key ?? "");
  show(slot(node, "key"), item.key);
  return node;
}

function pick(item) {
  dialog.close();
  if (item.run) item.run();
  else if (item.view) views.choose(item.view);
  else if (item.href) location.assign(item.href);
  else commands[item.command]();
}
