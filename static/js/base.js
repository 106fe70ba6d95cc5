// What every page of the desk does: theme, menus, dialogs, toasts, and htmx's manners.
// Strings come from templates/_base_parts.html; there are none in here.

const strings = () => document.getElementById("desk-strings")?.dataset ?? {};
const COLORS = ["slate", "blue", "green", "amber", "red", "violet", "pink", "teal"];

// -- For other modules

/** The token for X-CSRFToken: the cookie's (it changes at log-in), else the page's. */
export function csrfToken() {
  const found = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
  return found ? found[1] : document.body.dataset.csrf;
}

/** The colour of a person; helpdesk/lib/palette.py says the same. */
export function colorFor(id) {
  let sum = 0;
  for (const character of String(id)) sum += character.codePointAt(0);
  return COLORS[sum % COLORS.length];
}

/** What stands in an avatar; helpdesk/lib/palette.py says the same. */
export function initials(name) {
  const han = name.match(/[\u3400-\u9fff]/g);
  if (han) return han.slice(-2).join("");
  const words = name.split(/[\s.@_-]+/).filter(Boolean);
  if (!words.length) return "?";
  return ([...words[0]][0] + (words.length > 1 ? [...words.at(-1)][0] : "")).toUpperCase();
}

/** An avatar element; size is "s", "l" or nothing. */
export function avatar(id, name, size = "") {
  const element = document.createElement("span");
  element.className = size ? `avatar avatar-${size}` : "avatar";
  element.dataset.color = colorFor(id);
  element.setAttribute("aria-hidden", "true");
  element.textContent = initials(name);
  return element;
}

/** An icon element: of tools/icons.txt. */
export function icon(name, extra = "") {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", `icon ${extra}`.trim());
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS("http://www.w3.org/2000/svg", "use"));
  svg.firstChild.setAttribute("href", iconAddress(name));
  return svg;
}

function iconAddress(name) {
  const any = document.querySelector("#toast-template")?.content.querySelector("[data-dismiss] use");
  return `${any?.getAttribute("href").split("#")[0] ?? ""}#${name}`;
}

const TOAST_ICONS = { success: "circle-check", error: "alert-circle", warning: "alert-triangle", info: "info-circle" };

/** Say something at the foot of the page. `action` is {label, run}: a button beside the words. */
export function toast(text, { kind = "info", action = null, stay = kind === "error" ? 12000 : 5000 } = {}) {
  const box = document.getElementById("toasts");
  const element = document.getElementById("toast-template").content.firstElementChild.cloneNode(true);
  element.dataset.kind = kind;
  element.dataset.stay = stay;
  if (kind === "error") element.setAttribute("role", "alert");
  element.querySelector("use").setAttribute("href", iconAddress(TOAST_ICONS[kind]));
  element.querySelector("span").textContent = text;
  if (action) {
    const button = element.querySelector("[data-action]");
    button.hidden = false;
    button.textContent = action.label;
    button.addEventListener("click", () => { dismiss(element); action.run(); });
  }
  box.append(element);
  return element;
}

