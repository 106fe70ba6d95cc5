// The menus of the header: assign, snooze, priority, tags. They are popovers that base.js places.

import * as actions from "./actions.js";
import { isForMany, taken } from "./aim.js";
import { $, clone, show, slot, text } from "./dom.js";
import { atHour, fromLocal, moment, toLocal, weekday } from "./format.js";
import { paintAvatar } from "./message.js";
import { createPicker } from "./picker.js";
import { desk, me, row, state } from "./store.js";
import { say } from "./words.js";

const HOUR_MS = 3_600_000;
const MORNING = 9;

const assignMenu = document.getElementById("assign-menu");
const tagMenu = document.getElementById("tag-menu");
const snoozeMenu = document.getElementById("snooze-menu");
const priorityMenu = document.getElementById("priority-menu");

export function start() {
  startAssign();
  startTags();
  startSnooze();
  startPriority();
}

/** Open a menu by its key, as its button would. */
export function openMenu(name) {
  if (!state.open) return;
  document.getElementById(`${name}-menu`).showPopover();
}

function onOpen(menu, work) {
  menu.addEventListener("beforetoggle", (event) => event.newState === "open" && work());
}

function startAssign() {
  const field = $("input", assignMenu);
  const picker = createPicker({
    field,
    list: slot(assignMenu, "list"),
    draw: drawAssignee,
    onPick: (item) => {
      const many = taken("assign", item.team ? { team: item.team.id } : { agent: item.agent?.id ?? null });
      assignMenu.hidePopover();
      if (many) return;
      if (item.team) actions.assignTeam(item.team.id);
      else actions.assign(item.agent?.id ?? null);
    },
  });
  const fill = () => {
    picker.set(assignees(field.value));
    show(slot(assignMenu, "hand-over"), !isForMany());
  };
  field.addEventListener("input", fill);
  field.addEventListener("keydown", picker.key);
  onOpen(assignMenu, () => {
    field.value = "";
    fill();
  });
}

function assignees(query) {
  const wanted = query.trim().toLocaleLowerCase();
  const known = chosen();
  const fits = (name) => name.toLocaleLowerCase().includes(wanted);
  const colleagues = desk.agents.filter((agent) => agent.id !== me.id && fits(agent.name))
    .sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
  const items = [];
  if (fits(me.name) || fits(say("assign.me"))) items.push({ id: me.id, agent: me, name: say("assign.me") });
  if ((known?.assignee || isForMany()) && fits(say("assign.nobody"))) items.push({ id: "none", agent: null, name: say("assign.nobody") });
  if (colleagues.length) items.push({ id: "h1", heading: say("assign.colleagues") });
  items.push(...colleagues.map((agent) => ({ id: agent.id, agent, name: agent.name })));
  const teams = desk.teams.filter((team) => fits(team.name));
  if (teams.length) items.push({ id: "h2", heading: say("assign.teams") });
  items.push(...teams.map((team) => ({ id: team.id, team, name: team.name })));
  return items;
}

/** The conversation that the menu is opened for, if it is one. */
const chosen = () => (isForMany() ? null : row(state.open));

const rank = (agent) => ["online", "busy", "away"].indexOf(agent.presence) >>> 0;

function drawAssignee(item) {
  if (item.heading) return drawHeading(item.heading);
  const known = chosen();
  const node = clone(item.team ? "team-item" : item.agent ? "person" : "nobody");
  text(slot(node, "name"), item.name);
  if (item.agent) {
    paintAvatar(slot(node, "avatar"), item.agent);
    slot(node, "box").dataset.presence = item.agent.presence;
    text(slot(node, "detail"), item.agent.id === me.id ? "" : say(`presence.${item.agent.presence}`));
  }
  const isNow = item.team ? known?.team?.id === item.id : item.agent && known?.assignee?.id === item.id;
  show(slot(node, "check"), isNow);
  return node;
}

function drawHeading(words) {
  const node = clone("heading");
  text(node, words);
  return node;
}

