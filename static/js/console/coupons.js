// The tab with this buyer's coupons: it shows what became of a code as soon as it is known.

import { on as onSocket } from "./socket.js";

const SOON_MS = 120; // of a burst of frames one reading is enough
const AGAIN_MS = 4000; // while the store makes a code, in case its frame is lost
let timer = 0;

export function start() {
  onSocket("coupon.code", ({ code }) => code.buyer.id === tab()?.dataset.buyer && later(SOON_MS));
  onSocket("coupon.offer", () => tab() && later(SOON_MS));
  document.body.addEventListener("htmx:afterSettle", onSettled);
}

const tab = () => document.getElementById("panel-coupons");

function later(ms) {
  clearTimeout(timer);
  timer = setTimeout(read, ms);
}

/** Read the tab again; what is under way in it comes first. */
async function read() {
  const shown = tab();
  if (!shown) return;
  const answer = await fetch(shown.dataset.refresh, { headers: { "HX-Request": "true" } }).catch(() => null);
  // Another conversation by now, or the answer to a click, which may be older than what was heard since.
  if (shown !== tab() || shown.querySelector(".htmx-request")) later(SOON_MS);
  else if (answer?.ok) show(shown, new DOMParser().parseFromString(await answer.text(), "text/html"));
}

/** Put in what has changed. Where somebody is giving a reason, what they type stays, and only the codes follow. */
function show(shown, page) {
  const isTyping = [...shown.querySelectorAll("input:not([type=hidden])")].some((input) => input.value);
  const part = isTyping ? "coupon-codes" : "panel-coupons";
  const [before, fresh] = [document.getElementById(part), page.getElementById(part)];
  if (!fresh || words(fresh) === words(before)) {
    watch();
    return;
  }
  // The page's other listeners expect to be told what was replaced, as they are after a request.
  window.htmx.swap(before, fresh.outerHTML, { swapStyle: "outerHTML" }, { eventInfo: { elt: before, target: before } });
}

const words = (element) => element.textContent.replace(/\s+/g, " ");

function watch() {
  if (tab()?.querySelector('[data-state="creating"], [data-state="revoking"]')) later(AGAIN_MS);
}

// Whoever sent one by a key goes on where the code is now: the button is gone with the offer.
function onSettled({ detail }) {
  if (!["panel-coupons", "coupon-codes"].includes(detail.elt.id)) return;
  watch();
  if (detail.elt.id !== "panel-coupons" || document.activeElement !== document.body) return;
  const first = detail.elt.querySelector(".coupon-given button") ?? detail.elt.querySelector("button");
  first?.focus({ preventScroll: true });
}
