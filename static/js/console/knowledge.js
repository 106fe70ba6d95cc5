// The tab "Knowledge": what fits the conversation, a search as one types, articles to read, and what one click does
// with them. Lists are asked for over the socket; an article is a document that the server renders.

import { icon, toast } from "../base.js";
import { Failure, post } from "./api.js";
import { ask, isOutdated } from "./asking.js";
import * as composer from "./composer.js";
import { $, $$, clientId, clone, debounce, show, slot, text } from "./dom.js";
import { ago, full } from "./format.js";
import * as layout from "./layout.js";
import * as panel from "./panel.js";
import { on, state } from "./store.js";
import { say } from "./words.js";

const ASK_MS = 120;
const TAB = "knowledge";
const ARTICLE = /\/knowledge\/articles\/([0-9a-f-]{36})\//;

const body = document.getElementById("panel-body");
let asked = 0;
let wanted = null; // an address to read as soon as the tab is here
const offered = new Map(); // article -> the suggestion that it is, in the open conversation

export function start() {
  body.addEventListener("htmx:afterSwap", () => {
    if (home() && !home().dataset.ready) begin(home());
    markProducts();
  });
  body.addEventListener("input", (event) => event.target.matches("[data-know-q]") && change());
  body.addEventListener("keydown", onKey);
  body.addEventListener("click", onClick);
  // Before htmx hears of it: on a page of its own the same button opens a dialog.
  document.getElementById("panel").addEventListener("click", onProduct, true);
  // Pressing a button must not take away what is selected.
  body.addEventListener("pointerdown", (event) => event.target.closest('[data-know="insert"]') && event.preventDefault());
  document.addEventListener("selectionchange", () => home()?.toggleAttribute("data-selected", Boolean(selected())));
  on("open", ({ again }) => {
    if (again) return;
    wanted = null;
    offered.clear();
  });
  on("received", (message) => message.author.kind === "buyer" && home() && !words() && change());
}

const home = () => document.getElementById("panel-knowledge");
const words = () => $("[data-know-q]", home()).value.trim();

function begin(shell) {
  shell.dataset.ready = "";
  if (wanted) read(wanted);
  else fill();
}

// -- Lists

async function fill() {
  const shell = home();
  if (!shell) return;
  const mine = ++asked;
  const q = words();
  const lists = slot(shell, "lists");
  if (!lists.childElementCount) lists.append(clone("panel-skeleton"));
  lists.setAttribute("aria-busy", "true");
  try {
    const { groups } = await ask("articles", { q, conversation: shell.dataset.conversation });
    if (mine === asked && shell === home()) draw(lists, groups, q);
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    if (isOutdated(failure) || mine !== asked || shell !== home()) return;
    const broken = clone("panel-failed");
    slot(broken, "retry").addEventListener("click", fill);
    lists.replaceChildren(broken);
    lists.removeAttribute("aria-busy");
  }
}

/** What is asked for is another now; what is being read stays in sight. */
function change() {
  slot(home(), "lists").setAttribute("aria-busy", "true");
  fillSoon();
}

const fillSoon = debounce(ASK_MS, fill);

function draw(lists, groups, q) {
  const found = groups.filter((group) => group.results.length);
  lists.replaceChildren(...(found.length ? found.map(drawGroup) : [clone(q ? "know-none" : "know-empty")]));
  lists.removeAttribute("aria-busy");
  text(slot(home(), "told"), q ? say("know.found", { n: found.reduce((sum, group) => sum + group.results.length, 0) }) : "");
}

function drawGroup(group) {
  const node = clone("know-group");
  text(slot(node, "title"), group.title);
  show(slot(node, "title"), group.title);
  slot(node, "rows").append(...group.results.map(drawRow));
  return node;
}

