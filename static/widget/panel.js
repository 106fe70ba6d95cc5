// The panel: puts the parts together, and the shop's page beside them.

import { updateOrder } from "./cards.js";
import * as client from "./client.js";
import * as composer from "./composer.js";
import * as host from "./host.js";
import * as lead from "./lead.js";
import * as orders from "./orders.js";
import * as rating from "./rating.js";
import { fillAvatar } from "./text.js";
import * as timeline from "./timeline.js";
import * as waiting from "./waiting.js";
import { config, duration, say } from "./words.js";

const TYPING_FADES_MS = 7000;

const get = (id) => document.getElementById(id);
const root = document.documentElement;
let store = null, agents = [], wait = null, online = config.online, verified = false, position = null;
let visible = host.alone;
let hasEarlier = false, loadingEarlier = false;
let readSeq = 0, newest = 0, unread = new Map(); // seq -> message, of those that nobody has looked at here
let toldUnread = 0, line = "live", typingTimer;

for (const name of ["accent", "ink", "light", "dark"]) root.style.setProperty(`--${name}`, root.dataset[name]);
root.style.setProperty("--away", root.dataset.ink === "#ffffff" ? "#000" : "#fff"); // mixed in, it keeps --ink readable
get("close").hidden = host.alone;

// -- The header

function showHeader() {
  const conversation = client.currentConversation();
  const assignee = conversation?.status === "resolved" ? null : conversation?.assignee;
  const names = assignee ? [assignee.name] : agents.map((agent) => agent.name);
  const faces = (names.length ? names : [store?.name || get("title").textContent]).map((name) => {
    const face = document.createElement("span");
    face.className = "avatar";
    return fillAvatar(face, name);
  });
  get("faces").replaceChildren(...faces);
  get("title").textContent = assignee ? assignee.name : store.name;
  let status = say("offline");
  if (!waiting.isOpen()) status = say("closed");
  else if (online && assignee) status = store.name;
  else if (online) status = wait === null ? say("online") : say("wait", { time: duration(wait) });
  get("status-text").textContent = status;
  get("status").dataset.online = isServed();
  waiting.update({ online, conversation, position, wait });
}

const isServed = () => online > 0 && waiting.isOpen();

function showLine(state = line) {
  if (state === "live" && line !== "live") orders.again();
  line = state;
  let text = "";
  if (navigator.onLine === false) text = say("no_network");
  else if (line === "lost" || line === "down") text = say(store ? "reconnecting" : "no_session");
  const bar = get("bar");
  if (bar.textContent !== text) bar.textContent = text;
  bar.classList.toggle("shown", Boolean(text));
}

const tabs = () => ["chat", "help", "orders"].filter((tab) => !get(`tab-${tab}`).hidden);
let help = null; // help.js, once somebody has looked for answers

async function showHelp() {
  try {
    help ??= await import("./help.js");
  } catch (error) {
    return showTab("chat");
  }
  help.show(() => {
    showTab("chat");
    composer.focus();
  });
}

function showTab(name) {
  for (const tab of ["chat", "help", "orders"]) {
    const isShown = tab === name;
    get(tab).hidden = !isShown;
    get(`tab-${tab}`).setAttribute("aria-selected", isShown);
    get(`tab-${tab}`).tabIndex = isShown ? 0 : -1;
  }
  // The welcome stands over the chat alone: orders want the room.
  get("panel").classList.toggle("home", name === "chat" && timeline.isEmpty());
  if (name === "orders") orders.load(askAbout);
  else if (name === "help") showHelp();
  else look();
}

function askAbout(order) {
  showTab("chat");
  composer.setText(say("about_order", { number: order.number }));
  composer.focus();
}

function showForms() {
  get("skeleton").hidden = true;
  const isEmpty = timeline.isEmpty();
  get("greeting").hidden = hasEarlier;
  get("panel").classList.toggle("home", isEmpty && !get("chat").hidden);
  lead.update({ online: isServed(), verified, isEmpty });
}

// -- What arrives

function onSession(answer, entries) {
  ({ store, agents } = answer);
  wait = answer.expected_wait_s;
  position = answer.queue_position;
  waiting.setHours(answer.hours);
  online = answer.agents_online;
  verified = answer.visitor.verified;
  hasEarlier = answer.has_more;
  get("older").hidden = !hasEarlier;
  get("tab-orders").hidden = !verified;
  get("tab-help").hidden = !config.help;
  get("tabs").hidden = tabs().length < 2;
  orders.clear(); // somebody else's, perhaps
  if (tabs().length > 1) get("chat").setAttribute("role", "tabpanel");
  else get("chat").removeAttribute("role");
  if (!get("orders").hidden) showTab(verified ? "orders" : "chat");
  const conversation = answer.conversation;
  readSeq = conversation?.buyer_read_seq ?? 0;
  newest = 0;
  unread = new Map();
  timeline.reset(answer.messages, entries, conversation?.agent_read_seq ?? 0);
  for (const message of answer.messages) count(message);
  rating.update(conversation);
  showHeader();
  showForms();
  showUnread();
  look();
  if (newest > readSeq) client.mark(newest, false);
}

function count(message) {
  newest = Math.max(newest, message.seq);
  if (message.author.kind !== "buyer" && message.kind !== "system" && message.seq > readSeq) unread.set(message.seq, message);
}

