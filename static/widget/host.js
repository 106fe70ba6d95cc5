// The shop's page around us. It is another site: we believe only what our own parent says, from a page that the
// store allows, and answer only there.

import { config } from "./words.js";

const framed = window.parent !== window;
let origin = null; // the parent's, once it has spoken

/** Listen; `on` has init, identify, logout, context, visible and layout, each called with what the page said. */
export function listen(on) {
  addEventListener("message", (event) => {
    if (event.source !== window.parent || !framed || typeof event.data?.helpdesk !== "string") return;
    if (config.origins.length && !config.origins.includes(event.origin)) return;
    if (origin && event.origin !== origin) return;
    const { helpdesk: name, ...said } = event.data;
    if (!origin && name !== "init") return;
    origin = event.origin;
    if (Object.hasOwn(on, name)) on[name](said);
  });
}

export function tell(name, said = {}) {
  if (origin) window.parent.postMessage({ helpdesk: name, ...said }, origin);
}

/** True where the panel is a page by itself. */
export const alone = !framed;