/** Ask before something is done: resolves to true or false. */
export function ask(question, { detail = "", yes = "", danger = false } = {}) {
  const dialog = document.getElementById("confirm");
  const button = dialog.querySelector("[data-yes]");
  button.dataset.label ??= button.textContent;
  dialog.querySelector("#confirm-question").textContent = question;
  dialog.querySelector("#confirm-detail").textContent = detail;
  button.textContent = yes || button.dataset.label;
  button.className = danger ? "btn btn-danger" : "btn btn-primary";
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

/** Put text on the clipboard, and say so. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast(strings().copied, { kind: "success", stay: 2000 });
  } catch {
    toast(strings().failed, { kind: "error" });
  }
}

// -- Toasts leave by themselves, but not from under a pointer or the focus

function dismiss(element) {
  element.classList.add("is-leaving");
  setTimeout(() => element.remove(), 220);
}

function watchToasts(box) {
  const arm = (element) => {
    if (!element.matches?.(".toast")) return;
    const leave = () => {
      if (element.matches(":hover, :focus-within")) setTimeout(leave, 2000);
      else dismiss(element);
    };
    setTimeout(leave, Number(element.dataset.stay) || (element.dataset.kind === "error" ? 12000 : 5000));
  };
  new MutationObserver((changes) => changes.forEach((c) => c.addedNodes.forEach(arm))).observe(box, { childList: true });
  [...box.children].forEach(arm);
}

// -- Theme: a cookie, so that the server writes it into the page and nothing flashes

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  document.cookie = `desk_theme=${theme}; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
  for (const button of document.querySelectorAll("[data-set-theme]")) {
    button.setAttribute("aria-pressed", String(button.dataset.setTheme === theme));
  }
}

// -- Menus: native popovers, placed beside their button

/** Put a menu beside its button; again where it has become larger or smaller. */
export function place(menu, button) {
  const gap = 6, edge = 8;
  const at = button.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const fits = (value, size, room) => Math.max(edge, Math.min(value, room - size - edge));
  let left, top;
  if (menu.dataset.place === "right" && innerWidth > 640) {
    left = at.right + gap;
    top = at.bottom - height;
  } else {
    left = menu.dataset.place === "end" ? at.right - width : at.left;
    top = at.bottom + gap + height > innerHeight - edge && at.top - gap - height > edge ? at.top - gap - height : at.bottom + gap;
  }
  menu.style.left = `${fits(left, width, innerWidth)}px`;
  menu.style.top = `${fits(top, height, innerHeight)}px`;
}

function onToggle(event) {
  const menu = event.target;
  if (!menu.matches?.(".menu[popover]")) return;
  const open = event.newState === "open";
  const beside = menu.dataset.beside && document.getElementById(menu.dataset.beside);
  const button = beside || document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`);
  button?.setAttribute("aria-expanded", String(open));
  if (open && button) place(menu, button);
}

function onMenuKey(event) {
  const menu = event.target.closest?.(".menu");
  if (!menu || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key) || event.target.matches("input, textarea")) return;
  const items = [...menu.querySelectorAll(".menu-item:not(:disabled)")].filter((item) => item.offsetParent);
  const at = items.indexOf(document.activeElement);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  items.at(next >= items.length ? 0 : next)?.focus();
  event.preventDefault();
}

// -- Clicks and keys that pages only have to name

async function onClick(event) {
  const on = (selector) => event.target.closest?.(selector);
  let found;
  if ((found = on("[data-dismiss]"))) dismiss(found.closest(".toast"));
  else if ((found = on("[data-set-theme]"))) setTheme(found.dataset.setTheme);
  else if ((found = on("[data-dialog]"))) {
    found.closest("[popover]")?.hidePopover();
    document.getElementById(found.dataset.dialog)?.showModal();
  } else if ((found = on("[data-close]"))) found.closest("dialog")?.close();
  else if ((found = on("[data-copy]"))) {
    const source = found.dataset.copy ? document.querySelector(found.dataset.copy) : found;
    copy(found.dataset.copyText ?? source.value ?? source.textContent.trim());
  } else if (event.target.matches?.("dialog.dialog")) {
    // The dialog itself is hit only on its backdrop: what it shows is inside.
    const box = event.target.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside && !event.target.hasAttribute("data-keep")) event.target.close();
  }
  // An item that does something closes its menu; one that chooses among its like may leave it open.
  if ((found = on(".menu-item")) && !on("[data-keep-open]")) found.closest("[popover]")?.hidePopover();
}

function onKey(event) {
  if (event.key !== "?" || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.target.closest?.("input, textarea, select, [contenteditable]") || document.querySelector("dialog[open]")) return;
  const dialog = document.getElementById("shortcuts");
  if (!dialog) return;
  event.preventDefault();
  dialog.showModal();
}

async function onSubmit(event) {
  const form = event.target;
  if (form.matches("[data-presence-form]")) return setPresence(event);
  if (!form.dataset.confirm || form.dataset.confirmed) return;
  event.preventDefault();
  const { confirm, confirmDetail: detail, confirmYes: yes } = form.dataset;
  if (!(await ask(confirm, { detail, yes, danger: "danger" in form.dataset }))) return;
  form.dataset.confirmed = "yes";
  form.requestSubmit(event.submitter);
}

/** Presence without leaving the page; the console hears `desk:presence` and shows it in its own places. */
async function setPresence(event) {
  event.preventDefault();
  const form = event.target, state = event.submitter.value;
  const body = new FormData(form, event.submitter);
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Requested-With": "fetch" } });
    if (!answer.ok) throw new Error(answer.status);
    showPresence(state);
  } catch {
    toast(strings().failed, { kind: "error" });
  }
}

/** Show my presence in the rail: called here, and by the console when another window of mine changed it. */
export function showPresence(state) {
  for (const box of document.querySelectorAll("[data-my-presence]")) box.dataset.presence = state;
  for (const button of document.querySelectorAll("[data-presence-form] button[name=state]")) {
    button.setAttribute("aria-pressed", String(button.value === state));
  }
  document.dispatchEvent(new CustomEvent("desk:presence", { detail: { state } }));
}

// -- htmx: the token on every request, words for every failure, our own question instead of the browser's

const answered = new WeakSet(); // what was said yes to before it was drawn anew

const DRAWN_WITHIN_MS = 3000, LOOK_EVERY_MS = 50;

/**
 * Do what was said yes to where a live page has drawn it anew meanwhile, or is about to: from what is gone, htmx sends
 * nothing, and what has just come it does not know yet.
 */
async function again({ elt, verb, path }) {
  const selector = `${elt.localName}[hx-${verb}="${CSS.escape(path)}"]`;
  let now = null;
  for (let waited = 0; !(now = document.querySelector(selector)); waited += LOOK_EVERY_MS) {
    if (waited >= DRAWN_WITHIN_MS) {
      toast(strings().gone, { kind: "error" });
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  window.htmx.process(now);
  answered.add(now);
  if (now.localName === "form") now.requestSubmit();
  else now.click();
}

function htmxManners() {
  const on = (name, handler) => document.body.addEventListener(name, handler);
  on("htmx:configRequest", (event) => { event.detail.headers["X-CSRFToken"] = csrfToken(); });
  on("htmx:confirm", (event) => {
    const { elt, question, issueRequest } = event.detail;
    if (!question) return;
    event.preventDefault();
    if (answered.delete(elt)) {
      issueRequest(true);
      return;
    }
    const { confirmDetail: detail, confirmYes: yes } = elt.dataset;
    ask(question, { detail, yes, danger: "danger" in elt.dataset }).then((ok) => {
      if (ok && elt.isConnected) issueRequest(true);
      else if (ok) again(event.detail);
    });
  });
  on("htmx:responseError", (event) => {
    const { status } = event.detail.xhr;
    if (status === 401) location.reload(); // logged out meanwhile: the page itself leads to the log-in
    else toast({ 403: strings().forbidden, 404: strings().gone }[status] ?? strings().failed, { kind: "error" });
  });
  on("htmx:sendError", () => toast(strings().offline, { kind: "error" }));
  on("htmx:timeout", () => toast(strings().offline, { kind: "error" }));
  // What arrives in <dialog id="dialog"> opens it; an answer with HX-Trigger: desk:close shuts it.
  on("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "dialog" && !event.detail.target.open) event.detail.target.showModal();
  });
  on("desk:close", () => document.getElementById("dialog")?.close());
}

document.addEventListener("click", onClick);
document.addEventListener("keydown", onKey);
document.addEventListener("keydown", onMenuKey);
document.addEventListener("submit", onSubmit);
document.addEventListener("toggle", onToggle, true);
htmxManners();
watchToasts(document.getElementById("toasts"));