function drawRow(hit) {
  const node = clone("know-row");
  if (hit.suggestion) offered.set(hit.article, hit.suggestion);
  const open = slot(node, "open");
  open.dataset.knowOpen = hit.article;
  open.dataset.locale = hit.locale;
  text(slot(node, "title"), hit.title);
  slot(node, "title").lang = hit.locale;
  slot(node, "snippet").replaceChildren(...hit.snippet.map(([part, isMarked]) => {
    const piece = document.createElement(isMarked ? "mark" : "span");
    piece.textContent = part;
    return piece;
  }));
  slot(node, "snippet").lang = hit.locale;
  show(slot(node, "public"), hit.public);
  show(slot(node, "internal"), !hit.public);
  text(slot(node, "language"), hit.language);
  text(slot(node, "topic"), hit.topic);
  show(slot(node, "topic"), hit.topic);
  const age = slot(node, "age");
  text(age, ago(hit.published_at));
  age.dateTime = hit.published_at;
  age.title = full(hit.published_at);
  const what = slot(node, "do");
  Object.assign(what.dataset, { article: hit.article, locale: hit.locale, title: hit.title, link: hit.link });
  show(slot(node, "link"), hit.link);
  show(slot(node, "card"), hit.public);
  for (const button of $$("button", what)) button.setAttribute("aria-label", `${button.title}: ${hit.title}`);
  return node;
}

/** Arrows go through what was found; up from the first of it is the field again. */
function onKey(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const shell = home();
  if (!shell || event.isComposing) return;
  if (event.key === "Escape" && !slot(shell, "reader").hidden) {
    event.stopPropagation();
    back();
    return;
  }
  const field = $("[data-know-q]", shell);
  if (!step || !(event.target === field || event.target.matches("[data-slot=lists] .know-open"))) return;
  const stops = [field, ...$$("[data-slot=lists] .know-open", shell)];
  event.preventDefault();
  stops[Math.max(0, Math.min(stops.length - 1, stops.indexOf(event.target) + step))].focus();
}

// -- Reading

/** Open an article beside the conversation. */
export function open(article, locale = "") {
  readHere(`/knowledge/read/${article}/?${new URLSearchParams({ locale, conversation: state.open })}`);
}

function readHere(address) {
  layout.showPanel();
  if (home()) {
    read(address);
    return;
  }
  wanted = address;
  panel.choose(TAB);
}

function read(address) {
  wanted = null;
  const shell = home();
  const reader = slot(shell, "reader");
  show(slot(shell, "find"), false);
  show(slot(shell, "lists"), false);
  show(reader, true);
  const page = document.createElement("div");
  page.append(clone("panel-skeleton"));
  reader.replaceChildren(page);
  body.scrollTop = 0;
  window.htmx
    .ajax("GET", address, { source: page, target: page, swap: "innerHTML" })
    .then(() => {
      if (!page.isConnected) return;
      if ($("#know-title", page)) $("#know-title", page).focus({ preventScroll: true });
      else gone(page, address);
    })
    .catch(() => page.isConnected && gone(page, address));
}

function gone(page, address) {
  const broken = clone("panel-failed");
  slot(broken, "retry").addEventListener("click", () => read(address));
  page.replaceChildren(broken);
}

function showLists() {
  const shell = home();
  if (!shell) return;
  const reader = slot(shell, "reader");
  show(reader, false);
  reader.replaceChildren();
  show(slot(shell, "find"), true);
  show(slot(shell, "lists"), true);
}

function back() {
  showLists();
  if (!slot(home(), "lists").childElementCount) fill();
  $("[data-know-q]", home()).focus();
}

// -- What clicks do

function onClick(event) {
  const link = event.target.closest("a[href]");
  const article = link?.closest("[data-know-body]") && ARTICLE.exec(link.pathname)?.[1];
  if (article && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    open(article);
    return;
  }
  const button = event.target.closest("[data-know], [data-know-open], [data-know-back]");
  if (!button) return;
  if (button.dataset.knowOpen) open(button.dataset.knowOpen, button.dataset.locale);
  else if ("knowBack" in button.dataset) back();
  else use(button);
}

