// A message on its way, or stuck: a bubble with what can be done about it.

import { $, clone, show, slot, text } from "./dom.js";
import { build } from "./message.js";
import { isOpen } from "./socket.js";
import { me } from "./store.js";
import { has, say } from "./words.js";

/** Draw an entry of the outbox as a message, with its state and the ways out of it. */
export function drawUnsent(entry) {
  const node = build({
    author: { kind: "agent", id: me.id, name: me.name }, kind: "text", body: entry.body, private: entry.private,
    card: null, attachments: entry.attachments, deliveries: [], created_at: new Date(entry.at).toISOString(),
  });
  node.dataset.clientId = entry.client_id;
  node.dataset.unsent = entry.state;
  const foot = clone("unsent");
  text(slot(foot, "words"), wordsFor(entry));
  for (const button of foot.querySelectorAll("[data-when]")) {
    show(button, button.dataset.when.split(" ").includes(entry.state));
  }
  if (entry.state === "stale") drawSince(slot(foot, "since"), entry.since ?? []);
  slot(node, "column").append(foot);
  return node;
}

function wordsFor(entry) {
  if (entry.state === "failed" && has(`refused.${entry.code}`)) return `${say("unsent.failed")} ${say(`refused.${entry.code}`)}`;
  if (entry.state === "failed" && entry.detail) return `${say("unsent.failed")} ${entry.detail}`;
  return say(entry.state === "waiting" && isOpen() ? "unsent.retrying" : `unsent.${entry.state}`);
}

function drawSince(list, messages) {
  show(list, messages.length);
  for (const message of messages) {
    const item = clone("since");
    text($("b", item), message.author.name);
    text($("span", item), message.body || message.attachments.map((file) => file.name).join(", "));
    list.append(item);
  }
}
