// The page on which an article is written: fields, toolbar and keys, and what is shown of how it stands.

import { toast } from "../base.js";
import { goOn, insertBlock, mark, replace } from "./marks.js";
import { Saving } from "./saving.js";
import { takeFiles } from "./uploads.js";

const $ = (id) => document.getElementById(id);
const writing = $("writing"), area = $("body"), title = $("title"), keywords = $("keywords"), preview = $("preview");
const words = $("editor-strings").dataset;
const { article, locale, revision, api, conflict, files } = writing.dataset;

const listed = (text) => [...new Set(text.split(/[,，、;；]/).map((word) => word.trim()).filter(Boolean))];

const saving = new Saving({
  url: api,
  key: `desk.article.${document.body.dataset.agent}.${article}.${locale}`,
  revision: Number(revision),
  read: () => ({ title: title.value, body: area.value, keywords: listed(keywords.value) }),
  write(text) {
    title.value = text.title;
    area.value = text.body;
    keywords.value = text.keywords.join(", ");
    showPreview();
  },
  show,
  onSaved,
  onStale,
});

// -- How it stands

function show(state, refusal = null) {
  $("saving").dataset.state = state === "saved" && !saving.revision ? "new" : state;
  const said = !refusal ? "" : { 401: words.loggedOut, 403: words.loggedOut, 404: words.gone }[refusal.status] ?? refusal.words;
  $("refusal").hidden = !said;
  $("refusal-words").textContent = said;
}

function onSaved(text) {
  const state = text.version === null ? "draft" : text.has_changes ? "changed" : "live";
  const tab = document.querySelector(".editor-locales [aria-current]");
  tab.dataset.state = state;
  tab.querySelector(".lang-word").textContent = words[`state${state[0].toUpperCase()}${state.slice(1)}`];
  const bar = $("unpublished"), button = $("publish");
  if (bar) bar.hidden = state !== "changed";
  if (button) button.disabled = state === "live";
}

let waiting = false;
function showPreview() {
  if (preview.offsetParent) window.htmx.trigger(preview, "desk:typed");
  else waiting = true;
}

for (const field of [title, area, keywords]) {
  field.addEventListener("input", () => {
    saving.typed();
    if (field !== keywords) showPreview();
  });
}

for (const button of document.querySelectorAll("[data-show]")) {
  button.addEventListener("click", () => {
    document.querySelector(".editor").dataset.shows = button.dataset.show;
    for (const one of document.querySelectorAll("[data-show]")) one.setAttribute("aria-pressed", String(one === button));
    if (waiting && button.dataset.show === "preview") window.htmx.trigger(preview, "desk:typed");
    waiting = false;
  });
}

// What decides about the text decides about all that is typed: it is saved before.
for (const button of document.querySelectorAll("#publish, #show-changes")) {
  button.addEventListener("click", async () => {
    button.setAttribute("aria-busy", "true");
    if (await saving.flush()) await window.htmx.ajax("GET", button.dataset.get, { target: "#dialog", swap: "innerHTML" });
    button.removeAttribute("aria-busy");
  });
}

// -- Somebody else saved meanwhile

async function onStale() {
  const dialog = $("conflict");
  const { title: mineTitle, body } = saving.read();
  await window.htmx.ajax("POST", conflict, { target: dialog, swap: "innerHTML", source: "#conflict", values: { title: mineTitle, body } });
  $("conflict-mine").value = body;
  if (!dialog.open) dialog.showModal();
}

$("conflict").addEventListener("cancel", (event) => event.preventDefault()); // it wants an answer
$("conflict").addEventListener("click", async (event) => {
  const take = event.target.closest("[data-take]")?.dataset;
  if (!take) return;
  try {
    if (take.take === "mine") saving.takeMine(Number(take.revision));
    else await saving.takeTheirs();
  } catch {
    return toast(words.uploadFailed, { kind: "error" });
  }
  $("conflict").close();
  showAside();
});

function showAside() {
  $("aside").hidden = !saving.kept(`${saving.key}.aside`);
}

$("aside-back").addEventListener("click", () => {
  const kept = saving.kept(`${saving.key}.aside`);
  saving.keep(`${saving.key}.aside`, null);
  showAside();
  saving.write(kept.words);
  saving.typed();
});
$("aside-away").addEventListener("click", () => {
  saving.keep(`${saving.key}.aside`, null);
  showAside();
});

// -- Toolbar and keys

function act(kind) {
  if (kind === "link") return openLink();
  if (kind === "file") return $("file-choose").click();
  mark(area, kind, words);
}

$("tools").addEventListener("click", (event) => {
  const kind = event.target.closest("[data-mark]")?.dataset.mark;
  if (kind) act(kind);
});

$("tools").addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const all = [...$("tools").querySelectorAll("button")];
  all.at((all.indexOf(document.activeElement) + step) % all.length)?.focus();
  event.preventDefault();
});

const KEYS = { "b": "bold", "i": "italic", "k": "link", "shift+Digit8": "list", "shift+Digit7": "steps", "alt+Digit2": "heading" };
area.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "Enter" && !event.shiftKey && !event.ctrlKey && !event.metaKey && goOn(area)) return event.preventDefault();
  if (!event.ctrlKey && !event.metaKey) return;
  const held = event.shiftKey ? "shift+" : event.altKey ? "alt+" : "";
  const kind = KEYS[held ? held + event.code : event.key.toLowerCase()];
  if (!kind) return;
  event.preventDefault();
  act(kind);
});

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s" || event.altKey) return;
  event.preventDefault();
  saving.flush();
});

document.addEventListener("click", (event) => {
  const found = event.target.closest("[data-insert]");
  if (found) insertBlock(area, found.dataset.insert);
});

// -- Links

const picker = $("link-picker"), query = $("link-q");
let chosen = [0, 0];

function openLink() {
  chosen = [area.selectionStart, area.selectionEnd];
  const selected = area.value.slice(...chosen);
  query.value = selected.length <= 200 && !selected.includes("\n") ? selected : "";
  picker.returnValue = "";
  picker.showModal();
  query.select();
  window.htmx.trigger(query, "desk:open");
}

function link(address, name) {
  const label = (area.value.slice(...chosen) || name).replace(/[[\]\\]/g, "\\$&");
  replace(area, ...chosen, `[${label}](${address})`);
}

$("link-found").addEventListener("click", (event) => {
  const found = event.target.closest("[data-slug]");
  if (!found) return;
  picker.close();
  link(`article:${found.dataset.slug}`, found.dataset.title);
});

picker.addEventListener("close", () => {
  if (picker.returnValue !== "link") return area.focus();
  const typed = query.value.trim();
  const first = $("link-found").querySelector("[data-slug]");
  if (/^(https?:\/\/|mailto:|tel:|article:)\S+$/i.test(typed)) link(typed.replace(/[()]/g, encodeURIComponent), typed);
  else if (/^[\w-]+(\.[\w-]+)+(\/\S*)?$/.test(typed)) link(`https://${typed}`, typed);
  else if (first) link(`article:${first.dataset.slug}`, first.dataset.title);
});

// -- Begin

takeFiles(area, { url: files, saving, words, chooser: $("file-choose") });
show("saved");
showAside();
if (saving.recover()) toast(words.wordsBack);
