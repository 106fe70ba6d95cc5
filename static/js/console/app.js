// The inbox: puts its parts together, and turns frames and addresses into what they do.

import { toast } from "../base.js";
import * as chips from "./chips.js";
import * as composer from "./composer.js";
import * as bulk from "./bulk.js";
import * as connection from "./connection.js";
import * as conversation from "./conversation.js";
import * as coupons from "./coupons.js";
import * as handing from "./handing.js";
import * as header from "./header.js";
import * as keyboard from "./keyboard.js";
import * as knowledge from "./knowledge.js";
import * as layout from "./layout.js";
import * as lightbox from "./lightbox.js";
import * as list from "./list.js";
import * as menus from "./menus.js";
import * as merging from "./merging.js";
import * as notify from "./notify.js";
import * as palette from "./palette.js";
import * as panel from "./panel.js";
import "./presence.js";
import { on as onSocket } from "./socket.js";
import { applySummary, desk, on } from "./store.js";
import { setZone } from "./format.js";
import { say } from "./words.js";
import * as deliveries from "./deliveries.js";
import * as selection from "./selection.js";
import * as splitting from "./splitting.js";
import * as tasks from "./tasks.js";
import * as templates from "./templates.js";
import * as views from "./views.js";
import * as ways from "./ways.js";

setZone(document.body.dataset.timeZone);
for (const part of [header, ways, conversation, composer, templates, menus, panel, coupons, knowledge, chips, list, views, keyboard, palette, notify, lightbox, layout, splitting, tasks, merging, handing, selection, bulk, connection]) {
  part.start();
}
deliveries.start({ changed: conversation.receive });

onSocket("conversation.updated", ({ summary, ...frame }) => applySummary(summary, frame));
onSocket("presence", ({ agent, state }) => {
  const colleague = desk.agents.find((one) => one.id === agent.id);
  if (colleague) colleague.presence = state;
});
onSocket("error", (error) => {
  // Errors of a message belong to its bubble; what is left is worth a word only where somebody waits for it.
  if (!error.client_id && !error.id && error.code === "internal") toast(say("failure"), { kind: "error" });
});

on("choose", ({ id, at, summary }) => {
  if (summary) applySummary(summary);
  choose(id, { at });
});

function choose(id, { at = 0, push = true } = {}) {
  if (push && idInAddress() !== id) history.pushState({}, "", `/inbox/${id}/${location.search}`);
  conversation.open(id, { at });
  layout.announce(id);
}

const idInAddress = () => location.pathname.match(/^\/inbox\/([0-9a-f-]{32,36})\//)?.[1] ?? null;

addEventListener("popstate", () => {
  const id = idInAddress();
  if (id) choose(id, { push: false });
  else conversation.close();
});

const first = idInAddress();
if (first) choose(first, { push: false });
