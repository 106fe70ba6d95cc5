// What pops up over the composer while typing: canned replies after `/`, colleagues after `@` in a note.

import { Failure, get } from "./api.js";
import { clone, debounce, show, slot, text } from "./dom.js";
import { paintAvatar } from "./message.js";
import { createPicker } from "./picker.js";
import { desk, me, state } from "./store.js";

const ASK_MS = 120;
const MOST = 8;
// A `/` or `@` at the beginning or after a space, and what follows it up to the caret.
const TRIGGER = /(^|\s)([/@])([^\s/@]{0,40})$/u;

const popup = document.getElementById("suggest");
const empty = slot(popup, "empty");

/** Watch `field`; `isNote` tells whether a note is being written, `changed` is called after an insertion. */
export function watch(field, { isNote, changed }) {
  let trigger = null;
  let asked = 0;
  const picker = createPicker({
    field,
    list: slot(popup, "list"),
    draw: (item) => (item.shortcut ? drawCanned(item) : drawAgent(item)),
    onPick: (item) => {
      insert(item.shortcut ? item.rendered : `@${item.name} `);
      selectBlank(field);
    },
  });

  function find() {
    const typed = field.value.slice(0, field.selectionStart);
    const found = field.selectionStart === field.selectionEnd && TRIGGER.exec(typed);
    if (!found || (found[2] === "@" && !isNote())) return null;
    return { sign: found[2], query: found[3], from: typed.length - found[3].length - 1 };
  }

  function update() {
    trigger = find();
    if (!trigger) return close();
    if (trigger.sign === "@") offer(colleagues(trigger.query));
    else ask(trigger.query);
  }

  const ask = debounce(ASK_MS, async (query) => {
    const mine = ++asked;
    try {
      const parameters = new URLSearchParams({ q: query, conversation: state.open });
      const answer = await get(`canned/?${parameters}`);
      if (mine === asked && trigger?.sign === "/") offer((answer.results ?? answer).slice(0, MOST));
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      close();
    }
  });

  function offer(items) {
    // A slash in the middle of a text is mostly just a slash: nothing found, nothing shown.
    if (!items.length && trigger.from > 0) return close();
    picker.set(items);
    show(empty, !items.length);
    show(popup, true);
  }

  function close() {
    ask.cancel();
    asked += 1;
    trigger = null;
    if (popup.hidden) return;
    picker.clear();
    show(popup, false);
  }

  function insert(words) {
    const { from } = trigger;
    const until = field.selectionStart;
    close();
    field.focus();
    field.setRangeText(words, from, until, "end");
    changed();
  }

  field.addEventListener("input", (event) => event.isComposing || update());
  field.addEventListener("compositionend", update);
  field.addEventListener("click", update);
  field.addEventListener("blur", close);

  return {
    close,
    isOpen: () => !popup.hidden,
    key(event) {
      if (popup.hidden) return false;
      if (event.key === "Escape") {
        close();
        event.preventDefault();
        event.stopPropagation();
        return true;
      }
      return picker.key(event);
    },
    /** Begin one by its button: put the sign where the caret is. */
    begin(sign) {
      field.focus();
      const before = field.value.slice(0, field.selectionStart);
      field.setRangeText((before && !/\s$/.test(before) ? " " : "") + sign, field.selectionStart, field.selectionEnd, "end");
      changed();
      update();
    },
  };
}

const BLANK = /\{\{\s*[\w.]+\s*\}\}/;

/** Select the first variable that nobody could fill in, so that typing does; returns it, or null. */
export function selectBlank(field) {
  const blank = BLANK.exec(field.value);
  if (!blank) return null;
  field.setSelectionRange(blank.index, blank.index + blank[0].length);
  return blank[0];
}

function colleagues(query) {
  const wanted = query.toLocaleLowerCase();
  return desk.agents
    .filter((agent) => agent.id !== me.id && agent.name.toLocaleLowerCase().split(/\s+/)
      .concat(agent.name.toLocaleLowerCase()).some((part) => part.startsWith(wanted)))
    .slice(0, MOST);
}

function drawCanned(item) {
  const node = clone("canned");
  text(slot(node, "shortcut"), `/${item.shortcut}`);
  text(slot(node, "title"), item.title);
  text(slot(node, "words"), item.rendered);
  return node;
}

function drawAgent(agent) {
  const node = clone("person");
  paintAvatar(slot(node, "avatar"), agent);
  slot(node, "box").dataset.presence = agent.presence;
  text(slot(node, "name"), agent.name);
  text(slot(node, "detail"), "");
  return node;
}
