// Of several tabs of one agent: which one rings, and whether any of them is being looked at.

const me = document.body.dataset.agent;
const LOCK = `desk.bell.${me}`;
const LOOKED = `desk.bell.looked.${me}`;
const EVERY_MS = 3000;
const STALE_MS = 8000;

const tab = Math.random().toString(36).slice(2);
let leads = false;
let where = () => []; // the ids of what this page shows

export function start(shown) {
  where = shown;
  lead();
  for (const type of ["focus", "blur", "pagehide", "pageshow"]) addEventListener(type, note);
  document.addEventListener("visibilitychange", note);
  setInterval(() => isLookedAt() && note(), EVERY_MS);
  note();
}

/** One tab makes the sound and the notice of the desktop: whoever holds the lock, and the next one when it is gone. */
function lead() {
  if (!navigator.locks) {
    leads = true;
    return;
  }
  navigator.locks.request(LOCK, () => {
    leads = true;
    return new Promise(() => {}); // held until this tab is gone
  });
}

export const isLead = () => leads;
export const isLookedAt = () => !document.hidden && document.hasFocus();

/** Say whether this tab is being looked at; one that was closed without a word is found by its age. */
export function note(event) {
  if (event?.type !== "pagehide" && isLookedAt()) {
    localStorage.setItem(LOOKED, JSON.stringify({ tab, at: Date.now(), ids: where() }));
  } else if (other()?.tab === tab) {
    localStorage.removeItem(LOOKED);
  }
}

function other() {
  try {
    const found = JSON.parse(localStorage.getItem(LOOKED));
    return found && Math.abs(Date.now() - found.at) < STALE_MS ? found : null;
  } catch {
    return null;
  }
}

/** Whether somebody looks at any tab of the desk in this browser. */
export const isDeskLookedAt = () => isLookedAt() || Boolean(other());

/** Whether somebody looks at what this is about. */
export function isInSight(about) {
  if (!about) return false;
  return (isLookedAt() && where().includes(about)) || Boolean(other()?.ids.includes(about));
}
