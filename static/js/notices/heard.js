// News that the page makes itself of frames which every console hears: what buyers write, what the rules give to this
// agent, what waits for approval or was decided. There is no row for a message, so these last as long as the tab.

import { on as onSocket } from "../console/socket.js";

const { agent: me, may } = document.body.dataset;
const decides = may.split(" ").includes("approvals.decide");
const KEPT = `desk.bell.news.${me}`;
const MOST = 30;

const tabs = "BroadcastChannel" in window ? new BroadcastChannel(KEPT) : null;
let words = new Map();
let news = [];
const told = new Map(); // conversation -> the last message told of
const decided = new Set(); // frames repeat what was said before
let changed = () => {};
let tell = () => {};

/** `onChange()` when the list is another; `onTold(item)` when somebody should hear of one. */
export function start(onChange, onTold) {
  changed = onChange;
  tell = onTold;
  const box = document.getElementById("page-notices").content;
  words = new Map([...box.querySelectorAll("[data-kind]")].map((node) => [node.dataset.kind, node.dataset]));
  try {
    news = JSON.parse(sessionStorage.getItem(KEPT)) ?? [];
  } catch {
    // Nothing kept yet.
  }
  tabs?.addEventListener("message", ({ data }) => without(data));
  onSocket("conversation.updated", onConversation);
  onSocket("read", (frame) => frame.agent === me && drop(frame.conversation));
  onSocket("order.action", ({ action }) => {
    onDecision(action, { goesOn: "held", what: filled(words.get("approval").order, action), href: `/orders/${action.order}/` });
  });
  onSocket("coupon.code", ({ code }) => {
    const href = code.conversation ? `/inbox/${code.conversation}/` : "/orders/approvals/";
    onDecision(code, { goesOn: "creating", what: code.coupon.name, href });
  });
}

export const items = () => news;

/** Only what is theirs to answer: their own conversations, and those that nobody has. */
function onConversation({ summary, cause, author_kind: author, message_seq: seq, by }) {
  const { id, assignee } = summary;
  const href = `/inbox/${id}/`;
  if (["message.created", "card.answered"].includes(cause) && author === "buyer") {
    if ((assignee && assignee.id !== me) || (told.get(id) ?? 0) >= (seq ?? summary.last_seq)) return;
    told.set(id, seq ?? summary.last_seq);
    add("message", `conversation.${id}`, { name: summary.buyer.name, said: summary.preview, href, about: id });
  } else if (cause === "conversation.assigned" && by === "system" && assignee?.id === me) {
    // What the buyer said says more than that it is theirs now.
    if (!news.some((one) => one.about === id)) add("routed", `conversation.${id}`, { name: summary.buyer.name, href, about: id });
  }
}

/** Who decides hears what begins to wait, whoever asked what became of it. */
function onDecision(one, { goesOn, what, href }) {
  const mine = one.agent?.id === me;
  if (one.state === "waiting" && decides && !mine) {
    decide(one.id, "approval", one.agent, what, "/orders/approvals/");
  } else if (mine && one.approver && (one.state === goesOn || one.state === "rejected")) {
    decide(one.id, one.state === "rejected" ? "rejected" : "approved", one.approver, what, href);
  }
}

function decide(id, kind, who, what, href) {
  if (decided.has(`${kind}.${id}`) || !who) return;
  decided.add(`${kind}.${id}`);
  add(kind, `${kind}.${id}`, { name: who.name, what, href, about: null });
}

function add(kind, id, { href, about, ...params }) {
  const { title, body, icon, sound } = words.get(kind);
  const item = {
    id, kind, icon, sound, href, about, by_page: true, read: false, urgent: false,
    title: filled(title, params), body: filled(body, params), at: new Date().toISOString(),
  };
  news = [item, ...news.filter((one) => one.id !== item.id)].slice(0, MOST);
  keep();
  tell(item);
}

const filled = (text, params) => text.replace(/\{(\w+)\}/g, (_, name) => params[name] ?? "");

/** What is about something that was looked at is no news any more; without an id, all. In the other tabs neither. */
export function drop(about = null) {
  const gone = news.filter((one) => !about || one.about === about).map((one) => one.id);
  if (!gone.length) return;
  without(gone);
  tabs?.postMessage(gone);
}

export function dropOne(id) {
  without([id]);
  tabs?.postMessage([id]);
}

function without(ids) {
  news = news.filter((one) => !ids.includes(one.id));
  keep();
}

function keep() {
  sessionStorage.setItem(KEPT, JSON.stringify(news));
  changed();
}
