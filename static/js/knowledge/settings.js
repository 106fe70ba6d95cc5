// The products of an article, as chips beside it: looked for at the desk, or an SKU as it is typed.

const PAUSE_MS = 200;
const MIN = 2; // characters before anything is looked for
let timer = 0;
let asked = "";

const box = () => document.querySelector("[data-products]");
const input = () => document.getElementById("product-q");
const found = () => document.getElementById("product-found");

function show(products) {
  const list = found();
  list.replaceChildren(...products.map(({ sku, name }, n) => {
    const option = document.createElement("button");
    option.type = "button";
    option.className = "menu-item";
    option.id = `product-${n}`;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.tabIndex = -1;
    option.dataset.sku = sku;
    const code = document.createElement("span"), words = document.createElement("span");
    code.className = "mono";
    code.textContent = sku;
    words.className = "grow truncate";
    words.textContent = name;
    option.append(words, code);
    return option;
  }));
  list.hidden = !products.length;
  input().setAttribute("aria-expanded", String(!list.hidden));
  input().removeAttribute("aria-activedescendant");
}

async function look(q) {
  asked = q;
  if (q.length < MIN) return show([]);
  try {
    const answer = await fetch(`/api/v1/products/?${new URLSearchParams({ store: box().dataset.store, q })}`);
    if (answer.ok && asked === q && document.activeElement === input()) show((await answer.json()).slice(0, 8));
  } catch { /* what is typed can be added as it is */ }
}

function add(sku) {
  const code = sku.trim();
  if (!code) return;
  show([]);
  input().value = "";
  const there = [...box().querySelectorAll("[name=products]")].some((one) => one.value === code);
  if (there) return;
  const chip = document.getElementById("chip-template").content.firstElementChild.cloneNode(true);
  chip.querySelector("span").textContent = code;
  chip.querySelector("input").value = code;
  const remove = chip.querySelector("button");
  remove.setAttribute("aria-label", `${remove.getAttribute("aria-label").trim()} ${code}`);
  box().querySelector(".chips").append(chip);
  changed();
}

function changed() {
  box().closest("form").dispatchEvent(new Event("change", { bubbles: true }));
}

function step(by) {
  const all = [...found().children];
  const at = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
  const next = all[(at + by + all.length + (at < 0 && by < 0 ? 1 : 0)) % all.length];
  for (const one of all) {
    one.setAttribute("aria-selected", String(one === next));
    one.classList.toggle("is-active", one === next);
  }
  if (next) input().setAttribute("aria-activedescendant", next.id);
}

// The form comes anew with every save: what is listened to is the page.
document.addEventListener("input", (event) => {
  if (event.target.id !== "product-q") return;
  clearTimeout(timer);
  timer = setTimeout(() => look(event.target.value.trim()), PAUSE_MS);
});

// What is half typed is nothing to save: words that are looked for, and a date whose year has one digit so far.
const isHalf = (field) => field.id === "product-q" || (field.matches("#article-settings [type=date]") && field === document.activeElement);
document.addEventListener("change", (event) => isHalf(event.target) && event.stopPropagation(), true);
document.addEventListener("focusout", ({ target }) => {
  if (target.matches("#article-settings [type=date]") && target.value !== target.defaultValue) changed();
});

// What was changed while an answer was under way is newer than the answer: the form stays, and is sent again.
const said = (form) => new URLSearchParams(new FormData(form)).toString();
let sent = "";
document.addEventListener("htmx:beforeRequest", ({ target }) => {
  if (target.id === "article-settings") sent = said(target);
});
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.target.id === "article-settings" && said(detail.target) !== sent) detail.shouldSwap = false;
});

document.addEventListener("keydown", (event) => {
  if (event.target.id !== "product-q" || event.isComposing) return;
  const active = found().querySelector("[aria-selected=true]");
  if (event.key === "Enter" || event.key === ",") add(active?.dataset.sku ?? event.target.value);
  else if (event.key === "ArrowDown" || event.key === "ArrowUp") step(event.key === "ArrowDown" ? 1 : -1);
  else if (event.key === "Escape" && !found().hidden) show([]);
  else if (event.key === "Backspace" && !event.target.value) {
    box().querySelector(".chip:last-child")?.remove();
    changed();
  } else return;
  event.preventDefault();
});

document.addEventListener("mousedown", (event) => {
  const option = event.target.closest("#product-found [data-sku]");
  if (!option) return;
  event.preventDefault(); // the field keeps the focus
  add(option.dataset.sku);
});

document.addEventListener("focusout", (event) => event.target.id === "product-q" && event.target.isConnected && show([]));

document.addEventListener("click", (event) => {
  const remove = event.target.closest(".chip [data-remove]");
  if (!remove) return;
  remove.closest(".chip").remove();
  input().focus();
  changed();
});
