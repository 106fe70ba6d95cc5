// A list steered from a text field: arrows move, Enter takes, typing filters. Menus, mentions, canned replies and
// the palette are all this. The field keeps the focus; the list only says which item is active.

import { attribute } from "./dom.js";

let made = 0;

/**
 * `draw(item)` gives an item's node, `onPick(item, event)` is told what was taken. Items with `heading` are labels.
 */
export function createPicker({ field, list, draw, onPick }) {
  const prefix = `pick-${(made += 1)}-`;
  let items = [];
  let active = -1;
  let chosen = false; // by an arrow, the pointer or a pick: what nobody chose is active for being the first
  list.id ||= `${prefix}list`;
  field.setAttribute("aria-controls", list.id);

  function set(next, { keep = false } = {}) {
    const kept = keep && chosen ? items[active]?.id : undefined;
    items = next;
    list.replaceChildren(...items.map((item, index) => {
      const node = draw(item);
      node.id = prefix + index;
      if (item.heading) return node;
      node.setAttribute("role", "option");
      node.dataset.index = index;
      return node;
    }));
    const again = kept === undefined ? -1 : items.findIndex((item) => item.id === kept);
    chosen = again >= 0;
    activate(chosen ? again : items.findIndex((item) => !item.heading));
  }

  function activate(index) {
    list.children[active]?.classList.remove("is-active");
    if (list.children[active]) attribute(list.children[active], "aria-selected", "false");
    active = index;
    const node = list.children[active];
    attribute(field, "aria-activedescendant", node?.id);
    if (!node) return;
    node.classList.add("is-active");
    node.setAttribute("aria-selected", "true");
    node.scrollIntoView({ block: "nearest" });
  }

  function move(step) {
    const choices = items.flatMap((item, index) => (item.heading ? [] : [index]));
    if (!choices.length) return;
    const at = choices.indexOf(active);
    chosen = true;
    activate(choices[(at + step + choices.length) % choices.length]);
  }

  function pick(event) {
    if (!items[active] || items[active].heading) return false;
    chosen = true;
    onPick(items[active], event);
    return true;
  }

  /** Handle a key of the field; true where it was ours. */
  function key(event) {
    if (event.isComposing) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      move(step);
    } else if (event.key !== "Enter" && event.key !== "Tab") {
      return false;
    } else if (!pick(event)) {
      return false;
    }
    event.preventDefault();
    return true;
  }

  // Pressing must not take the focus from the field.
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("pointermove", (event) => {
    const node = event.target.closest("[data-index]");
    if (!node || Number(node.dataset.index) === active) return;
    chosen = true;
    activate(Number(node.dataset.index));
  });
  list.addEventListener("click", (event) => {
    const node = event.target.closest("[data-index]");
    if (!node) return;
    activate(Number(node.dataset.index));
    pick(event);
  });

  return {
    set, key,
    clear: () => set([]),
    size: () => items.length,
    active: () => items[active],
  };
}
