// Small helpers over the DOM. Data only ever becomes text: nothing here parses HTML.

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

export function clone(name) {
  return document.getElementById(`t-${name}`).content.firstElementChild.cloneNode(true);
}

export const slot = (root, name) => root.querySelector(`[data-slot="${name}"]`);

/** Write text only where it differs: an unchanged row costs no layout. */
export function text(node, value) {
  const wanted = value ?? "";
  if (node.textContent !== wanted) node.textContent = wanted;
}

export function attribute(node, name, value) {
  if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, String(value));
}

export function show(node, on) {
  if (node.hidden === Boolean(on)) node.hidden = !on;
}

export function debounce(wait, work) {
  let timer = 0;
  const later = (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...args), wait);
  };
  later.cancel = () => clearTimeout(timer);
  return later;
}

export function throttle(wait, work) {
  let last = 0;
  return (...args) => {
    const now = Date.now();
    if (now - last < wait) return;
    last = now;
    work(...args);
  };
}

export const clientId = () => crypto.randomUUID ? crypto.randomUUID() : randomHex();

// crypto.randomUUID is missing on plain-http addresses other than localhost.
function randomHex() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
}

const LINK = /\bhttps?:\/\/[^\s<>"'`\u3000-\u303f\uff00-\uffef]+/g;

/** Append `words` to `node`, with http(s) addresses as links that tell the other side nothing. */
export function appendLinked(node, words, append = (part) => node.append(part)) {
  let from = 0;
  for (const match of words.matchAll(LINK)) {
    const url = match[0].replace(/[.,;:!?)\]}]+$/, "");
    append(words.slice(from, match.index));
    const link = document.createElement("a");
    link.href = url;
    link.textContent = url;
    link.target = "_blank";
    link.rel = "noopener noreferrer nofollow ugc";
    node.append(link);
    from = match.index + url.length;
  }
  append(words.slice(from));
}
