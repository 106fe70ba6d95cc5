// One socket to the desk for the whole page: it reconnects, notices when nobody answers, and tells its state.
//
// States: connecting, open, down (trying again), blocked (tried in vain: others read over HTTP meanwhile),
// ended (this log-in is over), refused (this page may not connect).

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 20_000;
const GREETED_WITHIN_MS = 10_000;
const ANSWER_WITHIN_MS = 4_000;
const BLOCKED_AFTER = 3; // failures in a row without a welcome
const ENDED = 4401;
const REFUSED = 4403;

const bus = new EventTarget();
let socket = null;
let state = "connecting";
let started = false;
let greeted = false;
let failures = 0;
let heartbeat = 10_000;
let heard = 0;
let retry = 0;
let watch = 0;
let probing = 0;

/** Hear frames by type, and `state` for the connection's own state. */
export function on(type, listener) {
  bus.addEventListener(type, (event) => listener(event.detail));
}

function emit(type, detail) {
  bus.dispatchEvent(new CustomEvent(type, { detail }));
}

export const connectionState = () => state;
export const isOpen = () => state === "open";

/** Send a frame; false where there is no connection (what must not be lost is queued by its owner). */
export function send(frame) {
  if (!isOpen() || socket?.readyState !== WebSocket.OPEN) return false;
  socket.send(JSON.stringify(frame));
  return true;
}

export function connect() {
  if (started) return;
  started = true;
  addEventListener("online", reconnectNow);
  addEventListener("offline", probe);
  addEventListener("pageshow", (event) => event.persisted && reconnectNow());
  document.addEventListener("visibilitychange", () => !document.hidden && probe());
  open();
}

/** Try at once instead of waiting for the next turn. */
export function reconnectNow() {
  if (isOpen()) probe();
  else if (!socket && !isOver()) open();
}

const isOver = () => state === "ended" || state === "refused";

function set(next) {
  if (state === next) return;
  state = next;
  emit("state", next);
}

function open() {
  clearTimeout(retry);
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const mine = (socket = new WebSocket(`${scheme}://${location.host}/ws/console/`));
  greeted = false;
  const patience = setTimeout(() => drop(mine), GREETED_WITHIN_MS);
  mine.onopen = () => mine.send(JSON.stringify({ type: "hello" }));
  mine.onmessage = (event) => {
    if (mine !== socket) return;
    heard = Date.now();
    const frame = JSON.parse(event.data);
    if (frame.type === "welcome") {
      clearTimeout(patience);
      welcome(frame);
    }
    emit(frame.type, frame);
  };
  mine.onclose = (event) => {
    clearTimeout(patience);
    if (mine === socket) lost(event.code);
  };
}

function welcome(frame) {
  greeted = true;
  failures = 0;
  heartbeat = (frame.heartbeat_s ?? 10) * 1000;
  clearInterval(watch);
  // The server speaks at every heartbeat; three missed ones mean a line that is dead without saying so.
  watch = setInterval(() => Date.now() - heard > heartbeat * 3 && drop(socket), heartbeat);
  set("open");
}

/** Ask whether the other side is there; a line that does not answer soon is dropped. */
export function probe() {
  if (!isOpen() || probing) return;
  const asked = Date.now();
  send({ type: "ping" });
  probing = setTimeout(() => {
    probing = 0;
    if (isOpen() && heard < asked) drop(socket);
  }, ANSWER_WITHIN_MS);
}

/** Give up a line without waiting for its closing handshake, which on a dead line takes minutes. */
function drop(dead) {
  if (!dead || dead !== socket) return;
  dead.onclose = dead.onmessage = null;
  dead.close();
  lost(0);
}

function lost(code) {
  socket = null;
  clearInterval(watch);
  if (code === ENDED) return set("ended");
  // Refused after a welcome: what this agent may see has changed, and the page was made for what it was.
  if (code === REFUSED) return greeted ? location.reload() : set("refused");
  failures = greeted ? 0 : failures + 1;
  set(failures >= BLOCKED_AFTER ? "blocked" : "down");
  const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** failures);
  // Jitter, so that a server that comes back is not met by everybody at once.
  retry = setTimeout(open, longest * (0.5 + Math.random() / 2));
}