async function use(button) {
  const hit = button.closest("[data-article]").dataset;
  const what = { insert: insertFrom, link: sendLink, card: sendCard }[button.dataset.know];
  button.disabled = true;
  try {
    if (await what(hit, button)) tell(offered.get(hit.article));
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    toast(failure.message || say("failure"), { kind: "error" });
  } finally {
    button.disabled = false;
  }
}

function insertFrom(hit, button) {
  const part = selected();
  if (part && button.closest(".know-read")) {
    composer.insert(part);
    layout.closePanel();
    return true;
  }
  return insert(hit.article, hit.locale);
}

/** Put an article into the reply, in plain words; true once it is there. */
export async function insert(article, locale) {
  const conversation = state.open;
  const said = await ask("article.text", { article, locale });
  if (conversation !== state.open) return false;
  layout.closePanel();
  composer.insert(said.words);
  if (said.shortened) toast(say("know.shortened"), { kind: "warning" });
  return true;
}

/** The same from elsewhere on the page. */
export async function insertSuggested(article, locale) {
  if (await insert(article, locale)) tell(offered.get(article));
}

function sendLink(hit, button) {
  const isSent = composer.sayNow(`${hit.title}\n${hit.link}`);
  if (isSent) done(button);
  return isSent;
}

async function sendCard(hit, button) {
  await post(`conversations/${state.open}/cards/`, {
    kind: "article", ref: `${hit.article}:${hit.locale}`, client_id: clientId(), via: composer.via(),
  });
  done(button);
  return true;
}

/** The button says that it is done, until one looks again. */
function done(button) {
  const before = [...button.childNodes];
  button.replaceChildren(icon("check"), ...(button.classList.contains("btn-icon") ? [] : [say("know.sent")]));
  toast(say("know.sent"));
  setTimeout(() => button.replaceChildren(...before), 2500);
}

/** An article was suggested for the open conversation: wherever on the page it is used, the suggestion was. */
export const note = (article, suggestion) => offered.set(article, suggestion);

/** A suggestion was used: what is used comes first another time. */
export function tell(suggestion) {
  if (suggestion) post(`/knowledge/suggestions/${suggestion}/used/`).catch(() => {});
}

/** What is selected of an article that is being read, in words. */
function selected() {
  const selection = document.getSelection();
  if (!selection || selection.isCollapsed) return "";
  const ends = [selection.anchorNode, selection.focusNode];
  const isInside = ends.every((node) => (node.closest ? node : node.parentElement)?.closest("[data-know-body]"));
  return isInside ? selection.toString().trim() : "";
}

// -- Products

function onProduct(event) {
  const button = event.target.closest("[data-know-sku]");
  if (!button || !state.open) return;
  event.preventDefault();
  event.stopPropagation();
  const address = new URL(button.getAttribute("hx-get"), location.origin);
  address.searchParams.set("conversation", state.open);
  readHere(address.pathname + address.search);
}

/** Mark the products of which nothing is known. */
async function markProducts() {
  const buttons = $$("[data-know-sku]:not([data-known])", body);
  if (!buttons.length) return;
  const pairs = new Map(buttons.map((one) => [`${one.dataset.knowStore} ${one.dataset.knowSku}`, [one.dataset.knowStore, one.dataset.knowSku]]));
  try {
    const { known } = await ask("products.known", { products: [...pairs.values()].slice(0, 200) });
    const counts = new Map(known.map(([store, sku, count]) => [`${store} ${sku}`, count]));
    for (const button of buttons) {
      const count = counts.get(`${button.dataset.knowStore} ${button.dataset.knowSku}`);
      if (count === undefined) continue;
      button.dataset.known = count;
      if (count === 0) button.title = say("know.unknown");
    }
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure; // without the mark the button does the same
  }
}
