// What the fields of an action's form do by themselves: usual reasons, counts, and products that are added.

const form = (element) => element.closest("[data-act-form]");

/** The preview follows what is typed: it hears `input`. */
function tell(field) {
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function onClick(event) {
  const on = (selector) => event.target.closest?.(selector);
  let found;
  if ((found = on("[data-fill]"))) fill(found);
  else if ((found = on("[data-step]"))) step(found);
  else if ((found = on("[data-place-sku]"))) place(found);
  else if ((found = on("[data-unplace]"))) unplace(found);
}

function fill(button) {
  const field = document.getElementById(button.dataset.fill);
  field.value = button.textContent.trim();
  tell(field);
  field.focus();
}

function step(button) {
  const field = button.parentElement.querySelector("input");
  const most = field.max === "" ? Infinity : Number(field.max);
  const next = Math.min(most, Math.max(Number(field.min) || 0, (Number(field.value) || 0) + Number(button.dataset.step)));
  if (next === Number(field.value)) return;
  field.value = next;
  tell(field);
}

/** A product that was found goes to the next free place; one that has a place already is counted up. */
function place(button) {
  const box = button.closest("[data-adding]");
  const places = [...box.querySelectorAll("[data-place]")];
  const sku = (one) => one.querySelector("input[type=hidden]");
  const { placeSku, placeName } = button.dataset;
  const same = places.find((one) => sku(one).value === placeSku);
  const free = places.find((one) => !sku(one).value);
  const taken = same ?? free;
  if (!taken) return;
  const count = taken.querySelector("input[type=number]");
  count.value = same ? Number(count.value || 0) + 1 : 1;
  sku(taken).value = placeSku;
  taken.querySelector("[data-name]").textContent = placeName;
  taken.querySelector(".thumb")?.replaceWith(button.querySelector(".thumb").cloneNode(true));
  taken.hidden = false;
  box.querySelector(".found").replaceChildren();
  const find = box.querySelector("[data-find]");
  find.value = "";
  tell(count);
  find.focus();
}

function unplace(button) {
  const taken = button.closest("[data-place]");
  const sku = taken.querySelector("input[type=hidden]");
  sku.value = "";
  taken.hidden = true;
  tell(sku);
  taken.closest("[data-adding]").querySelector("[data-find]").focus();
}

// To count a line is to take it.
function onInput({ target }) {
  if (!form(target)) return;
  const take = target.matches("input[type=number]") && target.closest(".pick")?.querySelector("input[type=checkbox]");
  if (take && target.value !== "") take.checked = true;
}

// Enter in the search takes the first hit; it does not send the form. The arrows walk through the hits.
function onKey(event) {
  const box = event.target.closest?.("[data-adding]");
  if (!box || event.isComposing) return;
  const hits = [...box.querySelectorAll("[data-place-sku]:not(:disabled)")];
  const at = hits.indexOf(document.activeElement);
  if (event.key === "Enter" && event.target.matches("[data-find]")) {
    event.preventDefault();
    hits[0]?.click();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const next = at + (event.key === "ArrowDown" ? 1 : -1);
    if (!hits.length || event.target.matches("input[type=number]")) return;
    event.preventDefault();
    (next < 0 ? box.querySelector("[data-find]") : hits[Math.min(next, hits.length - 1)]).focus();
  }
}

document.addEventListener("click", onClick);
document.addEventListener("input", onInput, true);
document.addEventListener("keydown", onKey);
