// The quiet bar when the line is down, and reading over HTTP when sockets do not get through at all.

import { Failure } from "./api.js";
import * as conversation from "./conversation.js";
import { $, show, slot, text } from "./dom.js";
import * as list from "./list.js";
import * as outbox from "./outbox.js";
import { connectionState, on as onSocket, reconnectNow } from "./socket.js";
import { on } from "./store.js";
import * as views from "./views.js";
import { say } from "./words.js";

const PATIENCE_MS = 1_500; // a blip is nobody's business
const POLL_MS = 5_000;

const bar = document.getElementById("connection");
let timer = 0;
let polling = 0;
let reachable = false;

export function start() {
  onSocket("state", changed);
  onSocket("resync", catchUp);
  on("outbox", () => bar.hidden || draw());
  $("button", bar).addEventListener("click", () =>
    connectionState() === "refused" ? location.reload() : reconnectNow());
}

function changed(now) {
  clearTimeout(timer);
  if (now === "open") {
    stopPolling();
    show(bar, false);
    // Also the first time: the list was asked for before anything could be heard.
    catchUp();
    return;
  }
  if (now === "ended") return;
  if (now === "blocked") startPolling();
  timer = setTimeout(draw, bar.hidden && now !== "refused" ? PATIENCE_MS : 0);
}

function draw() {
  const now = connectionState();
  if (now === "open") return;
  const unsent = outbox.unsent();
  const key = now === "refused" ? "refused" : now === "blocked" && reachable ? "polling" : "down";
  text(slot(bar, "words"), say(`connection.${key}`) + (unsent ? ` ${say("connection.unsent", { n: unsent })}` : ""));
  show(bar, true);
}

/** What may have passed us by: the list and its counts (the open conversation sees to itself). */
function catchUp() {
  list.refresh();
  views.recount();
}

function startPolling() {
  if (!polling) poll();
}

function stopPolling() {
  clearTimeout(polling);
  polling = 0;
  reachable = false;
}

async function poll() {
  polling = -1;
  try {
    await conversation.poll();
    await list.refresh();
    await views.recount();
    await outbox.flushByHttp();
    reachable = true;
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    reachable = failure.code !== "network";
  } finally {
    if (connectionState() === "blocked") {
      draw();
      polling = setTimeout(poll, POLL_MS);
    } else {
      polling = 0;
    }
  }
}
