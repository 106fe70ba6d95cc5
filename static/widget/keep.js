// What this browser keeps of a visitor: the token, and the messages that have not gone out yet.

import { config } from "./words.js";

const prefix = `helpdesk:${config.store}:`;
const area = openArea();

// Where storage is refused (strict privacy settings) things live as long as the page.
function openArea() {
  try {
    const local = window.localStorage;
    local.setItem(prefix, "");
    local.removeItem(prefix);
    return local;
  } catch (error) {
    const map = new Map();
    return {
      getItem: (key) => map.get(key) ?? null,
      setItem: (key, value) => map.set(key, value),
      removeItem: (key) => map.delete(key),
      key: (index) => [...map.keys()][index] ?? null,
      get length() {
        return map.size;
      },
    };
  }
}

function read(key) {
  try {
    return JSON.parse(area.getItem(key));
  } catch (error) {
    return null; // spoilt, as good as absent
  }
}

function write(key, value) {
  try {
    area.setItem(key, JSON.stringify(value));
  } catch (error) {
    // Full. The page itself still has it.
  }
}

function keys(start) {
  const found = [];
  for (let index = 0; index < area.length; index += 1) {
    const key = area.key(index);
    if (key?.startsWith(start)) found.push(key);
  }
  return found;
}

/** The visitor of this browser: {token, id, verified, contact?}, or null. */
export function visitor() {
  return read(prefix + "visitor");
}

export function keepVisitor(value) {
  write(prefix + "visitor", value);
}

/** Call `listener` with the visitor whenever another tab has changed it. */
export function onOtherTab(listener) {
  addEventListener("storage", (event) => {
    if (event.key === prefix + "visitor") listener(visitor());
  });
}

export function forgetAll() {
  for (const key of keys(prefix)) area.removeItem(key);
}

// A message has a key of its own, so that two tabs never overwrite each other's list.
const outKey = (visitorId, clientId) => `${prefix}out:${visitorId}:${clientId}`;

export function keepMessage(visitorId, entry) {
  write(outKey(visitorId, entry.client_id), entry);
}

export function dropMessage(visitorId, clientId) {
  area.removeItem(outKey(visitorId, clientId));
}

/** The unsent messages of a visitor, in the order in which they were written. */
export function messages(visitorId) {
  const found = keys(outKey(visitorId, "")).map(read);
  return found.filter((entry) => entry?.client_id).sort((one, other) => one.at - other.at);
}
