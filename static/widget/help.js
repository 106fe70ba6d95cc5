// Answers without writing: the store's help centre inside the panel. Loaded when somebody first looks for one.

import { call } from "./http.js";
import { config } from "./words.js";

const WAIT_MS = 150;
const VOTER = "helpdesk-voter";
const get = (id) => document.getElementById(id);
const path = (rest) => `help${rest}${rest.includes("?") ? "&" : "?"}store=${encodeURIComponent(config.store)}&locale=${document.documentElement.lang}`;

let onAsk = () => {};
let asked = 0, timer, isFilled = false, shown = null, unkept = "";

/** Show the answers; `ask()` is called by who would rather ask. */
export function show(ask) {
  onAsk = ask;
  if (!isFilled) find();
}

async function find() {
  const mine = ++asked;
  const q = get("help-q").value.trim();
  get("help-list").setAttribute("aria-busy", "true");
  try {
    const { results } = await call("GET", path(`?q=${encodeURIComponent(q.slice(0, 1000))}`));
    if (mine !== asked) return;
    get("help-popular").hidden = Boolean(q) || !results.length;
    get("help-list").replaceChildren(...results.map(row));
    get("help-none").hidden = !q || results.length > 0;
    get("help-error").hidden = true;
    isFilled = true;
  } catch (error) {
    if (mine === asked) get("help-error").hidden = false;
  }
  get("help-list").removeAttribute("aria-busy");
}

function row({ slug, locale, title, snippet }) {
  const item = document.createElement("li"), button = document.createElement("button"), name = document.createElement("b");
  button.type = "button";
  button.lang = locale;
  name.textContent = title;
  button.append(name);
  if (snippet) {
    const words = document.createElement("span");
    words.innerHTML = snippet; // text and <mark>, made so by the desk
    button.append(words);
  }
  button.addEventListener("click", () => open(slug));
  item.append(button);
  return item;
}

async function open(slug) {
  let article;
  try {
    article = await call("GET", path(`/${encodeURIComponent(slug)}`));
  } catch (error) {
    get("help-error").hidden = false;
    return;
  }
  shown = article;
  get("help-error").hidden = true;
  get("help-title").textContent = article.title;
  get("help-words").innerHTML = article.html; // made harmless by the desk
  get("help-one").lang = article.locale;
  get("help-page").href = article.url;
  for (const button of get("help-vote").querySelectorAll("button")) button.setAttribute("aria-pressed", "false");
  turn(true);
  get("help-title").focus({ preventScroll: true });
}

function turn(isOne) {
  get("help-one").hidden = !isOne;
  get("help-all").hidden = isOne;
  get("help").scrollTop = 0;
}

function back() {
  turn(false);
  get("help-q").focus();
}

/** Return this browser's random token, kept where it lets us. */
function voter() {
  unkept ||= [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join("");
  try {
    if (!localStorage.getItem(VOTER)) localStorage.setItem(VOTER, unkept);
    return localStorage.getItem(VOTER);
  } catch (error) {
    return unkept;
  }
}

get("help-search").addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(timer);
  find();
});
get("help-q").addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(find, WAIT_MS);
});
get("help-retry").addEventListener("click", find);
get("help-back").addEventListener("click", back);
get("help-ask").addEventListener("click", () => onAsk());
get("help-words").addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!link) return;
  event.preventDefault();
  const slug = link.origin === location.origin && /\/articles\/([^/]+)\/$/.exec(link.pathname)?.[1];
  if (slug) open(slug);
  else window.open(link.href, "_blank", "noopener");
});
get("help-vote").addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (!button || !shown) return;
  const body = JSON.stringify({ voter: voter(), helped: button.dataset.helped === "yes" });
  try {
    const answer = await fetch(`${new URL(shown.url).pathname}vote/`, { method: "POST", body, credentials: "omit" });
    if (!answer.ok) return;
    for (const one of get("help-vote").querySelectorAll("button")) one.setAttribute("aria-pressed", String(one === button));
  } catch (error) {
    // It can be pressed again.
  }
});
// Before the panel hears it, which would close itself.
get("help").addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing || get("help-one").hidden) return;
  event.stopPropagation();
  back();
});
