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
  if ([...order.querySelectorAll("[data-note-form] textarea, [data-request-form] [name=answer]")].some((note) => note.value !== note.defaultValue)) {
    order.dataset.stale = "yes"; // a note that is being written stays; what is around it follows once it is done
    return;
  }
  const typing = order.querySelector("[data-act-form] .act-fields");
  if (typing) {
    window.htmx.trigger(typing, "refresh");
    return;
  }
  const address = order.dataset.refresh + (order.open ? "?open=1" : "");
  const focused = order.contains(document.activeElement) && document.activeElement.id;
  oneAtATime(order.id, () =>
    window.htmx
      .ajax("GET", address, { source: order, target: order, swap: "outerHTML", select: order.dataset.select })
      .then(() => focused && document.getElementById(focused)?.focus()),
    refresh,
  );
}

const underWay = new Map(); // an element's id -> is it to be read once more when its answer is here?

/** Two answers for one element would be swapped into the same old one, and the later would be lost: what changes
    meanwhile is read when the answer is here. */
function oneAtATime(id, read, onceMore) {
  if (underWay.has(id)) {
    underWay.set(id, true);
    return;
  }
  underWay.set(id, false);
  read()
    .catch(() => {})
    .then(() => {
      const again = underWay.get(id);
      underWay.delete(id);
      const element = document.getElementById(id);
      if (again && element) onceMore(element);
    });
}

function onOrder({ detail }) {
  const order = document.getElementById(`order-${detail.order}`);
  const filters = document.getElementById("panel-filters");
  if (order && filters) again(filters); // its numbers
  if (order) refresh(order);
  else if (detail.order) showNew(document.querySelector(".panel-orders"), detail.buyer);
  else showBuyer(document.getElementById("panel-buyer"));
}

/** The buyer has just ordered: the list begins with it, unless a form is open in it. */
function showNew(list, buyer) {
  if (buyer && list?.dataset.buyer.split(" ").includes(buyer) && !list.querySelector("[data-act-form]")) again(list);
}

function showBuyer(buyer) {
  const note = buyer?.querySelector("textarea");
  if (note && note.value === note.defaultValue) again(buyer); // a note that is being written stays
}

function again(element) {
  window.htmx.ajax("GET", element.dataset.refresh, { source: element, target: element, swap: "outerHTML" }).catch(() => {});
}

// A note's form that has just been opened: the cursor goes into it.
function onToggle({ target }) {
  if (target.matches?.(".note-new") && target.open) target.querySelector("textarea").focus();
}

// A form that has just opened: the cursor goes to its first field, or, filled in already, to its button. Whoever
// pressed a button that is gone now goes on where it was.
function onSwap({ detail }) {
  const stale = detail.elt.matches?.(".notes") && detail.elt.closest("[data-stale]");
  if (stale) {
    delete stale.dataset.stale;
    refresh(stale);
  }
  const form = detail.elt.querySelector?.("[data-act-form]");
  if (!form && detail.elt.matches?.(".act") && document.activeElement === document.body) {
    detail.elt.querySelector("button:not([id^=send])")?.focus();
  }
  if (!form || form.contains(document.activeElement)) return;
  const button = form.querySelector("button[type=submit]");
  const field = form.querySelector(".act-fields input, .act-fields select, .act-fields textarea");
  (button.disabled || form.querySelector("input:invalid") ? field : button).focus();
  if (document.activeElement === field) field.select?.();
}

const isTyping = (node) => node.closest?.("input, textarea, select");

function onKey(event) {
  const find = event.key === "/" && !event.isComposing && !isTyping(event.target) && event.target.closest?.("#panel");
  if (find) {
    const field = find.querySelector("[data-panel-find]");
    if (!field) return;
    event.preventDefault();
    event.stopPropagation();
    field.select();
    field.focus();
    return;
  }
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
document.addEventListener("toggle", onToggle, true);
document.addEventListener("error", onError, true);
setInterval(tick, TICK_MS);
