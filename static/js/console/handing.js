// Handing a conversation over with a note: who could get it, how busy they are, and what they have to know.

import { toast } from "../base.js";
import { act } from "./actions.js";
import { Failure, get } from "./api.js";
import { $, $$, attribute, clientId, clone, show, slot, text } from "./dom.js";
import { paintAvatar } from "./message.js";
import { row, state } from "./store.js";
import { say } from "./words.js";

const dialog = document.getElementById("hand-dialog");
const form = $("form", dialog);
const list = slot(dialog, "list");
const hint = slot(dialog, "hint");
const ORDER = ["online", "busy", "away", "offline"];

let about = null; // the conversation it was opened for
let key = ""; // of the note: tried again, it is the same one
let known = new Map(); // value of its field -> {agent} or {team}

export function start() {
  document.addEventListener("click", (event) => event.target.closest("[data-hand-over]") && open());
  list.addEventListener("change", drawHint);
  slot(dialog, "find").addEventListener("input", filter);
  form.addEventListener("submit", submit);
  slot(dialog, "note").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
}

async function open(id = state.open) {
  if (!id) return;
  for (const menu of $$("[popover]:popover-open")) menu.hidePopover();
  if (about !== id) slot(dialog, "note").value = "";
  about = id;
  key = clientId();
  known = new Map();
  slot(dialog, "find").value = "";
  list.replaceChildren();
  text(slot(dialog, "buyer"), row(id)?.buyer.name);
  setState("loading");
  drawHint();
  dialog.showModal();
  try {
    const { agents, teams } = await get(`conversations/${id}/receivers/`);
    if (about !== id) return;
    fill(agents, teams);
    setState(known.size ? "ready" : "empty");
    slot(dialog, "find").focus();
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    setState("failed");
  }
}

const setState = (what) => { dialog.dataset.state = what; };

function fill(agents, teams) {
  const rank = (agent) => ORDER.indexOf(agent.presence);
  agents.sort((a, b) => rank(a) - rank(b) || a.open - b.open || a.name.localeCompare(b.name));
  list.append(...agents.map((agent) => draw(`agent:${agent.id}`, { agent })));
  list.append(...teams.map((team) => draw(`team:${team.id}`, { team })));
}

function draw(value, item) {
  const node = clone(item.agent ? "receiver" : "receiving-team");
  $("input", node).value = value;
  known.set(value, item);
  const { name } = item.agent ?? item.team;
  text(slot(node, "name"), name);
  node.dataset.name = name.toLocaleLowerCase();
  if (item.team) {
    text(slot(node, "detail"), say("hand.team.online", { n: item.team.online }));
    return node;
  }
  paintAvatar(slot(node, "avatar"), item.agent);
  slot(node, "box").dataset.presence = item.agent.presence;
  text(slot(node, "detail"), say(`presence.${item.agent.presence}`));
  text(slot(node, "load"), say("hand.load", { n: item.agent.open, limit: item.agent.limit }));
  attribute(slot(node, "load"), "data-full", isFull(item.agent) ? "" : null);
  return node;
}

const isFull = (agent) => agent.open >= agent.limit;

function filter() {
  const wanted = slot(dialog, "find").value.trim().toLocaleLowerCase();
  for (const node of list.children) show(node, node.dataset.name.includes(wanted) || $("input", node).checked);
}

/** What stands against it is said, and forbids nothing. */
function drawHint() {
  const item = known.get(new FormData(form).get("to"));
  const words = item ? doubts(item) : "";
  text(hint, words);
  attribute(hint, "data-empty", words ? null : "");
  slot(dialog, "send").disabled = !item;
}

function doubts({ agent, team }) {
  if (team) return team.online ? "" : say("hand.team.nobody", { name: team.name });
  const found = [];
  if (agent.presence === "offline" || agent.presence === "away") found.push(say(`hand.${agent.presence}`, { name: agent.name }));
  if (isFull(agent)) found.push(say("hand.full", { name: agent.name, n: agent.open }));
  return found.join(" ");
}

async function submit(event) {
  event.preventDefault();
  const { agent, team } = known.get(new FormData(form).get("to")) ?? {};
  if (!agent && !team) return;
  const note = slot(dialog, "note").value.trim();
  slot(dialog, "send").disabled = true;
  const to = agent ? { agent: agent.id } : { team: team.id };
  const done = await act(about, "assign", note ? { ...to, note, client_id: key } : to);
  slot(dialog, "send").disabled = false;
  if (!done) return;
  slot(dialog, "note").value = "";
  dialog.close();
  toast(say("hand.done", { name: (agent ?? team).name }), { kind: "success" });
}