function startTags() {
  const field = $("input", tagMenu);
  const picker = createPicker({
    field,
    list: slot(tagMenu, "list"),
    draw: drawTagItem,
    onPick: async (item) => {
      field.value = "";
      if (isForMany()) return tagMany(item);
      if (item.fresh) await actions.addNewTag(item.fresh);
      else await actions.changeTags(item.on ? { remove: [item.id] } : { add: [item.id] });
      fill({ keep: true });
    },
  });
  function fill(options) {
    picker.set(tagItems(field.value), options);
    show(slot(tagMenu, "empty"), !picker.size());
  }
  field.addEventListener("input", () => fill());
  field.addEventListener("keydown", picker.key);
  onOpen(tagMenu, () => {
    field.value = "";
    fill();
  });
}

/** Put a tag on all that the menu was opened for; one that nobody has yet is made first. */
async function tagMany(item) {
  const tag = item.fresh ? await actions.makeTag(item.fresh) : item;
  if (tag) taken("tag", { add: [tag.id] });
  tagMenu.hidePopover();
}

function tagItems(query) {
  const wanted = query.trim();
  const folded = wanted.toLocaleLowerCase();
  const there = new Set((chosen()?.tags ?? []).map((tag) => tag.id));
  const items = desk.tags.filter((tag) => tag.name.toLocaleLowerCase().includes(folded))
    .map((tag) => ({ ...tag, on: there.has(tag.id) }));
  if (wanted && !desk.tags.some((tag) => tag.name.toLocaleLowerCase() === folded)) {
    items.push({ id: "fresh", fresh: wanted });
  }
  return items;
}

function drawTagItem(item) {
  const node = clone("tag-item");
  text(slot(node, "name"), item.fresh ? say("tags.create", { name: item.fresh }) : item.name);
  if (!item.fresh) slot(node, "dot").dataset.color = item.color;
  show(slot(node, "dot"), !item.fresh);
  show(slot(node, "plus"), item.fresh);
  show(slot(node, "check"), item.on);
  return node;
}

/** Times that mean something at this hour: nothing in the past, nothing twice. */
function snoozeTimes(now = new Date()) {
  const evening = atHour(0, 18);
  const toMonday = (8 - weekday(now)) % 7 || 7;
  return {
    hour: new Date(now.getTime() + HOUR_MS),
    hours: new Date(now.getTime() + 3 * HOUR_MS),
    evening: evening - now > 4 * HOUR_MS ? evening : null,
    tomorrow: atHour(1, MORNING),
    monday: toMonday > 1 ? atHour(toMonday, MORNING) : null,
  };
}

function startSnooze() {
  const field = $("input", snoozeMenu);
  let times = {};
  onOpen(snoozeMenu, () => {
    times = snoozeTimes();
    for (const item of snoozeMenu.querySelectorAll("[data-until]")) {
      const time = times[item.dataset.until];
      show(item, time);
      if (time) text(slot(item, "when"), moment(time));
    }
    const known = chosen();
    show(slot(snoozeMenu, "wake"), known?.status === "snoozed");
    field.min = toLocal(new Date());
    field.value = toLocal(atHour(2, MORNING));
  });
  snoozeMenu.addEventListener("click", (event) => {
    const item = event.target.closest("[data-until]");
    if (item) snooze(times[item.dataset.until]);
    else if (event.target.closest('[data-slot="wake"]')) actions.reopen();
  });
  $("form", snoozeMenu).addEventListener("submit", (event) => {
    event.preventDefault();
    snooze(fromLocal(field.value));
    snoozeMenu.hidePopover();
  });
}

function snooze(until) {
  if (!taken("snooze", { until: until.toISOString() })) actions.snooze(until);
}

function startPriority() {
  onOpen(priorityMenu, () => {
    for (const item of priorityMenu.querySelectorAll("[data-priority]")) {
      item.setAttribute("aria-pressed", String(chosen()?.priority === Number(item.dataset.priority)));
    }
  });
  priorityMenu.addEventListener("click", (event) => {
    const item = event.target.closest("[data-priority]");
    if (!item) return;
    const priority = Number(item.dataset.priority);
    if (!taken("priority", { priority })) actions.setPriority(priority);
  });
}
