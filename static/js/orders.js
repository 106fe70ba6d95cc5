// Orders on a page: countdowns of holds, and fragments that ask for themselves again when their order changed.
// Strings are the templates'; there are none in here.

const AGAIN_MS = 1500; // after a hold has ended, until the store has answered
const TICK_MS = 250;

const ends = new WeakMap(); // a countdown element -> when it ends, by this page's own clock

// -- Countdowns: what is left was said by the server, so that a wrong clock here does not matter

function tick() {
  const now = performance.now();
  for (const element of document.querySelectorAll("[data-countdown]")) {
    if (!ends.has(element)) ends.set(element, now + Number(element.dataset.countdown) * 1000);
    const left = Math.max(0, ends.get(element) - now) / 1000;
    paint(element, left);
    if (left === 0 && !element.dataset.over) {
      element.dataset.over = "yes";
      setTimeout(() => element.isConnected && refresh(element.closest("[data-order]")), AGAIN_MS);
    }
  }
}

function paint(element, left) {
  const { words, now, of } = element.dataset;
  const text = left > 0 ? words?.replace("%s", Math.ceil(left)) : now;
  if (text && element.textContent !== text) element.textContent = text;
  const bar = element.closest(".act-state")?.querySelector(".act-bar > i");
  if (bar && Number(of)) bar.style.width = `${(100 * left) / Number(of)}%`;
}

// -- Fresh fragments

/** Show an order as it is now. What an agent is typing stays: then only the preview beside it follows. */
function refresh(order) {
  if (!order) return;
  const typing = order.querySelector("[data-act-form] .act-fields");
  if (typing) {
    window.htmx.trigger(typing, "refresh");
    return;
  }
  const address = order.dataset.refresh + (order.open ? "?open=1" : "");
  const focused = order.contains(document.activeElement) && document.activeElement.id;
  window.htmx
    .ajax("GET", address, { source: order, target: order, swap: "outerHTML", select: order.dataset.select })
    .then(() => focused && document.getElementById(focused)?.focus())
    .catch(() => {});
}

function onOrder({ detail }) {
  const order = document.getElementById(`order-${detail.order}`);
  if (order) refresh(order);
  else if (detail.order) showNew(document.querySelector(".panel-orders"), detail.buyer);
  else showBuyer(document.getElementById("panel-buyer"));
}

/** The buyer has just ordered: the list begins with it, unless a form is open in it. */
function showNew(list, buyer) {
  if (buyer && list?.dataset.buyer === buyer && !list.querySelector("[data-act-form]")) again(list);
}

function showBuyer(buyer) {
  const note = buyer?.querySelector("textarea");
  if (note && note.value === note.defaultValue) again(buyer); // a note that is being written stays
}

function again(element) {
  window.htmx.ajax("GET", element.dataset.refresh, { source: element, target: element, swap: "outerHTML" }).catch(() => {});
}

// A form that has just opened: the cursor goes to its first field, or, filled in already, to its button. Whoever
// pressed a button that is gone now goes on where it was.
function onSwap({ detail }) {
  const form = detail.elt.querySelector?.("[data-act-form]");
  if (!form && detail.elt.matches?.(".act") && document.activeElement === document.body) {
    detail.elt.querySelector("button:not([id^=send])")?.focus();
  }
  if (!form || form.contains(document.activeElement)) return;
  const button = form.querySelector("button[type=submit]");
  const field = form.querySelector(".act-fields input, .act-fields select, .act-fields textarea");
  (button.disabled ? field : button).focus();
  if (document.activeElement === field) field.select();
}

function onKey(event) {
  if (event.key !== "Escape" || event.isComposing) return;
  const close = event.target.closest?.("[data-act-form]")?.querySelector("[data-close-form]");
  if (!close) return;
  event.stopPropagation();
  close.click();
}

// A picture that does not come leaves its place, not a broken sign.
function onError({ target }) {
  if (target.matches?.("img.thumb")) target.removeAttribute("src");
  else if (target.matches?.("svg.thumb image")) target.remove();
}

document.getElementById("panel")?.addEventListener("desk:order", onOrder);
document.body.addEventListener("htmx:afterSettle", onSwap);
document.addEventListener("keydown", onKey, true);
document.addEventListener("error", onError, true);
setInterval(tick, TICK_MS);
