// Whether somebody hears or sees a notice that has come, and where a click on it leads.

import { show } from "./desktop.js";
import { play } from "./sounds.js";
import { isDeskLookedAt, isInSight, isLead } from "./tabs.js";
import { claim, markRead, quietNow, state } from "./truth.js";

const QUIET_MS = 2_500; // of a burst one sound is enough
const LEAD_WITHIN_MS = 300; // a page that has just opened may become the one that rings
let lastSound = 0;

/** Ring for something new, if this is the tab that rings. Badges count it in any case. */
export async function ring(notice) {
  if (!isLead()) await new Promise((resolve) => setTimeout(resolve, LEAD_WITHIN_MS));
  if (!isLead() || isInSight(notice.about)) return;
  if (!notice.by_page && !claim(notice)) return;
  const wanted = state.preferences;
  if (!wanted || (quietNow() && !(notice.urgent && wanted.urgent_passes))) return;
  if (!wanted.silent.includes(notice.kind)) beep(notice);
  if (!wanted.undisplayed.includes(notice.kind) && !isDeskLookedAt()) display(notice);
}

function beep(notice) {
  const now = Date.now();
  if (now - lastSound < QUIET_MS) return;
  lastSound = now;
  play(state.preferences.tones[notice.sound], state.preferences.volume);
}

/** Show it on the desktop; resolves to what became of it (desktop.js). */
export const display = (notice) => show({ title: notice.title, body: notice.body, tag: notice.id }, () => go(notice));

/** Go to where it happened. A page that can show it without being left takes `desk:go` for itself. */
export function go(notice) {
  if (!notice.by_page) markRead({ ids: [notice.id] });
  const taken = !document.dispatchEvent(new CustomEvent("desk:go", { detail: { href: notice.href }, cancelable: true }));
  if (!taken) location.assign(notice.href);
}
