// Ctrl-K: everything the desk can do and everything it can find, from one field.

import * as actions from "./actions.js";
import { Failure, get } from "./api.js";
import { ask as askDesk } from "./asking.js";
import { icon, toast } from "../base.js";
import * as composer from "./composer.js";
import { $, $$, clone, debounce, show, slot, text } from "./dom.js";
import * as knowledge from "./knowledge.js";
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
  const answers = { get: {}, articles: [] };
  const paint = () => {
    if (mine !== asked || !dialog.open) return;
    const orders = (answers.get.orders ?? []).slice(0, 4);
    const groups = [
      group("conversations", (answers.get.conversations ?? []).slice(0, 6).map(asConversation)),
      group("buyers", (answers.get.buyers ?? []).slice(0, 4).map(asBuyer)),
      group("articles", answers.articles.slice(0, 5).map(asArticle)),
    ];
    // A whole number means that order, not what was said about it.
    const isMeant = orders.some((order) => order.number === wanted.replace(/^#/, ""));
    groups.splice(isMeant ? 0 : 2, 0, group("orders", orders.map(asOrder)));
    found = groups.flat();
    fill();
  };
  // Two rooms are asked at once, and neither waits for the other.
  const parts = [
    get(`search/?${new URLSearchParams({ q: wanted })}`).then((answer) => { answers.get = answer; }),
    askDesk("articles", { q: wanted, conversation: row(state.open)?.id }).then(({ groups }) => {
      answers.articles = groups.flatMap((one) => one.results);
    }),
  ];
  await Promise.all(parts.map((part) => part.then(paint).catch((failure) => {
    if (!(failure instanceof Failure)) throw failure;
  })));
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

/** Beside a conversation an article is read there, or put into its reply; else it has its page. */
function asArticle(hit) {
  const item = {
    id: `k.${hit.article}.${hit.locale}`, icon: "book", words: hit.title,
    detail: [hit.public ? "" : say("know.internal"), hit.snippet.map(([part]) => part).join("")].filter(Boolean).join(" · "),
  };
  if (!row(state.open)) return { ...item, href: `/knowledge/articles/${hit.article}/` };
  return {
    ...item,
    key: say("palette.insert"),
    run: () => knowledge.open(hit.article, hit.locale),
    shifted: () => knowledge.insertSuggested(hit.article, hit.locale).catch((failure) => toast(failure.message, { kind: "error" })),
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

function pick(item, event) {
  dialog.close();
  if (item.shifted && event?.shiftKey) item.shifted();
  else if (item.run) item.run();
  else if (item.view) views.choose(item.view);
  else if (item.href) location.assign(item.href);
  else commands[item.command]();
}
