// What the menus act on: the open conversation, or, while somebody opened one for several, what takes the choice.

let taker = null;

/** Open a menu beside a button; `take(action, params)` gets what is chosen, until the menu has closed. */
export function openFor(name, button, take) {
  const menu = document.getElementById(`${name}-menu`);
  taker = take;
  menu.dataset.beside = button.id;
  menu.addEventListener("toggle", function closed(event) {
    if (event.newState !== "closed") return;
    menu.removeEventListener("toggle", closed);
    delete menu.dataset.beside;
    taker = null;
  });
  menu.showPopover();
}

/** Give a choice to whoever the menu was opened for. False: it was opened for the open conversation. */
export function taken(action, params) {
  if (!taker) return false;
  taker(action, params);
  return true;
}

export const isForMany = () => Boolean(taker);
