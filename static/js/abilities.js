// What a role may do has changed: the page about roles shows it, and whoever has the role hears of it and may load
// their page again, with what they may do now. Nothing is taken from under their hands; the server refuses anyway.

import { toast } from "./base.js";
import { on } from "./console/socket.js";

const SOON_MS = 500; // until then a page has the answer to its own click, and nothing more to learn

const { role } = document.body.dataset;
const words = document.getElementById("desk-strings").dataset;
let told = null;

/** Whether the page shows a role otherwise than it is now; one without switches (it is only read) cannot tell. */
function isBehind(frame) {
  return Object.entries(frame.abilities).some(([key, allowed]) => {
    const shown = document.getElementById(`switch-${frame.role}-${key.replace(".", "")}`);
    return shown?.getAttribute("aria-checked") !== String(allowed);
  });
}

function refresh(frame) {
  if (isBehind(frame)) window.htmx.trigger("#roles", "roles-changed");
}

on("role.changed", (frame) => {
  if (document.getElementById("roles")) setTimeout(refresh, SOON_MS, frame);
  if (frame.role !== role || told?.isConnected) return;
  told = toast(words.roleChanged, { stay: 30_000, action: { label: words.loadAgain, run: () => location.reload() } });
});
