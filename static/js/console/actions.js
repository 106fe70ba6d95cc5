// What an agent does with a conversation: each is one call whose answer is the new summary.

import { toast } from "../base.js";
import { Failure, post } from "./api.js";
import { moment } from "./format.js";
import { applySummary, desk, me, row, state } from "./store.js";
import { say } from "./words.js";

/** Run an action on a conversation; tell what went wrong, if anything did. Returns the new summary or null. */
export async function act(id, path, body) {
  try {
    return applySummary(await post(`conversations/${id}/${path}/`, body));
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    toast(failure.code === "network" ? say("failure.network") : failure.message || say("failure"), { kind: "error" });
    return null;
  }
}

const openId = () => state.open;

export async function resolve(id = openId()) {
  if (!(await act(id, "resolve"))) return;
  toast(say("done.resolved"), { kind: "success", action: { label: say("undo"), run: () => reopen(id, { quiet: true }) } });
}

export async function reopen(id = openId(), { quiet = false } = {}) {
  if ((await act(id, "reopen")) && !quiet) toast(say("done.reopened"), { kind: "success" });
}

/** The one key for both: what is open gets resolved, what is not gets opened. */
export function toggleResolved(id = openId()) {
  const known = row(id);
  if (known) return known.status === "open" ? resolve(id) : reopen(id);
  return undefined;
}

export async function snooze(until, id = openId()) {
  if (!(await act(id, "snooze", { until: until.toISOString() }))) return;
  toast(say("done.snoozed", { time: moment(until) }), {
    kind: "success", action: { label: say("undo"), run: () => reopen(id, { quiet: true }) },
  });
}

export const assign = (agent, id = openId()) => act(id, "assign", { agent });
export const assignTeam = (team, id = openId()) => act(id, "assign", { team });
export const take = (id = openId()) => assign(me.id, id);
export const setPriority = (priority, id = openId()) => act(id, "priority", { priority });
export const changeTags = (change, id = openId()) => act(id, "tags", { add: [], remove: [], ...change });

/** Make a tag that does not exist yet, and put it on the conversation. */
export async function addNewTag(name, id = openId()) {
  const tag = await makeTag(name);
  return tag && changeTags({ add: [tag.id] }, id);
}

/** Make a tag; tell what went wrong, if anything did. Returns the tag or null. */
export async function makeTag(name) {
  try {
    const tag = await post("tags/", { name });
    desk.tags.push(tag);
    desk.tags.sort((a, b) => a.name.localeCompare(b.name));
    return tag;
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    toast(failure.message || say("failure"), { kind: "error" });
    return null;
  }
}
