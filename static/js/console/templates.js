// Templates that a provider has approved: found, filled in, looked at as the buyer will read them, and sent.

import { Failure, get } from "./api.js";
import { $, $$, attribute, clone, show, slot, text } from "./dom.js";
import { state } from "./store.js";
import { say } from "./words.js";

const PLACE = /\{\{\s*([^{}]+?)\s*\}\}/g;
const dialog = document.getElementById("template-dialog");
const form = $("form", dialog);
const field = $("[data-find]", dialog);

let way = null;
let offered = [];
let taken = null;
let give = () => {};

export function start() {
  field.addEventListener("input", drawList);
  slot(dialog, "list").addEventListener("click", (event) => {
    const item = event.target.closest("[data-index]");
    if (item) take(offered[Number(item.dataset.index)]);
  });
  slot(dialog, "retry").addEventListener("click", load);
  slot(dialog, "fields").addEventListener("input", preview);
  $("[data-back]", dialog).addEventListener("click", () => take(null));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const values = valuesNow();
    if (!taken || Object.values(values).some((value) => !value)) return;
    give({ name: taken.name, language: taken.language, values }, filled(values));
    dialog.close();
  });
}

/** Let the agent choose a template of `wanted` (a way) and fill it in; `onSend` gets it, and how it reads. */
export function choose(wanted, onSend) {
  way = wanted;
  give = onSend;
  field.value = "";
  text(slot(dialog, "channel"), way.name);
  take(null);
  dialog.showModal();
  load();
}

async function load() {
  setState("loading");
  try {
    offered = await get(`conversations/${state.open}/channels/${way.id}/templates/`);
    setState(offered.length ? "ready" : "none");
    drawList();
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    text(slot(dialog, "error"), failure.message || say("failure"));
    setState("failed");
  }
}

function setState(what) {
  dialog.dataset.state = what;
  dialog.setAttribute("aria-busy", String(what === "loading"));
}

function drawList() {
  const wanted = field.value.trim().toLocaleLowerCase();
  const fits = (one) => `${one.name} ${one.text}`.toLocaleLowerCase().includes(wanted);
  slot(dialog, "list").replaceChildren(...offered.flatMap((one, index) => (fits(one) ? [drawItem(one, index)] : [])));
  show(slot(dialog, "nothing"), wanted && !slot(dialog, "list").children.length);
}

function drawItem(one, index) {
  const node = clone("template-item");
  node.dataset.index = index;
  text(slot(node, "name"), one.name.replaceAll("_", " "));
  text(slot(node, "language"), one.language.replace("_", "-"));
  text(slot(node, "words"), one.text);
  return node;
}

/** Show the form of one template, or (null) the list of them. */
function take(one) {
  taken = one;
  dialog.toggleAttribute("data-filling", Boolean(one));
  if (!one) {
    if (dialog.open) field.focus();
    return;
  }
  text(slot(dialog, "taken"), one.name.replaceAll("_", " "));
  slot(dialog, "fields").replaceChildren(...one.fields.map((name, index) => drawField(name, index)));
  preview();
  ($("input", slot(dialog, "fields")) ?? $('[type="submit"]', form)).focus();
}

function drawField(name, index) {
  const node = clone("template-field");
  const input = $("input", node);
  input.id = `template-value-${index}`;
  input.name = name;
  $("label", node).htmlFor = input.id;
  text($("label", node), labelOf(name));
  return node;
}

/** Places are numbers more often than names; those of the heading count for themselves. */
function labelOf(name) {
  const [, heading, number] = /^(header )?(\d+)$/.exec(name) ?? [];
  if (!number) return name.replaceAll("_", " ");
  return say(heading ? "template.heading" : "template.place", { n: number });
}

const valuesNow = () => Object.fromEntries($$("input", slot(dialog, "fields")).map((input) => [input.name, input.value.trim()]));

const filled = (values) => taken.text.replace(PLACE, (place, name) => values[name] || place);

/** Write how the buyer will read it, with what is still missing standing out. */
function preview() {
  const values = valuesNow();
  const bubble = slot(dialog, "preview");
  bubble.replaceChildren();
  let from = 0;
  for (const place of taken.text.matchAll(PLACE)) {
    bubble.append(taken.text.slice(from, place.index));
    const value = document.createElement("mark");
    value.toggleAttribute("data-missing", !values[place[1]]);
    text(value, values[place[1]] || place[0]);
    bubble.append(value);
    from = place.index + place[0].length;
  }
  bubble.append(taken.text.slice(from));
  attribute($('[type="submit"]', form), "disabled", Object.values(values).every(Boolean) ? null : "");
}