function onMessage(message) {
  if (!timeline.add(message)) return;
  count(message);
  look();
  if (message.event?.order_id) orders.changed(message.event.order_id);
  if (message.author.kind !== "buyer") {
    showTyping(null);
    if (message.kind !== "system") host.tell("message", { message });
  }
  if (message.seq > readSeq) client.mark(message.seq, false);
  showForms();
  showUnread(message);
}

function onConversation(conversation) {
  if (conversation.assignee) position = null;
  if (rating.update(conversation)) timeline.toEnd();
  showHeader();
}

function onOrder(order) {
  updateOrder(order);
  orders.changed(order.id);
}

function onCard(messageId, card) {
  timeline.updateCard(messageId, card);
  if (card.kind === "request") orders.changed(card.request.order.id);
}

function onPresence(count) {
  online = count;
  showHeader();
  showForms();
}

function onQueue(place, expected) {
  position = place;
  wait = expected;
  showHeader();
}

function showTyping(author) {
  clearTimeout(typingTimer);
  const box = get("typing");
  box.hidden = !author;
  if (!author) return;
  fillAvatar(box.querySelector(".avatar"), author.name);
  get("typing-text").textContent = author.name ? say("typing", { name: author.name }) : say("typing_nobody");
  typingTimer = setTimeout(() => showTyping(null), TYPING_FADES_MS);
}

// -- What has been seen

function look() {
  if (!visible || document.hidden || get("chat").hidden || !newest) return;
  readSeq = Math.max(readSeq, newest);
  client.mark(newest, true);
  if (unread.size) {
    unread.clear();
    showUnread();
  }
}

function showUnread(message) {
  const preview = unread.has(message?.seq) && !visible ? previewOf(message) : undefined;
  if (unread.size === toldUnread && !preview) return;
  toldUnread = unread.size;
  host.tell("unread", { count: toldUnread, preview });
}

function previewOf({ author, body, attachments }) {
  return { name: author.name, text: body || attachments[0]?.name || "" };
}

// -- The parts

timeline.setUp((action, clientId) => {
  if (action === "retry") {
    timeline.mark(clientId, "sending");
    client.retry(clientId);
  } else {
    client.discard(clientId);
    timeline.remove(clientId);
    showForms();
  }
});

function sendNow(body, attachments = []) {
  timeline.addWaiting(client.send(body, attachments));
  showForms();
}

composer.setUp(sendNow);
lead.setUp((body) => {
  sendNow(body);
  composer.focus();
});
rating.setUp(() => timeline.toEnd());
orders.setUp();
waiting.setUp(() => {
  if (store) showHeader();
  showForms();
});

get("older").addEventListener("click", async () => {
  if (loadingEarlier) return;
  loadingEarlier = true;
  try {
    const answer = await client.earlier(timeline.firstSeq());
    timeline.prepend(answer.messages);
    hasEarlier = answer.has_more;
    get("older").hidden = !hasEarlier;
    get("greeting").hidden = hasEarlier;
  } catch (error) {
    // The button stays: it can be pressed again.
  }
  loadingEarlier = false;
});

for (const name of ["chat", "help", "orders"]) get(`tab-${name}`).addEventListener("click", () => showTab(name));
get("tabs").addEventListener("keydown", (event) => {
  if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
  const there = tabs(), here = there.findIndex((tab) => !get(tab).hidden);
  const other = there.at((here + (event.key === "ArrowRight" ? 1 : -1)) % there.length);
  showTab(other);
  get(`tab-${other}`).focus();
});

get("close").addEventListener("click", () => host.tell("close"));
addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing || get("viewer").open) return;
  if (!composer.escape()) host.tell("close");
});
document.addEventListener("visibilitychange", look);
for (const name of ["offline", "online"]) addEventListener(name, () => showLine());

function focusInside() {
  if (matchMedia("(pointer: coarse)").matches) get("title").focus({ preventScroll: true }); // no keyboard unasked
  else if (lead.isShown()) lead.focus();
  else composer.focus();
}

async function leave() {
  await client.logout();
  composer.clear();
  host.tell("gone");
  if (host.alone) location.reload();
}

client.start({
  session: onSession,
  message: onMessage,
  conversation: onConversation,
  started() {
    timeline.nextConversation();
    newest = readSeq = 0;
    get("older").hidden = true;
  },
  read: timeline.readByAgent,
  typing: (author, isOn) => showTyping(isOn ? author : null),
  presence: onPresence,
  queue: onQueue,
  order: onOrder,
  card: onCard,
  back: timeline.readOpenCards,
  line: showLine,
  sent: (clientId) => timeline.mark(clientId, "sent"),
  known: (clientId) => timeline.remove(clientId),
  unsent: (entry) => timeline.mark(entry.client_id, "unsent", entry),
  refused: (entry) => timeline.mark(entry.client_id, "refused", entry),
  gone: () => host.tell("gone"),
});

host.listen({
  init(said) {
    visible = Boolean(said.open);
    client.setPage(said.page);
    host.tell("ready");
    if (said.identity) client.identify(said.identity);
    else client.begin();
  },
  identify: (said) => client.identify(String(said.token || "")),
  logout: leave,
  context: (said) => client.setPage(said.page),
  visible(said) {
    visible = Boolean(said.open);
    if (visible) timeline.toEnd();
    if (said.focus) focusInside();
    look();
  },
});

fillAvatar(document.querySelector(".greeting .avatar"), get("title").textContent);
if (!client.isKnown()) showForms(); // nothing to wait for: a new visitor has no history
document.body.classList.remove("booting");
if (host.alone) client.begin();
